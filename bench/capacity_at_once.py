"""Many calls up at once, some in conference, some transferred, and every one heard."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from firmware.ops.orders import Dial, Flash, OffHook, OnHook, Play, Record

from . import ears, g711, machine
from .far import Dialog, Manners, Packet
from .stage import Stage

SAY_S = 3.0
_LISTEN_S = 3.6
_LEAST_MS = 2800
_CONFERENCES, _TRANSFERS = 4, 4
_AFTER_LIFT_S = 0.3
_AFTER_FLASH_S = 0.4  # recognised after 145 ms, and the dial tone is there
_APART_S = 0.02  # orders in one burst would hold up the far side's own clock
_AGAIN = 50  # a line whose call was transferred calls this much further


# None is near the low tone of a digit (ITU-T Q.23): the echo of a far tone could complete it.
_LINE_HERTZ = (300, 350, 400, 450, 500, 550, 600, 650, 800, 900, 1000, 1050, 1100, 1150, 1250, 1300)
_FAX_HERTZ, _NOT_FAX_HERTZ = 2100, 1200  # ITU-T V.25: 2100 Hz would make the call one of a fax


def line_hertz(line: int) -> int:
    """The tone that a telephone says."""
    return _LINE_HERTZ[line - 1]


def far_hertz(label: str) -> int:
    """The tone that a party at the far side says: 2NN, 3NN, or 25N after a transfer."""
    line = int(label[1:]) % _AGAIN
    if label.startswith("3"):
        return 2150 + 50 * line  # 2200 …
    hertz = (2500 if int(label[1:]) > _AGAIN else 1350) + 50 * line
    return _NOT_FAX_HERTZ if hertz == _FAX_HERTZ else hertz


def manners(label: str) -> Manners:
    """Ring at once, answer soon, say the tone of the number called."""
    if label == "9":
        return Manners(ring_s=0.0, answer_s=0.05)
    return Manners(ring_s=0.0, answer_s=0.3, tone=g711.encode(g711.sine(far_hertz(label))))


@dataclass(frozen=True, slots=True)
class Ear:
    """What one ear heard, and how its packets came (None at a telephone)."""

    who: str
    hearing: ears.Hearing
    traffic: ears.Traffic | None


@dataclass(frozen=True, slots=True)
class Check:
    """Every ear at one moment; `legs` is how many calls the gateway had up."""

    what: str
    legs: int
    ears: tuple[Ear, ...]
    cpu_percent: float
    load: float
    far_late: int

    def problems(self) -> list[str]:
        """Everything that was not heard as it should."""
        return [
            f"{self.what}: {ear.who}: {text}"
            for ear in self.ears
            for text in ear.hearing.problems(_LEAST_MS)
        ]

    @property
    def gaps(self) -> int:
        """Holes in tones, at all ears together."""
        return sum(tone.gaps for ear in self.ears for tone in ear.hearing.tones)

    @property
    def missing_ms(self) -> int:
        """Length of all holes together."""
        return sum(tone.missing_ms for ear in self.ears for tone in ear.hearing.tones)

    @property
    def heard_s(self) -> float:
        """Length of all tones together, in seconds."""
        return sum(tone.for_ms for ear in self.ears for tone in ear.hearing.tones) / 1000

    @property
    def late(self) -> int:
        """Audio packets that came 60 ms or more after the one before."""
        return sum(ear.traffic.late for ear in self.ears if ear.traffic)

    @property
    def lost(self) -> int:
        """Audio packets missing in the numbering."""
        return sum(ear.traffic.lost for ear in self.ears if ear.traffic)


@dataclass(frozen=True, slots=True)
class AtOnce:
    """The result: the checks, and what was left when all had hung up."""

    between: str
    lines: int
    conferences: int
    transfers: int
    checks: tuple[Check, ...]
    left: int

    def problems(self) -> list[str]:
        """Everything that was not as it should be."""
        found = [text for check in self.checks for text in check.problems()]
        return found + ([f"{self.left} calls left after all hung up"] if self.left else [])


Links = Mapping[str, frozenset[str]]
"""Who hears whom, by names: `l3` a line, `203` a party at the far side."""


async def at_once(stage: Stage) -> AtOnce:
    """Bring calls up on all lines, conference and transfer some, hear all, end all."""
    lines = range(1, stage.lines + 1)
    tones = {n: _tone_file(stage, n) for n in lines}
    await asyncio.gather(*(_begin(stage, n) for n in lines))
    links = {f"l{n}": {f"2{n:02}"} for n in lines}
    first = await _record(stage, "one call on each line", links, tones)
    conferenced = range(1, _CONFERENCES + 1)
    transferred = range(_CONFERENCES + 1, _CONFERENCES + _TRANSFERS + 1)
    await asyncio.gather(
        *(_conference(stage, n) for n in conferenced), *(_transfer(stage, n) for n in transferred)
    )
    for n in conferenced:
        links[f"l{n}"] = {f"2{n:02}", f"3{n:02}"}
        links[f"2{n:02}"] = {f"3{n:02}"}
    for n in transferred:
        links[f"l{n}"] = {f"2{n + _AGAIN}"}
        links[f"2{n:02}"] = {f"3{n:02}"}
    second = await _record(stage, "with conferences and transfers", links, tones)
    await asyncio.gather(*(stage.box.sim(f"l{n}", OnHook()) for n in lines))
    for n in transferred:
        await stage.far.hang_up(stage.far.party(f"2{n:02}"))
    left = await _left(stage)
    return AtOnce(
        stage.between,
        stage.lines,
        len(conferenced),
        len(transferred),
        (first.judged(), second.judged()),
        left,
    )


# --- moves ----------------------------------------------------------------------------------------


async def _begin(stage: Stage, line: int) -> Dialog:
    """A call on a line: outgoing on odd ones, incoming on even ones."""
    name, label = f"l{line}", f"2{line:02}"
    if line % 2:
        await stage.box.sim(name, OffHook())
        await asyncio.sleep(_AFTER_LIFT_S)
        return await _dial(stage, name, label)
    mark = len(stage.box.events)
    uri, to = stage.way_in(line)
    tone = manners(label).tone
    calling = asyncio.create_task(stage.far.call(uri, to, caller=label, label=label, tone=tone))
    await stage.box.until("ring-burst", since=mark, line=name)
    await asyncio.sleep(0.1)
    await stage.box.sim(name, OffHook())
    dialog = await calling
    if dialog.status != 200:
        raise RuntimeError(f"{name} did not answer: {dialog.status}")
    return dialog


async def _dial(stage: Stage, name: str, label: str) -> Dialog:
    await stage.box.sim(name, Dial(label))
    dialog = await stage.far.expect(label)
    await asyncio.wait_for(dialog.confirmed.wait(), 5.0)
    return dialog


async def _ask(stage: Stage, line: int) -> None:
    """R, and a second call."""
    await stage.box.sim(f"l{line}", Flash(100))
    await asyncio.sleep(_AFTER_FLASH_S)
    await _dial(stage, f"l{line}", f"3{line:02}")
    await asyncio.sleep(0.3)


async def _conference(stage: Stage, line: int) -> None:
    """R 3: three in one conversation."""
    await _ask(stage, line)
    await stage.box.sim(f"l{line}", Flash(100))
    await asyncio.sleep(_AFTER_FLASH_S)
    mark = len(stage.box.events)
    await stage.box.sim(f"l{line}", Dial("3"))
    await stage.box.until("resume-leg", since=mark)
    await asyncio.sleep(0.5)


async def _transfer(stage: Stage, line: int) -> None:
    """Hang up with two calls at hand, which connects them (REFER); then call somebody else."""
    mark = len(stage.box.events)
    await _ask(stage, line)
    await stage.box.sim(f"l{line}", OnHook())
    order = await stage.box.until("transfer-leg", since=mark, within_s=5.0)
    for leg in (order["leg"], order["to"]):
        await stage.box.until("leg-ended", since=mark, leg=leg, within_s=8.0)
    await asyncio.sleep(0.3)
    await stage.box.sim(f"l{line}", OffHook())
    await asyncio.sleep(_AFTER_LIFT_S)
    await _dial(stage, f"l{line}", f"2{line + _AGAIN}")


# --- ears -----------------------------------------------------------------------------------------


def _tone_file(stage: Stage, line: int) -> Path:
    sound = g711.sine(line_hertz(line), seconds=SAY_S)
    return ears.write_wav(stage.work / f"tone-{line}.wav", sound)


def _hertz(name: str) -> int:
    return line_hertz(int(name[1:])) if name.startswith("l") else far_hertz(name)


def _both_ways(links: Mapping[str, set[str]]) -> dict[str, set[str]]:
    heard: dict[str, set[str]] = {}
    for one, others in links.items():
        for other in others:
            heard.setdefault(one, set()).add(other)
            heard.setdefault(other, set()).add(one)
    return heard


async def _record(
    stage: Stage, what: str, links: Mapping[str, set[str]], tones: Mapping[int, Path]
) -> _Recorded:
    """Let every telephone say its tone, and listen at every ear meanwhile."""
    heard = _both_ways(links)
    await asyncio.sleep(0.5)
    parties = {name: stage.far.party(name) for name in heard if not name.startswith("l")}
    marks = {name: len(dialog.heard) for name, dialog in parties.items()}
    files = {n: stage.work / f"heard-{n}-{len(links)}.wav" for n in tones}
    active = (await stage.box.get("calls"))["active"]
    pid = stage.box.program.pid
    late = stage.far.late_ticks
    used, begun = machine.cpu_s(pid), asyncio.get_running_loop().time()
    work = []
    for n, file in tones.items():
        work.append(asyncio.create_task(stage.box.sim(f"l{n}", Record(files[n], _LISTEN_S))))
        work.append(asyncio.create_task(stage.box.sim(f"l{n}", Play(file))))
        await asyncio.sleep(_APART_S)
    await asyncio.gather(*work)
    share = (machine.cpu_s(pid) - used) / (asyncio.get_running_loop().time() - begun)
    packets = {name: tuple(dialog.heard[marks[name] :]) for name, dialog in parties.items()}
    late = stage.far.late_ticks - late
    return _Recorded(what, len(active), heard, packets, files, 100 * share, machine.load(), late)


@dataclass(frozen=True, slots=True)
class _Recorded:
    """A check that was recorded, to be judged when no call needs the processor."""

    what: str
    legs: int
    heard: Mapping[str, set[str]]
    packets: Mapping[str, tuple[Packet, ...]]
    files: Mapping[int, Path]
    cpu_percent: float
    load: float
    far_late: int

    def judged(self) -> Check:
        """Look for the tones in everything."""
        every = sorted({_hertz(name) for name in self.heard})
        found = []
        for name, others in self.heard.items():
            wanted = {_hertz(other) for other in others}
            if name in self.packets:
                packets = self.packets[name]
                sound = ears.samples_of(packets)
                found.append(Ear(name, ears.hear(sound, wanted, every), ears.traffic(packets)))
            else:
                sound = ears.read_wav(self.files[int(name[1:])])
                found.append(Ear(name, ears.hear(sound, wanted, every), None))
        return Check(self.what, self.legs, tuple(found), self.cpu_percent, self.load, self.far_late)


async def _left(stage: Stage) -> int:
    """How many calls the gateway still has, three seconds after the last one hung up at most."""
    for _ in range(30):
        left = len((await stage.box.get("calls"))["active"])
        if not left:
            break
        await asyncio.sleep(0.1)
    return left
