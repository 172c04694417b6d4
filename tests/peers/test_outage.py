"""When the switchboard is gone: how soon it is noticed, what still works, how it comes back."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from firmware.ops import orders

from .asterisk import Asterisk, Endpoint
from .gateway import Gateway
from .hearing import RATE
from .kamailio import Fault, Kamailio
from .netns import Namespace, wait_until
from .tones import is_rhythm

PBX, PROXY, BOX = "10.77.0.2", "10.77.0.3", "10.77.0.10"
CONGESTION = (200, 200)
RESTRICTED_HZ = 340  # the second note of the dial tone that says "not as always"
BACK_S = 2.0


@pytest.fixture(scope="module")
def pbx(namespace: Namespace, root: Path) -> Iterator[Asterisk]:
    with Asterisk(namespace, root, endpoints=[Endpoint(name="box", host=f"{BOX}:5060")]) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(namespace: Namespace, root: Path) -> Iterator[Kamailio]:
    with Kamailio(namespace, root, users={"601": "segreto"}, domain=PROXY) as running:
        yield running


class Site(Gateway):
    """Two telephones, an old line, a trunk that is asked every second."""

    def __init__(self, namespace: Namespace, servers: list[str], **trunk: object) -> None:
        super().__init__(
            namespace,
            trunks={"pbx": {"servers": servers, "probe_s": 1, "return_s": BACK_S} | trunk},
            lines={
                "nido": {"port": "fxs1", "extension": "21"},
                "cucina": {"port": "fxs2", "extension": "22"},
                "esterna": {"port": "fxo1", "number": "vecchio"},
            },
            sip={"bind": BOX},
            dialplan={"internal": ["2x", "9xxx"]},
            numbers={"vecchio": "0571 000200"},
            secrets={"pbx": "segreto"} if "secret" in trunk else None,
        )

    def wait_trunk(self, state: str, timeout: float) -> float:
        """Wait until the trunk is in ``state``; give the seconds it took."""
        begun = time.monotonic()
        wait_until(lambda: self.trunk()["state"] == state, timeout, lambda: str(self.trunk()))
        return time.monotonic() - begun

    def exchange(self) -> dict[str, object]:
        return self.client.sim("esterna", orders.Show(), within_s=5)

    def works_alone(self) -> None:
        """A lifted handset hears that it is restricted; inside and outside are reached."""
        phone = self.telephone("nido")
        phone.lift()
        assert _hears(phone.listen(2.5), RESTRICTED_HZ)
        phone.dial("22")
        self.telephone("cucina").wait_ringing()
        self.telephone("cucina").lift()
        self.wait_state("nido", "talking")
        phone.hang_up()
        self.telephone("cucina").hang_up()
        self.wait_state("cucina", "idle")
        phone.lift()
        phone.dial("3669382534")
        wait_until(lambda: self.exchange()["digits"] == "3669382534", 8.0, "nothing was dialled")
        phone.hang_up()
        self.wait_state("nido", "idle")


def _hears(samples, hertz: int) -> bool:
    spectrum = np.abs(np.fft.rfft(samples.astype(float)))
    frequencies = np.fft.rfftfreq(len(samples), 1 / RATE)
    near = (frequencies > hertz - 10) & (frequencies < hertz + 10)
    return bool(spectrum[near].max() > 0.2 * spectrum.max())


def test_a_switchboard_that_is_killed_and_comes_back(namespace: Namespace, root: Path) -> None:
    pbx = Asterisk(namespace, root, endpoints=[Endpoint(name="box", host=f"{BOX}:5060")])
    pbx.start()
    with Site(namespace, [PBX]) as box:
        assert box.wait_trunk("up", 5) < 5
        time.sleep(1.5)
        pbx.stop()
        assert box.wait_trunk("down", 12) <= 10
        box.works_alone()
        pbx.start()
        box.wait_trunk("up", 30)
        states = [change["state"] for change in box.client.get("/trunks")["changes"]]
        assert states == ["suspect", "down", "recovering", "up"]
        phone = box.telephone("nido")
        phone.lift()
        assert not _hears(phone.listen(2.5), RESTRICTED_HZ)
        phone.dial("9001")
        box.wait_state("nido", "talking")
        phone.hang_up()
    pbx.stop()


def test_a_call_survives_a_switchboard_that_hangs_for_a_while(
    namespace: Namespace, pbx: Asterisk
) -> None:
    with Site(namespace, [PBX]) as box:
        phone = box.telephone("nido")
        phone.lift()
        phone.dial("9001")
        box.wait_state("nido", "talking")
        pbx.process.signal(signal.SIGSTOP)
        try:
            assert box.wait_trunk("down", 12) <= 10
            assert box.line("nido")["state"] == "talking"
        finally:
            pbx.process.signal(signal.SIGCONT)
        box.wait_trunk("up", 30)
        assert box.line("nido")["state"] == "talking"
        phone.hang_up()
        box.wait_state("nido", "idle")


def test_lost_packets_and_a_lost_link(namespace: Namespace, pbx: Asterisk) -> None:
    with Site(namespace, [PBX]) as box:
        box.wait_trunk("up", 5)
        with namespace.dropping(f"ip daddr {PBX} udp dport 5060"):
            assert box.wait_trunk("down", 12) <= 10
        box.wait_trunk("up", 30)
        namespace.run(["ip", "link", "set", "v1", "down"])
        try:
            assert box.wait_trunk("down", 3) < 1.5
            assert box.trunk()["cause"] == "no link on v0"
        finally:
            namespace.run(["ip", "link", "set", "v1", "up"])
        box.wait_trunk("up", 30)


def test_a_registrar_that_refuses_is_down_at_once_and_back_when_it_accepts(
    namespace: Namespace, proxy: Kamailio
) -> None:
    proxy.set_fault(Fault.FORBIDDEN)
    account = {"register": "trunk", "user": "601", "secret": "pbx", "retry_s": 1}
    try:
        with Site(namespace, [PROXY], **account) as box:
            assert box.wait_trunk("down", 8) < 8
            assert box.trunk()["cause"] == "registration: 403 Forbidden"
            proxy.set_fault(Fault.NONE)
            box.wait_trunk("up", 20)
    finally:
        proxy.set_fault(Fault.NONE)


def test_a_switchboard_that_answers_probes_but_fails_calls(
    namespace: Namespace, proxy: Kamailio
) -> None:
    with Site(namespace, [PROXY], return_s=7) as box:
        box.wait_trunk("up", 5)
        time.sleep(1.0)
        proxy.set_fault(Fault.UNAVAILABLE)
        try:
            phone = box.telephone("nido")
            for _ in range(3):
                phone.lift()
                phone.dial("9001")
                assert is_rhythm(phone.listen(2.0), *CONGESTION)
                phone.hang_up()
                box.wait_state("nido", "idle")
            box.wait_trunk("down", 3)
            assert "calls fail" in str(box.trunk()["cause"])
        finally:
            proxy.set_fault(Fault.NONE)
        box.wait_trunk("up", 30)


def test_the_second_server_takes_the_call_that_the_first_lets_wait(
    namespace: Namespace, proxy: Kamailio, pbx: Asterisk
) -> None:
    with Site(namespace, [PROXY, PBX]) as box:
        box.wait_trunk("up", 5)
        time.sleep(1.0)
        proxy.set_fault(Fault.SILENT)
        try:
            phone = box.telephone("nido")
            phone.lift()
            phone.dial("9001")
            begun = time.monotonic()
            box.wait_state("nido", "talking", 9.0)
            assert time.monotonic() - begun < 6.5  # 4 s for the first, and an answer
            wait_until(lambda: box.trunk()["server"] == PBX, 10.0, lambda: str(box.trunk()))
            assert box.trunk()["state"] in ("up", "suspect")
            phone.hang_up()
        finally:
            proxy.set_fault(Fault.NONE)
        wait_until(lambda: box.trunk()["server"] == PROXY, 20.0, lambda: str(box.trunk()))
