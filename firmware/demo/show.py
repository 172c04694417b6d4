"""A whole demonstration: the building opened, the story told, the files written."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from firmware.demo import house, ladder, picture, sound, speech, steps, story, story_pbx
from firmware.demo.actors import SimulatedHandset
from firmware.demo.house import House
from firmware.demo.sound import Samples
from firmware.demo.stage import Kind, Stage, StepFailedError, Told
from firmware.ops.client import NotReachable
from firmware.ops.orders import OrderRefused

SCHEMA = "derivato.demo/1"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be shown: where files go, and at which PBX (None: the embedded switchboard)."""

    out: Path
    pbx: str | None = None
    numbers: story_pbx.Numbers = field(default_factory=story_pbx.Numbers)
    keep: bool = False


def show(wish: Wish, tell: Callable[[Told], None]) -> Mapping[str, object]:
    """Give the demonstration; what is written to demo.json (``ok`` says whether all was heard).

    Raises:
        NoVoiceError: nothing on this machine can speak.
        HouseError: the gateway or the switchboard did not start.
    """
    out = wish.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    for stale in (*out.glob("call-*-pbx.wav"), *out.glob("telephone-*-ear.wav")):
        stale.unlink()
    book = speech.phrase_book(out / "speech")
    files = {name: sound.write(out / "said" / f"{name}.wav", book[name]) for name in _SAID}
    internal = wish.numbers.all() if wish.pbx else story.INTERNAL
    with house.open_house(out, pbx=wish.pbx, internal=internal, keep=wish.keep) as building:
        stage = Stage(tell, time.monotonic_ns)
        phones = _telephones(building, out)
        try:
            _tell(wish, building, stage, phones, book, files)
        except StepFailedError:
            pass
        except (NotReachable, OrderRefused) as error:
            with suppress(StepFailedError):
                stage.check("the gateway obeys", expected="an answer", heard=str(error), ok=False)
        for phone in phones:
            with suppress(NotReachable, OrderRefused):
                phone.put_away()
        calls = _calls(building)
        _write_ladder(out, building, stage)
    return _write(wish, out, stage, phones, calls)


_SAID = ("caller", "caller-again", "to-both")


def _telephones(building: House, out: Path) -> list[SimulatedHandset]:
    return [
        SimulatedHandset(building.client, line, name=name, ear=out / f"telephone-{n}-ear.wav")
        for n, (line, name) in enumerate(house.LINES.items(), 1)
    ]


def _tell(
    wish: Wish,
    building: House,
    stage: Stage,
    phones: list[SimulatedHandset],
    book: Mapping[str, Samples],
    files: Mapping[str, Path],
) -> None:
    if building.far is None:
        visit = story_pbx.Visit(stage, phones[0], wish.numbers, book, files, time.sleep)
        story_pbx.tell(visit)
        return
    texts = {name: phrase.text for name, phrase in speech.PHRASES.items()}
    story.tell(steps.Cast(stage, phones[0], phones[1], building.far, book, files, texts))


def _calls(building: House) -> list[dict[str, object]]:
    """The recordings that the switchboard has made."""
    return [dict(event) for event in building.far.seen(event="recorded")] if building.far else []


def _write_ladder(out: Path, building: House, stage: Stage) -> None:
    messages = building.trace.read_text(encoding="utf-8").splitlines()
    entries = (json.loads(line) for line in messages)
    rungs = [
        ladder.rung_of(entry["at_ns"], sent=entry["sent"], message=entry["text"])
        for entry in entries
    ]
    drawing = ladder.draw([*rungs, *stage.rungs], title="Derivato: the calls of the demonstration")
    (out / "ladder.svg").write_text(drawing, encoding="utf-8")


def _write(
    wish: Wish,
    out: Path,
    stage: Stage,
    phones: list[SimulatedHandset],
    calls: list[dict[str, object]],
) -> Mapping[str, object]:
    failed = next((told for told in stage.told if told.kind is Kind.FAILED), None)
    (out / "transcript.txt").write_text("".join(transcript(stage.told)), encoding="utf-8")
    report: dict[str, object] = {
        "schema": SCHEMA,
        "ok": failed is None,
        "failed": _plain(failed) if failed else None,
        "pbx": wish.pbx or "embedded",
        "for_s": stage.told[-1].at_s if stage.told else 0.0,
        "steps": [_plain(told) for told in stage.told],
        "recognised": [
            {
                "ear": mark.lane,
                "at_ms": round((mark.at_ns - stage.began_ns) / 1e6),
                "for_ms": round(mark.for_ms),
                "kind": mark.kind,
                "what": mark.label,
            }
            for mark in stage.marks
        ],
        "files": _files(out, stage, phones, calls),
    }
    text = json.dumps(report, ensure_ascii=False, indent=2)
    (out / "demo.json").write_text(text + "\n", encoding="utf-8")
    return report


def _files(
    out: Path, stage: Stage, phones: list[SimulatedHandset], calls: list[dict[str, object]]
) -> dict[str, object]:
    """Draw the picture; name every file by what it is, relative to ``out``."""
    tracks = [
        picture.Track(phone.name, [(phone.began_ns, sound.read(phone.ear))]) for phone in phones
    ]
    heard = [(int(str(c["began_ns"])), sound.read(Path(str(c["to_pbx"])))) for c in calls]
    if heard:
        tracks.append(picture.Track(steps.FAR, heard))
    files: dict[str, object] = {
        "transcript": "transcript.txt",
        "ladder": "ladder.svg",
        "ears": [phone.ear.name for phone in phones],
        "calls": [[Path(str(c["to_pbx"])).name, Path(str(c["from_pbx"])).name] for c in calls],
    }
    try:
        picture.draw(
            out / "audio.png",
            tracks,
            stage.marks,
            began_ns=stage.began_ns,
            title="What was heard in the demonstration, and what was recognised in it",
        )
        files["picture"] = "audio.png"
    except picture.NoPlotError as error:
        files["picture"] = None
        files["picture_missing"] = str(error)
    return files


def _plain(told: Told) -> dict[str, object]:
    plain = asdict(told)
    plain["kind"] = told.kind.value
    return plain


def transcript(story_: Iterable[Told]) -> Iterable[str]:
    """The story as text, a line for each step."""
    for told in story_:
        match told.kind:
            case Kind.CHAPTER:
                yield f"\n{told.text}\n"
            case Kind.ACTION:
                yield f"{told.at_s:8.3f} s    {told.text}\n"
            case Kind.HEARD:
                yield f"{told.at_s:8.3f} s  ✓ {told.text}: {told.heard}\n"
            case Kind.FAILED:
                yield f"{told.at_s:8.3f} s  ✗ {told.text}\n"
                yield f"{'':14}expected {told.expected}\n{'':14}heard instead: {told.heard}\n"
