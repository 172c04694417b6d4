"""A SIP endpoint that calls itself over loopback. One at a time: pjsua2 is one per process."""

import queue
import socket
import time
from ipaddress import ip_network

import numpy as np

from firmware.calls.effects import AlertLeg, AnswerLeg, DialLeg, Join
from firmware.calls.events import DigitPath, LegAnswered, LegIncoming, LegMedia, LegProgress, Media
from firmware.sip.actor import SipActor
from firmware.sip.events import SipMessage
from firmware.sip.settings import AccountSettings, EndpointSettings, LineIdentity, Location

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1"))


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Whistle:
    """A line that whistles at ``hertz`` and keeps what it hears."""

    def __init__(self, hertz):
        self.hertz, self.at, self.heard = hertz, 0, []

    def capture(self):
        times = np.arange(self.at, self.at + 160)
        self.at += 160
        return (6000 * np.sin(2 * np.pi * self.hertz * times / 8000)).astype(np.int16).tobytes()

    def playout(self, pcm):
        self.heard.append(np.frombuffer(pcm or bytes(320), np.int16))

    def last(self, ms=500):
        """Strongest frequency in Hz of the last ``ms`` ms, or None in silence."""
        samples = np.concatenate(self.heard[-ms // 20 :])
        if np.abs(samples).max() < 500:
            return None
        return float(np.abs(np.fft.rfft(samples)).argmax() * 8000 / len(samples))


class Endpoint:
    """An actor with two lines, ``a`` and ``b``, and its events."""

    def __init__(self, host="127.0.0.1", **account):
        self.port = free_port()
        self.events = queue.Queue()
        self.lines = {"a": Whistle(600), "b": Whistle(1000)}
        server = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
        settings = {"server": server, "domain": server, "accept_from": LOOPBACK} | account
        self.actor = SipActor(
            EndpointSettings(
                bind=host,
                port=self.port,
                log_messages=True,
                location=Location("it", "Nido", street="Via Roma", city="Empoli"),
            ),
            [AccountSettings(name="pbx", trunk="pbx", user="gw", **settings)],
            lines=self.lines,
            callers={
                "a": LineIdentity("611", 'Nido "Trovamici"', "pbx"),
                "b": LineIdentity("612", "", "pbx"),
            },
            post=self.events.put,
        )
        self.messages = []
        self.unmatched = []

    def wait(self, kind, **wanted):
        """Give the first event of ``kind`` with these values that was not yet waited for."""

        def fits(event):
            return isinstance(event, kind) and all(
                getattr(event, key) == value for key, value in wanted.items()
            )

        end = time.monotonic() + 8
        while time.monotonic() < end:
            if found := next(filter(fits, self.unmatched), None):
                self.unmatched.remove(found)
                return found
            try:
                event = self.events.get(timeout=0.5)
            except queue.Empty:
                continue
            kept = self.messages if isinstance(event, SipMessage) else self.unmatched
            kept.append(event)
        raise AssertionError(f"no {kind.__name__} {wanted}, but {self.unmatched}")

    def call(self, out, number="612"):
        """Call ourselves: line a as leg ``out``, line b answers; give b's leg."""
        do = self.actor.perform
        do(DialLeg(out, "a", number))
        offered = self.wait(LegIncoming)
        do(AlertLeg(offered.leg))
        self.wait(LegProgress, leg=out)
        do(Join("a", out))
        do(Join(offered.leg, "b"))
        do(AnswerLeg(offered.leg))
        for leg in (out, offered.leg):
            media = self.wait(LegMedia, leg=leg, media=Media.ACTIVE)
            assert media.digits is DigitPath.EVENTS
            self.wait(LegAnswered, leg=leg)
        return offered
