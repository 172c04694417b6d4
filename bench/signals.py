"""Pass regions, talk-off and cost of the signal receivers, beside other programs.

    python -m bench.signals [TABLE …] [--write docs/signals.md]

Every decoder gets the same samples.  ``--write`` puts the tables between the marks
``<!-- measured: TABLE -->`` and ``<!-- end -->`` of a document.
"""

import argparse
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from bench.signals_cases import PASS_REGION
from bench.signals_decoders import (
    Samples,
    digit_decoders,
    our_tones,
    spandsp_tones,
)
from bench.signals_dtmf import Case, digits
from bench.signals_tones import CADENCES, cadence
from firmware.dsp import spandsp
from firmware.dsp.activity import ActivityDetector
from firmware.dsp.dtmf import DtmfReceiver
from firmware.dsp.dtmf_mute import DtmfMute
from firmware.dsp.progress import ToneRecogniser
from firmware.dsp.wav import read_wav

Rows = list[list[str]]
SHARE = Path("/usr/share/asterisk")
SOUNDS = {
    "Italian": ["sounds/it_IT_m_Carlo", "sounds/it_IT_f_Menardi"],
    "English": ["sounds/en_US_f_Allison"],
    "Spanish": ["sounds/es_MX_f_Allison"],
    "French": ["sounds/fr_CA_f_June"],
    "music": ["moh"],
}


def matched(sent: str, heard: str) -> int:
    """Return the length of the longest common subsequence."""
    row = [0] * (len(heard) + 1)
    for digit in sent:
        fresh = [0]
        for at, other in enumerate(heard):
            fresh.append(row[at] + 1 if digit == other else max(row[at + 1], fresh[-1]))
        row = fresh
    return row[-1]


def dtmf_pass_region() -> Rows:
    """Share of digits received, and how many were heard that nobody sent."""
    decoders = digit_decoders()
    rows = [["digits of", "bar", *decoders]]
    for name, verdict, cases in PASS_REGION:
        cells = []
        for decode in decoders.values():
            total = right = extra = 0
            for case in cases:
                sent, samples = digits(case)
                heard = decode(samples)
                common = matched(sent, heard)
                total, right = total + len(sent), right + common
                extra += len(heard) - common
            share = 100 * right / total
            text = f"{share:.0f} %" if share in {0, 100} else f"{share:.1f} %"
            cells.append(text + (f", {extra} too many" if extra else ""))
        rows.append([name, verdict, *cells])
    return rows


def _recordings(name: str) -> Iterator[Samples]:
    for folder in SOUNDS[name]:
        for file in sorted((SHARE / folder).rglob("*.wav")):
            yield read_wav(file)


def dtmf_talk_off() -> Rows:
    """Digits heard in speech and music at 0, -10 and -20 dB."""
    decoders = digit_decoders()
    rows = [["recordings", "minutes", *decoders]]
    for name in SOUNDS:
        pause = np.zeros(1600, np.int16)
        pieces = [piece for sound in _recordings(name) for piece in (sound, pause)]
        if not pieces:
            rows.append([name, "not installed", *("" for _ in decoders)])
            continue
        whole = np.concatenate(pieces)
        cells = []
        for decode in decoders.values():
            counts = [
                len(decode(np.rint(whole * 10 ** (gain / 20)).astype(np.int16)))
                for gain in (0, -10, -20)
            ]
            cells.append(" / ".join(map(str, counts)))
        rows.append([name, f"3 × {len(whole) / 8000 / 60:.1f}", *cells])
    return rows


CONDITIONS: dict[str, dict[str, float]] = {
    "−13 dBm0, clean": {},
    "−35 dBm0, clean": {"level": -35},
    "−35 dBm0, noise −40 dBm0": {"level": -35, "noise": -40},
    "−35 dBm0, noise −40, hum −20 dBm0": {"level": -35, "noise": -40, "hum": -20},
    "−20 dBm0, noise −40 dBm0": {"level": -20, "noise": -40},
    "15 Hz high": {"detune": 15, "level": -20},
    "15 Hz low": {"detune": -15, "level": -20},
    "times +8 %": {"stretch": 1.08},
    "times −8 %": {"stretch": 0.92},
    "25 Hz high (must be refused)": {"detune": 25},
    "25 Hz low (must be refused)": {"detune": -25},
}
PHASES = np.arange(0.015, 1.0, 0.1)


