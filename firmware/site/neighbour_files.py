"""Reading what the site file says of neighbours: the directory, and whether this box fits it."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography import x509

from firmware.site.choices import Transport
from firmware.site.directory import Directory, Neighbour, load_directory
from firmware.site.problems import Finding
from firmware.site.schema import Sip
from firmware.site.tables import Draft


def load_neighbours(draft: Draft) -> tuple[Directory, list[Finding]]:
    """Read the directory of ``draft``, and find what is wrong with the site around it.

    Raises:
        SiteError: the directory itself is not right.
    """
    table = draft.neighbours
    if table is None or draft.sip is None or draft.about is None:
        return {}, []
    if table.directory is None or table.key is None:
        keys = {"directory": table.directory, "key": table.key}
        return {}, [
            Finding(("neighbours", key), "is missing", "write a readable file")
            for key, path in keys.items()
            if path is None
        ]
    sites = load_directory(table.directory, table.key)
    own = sites.get(draft.about.id)
    found = [*_certificate(draft.sip, own), *_port(draft, table.port, own)]
    return {site: each for site, each in sites.items() if each is not own}, found


def _certificate(sip: Sip, own: Neighbour | None) -> Iterator[Finding]:
    if sip.tls_cert is None:
        remedy = "neighbours know this box by its certificate; write where it is"
        yield Finding(("sip", "tls_cert"), "is missing", remedy)
    elif own is not None:
        try:
            shown = x509.load_pem_x509_certificates(sip.tls_cert.read_bytes())[0]
        except (OSError, ValueError):
            return  # what is no certificate is found by those who look at the pair of files
        if shown != own.certificate:
            what = "is not the certificate that the directory has for this site"
            yield Finding(
                ("sip", "tls_cert"), what, "use that one, or have the directory signed anew"
            )


def _port(draft: Draft, port: int, own: Neighbour | None) -> Iterator[Finding]:
    path = ("neighbours", "port")
    if own is not None and own.server.port != port:
        what = f"is {port}, and the directory has {own.server.port} for this site"
        yield Finding(path, what, "make them the same")
    kinds = {trunk.transport for trunk in draft.trunks.values()}
    sip = draft.sip
    taken = {Transport.TCP: "port", Transport.TLS: "tls_port"}
    for kind, key in taken.items():
        if sip is not None and kind in kinds and getattr(sip, key) == port:
            yield Finding(path, f"is the same as {key} under [sip]", "choose another")
