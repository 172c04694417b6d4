"""A site file gives a site, or every problem at its line; never anything else."""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware.site.choices import Codec, Need, Register, Transport
from firmware.site.load import load_site
from firmware.site.numbers import Number
from firmware.site.problems import SiteError
from firmware.site.reading import LARGEST
from firmware.site.schema import Site
from firmware.site.values import Server

GOOD = """\
[site]
id = "nido"
name = "Nido d'infanzia"
time_zone = "Europe/Rome"
switchboard = "comune"

[numbers]
comune = "+39 0571 7571"
nido = "0570 000 100"

[sip]
bind = "0.0.0.0"
port = 0
rtp_ports = [20000, 20063]

[trunks.pbx]
servers = ["pbx.example:5070", "192.0.2.7"]
transport = "tls"
register = "trunk"
user = "nido"
secret = "pbx"
srtp = "required"
codecs = ["g722", "pcma"]
accept_from = ["192.0.2.0/24"]

[lines.ufficio]
port = "fxs1"
extension = "610"
number = "nido"
caller_name = "Nido"
gain_in_db = -3
distinctive = { internal = "bellcore-dr2" }

[lines.cucina]
port = "fxs2"
extension = "611"

[board]
name = "sim"

[dialplan]
internal = ["6xx", "7xxx"]
blocked = ["899.", "00."]
"""
PASSWORD = "f4t0rwVuo8"
SECRETS = f'pbx = "{PASSWORD}"\n'

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def make(text: str | bytes, secrets: str | None = SECRETS, mode: int = 0o600) -> Path:
        path = tmp_path / "nido.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        if secrets is not None:
            file = tmp_path / "nido.secrets.toml"
            file.write_text(secrets)
            file.chmod(mode)
        return path

    return make


def problems(path: Path, **environment: str) -> list[str]:
    with pytest.raises(SiteError) as error:
        load_site(path, environment=environment)
    assert str(error.value).splitlines() == [str(problem) for problem in error.value.problems]
    assert PASSWORD not in str(error.value)
    return [str(p).removeprefix(f"{path.parent}/") for p in error.value.problems]


def changed(old: str, new: str, text: str = GOOD) -> str:
    assert text.count(old) == 1, old
    return text.replace(old, new)


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_a_good_file_is_read_and_its_names_are_resolved(write: Write) -> None:
    site = load_site(write(GOOD), environment={})
    assert site.about.switchboard == Number("+3905717571")
    assert site.about.time_zone.key == "Europe/Rome"
    trunk = site.trunks["pbx"]
    assert trunk.servers == (Server("pbx.example", 5070), Server("192.0.2.7", None))
    assert (trunk.transport, trunk.srtp) == (Transport.TLS, Need.REQUIRED)
    assert trunk.registration is Register.TRUNK
    assert trunk.codecs == (Codec.G722, Codec.PCMA)
    assert trunk.secret is not None
    assert trunk.secret.get_secret_value() == PASSWORD
    assert [str(network) for network in trunk.accept_from] == ["192.0.2.0/24"]
    line = site.lines["ufficio"]
    assert (line.number, line.trunk, line.gain_in_db) == (Number("+390570000100"), "pbx", -3.0)
    assert site.lines["cucina"].trunk == "pbx"
    assert site.lines["cucina"].number is None
    assert "112" in site.emergency.numbers
    assert PASSWORD not in repr(site)
    assert PASSWORD not in str(site)
    assert PASSWORD not in trunk.model_dump_json()


def test_a_site_cannot_be_changed(write: Write) -> None:
    site = load_site(write(GOOD), environment={})
    with pytest.raises(ValueError, match="frozen"):
        site.lines["ufficio"].extension = "1"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        site.board = None  # type: ignore[misc,assignment]


