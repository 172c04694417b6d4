"""The reference of the site file, made from the schema.

``python -m firmware.site.reference > docs/site-file.md`` writes it anew.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator

from pydantic.fields import FieldInfo

from firmware.site.exchange_schema import ExchangeLine
from firmware.site.explain import inline, plain_value
from firmware.site.forms import keys, kind_of
from firmware.site.schema import NAMED, NESTED, SECTIONS, SINGLE, Line
from firmware.site.table import Table

EXAMPLE = """\
[site]
id = "nido-esempio"
name = "Nido d'esempio"
time_zone = "Europe/Rome"
switchboard = "comune"

[numbers]
comune = "+39 0571 7571"
nido = "+39 0570 000 100"

[trunks.pbx]
servers = ["pbx.example", "192.0.2.11:5060"]
transport = "tcp"
register = "trunk"
user = "nido-esempio"
secret = "pbx"

[lines.ufficio]
port = "fxs1"
extension = "610"
number = "nido"
caller_name = "Nido d'esempio"

[board]
name = "sim"
"""
"""A whole site file; its secrets file needs ``pbx``."""

_INTRO = """\
# The site file

<!-- Made by `python -m firmware.site.reference`; edit firmware/site/schema.py instead. -->

One [TOML](https://toml.io/en/v1.0.0) file describes one building. `derivato check FILE…` says
whether it is right: all problems at once, each as `FILE:LINE: key: what is wrong; what to do`,
exit code 2. `--show` prints what applies, with every default and without the secrets; `--json`
gives both as one object, `derivato.check/1`.

- Unknown sections and keys are errors, and nothing is converted silently: `port = "5060"` is
  text where a number belongs.
- Every telephone number is written once, under `[numbers]`, and used by its name.
- Names of lines, trunks, numbers and secrets are small letters, digits and hyphens.
- Files are looked for from the folder of the site file.
- Keys that end in `_s` are seconds, in `_db` decibels, in `_hz` hertz.

```toml
{example}```

## Secrets

Passwords are never in the site file. They are in `NAME.secrets.toml` beside `NAME.toml`, or
they are systemd credentials (`LoadCredential=`), which come first; the site file refers to them
by name.

```toml
pbx = "the password"
```

The file must belong to the user who reads it (or root) and be closed to all others
(`chmod 600`). Secrets never appear in messages, `--show` or logs.
"""

_NUMBERS = """\
`NAME = "number"`, as many as there are. Numbers are written in international form
(`"+39 0571 757707"`, `"0039…"`) or in the national form of the site's country
(`"0571 757707"`); spaces, points, hyphens and strokes between digits are free. The leading 0 of
an Italian number belongs to it, also after +39. Geographic numbers (6 to 11 digits), mobile
numbers (9 or 10), 55, 80x and 84x numbers are accepted; emergency, short and premium-rate
numbers are not. The same number under two names is an error.
"""

_CHECKS = """\
## What is checked between keys

- Each line has a port that is on the board, and an extension and SIP user of its own.
- Each exchange line has a port and a number of its own; what answers its calls is there.
- `register = "trunk"` needs `user` and `secret` of the trunk, `register = "lines"` those of each
  line; accounts that would not be used are errors.
- SRTP without TLS would send its keys readable by all: an error unless `allow_keys_in_clear`.
- TLS keys on a trunk without TLS are errors, and so are certificates that OpenSSL cannot load.
- Servers given by address are of the family that `bind` listens on.
- `rtp_ports` is a range of pairs, without the SIP ports, with 8 ports for each line.
- Nothing stands in the way of an emergency number: no blocked or internal pattern, extension or
  outside prefix may begin like one, no rewriting may make one of another number, and 112, 113,
  115 and 118 are always among them. No class of service keeps anybody from calling them.
- Internal numbers do not begin like the outside prefix.
- A rewriting has as many `x` in `replace` as in `match`, and a point in both or in neither. Each
  rule is applied once, so no rules can run in a circle.
- Whoever calls a menu or a group gets out of it: something that is named leads to a person, to a
  message or to the end of the call, and what follows by itself never runs in a circle.
- What menus, groups and offices name exists; messages and call-back requests need an office with
  `email`, and [mail]. A menu in two languages has every text in both.
- The hours of an office do not overlap.
- A class of service that names local numbers needs `local` under `[dialplan]`.
"""


def reference() -> str:
    """Write the whole document (Markdown)."""
    parts = [_INTRO.format(example=EXAMPLE)]
    for section in SECTIONS:
        if section == "numbers":
            parts.append(f"## [numbers]\n\n{_NUMBERS}")
            continue
        model = SINGLE.get(section) or NAMED[section]
        header = section if section in SINGLE else f"{section}.NAME"
        parts.append(_described(f"[{header}]", model))
        if model is Line:
            parts.append(_described('[lines.NAME] with a port "fxo…"', ExchangeLine))
        inside = (key for key in NESTED if key.startswith(f"{header}."))
        parts += [_described(_header(key), NESTED[key]) for key in inside]
    return "\n".join([*parts, _CHECKS])


def _header(key: str) -> str:
    return f"[{key}]" if key.endswith(".KEY") else f"[[{key}]]"


def _described(header: str, model: type[Table]) -> str:
    return f"## {header}\n\n{inspect.getdoc(model)}\n\n" + "\n".join(_rows(model)) + "\n"


def _rows(model: type[Table]) -> Iterator[str]:
    yield "| key | value | default | meaning |"
    yield "|---|---|---|---|"
    for key, field in keys(model).items():
        cells = (f"`{key}`", kind_of(field).form, _default(field), field.description or "")
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    return "–" if field.default in (None, {}, ()) else f"`{inline(plain_value(field.default))}`"


if __name__ == "__main__":
    sys.stdout.write(reference())
