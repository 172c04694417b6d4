"""Starting the SIP thread: what stops it, and what it hides."""

import socket
import time

import pytest

from firmware.calls.effects import EndLeg
from firmware.calls.events import LegEnded
from firmware.sip.actor import SipActor
from firmware.sip.errors import StartError
from firmware.sip.events import LegQuality
from firmware.sip.settings import AccountSettings, EndpointSettings, Srtp
from tests.unit.sip.loop import Endpoint


def test_a_port_in_use_is_a_clear_error():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        account = AccountSettings(name="p", trunk="p", server="127.0.0.1", user="g", domain="d")
        actor = SipActor(
            EndpointSettings(bind="127.0.0.1", port=port),
            [account],
            lines={},
            callers={},
            post=lambda _: None,
        )
        with pytest.raises(StartError, match=f"cannot listen on udp 127.0.0.1:{port}.*in use"):
            actor.start().result(10)
        actor.stop()


def test_encrypted_audio_is_encrypted_and_its_keys_are_not_told():
    secure = Endpoint(srtp=Srtp.REQUIRED, keys_in_clear=True)
    secure.actor.start().result(10)
    offered = secure.call("out1")
    time.sleep(1)
    assert secure.lines["b"].last() == pytest.approx(600, abs=4)
    secure.actor.perform(EndLeg("out1"))
    assert secure.wait(LegQuality, leg="out1").encrypted
    secure.wait(LegEnded, leg=offered.leg)
    crypto = [line for m in secure.messages for line in m.text.splitlines() if "a=crypto" in line]
    assert crypto
    assert all(line.endswith("inline:***") for line in crypto)
    secure.actor.stop()


def test_calls_go_over_ipv6():
    six = Endpoint(host="::1")
    six.actor.start().result(10)
    offered = six.call("out1")
    time.sleep(0.8)
    assert six.lines["b"].last(400) == pytest.approx(600, abs=4)
    six.actor.perform(EndLeg("out1"))
    six.wait(LegEnded, leg=offered.leg)
    sdp = [line for m in six.messages for line in m.text.splitlines() if line.startswith("c=")]
    assert set(sdp) == {"c=IN IP6 ::1"}
    six.actor.stop()
