"""Signatures of files that come from elsewhere: Ed25519 (RFC 8032), beside the file.

The signature of ``FILE`` is ``FILE.sig``, 64 bytes, as ``openssl pkeyutl -sign -rawin`` makes it.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from firmware.site.problems import Wrong

_LENGTH = 64


def seal_file(path: Path) -> Path:
    """Where the signature of ``path`` is."""
    return path.with_name(path.name + ".sig")


def sign(content: bytes, key: Path) -> bytes:
    """Sign ``content`` with the private key in ``key`` (PEM); raises `Wrong`."""
    try:
        private = load_pem_private_key(key.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        remedy = "make one: openssl genpkey -algorithm ed25519"
        raise Wrong("is not a private Ed25519 key without passphrase (PEM)", remedy)
    return private.sign(content)


def check_seal(content: bytes, seal: Path, key: Path) -> None:
    """Check that ``content`` was signed as in ``seal`` by the owner of ``key``; raises `Wrong`."""
    public = _public_key(key)
    try:
        with seal.open("rb") as file:
            signature = file.read(_LENGTH + 1)
    except OSError:
        raise Wrong("is not signed", f"put {seal.name} beside it") from None
    try:
        public.verify(signature, content)
    except InvalidSignature:
        remedy = "do not use it; get file and signature anew from who signed it"
        raise Wrong("was changed, or signed by somebody else", remedy) from None


def _public_key(key: Path) -> Ed25519PublicKey:
    try:
        public = load_pem_public_key(key.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm):
        public = None
    if not isinstance(public, Ed25519PublicKey):
        raise Wrong(
            f"cannot be trusted: {key} is not a public Ed25519 key (PEM)",
            "make it of the private one: openssl pkey -pubout",
        )
    return public
