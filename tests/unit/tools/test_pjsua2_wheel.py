"""The builder of the pjsua2 wheel, without building: source, key, cache, wheel, messages."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import lzma
import os
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import pytest
from pjsua2_wheel import build, cache, cli, needs, progress, recipe, source, wheel
from pjsua2_wheel.errors import BuildError

TOOL = Path(__file__).resolve().parents[3] / "tools" / "pjsua2"
HERE = recipe.interpreter(sys.executable)

INDEX = """\
Package: asteroid
Version: 1
Directory: pool/main/a/asteroid
Checksums-Sha256:
 aaaa 1 asteroid_1.orig-Xpjproject.tar.xz

Package: asterisk
Binary: asterisk,
 asterisk-dev
Version: 1:99.1
Files:
 0123 5 asterisk_99.1.orig-Xpjproject.tar.xz
Checksums-Sha256:
 bbbb 7 asterisk_99.1.orig.tar.xz
 cccc 5 asterisk_99.1.orig-Xpjproject.tar.xz
Directory: pool/main/a/asterisk
"""


def quiet() -> progress.Progress:
    return progress.Progress({"x": 1.0}, out=io.StringIO())


def test_component_is_found_in_an_index() -> None:
    found = source.components(iter(INDEX.splitlines(keepends=True)))
    path = "pool/main/a/asterisk/asterisk_99.1.orig-Xpjproject.tar.xz"
    assert found == [source.Component("1:99.1", path, "cccc")]


class Mirror:
    """Stands in for apt's downloader: a dictionary of addresses."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes]) -> None:
        self.asked: list[str] = []
        self._files = files
        monkeypatch.setattr(source, "fetch", self.fetch)
        monkeypatch.setattr(source, "repositories", lambda: ["http://a.test/", "http://b.test/"])

    def fetch(self, address: str, target: Path, *, sha256: str = "") -> None:
        self.asked.append(address)
        if address not in self._files:
            raise BuildError(f"{address} 404  Not Found")
        target.write_bytes(self._files[address])


def index_of(data: bytes) -> bytes:
    return lzma.compress(INDEX.replace("cccc", hashlib.sha256(data).hexdigest()).encode())


COMPONENT = "pool/main/a/asterisk/asterisk_99.1.orig-Xpjproject.tar.xz"


def test_other_suites_and_mirrors_are_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    data = b"source"
    files = {
        "http://b.test/dists/forky/main/source/Sources.xz": index_of(data),
        f"http://b.test/{COMPONENT}": data,
    }
    mirror = Mirror(monkeypatch, files)
    pin = source.Pin("99.1", hashlib.sha256(data).hexdigest())
    found, sha256 = source.from_debian(tmp_path, pin, quiet())
    assert (found.read_bytes(), sha256) == (data, pin.sha256)
    assert mirror.asked[0] == "http://a.test/dists/sid/main/source/Sources.xz"


def test_unpinned_component_is_taken_with_a_warning(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    data = b"newer"
    files = {
        "http://a.test/dists/sid/main/source/Sources.xz": index_of(data),
        f"http://a.test/{COMPONENT}": data,
    }
    Mirror(monkeypatch, files)
    said = io.StringIO()
    shown = progress.Progress({"x": 1.0}, out=said)
    found, sha256 = source.from_debian(tmp_path, source.PINS[0], shown)
    assert (found.read_bytes(), sha256) == (data, hashlib.sha256(data).hexdigest())
    assert "is not pinned here" in said.getvalue()
    assert sha256 in said.getvalue()


def test_wrong_download_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    files = {
        "http://a.test/dists/sid/main/source/Sources.xz": index_of(b"what is announced"),
        f"http://a.test/{COMPONENT}": b"something else",
    }
    Mirror(monkeypatch, files)
    with pytest.raises(BuildError, match="do not use this file"):
        source.from_debian(tmp_path, source.PINS[0], quiet())


def test_no_source_anywhere_names_the_way_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    Mirror(monkeypatch, {})
    with pytest.raises(BuildError, match="--tarball FILE") as error:
        source.from_debian(tmp_path, source.PINS[0], quiet())
    assert "404" in str(error.value)


def packed(path: Path, **files: str) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name.replace("__", "/").replace("_mak", ".mak"))
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return path


