"""One caller's turn in the guide: what happens to them at one instant. Pure.

A turn collects what follows, so that the moves can be written one after the other; nothing of it
outlives the step that it belongs to.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from firmware.calls.building import Config, Step, Switch
from firmware.calls.effects import (
    AnswerLeg,
    EndLeg,
    GuideListen,
    GuideMusic,
    GuideRecord,
    GuideSay,
    Order,
    PlaceCall,
)
from firmware.calls.events import DigitPath, Party
from firmware.calls.numbering import normal
from firmware.calls.office import MS
from firmware.calls.visit import Doing, Visit
from firmware.guide.script import House, Keys, keyed

BREATH_MS = 300
"""Before the first word: the caller's telephone is still on its way to the ear."""

_NORMAL = 200


@dataclass
class Turn:
    """The switch and one visit as they become, and the orders on the way there."""

    switch: Switch
    visit: Visit
    at_ns: int
    config: Config
    over: bool = False
    orders: list[Order] = field(default_factory=list)

    def done(self) -> Step:
        """What became of it all."""
        changed = self.switch.without_visit(self.visit.id)
        return (changed if self.over else self.switch.with_visit(self.visit)), tuple(self.orders)

    @property
    def house(self) -> House:
        """What the guide knows."""
        return self.config.guide.house

    @property
    def local(self) -> datetime:
        """The local time."""
        told_ns, text = self.switch.box.clock
        then = datetime.fromisoformat(text)
        return then + timedelta(microseconds=max(self.at_ns - told_ns, 0) // 1000)

    def becomes(self, now: Doing) -> None:
        """Something else goes on for the caller."""
        self.visit = replace(self.visit, now=now, spoken_ns=None, due_ns=None, pending=())

    def wait(self, for_ms: int) -> None:
        """Let something happen by itself after this time."""
        self.visit = replace(self.visit, due_ns=self.at_ns + for_ms * MS)

    # --- the voice -------------------------------------------------------------------------------

    def voice(self) -> bool:
        """Answer the caller and give them a voice; False if there is none to be had."""
        if not self.visit.channel:
            taken = {each.channel for each in self.switch.visits.values()}
            free = next((c for c in self.config.guide.channels if c not in taken), None)
            if free is None:
                return False
            self.visit = replace(self.visit, channel=free)
            self._listen()
        if not self.visit.up:
            self.answer()
        return True

    def answer(self) -> None:
        """Answer the caller."""
        self.visit = replace(self.visit, up=True)
        self.orders.append(AnswerLeg(self.visit.leg))

    def say(self, keys: Keys) -> None:
        """Say ``keys`` now, or as soon as the caller hears."""
        if not self.visit.media:
            self.visit = replace(self.visit, pending=keys, spoken_ns=None)
            return
        until = self.at_ns + self.switch.box.voice.strung_ms(keys) * MS
        self.visit = replace(self.visit, pending=(), spoken_ns=until)
        self.orders.append(GuideSay(self.visit.channel, keys))

    def texts(self, *names: str) -> None:
        """Say texts of the guide in the caller's language."""
        self.say(tuple(keyed(name, self.visit.session.tongue) for name in names))

    def hears(self, digits: DigitPath) -> None:
        """The caller hears us: after a breath, what waits to be said is said."""
        begins = not self.visit.media and self.visit.pending
        self.visit = replace(self.visit, media=True, digits=digits)
        if self.visit.channel:
            self._listen()
        if begins:
            self.visit = replace(self.visit, spoken_ns=self.at_ns + BREATH_MS * MS)

    def _listen(self) -> None:
        """Look for keys in the audio where they do not travel beside it."""
        in_audio = self.visit.media and self.visit.digits is DigitPath.AUDIO
        self.orders.append(GuideListen(self.visit.channel, on=in_audio))

    def music(self, *, on: bool) -> None:
        """Let the caller hear that they wait, or not any more."""
        if self.visit.channel and self.visit.music is not on:
            self.visit = replace(self.visit, music=on)
            self.orders.append(GuideMusic(self.visit.channel, on=on))

    def hush(self) -> None:
        """Say nothing more and give the voice back."""
        channel = self.visit.channel
        if channel:
            self.music(on=False)
            ends = GuideSay(channel, ()), GuideListen(channel, on=False), GuideRecord(channel, 0)
            self.orders += ends
        self.visit = replace(self.visit, channel="", pending=(), spoken_ns=None)

    # --- calls -----------------------------------------------------------------------------------

    def call(self, number: str) -> str:
        """Call ``number`` for the caller; give the leg."""
        leg = self.switch.fresh
        self.switch = replace(self.switch, legs=self.switch.legs + 1)
        judged = self.config.guide.plan.whole(number)
        place = PlaceCall(
            leg,
            "",
            normal(number),
            judged.leaves or number,
            judged.category,
            caller=self.visit.caller if self.visit.caller != Party() else None,
            redirecting=self.visit.called if self.visit.called.lstrip("+").isdecimal() else "",
        )
        self.orders.append(place)
        return leg

    def end(self, *legs: str, code: int = 0) -> None:
        """End ``legs``."""
        self.orders += [EndLeg(leg, code) for leg in legs]

    def part(self, code: int = _NORMAL) -> None:
        """Let go of everybody: the visit is over."""
        self.hush()
        self.end(*self.visit.others)
        if not self.visit.gone:
            self.end(self.visit.leg, code=0 if self.visit.up else code)
        self.over = True
