"""The picture of a demonstration: who heard what when, and what was recognised in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from firmware.demo.sound import RATE, Samples
from firmware.demo.stage import Mark

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS: Mapping[str, tuple[str, str]] = {
    "tone": ("#e8a33d", "tone, by rhythm, frequency and level"),
    "speech": ("#3f7fbf", "speech, by correlation with its file"),
    "digits": ("#b0419b", "digits (RFC 4733)"),
    "bell": ("#4d9a4d", "bell"),
    "caller-id": ("#c2453c", "caller ID (FSK)"),
}
_POINT = RATE // 50  # one point of the envelope for 20 ms
_LETTER_S = 0.22  # width of a letter on a time axis of a minute


class NoPlotError(RuntimeError):
    """matplotlib is not installed."""

    def __init__(self) -> None:
        super().__init__("no picture: matplotlib is missing (pip install 'derivato[plot]')")


@dataclass(frozen=True, slots=True)
class Track:
    """What one ear heard: pieces of sound with their beginnings (CLOCK_MONOTONIC)."""

    lane: str
    pieces: Sequence[tuple[int, Samples]]


def draw(
    path: Path, tracks: Sequence[Track], marks: Sequence[Mark], *, began_ns: int, title: str
) -> None:
    """Draw ``tracks`` one above the other over the seconds since ``began_ns``.

    Raises:
        NoPlotError: matplotlib is missing.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - an extra
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise NoPlotError from error
    figure = Figure(figsize=(17, 1.2 + 2.3 * len(tracks)), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = np.atleast_1d(figure.subplots(len(tracks), 1, sharex=True))
    for axis, track in zip(axes, tracks, strict=True):
        _draw_track(axis, track, [m for m in marks if m.lane == track.lane], began_ns)
    axes[-1].set_xlabel("seconds since the story began")
    axes[-1].set_xlim(0, max(_end_s(track, began_ns) for track in tracks))
    figure.suptitle(title, fontsize=13, fontweight="bold")
    kinds = [kind for kind in _COLOURS if any(mark.kind == kind for mark in marks)]
    handles = [_patch(*_COLOURS[kind]) for kind in kinds]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False)
    figure.savefig(path)


def _end_s(track: Track, began_ns: int) -> float:
    ends = [(at - began_ns) / 1e9 + len(samples) / RATE for at, samples in track.pieces]
    return max(ends, default=1.0)


def _patch(colour: str, label: str) -> object:
    from matplotlib.patches import Patch  # noqa: PLC0415

    return Patch(color=colour, alpha=0.5, label=label)


def _draw_track(axis: Axes, track: Track, marks: Sequence[Mark], began_ns: int) -> None:
    for at_ns, samples in track.pieces:
        frames = samples[: len(samples) // _POINT * _POINT].reshape(-1, _POINT)
        peaks = np.abs(frames.astype(np.float64)).max(axis=1, initial=0) / 32768
        seconds = (at_ns - began_ns) / 1e9 + np.arange(len(peaks)) / 50
        axis.fill_between(seconds, -peaks, peaks, color="#5b6472", linewidth=0, step="mid")
    axis.set_ylim(-1.25, 1.25)
    axis.set_yticks([])
    axis.set_title(f"{track.lane} hears", loc="left", fontsize=11)
    axis.grid(axis="x", color="#dde1e7", linewidth=0.6)
    axis.set_axisbelow(True)
    for side in ("left", "right", "top"):
        axis.spines[side].set_visible(False)
    _draw_marks(axis, sorted(marks, key=lambda mark: mark.at_ns), began_ns)


def _draw_marks(axis: Axes, marks: Sequence[Mark], began_ns: int) -> None:
    """Shade what was recognised; labels that would collide go above and below in turn."""
    until = {0.82: -1.0, -0.98: -1.0, 0.58: -1.0, -0.74: -1.0}
    for mark in marks:
        at_s, for_s = (mark.at_ns - began_ns) / 1e9, mark.for_ms / 1e3
        colour = _COLOURS[mark.kind][0]
        axis.axvspan(at_s, at_s + for_s, color=colour, alpha=0.28, linewidth=0)
        place = next((y for y, end in until.items() if end <= at_s), 0.82)
        until[place] = at_s + _LETTER_S * len(mark.label)
        axis.text(at_s + 0.05, place, mark.label, fontsize=7.5, color="#111111")
