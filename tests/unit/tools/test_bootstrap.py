"""tools/bootstrap on an imaginary machine: apt, dpkg, pip and the wheel builder are stand-ins."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BOOTSTRAP = Path(__file__).resolve().parents[3] / "tools" / "bootstrap"

STUBS = {
    "dpkg-query": 'grep -qx -- "${@: -1}" $ROOT/installed && printf installed',
    "apt-cache": 'grep -qx -- "$2" $ROOT/offered',
    "apt-get": """echo "apt-get $*" >>$ROOT/calls
[[ -e $POLICY_RC_D ]] && echo "no services" >>$ROOT/calls
case " $* " in *" install "*)
  [[ ! -e $ROOT/broken ]] || { echo "E: broken archive"; exit 100; }
  for word; do echo "$word"; done >>$ROOT/installed ;;
esac""",
    "sudo": 'echo "sudo" >>$ROOT/calls; exec "$@"',
    "python3": """case "$*" in
  "-m venv .venv") mkdir -p .venv/bin .venv/lib/python3.11/site-packages
    cp $ROOT/stubs/python3 .venv/bin/python; echo venv >>$ROOT/calls ;;
  *"pip install"*) echo "pip ${@: -1}" >>$ROOT/calls
    case "$*" in *.whl) mkdir .venv/lib/python3.11/site-packages/pjsua2-1+x.dist-info ;; esac ;;
  *sys.base_prefix*) echo /usr ;;
  -V) echo Python 3.11.2 ;;
  *) exec $REAL_PYTHON "$@" ;;
esac""",
}
BUILDER = """[[ $1 == --print-apt ]] && echo gcc swig && exit
echo "build $*" >>$ROOT/calls
echo /cache/pjsua2-1+x-cp311-cp311-linux_x86_64.whl"""

DEMO = [
    "espeak-ng",
    "fonts-dejavu-core",
    "libspeexdsp1",
    "libsystemd-dev",
    "pkg-config",
    "gcc",
    "swig",
]
DEMO += ["asterisk-core-sounds-it-wav", "libasound2", "libspandsp2"]


class Machine:
    """A directory that plays a Debian machine with a checkout."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "stubs").mkdir()
        (root / "src" / "tools").mkdir(parents=True)
        shutil.copy(BOOTSTRAP, root / "src" / "tools")
        (root / "src" / "pyproject.toml").write_text("[project]\n")
        for name, text in STUBS.items():
            self._program(root / "stubs" / name, text)
        self._program(root / "src" / "tools" / "pjsua2", BUILDER)
        self.has()
        self.offers(*DEMO)

    def _program(self, path: Path, text: str) -> None:
        path.write_text(f"#!/bin/bash\n{text}\n")
        path.chmod(0o755)

    def has(self, *packages: str) -> None:
        (self.root / "installed").write_text("".join(f"{name}\n" for name in packages))

    def offers(self, *packages: str) -> None:
        (self.root / "offered").write_text("".join(f"{name}\n" for name in packages))

    def bootstrap(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": f"{self.root}/stubs:/usr/bin:/bin",
            "ROOT": str(self.root),
            "REAL_PYTHON": sys.executable,
            "POLICY_RC_D": str(self.root / "policy-rc.d"),
        }
        command = [str(self.root / "src" / "tools" / "bootstrap"), *arguments]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=60
        )

    def calls(self) -> list[str]:
        """What was called since the last time this was asked."""
        log = self.root / "calls"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return [line for line in lines if line != "sudo"]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_fresh_machine_then_nothing_to_do(machine: Machine) -> None:
    first = machine.bootstrap("demo")
    assert first.returncode == 0, first.stderr
    calls = machine.calls()
    assert [call.split()[0] for call in calls] == [
        *("apt-get", "apt-get", "no", "venv", "pip", "build", "pip")
    ]
    assert all(f" {name}" in calls[1] for name in DEMO)
    assert "--no-install-recommends" in calls[1]
    assert not (machine.root / "policy-rc.d").exists()
    again = machine.bootstrap("demo")
    assert (again.returncode, again.stderr) == (0, "")
    assert machine.calls() == ["build --python .venv/bin/python"]


def test_only_what_is_missing_is_installed(machine: Machine) -> None:
    machine.has(*(name for name in DEMO if name != "swig"))
    machine.bootstrap("demo")
    assert machine.calls()[1].endswith("install swig")


def test_other_name_of_a_package_counts(machine: Machine) -> None:
    machine.has(*(name for name in DEMO if name != "libspandsp2"), "libspandsp2t64")
    assert machine.bootstrap("demo").returncode == 0
    assert not any(call.startswith("apt-get") for call in machine.calls())


def test_package_that_the_release_lacks_is_reported_not_fatal(machine: Machine) -> None:
    machine.offers(*(name for name in DEMO if name != "espeak-ng"))
    first = machine.bootstrap("demo")
    assert first.returncode == 0
    assert "done without: espeak-ng" in first.stderr
    machine.calls()
    again = machine.bootstrap("demo")
    assert "done without: espeak-ng" in again.stderr
    assert not any(call.startswith("apt-get") for call in machine.calls())


def test_changed_project_is_installed_again(machine: Machine) -> None:
    machine.bootstrap("demo")
    machine.calls()
    (machine.root / "src" / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    machine.bootstrap("demo")
    assert "pip .[dev,plot,report]" in machine.calls()


def test_failed_installation_shows_why_and_allows_services_again(machine: Machine) -> None:
    (machine.root / "broken").touch()
    failed = machine.bootstrap("demo")
    assert failed.returncode == 1
    assert "E: broken archive" in failed.stderr
    assert "apt-get install failed; whole output: .cache/bootstrap/apt.log" in failed.stderr
    assert not (machine.root / "policy-rc.d").exists()
    assert not any(call.startswith("pip") for call in machine.calls())


def test_policy_of_the_machine_is_left_alone(machine: Machine) -> None:
    policy = machine.root / "policy-rc.d"
    policy.write_text("theirs")
    machine.bootstrap("demo")
    assert policy.read_text() == "theirs"


@pytest.mark.skipif(os.geteuid() == 0, reason="root needs no sudo")
def test_without_root_and_sudo_it_says_what_to_do(machine: Machine) -> None:
    (machine.root / "stubs" / "sudo").unlink()
    if shutil.which("sudo", path="/usr/bin:/bin"):
        pytest.skip("sudo is installed here")
    failed = machine.bootstrap("demo")
    assert failed.returncode == 1
    assert "run this as root, or install sudo" in failed.stderr


@pytest.mark.parametrize("arguments", [[], ["all"]])
def test_wrong_mode_is_a_usage_error(machine: Machine, arguments: list[str]) -> None:
    refused = machine.bootstrap(*arguments)
    assert (refused.returncode, machine.calls()) == (2, [])
    assert "usage: tools/bootstrap demo|test" in refused.stderr
