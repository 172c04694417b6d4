"""Tables of docs/signals.md, made from the data they describe. Pure: text in, text out.

``tools/signal-tables`` writes them into the document.
"""

import re
from collections.abc import Iterable

from firmware.lines.hook_profile import PROFILES, HookProfile
from firmware.lines.ringing import DISTINCTIVE, NORMAL, SPLASH, SYNONYMS, Cadence
from firmware.lines.tone_plans import PLANS
from firmware.lines.tones import MEANING, Phrase, Segment, Tone, TonePlan

_TABLE = re.compile(r"(<!-- table: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)

_HOOK_ROWS = (
    ("contact bounce ends after", "bounce_ms", None),
    ("off-hook: closed for at least", "off_hook_ms", None),
    ("no break at all: shorter than", "break_min_ms", None),
    ("dial pulse, alone", "break_min_ms", "pulse_max_ms"),
    ("dial pulse, beside others", "break_min_ms", "train_max_ms"),
    ("pause that keeps neighbours together: at most", "make_max_ms", None),
    ("digit complete: closed for", "digit_end_ms", None),
    ("hook flash", "flash_min_ms", "flash_max_ms"),
    ("on-hook: open for at least", "release_ms", None),
    ("breaks ignored after a ring trip", "trip_guard_ms", None),
)
_PULSES = ("pulse", "neighbours", "digit")


def fill(document: str) -> str:
    """Put each table in its place, between ``<!-- table: NAME -->`` and ``<!-- end -->``.

    Raises ``KeyError`` if the document asks for a table that does not exist.
    """
    made = tables()
    return _TABLE.sub(lambda place: f"{place[1]}\n{made[place[2]]}\n{place[3]}", document)


def tables() -> dict[str, str]:
    """Give all tables, as Markdown, by name."""
    return {
        "hook": _hook(),
        "ringing": _ringing(),
        "ring-names": _grid(("also called", "is"), SYNONYMS.items()),
        **{f"tones-{plan.country}": _tones(plan) for plan in PLANS},
    }


def _hook() -> str:
    rows = [
        (what, *(_window(profile, what, low, high) for profile in PROFILES))
        for what, low, high in _HOOK_ROWS
    ]
    return _grid(("ms", *(f"`{profile.name}`" for profile in PROFILES)), rows)


def _window(profile: HookProfile, what: str, low: str, high: str | None) -> str:
    if profile.pulse_max_ms is None and any(word in what for word in _PULSES):
        return "–"
    first = f"{getattr(profile, low):g}"
    return first if high is None else f"{first}…{getattr(profile, high):g}"


def _ringing() -> str:
    rows = [_ring_row(cadence) for cadence in (NORMAL, *DISTINCTIVE.values(), SPLASH)]
    return _grid(("name", "on/off, s", "rings, % of the time", "caller ID, s"), rows)


def _ring_row(cadence: Cadence) -> tuple[str, ...]:
    rhythm = " ".join(f"{on / 1000:g}/{off / 1000:g}" for on, off in cadence.bursts)
    slot = cadence.caller_id_slot(0)
    room = f"{slot.start_ms / 1000:g}…{slot.end_ms / 1000:g}" if slot else "–"
    return f"`{cadence.name}`", rhythm, f"{cadence.duty * 100:.1f}", room


def _tones(plan: TonePlan) -> str:
    rows = [
        (f"`{tone.name}`", MEANING[tone.name], _sound(tone), _level(tone), tone.basis.value)
        for tone in plan.tones
    ]
    return _grid(("tone", "says", "Hz: on/off, ms", "dBm0", "numbers"), rows)


def _sound(tone: Tone) -> str:
    return ", then ".join(_phrase(phrase) for phrase in tone.phrases)


def _phrase(phrase: Phrase) -> str:
    notes = sorted({segment.hertz for segment in phrase.segments if segment.hertz})
    if len(notes) == 1:
        beats = f"{_hertz(notes[0])}: " + _beats(phrase.segments)
    else:
        beats = ", ".join(_note(segment) for segment in phrase.segments)
    return beats if phrase.endless else f"{phrase.times} × ({beats})"


def _beats(segments: tuple[Segment, ...]) -> str:
    if segments[0].ms is None:
        return "continuous"
    start = "" if segments[0].hertz else "silent "
    return start + "/".join(f"{segment.ms:g}" for segment in segments)


def _note(segment: Segment) -> str:
    return f"{_hertz(segment.hertz) or 'silent'}: {segment.ms:g}"


def _hertz(hertz: tuple[float, ...]) -> str:
    return "+".join(f"{one:g}" for one in hertz)


def _level(tone: Tone) -> str:
    levels = {s.level_dbm0 for phrase in tone.phrases for s in phrase.segments if s.hertz}
    many = any(len(s.hertz) > 1 for phrase in tone.phrases for s in phrase.segments)
    return ", ".join(f"{level:g}" for level in sorted(levels)) + " each" * many


def _grid(titles: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [titles, ("---",) * len(titles), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
