"""Tone plans of countries: Italy complete, Germany through the same schema."""

from firmware.lines.tones import Basis, Phrase, Segment, Tone, ToneName, TonePlan

_SIT_HZ = (950.0, 1400.0, 1800.0)  # ITU-T E.180 §5
_HOWLER_HZ = (1400.0, 2060.0, 2450.0, 2600.0)


def _beats(hertz: float, level_dbm0: float, *on_off_ms: float) -> tuple[Segment, ...]:
    """Alternate sound and silence, sound first; times in ms."""
    return tuple(
        Segment((), 0.0, ms) if index % 2 else Segment((hertz,), level_dbm0, ms)
        for index, ms in enumerate(on_off_ms)
    )


def _cadence(name: ToneName, hertz: float, level_dbm0: float, *on_off_ms: float) -> Tone:
    return Tone(name, (Phrase(_beats(hertz, level_dbm0, *on_off_ms)),))


def _sit(level_dbm0: float) -> Tone:
    """Three rising notes of 330 ms and a second of silence (ITU-T E.180 §5: 330 ± 70, 1000)."""
    notes = tuple(Segment((hertz,), level_dbm0, 330) for hertz in _SIT_HZ)
    return Tone(ToneName.SIT, (Phrase((*notes, Segment((), 0.0, 1000))),))


def _howler() -> Tone:
    """Four high notes, loud and harsh; together -3 dBm0."""
    beats = (Segment(_HOWLER_HZ, -9.0, 100), Segment((), 0.0, 100))
    return Tone(ToneName.HOWLER, (Phrase(beats),), Basis.RECALLED)


def _italian() -> TonePlan:
    """Give the tones of Italian exchanges, all 425 Hz; -13 dBm0, call waiting -19 dBm0.

    The dial tone is cadenced, short then long. "Restricted" keeps that rhythm with the second
    note a third lower, so that it says "dial, but" to who knows the ordinary one.
    """
    hertz, level, soft = 425.0, -13.0, -19.0
    dial = _beats(hertz, level, 200, 200, 600, 1000)
    stutter = Phrase(_beats(hertz, level, 100, 100, 100, 700), times=2)
    restricted = (*dial[:2], Segment((340.0,), level, 600), dial[3])
    hold = (Segment((), 0.0, 4700), *_beats(hertz, soft, 50, 200, 50))
    done = Phrase(_beats(hertz, level, 100, 100), times=3)
    warning = Phrase(_beats(1400.0, level, 200, 100), times=3)
    return TonePlan(
        "it",
        (
            Tone(ToneName.DIAL, (Phrase(dial),)),
            Tone(ToneName.DIAL_MWI, (stutter, Phrase(dial))),
            _cadence(ToneName.DIAL_FORWARD, hertz, level, 500, 50),
            Tone(ToneName.DIAL_RESTRICTED, (Phrase(restricted),), Basis.OWN),
            _cadence(ToneName.RINGBACK, hertz, level, 1000, 4000),
            _cadence(ToneName.BUSY, hertz, level, 500, 500),
            _cadence(ToneName.CONGESTION, hertz, level, 200, 200),
            _sit(level),
            _cadence(ToneName.CALL_WAITING, hertz, soft, 400, 100, 250, 100, 150, 14000),
            Tone(ToneName.HOLD, (Phrase(hold),)),
            Tone(ToneName.CONFIRMATION, (done,), Basis.OWN),
            Tone(ToneName.WARNING, (warning,), Basis.OWN),
            _howler(),
        ),
    )


def _german() -> TonePlan:
    """Give the tones of German exchanges as published tables have them; levels are ours."""
    hertz, level, soft = 425.0, -13.0, -19.0
    both = Segment((400.0, 425.0), level - 3, None)
    forward = Phrase(_beats(hertz, level, 500, 50))
    restricted = _beats(hertz, level, 200, 200, 600, 1000)
    hold = (Segment((), 0.0, 4700), *_beats(hertz, soft, 50, 200, 50))
    done = Phrase(_beats(hertz, level, 100, 100), times=3)
    warning = Phrase(_beats(1400.0, level, 200, 100), times=3)
    knock = Phrase(_beats(hertz, soft, 200, 200, 200, 5000))
    return TonePlan(
        "de",
        (
            Tone(ToneName.DIAL, (Phrase((Segment((hertz,), level, None),)),)),
            Tone(ToneName.DIAL_MWI, (Phrase((both,)),)),
            Tone(ToneName.DIAL_FORWARD, (forward,), Basis.OWN),
            Tone(ToneName.DIAL_RESTRICTED, (Phrase(restricted),), Basis.OWN),
            _cadence(ToneName.RINGBACK, hertz, level, 1000, 4000),
            _cadence(ToneName.BUSY, hertz, level, 480, 480),
            _cadence(ToneName.CONGESTION, hertz, level, 240, 240),
            _sit(level),
            Tone(ToneName.CALL_WAITING, (knock,)),
            Tone(ToneName.HOLD, (Phrase(hold),), Basis.OWN),
            Tone(ToneName.CONFIRMATION, (done,), Basis.OWN),
            Tone(ToneName.WARNING, (warning,), Basis.OWN),
            _howler(),
        ),
    )


ITALY = _italian()
GERMANY = _german()
PLANS = (ITALY, GERMANY)
"""Plans by country; add one here and it is usable, documented and tested."""
