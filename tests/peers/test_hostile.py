"""Far ends that misbehave: the daemon stays up, says it once, and the handset hears a tone."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from . import hostile
from .gateway import Gateway, Telephone
from .hearing import RATE, Samples
from .hostile import Caller
from .netns import Namespace, wait_until
from .sipp import Sipp
from .tones import beats, is_rhythm, rhythm

PBX = "10.77.0.5"  # SIPp plays the switchboard
STRANGER = "10.77.0.9"
OTHER_STRANGER = "10.77.0.8"
BOX = "10.77.0.10"
LINE = "nido"
BUSY = (500, 500)
CONGESTION = (200, 200)


@pytest.fixture(scope="module")
def box(namespace: Namespace) -> Iterator[Gateway]:
    gateway = Gateway(
        namespace,
        trunks={"pbx": {"servers": [f"{PBX}:5060"]}},
        lines={
            LINE: {"port": "fxs1", "extension": "601"},
            "cucina": {"port": "fxs2", "extension": "602"},
            "aula": {"port": "fxs3", "extension": "603"},
        },
        sip={"bind": BOX},
    )
    with gateway:
        yield gateway
    assert gateway.process.exit_code == 0


@pytest.fixture
def phone(box: Gateway) -> Iterator[Telephone]:
    telephone = box.telephone(LINE)
    yield telephone
    if telephone.look()["off_hook"]:
        telephone.hang_up()
    box.wait_state(LINE, "idle")
    assert box.process.exit_code is None
    assert "Traceback" not in box.log


def play(namespace: Namespace, root: Path, *steps: str, calls: int = 1, **options: Any) -> Sipp:
    """Start SIPp as the switchboard with the given steps."""
    scenario = "\n".join(steps)
    if "assign_to" in scenario:
        scenario += "\n" + hostile.unused_variables()
    return Sipp(namespace, root, scenario, address=PBX, calls=calls, **options)


def call_out(
    phone: Telephone, box: Gateway, *, seconds: float = 4.0, until: float = 8.0
) -> Samples:
    """Lift, dial, wait for the end of the call; return what is heard after it."""
    before = [call["call"] for call in box.calls()[:1]]
    phone.lift()
    phone.dial("9001")
    wait_until(
        lambda: [call["call"] for call in box.calls()[:1] if call["code"]] not in ([], before),
        until,
        lambda: f"the call goes on: {box.calls()[:1]}\n{box.process.tail()}",
    )
    return phone.listen(seconds)


def still_takes_calls(namespace: Namespace, root: Path, box: Gateway, phone: Telephone) -> None:
    """A plain call in and its answer, as proof that all is well."""
    far = play(
        namespace,
        root,
        hostile.invite(),
        hostile.expect(100, optional=True),
        hostile.expect(180, optional=True),
        hostile.expect(200),
        hostile.in_dialog("ACK", 1),
        hostile.pause(300),
        hostile.in_dialog("BYE", 2),
        hostile.expect(200),
        target=f"{BOX}:5060",
        service="601",
    )
    phone.wait_ringing()
    phone.lift()
    outcome = far.outcome()
    assert outcome, outcome.describe()
    phone.hang_up()
    box.wait_state(LINE, "idle")


def log_lines(box: Gateway, begin: int) -> list[str]:
    return box.log[begin:].splitlines()


# --- a switchboard that answers wrongly ---------------------------------------------------------


def test_a_bye_in_the_middle_of_our_invite(
    namespace: Namespace, root: Path, box: Gateway, phone: Telephone
) -> None:
    far = play(
        namespace,
        root,
        hostile.receive("INVITE"),
        hostile.answer("180 Ringing"),
        hostile.pause(300),
        hostile.bye_from_called(),
        hostile.expect(200),
        hostile.pause(500),
    )
    heard = call_out(phone, box)
    assert rhythm(heard[-3 * RATE :]) != []
    far.stop()
    still = box.line(LINE)
    assert still["tone"] in ("busy", "congestion")


def test_a_challenge_for_ever(
    namespace: Namespace, root: Path, box: Gateway, phone: Telephone
) -> None:
    challenge = 'WWW-Authenticate: Digest realm="pbx", nonce="[call_number][clock_tick]"'
    steps = (
        hostile.receive("INVITE"),
        hostile.answer("401 Unauthorized", extra=challenge),
        hostile.receive("ACK"),
    )
    far = play(namespace, root, *steps, calls=50, seconds=20.0)
    begin = len(box.log)
    heard = call_out(phone, box)
    far.stop()
    assert box.calls()[0]["code"] == 401
    pitches = {beat.hertz for beat in beats(heard)}
    assert pitches & {425.0, 950.0}
    assert far.messages().count("\nINVITE ") < 10
    assert len(log_lines(box, begin)) < 6


def test_a_two_hundred_that_crosses_our_cancel(
    namespace: Namespace, root: Path, box: Gateway, phone: Telephone
) -> None:
    """The far end answers at the instant we give up: ACK and BYE must follow (RFC 3261 §9.1)."""
    far = play(
        namespace,
        root,
        hostile.receive("INVITE"),
        hostile.answer("180 Ringing"),
        hostile.receive("CANCEL"),
        hostile.answer("200 OK"),
        hostile.answer("200 OK", sdp=True).replace("[last_CSeq:]", "CSeq: [$number] INVITE"),
        hostile.receive("ACK"),
        hostile.receive("BYE"),
        hostile.answer("200 OK"),
    )
    phone.lift()
    phone.dial("9001")
    box.wait_state(LINE, "calling")
    time.sleep(0.5)
    phone.hang_up()
    outcome = far.outcome()
    assert outcome, outcome.describe()
    assert box.line(LINE)["legs"] == []


def test_an_answer_at_once_and_a_bye_at_once(
    namespace: Namespace, root: Path, box: Gateway, phone: Telephone
) -> None:
    far = play(
        namespace,
        root,
        hostile.receive("INVITE"),
        hostile.answer("200 OK", sdp=True, repeat=True),
        hostile.receive("ACK"),
        hostile.bye_from_called(),
        hostile.expect(200),
    )
    heard = call_out(phone, box)
    outcome = far.outcome()
    assert outcome, outcome.describe()
    assert is_rhythm(heard[-3 * RATE :], *BUSY)


# --- a switchboard that calls wrongly -------------------------------------------------------------


def test_a_call_cancelled_while_it_rings(
    namespace: Namespace, root: Path, box: Gateway, phone: Telephone
) -> None:
    far = play(
        namespace,
        root,
        hostile.invite(),
        hostile.expect(100, optional=True),
        hostile.expect(180),
        hostile.pause(500),
        hostile.cancel(),
        hostile.expect(200),
        hostile.expect(487),
        hostile.in_dialog("ACK", 1, same_branch=True),
        target=f"{BOX}:5060",
        service="601",
    )
    phone.wait_ringing()
    outcome = far.outcome()
    assert outcome, outcome.describe()
    box.wait_state(LINE, "idle")
    assert not phone.look()["ringing"]


@pytest.mark.parametrize("head_start_ms", [0, 20, 40, 60, 80])
def test_a_cancel_that_crosses_the_lifting_of_the_handset(
    namespace: Namespace, box: Gateway, head_start_ms: int
) -> None:
    """Whoever wins, the far end and the handset agree in the end: no call is left over."""
    line = "cucina"
    phone = box.telephone(line)
    with Caller(namespace, address=PBX, box=BOX, number="602") as caller:
        caller.invite()
        caller.listen(3.0, until="180 INVITE")
        lifting = threading.Thread(target=phone.lift)
        lifting.start()
        time.sleep(head_start_ms / 1000)
        caller.cancel()
        caller.listen(0.5)
        lifting.join()
        assert "200 CANCEL" in caller.seen
        if "200 INVITE" in caller.seen:  # the handset was first
            caller.ack()
            box.wait_state(line, "talking")
            caller.bye()
            assert "200 BYE" in caller.listen(1.0, until="200 BYE")
        else:
            assert "487 INVITE" in caller.seen
            caller.ack(refusal=True)
        wait_until(lambda: box.line(line)["legs"] == [], 2.0, lambda: str(box.line(line)))
    phone.hang_up()
    box.wait_state(line, "idle")
    assert box.calls()[0]["ended_at"]


def test_a_call_cancelled_before_the_telephone_can_ring(namespace: Namespace, box: Gateway) -> None:
    for wait_s in (0.0, 0.001, 0.003, 0.01):
        with Caller(namespace, address=PBX, box=BOX, number="603") as caller:
            caller.invite()
            time.sleep(wait_s)
            caller.cancel()
            caller.listen(1.0, until="487 INVITE")
            caller.ack(refusal=True)
            assert "487 INVITE" in caller.seen
        box.wait_state("aula", "idle", 1.0)
        assert not box.telephone("aula").look()["ringing"]


def test_ten_short_calls_leave_the_line_in_service(namespace: Namespace, box: Gateway) -> None:
    """A dialler that gives up at once, again and again, must not cost the telephone."""
    for _ in range(12):
        with Caller(namespace, address=PBX, box=BOX, number="603") as caller:
            caller.invite()
            caller.listen(1.0, until="180 INVITE")
            caller.cancel()
            caller.listen(1.0, until="487 INVITE")
            caller.ack(refusal=True)
    box.wait_state("aula", "idle", 2.0)
    assert box.line("aula")["in_service"]


def test_a_bye_in_the_middle_of_their_invite(
    namespace: Namespace, root: Path, box: Gateway, phone: Telephone
) -> None:
    far = play(
        namespace,
        root,
        hostile.invite(),
        hostile.expect(100, optional=True),
        hostile.expect(180),
        hostile.pause(300),
        hostile.in_dialog("BYE", 2),
        hostile.expect(200),
        target=f"{BOX}:5060",
        service="601",
    )
    phone.wait_ringing()
    far.process.wait(10.0)
    box.wait_state(LINE, "idle", 3.0)
    assert not phone.look()["ringing"]
    still_takes_calls(namespace, root, box, phone)


# --- garbage --------------------------------------------------------------------------------------

_INVITE = (
    b"INVITE sip:601@10.77.0.10 SIP/2.0\r\nVia: SIP/2.0/UDP 10.77.0.5:5060;branch=z9hG4bKx%d\r\n"
    b"From: <sip:a@10.77.0.5>;tag=1\r\nTo: <sip:601@10.77.0.10>\r\nCall-ID: g%d@x\r\n"
    b"CSeq: 1 INVITE\r\nContact: <sip:a@10.77.0.5>\r\nMax-Forwards: 70\r\n"
    b"Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%b"
)
_BODIES = (
    b"",
    b"v=0",
    b"v=0\r\no=- 1 1 IN IP4 10.77.0.5\r\ns=-\r\nc=IN IP4 10.77.0.5\r\nt=0 0\r\n",
    b"v=0\r\no=- 1 1 IN IP4 x\r\ns=-\r\nc=IN IP4 999.1.1.1\r\nt=0 0\r\nm=audio 99999 RTP/AVP 8\r\n",
    b"v=0\r\no=- 1 1 IN IP4 10.77.0.5\r\ns=-\r\nt=0 0\r\nm=audio -1 RTP/AVP " + b"8 " * 2000,
    b"\xff\xfe" * 200,
    b"a=" + b"x" * 4000,
)


def garbage(count: int) -> list[bytes]:
    """Make datagrams that are no SIP, half SIP, or SIP with an impossible body; always the same."""
    chance = random.Random(1)
    made = []
    for number in range(count):
        body = chance.choice(_BODIES)
        whole = _INVITE % (number, number, len(body), body)
        match number % 5:
            case 0:
                made.append(chance.randbytes(chance.randrange(1, 1400)))
            case 1:
                made.append(whole[: chance.randrange(len(whole))])
            case 2:
                at = chance.randrange(len(whole))
                made.append(whole[:at] + chance.randbytes(8) + whole[at + 8 :])
            case 3:
                made.append(whole)
            case _:
                made.append(whole.replace(b"CSeq: 1 INVITE", chance.choice((b"", b"CSeq: x y"))))
    return made


@pytest.mark.parametrize("source", [PBX, STRANGER])
def test_garbage_changes_nothing(
    namespace: Namespace, root: Path, box: Gateway, phone: Telephone, source: str
) -> None:
    begin = len(box.log)
    with namespace.udp(source) as sender:
        for number, datagram in enumerate(garbage(500)):
            sender.sendto(datagram, (BOX, 5060))
            if number % 50 == 0:
                time.sleep(0.01)
    time.sleep(0.5)
    # Damaged invitations that still are invitations may ring: they end without an ACK.
    wait_until(lambda: box.line(LINE)["legs"] == [], 70.0, lambda: str(box.line(LINE)))
    lines = log_lines(box, begin)
    assert len(lines) < 60, lines[-20:]
    still_takes_calls(namespace, root, box, phone)


def test_another_stranger_is_refused_and_named_once(
    namespace: Namespace, root: Path, box: Gateway, phone: Telephone
) -> None:
    begin = len(box.log)
    far = Sipp(
        namespace,
        root,
        "\n".join(
            (
                hostile.invite(),
                hostile.expect(100, optional=True),
                hostile.expect(403),
                hostile.in_dialog("ACK", 1, same_branch=True),
            )
        ),
        address=OTHER_STRANGER,
        target=f"{BOX}:5060",
        service="601",
        calls=20,
        rate=20.0,
    )
    outcome = far.outcome()
    assert outcome, outcome.describe()
    assert not phone.look()["ringing"]
    said = [line for line in log_lines(box, begin) if OTHER_STRANGER in line]
    assert 1 <= len(said) <= 2, said


# --- a flood ----------------------------------------------------------------------------------------


def resident_kib(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    return int(next(line for line in status.splitlines() if "VmRSS" in line).split()[1])


@pytest.mark.parametrize(
    ("source", "method", "most_mib"),
    [
        (PBX, "OPTIONS", 20),
        (STRANGER, "REGISTER", 20),
        # Each refused INVITE keeps its transaction for 32 s (RFC 3261 timer H), 50 KiB with
        # pjsip's pools. What bounds it on a box is the firewall, which strangers do not pass.
        (STRANGER, "INVITE", 400),
    ],
)
def test_ten_thousand_requests(
    namespace: Namespace,
    root: Path,
    box: Gateway,
    phone: Telephone,
    source: str,
    method: str,
    most_mib: int,
) -> None:
    begin, before = len(box.log), resident_kib(box.process.pid)
    request = (
        "%(method)s sip:601@10.77.0.10 SIP/2.0\r\n"
        "Via: SIP/2.0/UDP %(source)s:%(port)d;branch=z9hG4bKf%(number)d\r\n"
        "From: <sip:a@%(source)s>;tag=%(number)d\r\nTo: <sip:601@10.77.0.10>\r\n"
        "Call-ID: flood%(number)d@x\r\nCSeq: 1 %(method)s\r\nContact: <sip:a@%(source)s>\r\n"
        "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    )
    with namespace.udp(source) as sender:
        port = sender.getsockname()[1]
        for number in range(10_000):
            values = {"method": method, "source": source, "port": port, "number": number}
            sender.sendto((request % values).encode(), (BOX, 5060))
            if number % 20 == 0:
                time.sleep(0.005)  # some 3,000 a second
        time.sleep(1.0)
        box.client.get("/status")
        still_takes_calls(namespace, root, box, phone)
    lines = log_lines(box, begin)
    assert len(lines) < 60, lines[-20:]
    assert resident_kib(box.process.pid) - before < most_mib * 1024


# --- connections --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("after", "port"), [("accept", 5062), ("INVITE", 5063)])
def test_a_switchboard_that_closes_the_connection(
    namespace: Namespace, after: str, port: int
) -> None:
    address = "10.77.0.11"
    box = Gateway(
        namespace,
        trunks={"pbx": {"servers": [f"{PBX}:{port}"], "transport": "tcp"}},
        lines={LINE: {"port": "fxs1", "extension": "601"}},
        sip={"bind": address},
    )
    with namespace.listen(PBX, port) as listener, box:

        def slam() -> None:
            for _ in range(5):
                connection, _ = listener.accept()
                with connection:
                    if after == "INVITE":
                        connection.recv(100)

        threading.Thread(target=slam, daemon=True).start()
        phone = box.telephone(LINE)
        heard = call_out(phone, box, until=12.0)
        assert is_rhythm(heard[-3 * RATE :], *CONGESTION)
        begin = len(box.log)
        phone.hang_up()
        time.sleep(1.0)
        assert len(log_lines(box, begin)) < 6


def test_a_switchboard_that_answers_garbage(namespace: Namespace, box: Gateway) -> None:
    phone = box.telephone(LINE)
    stop = threading.Event()
    with namespace.udp(PBX, 5060) as far:
        far.settimeout(0.2)

        def babble() -> None:
            while not stop.is_set():
                try:
                    asked, peer = far.recvfrom(4000)
                except TimeoutError:
                    continue
                if not asked.startswith(b"INVITE"):
                    continue  # it answers our garbage: two babblers would never end
                for datagram in garbage(5):
                    far.sendto(datagram, peer)
                far.sendto(b"SIP/2.0 999 \r\n\r\n", peer)

        babbler = threading.Thread(target=babble)
        babbler.start()
        try:
            # 32 s: RFC 3261 timer B; nothing that came was an answer.
            heard = call_out(phone, box, until=36.0)
            assert is_rhythm(heard[-3 * RATE :], *CONGESTION)
        finally:
            stop.set()
            babbler.join()
            phone.hang_up()
    box.wait_state(LINE, "idle")
    assert box.process.exit_code is None
