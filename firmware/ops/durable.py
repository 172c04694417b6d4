"""Files that are on the disk when a function returns, whole at every instant."""

from __future__ import annotations

import os
from pathlib import Path


def write(path: Path, content: bytes, *, mode: int = 0o640) -> None:
    """Write a new file through to the disk."""
    path.touch(mode=mode)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace(path: Path, content: bytes, *, mode: int = 0o640) -> None:
    """Put ``content`` in place of the file at ``path`` in one step."""
    new = path.with_name(path.name + ".new")
    write(new, content, mode=mode)
    new.replace(path)
    sync(path.parent)


def sync(folder: Path) -> None:
    """Let names made, changed or removed in ``folder`` reach the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