def test_every_problem_is_told_at_once_in_the_order_of_the_file(write: Write) -> None:
    text = GOOD
    for old, new in (
        ("Europe/Rome", "Europe/Rom"),
        ('switchboard = "comune"', 'switchbord = "comune"'),
        ('comune = "+39 0571', 'comune = "+39 571'),
        ("port = 0", 'port = "5060"'),
        ('transport = "tls"', 'transport = "tsl"'),
        ('number = "nido"', 'number = "nodo"'),
        ('extension = "611"', 'extension = "610"'),
        ("[board]", "[bord]"),
        ('"00."', '"1x"'),
    ):
        text = changed(old, new, text)
    text += "\n[emergency]\nnumbers = 112\n"
    found = problems(write(text))
    expected = [
        ("[bord]", "bord: unknown section; did you mean"),
        ("Europe/Rom", 'site.time_zone: "Europe/Rom" is not a time zone; did you mean "Europe/R'),
        ("switchbord", 'site.switchbord: unknown key; did you mean "switchboard"?'),
        ("comune = ", 'numbers.comune: "+39 571 7571" lacks its leading 0; '),
        ("port = ", 'sip.port: "5060" does not fit; write a whole number from 0 to 65535'),
        ("transport", 'trunks.pbx.transport: "tsl" does not fit; write one of "udp", "tcp", "tls"'),
        ("number = ", 'lines.ufficio.number: "nodo" is not a name under [numbers]; did you mean'),
        ('"610"\n\n', 'lines.cucina.extension: is that of line "ufficio" too; give each'),
        ("numbers = 112", "emergency.numbers: 112 does not fit; write a list: 3 to 6 digits"),
    ]
    for part, message in expected:
        place = f"nido.toml:{line_of(text, part)}: {message}"
        assert any(line.startswith(place) for line in found), (place, found)
    assert "nido.toml:1: board: is missing; add a section [board]" in found
    assert len(found) == len(expected) + 1
    numbers = [int(line.split(":")[1]) for line in found]
    assert numbers == sorted(numbers)


