import asyncio
import json

import pytest

from firmware.ops import way_proofs
from firmware.ops.way_proofs import Way, WayProofs
from firmware.site.choices import WayOut


async def works():
    return True, "answers"


async def dead():
    return False, "no dial tone"


async def hangs():
    await asyncio.sleep(60)
    return True, "late"


def proofs(path, *provers):
    ways = [Way(WayOut.EXCHANGE, f"line-{n}", prove) for n, prove in enumerate(provers)]
    return WayProofs(ways, path)


def test_every_way_is_proven_and_the_result_kept(tmp_path, caplog):
    path = tmp_path / "emergency.json"
    result = asyncio.run(proofs(path, works, dead).run())
    assert result["ok"] is True
    assert [(row["name"], row["ok"], row["what"]) for row in result["ways"]] == [
        ("line-0", True, "answers"),
        ("line-1", False, "no dial tone"),
    ]
    assert "emergency calls cannot go by exchange line-1: no dial tone" in caplog.text
    assert proofs(path).last == result


def test_a_way_that_hangs_is_dead(tmp_path, monkeypatch):
    monkeypatch.setattr(way_proofs, "LONGEST_S", 0.05)
    result = asyncio.run(proofs(tmp_path / "e.json", hangs).run())
    assert result["ok"] is False


@pytest.mark.parametrize("text", ["", "{", "[]", json.dumps({"tested_at": "yesterday"})])
def test_a_damaged_result_is_none(tmp_path, text):
    path = tmp_path / "emergency.json"
    path.write_text(text)
    assert proofs(path).last is None


def test_a_disk_that_fails_loses_nothing_but_the_file(tmp_path, caplog):
    result = asyncio.run(proofs(tmp_path / "nowhere" / "emergency.json", works).run())
    assert result["ok"] is True
    assert "not kept" in caplog.text


def test_no_time_of_day_never_tests(tmp_path):
    asyncio.run(asyncio.wait_for(proofs(tmp_path / "e.json", hangs).follow("", None), 1))
