"""Callers on an old exchange line: the guide answers them, by rule or when the switchboard fails."""

from __future__ import annotations

import pytest

from firmware import assembly
from firmware.calls.effects import DialLeg, GuideListen, GuideSay
from firmware.calls.events import ClockTold, GuideDigit, LegEnded, SpeechReady
from firmware.calls.station import Ringing
from firmware.calls.visit import Talking
from firmware.guide import script
from firmware.guide.phrases import PIECES, Voice
from firmware.guide.script import BEEP
from firmware.lines.fxo_types import Seize, Works
from firmware.site.load import site_of
from tests.unit.calls.test_exchange_calls import SITE, Museum, to_port

GUIDED = {
    **SITE,
    "groups": {"cassa": {"members": ["cassa"], "ring_s": 10}},
    "menus": {
        "guida": {
            "welcome": "Museo del Vetro.",
            "options": {"1": {"say": "la biglietteria", "to": "group cassa"}},
        }
    },
}


class Guided(Museum):
    def __init__(self, **esterna: object) -> None:
        lines = dict(SITE["lines"])
        lines["esterna"] = {**lines["esterna"], **esterna}
        site = site_of({**GUIDED, "lines": lines}, {}, origin="test")
        super(Museum, self).__init__(assembly.switch_config(site))
        self.exchange(Works)
        keys = [*PIECES, *script.texts(self.config.guide.house), BEEP]
        self.feed(SpeechReady(self.now, Voice(dict.fromkeys(keys, 1000))))
        self.feed(ClockTold(self.now, "2026-04-07T10:00"))


def of_kind(orders, kind):
    return [order for order in orders if isinstance(order, kind)]


def heard(orders):
    return [key for order in of_kind(orders, GuideSay) for key in order.keys]


@pytest.mark.parametrize("rule", [{"inbound": "menu guida"}, {"alone": "menu guida"}])
def test_a_caller_is_guided_to_a_telephone(rule: dict[str, str]) -> None:
    museum = Guided(**rule)
    museum.down()
    orders = museum.rung()
    assert Seize(off_hook=True) in to_port(orders)
    assert heard(orders + museum.wait(1000))[:1] == ["menu-guida"]
    assert ("guide1", "esterna") in {tuple(sorted(p, reverse=True)) for p in museum.switch.joined}
    assert of_kind(museum.orders, GuideListen)[-1].on
    museum.feed(GuideDigit("guide1", museum.now, "1"))
    museum.wait(500)
    assert isinstance(museum.station("cassa").now, Ringing)
    museum.lift("cassa")
    (visit,) = museum.switch.visits.values()
    assert isinstance(visit.now, Talking)
    assert {frozenset(pair) for pair in museum.switch.joined} == {frozenset({"cassa", "esterna"})}
    museum.hang_up("cassa")
    assert not museum.switch.visits
    assert not museum.switch.crossings
    assert Seize(off_hook=False) in to_port(museum.orders)


def test_while_the_switchboard_works_it_gets_the_call_and_the_guide_only_if_it_fails() -> None:
    museum = Guided(alone="menu guida")
    orders = museum.rung()
    (dial,) = of_kind(orders, DialLeg)
    assert not museum.switch.visits
    museum.feed(LegEnded(dial.leg, museum.now, 503, "down"))
    assert heard(museum.wait(1000))[:1] == ["menu-guida"]


def test_a_group_can_be_called_too() -> None:
    museum = Guided(inbound="group cassa")
    museum.rung()
    museum.wait(500)
    assert isinstance(museum.station("cassa").now, Ringing)
