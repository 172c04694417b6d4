"""No sequence of hook, digits, SIP events and time leaves anything behind."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from firmware.calls.building import Config
from firmware.calls.effects import (
    CallEnded,
    CallStarted,
    DialLeg,
    EndLeg,
    Join,
    Listen,
    Part,
    PlayTone,
    RedirectLeg,
    RingBurst,
    ToExchange,
)
from firmware.calls.events import (
    DigitPath,
    LegAnswered,
    LegDigit,
    LegEnded,
    LegIncoming,
    LegMedia,
    LegProgress,
    LegReplaced,
    LineData,
    LineDigit,
    LineEdge,
    LineFault,
    LineReady,
    LineTrip,
    Media,
    MessagesWaiting,
    OnExchange,
    Party,
    ProveLine,
    TransferRefused,
    TrunkChanged,
    Wake,
    WakeUp,
)
from firmware.calls.exchange import ExchangeConfig
from firmware.calls.joins import physical
from firmware.calls.station import (
    Calling,
    Collecting,
    Idle,
    LockedOut,
    Ringing,
    Stage,
    Talking,
    Waking,
)
from firmware.calls.ways import TrunkState, ViaExchange, ViaMobile, ViaTrunk
from firmware.lines import fxo_state
from firmware.lines.fxo_times import FxoConfig
from firmware.lines.fxo_types import (
    CallerSeen,
    Current,
    Failed,
    Fed,
    HeardTone,
    Ring,
    Seize,
    SpeechHeard,
    ToneHeard,
    UsedBeside,
    Works,
)
from firmware.lines.fxs import Caller
from tests.unit.calls.office import MS, Bench
from tests.unit.calls.test_inside import site

LINES = tuple(site().lines)

lines = st.sampled_from(LINES)
gaps = st.sampled_from((1, 20, 60, 90, 110, 200, 260, 400, 1100, 3100, 20_100, 61_000))


def hurried(config: Config) -> Config:
    """An exchange line too, a telephone that calls by itself, calls for help that outlive it."""
    sala = config.lines["sala"]
    hotline = replace(sala.permissions, hotline="9001")
    lines = {**config.lines, "sala": replace(sala, permissions=hotline)}
    office = replace(config.office, timers=replace(config.office.timers, keep_ms=5_000))
    routes = replace(config.routes, exchange=("esterna",))
    exchange = {
        "esterna": ExchangeConfig(
            FxoConfig(), "0571000200", alone=("nido", "sala"), prefix="90", callback_ms=30_000
        )
    }
    return replace(config, lines=lines, office=office, routes=routes, exchange=exchange)


class Building(RuleBasedStateMachine):
    """Three telephones, an exchange line, a network that says anything, a log of the orders."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench(hurried(site()))
        self.alive: set[str] = set()  # legs that the network has and we have not ended
        self.joined: set[frozenset[str]] = set()
        self.tone: dict[str, object] = dict.fromkeys(LINES)
        self.open_calls: set[str] = set()
        self.offered = 0
        self.lifted = dict.fromkeys(LINES, False)
        self.loop = dict.fromkeys(LINES, False)
        self.seized = False
        self.exchange_happens(Works, ())

    def give(self, event):
        orders = self.bench.feed(event)
        self.note(orders)
        return orders

    def note(self, orders) -> None:
        for order in orders:
            match order:
                case DialLeg(leg=leg):
                    assert leg not in self.alive
                    self.alive.add(leg)
                case EndLeg(leg=leg) | RedirectLeg(leg=leg):
                    self.alive.discard(leg)
                case Join(a, b):
                    assert frozenset((a, b)) not in self.joined, "two media paths for one"
                    self.joined.add(frozenset((a, b)))
                case Part(a, b):
                    assert frozenset((a, b)) in self.joined
                    self.joined.remove(frozenset((a, b)))
                case PlayTone(line, tone):
                    assert self.tone[line] is not tone
                    self.tone[line] = tone
                case ToExchange(order=Seize(off_hook=off_hook)):
                    assert self.seized is not off_hook
                    self.seized = off_hook
                case Listen(line, on):
                    self.lifted[line] = on
                case RingBurst(line=line):
                    assert not self.lifted[line], "an off-hook line was rung"
                case CallStarted(call=call):
                    assert call not in self.open_calls
                    self.open_calls.add(call)
                case CallEnded(call=call):
                    assert call in self.open_calls
                    self.open_calls.remove(call)

    # --- what can happen ---------------------------------------------------------------------

    @rule(ms=gaps)
    def time_passes(self, ms):
        self.bench.now += ms * MS
        self.give(Wake(self.bench.now))

    @rule(line=lines, ms=gaps)
    def hook_moves(self, line, ms):
        self.loop[line] = not self.loop[line]
        rung = self.bench.switch.desks[line].line.bell is not None
        self.give(LineEdge(line, self.bench.now, self.loop[line]))
        if self.loop[line] and rung:
            self.give(LineTrip(line, self.bench.now))
        self.time_passes(ms)

    @rule(
        line=lines,
        digits=st.sampled_from(
            (
                "1",
                "2",
                "3",
                "0",
                "9001",
                "611",
                "612",
                "0571757707",
                "112",
                "#",
                "899",
                "*8#",
                "*21*100#",
                "#21#",
                "*26#",
                "#26#",
                "*33#",
                "#33#",
                "*66#",
                "*61*200#",
                "*67#",
                "**7#",
                "*43#",
                "#43#",
            )
        ),
    )
    def keys(self, line, digits):
        for digit in digits:
            self.give(LineDigit(line, self.bench.now, digit))

    @rule(called=st.sampled_from(("611", "612", "699", "903331234567", "90112")))
    def call_comes_in(self, called):
        self.offered += 1
        leg = f"in{self.offered}"
        if called != "699":
            self.alive.add(leg)
        self.give(LegIncoming(leg, self.bench.now, "pbx", called, Party("0571")))

    @rule(
        data=st.data(), what=st.sampled_from(("ring", "media", "hold", "none", "answer", "digit"))
    )
    def leg_moves(self, data, what):
        if not self.alive:
            return
        leg = data.draw(st.sampled_from(sorted(self.alive)))
        at = self.bench.now
        match what:
            case "ring":
                self.give(LegProgress(leg, at, 180))
            case "media":
                path = data.draw(st.sampled_from(DigitPath))
                self.give(LegMedia(leg, at, Media.ACTIVE, path))
            case "hold":
                self.give(LegMedia(leg, at, Media.HELD_BY_THEM))
            case "none":
                self.give(LegMedia(leg, at, Media.NONE))
            case "answer":
                self.give(LegAnswered(leg, at))
            case "digit":
                self.give(LegDigit(leg, at, "5"))

    @rule(data=st.data(), code=st.sampled_from((200, 404, 486, 487, 503)))
    def leg_ends(self, data, code):
        inside = {*self.bench.switch.ends, self.line().leg}
        known = sorted({*self.bench.switch.calls, *self.alive} - inside)
        if known:
            leg = data.draw(st.sampled_from(known))
            self.alive.discard(leg)
            self.give(LegEnded(leg, self.bench.now, code, ""))

    @rule(data=st.data())
    def leg_is_transferred(self, data):
        up = sorted(leg.id for leg in self.legs() if leg.id in self.alive)
        if not up:
            return
        leg = data.draw(st.sampled_from(up))
        self.offered += 1
        new = f"in{self.offered}"
        self.alive.add(new)
        self.give(LegReplaced(leg, self.bench.now, new))
        self.alive.discard(leg)

    @rule(data=st.data())
    def transfer_fails(self, data):
        departing = [leg.id for d in self.desks() for leg in d.station.departing]
        if departing:
            leg = data.draw(st.sampled_from(departing))
            self.give(TransferRefused(leg, self.bench.now))

    @rule(line=lines, works=st.booleans())
    def port_changes(self, line, works):
        at = self.bench.now
        self.give(LineReady(line, at) if works else LineFault(line, at, "gone"))

    @rule(state=st.sampled_from(TrunkState))
    def switchboard_comes_and_goes(self, state):
        self.give(TrunkChanged(self.bench.now, "pbx", state))

    @rule(
        what=st.sampled_from(
            (
                *((Ring, (on,)) for on in (True, False)),
                *((ToneHeard, (tone,)) for tone in (*HeardTone, None)),
                *((kind, (on,)) for kind in (Current, Fed, UsedBeside) for on in (True, False)),
                (SpeechHeard, (True,)),
                (CallerSeen, (Caller("0571", "X", private=False, stamp=""),)),
                (Failed, ("gone",)),
                (Works, ()),
            )
        )
    )
    def exchange_moves(self, what):
        self.exchange_happens(*what)

    def exchange_happens(self, kind, values):
        self.give(OnExchange("esterna", kind(self.bench.now, *values)))

    @rule()
    def somebody_calls_from_outside(self):
        self.exchange_happens(Works, ())
        self.exchange_happens(Ring, (True,))
        self.time_passes(1000)
        self.exchange_happens(Ring, (False,))
        self.time_passes(3600)

    @rule()
    def the_exchange_answers_as_it_should(self):
        self.exchange_happens(ToneHeard, (HeardTone.DIAL,))
        self.time_passes(3100)
        self.exchange_happens(SpeechHeard, (True,))

    @rule()
    def the_line_is_proven(self):
        self.give(ProveLine("esterna", self.bench.now))

    @rule(line=lines, count=st.integers(0, 3))
    def messages_come_and_go(self, line, count):
        self.give(MessagesWaiting(line, self.bench.now, count))

    @rule(line=lines)
    def a_fax_answers(self, line):
        self.give(LineData(line, self.bench.now))

    @rule(line=lines)
    def it_is_time_to_get_up(self, line):
        self.give(WakeUp(line, self.bench.now))

    @rule(line=lines, number=st.sampled_from(("112", "118", "1530", "116117")), data=st.data())
    def somebody_needs_help(self, line, number, data):
        """Whatever goes on: seize the line, dial, and every way is tried at once."""
        if not self.bench.station(line).in_service:
            return
        for _ in range(4):
            self.put(line, closed=False)
            self.put(line, closed=True)
            if not isinstance(self.bench.station(line).now, Talking):  # lifting may answer a call
                break
        self.bench.now += 4_000 * MS  # what was dialled before is another number
        before = self.bench.switch.attempts.keys()
        for digit in number:
            self.bench.now += data.draw(st.sampled_from((60, 400, 2_900))) * MS
            self.give(LineDigit(line, self.bench.now, digit))
        expected = [ViaTrunk("pbx"), ViaExchange("esterna"), ViaMobile()]
        if not self.bench.switch.box.usable("pbx"):
            expected.append(expected.pop(0))
        while (tried := self.helped(line, number)) is not None:
            assert tried.call.leg not in before
            able = self.able_to_help()
            while (way := expected.pop(0)) != tried.way:
                assert way == ViaExchange("esterna"), "a way was left out"
            if tried.way == ViaExchange("esterna"):
                assert self.line().help
                self.exchange_happens(Failed, ("gone",))
                continue
            self.alive.discard(tried.call.leg)
            skipped = expected[:1] == [ViaExchange("esterna")] and not able
            code = data.draw(st.sampled_from((404, 408, 480, 486, 503, 603)))
            self.give(LegEnded(tried.call.leg, self.bench.now, code, ""))
            after = self.helped(line, number)
            if expected[:1] == [ViaExchange("esterna")] and not skipped:
                assert after is not None
                assert after.way == ViaExchange("esterna"), "a line that could was not tried"
        assert expected in ([], [ViaExchange("esterna")])

    def helped(self, line, number):
        """How the emergency call of ``line`` is tried now; None: no way is left."""
        now = self.bench.station(line).now
        if not isinstance(now, Calling):
            return None
        tried = self.bench.switch.attempts[now.leg.id]
        assert (tried.call.number, tried.call.emergency) == (number, True)
        return tried

    def able_to_help(self):
        """Whether the exchange line could carry a call for help if it were asked now."""
        line = self.line()
        taken = line.help or isinstance(line.fxo.now, fxo_state.Ringing | fxo_state.Down)
        dead = line.fxo.alarm or line.fxo.unfed_ns is not None
        return not (taken or dead or line.fxo.in_use)

    def line(self):
        return self.bench.switch.exchange["esterna"]

    def put(self, line, *, closed):
        """Lift or hang up, as people do: and wait."""
        if self.loop[line] is not closed:
            self.hook_moves(line, 500)
        self.time_passes(500)

    # --- what must hold --------------------------------------------------------------------------

    def desks(self):
        return self.bench.switch.desks.values()

    def legs(self):
        return [leg for desk in self.desks() for leg in desk.station.legs()]

    def owned(self):
        """Every leg that somebody has: telephones, crossings, proofs."""
        switch = self.bench.switch
        crossed = [leg for each in switch.crossings.values() for leg in each.legs()]
        return [*(leg.id for leg in self.legs()), *crossed, *switch.proofs]

    @invariant()
    def every_leg_has_one_owner(self):
        ids = self.owned()
        assert len(ids) == len(set(ids))
        assert self.alive <= set(ids), "a leg that nobody has and nobody ended"

    @invariant()
    def the_exchange_line_is_seized_for_somebody(self):
        line = self.line()
        assert self.seized is line.fxo.off_hook
        assert line.leg is None or line.leg in self.owned()
        if line.leg is None:
            assert not isinstance(line.fxo.now, fxo_state.Talking | fxo_state.Calling)
            assert not line.fxo.off_hook

    @invariant()
    def both_ends_of_a_call_inside_are_there(self):
        ends = self.bench.switch.ends
        assert set(ends) <= set(self.owned())
        assert all(ends[end.other].other == leg and not end.over for leg, end in ends.items())

    @invariant()
    def only_calls_not_answered_are_tried(self):
        stages = {leg.id: leg.stage for leg in self.legs()}
        crossed = {leg for c in self.bench.switch.crossings.values() for leg in c.inner}
        for leg in self.bench.switch.attempts:
            assert leg in crossed or stages[leg] in (Stage.DIALLED, Stage.ALERTING)

    @invariant()
    def a_crossing_is_about_somebody(self):
        for outer, crossing in self.bench.switch.crossings.items():
            assert crossing.outer == outer
            assert crossing.inner
            assert crossing.answered is None or set(crossing.inner) == {crossing.answered}

    @invariant()
    def every_open_record_has_a_leg(self):
        switch = self.bench.switch
        assert self.open_calls == set(switch.calls.values())
        crossed = {leg for crossing in switch.crossings.values() for leg in crossing.inner}
        assert self.alive <= set(switch.calls) | crossed

    @invariant()
    def what_is_heard_follows_from_what_goes_on(self):
        switch = self.bench.switch
        pairs = {pair for desk in self.desks() for pair in desk.heard.joins}
        pairs |= {pair for crossing in switch.crossings.values() for pair in crossing.joins()}
        ties = {leg: end.other for leg, end in switch.ends.items()}
        names = {self.line().leg: "esterna"}
        wanted = physical(pairs, lines={*LINES, "esterna"}, ties=ties, names=names)
        assert self.joined == {frozenset(pair) for pair in wanted}
        assert not {name for pair in self.joined for name in pair} & set(ties)
        for name, desk in switch.desks.items():
            assert self.tone[name] is desk.heard.tone

    @invariant()
    def hook_and_station_agree(self):
        for desk in self.desks():
            if not desk.station.in_service:
                continue
            rests = isinstance(desk.station.now, Idle | Ringing | Waking)
            assert rests is not desk.line.lifted

    @invariant()
    def no_line_is_silent_off_hook(self):
        for desk in self.desks():
            now = desk.station.now
            quiet = Idle | Ringing | Waking | Calling | Collecting | LockedOut
            if not isinstance(now, quiet):
                assert desk.heard.tone or desk.heard.joins

    @invariant()
    def a_bell_rings_for_a_caller(self):
        for desk in self.desks():
            rung = desk.line.bell is not None
            assert rung is isinstance(desk.station.now, Ringing | Waking)


TestBuilding = Building.TestCase
TestBuilding.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
