"""Boxes with certificates and directories of them, for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

_PEM, _PKCS8 = Encoding.PEM, PrivateFormat.PKCS8


def authority(folder: Path, name: str = "authority") -> tuple[Path, Path]:
    """Make who signs directories; give its private and its public key."""
    key = ed25519.Ed25519PrivateKey.generate()
    private, public = folder / f"{name}.key", folder / f"{name}.pub"
    private.write_bytes(key.private_bytes(_PEM, _PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(_PEM, PublicFormat.SubjectPublicKeyInfo))
    return private, public


def certificate(folder: Path, name: str, address: str, *, ca: bool = False) -> tuple[Path, Path]:
    """Make the certificate of a box at ``address``; give it and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    cert, secret = folder / f"{name}.pem", folder / f"{name}.key"
    cert.write_bytes(made.public_bytes(_PEM))
    secret.touch(mode=0o600)
    secret.write_bytes(key.private_bytes(_PEM, _PKCS8, NoEncryption()))
    return cert, secret


def entry(site: str, address: str, extensions: str, cert: Path) -> str:
    """One site of a directory."""
    return (
        f'[sites.{site}]\nname = "{site.title()}"\naddress = "{address}"\n'
        f'extensions = ["{extensions}"]\ncertificate = """\n{cert.read_text()}"""\n'
    )
