"""What one can ask of a simulated telephone, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class OffHook:
    """Lift the handset."""


@dataclass(frozen=True, slots=True)
class OnHook:
    """Hang up."""


@dataclass(frozen=True, slots=True)
class Flash:
    """Press R: open the loop for ``ms`` ms."""

    ms: int = 100


@dataclass(frozen=True, slots=True)
class Dial:
    """Dial ``digits`` on the keypad, or on the rotary dial if ``pulse``; done when all are out."""

    digits: str
    pulse: bool = False


@dataclass(frozen=True, slots=True)
class Play:
    """Say what the WAV file at ``path`` holds; done when all is said."""

    path: Path


@dataclass(frozen=True, slots=True)
class Record:
    """Write what the ear hears to ``path`` (WAV) for ``for_s`` seconds, or until StopRecord.

    With ``for_s`` the order is done when the file is; without, at once.
    """

    path: Path
    for_s: float | None = None


@dataclass(frozen=True, slots=True)
class StopRecord:
    """Close the file that Record began."""


@dataclass(frozen=True, slots=True)
class Hear:
    """Listen for ``for_s`` seconds and tell what was recognised."""

    for_s: float = 3.0


@dataclass(frozen=True, slots=True)
class Show:
    """Tell the hook, the bell, the display and the message lamp."""


SimOrder = OffHook | OnHook | Flash | Dial | Play | Record | StopRecord | Hear | Show