RULES = [
    ('port = "fxs2"', 'port = "fxs1"', 'lines.cucina.port: is that of line "ufficio" too'),
    ('port = "fxs2"', 'port = "fxs3"', '"fxs3" is not on the board, which ends at "fxs2"'),
    ('port = "fxs2"', 'port = "fxx1"', "is not a port"),
    ('extension = "611"', 'extension = "112"', "begins like the emergency number 112"),
    ('extension = "611"', 'extension = "1125"', "begins like the emergency number 112"),
    ('extension = "611"', 'extension = "11"', "begins like emergency numbers 112, 113, 114 and"),
    ('extension = "611"', "extension = 611", "611 is not text"),
    ('extension = "611"', 'extension = "899"', 'is blocked by "899."'),
    ('"6xx"', '"1xx"', '"1xx" begins like emergency numbers 112, 113'),
    ('"6xx"', '"x"', "begins like emergency numbers"),
    ('"6xx"', '"6XX"', "is not a pattern"),
    ('"00."', '"."', "is not a pattern"),
    ('"00."', '"118"', '"118" blocks the emergency number 118'),
    ('"00."', '"11"', "blocks emergency numbers"),
    ('"00."', '"15x2."', '"15x2." blocks the emergency number 1522'),
    ("[dialplan]", '[dialplan]\noutside_prefix = "1"', '"1" begins like emergency numbers'),
    ("[dialplan]", '[dialplan]\noutside_prefix = "6"', 'begins like outside_prefix "6"'),
    ("20063", "20062", "is not a range of port pairs"),
    ("20000", "20001", "is not a range of port pairs"),
    ("20063", "19999", "is not a range of port pairs"),
    ("20063", "70001", "is not a range of port pairs"),
    (
        "20063",
        "20007",
        "8 ports are too few for 2 lines; make it at least 16 ports, as [20000, 20015]",
    ),
    (", 20063", "", "sip.rtp_ports[1]: is missing; write a whole number"),
    ("port = 0", "port = 20002", "20002 lies in rtp_ports"),
    ("port = 0", "port = 5061", "is the same as port"),
    ("port = 0", "port = true", "true does not fit; write a whole number"),
    ("port = 0", "port = 65536", "65536 does not fit"),
    ("port = 0", "port = 5060.0", "5060.0 does not fit"),
    ('bind = "0.0.0.0"', 'bind = "::"', '"192.0.2.7" is IPv4 and [sip] bind is IPv6'),
    ('bind = "0.0.0.0"', 'bind = "eth0"', "is not an IP address"),
    ('bind = "0.0.0.0"', 'tls_cert = "no.pem"', '"no.pem" is not a file'),
    ('bind = "0.0.0.0"', 'tls_cert = "nido.toml"', "tls_key: is missing"),
    ('bind = "0.0.0.0"', 'user_agent = "A\\r\\nX: y"', "does not fit a SIP header"),
    ('"tls"', '"udp"', "the keys (SDES, RFC 4568) would be readable in SIP over udp"),
    ('"tls"', '"tls"\nca_file = "nido.toml"', "holds no certificate"),
    ('"tls"', '"tls"\nca_file = "a\\u0000b"', '"a\\u0000b" is not a file'),
    (
        '"tls"',
        '"tcp"\nsrtp = "off"\nverify_server = false\n[trunks.b]',
        "verify_server: has no effect",
    ),
    ('"192.0.2.7"', '"192.0.2.700"', '"192.0.2.700" is not an IP address'),
    ('"192.0.2.7"', '"pbx.example:5070"', 'servers[1]: "pbx.example:5070" is there twice'),
    ('"192.0.2.7"', '"2001:db8::7"', "is not a server"),
    ('"192.0.2.7"', '"pbx:0"', "has the port 0"),
    ('"192.0.2.7"', '"sip:pbx"', "is not a server"),
    ('["192.0.2.0/24"]', '["192.0.2.1/24"]', 'write the network, "192.0.2.0/24"'),
    ('["192.0.2.0/24"]', "[]", "an array does not fit"),
    ('["g722", "pcma"]', '["g722", "g722"]', 'codecs[1]: "g722" is there twice'),
    ('["g722", "pcma"]', '["g729"]', 'codecs[0]: "g729" does not fit; write one of "pcma"'),
    ('user = "nido"\n', "", 'trunks.pbx.user: is missing, register = "trunk" needs it'),
    ('secret = "pbx"\n', "", 'trunks.pbx.secret: is missing, register = "trunk" needs it'),
    ('register = "trunk"', 'register = "lines"', 'user: is not used with register = "lines"'),
    ('register = "trunk"', 'register = "lines"', "lines.cucina.secret: is missing, register"),
    ("gain_in_db = -3", "gain_in_db = nan", "nan does not fit; write a number from -20 to 12"),
    ("gain_in_db = -3", "gain_in_db = 2020-01-01", "2020-01-01 does not fit"),
    ("gain_in_db = -3", "ring_hz = 50", "50 does not fit; write 25 or 20"),
    ("gain_in_db = -3", 'user = "a"', "is not used, its trunk does not register lines"),
    ("gain_in_db = -3", 'trunk = "pxb"', 'is not a trunk of this file; did you mean "pbx"?'),
    ('"bellcore-dr2"', '"bellcore-dr9"', 'did you mean "bellcore-dr'),
    ('caller_name = "Nido"', 'caller_name = "\\u0007"', "does not fit"),
    ('number = "nido"', 'number = "+39 0570 000 100"', "is a number, not a name"),
    ('nido = "0570 000 100"', 'nido = "0571 7571"', 'numbers.nido: is the same number as "comune"'),
    ('nido = "0570 000 100"', "nido = 390570000100", "is not text"),
    ("[lines.cucina]", '[lines."La Cucina"]', 'lines."La Cucina": is not a usable name'),
    ("[board]\n", "[board]\nfxs = 1\n", '"fxs2" is not on the board, which ends at "fxs1"'),
    (
        "[board]\n",
        '[lines.esterna]\nport = "fxo1"\nnumber = "nido"\n[board]\n',
        'esterna.port: "fxo1" is not on the board; correct it, or set fxo under [board]',
    ),
    (
        "[board]\n",
        '[lines.esterna]\nport = "fxo1"\nnumber = "nido"\nextension = "9"\n[board]\nfxo = 1\n',
        "esterna.extension: unknown key",
    ),
    (
        "[board]\n",
        '[lines.esterna]\nport = "fxo1"\nnumber = "nido"\ninbound = "cucia"\n[board]\nfxo = 1\n',
        'esterna.inbound: "cucia" is not a telephone, menu or group of this file; did you mean "cucina"?',
    ),
    (
        "[board]\n",
        '[lines.esterna]\nport = "fxo1"\nnumber = "nido"\nalone = "pbx"\n[board]\nfxo = 1\n',
        "esterna.alone: is for when there is no switchboard",
    ),
    ('name = "sim"', 'name = "slic"', '"slic" does not fit; write one of "sim", "sim-pins"'),
    ('name = "sim"', "", 'board.name: is missing; write one of "sim", "sim-pins"'),
    ('[board]\nname = "sim"', "[[board]]", "board: is not a table"),
    ("[dialplan]", '[emergency]\nnumbers = ["112"]\n[dialplan]', "113 is missing"),
    ("[dialplan]", "[cellars.a]\n[dialplan]", "cellars: unknown section"),
    ("[dialplan]", '[emergency]\nways = ["mobile"]\n[dialplan]', 'building has; add "pbx"'),
    ("[dialplan]", '[emergency]\nways = ["pbx", "pbx"]\n[dialplan]', '"pbx" is there twice'),
    ("[dialplan]", "[location]\nlatitude = 43.7\n[dialplan]", "location.longitude: is missing"),
    ("[dialplan]", '[location]\ncity = "Empoli"\n[dialplan]', "location: does not say where"),
]


