"""Where the PJSIP source comes from, and how it is verified.

Debian's asterisk source package carries PJSIP as a component of its own. The mirror is the one
that this machine's apt already uses; apt's own downloader fetches, so proxies, credentials and
certificates are apt's too.
"""

import hashlib
import lzma
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .errors import BuildError
from .progress import Progress

SUITES = ("sid", "forky", "trixie", "bookworm")  # newest first; stable suites carry older ones
APT_HELPER = "/usr/lib/apt/apt-helper"
UPSTREAM = "https://github.com/pjsip/pjproject.git"
OLDEST = (2, 17)  # older releases have holes that our patches do not close


@dataclass(frozen=True, slots=True)
class Pin:
    """A component that was looked at, and is known by its hash from then on."""

    asterisk: str
    sha256: str


PINS = (  # newest first
    Pin("22.10.1", "6860c2f7604b4eee75f38151a9ef69774eb3f0c5286fc1d14bc1db2dc5a9e8aa"),
)


@dataclass(frozen=True, slots=True)
class Component:
    """A source file listed by a suite's index."""

    version: str  # of the asterisk package
    path: str  # below the mirror
    sha256: str


def repositories() -> list[str]:
    """Addresses of the package repositories that apt is configured for, in its order."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        advice = "give the source with --tarball FILE or --tag VERSION"
        raise BuildError(f"this system has no apt to take the mirror from; {advice}") from None
    return list(dict.fromkeys(answer.stdout.split()))


def components(index: Iterator[str]) -> list[Component]:
    """PJSIP components that the lines of a `Sources` index list for asterisk."""
    found: list[Component] = []
    paragraph: list[str] = []
    for line in index:
        if line.strip():
            paragraph.append(line.rstrip("\n"))
            continue
        if paragraph and paragraph[0] == "Package: asterisk":
            found += _components_of(paragraph)
        paragraph = []
    if paragraph and paragraph[0] == "Package: asterisk":
        found += _components_of(paragraph)
    return found


def _components_of(paragraph: list[str]) -> Iterator[Component]:
    fields: dict[str, list[str]] = {}
    name = ""
    for line in paragraph:
        if line.startswith(" "):
            fields[name].append(line.strip())
        else:
            name, _, value = line.partition(":")
            fields[name] = [value.strip()]
    for entry in fields.get("Checksums-Sha256", [])[1:]:
        sha256, _, file = entry.split()
        if re.search(r"\.orig-Xpjproject\.tar\.\w+$", file):
            yield Component(fields["Version"][0], f"{fields['Directory'][0]}/{file}", sha256)


def fetch(address: str, target: Path, *, sha256: str = "") -> None:
    """Download with apt's own downloader; raise BuildError where it cannot or the hash differs."""
    command = [APT_HELPER, "-o", "Acquire::Retries=3", "download-file", address, str(target)]
    if sha256:
        command.append(f"SHA256:{sha256}")
    environment = os.environ | {"LC_ALL": "C"}
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment
        )
    except OSError as error:
        raise BuildError(f"apt's downloader does not run: {error}") from None
    if answer.returncode:
        reasons = [line[3:] for line in answer.stderr.splitlines() if line.startswith("E: ")]
        raise BuildError(reasons[0] if reasons else f"{address}: not downloaded")


def from_debian(into: Path, pin: Pin, progress: Progress) -> tuple[Path, str]:
    """Download the pinned component, or the newest one listed where no suite has the pinned one.

    Returns the file and its SHA-256.
    """
    reasons: list[str] = []
    others: list[tuple[str, Component]] = []
    for mirror in repositories():
        for suite in SUITES:
            try:
                listed = _listed(mirror, suite, into)
            except BuildError as error:
                reasons.append(str(error))
                continue
            others += [(mirror, component) for component in listed]
            for component in listed:
                if component.sha256 == pin.sha256:
                    try:
                        return _downloaded(mirror, component, into), component.sha256
                    except BuildError as error:
                        reasons.append(str(error))
    return _newest_unpinned(others, reasons, into, progress)


def _listed(mirror: str, suite: str, into: Path) -> list[Component]:
    index = into / "Sources.xz"
    fetch(f"{mirror}dists/{suite}/main/source/Sources.xz", index)
    with lzma.open(index, "rt", encoding="utf-8") as lines:
        return components(lines)


