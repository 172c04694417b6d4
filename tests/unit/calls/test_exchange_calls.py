"""Calls over an exchange line: out from a telephone, in to the switchboard or to telephones."""

from __future__ import annotations

import pytest

from firmware import assembly
from firmware.calls.effects import (
    AnswerLeg,
    CallEnded,
    DialLeg,
    EndLeg,
    Join,
    LineAlarm,
    LineProven,
    Part,
    PlayTone,
    ProgressLeg,
    ToExchange,
)
from firmware.calls.events import (
    DigitPath,
    LegAnswered,
    LegDigit,
    LegEnded,
    LegMedia,
    LegProgress,
    Media,
    OnExchange,
    Party,
    ProveLine,
    TrunkChanged,
)
from firmware.calls.station import Calling, Idle, Refused, Ringing, Talking
from firmware.calls.ways import TrunkState, ViaTrunk
from firmware.lines.fxo_types import (
    CallerSeen,
    Failed,
    HeardTone,
    Hearken,
    Ring,
    Seize,
    SendKeys,
    ToneHeard,
    UsedBeside,
    Works,
)
from firmware.lines.fxs import Caller
from firmware.lines.tones import ToneName
from firmware.site.load import site_of
from tests.unit.calls.office import MS, Bench

SITE = {
    "site": {"id": "museo", "name": "Museo", "time_zone": "Europe/Rome"},
    "numbers": {"vecchio": "0571 000200"},
    "trunks": {"pbx": {"servers": ["192.0.2.1"]}},
    "lines": {
        "cassa": {"port": "fxs1", "extension": "21"},
        "ufficio": {"port": "fxs2", "extension": "22"},
        "esterna": {"port": "fxo1", "number": "vecchio"},
    },
    "board": {"name": "sim", "fxo": 1},
    "dialplan": {"internal": ["2x"]},
}
ROSSI = Caller("0571123456", "ROSSI", private=False, stamp="")


class Museum(Bench):
    """Two telephones, an exchange line, a switchboard."""

    def __init__(self, **esterna: object) -> None:
        lines = dict(SITE["lines"])
        lines["esterna"] = {**lines["esterna"], **esterna}
        site = site_of({**SITE, "lines": lines}, {}, origin="test")
        super().__init__(assembly.switch_config(site))
        self.exchange(Works)

    def exchange(self, kind: type, *values: object):
        return self.feed(OnExchange("esterna", kind(self.now, *values)))

    def rung(self):
        """Somebody calls from outside; give what followed when the caller was known."""
        self.exchange(Ring, True)
        self.now += 1000 * MS
        self.exchange(Ring, False)
        self.now += 1500 * MS
        return self.exchange(CallerSeen, ROSSI)

    def down(self) -> None:
        self.feed(TrunkChanged(self.now, "pbx", TrunkState.DOWN))

    def leg(self, kind: type, leg: str, *values: object):
        return self.feed(kind(leg, self.now, *values))

    def up(self, leg: str):
        self.leg(LegMedia, leg, Media.ACTIVE, DigitPath.EVENTS)
        return self.leg(LegAnswered, leg)


def only(orders, kind: type):
    (found,) = [order for order in orders if isinstance(order, kind)]
    return found


def to_port(orders) -> list[object]:
    return [order.order for order in orders if isinstance(order, ToExchange)]


def test_a_call_from_outside_goes_to_the_switchboard_with_both_numbers() -> None:
    museum = Museum()
    dial = only(museum.rung(), DialLeg)
    assert dial.via == ViaTrunk("pbx")
    assert (dial.number, dial.redirecting) == ("0571000200", "0571000200")
    assert dial.caller == Party("0571123456", "ROSSI")
    museum.leg(LegProgress, dial.leg, 180)
    orders = museum.up(dial.leg)
    assert to_port(orders) == [Seize(off_hook=True), Hearken(on=True)]
    assert only(orders, Join) == Join("esterna", dial.leg)
    orders = museum.leg(LegEnded, dial.leg, 200, "OK")
    assert Seize(off_hook=False) in to_port(orders)
    assert only(orders, Part) == Part("esterna", dial.leg)
    assert not museum.switch.crossings


