"""No site that ``derivato check`` accepts keeps an emergency call from its ways."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware.assembly import switch_config
from firmware.calls.effects import DialLeg
from firmware.calls.ways import ViaTrunk
from firmware.site.choices import Category, Service, WayOut
from firmware.site.load import load_site
from firmware.site.problems import SiteError
from tests.unit.calls.office import Bench
from tests.unit.site.test_checks import PATTERNS

SITE = """\
[site]
id = "a"
name = "A"
time_zone = "Europe/Rome"
[trunks.pbx]
servers = ["192.0.2.1"]
[trunks.spare]
servers = ["192.0.2.2"]
{rewrite}
[lines.a]
port = "fxs1"
extension = "611"
trunk = "pbx"
class = "c"
services_off = {off}
{hotline}
[lines.b]
port = "fxs2"
extension = "612"
trunk = "spare"
[classes.c]
allow = {allow}
deny_numbers = {deny}
ways = {ways}
hours = {hours}
[board]
name = "sim"
[dialplan]
blocked = {blocked}
outside_prefix = {prefix}
[emergency]
ways = {order}
"""


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    allow=st.lists(
        st.sampled_from([each.value for each in Category if each != "local"]), max_size=3
    ),
    off=st.lists(st.sampled_from([each.value for each in Service]), unique=True),
    deny=st.lists(PATTERNS, max_size=2),
    blocked=st.lists(PATTERNS, max_size=2),
    prefix=st.sampled_from(["", "0", "9"]),
    ways=st.lists(st.sampled_from([each.value for each in WayOut]), unique=True),
    order=st.lists(st.sampled_from([each.value for each in WayOut]), min_size=1, unique=True),
    hours=st.sampled_from([[], ["mon-fri 08:00-13:00"]]),
    hotline=st.sampled_from(["", 'hotline = "612"', 'hotline = "612"\nhotline_s = 5']),
    rewrite=st.sampled_from(
        ["", '[[trunks.pbx.rewrite]]\nmatch = "1xx"\nreplace = "0571xx"'.replace("1xx", "2xx")]
    ),
    number=st.sampled_from(["112", "118", "1522", "116117"]),
)
def test_whatever_check_accepts_every_way_is_tried(tmp_path, number, hotline, rewrite, **lists):
    path = tmp_path / "a.toml"
    fields = {name: json.dumps(value) for name, value in lists.items()}
    path.write_text(SITE.format(hotline=hotline, rewrite=rewrite, **fields))
    try:
        site = load_site(path, environment={})
    except SiteError:
        return
    made = Bench(switch_config(site))
    made.lift("a")
    orders = made.dial(number, "a")
    for trunk in ("pbx", "spare"):
        (dialled,) = [o for o in orders if isinstance(o, DialLeg) and o.emergency]
        assert (dialled.number, dialled.via) == (number, ViaTrunk(trunk))
        orders = made.end(dialled.leg, 503)
