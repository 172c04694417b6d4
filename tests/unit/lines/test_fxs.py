from firmware.lines import fxs, hook
from firmware.lines.callerid import decode
from firmware.lines.callerid_message import Absence
from firmware.lines.callerid_plan import (
    AFTER_RING,
    REVERSAL,
    DualTone,
    Fsk,
    duration_ms,
)
from firmware.lines.fxs import AskTurn, Burst, Caller, Polarity, Signal, StopBell
from firmware.lines.ringing import DISTINCTIVE, NORMAL

MS = 1_000_000
CALLER = Caller("+390571757707", "Scuola Materna", private=False, stamp="03290930")


def run(line, until_ms, *, wait_ms=0):
    """Advance in one step; a turn asked for begins ``wait_ms`` later; give (ms, output)."""
    out, now = [], 0
    while (due := fxs.deadline(line, hook.BOTH)) is not None and due <= until_ms * MS:
        line, outputs = fxs.step(line, hook.Wake(due), hook.BOTH)
        for output in outputs:
            if isinstance(output, AskTurn):
                line = fxs.take_turn(line, output.at_ns + wait_ms * MS)
            else:
                out.append((due // MS, output))
        now = due
    assert now <= until_ms * MS
    return line, out


def ring(cadence=NORMAL, plan=AFTER_RING):
    return fxs.ring(fxs.initial(), "in1", CALLER, cadence=cadence, plan=plan, at_ns=0)


def test_italian_ringing_with_caller_id_after_the_first_burst():
    _, out = run(ring(), 11_000)
    assert [(at, o) for at, o in out if isinstance(o, Burst)] == [
        (0, Burst(1000, 25.0)),
        (5000, Burst(1000, 25.0)),
        (10_000, Burst(1000, 25.0)),
    ]
    ((at, signal),) = [(at, o) for at, o in out if isinstance(o, Signal)]
    assert at == 1000
    data = next(s for s in signal.segments if isinstance(s, Fsk))
    before = sum(duration_ms(s) for s in signal.segments[: signal.segments.index(data)])
    assert before == 750
    assert at + before + duration_ms(data) <= 5000 - 200


def test_short_pauses_are_left_to_the_bell():
    for name, cadence in DISTINCTIVE.items():
        _, out = run(ring(cadence), 30_000)
        sending = [
            (at, at + sum(map(duration_ms, o.segments))) for at, o in out if isinstance(o, Signal)
        ]
        bursts = [(at, at + o.on_ms) for at, o in out if isinstance(o, Burst)]
        assert len(sending) == 1, name
        ((start, end),) = sending
        assert all(b_end <= start or b_start >= end for b_start, b_end in bursts), name


def test_reversal_and_alert_come_before_ringing_and_the_polarity_returns():
    _, out = run(ring(plan=REVERSAL), 10_000)
    kinds = [type(o) for _, o in out]
    assert kinds.index(Burst) > max(i for i, k in enumerate(kinds) if k in (Signal, Polarity))
    assert [o.reversed for _, o in out if isinstance(o, Polarity)] == [True, False]
    heard = [s for _, o in out if isinstance(o, Signal) for s in o.segments]
    assert [type(s) for s in heard if isinstance(s, DualTone | Fsk)] == [DualTone, Fsk]


def test_a_bell_stopped_in_mid_message_restores_the_polarity():
    line, _ = run(ring(plan=REVERSAL), 100)
    assert line.reversed
    line, out = fxs.stop_ring(line)
    assert out == (StopBell(), Polarity(reversed=False))
    assert not line.reversed


def test_a_bell_waits_for_its_turn():
    _, out = run(ring(), 3000, wait_ms=700)
    assert out[0] == (700, Burst(1000, 25.0))


def test_lifting_silences_the_bell_and_nothing_rings_a_lifted_line():
    line, _ = run(ring(), 500)
    line, out = fxs.step(line, hook.Edge(600 * MS, closed=True), hook.BOTH)
    line, out = fxs.step(line, hook.RingTrip(601 * MS), hook.BOTH)
    assert isinstance(out[0], StopBell)
    assert isinstance(out[1], hook.OffHook)
    assert fxs.ring(line, "in2", CALLER, cadence=NORMAL, plan=None, at_ns=700 * MS) == line


def test_a_private_caller_and_a_bad_clock_are_sent_as_what_they_are():
    hidden = Caller(None, None, private=True, stamp="99999999")
    line = fxs.ring(fxs.initial(), "in1", hidden, cadence=NORMAL, plan=AFTER_RING, at_ns=0)
    _, out = run(line, 2000)
    data = next(
        s for _, o in out if isinstance(o, Signal) for s in o.segments if isinstance(s, Fsk)
    )
    shown = decode(data.payload)
    assert shown.number is Absence.PRIVATE
    assert shown.at is None
