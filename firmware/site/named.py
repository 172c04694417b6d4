"""Values that name something written elsewhere: numbers, trunks, secrets, files.

They are resolved while the file is read: a line's ``number = "nido"`` becomes the number
itself. `Context` holds what the names refer to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator, ValidationInfo

from firmware.site.numbers import Number
from firmware.site.problems import Wrong
from firmware.site.values import Form, Secret, meant, text_of


@dataclass(frozen=True, slots=True)
class Context:
    """What the names in a site file refer to, known before its tables are read.

    ``numbers`` maps every name under ``[numbers]`` to its number, or to None if that number is
    wrong; ``secrets`` is None if the secrets cannot be read (both are reported elsewhere).
    Files are looked for from ``folder``.
    """

    folder: Path
    numbers: Mapping[str, Number | None]
    trunks: tuple[str, ...]
    classes: tuple[str, ...]
    secrets: Mapping[str, Secret] | None
    secrets_file: str


def _context(info: ValidationInfo) -> Context:
    if not isinstance(info.context, Context):
        raise TypeError("site values are read with a Context")
    return info.context


def _number(value: object, info: ValidationInfo) -> Number | None:
    name, known = text_of(value), _context(info).numbers
    if name not in known:
        if re.fullmatch(r"[+0-9 .-]{3,}", name):
            raise Wrong(
                "is a number, not a name", "write it once under [numbers] and its name here"
            )
        raise Wrong("is not a name under [numbers]", meant(name, list(known)))
    return known[name]


def _trunk(value: object, info: ValidationInfo) -> str | None:
    trunks = _context(info).trunks
    if value is None:
        if len(trunks) > 1:
            raise Wrong("is missing", f"several trunks exist, write one of {', '.join(trunks)}")
        return trunks[0] if trunks else None
    if (name := text_of(value)) not in trunks:
        raise Wrong("is not a trunk of this file", meant(name, trunks))
    return name


def _class(value: object, info: ValidationInfo) -> str | None:
    classes = _context(info).classes
    if (name := text_of(value)) not in classes:
        remedy = meant(name, classes) if classes else "describe it under [classes.NAME]"
        raise Wrong("is not a class of this file", remedy)
    return name


def _secret(value: object, info: ValidationInfo) -> Secret:
    context = _context(info)
    if context.secrets is None:
        return Secret("")  # never used: why there are no secrets is in the list of problems
    if isinstance(value, str) and value in context.secrets:
        return context.secrets[value]
    names = ", ".join(sorted(context.secrets))
    there = f'the same name = "…" there (names there: {names})'
    new = 'name = "…" into that new file, chmod 600'
    # Private: people write the password itself here by mistake.
    raise Wrong(
        f"no secret of this name in {context.secrets_file}",
        f"write a name here and {there if names else new}",
        private=True,
    )


def _file(value: object, info: ValidationInfo) -> Path:
    path = _context(info).folder / text_of(value)
    try:
        if not path.is_file():
            raise Wrong("is not a file", "put it there or correct the name")
        with path.open("rb"):
            return path
    except (OSError, ValueError) as error:
        if isinstance(error, Wrong):
            raise
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        raise Wrong(f"cannot be read ({reason})", "let this user read it") from None


NumberName = Annotated[
    Number, Form("a name under [numbers]"), PlainValidator(_number), PlainSerializer(str)
]
TrunkName = Annotated[
    str | None, Form("a name under [trunks]; not needed if there is one"), PlainValidator(_trunk)
]
ClassName = Annotated[
    str | None, Form("a name under [classes]"), PlainValidator(_class), PlainSerializer(str)
]
SecretName = Annotated[
    Secret,
    Form("a name in the secrets file, never the secret itself"),
    PlainValidator(_secret),
    PlainSerializer(str),
]
ExistingFile = Annotated[
    Path, Form("a readable file, from the folder of the site file"), PlainValidator(_file)
]
