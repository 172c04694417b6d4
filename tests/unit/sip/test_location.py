from xml.etree import ElementTree as ET

import hypothesis.strategies as st
from hypothesis import given

from firmware.sip.location import document
from firmware.sip.settings import Location

CIVIC = "{urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr}"
GML = "{http://www.opengis.net/gml}"
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co")), min_size=1
)


@given(name=TEXTS, street=TEXTS, city=TEXTS)
def test_what_is_written_can_be_read(name, street, city):
    where = Location("it", name, street=street, city=city, latitude=43.7, longitude=10.95)
    root = ET.fromstring(document(where, "sip:611@pbx.example"))
    civic = [each for each in root.iter() if each.tag.startswith(CIVIC)]
    found = {each.tag.removeprefix(CIVIC): each.text for each in civic}
    assert found["country"] == "IT"
    assert (found["NAM"], found["RD"], found["A3"]) == (name, street, city)
    assert next(root.iter(f"{GML}pos")).text == "43.700000 10.950000"
    assert root.get("entity") == "sip:611@pbx.example"


def test_a_point_alone_is_enough():
    text = document(Location("it", "Nido", latitude=43.7, longitude=10.95), "sip:1@x")
    assert "civicAddress" not in text