@pytest.mark.parametrize(("old", "new", "message"), RULES)
def test_rules(write: Write, old: str, new: str, message: str) -> None:
    text = changed(old, new)
    found = problems(write(text))
    assert any(message in line for line in found), found
    assert all(line.startswith("nido.toml:") and ": " in line and "; " in line for line in found)


def test_unknown_keys_hide_no_other_problem(write: Write) -> None:
    text = changed('name = "sim"', 'name = "sim"\nnome = 1', changed('"fxs2"', '"fxs9"'))
    found = problems(write(text))
    assert len(found) == 2
    assert '"fxs9" is not on the board' in found[0]
    assert 'board.nome: unknown key; did you mean "name"?' in found[1]


def test_with_several_trunks_each_line_says_which(write: Write) -> None:
    text = GOOD + '[trunks.spare]\nservers = ["192.0.2.9"]\n'
    found = problems(write(text))
    assert len(found) == 2
    assert (
        "lines.cucina.trunk: is missing; several trunks exist, write one of pbx, spare" in found[1]
    )


def test_without_trunks_the_lines_call_each_other(write: Write) -> None:
    start, end = GOOD.index("[trunks.pbx]"), GOOD.index("[lines.ufficio]")
    site = load_site(write(GOOD[:start] + GOOD[end:]), environment={})
    assert site.trunks == {}
    assert site.lines["ufficio"].trunk is None


def test_lines_that_register_have_their_own_accounts(write: Write) -> None:
    text = changed('register = "trunk"\nuser = "nido"\nsecret = "pbx"', 'register = "lines"')
    text = changed('extension = "610"', 'extension = "610"\nuser = "u1"\nsecret = "pbx"', text)
    text = changed('extension = "611"', 'extension = "611"\nuser = "u2"\nsecret = "pbx"', text)
    site = load_site(write(text), environment={})
    assert [line.user for line in site.lines.values()] == ["u1", "u2"]
    found = problems(write(changed('"u2"', '"u1"', text)))
    assert ["lines.cucina.user: is that of line" in line for line in found] == [True]


def test_clear_keys_are_accepted_when_asked_for(write: Write) -> None:
    text = changed('transport = "tls"', 'transport = "udp"\nallow_keys_in_clear = true')
    assert load_site(write(text), environment={}).trunks["pbx"].srtp is Need.REQUIRED