def _downloaded(mirror: str, component: Component, into: Path) -> Path:
    target = into / Path(component.path).name
    fetch(f"{mirror}{component.path}", target, sha256=component.sha256)
    verify(target, component.sha256)
    return target


def _newest_unpinned(
    listed: list[tuple[str, Component]], reasons: list[str], into: Path, progress: Progress
) -> tuple[Path, str]:
    pinned = {pin.sha256 for pin in PINS}
    for mirror, component in listed:  # suites are asked newest first
        if component.sha256 in pinned:
            continue
        progress.say(
            f"asterisk {component.version} is not pinned here: its PJSIP is checked only "
            f"against the mirror's own index (SHA-256 {component.sha256})"
        )
        try:
            return _downloaded(mirror, component, into), component.sha256
        except BuildError as error:
            reasons.append(str(error))
    details = "".join(f"\n  {reason}" for reason in dict.fromkeys(reasons))
    advice = "give the source with --tarball FILE"
    raise BuildError(f"no mirror of this machine's apt has the PJSIP source; {advice}{details}")


def from_tag(tag: str, into: Path) -> Path:
    """Clone upstream's release `tag` into a directory below `into`."""
    tree = into / "pjproject"
    _git("clone", "--quiet", "--depth", "1", "--branch", tag, UPSTREAM, str(tree))
    return tree


def commit_of(tag: str) -> str:
    """Commit that upstream's release `tag` stands for."""
    listed = _git("ls-remote", UPSTREAM, f"refs/tags/{tag}", f"refs/tags/{tag}^{{}}").split()
    if not listed:
        raise BuildError(f"upstream has no tag {tag}; look at its list of releases")
    return listed[-2]  # the second line, where there is one, is the commit of an annotated tag


def _git(*arguments: str) -> str:
    if shutil.which("git") is None:
        raise BuildError("--tag needs git: apt-get install git")
    environment = os.environ | {"GIT_TERMINAL_PROMPT": "0"}
    slow = ["-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=30"]
    command = ["git", *slow, *arguments]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if answer.returncode:
        reason = (answer.stderr.strip().splitlines() or ["git failed"])[-1]
        raise BuildError(f"upstream cannot be reached ({reason}); use --tarball FILE or neither")
    return answer.stdout


def sha256_of(file: Path) -> str:
    """SHA-256 of a file, or BuildError where it cannot be read."""
    try:
        with file.open("rb") as data:
            return hashlib.file_digest(data, "sha256").hexdigest()
    except OSError as error:
        raise BuildError(f"{file}: {error.strerror}") from None


def verify(file: Path, sha256: str) -> None:
    """Raise BuildError unless the file has this hash."""
    found = sha256_of(file)
    if found != sha256.lower():
        raise BuildError(f"{file}: SHA-256 is {found}, expected {sha256}; do not use this file")


def unpack(tarball: Path, into: Path) -> Path:
    """Unpack a source tarball; returns the directory that holds `version.mak`."""
    into.mkdir()
    try:
        with tarfile.open(tarball) as archive:
            _extract(archive, into)
    except (tarfile.TarError, OSError, EOFError, lzma.LZMAError) as error:
        raise BuildError(
            f"{tarball}: not a source tarball that can be unpacked ({error})"
        ) from None
    for version in (*into.glob("version.mak"), *into.glob("*/version.mak")):
        return version.parent
    raise BuildError(f"{tarball}: no version.mak in it; this is not a source of PJSIP")


def _extract(archive: tarfile.TarFile, into: Path) -> None:
    for member in archive:
        inside = (into / member.name).resolve().is_relative_to(into)
        if not inside or not (member.isfile() or member.isdir()):
            # PJSIP's sources need neither links nor devices; Python 3.11.2 has no filter for them.
            raise tarfile.TarError(f"unexpected member {member.name}")
        archive.extract(member, into)


def version_of(tree: Path) -> str:
    """Version that the source tree says it is, such as 2.17; BuildError where it is too old."""
    text = (tree / "version.mak").read_text(encoding="utf-8")
    parts = [
        match[1]
        for part in ("MAJOR", "MINOR", "REV")
        if (match := re.search(rf"^export PJ_VERSION_{part}\s*:=\s*(\d+)", text, re.MULTILINE))
    ]
    if tuple(int(part) for part in parts[:2]) < OLDEST:
        oldest = ".".join(str(part) for part in OLDEST)
        raise BuildError(f"the source is PJSIP {'.'.join(parts)}; {oldest} or newer is needed")
    return ".".join(parts)
