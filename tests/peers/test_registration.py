"""Registration with real registrars: both digests, a refusal, and every fault on the way."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .asterisk import Asterisk, Endpoint
from .baresip import Baresip
from .gateway import Gateway
from .hearing import RATE, assert_heard, read_wav, write_wav
from .kamailio import Fault, Kamailio
from .netns import Namespace, wait_until
from .tones import is_rhythm

PBX = "10.77.0.2"
PROXY = "10.77.0.3"
BOX = "10.77.0.10"
LINE = "nido"
SECRET = "segreto"
CONGESTION = (200, 200)


@pytest.fixture(scope="module")
def pbx(namespace: Namespace, root: Path) -> Iterator[Asterisk]:
    endpoints = [
        Endpoint(name="601", password=SECRET),
        Endpoint(name="602", password=SECRET, algorithms=("SHA-256",)),
        Endpoint(name="603", password=SECRET, algorithms=("SHA-256", "MD5")),
    ]
    with Asterisk(namespace, root, endpoints=endpoints) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(namespace: Namespace, root: Path) -> Iterator[Kamailio]:
    users = {"601": SECRET, "602": SECRET, "603": SECRET}
    with Kamailio(namespace, root, users=users, domain=PROXY) as running:
        yield running


def box_of(
    namespace: Namespace, *, server: str, user: str, secret: str = SECRET, **trunk: object
) -> Gateway:
    """A gateway whose trunk registers as one user."""
    account = {"register": "trunk", "user": user, "secret": "pbx", "retry_s": 1}
    return Gateway(
        namespace,
        trunks={"pbx": {"servers": [server], **account, **trunk}},
        lines={LINE: {"port": "fxs1", "extension": user}},
        sip={"bind": BOX},
        secrets={"pbx": secret},
    )


def wait_registration(box: Gateway, state: str, timeout: float = 5.0) -> None:
    def failure() -> str:
        return f"{box.trunk()}\n{box.process.tail()}"

    wait_until(lambda: box.trunk()["registration"] == state, timeout, failure)


@pytest.mark.parametrize("user", ["601", "602", "603"])
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_both_digests_register_and_call(
    namespace: Namespace, pbx: Asterisk, user: str, transport: str
) -> None:
    with box_of(namespace, server=PBX, user=user, transport=transport) as box:
        wait_registration(box, "registered")
        assert pbx.registered(user)
        phone = box.telephone(LINE)
        phone.lift()
        phone.dial("9001")  # the INVITE is challenged too
        box.wait_state(LINE, "talking")
        phone.hang_up()
        box.wait_state(LINE, "idle")
        pbx.originate(user, number="0571", extension="9012")
        phone.wait_ringing()
        phone.lift()
        box.wait_state(LINE, "talking")
        phone.hang_up()
        assert box.stop() == 0
    wait_until(lambda: not pbx.registered(user), 2.0, "it did not take its contact back")


def test_each_line_registers_itself(namespace: Namespace, pbx: Asterisk) -> None:
    box = Gateway(
        namespace,
        trunks={"pbx": {"servers": [PBX], "register": "lines"}},
        lines={
            "nido": {"port": "fxs1", "extension": "701", "user": "601", "secret": "pbx"},
            "cucina": {"port": "fxs2", "extension": "702", "user": "602", "secret": "pbx"},
        },
        sip={"bind": BOX},
        secrets={"pbx": SECRET},
    )
    with box:
        wait_until(lambda: pbx.registered("601") and pbx.registered("602"), 5.0, pbx.contacts)
        for user, line in (("601", "nido"), ("602", "cucina")):
            pbx.originate(user, number="0571", extension="9012")
            box.telephone(line).wait_ringing()
            pbx.hang_up()
            box.wait_state(line, "idle")
        phone = box.telephone("cucina")
        phone.lift()
        phone.dial("9001")
        box.wait_state("cucina", "talking")
        # From names the account, else the PBX would not know it; the number beside it is ours.
        assert pbx.journal()[-1].startswith("9001|702|")


def test_a_wrong_password_is_said_once(namespace: Namespace, pbx: Asterisk) -> None:
    with box_of(namespace, server=PBX, user="601", secret="altro") as box:
        wait_registration(box, "failed")
        assert box.trunk()["code"] in (401, 403)
        time.sleep(3.0)
        said = [line for line in box.log.splitlines() if "not registered" in line]
        assert len(said) == 1, said


def test_an_endless_challenge_ends(namespace: Namespace, proxy: Kamailio) -> None:
    proxy.set_fault(Fault.CHALLENGE)
    before = proxy.seen("REGISTER")
    try:
        with box_of(namespace, server=PROXY, user="601") as box:
            wait_registration(box, "failed")
            time.sleep(2.0)
            assert proxy.seen("REGISTER") - before < 10
            phone = box.telephone(LINE)
            phone.lift()
            phone.dial("602")
            heard = phone.listen(4.0)
            wait_until(lambda: box.calls()[0]["code"], 3.0, lambda: str(box.calls()[0]))
            assert len(heard)
            assert proxy.seen("INVITE") < 10
    finally:
        proxy.set_fault(Fault.NONE)


def test_a_registrar_that_wants_longer_intervals_gets_them(
    namespace: Namespace, proxy: Kamailio
) -> None:
    proxy.set_fault(Fault.INTERVAL_TOO_BRIEF)
    try:
        with box_of(namespace, server=PROXY, user="601", register_s=300) as box:
            wait_registration(box, "registered")
            assert proxy.registered("601")
            assert box.trunk()["expires_s"] >= 1800
            proxy.set_fault(Fault.NONE)  # let it take its contact back at the end
    finally:
        proxy.set_fault(Fault.NONE)


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.UNAVAILABLE, Fault.SILENT])
def test_a_registrar_that_recovers_is_used_again(
    namespace: Namespace, proxy: Kamailio, fault: Fault
) -> None:
    proxy.set_fault(fault)
    before = proxy.seen("REGISTER")
    try:
        with box_of(namespace, server=PROXY, user="601") as box:
            wait_until(lambda: proxy.seen("REGISTER") > before, 5.0, "no REGISTER came")
            time.sleep(1.0)
            assert not proxy.registered("601")
            proxy.set_fault(Fault.NONE)
            # 32 s: RFC 3261 timer F, after which an unanswered REGISTER has failed.
            wait_registration(box, "registered", 45.0)
            assert proxy.registered("601")
            assert proxy.seen("REGISTER") - before < 40
    finally:
        proxy.set_fault(Fault.NONE)


def test_calls_through_a_proxy_are_heard(namespace: Namespace, root: Path, proxy: Kamailio) -> None:
    directory = root / "usr/share/asterisk/sounds/it_IT_m_Carlo"
    mine = write_wav(
        namespace.work / "mine.wav", read_wav(directory / "demo-instruct.wav")[: 3 * RATE]
    )
    theirs = write_wav(
        namespace.work / "theirs.wav", read_wav(directory / "tt-weasels.wav")[: 3 * RATE]
    )
    other = Baresip(namespace, root, user="602", proxy=PROXY, password=SECRET, speech=theirs)
    with other, box_of(namespace, server=PROXY, user="601") as box:
        other.wait_registered()
        wait_registration(box, "registered")
        phone = box.telephone(LINE)
        phone.lift()
        with phone.recording() as sound:
            phone.dial("602")
            box.wait_state(LINE, "talking")
            phone.say(mine)
            time.sleep(0.5)
        phone.hang_up()
        other.wait_closed()
        assert_heard(sound[0], theirs)
        assert_heard(other.recording(), mine)
        other.dial("601")
        phone.wait_ringing()
        time.sleep(2.5)
        assert phone.look()["display"]["number"] == "602"
        phone.lift()
        other.wait_established()
        other.hang_up()
        phone.hang_up()


@pytest.mark.parametrize("fault", [Fault.FORBIDDEN, Fault.SERVER_ERROR, Fault.UNAVAILABLE])
def test_a_refused_call_is_heard(namespace: Namespace, proxy: Kamailio, fault: Fault) -> None:
    with box_of(namespace, server=PROXY, user="601") as box:
        wait_registration(box, "registered")
        proxy.set_fault(fault)
        try:
            phone = box.telephone(LINE)
            phone.lift()
            phone.dial("602")
            heard = phone.listen(4.0)
            assert box.calls()[0]["code"] == int(fault.value)
            if fault is not Fault.FORBIDDEN:
                assert is_rhythm(heard[-3 * RATE :], *CONGESTION)
        finally:
            proxy.set_fault(Fault.NONE)
