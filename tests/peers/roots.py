"""A Debian tree with the servers, unpacked once and kept under `.cache/peers/`.

The packages are only unpacked, never configured: nothing is installed on the host, no
service is started, no user is made. Programs run from it in a chroot (see netns.py), so
the host needs `mmdebstrap` and little else, and the versions are the same everywhere.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

SUITE = "forky"  # the first Debian since bullseye that carries Asterisk, and SIPp with TLS
PACKAGES = (
    "asterisk",
    "asterisk-core-sounds-it-wav",
    "baresip-core",
    "kamailio",
    "kamailio-tls-modules",
    "sip-tester",
    "sipsak",
)
CACHE = Path(__file__).resolve().parents[2] / ".cache" / "peers"


class PeersUnavailableError(Exception):
    """The servers cannot be had on this machine; the text is the reason for the skip."""


def peer_root(*, cache: Path = CACHE) -> Path:
    """Return the tree with the servers, building it when it is not there yet.

    Takes 15 to 60 seconds the first time, nothing after. Two runs at once wait for
    each other; an interrupted build leaves nothing that a later one would take for whole.

    Raises:
        PeersUnavailableError: not root, no mmdebstrap, no Debian mirror, or the build failed.
    """
    root = cache / _key()
    if root.is_dir():
        return root
    if os.geteuid() != 0:
        raise PeersUnavailableError("building the tree of servers needs root")
    if shutil.which("mmdebstrap") is None:
        raise PeersUnavailableError("mmdebstrap is not installed (apt install mmdebstrap)")
    cache.mkdir(parents=True, exist_ok=True)
    with _locked(cache / "lock"):
        if not root.is_dir():
            for left_over in cache.glob("*.part"):
                shutil.rmtree(left_over)
            part = root.with_suffix(".part")
            _build(part, log=cache / "build.log")
            _finish(part)
            part.rename(root)
    return root


def _key() -> str:
    recipe = "\n".join((SUITE, platform.machine(), *PACKAGES))
    return f"{SUITE}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _mirror() -> str:
    """Ask apt where this machine takes Debian's main section from."""
    if shutil.which("apt-get") is None:
        raise PeersUnavailableError("the servers come from Debian packages; there is no apt here")
    asked = ("Created-By: Packages", "Component: main", "Origin: Debian", "Label: Debian")
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", *asked]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
    if not found:
        raise PeersUnavailableError("apt knows no Debian mirror; run apt-get update first")
    return found[0]


def _build(root: Path, *, log: Path) -> None:
    command = [
        "mmdebstrap",
        "--variant=extract",
        # A mirror may serve a Release file of a testing suite that is past its date.
        '--aptopt=Acquire::Check-Valid-Until "false"',
        "--include=" + ",".join(PACKAGES),
        SUITE,
        str(root),
        _mirror(),
    ]
    started = time.monotonic()
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            while process.poll() is None:
                _progress(f"unpacking Debian {SUITE} servers", time.monotonic() - started)
                time.sleep(0.5)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    _progress(f"unpacked Debian {SUITE} servers", time.monotonic() - started, end="\n")
    if process.returncode != 0:
        last = log.read_text(errors="replace").strip().splitlines()[-3:]
        raise PeersUnavailableError(f"mmdebstrap failed ({log}): {' / '.join(last)}")


def _progress(what: str, seconds: float, *, end: str = "") -> None:
    # pytest captures sys.stderr; a wait of half a minute must be seen to go on.
    stream = sys.__stderr__
    if stream is None or (not end and not stream.isatty()):
        return
    stream.write(f"\rpeers: {what}: {seconds:.0f} s {end}")
    stream.flush()


def _finish(root: Path) -> None:
    """Give the unpacked tree what the packages' own scripts would have made."""
    for name in ("bin", "sbin", "lib", "lib64"):
        if (root / "usr" / name).is_dir() and not (root / name).exists():
            (root / name).symlink_to(f"usr/{name}")
    for name in ("dev", "proc", "tmp"):
        (root / name).mkdir(exist_ok=True)
    sounds = root / "usr/share/asterisk/sounds"
    (sounds / "it").symlink_to("it_IT_m_Carlo")
    (sounds / "en").symlink_to("en_US_f_Allison")
