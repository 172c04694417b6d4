"""No sequence of star codes, calls and transfers makes a feature do what it must not."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from firmware.calls.effects import AlertLeg, DialLeg
from firmware.calls.events import (
    LegAnswered,
    LegEnded,
    LegIncoming,
    LegProgress,
    MessagesWaiting,
    Party,
    TransferRefused,
    Wake,
)
from firmware.calls.features import Feature
from firmware.calls.station import Collecting, Idle
from firmware.lines.tones import ToneName
from tests.unit.calls.office import LINES, MS, Bench

lines = st.sampled_from(LINES)
CODES = (
    *("*26#", "#26#", "*33#", "#33#", "*77#", "#77#", "*43#", "#43#", "*31#", "#31#"),
    *("*21*9001#", "#21#", "*61*9002#", "*67*9003#", "*62*9004#", "*21*899123#", "*#21#"),
    *("*51*7*9005#", "**7#", "*66#", "*69#", "*8#", "*8*612#", "*55*0630#", "*67#9001", "*99#"),
)
NUMBERS = ("9001", "3401234567", "0571757#", "112", "612", "0", "2", "3")


class House(RuleBasedStateMachine):
    """Two people who set and try everything; a switchboard that answers, refuses and calls."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench()
        self.calls = 0

    @rule(line=lines, what=st.sampled_from((*CODES, *NUMBERS)))
    def dial(self, line, what):
        if not self.bench.switch.desks[line].line.lifted:
            self.bench.lift(line)
        for digit in what:
            locked = self.bench.station(line).settings.locked
            for order in self.bench.dial(digit, line):
                if locked and isinstance(order, DialLeg) and order.line == line:
                    inside = order.number.startswith(("9", "6"))
                    assert inside or order.number == "112", f"{order.number} though locked"

    @rule(line=lines)
    def hang_up(self, line):
        if self.bench.switch.desks[line].line.lifted:
            self.bench.hang_up(line)

    @rule(line=lines)
    def press_r(self, line):
        if self.bench.switch.desks[line].line.lifted:
            self.bench.flash(line)

    @rule(called=st.sampled_from(("611", "612")), private=st.booleans())
    def call_comes_in(self, called, private):
        self.calls += 1
        leg = f"in{self.calls}"
        line = LINES[int(called[-1]) - 1]
        on = self.bench.station(line).settings.on
        caller = Party(private=True) if private else Party("0571757707")
        orders = self.bench.feed(LegIncoming(leg, self.bench.now, "pbx", called, caller))
        quiet = Feature.DO_NOT_DISTURB in on or (private and Feature.REJECT_ANONYMOUS in on)
        assert not (quiet and AlertLeg(leg) in orders)

    @rule(data=st.data(), what=st.sampled_from(("ring", "answer", "end", "refuse")))
    def leg_moves(self, data, what):
        known = sorted({leg.id for desk in self.desks() for leg in desk.station.legs()})
        if not known:
            return
        leg = data.draw(st.sampled_from(known))
        at = self.bench.now
        match what:
            case "ring":
                self.bench.feed(LegProgress(leg, at, 180))
            case "answer":
                self.bench.media(leg)
                self.bench.feed(LegAnswered(leg, at))
            case "end":
                self.bench.feed(LegEnded(leg, at, data.draw(st.sampled_from((200, 486))), ""))
            case "refuse":
                self.bench.feed(TransferRefused(leg, at))

    @rule(line=lines, count=st.integers(0, 2))
    def messages_come_and_go(self, line, count):
        self.bench.feed(MessagesWaiting(line, self.bench.now, count))

    @rule(ms=st.sampled_from((100, 1_600, 4_000, 21_000, 70_000)))
    def time_passes(self, ms):
        self.bench.now += ms * MS
        self.bench.feed(Wake(self.bench.now))

    def desks(self):
        return self.bench.switch.desks.values()

    @invariant()
    def the_dial_tone_tells_what_is_special(self):
        for desk in self.desks():
            if desk.station.now != Collecting(getattr(desk.station.now, "until_ns", 0), ""):
                continue
            now = desk.station.settings
            if now.locked:
                wanted = ToneName.DIAL_RESTRICTED
            elif Feature.DO_NOT_DISTURB in now.on or now.forward(Feature.FORWARD_ALWAYS):
                wanted = ToneName.DIAL_FORWARD
            else:
                wanted = ToneName.DIAL_MWI if desk.station.messages else ToneName.DIAL
            assert desk.heard.tone is wanted

    @invariant()
    def the_lamp_of_a_telephone_at_rest_is_right(self):
        for desk in self.desks():
            if isinstance(desk.station.now, Idle):
                assert desk.lamp is (desk.station.messages > 0)

    @invariant()
    def nobody_is_sent_on_who_is_not_there(self):
        for desk in self.desks():
            assert not desk.station.sent_to or len(desk.station.departing) == 1

    def teardown(self):
        """Whatever was done, everybody can hang up and begin anew."""
        for line in LINES:
            self.hang_up(line)
        while legs := [leg for desk in self.desks() for leg in desk.station.legs()]:
            self.bench.feed(LegEnded(legs[0].id, self.bench.now, 200, ""))
        self.bench.wait(200_000)
        for line in LINES:
            assert self.bench.station(line).now == Idle()
            self.bench.lift(line)
            assert isinstance(self.bench.station(line).now, Collecting)


TestHouse = House.TestCase
TestHouse.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
