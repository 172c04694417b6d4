"""A certificate authority for tests, made anew with the openssl command."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

_CONFIG = """\
[ca]
default_ca = test
[test]
new_certs_dir = {directory}
database = {directory}/index.txt
serial = {directory}/serial
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = CA:FALSE
keyUsage = digitalSignature
extendedKeyUsage = serverAuth, clientAuth
subjectAltName = {names}
[req]
distinguished_name = name
[name]
"""


@dataclass(frozen=True, slots=True)
class Certificate:
    """Paths of a certificate and its key, both PEM; `both` holds one after the other."""

    certificate: Path
    key: Path
    both: Path


class Authority:
    """A certificate authority that signs server certificates, also wrong ones."""

    def __init__(self, directory: Path, *, name: str = "Derivato test authority"):
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        (directory / "index.txt").touch()
        (directory / "serial").write_text("1000\n")
        self._config = directory / "openssl.cnf"
        self._write_config(names="DNS:unused.invalid")
        self.certificate = directory / "ca.pem"
        self._key = directory / "ca.key"
        request = ("-x509", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
        self._openssl(
            *("req", "-config", self._config, *request, "-noenc", "-days", "30"),
            *("-extensions", "authority", "-subj", f"/CN={name}"),
            *("-keyout", self._key, "-out", self.certificate),
        )

    def server(self, *names: str, expired: bool = False) -> Certificate:
        """Return a certificate for DNS names and IP addresses, valid or past its end."""
        stem = f"{names[0]}{'-expired' if expired else ''}"
        made = Certificate(*(self._directory / f"{stem}.{end}" for end in ("pem", "key", "both")))
        request = self._directory / f"{stem}.csr"
        self._write_config(names=",".join(f"{_kind(name)}:{name}" for name in names))
        self._openssl(
            *("req", "-config", self._config, "-new", "-newkey", "ec"),
            *("-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-subj", f"/CN={names[0]}"),
            *("-keyout", made.key, "-out", request),
        )
        dates = ("20200101000000Z", "20210101000000Z" if expired else "20490101000000Z")
        self._openssl(
            *("ca", "-config", self._config, "-batch", "-notext", "-extensions", "server"),
            *("-cert", self.certificate, "-keyfile", self._key, "-in", request, "-out"),
            *(made.certificate, "-startdate", dates[0], "-enddate", dates[1]),
        )
        made.both.write_text(made.certificate.read_text() + made.key.read_text())
        return made

    def _write_config(self, *, names: str) -> None:
        self._config.write_text(_CONFIG.format(directory=self._directory, names=names))

    def _openssl(self, *words: str | Path) -> None:
        command = ["openssl", *(str(word) for word in words)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}\n{result.stderr}")


def _kind(name: str) -> str:
    is_address = ":" in name or name.replace(".", "").isdigit()
    return "IP" if is_address else "DNS"
