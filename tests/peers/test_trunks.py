"""Every way to reach a PBX: transports, encryption, codecs, extensions of SIP; and refusals."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .asterisk import Asterisk, Endpoint
from .asterisk_files import ANNOUNCEMENT
from .certificates import Authority
from .gateway import Gateway
from .hearing import RATE, assert_heard, read_wav, write_wav
from .netns import Namespace, wait_until
from .tones import is_rhythm, rhythm

PBX = "10.77.0.2"
LINE = "nido"
CONGESTION = (200, 200)

# A way: the address of the box, by which the PBX knows it; the PBX's settings; the trunk's.
WAYS: dict[str, tuple[str, dict[str, Any], dict[str, object]]] = {
    "tcp": ("10.77.0.11", {"transport": "tcp"}, {"transport": "tcp"}),
    "tls": ("10.77.0.12", {"transport": "tls"}, {"transport": "tls"}),
    "tls+srtp": (
        "10.77.0.13",
        {"transport": "tls", "srtp": "required"},
        {"transport": "tls", "srtp": "required"},
    ),
    "srtp if they can": (
        "10.77.0.14",
        {"transport": "tls", "srtp": "optional"},
        {"transport": "tls", "srtp": "optional"},
    ),
    "srtp they cannot": (
        "10.77.0.15",
        {"transport": "tls"},
        {"transport": "tls", "srtp": "optional"},
    ),
    "mu-law, reliable": (
        "10.77.0.16",
        {"codecs": ("ulaw",), "reliable": "required"},
        {"codecs": ["pcma", "pcmu"], "reliable_provisional": "required"},
    ),
    "wideband, timed": (
        "10.77.0.17",
        {"codecs": ("g722",), "timers": "required"},
        {"codecs": ["g722", "pcma"], "session_timer": "required"},
    ),
}
ENCRYPTED = {"tls+srtp", "srtp if they can"}
CODECS = {"mu-law, reliable": "pcmu", "wideband, timed": "g722"}


def endpoint(way: str) -> Endpoint:
    address, theirs, _ = WAYS[way]
    port = 5061 if theirs.get("transport") == "tls" else 5060
    return Endpoint(name=f"way{address.rsplit('.', 1)[1]}", host=f"{address}:{port}", **theirs)


def gateway(
    namespace: Namespace, authority: Authority, way: str, *, server: str = PBX, **trunk: object
) -> Gateway:
    address, _, ours = WAYS[way]
    sip: dict[str, object] = {"bind": address}
    if ours.get("transport") == "tls":
        own = authority.server("gateway.example")
        sip |= {"tls_cert": own.certificate, "tls_key": own.key}
        trunk = {"ca_file": authority.certificate, **trunk}
        server += ":5061"
    return Gateway(
        namespace,
        trunks={"pbx": {"servers": [server], **ours, **trunk}},
        lines={LINE: {"port": "fxs1", "extension": "601", "caller_name": "Nido"}},
        sip=sip,
    )


@pytest.fixture(scope="module")
def pbx(namespace: Namespace, root: Path, authority: Authority) -> Iterator[Asterisk]:
    endpoints = [endpoint(way) for way in WAYS]
    with Asterisk(
        namespace, root, endpoints=endpoints, certificate=authority.server(PBX)
    ) as running:
        yield running


@pytest.fixture(scope="module")
def speech(root: Path, namespace: Namespace) -> Path:
    whole = read_wav(root / "usr/share/asterisk/sounds/it_IT_m_Carlo/demo-instruct.wav")
    return write_wav(namespace.work / "speech.wav", whole[: 3 * RATE])


@pytest.mark.parametrize("way", WAYS)
def test_both_hear_each_other_on_calls_both_ways(
    namespace: Namespace, pbx: Asterisk, authority: Authority, speech: Path, way: str
) -> None:
    announcement = read_wav(pbx.sound(ANNOUNCEMENT))[: 2 * RATE]
    with gateway(namespace, authority, way) as box:
        phone = box.telephone(LINE)
        for outgoing in (True, False):
            if outgoing:
                phone.lift()
                phone.dial("9017")
            else:
                name = endpoint(way).name
                pbx.originate(f"601@{name}", number="0571757611", extension="9017")
                phone.wait_ringing()
                phone.lift()
            box.wait_state(LINE, "talking")
            with phone.recording() as sound:
                time.sleep(0.3)
                phone.say(speech)
            phone.hang_up()
            wait_until(lambda: not pbx.channels(), 3.0, "the call stays up at the PBX")
            assert_heard(pbx.recordings()[-1], speech)
            assert_heard(sound[0], announcement)
            wait_until(lambda: box.calls()[0]["codec"], 3.0, "no figures of the call")
            record = box.calls()[0]
            assert record["direction"] == ("out" if outgoing else "in")
            assert record["encrypted"] is (way in ENCRYPTED)
            assert record["codec"].lower() == CODECS.get(way, "pcma")
            assert record["rx_lost"] == 0
        assert box.stop() == 0
        assert "Traceback" not in box.log


@pytest.mark.parametrize("fault", ["expired", "wrong name", "unknown authority"])
def test_a_bad_certificate_is_refused_and_said(
    namespace: Namespace, root: Path, authority: Authority, fault: str
) -> None:
    address = "10.77.0.4"
    certificate = authority.server(
        address if fault != "wrong name" else "10.77.0.99", expired=fault == "expired"
    )
    trusted = authority.certificate
    if fault == "unknown authority":
        trusted = Authority(namespace.work / "other", name="Another authority").certificate
    with (
        Asterisk(
            namespace, root, address=address, endpoints=[endpoint("tls")], certificate=certificate
        ) as other,
        gateway(namespace, authority, "tls", server=address, ca_file=trusted) as box,
    ):
        phone = box.telephone(LINE)
        phone.lift()
        phone.dial("9001")
        heard = phone.listen(4.0)
        assert is_rhythm(heard[-3 * RATE :], *CONGESTION), rhythm(heard)
        assert "INVITE" not in other.log()
        assert "ertificate" in box.log  # the reason, for whoever reads the log
        print([line for line in box.log.splitlines() if "ertificate" in line])


def test_an_unverified_server_is_accepted_only_when_asked(
    namespace: Namespace, root: Path, authority: Authority
) -> None:
    address = "10.77.0.4"
    certificate = authority.server("10.77.0.99", expired=True)
    with (
        Asterisk(
            namespace, root, address=address, endpoints=[endpoint("tls")], certificate=certificate
        ),
        gateway(namespace, authority, "tls", server=address, verify_server=False) as box,
    ):
        phone = box.telephone(LINE)
        phone.lift()
        phone.dial("9001")
        box.wait_state(LINE, "talking")


def test_encryption_is_never_dropped_silently(
    namespace: Namespace, pbx: Asterisk, authority: Authority
) -> None:
    """Where SRTP is required, a PBX without it gets no call and gives none."""
    with gateway(namespace, authority, "srtp they cannot", srtp="required") as box:
        phone = box.telephone(LINE)
        phone.lift()
        phone.dial("9001")
        wait_until(lambda: box.calls()[0]["code"] == 488, 3.0, lambda: str(box.calls()[0]))
        phone.hang_up()
        pbx.originate(f"601@{endpoint('srtp they cannot').name}", number="0571")
        wait_until(lambda: not pbx.channels(), 3.0, "the call in clear goes on")
        assert not phone.look()["ringing"]
        assert not [call for call in box.calls() if call["answered_at"]]
