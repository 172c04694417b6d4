"""The story ends at the first step that was not heard to work, and says what was heard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from firmware.demo import steps, story
from firmware.demo.show import transcript
from firmware.demo.stage import StepFailedError
from firmware.lines.tones import ToneName

from .sounds import silence, tone
from .world import BOOK, BUSY, DIAL_TONE, SIT, cast, failed


def busy_call(c: steps.Cast) -> None:
    steps.refused(c, "300", "busy", ToneName.BUSY, 486, listen_s=2.1, periods=1.4)


def test_a_call_that_works_is_told_to_its_end(tmp_path: Path) -> None:
    c = cast(tmp_path)
    story.keypad_call(c)
    told = [line.text for line in c.stage.told if line.kind.value == "heard"]
    assert told == [
        "telephone 1 hears the dial tone",
        "the switchboard is called",
        "the switchboard answers",
        "telephone 1 hears the far side say “operator”",
        "telephone 1 hears it ring there",
        "the switchboard recognises “caller”",
        "the switchboard receives the digits",
        "the switchboard sees the call end",
        "the digits are not in the audio as well",
    ]
    figures = {line.text: line.figures for line in c.stage.told}
    assert figures["telephone 1 hears the far side say “operator”"]["delay_ms"] == 30
    assert figures["the switchboard recognises “caller”"]["delay_ms"] == 40
    assert {mark.kind for mark in c.stage.marks} == {"tone", "speech", "digits"}


@pytest.mark.parametrize(
    ("faults", "step", "instead"),
    [
        ({"dial_tone": silence(9000)}, "telephone 1 hears the dial tone", "silence"),
        ({"dial_tone": tone(425, 9000)}, "telephone 1 hears the dial tone", "425 Hz"),
        (
            {"dial_tone": (DIAL_TONE * 0.4).astype(np.int16)},
            "telephone 1 hears the dial tone",
            "-20.9",
        ),
        ({"dial_tone": BUSY}, "telephone 1 hears the dial tone", "500 ms of 425"),
        ({"connects": False}, "the switchboard is called", "no call"),
        ({"ringback": silence(100)}, "telephone 1 hears it ring there", "no tone"),
        (
            {"said_by_far": BOOK["announcement"]},
            "telephone 1 hears the far side say “operator”",
            "most like “announcement”",
        ),
        ({"said_by_far": silence(99)}, "telephone 1 hears the far side say “operator”", "r = 0."),
        ({"heard_by_far": "operator"}, "the switchboard recognises “caller”", "operator"),
        ({"heard_by_far": None}, "the switchboard recognises “caller”", "r = 0.20"),
        ({"digits": "1123#"}, "the switchboard receives the digits", "1123#"),
        ({"digits": "12#"}, "the switchboard receives the digits", "12#"),
        ({"digits": ""}, "the switchboard receives the digits", "none"),
        ({"ends": False}, "the switchboard sees the call end", "digit"),
        ({"keys_in_audio": True}, "the digits are not in the audio as well", "DTMF 1"),
    ],
)
def test_what_was_not_heard_ends_the_story(
    tmp_path: Path, faults: dict[str, object], step: str, instead: str
) -> None:
    c = cast(tmp_path, **faults)
    with pytest.raises(StepFailedError) as caught:
        story.keypad_call(c)
    assert caught.value.step.text == step
    assert instead in caught.value.step.heard
    assert failed(c.stage.told) == [step]
    assert c.stage.told[-1] is caught.value.step
    assert "heard instead" in "".join(transcript(c.stage.told))


def test_a_busy_extension_is_heard_as_busy(tmp_path: Path) -> None:
    c = cast(tmp_path)
    busy_call(c)
    assert not failed(c.stage.told)


@pytest.mark.parametrize(
    ("faults", "step"),
    [
        ({"code": 404}, "300 is busy"),
        ({"busy": SIT}, "telephone 2 hears the busy tone"),
        ({"busy": silence(99)}, "telephone 2 hears the busy tone"),
    ],
)
def test_a_busy_extension_must_be_heard_as_busy(
    tmp_path: Path, faults: dict[str, object], step: str
) -> None:
    c = cast(tmp_path, **faults)
    with pytest.raises(StepFailedError) as caught:
        busy_call(c)
    assert caught.value.step.text == step
