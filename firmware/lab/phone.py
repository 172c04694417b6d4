"""The actor of a simulated telephone: a person with hands, mouth, ears and eyes."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import assert_never

import numpy as np

from firmware.dsp.progress import LineTone
from firmware.dsp.wav import read_wav
from firmware.guide.phrases import completed
from firmware.guide.prompts import Book
from firmware.lab import steps
from firmware.lab.ears import DigitsEar, Ear, Samples, SilenceEar, SpeechEar, ToneEar, in_words
from firmware.lab.failure import Failure
from firmware.lab.patterns import PatternEar
from firmware.lines.tones import ToneName
from firmware.ops import orders
from firmware.ops.client import Client
from firmware.ops.orders import BadOrder, OrderRefused, SimOrder

Action = steps.OffHook | steps.OnHook | steps.Flash | steps.Dial | steps.Play
Hearing = (
    steps.HearTone
    | steps.HearDigits
    | steps.HearSpeech
    | steps.HearSentence
    | steps.HearGuide
    | steps.HearSilence
)
Seeing = (
    steps.Rings | steps.NoRing | steps.Displays | steps.Lamp | steps.Polarity | steps.Disconnects
)
Expectation = Hearing | Seeing | steps.Recorded

EXCHANGE_TONES = frozenset(tone.value for tone in LineTone) & frozenset(ToneName)
"""Tones that the recogniser of exchange lines knows; it is tested harder than our own ear."""

_HEADER = 44  # bytes of a WAV file before its samples, as the recorder writes it
_LOOK_S = 0.04
_LISTEN_S = 0.1
_TOLERANCE_MS = 150  # looking every 40 ms at a busy machine


class Phone:
    """The telephone on ``line``; what it hears is written to ``recording`` from the start."""

    def __init__(
        self,
        client: Client,
        line: str,
        recording: Path,
        speech: Callable[[steps.Sentence], Path],
        book: Callable[[], Book],
    ) -> None:
        self._client = client
        self._line = line
        self._recording = recording
        self._lives = 1
        self._speech = speech
        self._book = book
        self._mark = 0
        self.order(orders.Record(recording))

    def begin_anew(self) -> None:
        """Listen again, to another file: the program was started again."""
        self._lives += 1
        stem = self._recording.stem.partition("-life-")[0]
        self._recording = self._recording.with_stem(f"{stem}-life-{self._lives}")
        self._mark = 0
        self.order(orders.Record(self._recording))

    def mark(self) -> None:
        """Forget what was heard so far: somebody does something now."""
        self._mark = self._heard_samples()

    def act(self, step: Action) -> None:
        """Do what ``step`` says.

        Raises:
            Failure: it cannot be done.
        """
        match step:
            case steps.OffHook():
                self.order(orders.OffHook())
            case steps.OnHook():
                self.order(orders.OnHook())
            case steps.Flash():
                self.order(orders.Flash(step.ms))
            case steps.Dial():
                self.order(orders.Dial(step.digits, step.pulse))
            case steps.Play():
                self.order(orders.Play(self._speech(step)))
            case _:
                assert_never(step)

    def expect(self, step: Expectation) -> str:
        """Wait until ``step`` has come true; say what was found.

        Raises:
            Failure: it has not; with what was there instead.
        """
        if isinstance(step, Hearing):
            ear, what = self._ear(step)
            return self._hear(ear, what, step.within)
        match step:
            case steps.Rings():
                return self._rings(step)
            case steps.NoRing():
                return self._no_ring(step.for_s)
            case steps.Displays():
                return self._displays(step)
            case steps.Lamp(on=on):
                return self._shows("message_lamp", step.within, wanted=on)
            case steps.Polarity(reversed=reversed_):
                return self._shows("reversed", step.within, wanted=reversed_)
            case steps.Disconnects(times=times):
                return self._disconnects(times, step.within)
            case steps.Recorded():
                return self._recorded(step)
            case _:
                assert_never(step)

    # --- ears --------------------------------------------------------------------------------

    def _ear(self, step: Hearing) -> tuple[Ear, str]:
        """The ear for what is to be heard, and what that is."""
        match step:
            case steps.HearTone(tone=tone):
                ear = ToneEar(tone) if tone in EXCHANGE_TONES else PatternEar(tone)
                return ear, f"{tone} tone"
            case steps.HearDigits(digits=digits):
                return DigitsEar(digits), f"digits {digits}"
            case steps.HearSpeech():
                name = step.phrase or str(step.file)
                return SpeechEar(read_wav(self._speech(step))), f"speech {name}"
            case steps.HearSentence(sentence=sentence, value=value):
                phrase = completed(sentence, value)
                said = self._book().samples(phrase) if phrase else None
                if said is None:
                    raise Failure(f"sentence {sentence}", "there is no voice here to say it")
                return SpeechEar(said), f"sentence {sentence}"
            case steps.HearGuide(texts=texts):
                book = self._book()
                if missing := [key for key in texts if key not in book.pieces]:
                    raise Failure(f"texts {', '.join(texts)}", f"there is no {missing[0]}")
                return SpeechEar(book.strung(texts)), f"texts {', '.join(texts)}"
            case steps.HearSilence(for_s=for_s):
                return SilenceEar(for_s), f"silence for {for_s} s"

    def _hear(self, ear: Ear, what: str, within_s: float) -> str:
        end = time.monotonic() + within_s
        at = self._mark
        while True:
            over = time.monotonic() >= end
            samples = self._heard_since(at)
            at += len(samples)
            if len(samples) and (found := ear.feed(samples)):
                return f"hears {found}"
            if over:
                raise Failure(f"hears {what}", in_words(self._heard_since(self._mark)))
            time.sleep(_LISTEN_S)

    def _heard_samples(self) -> int:
        return max(self._recording.stat().st_size - _HEADER, 0) // 2

    def _heard_since(self, mark: int) -> Samples:
        with self._recording.open("rb") as file:
            file.seek(_HEADER + 2 * mark)
            data = file.read()
        return np.frombuffer(data[: len(data) // 2 * 2], "<i2")

    # --- bell and display --------------------------------------------------------------------

    def _rings(self, step: steps.Rings) -> str:
        """Look at the bell until it has rung often enough, with the pauses between."""
        end = time.monotonic() + step.within
        edges: list[float] = []  # it rings from edges[0] to edges[1], from edges[2] …
        while time.monotonic() < end:
            rings = bool(self._see()["ringing"])
            if rings == (len(edges) % 2 == 0):
                edges.append(time.monotonic())
            enough = 2 * step.bursts if step.cadence_ms else 2 * step.bursts - 1
            if len(edges) >= enough:
                return self._in_rhythm(edges, step)
            time.sleep(_LOOK_S)
        raise Failure(f"rings {step.bursts} times", _rhythm(edges) or "the bell was silent")

    def _in_rhythm(self, edges: list[float], step: steps.Rings) -> str:
        found = f"rings {_rhythm(edges)}"
        if step.cadence_ms is None:
            return found
        times = [round(1000 * (b - a)) for a, b in itertools.pairwise(edges)]
        for index, measured in enumerate(times):
            wanted = step.cadence_ms[index % len(step.cadence_ms)]
            if abs(measured - wanted) > _TOLERANCE_MS:
                rhythm = "/".join(map(str, step.cadence_ms))
                raise Failure(f"rings in the rhythm {rhythm} ms", _rhythm(edges))
        return found

    def _no_ring(self, for_s: float) -> str:
        end = time.monotonic() + for_s
        while time.monotonic() < end:
            if self._see()["ringing"]:
                raise Failure(f"does not ring for {for_s} s", "the bell rings")
            time.sleep(_LOOK_S)
        return f"did not ring for {for_s} s"

    def _displays(self, step: steps.Displays) -> str:
        wanted = step.model_dump(include={"number", "name", "private"}, exclude_none=True)
        shown: object = None
        end = time.monotonic() + step.within
        while time.monotonic() < end:
            shown = self._see()["display"]
            if isinstance(shown, dict) and _has(shown, wanted):
                return f"displays {_words(shown)}"
            time.sleep(_LOOK_S)
        instead = f"it shows {_words(shown)}" if isinstance(shown, dict) else "it is empty"
        raise Failure(f"displays {_words(wanted)}", instead)

    def _shows(self, what: str, within_s: float, *, wanted: bool) -> str:
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            if self._see()[what] is wanted:
                return f"{what}: {wanted}"
            time.sleep(_LOOK_S)
        raise Failure(f"{what}: {wanted}", f"it is {not wanted}")

    def _disconnects(self, times: int, within_s: float) -> str:
        end = time.monotonic() + within_s
        while (seen := self._see()["disconnects"]) != times and time.monotonic() < end:
            time.sleep(_LOOK_S)
        if seen != times:
            raise Failure(f"{times} breaks of the loop", f"there were {seen}")
        return f"the loop was broken {times} times"

    def _recorded(self, step: steps.Recorded) -> str:
        wanted: dict[str, object] = {}
        if step.direction is not None:
            wanted["direction"] = step.direction.value
        if step.number is not None:
            wanted["peer_number"] = step.number
        if step.code is not None:
            wanted["code"] = step.code
        last: Mapping[str, object] = {}
        end = time.monotonic() + step.within
        while time.monotonic() < end:
            rows = self._client.get("/calls?limit=50")["recent"]
            mine = (
                [row for row in rows if row["line"] == self._line] if isinstance(rows, list) else []
            )
            last = mine[0] if mine else {}
            answered = last.get("answered_at") is not None
            if last and _has(last, wanted) and step.answered in (None, answered):
                return f"the record says {_words(last)}"
            time.sleep(_LISTEN_S)
        answered_words = {None: "", True: ", answered", False: ", not answered"}[step.answered]
        what = f"the last call record has {_words(wanted)}{answered_words}"
        raise Failure(what, f"it says {_words(last)}" if last else "there is none")

    def _see(self) -> dict[str, object]:
        return self.order(orders.Show())

    def order(self, order: SimOrder) -> dict[str, object]:
        """Have ``order`` carried out on the line; give what came of it.

        Raises:
            Failure: it was refused.
        """
        try:
            return self._client.sim(self._line, order, within_s=orders.LONGEST_S)
        except (OrderRefused, BadOrder) as error:
            verb = orders.encode(order)["do"]
            raise Failure(f"{verb}", f"refused: {error}") from error


def _has(shown: Mapping[str, object], wanted: Mapping[str, object]) -> bool:
    return all(shown.get(key) == value for key, value in wanted.items())


def _words(values: Mapping[str, object]) -> str:
    return ", ".join(f"{key} {value}" for key, value in values.items() if value is not None)


def _rhythm(edges: list[float]) -> str:
    times = [f"{1000 * (b - a):.0f}" for a, b in itertools.pairwise(edges)]
    rung = f"{(len(edges) + 1) // 2} times" if edges else ""
    return f"{rung}, {'/'.join(times)} ms" if times else rung