def test_the_old_number_is_kept_to_oneself_if_wanted() -> None:
    assert only(Museum(old_number="not").rung(), DialLeg).redirecting == ""


def test_keys_of_the_switchboard_reach_the_exchange() -> None:
    museum = Museum()
    dial = only(museum.rung(), DialLeg)
    museum.up(dial.leg)
    assert to_port(museum.leg(LegDigit, dial.leg, "5")) == [SendKeys("5", 100, 100)]


def test_a_caller_who_gives_up_ends_the_call_inside() -> None:
    museum = Museum()
    dial = only(museum.rung(), DialLeg)
    orders = museum.wait(9000)
    assert only(orders, EndLeg).leg == dial.leg
    assert not museum.switch.crossings


def test_answered_at_once_the_caller_hears_what_the_switchboard_plays() -> None:
    museum = Museum(answer="at-once")
    orders = museum.rung()
    assert Seize(off_hook=True) in to_port(orders)
    dial = only(orders, DialLeg)
    early = museum.leg(LegMedia, dial.leg, Media.ACTIVE, DigitPath.EVENTS)
    assert only(early, Join) == Join("esterna", dial.leg)


@pytest.mark.parametrize(("code", "rings"), [(503, True), (408, True), (486, False), (404, False)])
def test_only_a_switchboard_that_fails_makes_telephones_ring(code: int, rings: bool) -> None:
    museum = Museum()
    dial = only(museum.rung(), DialLeg)
    museum.leg(LegEnded, dial.leg, code, "")
    for line in ("cassa", "ufficio"):
        assert isinstance(museum.station(line).now, Ringing) is rings
    assert bool(museum.switch.crossings) is rings


def test_without_switchboard_all_telephones_ring_and_the_first_takes_it() -> None:
    museum = Museum()
    museum.down()
    orders = museum.rung()
    assert not [order for order in orders if isinstance(order, DialLeg)]
    assert all(isinstance(museum.station(line).now, Ringing) for line in ("cassa", "ufficio"))
    orders = museum.lift("ufficio")
    assert to_port(orders) == [Seize(off_hook=True), Hearken(on=True)]
    assert only(orders, Join) in (Join("esterna", "ufficio"), Join("ufficio", "esterna"))
    assert isinstance(museum.station("cassa").now, Idle)
    orders = museum.hang_up("ufficio")
    assert Seize(off_hook=False) in to_port(orders)
    assert not museum.switch.crossings
    assert not museum.switch.ends


def test_a_line_of_ones_own_rings_alone() -> None:
    museum = Museum(inbound="cassa")
    museum.rung()
    assert isinstance(museum.station("cassa").now, Ringing)
    assert museum.station("cassa").now.leg.peer.number == "0571123456"
    assert isinstance(museum.station("ufficio").now, Idle)


def test_a_telephone_calls_out_when_the_switchboard_is_gone() -> None:
    museum = Museum()
    museum.down()
    museum.lift("cassa")
    orders = museum.dial("3669382534", "cassa")
    assert to_port(orders) == [Seize(off_hook=True), Hearken(on=True)]
    museum.exchange(ToneHeard, HeardTone.DIAL)
    orders = museum.wait(3000)
    assert SendKeys("3669382534", 100, 100) in to_port(orders)
    assert only(orders, Join) in (Join("cassa", "esterna"), Join("esterna", "cassa"))
    assert isinstance(museum.station("cassa").now, Calling)
    museum.exchange(ToneHeard, HeardTone.RINGBACK)
    museum.exchange(ToneHeard, None)
    museum.wait(3000)
    assert isinstance(museum.station("cassa").now, Talking)
    museum.exchange(ToneHeard, HeardTone.BUSY)
    assert isinstance(museum.station("cassa").now, Refused)
    assert museum.switch.exchange["esterna"].leg is None


