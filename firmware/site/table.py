"""What every table of a site file is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

Lax = Field(strict=False)  # text of a TOML file becomes an enum member, an array a tuple


class Table(BaseModel):
    """A table of the site file: frozen, no unknown keys, no silent conversions."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