def version_file(major: int, minor: int, rev: str = "") -> str:
    return (
        f"export PJ_VERSION_MAJOR  := {major}\nexport PJ_VERSION_MINOR  := {minor}\n"
        f"export PJ_VERSION_REV    := {rev}\nexport PJ_VERSION_SUFFIX :=\n"
    )


def test_tarball_is_unpacked_and_its_version_read(tmp_path: Path) -> None:
    tarball = packed(tmp_path / "a.tar.gz", top__version_mak=version_file(2, 18, "1"))
    tree = source.unpack(tarball, tmp_path / "out")
    assert tree.name == "top"
    assert source.version_of(tree) == "2.18.1"


def test_tarball_of_something_else_or_too_old_is_refused(tmp_path: Path) -> None:
    other = packed(tmp_path / "a.tar.gz", top__readme="hello")
    with pytest.raises(BuildError, match="not a source of PJSIP"):
        source.unpack(other, tmp_path / "a")
    old = packed(tmp_path / "b.tar.gz", top__version_mak=version_file(2, 13))
    with pytest.raises(BuildError, match=r"2\.17 or newer is needed"):
        source.version_of(source.unpack(old, tmp_path / "b"))
    (tmp_path / "c.tar.gz").write_bytes(b"no archive")
    with pytest.raises(BuildError, match="not a source tarball"):
        source.unpack(tmp_path / "c.tar.gz", tmp_path / "c")


@pytest.mark.parametrize("name", ["../escape", "/tmp/escape"])
def test_members_outside_are_refused(tmp_path: Path, name: str) -> None:
    tarball = packed(tmp_path / "a.tar.gz", **{name: "x"})
    with pytest.raises(BuildError, match="unexpected member"):
        source.unpack(tarball, tmp_path / "out")


def some_key(**changed: object) -> recipe.Key:
    about = {
        "source": "a" * 64,
        "recipe": recipe.Recipe(asserts=False, patches=()),
        "python": HERE,
        "system": "debian-12",
    }
    return recipe.key(**(about | changed))  # type: ignore[arg-type]


def test_key_changes_with_everything_that_matters(tmp_path: Path) -> None:
    patch = tmp_path / "1.patch"
    patch.write_text("one")
    with_patch = recipe.Recipe(asserts=False, patches=(patch,))
    keys = [
        some_key(),
        some_key(source="b" * 64),
        some_key(recipe=recipe.Recipe(asserts=True, patches=())),
        some_key(recipe=with_patch),
        some_key(system="debian-13"),
    ]
    patch.write_text("two")
    keys.append(some_key(recipe=with_patch))
    assert len({key.name for key in keys}) == len(keys)
    assert len({key.local_version for key in keys}) == len(keys)
    assert some_key() == some_key()


def test_asserts_stay_in_the_assert_build_only() -> None:
    assert "-DNDEBUG" in recipe.Recipe(asserts=False, patches=()).cflags
    assert "-DNDEBUG" not in recipe.Recipe(asserts=True, patches=()).cflags


def test_our_patches_say_what_they_close() -> None:
    found = recipe.patches()
    assert found
    for patch in found:
        head, _, _ = patch.read_text(encoding="utf-8").partition("diff --git ")
        assert len(head) > 100, patch.name
        assert "Where:" in head, patch.name


def made_wheel(directory: Path) -> Path:
    module = directory / "module"
    module.mkdir()
    (module / "pjsua2.py").write_text("ANSWER = 42\n")
    (module / "_pjsua2.so").write_bytes(b"\x7fELF")
    licence = directory / "COPYING"
    licence.write_text("GPL")
    target = directory / wheel.file_name("2.17+derivato.r1", HERE)
    wheel.write(
        target,
        module=module,
        licence=licence,
        version="2.17+derivato.r1",
        python=HERE,
        origin={"source": "x"},
    )
    return target


