"""Everything recognised in a recording: digits, tones, fax, caller ID, speech, silence."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from firmware.dsp.activity import ActivityDetector, SpeechEnd
from firmware.dsp.dtmf import DigitEnd, DtmfReceiver
from firmware.dsp.dual_tone import DualToneDetector
from firmware.dsp.fsk_receiver import FskDamaged, FskMessage, FskReceiver
from firmware.dsp.levels import SILENCE_DBM0, level
from firmware.dsp.progress import LineTone, ToneEnd, ToneRecogniser
from firmware.lines.callerid import CallerIdError, CallSetup, MessageWaiting, decode
from firmware.lines.callerid_dtmf import DtmfCode, decode_digits
from firmware.lines.callerid_message import Absence
from firmware.lines.callerid_plan import Modem

RATE = 8000
SILENCE_BELOW_DBM0 = -45.0
"""A stretch without anything recognised is silence below this level, else it is sound."""

_FRAME = 160  # samples: 20 ms, the grain of speech, sound and silence
_FRAME_MS = 20
_LEAST_FRAMES = 10  # shorter stretches of speech, sound or silence are not worth a line
_AROUND = 2  # frames around a signal that hold its edges
_LIVELY_DB = 1.5
_SEIZURE_MS = 450  # before an FSK message: 300 bits of seizure and 180 marks (EN 300 659-1)
_GAP_MS = 400  # between the digits of one caller ID
_CODES = (DtmfCode.A_TO_C, DtmfCode.D_TO_C)  # the ones that no ordinary dialling looks like


class Kind(StrEnum):
    """What was heard."""

    DTMF = "dtmf"
    TONE = "tone"
    FAX = "fax"
    CALLER_ID = "caller-id"
    MESSAGE_WAITING = "message-waiting"
    DAMAGED = "damaged-caller-id"
    ALERT = "alert-tone"
    SPEECH = "speech"
    SOUND = "sound"
    SILENCE = "silence"


_BY_FSK = frozenset({Kind.CALLER_ID, Kind.MESSAGE_WAITING, Kind.DAMAGED})
Details = dict[str, str | int | float | bool | None]


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing heard, from ``at_ms`` on for ``for_ms``.

    ``confidence`` is 0 to 1.  ``details`` depend on the kind, ready for JSON: ``digit``;
    ``tone``; ``number``, ``name``, ``date`` and so on.
    """

    at_ms: int
    for_ms: int
    kind: Kind
    level_dbm0: float
    confidence: float
    details: Details = field(default_factory=dict)

    def as_json(self) -> Details:
        """Return the event as `derivato listen --json` shows it."""
        return {
            "at_ms": self.at_ms,
            "for_ms": self.for_ms,
            "kind": self.kind.value,
            **self.details,
            "level_dbm0": self.level_dbm0,
            "confidence": self.confidence,
        }


