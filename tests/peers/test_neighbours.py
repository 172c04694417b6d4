"""The switchboard is gone: sites call each other directly, and nobody else gets in."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from firmware.site.directory import sign_directory
from tests.neighbours import authority, certificate, entry

from .gateway import Gateway
from .hearing import RATE, assert_heard, read_wav, write_wav
from .netns import Namespace, wait_until

GONE = "10.77.0.9"
SITES = {
    "nido": ("10.77.0.10", "21"),
    "museo": ("10.77.0.11", "31"),
    "scuola": ("10.77.0.12", "41"),
}
STRANGER = ("10.77.0.13", "51")
LINE = "tavolo"


class Site(Gateway):
    """One telephone, a trunk to a switchboard that is gone, neighbours in ``folder``."""

    def __init__(self, namespace: Namespace, folder: Path, site: str, where: tuple[str, str]):
        address, self.extension = where
        super().__init__(
            namespace,
            site=site,
            trunks={"pbx": {"servers": [GONE], "probe_s": 1}},
            lines={LINE: {"port": "fxs1", "extension": self.extension}},
            sip={
                "bind": address,
                "tls_cert": folder / f"{site}.pem",
                "tls_key": folder / f"{site}.key",
            },
            dialplan={"internal": ["2x", "3x", "4x", "5x"]},
            neighbours={
                "directory": folder / "directory.toml",
                "key": folder / "authority.pub",
            },
        )

    @property
    def phone(self):
        return self.telephone(LINE)

    def dials(self, number: str) -> None:
        self.phone.lift()
        self.phone.dial(number)

    def hang_up(self) -> None:
        self.phone.hang_up()
        self.wait_state(LINE, "idle")


def directory(folder: Path, sites: dict[str, tuple[str, str]]) -> Path:
    """Make and sign the directory of ``sites``, with a certificate for each that has none."""
    text = ""
    for site, (address, extension) in sites.items():
        cert = folder / f"{site}.pem"
        if not cert.exists():
            certificate(folder, site, address)
        text += entry(site, address, extension, cert)
    (folder / "directory.toml").write_text(text)
    private, _ = authority(folder)
    sign_directory(folder / "directory.toml", private)
    return folder


@pytest.fixture(scope="module")
def speech(root: Path, namespace: Namespace) -> Path:
    whole = read_wav(root / "usr/share/asterisk/sounds/it_IT_m_Carlo/demo-instruct.wav")
    return write_wav(namespace.work / "speech.wav", whole[: 3 * RATE])


@pytest.fixture(scope="module")
def folder(namespace: Namespace) -> Path:
    place = namespace.work / "directory"
    place.mkdir()
    return directory(place, SITES)


@pytest.fixture(scope="module")
def sites(namespace: Namespace, folder: Path) -> Iterator[dict[str, Site]]:
    made = {name: Site(namespace, folder, name, where) for name, where in SITES.items()}
    with ExitStack() as running:
        for site in made.values():
            running.enter_context(site)
        for site in made.values():
            wait_until(lambda s=site: s.trunk()["state"] == "down", 12, "the trunk is not down")
        yield made


@pytest.mark.parametrize("pair", list(itertools.permutations(SITES, 2)), ids="-".join)
def test_each_site_calls_each_other_with_audio_both_ways(
    sites: dict[str, Site], speech: Path, pair: tuple[str, str]
) -> None:
    caller, called = (sites[name] for name in pair)
    caller.dials(called.extension)
    called.phone.wait_ringing()
    called.phone.lift()
    caller.wait_state(LINE, "talking")
    time.sleep(0.3)
    for speaker, listener in ((caller, called), (called, caller)):
        with listener.phone.recording() as heard:
            speaker.phone.say(speech)
            time.sleep(0.4)
        assert_heard(heard[0], speech)
    caller.hang_up()
    called.hang_up()
    assert called.events  # the event stream of the called tells who called
    call = next(event for event in called.events if event["event"] == "leg-incoming")
    assert call["neighbour"]
    assert all(event["encrypted"] for event in called.events if event["event"] == "leg-quality")


def test_the_boxes_of_neighbours_are_proven_as_ways_to_help(sites: dict[str, Site]) -> None:
    proof = sites["nido"].client.post("/emergency/test", within_s=40)
    found = {way["name"]: way["ok"] for way in proof["ways"]}
    assert found == {"pbx": False, "museo": True, "scuola": True}


def test_a_stranger_with_a_directory_of_his_own_is_refused(
    namespace: Namespace, folder: Path, sites: dict[str, Site]
) -> None:
    own = namespace.work / "stranger"
    own.mkdir()
    for file in folder.glob("*.pem"):
        (own / file.name).write_bytes(file.read_bytes())
    directory(own, SITES | {"ladro": STRANGER})
    rung = len(sites["museo"].events)
    with Site(namespace, own, "ladro", STRANGER) as stranger:
        wait_until(lambda: stranger.trunk()["state"] == "down", 12, "the trunk is not down")
        stranger.dials("31")
        wait_until(stranger.calls, 8.0, "the call was not refused")
        assert stranger.calls()[0]["code"] == 503
        stranger.hang_up()
    after = [event["event"] for event in sites["museo"].events[rung:]]
    assert "leg-incoming" not in after
    assert "TLS connection failed" in sites["museo"].log


@pytest.mark.parametrize("known_port", [False, True])
def test_a_call_without_a_certificate_is_refused_wherever_it_comes_from(
    namespace: Namespace, sites: dict[str, Site], *, known_port: bool
) -> None:
    """A datagram in the name of a neighbour, from its address, even from the port of its TLS."""
    nido, museo = SITES["nido"][0], SITES["museo"][0]
    sites["nido"].dials("31")
    sites["museo"].phone.wait_ringing()
    sites["nido"].hang_up()
    sites["museo"].wait_state(LINE, "idle")
    rung = len(sites["museo"].events)
    port = _port_of_connection(namespace, nido, f"{museo}:5061") if known_port else 0
    source = namespace.udp(nido, port)
    source.settimeout(3.0)
    here = f"{nido}:{source.getsockname()[1]}"
    source.sendto(
        (
            f"INVITE sip:31@{museo} SIP/2.0\r\nVia: SIP/2.0/TLS {here};rport;branch=z9hG4bK{port}\r\n"
            f"From: <sip:nido@{museo}>;tag=1\r\nTo: <sip:31@{museo}>\r\nCall-ID: forged{port}\r\n"
            f"CSeq: 1 INVITE\r\nContact: <sip:nido@{here}>\r\nMax-Forwards: 70\r\n"
            "Content-Length: 0\r\n\r\n"
        ).encode(),
        (museo, 5060),
    )
    answer = "SIP/2.0 1"
    while answer.startswith("SIP/2.0 1"):
        answer = source.recv(4096).decode()
    assert answer.startswith("SIP/2.0 403"), answer
    assert "leg-incoming" not in [event["event"] for event in sites["museo"].events[rung:]]


def _port_of_connection(namespace: Namespace, address: str, peer: str) -> int:
    found = namespace.run(["ss", "-Htn", "state", "established", "src", address, "dst", peer])
    return int(found.stdout.split()[2].rpartition(":")[2])


def test_a_forged_directory_keeps_the_box_from_starting(namespace: Namespace, folder: Path) -> None:
    own = namespace.work / "forged"
    own.mkdir()
    for file in folder.iterdir():
        (own / file.name).write_bytes(file.read_bytes())
    (own / "museo.key").chmod(0o600)
    path = own / "directory.toml"
    path.write_text(path.read_text().replace(SITES["nido"][0], STRANGER[0]))
    site = Site(namespace, own, "museo", SITES["museo"])
    with pytest.raises(RuntimeError, match="was changed, or signed by somebody else"):
        site.start()
