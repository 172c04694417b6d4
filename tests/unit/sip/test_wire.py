import hypothesis.strategies as st
import pytest
from hypothesis import given

from firmware.calls.events import Party
from firmware.sip import wire

INVITE = """INVITE sip:+390571757611;npdi@gw.example:5060;transport=udp SIP/2.0\r
Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1\r
f: "Rossi, \\"Gino\\"" <sip:anonymous@example>;tag=1\r
P-Asserted-Identity: Polizia Municipale\r
  <sip:0571757707@pbx.example;user=phone>\r
Proxy-Authorization: Digest username="u", response="0123456789abcdef"\r
Alert-Info: <http://pbx/Bellcore-dr3>\r
\r
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0c2VjcmV0\r
"""

SDP = "\r\n".join(
    (
        "v=0",
        "m=audio 4000 RTP/AVP 9 8 0 98 101 120",
        "a=rtpmap:9 G722/8000",
        "a=rtpmap:98 opus/48000/2",
        "a=fmtp:98 useinbandfec=1",
        "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-16",
        "a=rtpmap:120 telephone-event/48000",
        "",
    )
)


def test_the_asserted_identity_comes_before_from():
    assert wire.caller(INVITE) == Party("0571757707", "Polizia Municipale")


@pytest.mark.parametrize("privacy", ["id", "user;id", "full", "header; id"])
def test_privacy_hides_the_caller(privacy):
    message = INVITE.replace("Alert-Info:", f"Privacy: {privacy}\r\nAlert-Info:")
    assert wire.caller(message) == Party(private=True)


def test_privacy_none_hides_nothing():
    message = INVITE.replace("Alert-Info:", "Privacy: none\r\nAlert-Info:")
    assert wire.caller(message).number == "0571757707"


@pytest.mark.parametrize(
    ("value", "party"),
    [
        ("<sip:611@h>", Party("611")),
        ("sip:611@h;tag=2", Party("611")),
        ('"A \\"B\\"" <sips:+39%200571@h:5061>', Party("+390571", 'A "B"')),
        ("tel:+39-0571-7577;phone-context=x", Party("+3905717577")),
        ("Nido <sip:nido.1@h>", Party("nido.1", "Nido")),
        ("<sip:pbx.example>", Party()),
        ("", Party()),
    ],
)
def test_addresses(value, party):
    assert wire.address(value) == party


def test_an_anonymous_from_alone_is_private():
    message = "INVITE sip:611@h SIP/2.0\r\nFrom: <sip:anonymous@anonymous.invalid>;tag=1\r\n\r\n"
    assert wire.caller(message) == Party(private=True)


def test_the_called_number_is_in_the_request_line():
    assert wire.request_user(INVITE) == "+390571757611"
    assert wire.request_user("INVITE sip:gw.example SIP/2.0\r\n\r\n") == ""


def test_headers_are_found_in_any_case():
    assert wire.first(INVITE, "ALERT-info") == "<http://pbx/Bellcore-dr3>"
    assert wire.first(INVITE, "Diversion") == ""


def test_secrets_are_blanked():
    clean = wire.without_secrets(INVITE)
    assert "0123456789abcdef" not in clean
    assert "c2VjcmV0" not in clean
    assert "Proxy-Authorization: ***" in clean


def test_codecs_are_limited_and_ordered():
    sdp = wire.with_codecs(SDP, ("pcma", "g722"))
    assert "m=audio 4000 RTP/AVP 8 9 101 120" in sdp
    assert "opus" not in sdp
    assert "useinbandfec" not in sdp
    assert "a=rtpmap:101" in sdp


def test_an_offer_without_our_codecs_is_left_alone():
    assert wire.with_codecs(SDP, ("gsm",)) == SDP


def test_a_name_cannot_break_out_of_its_quotes():
    assert wire.name_addr('a"\r\nEvil: x', "sip:1@h") == '"a\\"Evil: x" <sip:1@h>'
    assert wire.name_addr("", "sip:1@h") == "<sip:1@h>"


@pytest.mark.parametrize(
    ("body", "summary"),
    [
        (
            "Messages-Waiting: yes\nMessage-Account: sip:611@pbx\nVoice-Message: 2/8 (0/2)",
            ("611", 2),
        ),
        ("messages-waiting: no\r\nVoice-Message: 0/3", ("", 0)),
        ("Messages-Waiting: yes", ("", 1)),
        ("Messages-Waiting: perhaps", None),
        ("", None),
    ],
)
def test_message_summaries(body, summary):
    assert wire.message_summary(body) == summary


@given(st.text(max_size=400))
def test_anything_at_all_is_read_without_an_error(text):
    for read in (wire.caller, wire.request_user, wire.headers, wire.without_secrets):
        read(text)
    wire.with_codecs(text, ("pcma",))
    wire.message_summary(text)
