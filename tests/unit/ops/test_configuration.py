"""Configurations are whole at every instant, go back by themselves, and are never half taken."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware.ops import configuration
from firmware.ops.configuration import (
    Configuration,
    ConfigurationError,
    configuration_of,
)
from firmware.site.load import load_site
from firmware.site.problems import SiteError

SITE = """\
[site]
id = "nido"
name = "Nido {n}"
time_zone = "Europe/Rome"
[trunks.pbx]
servers = ["192.0.2.1"]
register = "trunk"
user = "nido"
secret = "pbx"
[lines.cucina]
port = "fxs1"
extension = "{n}"
[board]
name = "sim"
"""
SECRETS = b'pbx = "segreto"\n'


def site(n: int) -> bytes:
    return SITE.format(n=n).encode()


@pytest.fixture
def store(tmp_path: Path) -> Configuration:
    store = Configuration(tmp_path / "config")
    store.apply(site(21), SECRETS, who="anna", confirm_s=None)
    return store


def in_force(store: Configuration) -> str:
    return load_site(store.site_file).lines["cucina"].extension


def test_the_first_and_the_next_are_in_force_and_secrets_stay(store: Configuration) -> None:
    applied = store.apply(site(22), None, who="bruno", confirm_s=None)
    assert (applied.version, applied.changed) == (2, True)
    assert applied.before.lines["cucina"].extension == "21"
    assert in_force(store) == "22"
    assert [(v.number, v.who) for v in store.history()] == [(2, "bruno"), (1, "anna")]
    assert (store.folder / "current" / "site.secrets.toml").stat().st_mode & 0o777 == 0o600


def test_the_same_again_is_nothing(store: Configuration) -> None:
    applied = store.apply(site(21), None, who="bruno", confirm_s=None)
    assert (applied.version, applied.changed) == (1, False)
    assert len(store.history()) == 1


def test_what_is_wrong_changes_nothing_and_leaves_nothing(store: Configuration) -> None:
    with pytest.raises(SiteError):
        store.apply(b"[site]\n", None, who="bruno", confirm_s=None)
    assert in_force(store) == "21"
    assert [p.name for p in (store.folder / "versions").iterdir()] == ["1"]


def test_check_changes_nothing(store: Configuration) -> None:
    before, after = store.check(site(22), None)
    assert (before.about.name, after.about.name) == ("Nido 21", "Nido 22")
    assert store.current() == 1
    assert len(store.history()) == 1


def test_unconfirmed_it_goes_back_by_itself(
    store: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.apply(site(22), None, who="bruno", confirm_s=60)
    waiting = store.pending()
    assert waiting is not None
    assert 55 < waiting.left_s <= 60
    assert store.expire() is None
    assert in_force(store) == "22"
    late = waiting.until_ns + 1
    monkeypatch.setattr(configuration.time, "clock_gettime_ns", lambda _clock: late)
    assert store.expire() == 1
    assert in_force(store) == "21"
    assert store.expire() is None


def test_confirmed_it_stays(store: Configuration) -> None:
    store.apply(site(22), None, who="bruno", confirm_s=60)
    assert not store.history()[0].confirmed
    assert store.confirm() == 2
    assert store.pending() is None
    assert store.history()[0].confirmed
    with pytest.raises(ConfigurationError, match="nothing waits"):
        store.confirm()


def test_a_boot_in_the_meantime_goes_back(
    store: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.apply(site(22), None, who="bruno", confirm_s=60)
    monkeypatch.setattr(configuration, "_boot_id", lambda: "another boot")
    assert store.expire() == 1
    assert in_force(store) == "21"


def test_nothing_is_applied_over_what_waits(store: Configuration) -> None:
    store.apply(site(22), None, who="bruno", confirm_s=60)
    with pytest.raises(ConfigurationError, match=r"version 2 by bruno waits .* 60 s|59 s"):
        store.apply(site(23), None, who="anna", confirm_s=None)
    assert store.rollback() == 1
    assert store.apply(site(23), None, who="anna", confirm_s=None).version == 3


def test_any_version_can_come_back(store: Configuration) -> None:
    for n in (22, 23):
        store.apply(site(n), None, who="anna", confirm_s=None)
    assert store.rollback(1) == 1
    assert in_force(store) == "21"
    with pytest.raises(ConfigurationError, match="versions here: 3, 2, 1"):
        store.rollback(9)


def test_two_at_once_one_is_told(store: Configuration) -> None:
    with store._locked(), pytest.raises(ConfigurationError, match="somebody else"):
        store.apply(site(22), None, who="bruno", confirm_s=None)
    store.apply(site(22), None, who="bruno", confirm_s=None)


def test_many_at_once_leave_one_whole_configuration(store: Configuration) -> None:
    done: list[int] = []

    def apply(n: int) -> None:
        with contextlib.suppress(ConfigurationError):
            done.append(store.apply(site(n), None, who=str(n), confirm_s=None).version)

    threads = [threading.Thread(target=apply, args=(n,)) for n in range(30, 50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done
    assert sorted(done) == list(range(2, 2 + len(done)))
    assert store.history()[0].who == in_force(store)


def test_a_full_disk_changes_nothing(store: Configuration, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(configuration.durable, "write", full)
    with pytest.raises(ConfigurationError, match="No space left on device"):
        store.apply(site(22), None, who="bruno", confirm_s=None)
    assert in_force(store) == "21"
    assert [p.name for p in (store.folder / "versions").iterdir()] == ["1"]


def test_files_of_the_box_are_beside_every_version(store: Configuration) -> None:
    (store.folder / "files").mkdir()
    (store.folder / "files" / "ca.pem").write_text("x")
    store.apply(site(22), None, who="anna", confirm_s=None)
    assert (store.folder / "current" / "ca.pem").read_text() == "x"


def test_a_site_file_elsewhere_has_no_versions(store: Configuration, tmp_path: Path) -> None:
    assert configuration_of(store.site_file).folder == store.folder
    assert configuration_of(tmp_path / "site.toml") is None


_APPLYING = """
import sys
from pathlib import Path
from firmware.ops.configuration import Configuration
store, n = Configuration(Path(sys.argv[1])), int(sys.argv[2])
site = Path(sys.argv[3]).read_text()
print("begin", flush=True)
while True:
    n += 1
    store.apply(site.replace("@", str(n)).encode(), None, who="x", confirm_s=None)
    print(n, flush=True)
