"""The picture of a recording: waveform and spectrum over time, labelled with what was heard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.listen import Heard, Kind

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RATE = 8000
_SLICE = 256  # samples of one spectrum: 32 ms
_COLOURS: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.DTMF: "#d62728",
        Kind.TONE: "#1f77b4",
        Kind.FAX: "#9467bd",
        Kind.CALLER_ID: "#2ca02c",
        Kind.MESSAGE_WAITING: "#2ca02c",
        Kind.DAMAGED: "#7f7f7f",
        Kind.ALERT: "#bcbd22",
        Kind.SPEECH: "#ff7f0e",
        Kind.SOUND: "#8c564b",
        Kind.SILENCE: "#c7c7c7",
    }
)


class PlotError(RuntimeError):
    """The picture cannot be drawn: matplotlib is missing, or the file's form is unknown."""


def plot_recording(
    samples: NDArray[np.int16], heard: Sequence[Heard], file: Path, *, title: str
) -> None:
    """Draw ``samples`` (8 kHz) and what was heard in them; the suffix of ``file`` is the form.

    Raises PlotError, and OSError when ``file`` cannot be written.
    """
    try:
        # An extra: who only listens needs no drawing library.
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError:
        raise PlotError("--plot: matplotlib is not installed; install derivato[plot]") from None
    length = max(len(samples) / RATE, 0.02)
    figure = Figure(figsize=(min(max(length / 2, 10), 40), 6), layout="constrained")
    wave, spectrum, lanes = figure.subplots(
        3, 1, sharex=True, gridspec_kw={"height_ratios": [2, 3, 2]}
    )
    wave.plot(np.arange(len(samples)) / RATE, samples / 32768, linewidth=0.4, color="#303030")
    wave.set(title=title, ylabel="amplitude", ylim=(-1, 1))
    spectrum.imshow(_spectrum(samples), origin="lower", aspect="auto", extent=(0, length, 0, 4000))
    spectrum.set(ylabel="Hz", ylim=(0, RATE / 2))
    _label(lanes, heard)
    lanes.set(xlabel="s", xlim=(0, length))
    try:
        figure.savefig(file, dpi=110)
    except ValueError as error:
        raise PlotError(f"{file}: {error}; end the name in .png") from None


def _spectrum(samples: NDArray[np.int16]) -> NDArray[np.float64]:
    """Return the power in dB, a column for each 16 ms; -70 dB below full scale is black."""
    padded = np.concatenate([samples, np.zeros(_SLICE, np.int16)])
    frames = np.lib.stride_tricks.sliding_window_view(padded, _SLICE)[:: _SLICE // 2]
    power = np.abs(np.fft.rfft(frames * np.hanning(_SLICE), axis=1)) ** 2
    decibels = 10 * np.log10(power / (32768 * _SLICE / 4) ** 2 + 1e-7)
    return np.asarray(decibels.T)


def _label(lanes: Axes, heard: Sequence[Heard]) -> None:
    kinds = list(dict.fromkeys(one.kind for one in heard))
    for one in heard:
        lane, colour = kinds.index(one.kind), _COLOURS[one.kind]
        start, length = one.at_ms / 1000, max(one.for_ms, 20) / 1000
        lanes.broken_barh([(start, length)], (lane - 0.4, 0.8), color=colour, alpha=0.6)
        words = [one.details.get(key) for key in ("digit", "tone", "number", "name")]
        text = " ".join(str(word) for word in words if word)
        lanes.text(
            start + length / 2, lane, text, ha="center", va="center", fontsize=7, clip_on=True
        )
    lanes.set(yticks=range(len(kinds)), yticklabels=[kind.value for kind in kinds])
    lanes.set_ylim(len(kinds) - 0.4, -0.6)
