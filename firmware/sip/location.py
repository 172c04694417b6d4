"""Where an emergency call comes from: a location object (PIDF-LO, RFC 4119, RFC 5491)."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from firmware.sip.settings import Location

CONTENT_TYPE = ("application", "pidf+xml")
CONTENT_ID = "location@derivato.invalid"
"""Name of the part that holds the location, for the Geolocation header (RFC 6442 §4.1)."""

HEADERS = (("Geolocation", f"<cid:{CONTENT_ID}>"), ("Geolocation-Routing", "yes"))


def document(where: Location, entity: str) -> str:
    """The location of ``entity``, a SIP address, as a PIDF document."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<presence xmlns="urn:ietf:params:xml:ns:pidf" '
        'xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" '
        'xmlns:gp="urn:ietf:params:xml:ns:pidf:geopriv10" '
        'xmlns:ca="urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr" '
        'xmlns:gml="http://www.opengis.net/gml" '
        f"entity={quoteattr(entity)}>\n"
        '<dm:device id="box"><gp:geopriv><gp:location-info>\n'
        f"{_point(where)}{_civic(where)}"
        "</gp:location-info><gp:usage-rules/><gp:method>Manual</gp:method></gp:geopriv></dm:device>\n"
        "</presence>\n"
    )


def _point(where: Location) -> str:
    if where.latitude is None or where.longitude is None:
        return ""
    pos = f"{where.latitude:.6f} {where.longitude:.6f}"
    crs = "urn:ogc:def:crs:EPSG::4326"
    return f'<gml:Point srsName="{crs}"><gml:pos>{pos}</gml:pos></gml:Point>\n'


def _civic(where: Location) -> str:
    """A civic address, its elements in the order of RFC 5139."""
    elements = (
        ("country", where.country.upper()),
        ("A1", where.region),
        ("A2", where.province),
        ("A3", where.city),
        ("RD", where.street),
        ("HNO", where.house_number),
        ("LOC", where.place),
        ("NAM", where.name),
        ("PC", where.postal_code),
    )
    if not (where.street or where.city):
        return ""
    inside = "".join(f"<ca:{tag}>{escape(text)}</ca:{tag}>" for tag, text in elements if text)
    return f'<ca:civicAddress xml:lang="it">{inside}</ca:civicAddress>\n'
