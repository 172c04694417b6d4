"""The report on a window counts every call once and says who was lost."""

from __future__ import annotations

import subprocess
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.cutover.course import Entry
from firmware.cutover.picture import picture
from firmware.cutover.window import Call, Fate, summary, within
from firmware.cutover.words import ENGLISH, ITALIAN, Words
from firmware.ops.window_page import as_page
from firmware.ops.window_pdf import SignatureError, sign, write_pdf
from tests.peers.certificates import Authority

START = datetime(2023, 3, 29, 7, 30, tzinfo=UTC)
END = START + timedelta(minutes=90)


def call(minute: float, fate: Fate = Fate.ANSWERED, **more: object) -> Call:
    at = START + timedelta(minutes=minute)
    values = {"line": "cassa", "incoming": True, "peer": "0571 <1>", "waited_s": 5.0}
    return Call(**{**values, "at": at, "talked_s": 60.0, "fate": fate, **more})


DAY = [
    call(2, Fate.GUIDE, told=("il centralino è fermo",), way="esterna"),
    call(1),
    call(70, line="ufficio", incoming=False, peer="112", emergency=True, waited_s=9.0),
]


def test_the_window_takes_what_began_or_was_up_in_it() -> None:
    calls = [call(-5), call(-0.5), call(0), call(89), call(90)]
    assert [c.at for c in within(calls, START, END)] == [c.at for c in calls[1:4]]


def test_figures() -> None:
    found = summary(DAY)
    assert (found.calls, found.lost, found.longest_wait_s) == (3, 0, 9.0)
    assert (found.emergencies, found.emergencies_through) == (1, 1)
    assert found.ways == {"esterna": 1}


def test_a_failed_and_a_cut_call_are_lost() -> None:
    assert summary([*DAY, call(3, Fate.FAILED), call(4, Fate.CUT), call(5, Fate.BUSY)]).lost == 2


CALLS = st.lists(
    st.builds(
        call,
        st.floats(-10, 100),
        st.sampled_from(Fate),
        line=st.sampled_from(["a", "b"]),
        waited_s=st.floats(0, 9999),
    ),
    max_size=8,
)


@given(CALLS)
def test_every_call_is_counted_and_drawn_once_and_inside(calls: list[Call]) -> None:
    assert sum(summary(calls).fates.values()) == len(calls)
    drawn = picture(calls, START, END)
    assert len(drawn.bars) == len(calls)
    for bar in drawn.bars:
        assert 0 <= bar.left < bar.right <= 1.01
        assert drawn.labels[bar.row]


@pytest.mark.parametrize("words", [ITALIAN, ENGLISH], ids=["it", "en"])
def test_the_page_names_every_call_and_the_verdict(words: Words) -> None:
    log = [Entry(START, "switched <to> nuovo")]
    text = as_page(DAY, log, site="Museo", start=START, end=END, words=words)
    assert words.verdict_good in text
    assert text.count("0571 &lt;1&gt;") == 2
    assert "switched &lt;to&gt; nuovo" in text
    ET.fromstring(
        f"<body>{text.partition('<body>')[2].removesuffix('</body></html>' + chr(10))}</body>"
    )


def test_the_pdf_holds_the_words_and_its_signature_holds(tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    write_pdf(path, DAY, [], site="Museo", start=START, end=END, words=ITALIAN)
    assert path.read_bytes().startswith(b"%PDF")
    authority = Authority(tmp_path)
    box = authority.server("box.example")
    signed = sign(path, certificate=box.certificate, key=box.key)
    verify = ["openssl", "cms", "-verify", "-cades", "-inform", "DER", "-binary"]
    verify += ["-CAfile", str(authority.certificate), "-purpose", "any", "-in", str(signed)]
    done = subprocess.run(
        [*verify, "-out", str(tmp_path / "out.pdf")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.pdf").read_bytes() == path.read_bytes()
    with pytest.raises(SignatureError, match="openssl refuses"):
        sign(path, certificate=path, key=box.key)
