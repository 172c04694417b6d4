"""The ladder: order, escaping, what a message is called."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from firmware.demo.ladder import Rung, Way, draw, rung_of

SVG = "{http://www.w3.org/2000/svg}"

INVITE = (
    "INVITE sip:100@127.0.0.1:5070 SIP/2.0\r\nFrom: <sip:21@127.0.0.1>;tag=a\r\n"
    "To: <sip:100@127.0.0.1>{tag}\r\nCall-ID: one@x\r\nCSeq: 7 INVITE\r\n\r\n"
    "v=0\r\nm=audio 20000 RTP/AVP 8\r\na={direction}\r\n"
)
REFUSAL = "SIP/2.0 486 Busy Here\r\nCall-ID: one@x\r\nCSeq: 7 INVITE\r\n\r\n"


def texts(drawing: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(drawing).iter(f"{SVG}text")]


def arrows(drawing: str) -> list[str]:
    return [
        text.text or ""
        for text in ET.fromstring(drawing).iter(f"{SVG}text")
        if "fill" in text.attrib
    ]


def test_arrows_stand_in_the_order_of_their_times() -> None:
    rungs = [
        Rung(3_000_000_000, Way.PBX_TO_GATEWAY, "third", "a"),
        Rung(1_000_000_000, Way.PHONE_TO_GATEWAY, "first"),
        Rung(1_200_000_000, Way.GATEWAY_TO_PBX, "second", "a"),
    ]
    drawing = draw(rungs, title="x")
    assert arrows(drawing) == ["first", "second", "third"]
    assert {"0.000 s", "0.200 s", "2.000 s", "⋮ 1.8 s"} <= set(texts(drawing))


@given(
    st.lists(st.tuples(st.integers(0, 10**12), st.text(), st.text(max_size=5)), max_size=8),
    st.text(),
)
def test_any_text_makes_well_formed_xml(rows: list[tuple[int, str, str]], title: str) -> None:
    rungs = [Rung(at, Way.GATEWAY_TO_PBX, text, dialog) for at, text, dialog in rows]
    assert len(arrows(draw(rungs, title=title))) == len(rows)


def test_markup_in_a_name_is_text() -> None:
    drawing = draw([Rung(0, Way.GATEWAY_TO_PBX, '<script>alert("x")</script> & co')], title="<b>")
    assert '<script>alert("x")</script> & co' in arrows(drawing)
    assert "<script" not in drawing


def test_messages_are_named_as_people_call_them() -> None:
    first = rung_of(1, sent=True, message=INVITE.format(tag="", direction="sendrecv"))
    assert (first.text, first.way, first.dialog) == (
        "INVITE 100 · SDP",
        Way.GATEWAY_TO_PBX,
        "one@x",
    )
    hold = rung_of(1, sent=False, message=INVITE.format(tag=";tag=b", direction="sendonly"))
    assert (hold.text, hold.way) == ("INVITE again · SDP sendonly", Way.PBX_TO_GATEWAY)
    assert rung_of(1, sent=False, message=REFUSAL).text == "486 Busy Here"
    bye = REFUSAL.replace("486 Busy Here", "200 OK").replace("INVITE", "BYE")
    assert rung_of(1, sent=False, message=bye).text == "200 OK (BYE)"


def test_dialogs_have_colours_of_their_own() -> None:
    rungs = [Rung(n, Way.GATEWAY_TO_PBX, "x", dialog) for n, dialog in enumerate("aba")]
    colours = [
        text.attrib["fill"]
        for text in ET.fromstring(draw(rungs, title="")).iter(f"{SVG}text")
        if "fill" in text.attrib
    ]
    assert colours[0] == colours[2] != colours[1]


def test_garbage_is_drawn_too() -> None:
    assert rung_of(1, sent=False, message="\x00\x01garbage").text
    assert arrows(draw([rung_of(1, sent=False, message="")], title="")) == [""]
