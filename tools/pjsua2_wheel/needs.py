"""The Debian packages that the build needs; the names are the same in bookworm and trixie."""

import shutil
import subprocess

from .errors import BuildError

PROGRAMS = {"g++": "g++", "gcc": "gcc", "make": "make", "patch": "patch", "swig": "swig"}
HEADERS = {
    "alsa/asoundlib.h": "libasound2-dev",
    "openssl/ssl.h": "libssl-dev",
    "opus/opus.h": "libopus-dev",
    "samplerate.h": "libsamplerate0-dev",
    "srtp2/srtp.h": "libsrtp2-dev",
    "uuid/uuid.h": "uuid-dev",
    "Python.h": "python3-dev",
}


def packages() -> list[str]:
    """All packages that a build needs."""
    return sorted({*PROGRAMS.values(), *HEADERS.values()})


def missing(include: str) -> list[str]:
    """Packages whose program or header is not here; `include` is where Python.h should be."""
    absent = [package for program, package in PROGRAMS.items() if shutil.which(program) is None]
    if "gcc" not in absent:
        absent += _missing_headers(include)
    return sorted(set(absent))


def _missing_headers(include: str) -> list[str]:
    # The compiler itself says what it would find: one run of the preprocessor for all headers.
    probe = "".join(
        f"#if !__has_include(<{header}>)\n{package}\n#endif\n"
        for header, package in HEADERS.items()
    )
    command = ["gcc", "-E", "-P", f"-I{include}", "-x", "c", "-"]
    answer = subprocess.run(command, input=probe, capture_output=True, text=True, check=True)
    # A macro named like a word of a package name would be replaced; names hold none today.
    return ["".join(line.split()) for line in answer.stdout.splitlines() if line.strip()]


def require(include: str) -> None:
    """Raise one BuildError that names every package to install."""
    absent = missing(include)
    if not absent:
        return
    advice = f"apt-get install --no-install-recommends {' '.join(absent)}"
    if "python3-dev" in absent:
        advice += f"\n(Python.h was looked for in {include}; another Python brings its own)"
    raise BuildError(f"the build needs programs or headers that are not installed: {advice}")
