"""Where the control socket, the state and the cache are, and how the socket comes to be there."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

_MODE = 0o660
_LONGEST = 107  # bytes of a path in sockaddr_un (unix(7)), without the final zero
_SYSTEM = Path("/run/derivato")
_NAME = "control.sock"
_FRESH = ".new"


class SocketInUse(RuntimeError):  # noqa: N818 - says what is the matter
    """Another process answers at this socket: a second daemon was started."""


def default_path(
    environment: Mapping[str, str], *, root: bool, system_directory: Path = _SYSTEM
) -> Path:
    """Where the control socket is unless told otherwise.

    ``$DERIVATO_SOCKET``; else ``/run/derivato/control.sock`` for root or where that directory is;
    else ``$XDG_RUNTIME_DIR/derivato/control.sock``.
    """
    if named := environment.get("DERIVATO_SOCKET"):
        return Path(named)
    own = environment.get("XDG_RUNTIME_DIR")
    if root or own is None or system_directory.is_dir():
        return system_directory / _NAME
    return Path(own) / "derivato" / _NAME


def state_directory(environment: Mapping[str, str], *, root: bool) -> Path:
    """Where call records are kept unless told otherwise.

    What systemd says (``StateDirectory=``); else ``/var/lib/derivato`` for root; else
    ``$XDG_STATE_HOME/derivato``, or ``~/.local/state/derivato`` (XDG base directories).
    """
    if given := environment.get("STATE_DIRECTORY"):
        return Path(given.partition(":")[0])
    if root:
        return Path("/var/lib/derivato")
    home = environment.get("XDG_STATE_HOME") or environment.get("HOME", "/") + "/.local/state"
    return Path(home) / "derivato"


def cache_directory(environment: Mapping[str, str], *, root: bool) -> Path:
    """Where what can be made again is kept: spoken phrases.

    What systemd says (``CacheDirectory=``); else ``/var/cache/derivato`` for root; else
    ``$XDG_CACHE_HOME/derivato``, or ``~/.cache/derivato`` (XDG base directories).
    """
    if given := environment.get("CACHE_DIRECTORY"):
        return Path(given.partition(":")[0])
    if root:
        return Path("/var/cache/derivato")
    home = environment.get("XDG_CACHE_HOME") or environment.get("HOME", "/") + "/.cache"
    return Path(home) / "derivato"


@contextmanager
def listening_at(path: Path) -> Iterator[socket.socket]:
    """Listen at ``path``, mode 0660, in place of a socket that nobody serves any more.

    The socket is gone from there afterwards.

    Raises:
        SocketInUse: somebody answers there.
        OSError: no socket can be made there.
    """
    require_free(path)
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        ours = _put(listening, path)
        try:
            yield listening
        finally:
            with suppress(FileNotFoundError):
                if path.stat().st_ino == ours:  # not that of a daemon that came after us
                    path.unlink()


def require_free(path: Path) -> None:
    """Make sure that a socket can be put at ``path``.

    Raises:
        SocketInUse: somebody answers there.
        OSError: something else is there, or no socket can be.
    """
    if len(os.fsencode(path)) + len(_FRESH) > _LONGEST:
        raise OSError(f"{path}: too long for a socket; use --socket with a shorter path")
    if path.exists() and not path.is_socket():
        raise OSError(f"{path}: is not a socket; remove it or use --socket with another path")
    if _answers(path):
        raise SocketInUse(f"{path}: another derivato answers there; stop it or use --socket")


def _put(listening: socket.socket, path: Path) -> int:
    """Bind beside ``path`` and move there: nobody sees it with another mode, or half made."""
    fresh = path.with_name(path.name + _FRESH)
    fresh.unlink(missing_ok=True)
    listening.bind(str(fresh))
    fresh.chmod(_MODE)
    listening.listen(64)
    fresh.rename(path)
    return path.stat().st_ino


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
    return True
