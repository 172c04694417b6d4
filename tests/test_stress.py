"""A mad child at the telephones for some seconds; ten minutes of it are `python -m bench.stress`."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path

import pytest

from bench.stress import stress

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not importlib.util.find_spec("pjsua2"), reason="pjsua2 is not installed"),
]


def test_every_telephone_calls_after_a_thousand_inputs_a_second(tmp_path: Path) -> None:
    result = asyncio.run(stress(tmp_path, lines=8, rate=1000.0, for_s=5.0))
    assert not result.wedged
    assert result.calls > 0
    assert result.played.endswith(" s")