def test_wheel_records_every_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(made_wheel(tmp_path)) as archive:
        names = archive.namelist()
        record = archive.read("pjsua2-2.17+derivato.r1.dist-info/RECORD").decode().splitlines()
        entries = dict(line.split(",", 1) for line in record)
        assert sorted(entries) == sorted(names)
        for name in names:
            if not name.endswith("RECORD"):
                digest = hashlib.sha256(archive.read(name)).digest()
                said = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
                assert entries[name] == f"sha256={said},{len(archive.read(name))}"
    assert "pjsua2-2.17+derivato.r1.dist-info/licenses/COPYING" in names


def test_wheel_is_the_same_bytes_again(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one, two = made_wheel(tmp_path / "one"), made_wheel(tmp_path / "two")
    assert one.read_bytes() == two.read_bytes()


def test_pip_installs_the_wheel(tmp_path: Path) -> None:
    target = tmp_path / "site"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    made = made_wheel(tmp_path)
    subprocess.run([*command, "--target", str(target), str(made)], check=True)
    assert (target / "pjsua2.py").read_text() == "ANSWER = 42\n"
    assert (target / "_pjsua2.so").exists()


def filled(root: Path) -> cache.Entry:
    """A cache with a finished wheel under the key that the tool looks for here."""
    how = recipe.Recipe(asserts=False, patches=recipe.patches())
    key = recipe.key(source=source.PINS[0].sha256, recipe=how, python=HERE)
    entry = cache.Entry(root, key)
    entry.wheels.mkdir(parents=True)
    (entry.wheels / "pjsua2-ready.whl").touch()
    return entry


def test_cached_wheel_is_printed_and_nothing_else_done(tmp_path: Path) -> None:
    entry = filled(tmp_path)
    command = [sys.executable, str(TOOL), "--cache-dir", str(tmp_path)]
    environment = os.environ | {"PATH": "/nonexistent"}  # no compiler, no apt: not needed
    run = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert run.stdout == f"{entry.wheels}/pjsua2-ready.whl\n"


def test_publishing_is_one_step_and_clears_the_work(tmp_path: Path) -> None:
    entry = cache.Entry(tmp_path / "cache", some_key())
    with entry.building(contextlib.nullcontext()):
        made = entry.work / "wheel"
        made.mkdir(parents=True)
        (made / "x.whl").touch()
        assert entry.wheel() is None
        assert entry.publish(made) == entry.wheels / "x.whl"
    assert entry.wheel() == entry.wheels / "x.whl"
    assert not entry.work.exists()


def test_leftovers_of_a_killed_build_are_removed(tmp_path: Path) -> None:
    entry = cache.Entry(tmp_path, some_key())
    (entry.work / "half").mkdir(parents=True)
    with entry.building(contextlib.nullcontext()):
        assert not entry.work.exists()


HOLDER = """
import contextlib, subprocess, sys, time
from pathlib import Path
from pjsua2_wheel import cache, recipe
entry = cache.Entry(Path(sys.argv[1]), recipe.Key("a" * 64, "b" * 64, "cp311", "x"))
with entry.building(contextlib.nullcontext()) as lock:
    child = subprocess.Popen(["sleep", "60"], pass_fds=(lock,), stdout=subprocess.DEVNULL)
    print(child.pid, flush=True)
    time.sleep(60)
"""


def test_second_build_waits_for_orphans_of_a_killed_one(tmp_path: Path) -> None:
    key = recipe.Key("a" * 64, "b" * 64, "cp311", "x")
    entry = cache.Entry(tmp_path, key)
    environment = os.environ | {"PYTHONPATH": str(TOOL.parent)}
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    holder = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert holder.stdout
    orphan = int(holder.stdout.readline())
    holder.kill()
    holder.wait()
    holder.stdout.close()
    waited: list[float] = []

    @contextlib.contextmanager
    def waiting():  # type: ignore[no-untyped-def]
        os.kill(orphan, 9)
        waited.append(time.monotonic())
        yield

    with entry.building(waiting()):
        pass
    assert len(waited) == 1


def test_path_with_a_space_is_refused(tmp_path: Path) -> None:
    entry = cache.Entry(tmp_path / "my cache", some_key())
    with (
        pytest.raises(BuildError, match="--cache-dir"),
        entry.building(contextlib.nullcontext()),
    ):
        pass


def test_missing_packages_are_one_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match="apt-get install") as error:
        needs.require("/nonexistent")
    assert "g++ gcc make patch swig" in str(error.value)


