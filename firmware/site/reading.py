"""Reading site files, secrets and certificates: the only module here that opens files."""

from __future__ import annotations

import os
import re
import ssl
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path

from firmware.site.problems import Problem, dotted
from firmware.site.toml_lines import key_lines
from firmware.site.values import Secret, check_name

LARGEST = 1 << 20  # bytes: a site file has a few thousand
LONGEST = 4096  # characters in a line: endless dotted keys would take minutes to read


class Unreadable(ValueError):  # noqa: N818 -- never leaves the package
    """A file cannot be read at all; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def read_toml(path: Path, *, private: bool = False) -> tuple[dict[str, object], str]:
    """Read and parse the TOML file at ``path``; returns its content and its text.

    ``private`` files must belong to this user (or root) and be closed to all others, and
    nothing of their content is repeated in messages. Raises `Unreadable`.
    """
    text = _text(path, _bytes(path, private=private))
    for number, written in enumerate(text.split("\n"), start=1):
        if len(written) > LONGEST:
            what = f"is longer than {LONGEST} characters"
            raise _unreadable(path, number, what, "break the line, or is this a site file?")
    try:
        return tomllib.loads(text), text
    except ValueError as error:  # TOMLDecodeError, or one that it forgot to wrap
        place = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        line = int(place[1]) if place else text.count("\n") + 1
        reason = str(error).partition(" (at ")[0]
        what = "is not valid TOML" if private else f"is not valid TOML ({reason})"
        raise _unreadable(path, line, what, "correct the syntax here or just before") from None
    except RecursionError:
        raise _unreadable(path, 0, "is nested too deeply", "use plain tables") from None


def read_secrets(path: Path, credentials: Path | None) -> tuple[dict[str, Secret], list[Problem]]:
    """Read the secrets beside a site file and the systemd credentials, which come first.

    ``path`` need not exist. The problems are of these files; a wrong secret is left out.
    """
    try:
        secrets, problems = _secrets_file(path) if os.path.lexists(path) else ({}, [])
    except Unreadable as error:
        secrets, problems = {}, [error.problem]
    if credentials is not None:
        try:
            secrets |= _credentials(credentials)
        except OSError as error:
            what, remedy = f"cannot be read ({error.strerror})", "check LoadCredential= of the unit"
            problems.append(Problem(str(credentials), 0, "", what, remedy))
    return secrets, problems


def _credentials(folder: Path) -> dict[str, Secret]:
    """Read systemd's credentials; what is not one line of text (a key) is not a password."""
    found: dict[str, Secret] = {}
    for entry in folder.iterdir():
        value = entry.read_bytes().decode(errors="replace").rstrip("\r\n")
        if value and value.isprintable():
            found[entry.name] = Secret(value)
    return found


def certificate_trouble(cert: Path, key: Path) -> str | None:
    """Say why TLS cannot use ``cert`` with ``key``, or None if it can."""
    try:
        if stat.S_IMODE(key.stat().st_mode) & 0o007:
            return f"is open to every user; chmod 640 {key}"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key, password=lambda: "")
    except (OSError, ValueError):  # SSLError is an OSError
        return "does not fit tls_cert; write the PEM key of that certificate, without passphrase"
    return None


def authority_trouble(ca_file: Path) -> str | None:
    """Say why ``ca_file`` cannot serve to verify servers, or None if it can."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(ca_file)
    except (OSError, ValueError):
        return "holds no certificate; write the authorities in PEM form"
    return None


def _secrets_file(path: Path) -> tuple[dict[str, Secret], list[Problem]]:
    content, text = read_toml(path, private=True)
    lines = key_lines(text)
    secrets: dict[str, Secret] = {}
    problems: list[Problem] = []
    for name, value in content.items():
        place = str(path), lines[(name,)], dotted((name,))
        try:
            check_name(name)
        except ValueError:
            # The name is not repeated: name and value are easily swapped.
            what, remedy = "a name here is not usable", "write small letters, digits and hyphens"
            problems.append(Problem(str(path), lines[(name,)], "", what, remedy))
            continue
        if isinstance(value, str) and value and value.isprintable():
            secrets[name] = Secret(value)
        else:
            what, remedy = "is not a secret", f'write it as {name} = "…", printable and not empty'
            problems.append(Problem(*place, what, remedy))
    return secrets, problems


def _bytes(path: Path, *, private: bool) -> bytes:
    try:
        # Not blocking, so that a named pipe cannot hold us up.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            _refuse(path, os.fstat(descriptor), private=private)
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                content = file.read(LARGEST + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _unreadable(path, 0, *_reason(path, error)) from None
    if len(content) > LARGEST:
        raise _unreadable(path, 0, f"is larger than {LARGEST} bytes", "is this a site file?")
    return content


def _reason(path: Path, error: OSError) -> tuple[str, str]:
    match error:
        case FileNotFoundError():
            return "does not exist", "check the name"
        case PermissionError():
            return "may not be read by this user", f"check its owner and mode: ls -l {path}"
        case _:
            return f"cannot be read ({error.strerror})", "check the name and the disk"


def _refuse(path: Path, status: os.stat_result, *, private: bool) -> None:
    mode = stat.S_IMODE(status.st_mode)
    if stat.S_ISDIR(status.st_mode):
        raise _unreadable(path, 0, "is a directory", "name a file in it")
    if not stat.S_ISREG(status.st_mode):
        raise _unreadable(path, 0, "is not a regular file", "name a plain file")
    if private and mode & 0o177:
        what = f"is open to other users or programs (mode {mode:04o})"
        raise _unreadable(path, 0, what, f"chmod 600 {path}")
    if private and status.st_uid not in (0, os.geteuid()):
        raise _unreadable(path, 0, "belongs to another user", f'chown "$(id -un)" {path}')


def _text(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _unreadable(path, line, "is not UTF-8 text", "save it as UTF-8") from None


def _unreadable(path: Path, line: int, what: str, remedy: str) -> Unreadable:
    return Unreadable(Problem(str(path), line, "", what, remedy))


def credentials_directory(environment: Mapping[str, str]) -> Path | None:
    """Where systemd put this service's credentials (``LoadCredential=``), if anywhere."""
    folder = environment.get("CREDENTIALS_DIRECTORY")
    return Path(folder) if folder else None
