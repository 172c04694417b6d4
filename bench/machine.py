"""What the kernel tells about a process and about this machine."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a process holds: resident memory in kB, open files, threads."""

    rss_kb: int
    files: int
    threads: int


def footprint(pid: int) -> Footprint:
    """Read what a process holds now."""
    status = Path(f"/proc/{pid}/status").read_text()
    values = dict(re.findall(r"(?m)^(VmRSS|Threads):\s+(\d+)", status))
    files = sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    return Footprint(int(values["VmRSS"]), files, int(values["Threads"]))


def cpu_s(pid: int) -> float:
    """Processor time of all threads of a process so far, in seconds (scheduler's clock, ns)."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def this_machine() -> str:
    """One line about the machine, without its name."""
    cpu = re.search(r"(?m)^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text())
    release = Path("/etc/os-release").read_text()
    system = re.search(r'(?m)^PRETTY_NAME="?([^"\n]+)', release)
    return (
        f"{cpu[1].strip() if cpu else platform.machine()}, {os.cpu_count()} processors, "
        f"{system[1] if system else 'Linux'}, Python {platform.python_version()}"
    )


def load() -> float:
    """Load average of the last minute: what else the machine was doing."""
    return os.getloadavg()[0]
