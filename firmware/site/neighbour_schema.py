"""The section of a site file about other sites that are reached directly."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from firmware.site.named import ExistingFile
from firmware.site.table import Table


class Neighbours(Table):
    """Other sites, reached directly when the switchboard is not; `docs/neighbours.md` has more.

    Without this section there are none. `tls_cert` and `tls_key` under [sip] are those by which
    they know this box.
    """

    directory: ExistingFile | None = Field(
        default=None, description="The directory of sites; its signature is beside it, as FILE.sig."
    )
    key: ExistingFile | None = Field(
        default=None, description="Public Ed25519 key (PEM) of who signs the directory."
    )
    port: Annotated[int, Field(ge=1, le=65535)] = Field(
        default=5061, description="Port on which their calls come in (TLS)."
    )
    always: bool = Field(
        default=False,
        description="Take their calls also while the switchboard works; otherwise they are "
        "refused then.",
    )
