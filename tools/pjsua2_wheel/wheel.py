"""The wheel file: PEP 427 names and records, the same bytes for the same content."""

import base64
import hashlib
import json
import zipfile
from pathlib import Path

from .recipe import Interpreter

EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time that a zip file can hold


def file_name(version: str, python: Interpreter) -> str:
    """Name of the wheel (binary distribution format, file name convention)."""
    return f"pjsua2-{version}-{python.tag}-{python.abi}-{python.platform}.whl"


def _metadata(version: str, python: Interpreter) -> str:
    return (
        "Metadata-Version: 2.1\n"
        "Name: pjsua2\n"
        f"Version: {version}\n"
        "Summary: SIP user agent library PJSUA2, built from source by Derivato\n"
        "License: GPL-2.0-or-later\n"
        "License-File: COPYING\n"
        f"Requires-Python: =={'.'.join(python.version.split('.')[:2])}.*\n"
    )


def _tags(python: Interpreter) -> str:
    return (
        "Wheel-Version: 1.0\n"
        "Generator: derivato tools/pjsua2\n"
        "Root-Is-Purelib: false\n"
        f"Tag: {python.tag}-{python.abi}-{python.platform}\n"
    )


def _recorded(name: str, data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(data)}\n"


def write(
    target: Path,
    *,
    module: Path,
    licence: Path,
    version: str,
    python: Interpreter,
    origin: dict[str, object],
) -> None:
    """Write the wheel `target` from the files in `module`.

    `origin` tells what it was made of (source, flags, patches) and is kept in the wheel.
    """
    info = f"pjsua2-{version}.dist-info"
    files = {file.name: file.read_bytes() for file in sorted(module.iterdir()) if file.is_file()}
    files |= {
        f"{info}/METADATA": _metadata(version, python).encode(),
        f"{info}/WHEEL": _tags(python).encode(),
        f"{info}/licenses/COPYING": licence.read_bytes(),
        f"{info}/origin.json": json.dumps(origin, indent=1, sort_keys=True).encode(),
    }
    record = "".join(_recorded(name, data) for name, data in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, date_time=EPOCH)
            mode = 0o755 if name.endswith(".so") else 0o644
            entry.external_attr = mode << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