# --- secrets ---------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o700, 0o601])
def test_open_secrets_are_refused(write: Write, mode: int) -> None:
    path = write(GOOD, mode=mode)
    (found,) = problems(path)
    assert found == (
        f"nido.secrets.toml: is open to other users or programs (mode {mode:04o}); "
        f"chmod 600 {path.parent}/nido.secrets.toml"
    )


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_closed_secrets_are_accepted(write: Write, mode: int) -> None:
    assert load_site(write(GOOD, mode=mode), environment={}).trunks["pbx"].secret is not None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_secrets_of_somebody_else_are_refused(write: Write) -> None:
    path = write(GOOD)
    os.chown(path.with_name("nido.secrets.toml"), 65534, 65534)
    (found,) = problems(path)
    assert "belongs to another user; chown" in found


@pytest.mark.parametrize("written", [f'"{PASSWORD}"', "12345678", f'["{PASSWORD}"]', '"pbxx"'])
def test_what_stands_for_a_secret_is_never_repeated(write: Write, written: str) -> None:
    (found,) = problems(write(changed('secret = "pbx"', f"secret = {written}")))
    assert "trunks.pbx.secret: no secret of this name in nido.secrets.toml" in found
    assert "(names there: pbx)" in found
    assert written.strip('"') not in found.replace("pbx", "")


def test_a_user_before_the_server_is_not_repeated(write: Write) -> None:
    (found,) = problems(write(changed('"192.0.2.7"', f'"nido:{PASSWORD}@pbx"')))
    assert "has a user before the server" in found


def test_missing_secrets_are_named(write: Write) -> None:
    (found,) = problems(write(GOOD, secrets=None))
    assert found.startswith(f"nido.toml:{line_of(GOOD, 'secret =')}: trunks.pbx.secret: no secret")
    assert 'write a name here and name = "…" into that new file, chmod 600' in found


@pytest.mark.parametrize(
    ("secrets", "message"),
    [
        (f'a = "x"\npbx = "{PASSWORD}\n', "nido.secrets.toml:2: is not valid TOML; correct"),
        (f'a = "x"\npbx = ["{PASSWORD}"]\n', "nido.secrets.toml:2: pbx: is not a secret; write"),
        ('pbx = ""', "nido.secrets.toml:1: pbx: is not a secret"),
        ('pbx = "a\\nb"', "nido.secrets.toml:1: pbx: is not a secret"),
        (f'"{PASSWORD}!" = "pbx"', "nido.secrets.toml:1: a name here is not usable"),
    ],
)
def test_wrong_secrets_are_told_without_telling_them(
    write: Write, secrets: str, message: str
) -> None:
    (found,) = problems(write(GOOD, secrets))
    assert found.startswith(message)


def test_credentials_of_systemd_come_first(write: Write, tmp_path: Path) -> None:
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "pbx").write_text("from-systemd\n")
    (folder / "key.der").write_bytes(b"\x00\xff\xfe")
    environment = {"CREDENTIALS_DIRECTORY": str(folder)}
    for secrets in (SECRETS, None):
        secret = load_site(write(GOOD, secrets), environment=environment).trunks["pbx"].secret
        assert secret is not None
        assert secret.get_secret_value() == "from-systemd"


def test_unreadable_credentials_are_told(write: Write, tmp_path: Path) -> None:
    (found,) = problems(write(GOOD), CREDENTIALS_DIRECTORY=str(tmp_path / "gone"))
    assert "gone: cannot be read (No such file or directory); check LoadCredential=" in found


