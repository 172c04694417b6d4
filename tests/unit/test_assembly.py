from pathlib import Path

import pytest

from firmware import assembly
from firmware.lines.callerid_message import CallSetup
from firmware.lines.callerid_plan import (
    Dtmf,
    DualTone,
    Fsk,
    ReversePolarity,
    RingBurst,
    RingPulse,
    Silence,
    alert,
)
from firmware.site.load import load_site

SITE = """
[site]
id = "prova"
name = "Prova"
time_zone = "Europe/Rome"
[numbers]
nido = "+390571757611"
[trunks.pbx]
servers = ["pbx.example:5070", "192.0.2.9"]
codecs = ["g722", "pcma"]
[lines.nido]
port = "fxs1"
extension = "611"
number = "nido"
ring_hz = 20
distinctive = { capoufficio = "urgente" }
distinctive_callers = { "0571" = "interna", "0571757707" = "bellcore-dr3" }
[board]
name = "sim"
fxs = 1
"""


@pytest.fixture
def site(tmp_path: Path):
    path = tmp_path / "site.toml"
    path.write_text(SITE)
    return load_site(path)


def test_a_line_rings_as_its_site_says(site):
    choose = assembly.switch_config(site).lines["nido"].ringing
    assert choose("", None).name == "normal"
    assert choose("<http://pbx/Bellcore-dr2>", "06123").name == "bellcore-dr2"
    assert choose(";info=Capoufficio", None).name == "urgente"
    assert choose("<http://pbx/Bellcore-dr2>", "0571000").name == "interna"
    assert choose("", "0571757707").name == "bellcore-dr3"
    assert choose("", "0571757707").hz == 20.0


def test_a_line_is_called_by_extension_and_number(site):
    line = assembly.switch_config(site).lines["nido"]
    assert line.extension == "611"
    assert set(line.aliases) == {"+390571757611", "390571757611", "0571757611"}


def test_callers_show_the_outside_number_and_the_building(site):
    assert assembly.callers(site) == {
        "nido": ("+390571757611", "Prova", "pbx"),
        "": ("prova", "Prova", "pbx"),  # the voice guide
    }


def test_an_account_has_its_trunk_s_ways(site):
    (account,) = assembly.serving_accounts(site)
    assert (account.server, account.codecs) == ("pbx.example:5070", ("g722", "pcma"))
    assert [str(network) for network in account.accept_from] == ["192.0.2.9/32"]
    assert assembly.named_peers(site) == {"pbx": ["pbx.example"]}
    assert not account.register


def test_the_endpoint_has_room_for_calls(site):
    settings = assembly.endpoint_settings(site)
    assert settings.max_calls >= 4
    assert settings.codecs == ("g722", "pcma")


@pytest.mark.parametrize(
    ("word", "first"),
    [
        ("after-ring", RingBurst),
        ("dual-tone", DualTone),
        ("reversal", ReversePolarity),
        ("ring-pulse", RingPulse),
        ("dtmf", Silence),
    ],
)
def test_a_display_is_told_as_its_line_says(tmp_path, word, first):
    path = tmp_path / "site.toml"
    path.write_text(SITE.replace("ring_hz = 20", f'caller_id_signal = "{word}"'))
    line = assembly.switch_config(load_site(path)).lines["nido"]
    segments = alert(line.caller_id.call, CallSetup(number="0571757707"))
    assert isinstance(segments[0], first)
    assert any(isinstance(part, Dtmf if word == "dtmf" else Fsk) for part in segments)


def test_each_server_has_an_account_that_serves_nobody(site):
    serving = assembly.serving_accounts(site)
    others = [each for each in assembly.accounts(site) if each not in serving]
    assert [each.place for each in others] == list(range(len(site.trunks["pbx"].servers)))
    assert not any(each.register or each.accept_from or each.message_waiting for each in others)
