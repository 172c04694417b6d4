import socket
import stat
from pathlib import Path

import pytest

from firmware.ops.sockets import SocketInUse, default_path, listening_at, state_directory


def test_the_socket_is_for_owner_and_group_and_gone_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "run" / "control.sock"
    with listening_at(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
    assert list(path.parent.iterdir()) == []


def test_a_socket_that_nobody_serves_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with listening_at(path), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


def test_a_socket_that_somebody_serves_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    with listening_at(path):
        with pytest.raises(SocketInUse, match="another derivato answers"), listening_at(path):
            pass
        assert path.is_socket()


def test_the_socket_of_a_daemon_that_came_later_is_left_there(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    with listening_at(path):
        path.unlink()
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(path))
    assert path.is_socket()


def test_a_plain_file_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    path.write_text("mine")
    with pytest.raises(OSError, match="is not a socket"), listening_at(path):
        pass
    assert path.read_text() == "mine"


def test_a_path_that_no_socket_can_have_is_said(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="too long"), listening_at(tmp_path / ("x" * 120)):
        pass


def test_where_the_socket_is(tmp_path: Path) -> None:
    system = tmp_path / "derivato"
    usual = system / "control.sock"
    own = {"XDG_RUNTIME_DIR": "/run/user/1000"}
    assert default_path({"DERIVATO_SOCKET": "/x"}, root=True, system_directory=system) == Path("/x")
    assert default_path({}, root=True, system_directory=system) == usual
    assert default_path({}, root=False, system_directory=system) == usual
    mine = Path("/run/user/1000/derivato/control.sock")
    assert default_path(own, root=False, system_directory=system) == mine
    system.mkdir()
    assert default_path(own, root=False, system_directory=system) == usual


def test_where_the_state_is() -> None:
    assert state_directory({"STATE_DIRECTORY": "/a:/b"}, root=False) == Path("/a")
    assert state_directory({}, root=True) == Path("/var/lib/derivato")
    assert state_directory({"HOME": "/h"}, root=False) == Path("/h/.local/state/derivato")
    assert state_directory({"XDG_STATE_HOME": "/s"}, root=False) == Path("/s/derivato")