def analyse(samples: NDArray[np.int16]) -> list[Heard]:
    """Return what is recognised in an 8 kHz recording, in order of time."""
    # Half a second of silence lets everything end that the recording cuts off.
    padded = np.concatenate([samples, np.zeros(RATE // 2, np.int16)])
    length_ms = len(samples) * 1000 // RATE
    digits = _digits(padded)
    signals = [*digits, *_tones(samples), *_caller_id(padded), *_caller_id_in(digits)]
    levels = _levels(samples)
    taken = _covered(signals, len(levels))
    heard = [*signals, *_speech(samples, levels, taken)]
    heard += _rest(samples, levels, taken | _covered(heard, len(levels), around=0))
    return sorted((_cut(h, length_ms) for h in heard), key=lambda h: (h.at_ms, h.kind))


def _cut(heard: Heard, length_ms: int) -> Heard:
    """Return ``heard`` within the recording: windows reach a little beyond its ends."""
    at = max(heard.at_ms, 0)
    length = max(min(heard.at_ms + heard.for_ms, length_ms) - at, 0)
    return Heard(at, length, heard.kind, heard.level_dbm0, heard.confidence, heard.details)


def _digits(samples: NDArray[np.int16]) -> list[Heard]:
    receiver = DtmfReceiver()
    return [
        Heard(
            event.at_ms,
            event.for_ms,
            Kind.DTMF,
            event.level_dbm0,
            event.steadiness,
            {
                "digit": event.digit,
                "low_dbm0": event.low_dbm0,
                "high_dbm0": event.high_dbm0,
            },
        )
        for event in (*receiver.feed(samples), *receiver.flush())
        if isinstance(event, DigitEnd)
    ]


def _tones(samples: NDArray[np.int16]) -> Iterator[Heard]:
    recogniser = ToneRecogniser()
    for event in (*recogniser.feed(samples), *recogniser.flush()):
        if isinstance(event, ToneEnd):
            kind, details = _named(event.tone)
            details["hertz"] = event.hertz
            yield Heard(event.at_ms, event.for_ms, kind, event.level_dbm0, event.purity, details)


def _named(tone: LineTone) -> tuple[Kind, Details]:
    match tone:
        case LineTone.FAX_CALLING:
            return Kind.FAX, {"tone": "cng"}
        case LineTone.FAX_ANSWER:
            return Kind.FAX, {"tone": "ced", "phase_reversals": False}
        case LineTone.FAX_ANSWER_REVERSALS:
            return Kind.FAX, {"tone": "ced", "phase_reversals": True}
        case _:
            return Kind.TONE, {"tone": tone.value}


def _caller_id(samples: NDArray[np.int16]) -> Iterator[Heard]:
    for alert in DualToneDetector().feed(samples):
        yield Heard(alert.at_ms, alert.for_ms, Kind.ALERT, round(alert.level_dbm0, 1), 1.0)
    told: list[int] = []
    for modem in Modem:  # both read some messages of either: the first that succeeds counts
        for event in FskReceiver(modem).feed(samples):
            if isinstance(event, FskMessage) and not _near(event.at_ms, told):
                told.append(event.at_ms)
                yield _message(event)
    for event in FskReceiver(Modem.V23).feed(samples):
        if isinstance(event, FskDamaged) and not _near(event.at_ms, told):
            yield Heard(event.at_ms, 0, Kind.DAMAGED, round(event.level_dbm0, 1), 1.0)


def _near(at_ms: int, others: Iterable[int]) -> bool:
    return any(abs(at_ms - other) < _SEIZURE_MS for other in others)


def _message(event: FskMessage) -> Heard:
    """Return what a message says; one that must not be shown is told of as damaged."""
    level_dbm0 = round(event.level_dbm0, 1)
    try:
        said = decode(event.payload)
    except CallerIdError as error:
        why: Details = {"reason": str(error)}
        return Heard(event.at_ms, event.for_ms, Kind.DAMAGED, level_dbm0, 1.0, why)
    match said:
        case CallSetup():
            kind, details = Kind.CALLER_ID, _who(said)
        case MessageWaiting():
            kind = Kind.MESSAGE_WAITING
            details = {"waiting": said.waiting, "count": said.count}
        case _:
            assert_never(said)
    return Heard(event.at_ms, event.for_ms, kind, level_dbm0, 1.0, details)


def _who(call: CallSetup) -> Details:
    details: Details = {}
    for key, value in (("number", call.number), ("name", call.name)):
        details[key] = value if isinstance(value, str) else None
        if isinstance(value, Absence):
            details[f"{key}_absence"] = value.name.lower()
    if call.at:
        moment = call.at
        details["date"] = f"{moment.month:02}-{moment.day:02}"
        details["time"] = f"{moment.hour:02}:{moment.minute:02}"
    if call.called:
        details["called"] = call.called
    if call.redirecting:
        details["redirecting"] = call.redirecting
    if call.forwarding is not None:
        details["forwarding"] = call.forwarding.name.lower()
    if call.call_type is not None:
        details["call_type"] = call.call_type.name.lower()
    return details


def _caller_id_in(digits: Sequence[Heard]) -> Iterator[Heard]:
    """Find caller ID among digits that follow each other closely."""
    groups: list[list[Heard]] = []
    for digit in digits:
        if groups and digit.at_ms - _end(groups[-1][-1]) < _GAP_MS:
            groups[-1].append(digit)
        else:
            groups.append([digit])
    for group in groups:
        text = "".join(str(digit.details["digit"]) for digit in group)
        for code in _CODES:
            try:
                call = decode_digits(code, text)
            except CallerIdError:
                continue
            details = {**_who(call), "sent_as": "dtmf"}
            at, sure = group[0].at_ms, min(digit.confidence for digit in group)
            loud = group[0].level_dbm0
            yield Heard(at, _end(group[-1]) - at, Kind.CALLER_ID, loud, sure, details)
            break


def _end(heard: Heard) -> int:
    return heard.at_ms + heard.for_ms


def _levels(samples: NDArray[np.int16]) -> NDArray[np.float64]:
    """Return the level of each 20 ms in dBm0; what is left over at the end is not counted."""
    frames = samples[: len(samples) // _FRAME * _FRAME].reshape(-1, _FRAME)
    return np.array([level(frame) for frame in frames])


def _covered(heard: Iterable[Heard], count: int, *, around: int = _AROUND) -> NDArray[np.bool_]:
    """Return which frames belong to what was heard."""
    taken = np.zeros(count, bool)
    for one in heard:
        before = _SEIZURE_MS if one.kind in _BY_FSK and "sent_as" not in one.details else 0
        first = (one.at_ms - before) // _FRAME_MS - around
        taken[max(first, 0) : -(-_end(one) // _FRAME_MS) + around] = True
    return taken


def _speech(
    samples: NDArray[np.int16], levels: NDArray[np.float64], taken: NDArray[np.bool_]
) -> Iterator[Heard]:
    """Yield speech, cut where a signal was recognised: signals stand out of the noise too."""
    detector = ActivityDetector()
    speaking = np.zeros(len(levels), bool)
    for event in (*detector.feed(samples), *detector.flush()):
        if isinstance(event, SpeechEnd):
            speaking[event.at_ms // _FRAME_MS : (event.at_ms + event.for_ms) // _FRAME_MS] = True
    for first, last in _stretches(speaking & ~taken):
        lively = float((np.abs(np.diff(levels[first:last])) > _LIVELY_DB).mean())
        sure = round(min(2 * lively, 1.0), 2)  # speech changes in every other frame or more
        yield _stretch(samples, Kind.SPEECH, first, last, sure)


def _rest(
    samples: NDArray[np.int16], levels: NDArray[np.float64], taken: NDArray[np.bool_]
) -> Iterator[Heard]:
    """Yield what nothing was recognised in: silence, or sound of an unknown kind."""
    quiet = levels < SILENCE_BELOW_DBM0
    for kind, where in ((Kind.SILENCE, quiet), (Kind.SOUND, ~quiet)):
        for first, last in _stretches(where & ~taken):
            margin = np.abs(levels[first:last] - SILENCE_BELOW_DBM0)
            sure = round(min(float(np.median(margin)) / 10, 1.0), 2)
            yield _stretch(samples, kind, first, last, sure)


def _stretch(samples: NDArray[np.int16], kind: Kind, first: int, last: int, sure: float) -> Heard:
    loud = level(samples[first * _FRAME : last * _FRAME])
    at, length = first * _FRAME_MS, (last - first) * _FRAME_MS
    return Heard(at, length, kind, round(max(loud, SILENCE_DBM0), 1), sure)


def _stretches(where: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the runs of true frames that are long enough, as half-open ranges."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], where.astype(np.int8), [0]))))
    pairs = edges.reshape(-1, 2).tolist()
    return [(first, last) for first, last in pairs if last - first >= _LEAST_FRAMES]
