"""The directory of neighbour sites: how each is reached when the switchboard is not.

It is one TOML file, the same for every box, made and signed while all is well. A table
``[sites.ID]`` for each; the ids are those of the site files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import Field, PlainValidator

from firmware.site import seal
from firmware.site.one_table import read_table
from firmware.site.problems import Finding, Problem, SiteError, Wrong, placed, repeated
from firmware.site.reading import Unreadable, read_toml
from firmware.site.table import Lax, Table
from firmware.site.toml_lines import key_lines
from firmware.site.values import (
    DigitPattern,
    Form,
    Label,
    Server,
    ServerAddress,
    check_name,
    text_of,
)

PORT = 5061  # RFC 3261 §19.1.2: SIP over TLS


def _certificate(value: object) -> x509.Certificate:
    """One certificate that vouches for its own key only: it must not be able to make others."""
    remedy = "write one certificate (PEM) of the box, made with basicConstraints = CA:FALSE"
    try:
        found = x509.load_pem_x509_certificates(text_of(value).encode())
        basic = found[0].extensions.get_extension_for_class(x509.BasicConstraints).value
    except (ValueError, x509.ExtensionNotFound):
        raise Wrong("is not the certificate of a box", remedy, private=True) from None
    if len(found) > 1 or basic.ca:
        raise Wrong("could stand for other boxes too", remedy, private=True)
    return found[0]


class Neighbour(Table):
    """A site that can be called directly."""

    model_config = Table.model_config | {"arbitrary_types_allowed": True}

    name: Label = Field(description="Name of the building for people.")
    address: ServerAddress = Field(description="Where its box is reached, port 5061 if none.")
    extensions: Annotated[tuple[DigitPattern, ...], Lax, Field(min_length=1)] = Field(
        description='Patterns of its internal numbers, as "31" or "3x".'
    )
    certificate: Annotated[
        x509.Certificate, Form("the certificate of the box (PEM)"), PlainValidator(_certificate)
    ] = Field(description="The certificate that the box shows, and no other.")

    @property
    def server(self) -> Server:
        """Where its box is reached, port and all."""
        return Server(self.address.host, self.address.port or PORT)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, in hexadecimal digits."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    @property
    def pem(self) -> str:
        """The certificate as PEM."""
        return self.certificate.public_bytes(Encoding.PEM).decode()


Directory = Mapping[str, Neighbour]
"""The sites by their ids."""


def load_directory(path: Path, key: Path) -> Directory:
    """Read the directory at ``path``, which the owner of ``key`` must have signed.

    Raises:
        SiteError: it is not signed by that key, or not right; with all problems.
    """
    text, raw = _read(path)
    try:
        seal.check_seal(text.encode(), seal.seal_file(path), key)
    except Wrong as wrong:
        raise SiteError((Problem(str(path), 0, "", wrong.what, wrong.remedy),)) from None
    return _sites(path, text, raw)


def sign_directory(path: Path, key: Path) -> Directory:
    """Sign the directory at ``path`` with the private ``key``, if it is right.

    Raises:
        SiteError: directory or key are not right.
        OSError: the signature cannot be written.
    """
    text, raw = _read(path)
    sites = _sites(path, text, raw)
    try:
        signature = seal.sign(text.encode(), key)
    except Wrong as wrong:
        raise SiteError((Problem(str(key), 0, "", wrong.what, wrong.remedy),)) from None
    seal.seal_file(path).write_bytes(signature)
    return sites


def _read(path: Path) -> tuple[str, dict[str, object]]:
    try:
        raw, text = read_toml(path)
    except Unreadable as error:
        raise SiteError((error.problem,)) from None
    return text, raw


def _sites(path: Path, text: str, raw: dict[str, object]) -> Directory:
    found: list[Finding] = [
        Finding((name,), "unknown section", "describe each site in [sites.ID]")
        for name in raw
        if name != "sites"
    ]
    tables = raw.get("sites")
    if not isinstance(tables, dict) or not tables:
        found.append(Finding(("sites",), "is missing", "describe each site in [sites.ID]"))
        tables = {}
    sites: dict[str, Neighbour] = {}
    for site, table in tables.items():
        try:
            check_name(site)
        except Wrong as wrong:
            found.append(Finding(("sites", site), wrong.what, wrong.remedy))
        if (read := read_table(Neighbour, table, ("sites", site), None, found)) is not None:
            sites[site] = read
    found += _between(sites)
    if found:
        raise SiteError(tuple(sorted(placed(str(path), found, key_lines(text)))))
    return sites


def _between(sites: Directory) -> Iterator[Finding]:
    """Find what is wrong with entries that are right by themselves."""
    seen: dict[str, str] = {}
    for site, entry in sites.items():
        yield from repeated(("sites", site, "extensions"), entry.extensions)
        path = ("sites", site, "certificate")
        if (other := seen.setdefault(entry.fingerprint, site)) != site:
            yield Finding(path, f"is also that of {other}", "give each box its own certificate")
        if not _names(entry.certificate, entry.server.host):
            remedy = "make it with this address as a subjectAltName, or correct the address"
            yield Finding(path, f"is not for {entry.server.host}", remedy)


def _names(certificate: x509.Certificate, host: str) -> bool:
    """Whether ``certificate`` is for ``host`` (RFC 5922 §7.1)."""
    try:
        kind = x509.SubjectAlternativeName
        names = certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return False
    try:
        return ip_address(host) in names.get_values_for_type(x509.IPAddress)
    except ValueError:
        return host in [name.lower() for name in names.get_values_for_type(x509.DNSName)]
