"""A gpiochip of the kernel's gpio-sim: what is outside sets inputs and sees outputs."""

from __future__ import annotations

import os
import time
from pathlib import Path

CONFIG = Path("/sys/kernel/config/gpio-sim")
LABEL = "derivato-test"
LINES = 28


class SimChip:
    """One bank of 28 lines, as the header of a Pi."""

    def __init__(self, name: str = "derivato") -> None:
        self.folder = CONFIG / name
        if not self.folder.exists():
            (self.folder / "bank0").mkdir(parents=True)
            (self.folder / "bank0/num_lines").write_text(str(LINES))
            (self.folder / "bank0/label").write_text(LABEL)
        self._files: dict[tuple[int, str], int] = {}

    def plug(self) -> None:
        """Let the chip appear."""
        (self.folder / "live").write_text("1")
        while not self._sysfs().exists():
            time.sleep(0.01)

    def unplug(self) -> None:
        """Let it disappear, whoever uses it."""
        for descriptor in self._files.values():
            os.close(descriptor)
        self._files.clear()
        (self.folder / "live").write_text("0")

    def pull(self, line: int, level: bool) -> None:
        """Drive an input."""
        os.pwrite(self._file(line, "pull"), b"pull-up" if level else b"pull-down", 0)

    def value(self, line: int) -> bool:
        """See what is on a line: what is driven, or else the pull."""
        return os.pread(self._file(line, "value"), 1, 0) == b"1"

    def _file(self, line: int, name: str) -> int:
        key = (line, name)
        if key not in self._files:
            path = self._sysfs() / f"sim_gpio{line}" / name
            mode = os.O_RDWR if name == "pull" else os.O_RDONLY
            self._files[key] = os.open(path, mode)
        return self._files[key]

    def _sysfs(self) -> Path:
        device = (self.folder / "dev_name").read_text().strip()
        chip = (self.folder / "bank0/chip_name").read_text().strip()
        return Path("/sys/devices/platform") / device / chip
