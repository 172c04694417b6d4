"""Who hears whom on the bridge, with stand-ins for pjsua2's media."""

from __future__ import annotations

import pytest

pytest.importorskip("pjsua2")

from firmware.sip.media import Bridge


class Media:
    """Remembers to whom it transmits."""

    def __init__(self) -> None:
        self.listeners: set[Media] = set()

    def startTransmit(self, other: Media) -> None:  # noqa: N802 - as pjsua2 has it
        self.listeners.add(other)

    def stopTransmit(self, other: Media) -> None:  # noqa: N802 - as pjsua2 has it
        self.listeners.discard(other)


def test_a_join_ordered_early_is_made_when_both_have_audio() -> None:
    bridge, line, leg = Bridge(), Media(), Media()
    bridge.set_media("line", line)
    bridge.join("line", "leg")
    assert not line.listeners
    bridge.set_leg("leg", leg)
    assert line.listeners == {leg}
    assert leg.listeners == {line}


def test_somebody_always_listens_to_a_leg() -> None:
    """pjmedia does not read from a port without listeners: its packets would come late."""
    bridge, line, leg, drain = Bridge(), Media(), Media(), Media()
    bridge.drain = drain
    bridge.set_media("line", line)
    bridge.set_leg("leg", leg)
    bridge.join("line", "leg")
    bridge.part("line", "leg")
    assert leg.listeners == {drain}
    assert not drain.listeners


def test_a_leg_that_is_gone_is_joined_no_more() -> None:
    bridge, line, leg = Bridge(), Media(), Media()
    bridge.set_media("line", line)
    bridge.join("line", "leg")
    bridge.forget("leg")
    bridge.set_leg("leg", leg)
    assert not leg.listeners