# --- certificates ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=box"
    subprocess.run(
        [*command.split(), "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True
    )
    return cert, key


def with_tls(cert: Path, key: Path) -> str:
    return changed("port = 0", f'port = 0\ntls_cert = "{cert}"\ntls_key = "{key}"')


def test_certificates_are_tried(write: Write, pair: tuple[Path, Path]) -> None:
    cert, key = pair
    site = load_site(write(with_tls(cert, key)), environment={})
    assert (site.sip.tls_cert, site.sip.tls_key) == pair
    other = cert.with_name("other.pem")
    other.write_bytes(cert.read_bytes())
    other.chmod(0o600)
    (found,) = problems(write(with_tls(cert, other)))
    assert "sip.tls_key: does not fit tls_cert; write the PEM key" in found
    assert load_site(write(changed('"tls"', f'"tls"\nca_file = "{cert}"')), environment={})


def test_a_key_that_all_can_read_is_refused(write: Write, pair: tuple[Path, Path]) -> None:
    cert, key = pair
    key.chmod(0o644)
    (found,) = problems(write(with_tls(cert, key)))
    key.chmod(0o600)
    assert "sip.tls_key: is open to every user; chmod 640" in found


def test_a_key_with_a_passphrase_is_refused_without_asking(
    write: Write, pair: tuple[Path, Path], tmp_path: Path
) -> None:
    cert, key = pair
    locked = tmp_path / "locked.pem"
    command = ["openssl", "ec", "-in", key, "-aes256", "-passout", "pass:1234", "-out", locked]
    subprocess.run(command, check=True, capture_output=True)
    locked.chmod(0o600)
    (found,) = problems(write(with_tls(cert, locked)))
    assert "without passphrase" in found


# --- files that are no site files ------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "nido.toml:1: board: is missing"),
        (b"\xef\xbb\xbf" + GOOD.encode()[:-3], "is not valid TOML"),
        (GOOD.encode("utf-16"), "nido.toml:1: is not UTF-8 text; save it as UTF-8"),
        (b"[site]\nname = '\xe8'\n", "nido.toml:2: is not UTF-8 text"),
        (b"[site]\nid = \n", "nido.toml:2: is not valid TOML (Invalid value); correct the syntax"),
        (b"[site]\n[site]\n", "nido.toml:2: is not valid TOML (Cannot declare"),
        (b"[site]\nid = 'x", "is not valid TOML"),
        (b"a = " + b"[" * 4000, "is nested too deeply"),
        (b"\x00", "is not valid TOML"),
        (b"#" * (LARGEST + 1), f"nido.toml: is larger than {LARGEST} bytes"),
        (b"\n" + b"a." * 3000 + b"a = 1", "nido.toml:2: is longer than 4096 characters"),
        (b"a\n" * 100, "nido.toml:1: is not valid TOML"),
    ],
)
def test_files_that_are_no_site_files(write: Write, content: bytes, message: str) -> None:
    assert any(message in line for line in problems(write(content)))


def test_byte_order_marks_and_foreign_line_ends_are_read(write: Write) -> None:
    text = "\ufeff" + GOOD.replace("\n", "\r\n")
    assert load_site(write(text), environment={}).about.id == "nido"
    (found,) = problems(write(changed("20063", "20064", text)))
    assert found.startswith(f"nido.toml:{line_of(GOOD, 'rtp_ports')}: ")


def test_things_that_are_no_files(tmp_path: Path) -> None:
    assert problems(tmp_path / "no.toml") == ["no.toml: does not exist; check the name"]
    (tmp_path / "dir.toml").mkdir()
    assert problems(tmp_path / "dir.toml") == ["dir.toml: is a directory; name a file in it"]
    os.mkfifo(tmp_path / "pipe.toml")
    assert problems(tmp_path / "pipe.toml") == [
        "pipe.toml: is not a regular file; name a plain file"
    ]
    (tmp_path / "loop.toml").symlink_to("loop.toml")
    assert (
        "cannot be read (Too many levels of symbolic links)" in problems(tmp_path / "loop.toml")[0]
    )
    secrets = tmp_path / "nido.secrets.toml"
    secrets.write_text(SECRETS)
    assert "is a file of secrets; name the site file" in problems(secrets)[0]


