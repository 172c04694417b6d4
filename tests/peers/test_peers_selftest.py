"""The servers among themselves, without our gateway: is the ground firm?"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from . import sipp
from .asterisk import Asterisk, Endpoint
from .asterisk_files import ANNOUNCEMENT
from .baresip import Baresip
from .certificates import Authority
from .hearing import RATE, assert_heard, hear, read_wav, write_wav
from .kamailio import Fault, Kamailio
from .netns import PREFIX, Namespace, wait_until
from .sipp import Sipp

pytestmark = pytest.mark.usefixtures("namespace")

SECRET = "segreto"
PBX = "10.77.0.2"


@pytest.fixture(scope="module")
def pbx(namespace: Namespace, root: Path, authority: Authority) -> Iterator[Asterisk]:
    endpoints = [
        Endpoint(name="601", password=SECRET),
        Endpoint(name="602", password=SECRET, algorithms=("SHA-256",)),
        Endpoint(name="603", password=SECRET, srtp="required", rewrite_contact=True),
        Endpoint(name="trunk", host="10.77.0.10:5070"),
    ]
    certificate = authority.server(PBX)
    with Asterisk(namespace, root, endpoints=endpoints, certificate=certificate) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(namespace: Namespace, root: Path) -> Iterator[Kamailio]:
    with Kamailio(namespace, root, users={"601": SECRET, "602": SECRET}) as running:
        yield running


@pytest.fixture(scope="module")
def sentences(root: Path, namespace: Namespace) -> tuple[Path, Path]:
    """Two pieces of Italian speech, four seconds each."""
    directory = root / "usr/share/asterisk/sounds/it_IT_m_Carlo"
    names = ("demo-instruct", "tt-weasels")
    first, second = (
        write_wav(namespace.work / f"{name}.wav", read_wav(directory / f"{name}.wav")[: 4 * RATE])
        for name in names
    )
    return first, second


def test_two_telephones_hear_each_other(
    namespace: Namespace,
    root: Path,
    pbx: Asterisk,
    authority: Authority,
    sentences: tuple[Path, Path],
) -> None:
    caller = Baresip(namespace, root, user="601", proxy=PBX, password=SECRET, speech=sentences[0])
    called = Baresip(
        namespace,
        root,
        user="603",
        proxy=f"{PBX}:5061",
        transport="tls",
        srtp=True,
        authority=authority.certificate,
        password=SECRET,
        speech=sentences[1],
        address="10.77.0.7",
    )
    with caller, called:
        caller.wait_registered()
        called.wait_registered()
        caller.dial("603")
        caller.wait_established()
        called.wait_established()
        time.sleep(4.5)
        caller.hang_up()
        called.wait_closed()
        assert_heard(called.recording(), sentences[0])
        assert_heard(caller.recording(), sentences[1])
        assert hear(caller.recording(), sentences[0]).figure < 0.2
    assert not pbx.channels()


def test_asterisk_speaks_records_and_reads_digits(
    namespace: Namespace, root: Path, pbx: Asterisk, sentences: tuple[Path, Path]
) -> None:
    telephone = Baresip(
        namespace, root, user="601", proxy=PBX, password=SECRET, speech=sentences[0]
    )
    with telephone:
        telephone.wait_registered()
        telephone.dial("9003")
        telephone.wait_established()
        time.sleep(4.5)
        telephone.hang_up()
        wait_until(lambda: not pbx.channels(), 3.0, "the recording does not end")
        assert_heard(pbx.recordings()[-1], sentences[0])

        telephone.dial("9002")
        telephone.wait_established()
        time.sleep(3.0)
        telephone.hang_up()
        announcement = read_wav(pbx.sound(ANNOUNCEMENT))[: 2 * RATE]
        assert_heard(telephone.recording(), announcement)

        telephone.dial("9008")
        telephone.wait_established()
        telephone.send_digits("0571*9#")
        telephone.wait_closed()
    assert pbx.digits() == ["0571*9"]
    assert pbx.journal()[-1].startswith("9008|601|")


@pytest.mark.parametrize(
    ("number", "answer"),
    [("9004", "486"), ("9005", "503"), ("9014", "403"), ("9015", "410"), ("7777", "404")],
)
def test_asterisk_refuses_as_told(
    namespace: Namespace, root: Path, pbx: Asterisk, number: str, answer: str
) -> None:
    call = Sipp(
        namespace,
        root,
        "uac",
        target=f"{PBX}:5060",
        address="10.77.0.10",
        port=5070,
        service=number,
    )
    outcome = call.outcome()
    assert not outcome
    assert f"SIP/2.0 {answer} " in outcome.messages


@pytest.mark.parametrize(
    ("user", "transport", "algorithm"),
    [
        ("601", "u1", "MD5"),
        ("601", "t1", "MD5"),
        ("602", "u1", "SHA-256"),
        ("602", "l1", "SHA-256"),
    ],
)
def test_digest_registration(
    namespace: Namespace,
    root: Path,
    pbx: Asterisk,
    authority: Authority,
    user: str,
    transport: str,
    algorithm: str,
) -> None:
    run = Sipp(
        namespace,
        root,
        sipp.REGISTER,
        target=f"{PBX}:{5061 if transport == 'l1' else 5060}",
        service=user,
        credentials=(user, SECRET),
        transport=transport,
        certificate=authority.server("10.77.0.5"),
    )
    outcome = run.outcome()
    assert outcome, outcome.describe()
    assert f"algorithm={algorithm}" in outcome.messages
    assert pbx.registered(user)


def test_a_wrong_password_is_refused(namespace: Namespace, root: Path, pbx: Asterisk) -> None:
    outcome = sipp.register(
        namespace, root, user="601", password="altro", target=f"{pbx.address}:5060"
    )
    assert outcome.failed == 1


def test_asterisk_calls_with_number_and_name(
    namespace: Namespace, root: Path, pbx: Asterisk
) -> None:
    called = Sipp(namespace, root, "uas", address="10.77.0.10", port=5070)
    pbx.originate(
        "6001@trunk", number="+390571757611", name="Nido Stacciaburatta", extension="9012"
    )
    outcome = called.outcome()
    assert outcome, outcome.describe()
    assert "INVITE sip:6001@10.77.0.10:5070" in outcome.messages
    assert 'From: "Nido Stacciaburatta" <sip:+390571757611@10.77.0.2>' in outcome.messages
    assert (
        'P-Asserted-Identity: "Nido Stacciaburatta" <sip:+390571757611@10.77.0.2>'
        in outcome.messages
    )


def test_kamailio_registers_and_connects(
    namespace: Namespace, root: Path, proxy: Kamailio, sentences: tuple[Path, Path]
) -> None:
    both = [
        Baresip(
            namespace,
            root,
            user=user,
            proxy=proxy.address,
            password=SECRET,
            speech=sentence,
            address=address,
        )
        for user, sentence, address in zip(
            ("601", "602"), sentences, ("10.77.0.6", "10.77.0.7"), strict=True
        )
    ]
    with both[0] as caller, both[1] as called:
        caller.wait_registered()
        called.wait_registered()
        assert proxy.registered("602")
        caller.dial("602")
        caller.wait_established()
        time.sleep(2.5)
        caller.hang_up()
        called.wait_closed()
        beginning = read_wav(sentences[0])[: 2 * RATE]
        assert_heard(called.recording(), beginning)
    assert proxy.seen("INVITE") == 2  # one more after the challenge


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.NONE])
def test_kamailio_fails_as_told(
    namespace: Namespace, root: Path, proxy: Kamailio, fault: Fault
) -> None:
    target = f"{proxy.address}:5060"
    proxy.set_fault(fault)
    try:
        outcome = sipp.register(
            namespace, root, user="601", password=SECRET, target=target, seconds=2.0
        )
        assert not outcome
        answers = {line for line in outcome.messages.splitlines() if line.startswith("SIP/2.0 ")}
        match fault:
            case Fault.SILENT:
                assert answers == set()
            case Fault.CHALLENGE:
                assert answers == {"SIP/2.0 401 Unauthorized"}
                assert outcome.messages.count("\nSIP/2.0 401") >= 2
            case _:
                assert [answer.split()[1] for answer in answers] == [fault.value]
    finally:
        proxy.set_fault(Fault.NONE)
    again = sipp.register(namespace, root, user="601", password=SECRET, target=target)
    assert again, again.describe()


def test_kamailio_starts_again_on_the_same_address(proxy: Kamailio) -> None:
    proxy.stop()
    proxy.start()
    assert not proxy.registered("601")


def test_lost_packets_are_lost(namespace: Namespace) -> None:
    sender, receiver = namespace.udp("10.77.0.8"), namespace.udp("10.77.0.9", 4000)
    receiver.settimeout(0.2)
    with sender, receiver:
        with namespace.dropping("udp dport 4000"):
            sender.sendto(b"lost", ("10.77.0.9", 4000))
            with pytest.raises(TimeoutError):
                receiver.recv(100)
        with namespace.dropping("udp dport 4000", percent=30):
            for _ in range(200):
                sender.sendto(b"some", ("10.77.0.9", 4000))
        arrived = 0
        while select.select([receiver], [], [], 0)[0]:
            arrived += len(receiver.recv(100)) // 4
    assert 100 < arrived < 180


def test_certificates_are_good_and_bad_as_asked(
    namespace: Namespace, pbx: Asterisk, authority: Authority
) -> None:
    def verdict(name: str) -> str:
        words = ["openssl", "s_client", "-connect", f"{PBX}:5061", "-verify_ip", name]
        return namespace.run([*words, "-CAfile", authority.certificate, "-brief"]).stderr

    assert "Verification: OK" in verdict(PBX)
    assert "IP address mismatch" in verdict("10.77.0.99")
    expired = authority.server(PBX, expired=True).certificate
    words = ["openssl", "verify", "-CAfile", str(authority.certificate), str(expired)]
    assert "certificate has expired" in namespace.run(words).stderr


_DYING_RUN = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from peers.netns import Namespace
with Namespace(Path(sys.argv[2])) as inside:
    sleeper = inside.popen(["sh", "-c", "sleep 1000 & sleep 1000"])
    print(inside.name, sleeper.pid, flush=True)
    time.sleep(1000)
"""


def lives(pid: str) -> bool:
    """Whether a process runs; one that only waits to be buried by init does not."""
    try:
        state = Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_a_killed_run_leaves_nothing(tmp_path: Path) -> None:
    tests = Path(__file__).parents[1]
    argv = [sys.executable, "-c", _DYING_RUN, str(tests), str(tmp_path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        name, pid = run.stdout.readline().split()
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
    assert name.startswith(PREFIX)
    wait_until(lambda: not lives(pid), 10.0, "the program outlives its run")
    with Namespace(tmp_path):
        left = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True)
        assert name not in left.stdout
