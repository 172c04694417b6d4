from dataclasses import replace

from firmware.sip.accounts import from_address, identity_headers, target_uri
from firmware.sip.settings import AccountSettings, Identity, LineIdentity, Transport

ACCOUNT = AccountSettings(name="p", trunk="p", server="pbx", user="601", domain="pbx.example")
LINE = LineIdentity("+390571757611", "Nido", "p")


def test_from_is_the_line_where_nobody_registers():
    assert from_address(ACCOUNT, LINE) == '"Nido" <sip:+390571757611@pbx.example>'


def test_from_is_the_registered_user_who_is_known_there():
    registered = replace(ACCOUNT, register=True)
    assert from_address(registered, LINE) == '"Nido" <sip:601@pbx.example>'
    by_from = replace(registered, identity=Identity.FROM)
    assert from_address(by_from, LINE) == '"Nido" <sip:+390571757611@pbx.example>'


def test_the_line_s_number_is_asserted_beside_from():
    asserted = identity_headers(ACCOUNT, LINE.number, LINE.name)
    assert asserted == [("P-Asserted-Identity", '"Nido" <sip:+390571757611@pbx.example>')]
    preferred = replace(ACCOUNT, identity=Identity.PREFERRED)
    assert identity_headers(preferred, "1", "")[0][0] == "P-Preferred-Identity"
    assert identity_headers(replace(ACCOUNT, identity=Identity.FROM), "1", "") == []


def test_the_transport_stands_in_the_address():
    assert target_uri(ACCOUNT, "112") == "sip:112@pbx.example"
    secure = replace(ACCOUNT, transport=Transport.TLS)
    assert target_uri(secure, "112") == "sip:112@pbx.example;transport=tls"