def tone_pass_region() -> Rows:
    """Tones recognised out of 10 phases each, and the cycles that took at worst."""
    names = ["dial", "ringback 1/4", "ringback 1/5", "busy", "congestion", "sit", "fax-cng"]
    rows = [["condition", "decoder", *names]]
    deciders: dict[str, Callable[[Samples], list[tuple[float, str]]]] = {"Derivato": our_tones}
    if _has_spandsp():
        deciders["SpanDSP"] = spandsp_tones
    for condition, spoiled in CONDITIONS.items():
        for decider, decide in deciders.items():
            cells = []
            for name in names:
                if "refused" in condition and name in {"sit", "fax-cng"}:  # ±50, ±38 Hz
                    cells.append("–")
                    continue
                right, wrong, worst = 0, 0, 0.0
                cycle = sum(ms for _, ms in CADENCES[name]) * spoiled.get("stretch", 1.0)
                for phase in PHASES:
                    told = decide(cadence(CADENCES[name], cycles=2.7, phase=phase, **spoiled))
                    good = [at for at, tone in told if tone == name.split()[0]]
                    right += bool(good)
                    wrong += any(tone != name.split()[0] for _, tone in told)
                    worst = max(worst, good[0] / cycle if good else 0.0)
                text = f"{right}/10" + (f", {worst:.1f} cycles" if right else "")
                cells.append(text + (f", {wrong} wrong" if wrong else ""))
            rows.append([condition, decider, *cells])
    return rows


def tone_talk_off() -> Rows:
    """Tones heard in speech and music."""
    rows = [["recordings", "minutes", "Derivato", "SpanDSP"]]
    for name in SOUNDS:
        sounds = list(_recordings(name))
        if not sounds:
            rows.append([name, "not installed", "", ""])
            continue
        whole = np.concatenate(sounds)
        other = str(len(spandsp_tones(whole))) if _has_spandsp() else "not installed"
        minutes = f"{len(whole) / 8000 / 60:.1f}"
        rows.append([name, minutes, str(len(our_tones(whole))), other])
    return rows


def _has_spandsp() -> bool:
    try:
        spandsp.DtmfDecoder()
    except spandsp.SpandspMissingError:
        return False
    return True


def cost() -> Rows:
    """Milliseconds of one processor core per second of audio."""
    rng = np.random.default_rng(1)
    _, tones = digits(Case(count=96, on=50, off=50))
    noise = (rng.normal(size=len(tones)) * 3000).astype(np.int16)
    makers: dict[str, Callable[[], Callable[[Samples], object]]] = {
        "DTMF receiver": lambda: DtmfReceiver().feed,
        "DTMF receiver and muting": lambda: DtmfMute().feed,
        "tone recogniser": lambda: ToneRecogniser().feed,
        "speech activity": lambda: ActivityDetector().feed,
    }
    if _has_spandsp():
        makers["SpanDSP dtmf_rx, through cffi"] = lambda: spandsp.DtmfDecoder().feed
    rows = [
        [
            "",
            "ten digits a second, frames of 20 ms",
            "noise, frames of 20 ms",
            "noise, pieces of 1 s",
        ]
    ]
    for name, make in makers.items():
        cells = [_timed(make, tones, 160), _timed(make, noise, 160), _timed(make, noise, 8000)]
        rows.append([name, *(f"{value:.2f} ms/s" for value in cells)])
    return rows


def _timed(make: Callable[[], Callable[[Samples], object]], samples: Samples, size: int) -> float:
    best = float("inf")
    for _ in range(5):
        feed = make()
        start = time.process_time()
        for at in range(0, len(samples) - size + 1, size):
            feed(samples[at : at + size])
        best = min(best, time.process_time() - start)
    return best * 1000 / (len(samples) / 8000)


TABLES: dict[str, Callable[[], Rows]] = {
    "dtmf-pass-region": dtmf_pass_region,
    "dtmf-talk-off": dtmf_talk_off,
    "tone-pass-region": tone_pass_region,
    "tone-talk-off": tone_talk_off,
    "signals-cost": cost,
}


def markdown(rows: Rows) -> str:
    """Return a table."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])


def main(arguments: list[str] | None = None) -> int:
    """Make the tables asked for, all without arguments."""
    parser = argparse.ArgumentParser(prog="python -m bench.signals", description=__doc__)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=", ".join(TABLES))
    parser.add_argument("--write", type=Path, help="document whose marked tables are replaced")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.tables) - set(TABLES)
    if unknown:
        parser.error(f"unknown table {', '.join(unknown)}; there are {', '.join(TABLES)}")
    for name in chosen.tables or TABLES:
        text = markdown(TABLES[name]())
        print(f"\n{name}\n\n{text}", flush=True)
        if chosen.write:
            _insert(chosen.write, name, text)
    return 0


def _insert(document: Path, name: str, text: str) -> None:
    mark = re.escape(f"<!-- measured: {name} -->")
    found = re.compile(rf"({mark}\n)(.*?)(<!-- end -->)", re.DOTALL)
    old = document.read_text(encoding="utf-8")
    if not found.search(old):
        sys.exit(f"{document}: there is no mark <!-- measured: {name} -->")
    fresh = found.sub(lambda match: f"{match[1]}\n{text}\n\n{match[3]}", old)
    document.write_text(fresh, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