def test_a_heap_of_rubbish_is_answered_briefly_and_soon(write: Write) -> None:
    text = (
        "".join(f"[a{i}]\n" for i in range(20000))
        + "[board]\n"
        + "\n".join(f"nome{i} = 1" for i in range(20000))
    )
    began = time.monotonic()
    found = problems(write(text))
    assert time.monotonic() - began < 20  # not a speed test: minutes would be a defect
    assert len(found) < 300
    assert any("more problems; is this a site file?" in line for line in found)


def test_large_numbers_do_not_trip_the_messages(write: Write) -> None:
    (found,) = problems(write(changed("port = 0", "port = 0x" + "f" * 4000)))
    assert "a number with very many digits does not fit" in found
    (found,) = problems(write(changed("port = 0", "port = " + "9" * 4080)))
    assert "a number with very many digits does not fit" in found


# --- fuzzing ---------------------------------------------------------------------------------

VALUES = (
    *(
        "-1",
        "0",
        "2",
        "1e400",
        "nan",
        "true",
        "[]",
        "{}",
        "07:32:00",
        '""',
        '"è\\u0000"',
        '"\ud7ff"',
    ),
    *("99999999999999999999", '["a"]', "[[], {}]", "{ a = { b = 1 } }", '"fxs1"', '"pbx"', '"610"'),
    *('"112"', '"x."', '"::"', '"tcp"', '"required"', '"lines"', '"+39 0571 7571"', '"nido"'),
)
TOKENS = (
    *GOOD.replace("=", " = ").split(),
    *VALUES,
    *("\n", '"', "'''", '"""', "[", "]]", "{", "}", "#", ",", ".", "\\"),
)


def mutated(random_: random.Random) -> str:
    """Damage a good file in one to four places, by characters, tokens and lines."""
    text = GOOD
    for _ in range(random_.randint(1, 4)):
        lines = text.split("\n")
        at = random_.randrange(len(lines))
        words = lines[at].split(" ")
        match random_.randrange(9):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, random_.choice(lines))
            case 2:
                other = random_.randrange(len(lines))
                lines[at], lines[other] = lines[other], lines[at]
            case 3 | 4:
                words[random_.randrange(len(words))] = random_.choice(TOKENS)
                lines[at] = " ".join(words)
            case 5 | 6 | 7 if "=" in lines[at]:
                lines[at] = f"{lines[at].partition('=')[0]}= {random_.choice(VALUES)}"
            case _:
                place = random_.randrange(len(lines[at]) + 1)
                letter = random_.choice(["", random_.choice("ab1\"'[]{}=.,#\\\n-_ è")])
                lines[at] = lines[at][:place] + letter + lines[at][place + 1 :]
        text = "\n".join(lines)
    return text


def outcome(path: Path) -> Site | SiteError:
    try:
        return load_site(path, environment={})
    except SiteError as error:
        result = error
    assert result.problems
    assert PASSWORD not in str(result)
    lines = path.read_text().count("\n") + 1
    for problem in result.problems:
        assert 0 <= problem.line <= lines
        assert problem.what
        assert problem.remedy
        assert "\n" not in str(problem)
    return result


def test_damaged_files_give_a_site_or_its_problems(write: Write) -> None:
    random_ = random.Random(571)  # the same damage in every run
    results = [outcome(write(mutated(random_))) for _ in range(2000)]
    sites = sum(isinstance(result, Site) for result in results)
    valid_toml = sum("not valid TOML" not in str(result) for result in results)
    assert 50 < sites < 1500  # the damage is neither always fatal nor never
    assert valid_toml > 600  # and much of it comes as far as the schema


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    at=st.integers(0, len(GOOD) - 1),
    length=st.integers(0, 40),
    text=st.one_of(st.text(max_size=20), st.sampled_from(TOKENS)),
)
def test_any_text_anywhere_gives_a_site_or_its_problems(
    write: Write, at: int, length: int, text: str
) -> None:
    content = (GOOD[:at] + text + GOOD[at + length :]).encode("utf-8", "surrogatepass")
    try:
        content.decode()
    except UnicodeDecodeError:
        return
    outcome(write(content.decode()))
