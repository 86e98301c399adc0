"""Keys and JWTs of a platform, with whatever an attacker would change about them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from joserfc.jwk import RSAKey

Signer = Callable[[bytes], bytes]


@cache
def key_named(name: str, bits: int = 2048) -> RSAKey:
    """The key pair of that name, its `kid` too: the same for a whole run, since making one takes long."""
    return RSAKey.generate_key(bits, {"kid": name, "use": "sig", "alg": "RS256"})


def public_jwk(key: RSAKey, **members: Any) -> dict[str, Any]:
    """How the key stands in a key set; a member given as None is left out."""
    jwk = {**key.as_dict(private=False), **members}
    return {name: value for name, value in jwk.items() if value is not None}


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def compact(header: Mapping[str, Any] | bytes, payload: Any, signer: Signer) -> str:
    """A compact JWS of anything: dictionaries are written as JSON, bytes are taken as they are."""
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, payload)]
    signing_input = ".".join(b64(part) for part in parts)
    return f"{signing_input}.{b64(signer(signing_input.encode()))}"


def rs256(key: RSAKey) -> Signer:
    return lambda data: key.private_key.sign(data, padding.PKCS1v15(), hashes.SHA256())  # type: ignore[union-attr]


def rs512(key: RSAKey) -> Signer:
    return lambda data: key.private_key.sign(data, padding.PKCS1v15(), hashes.SHA512())  # type: ignore[union-attr]


def ps256(key: RSAKey) -> Signer:
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
    return lambda data: key.private_key.sign(data, pss, hashes.SHA256())  # type: ignore[union-attr]