@pytest.mark.skipif(needs.missing(HERE.include) != [], reason="build packages are not installed")
def test_missing_header_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(needs.HEADERS, "no/such/header.h", "libnothing-dev")
    assert needs.missing(HERE.include) == ["libnothing-dev"]
    monkeypatch.delitem(needs.HEADERS, "no/such/header.h")
    assert "python3-dev" in needs.missing("/nonexistent") or Path("/usr/include/Python.h").exists()


def test_print_apt_lists_all() -> None:
    run = subprocess.run([TOOL, "--print-apt"], capture_output=True, text=True, check=True)
    assert run.stdout.split() == needs.packages()


def shop(tmp_path: Path, patch: str) -> build.Workshop:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "file.c").write_text("one\ntwo\n")
    (tmp_path / "1.patch").write_text(patch)
    how = recipe.Recipe(asserts=False, patches=(tmp_path / "1.patch",))
    lock = os.open(tmp_path / "lock", os.O_CREAT | os.O_RDWR)
    return build.Workshop(tmp_path / "tree", how, HERE, tmp_path / "log", lock)


PATCH = "why\n\n--- a/file.c\n+++ b/file.c\n@@ -1,2 +1,2 @@\n one\n-{}\n+three\n"


def test_patch_is_applied(tmp_path: Path) -> None:
    build.patch(shop(tmp_path, PATCH.format("two")))
    assert (tmp_path / "tree" / "file.c").read_text() == "one\nthree\n"


def test_patch_that_does_not_apply_stops_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"1\.patch does not apply") as error:
        build.patch(shop(tmp_path, PATCH.format("something else")))
    assert error.value.log == tmp_path / "log"


def test_failed_step_shows_the_end_of_its_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = shop(tmp_path, "")
    with pytest.raises(BuildError) as error:
        place.run(["sh", "-c", "seq 100; exit 3"], cwd=tmp_path)
    cli._report(error.value)
    said = capsys.readouterr().err.splitlines()
    assert "100" in said
    assert "80" not in said
    assert f"whole log: {tmp_path / 'log'}" in said
    assert said[-1] == "tools/pjsua2: sh failed (status 3)"


def test_plain_lines_without_a_terminal() -> None:
    said = io.StringIO()
    with progress.Progress({"one": 1.0, "two": 3.0}, out=said) as shown:
        with shown.stage("one"):
            pass
        with shown.stage("two", lambda: 0.5):
            assert " 62%" in shown.line()
    assert [line.split("] ")[1] for line in said.getvalue().splitlines()] == ["one", "two"]


@pytest.mark.parametrize(
    "arguments",
    [["--tag", "2.17", "--tarball", "x"], ["--sha256", "00"], ["--python"], ["surplus"]],
)
def test_wrong_options_are_usage_errors(arguments: list[str]) -> None:
    run = subprocess.run([TOOL, *arguments], capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "usage:" in run.stderr


def test_python_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="--python PATH"):
        recipe.interpreter(str(tmp_path / "python"))
    with pytest.raises(BuildError, match="--python PATH"):
        recipe.interpreter("/bin/true")


def test_tarball_with_another_hash_is_refused(tmp_path: Path) -> None:
    tarball = tmp_path / "x.tar.gz"
    tarball.write_bytes(b"x")
    command = [TOOL, "--tarball", tarball, "--sha256", "0" * 64, "--cache-dir", tmp_path / "c"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (1, "")
    assert "do not use this file" in run.stderr