"""


@pytest.mark.parametrize("after_ms", [0, 3, 11, 29, 60])
def test_a_kill_at_any_instant_leaves_a_whole_configuration(
    store: Configuration, tmp_path: Path, after_ms: int
) -> None:
    template = tmp_path / "template.toml"
    template.write_text(SITE.replace("{n}", "@"))
    words = [sys.executable, "-c", _APPLYING, str(store.folder), "30", str(template)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "begin\n"
        threading.Event().wait(after_ms / 1000)
        os.kill(run.pid, signal.SIGKILL)
        said = [line for line in run.stdout.read().splitlines() if line]
    last = int(said[-1]) if said else 21
    assert int(in_force(store)) in (last, max(last, 30) + 1)
    store.apply(site(99), None, who="anna", confirm_s=None)
    assert in_force(store) == "99"


GARBAGE = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")),
    st.lists(st.sampled_from(SITE.splitlines(keepends=True)), max_size=20).map(
        lambda lines: "".join(lines).encode()
    ),
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(GARBAGE)
def test_whatever_comes_is_taken_whole_or_refused(store: Configuration, content: bytes) -> None:
    refused: tuple[object, ...] = ("not refused",)
    try:
        store.apply(content, None, who="x", confirm_s=None)
    except SiteError as error:
        refused = tuple(error.problems)
    assert refused  # a refusal says why
    load_site(store.site_file)
    json.dumps([version.who for version in store.history()])