def test_a_switchboard_that_fails_in_the_middle_of_a_call_attempt_leads_to_the_line() -> None:
    museum = Museum()
    museum.lift("cassa")
    dial = only(museum.dial("3669382534", "cassa"), DialLeg)
    orders = museum.leg(LegEnded, dial.leg, 503, "")
    assert Seize(off_hook=True) in to_port(orders)


def test_a_line_in_use_is_no_way_out() -> None:
    museum = Museum()
    museum.down()
    museum.exchange(UsedBeside, True)
    museum.lift("cassa")
    museum.dial("3669382534", "cassa")
    assert isinstance(museum.station("cassa").now, Refused)


def test_a_line_that_fails_is_an_alarm_and_ends_its_call() -> None:
    museum = Museum()
    dial = only(museum.rung(), DialLeg)
    orders = museum.exchange(Failed, "unplugged")
    assert only(orders, LineAlarm) == LineAlarm("esterna", "unplugged")
    assert only(orders, EndLeg).leg == dial.leg
    assert only(museum.exchange(Works), LineAlarm) == LineAlarm("esterna", "")


def test_an_answer_here_answers_no_leg_of_the_network() -> None:
    """Nothing about an exchange leg ever reaches SIP, which would not know it."""
    museum = Museum(inbound="cassa")
    orders = [*museum.rung(), *museum.lift("cassa"), *museum.hang_up("cassa")]
    assert not [o for o in orders if isinstance(o, AnswerLeg | EndLeg | DialLeg)]


# --- help ----------------------------------------------------------------------------------------


def calling_out(museum: Museum, line: str = "ufficio") -> str:
    """A telephone talks over the exchange line; give its leg."""
    museum.lift(line)
    museum.dial("3669382534", line)
    museum.exchange(ToneHeard, HeardTone.DIAL)
    museum.wait(3000)
    museum.exchange(ToneHeard, HeardTone.RINGBACK)
    museum.exchange(ToneHeard, None)
    museum.wait(3000)
    return str(museum.switch.exchange["esterna"].leg)


def test_a_call_for_help_clears_the_only_line_with_a_warning() -> None:
    museum = Museum()
    museum.down()
    leg = calling_out(museum)
    museum.lift("cassa")
    orders = museum.dial("112", "cassa")
    assert Seize(off_hook=False) in to_port(orders)
    assert PlayTone("ufficio", ToneName.WARNING) in orders
    assert only(orders, CallEnded) == CallEnded(leg, 580, "cleared for an emergency call")
    assert Seize(off_hook=True) in to_port(museum.wait(2000)), "as soon as the line has rested"
    museum.exchange(ToneHeard, HeardTone.DIAL)
    assert SendKeys("112", 100, 100) in to_port(museum.wait(400))


def test_a_call_for_help_is_not_cleared_for_another() -> None:
    museum = Museum()
    museum.down()
    museum.lift("ufficio")
    museum.dial("112", "ufficio")
    museum.lift("cassa")
    orders = museum.dial("118", "cassa")
    assert Seize(off_hook=False) not in to_port(orders)
    assert only(orders, DialLeg).via == ViaTrunk("pbx"), "the dead switchboard is the last way"


def test_the_line_is_kept_for_the_call_back_and_whoever_called_is_rung() -> None:
    museum = Museum()
    museum.down()
    museum.lift("cassa")
    museum.dial("112", "cassa")
    museum.exchange(ToneHeard, HeardTone.DIAL)
    museum.wait(1000)
    museum.hang_up("cassa")
    museum.wait(3000)
    museum.lift("ufficio")
    assert not to_port(museum.dial("3669382534", "ufficio"))
    museum.hang_up("ufficio")
    museum.rung()
    assert isinstance(museum.station("cassa").now, Ringing)
    assert isinstance(museum.station("ufficio").now, Idle)
    museum.wait(620_000)
    museum.lift("ufficio")
    assert Seize(off_hook=True) in to_port(museum.dial("3669382534", "ufficio"))


def test_who_does_not_take_the_call_back_has_the_others_rung() -> None:
    museum = Museum()
    museum.down()
    museum.lift("cassa")
    museum.dial("112", "cassa")
    museum.wait(1000)
    museum.hang_up("cassa")
    museum.wait(3000)
    museum.lift("cassa")
    museum.rung()
    assert isinstance(museum.station("ufficio").now, Ringing), "busy: the next stage"


# --- out from the switchboard --------------------------------------------------------------------


def out_from_pbx(museum: Museum, called: str = "903669382534"):
    return museum.offer("in1", called)


def test_the_switchboard_calls_out_over_the_line_by_its_prefix() -> None:
    museum = Museum(dial_prefix="90")
    orders = out_from_pbx(museum)
    assert Seize(off_hook=True) in to_port(orders)
    museum.exchange(ToneHeard, HeardTone.DIAL)
    orders = museum.wait(3000)
    assert SendKeys("3669382534", 100, 100) in to_port(orders)
    assert ProgressLeg("in1") in orders
    assert Join("esterna", "in1") in orders
    museum.exchange(ToneHeard, HeardTone.RINGBACK)
    museum.exchange(ToneHeard, None)
    assert AnswerLeg("in1") in museum.wait(3000)
    museum.leg(LegAnswered, "in1")
    assert to_port(museum.leg(LegDigit, "in1", "7")) == [SendKeys("7", 100, 100)]
    orders = museum.exchange(ToneHeard, HeardTone.BUSY)
    assert EndLeg("in1", 200) in orders or EndLeg("in1") in orders
    museum.leg(LegEnded, "in1", 200, "")
    assert not museum.switch.crossings
    assert not museum.switch.calls


def test_a_line_that_cannot_tells_the_switchboard_so() -> None:
    museum = Museum(dial_prefix="90")
    museum.exchange(UsedBeside, True)
    assert EndLeg("in1", 503) in out_from_pbx(museum)


@pytest.mark.parametrize("called", ["90", "3669382534"])
def test_other_numbers_go_nowhere(called: str) -> None:
    assert EndLeg("in1", 404) in out_from_pbx(Museum(dial_prefix="90"), called)


def test_without_a_prefix_the_switchboard_cannot_call_out() -> None:
    assert EndLeg("in1", 404) in out_from_pbx(Museum())


# --- proofs --------------------------------------------------------------------------------------


def test_a_line_is_proven_by_its_dial_tone_and_nothing_is_dialled() -> None:
    museum = Museum()
    orders = museum.feed(ProveLine("esterna", museum.now))
    orders += museum.exchange(ToneHeard, HeardTone.DIAL) + museum.wait(2000)
    assert only(orders, LineProven) == LineProven("esterna", True, "dial tone heard")
    assert not [order for order in to_port(orders) if isinstance(order, SendKeys)]
    assert to_port(orders)[-1] == Seize(off_hook=False)
    assert not museum.switch.proofs
    assert museum.switch.exchange["esterna"].leg is None


def test_a_dead_line_is_told_with_its_reason() -> None:
    museum = Museum()
    orders = museum.feed(ProveLine("esterna", museum.now)) + museum.wait(6000)
    assert only(orders, LineProven) == LineProven("esterna", False, "no dial tone")
    museum.exchange(Failed, "unplugged")
    orders = museum.feed(ProveLine("esterna", museum.now))
    assert only(orders, LineProven) == LineProven("esterna", False, "unplugged")


def test_a_line_with_a_call_needs_no_proof() -> None:
    museum = Museum()
    museum.rung()
    orders = museum.feed(ProveLine("esterna", museum.now))
    assert only(orders, LineProven).works
    assert not to_port(orders)


def test_a_telephone_that_sends_a_call_from_outside_on_pays_for_it() -> None:
    museum = Museum(inbound="cassa")
    museum.lift("cassa")
    museum.dial("*21*22#", "cassa")
    museum.hang_up("cassa")
    dial = only(museum.rung(), DialLeg)
    assert (dial.line, dial.number, dial.redirecting) == ("cassa", "22", "21")
    assert dial.caller == Party("0571123456", "ROSSI")
    museum.leg(LegEnded, dial.leg, 503, "")
    assert isinstance(museum.station("ufficio").now, Ringing)
