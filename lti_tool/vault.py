"""What SECRET_KEY is used for: signing what travels through a browser, encrypting what rests in the database."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from itsdangerous import BadData, Signer
from itsdangerous.encoding import base64_decode, base64_encode


class BadTokenError(Exception):
    """The token was not signed by us for this purpose, or was altered."""


class Vault:
    """Signs and encrypts with the first of several keys, verifies and decrypts with any of them."""

    def __init__(self, secret_keys: Sequence[str]) -> None:
        self._keys = tuple(secret_keys)
        self._fernet = MultiFernet([Fernet(_derive(key, b"encrypt")) for key in self._keys])
        self._signers: dict[str, Signer] = {}
        self._derived: dict[str, list[bytes]] = {}

    def sign(self, payload: Any, purpose: str) -> str:
        """A URL-safe token that holds `payload`: readable, not secret, and without an end that it does not say."""
        return self._signer(purpose).sign(base64_encode(json.dumps(payload, separators=(",", ":")))).decode()

    def verify(self, token: str, purpose: str) -> Any:
        """The payload of a token that was signed for this purpose; raises `BadTokenError`."""
        try:
            return json.loads(base64_decode(self._signer(purpose).unsign(token)))
        except (BadData, UnicodeError):
            raise BadTokenError from None

    def encrypt(self, secret: str) -> str:
        return self._fernet.encrypt(secret.encode()).decode()

    def decrypt(self, ciphertext: str) -> str:
        """Raises `BadTokenError` where none of the keys fits."""
        try:
            return self._fernet.decrypt(ciphertext.encode()).decode()
        except InvalidToken:
            raise BadTokenError from None

    def fingerprint(self, value: str, purpose: str) -> str:
        """A keyed hash: the same value gives the same 32 characters, which tell nothing to those without the key."""
        return self.fingerprints(value, purpose)[0]

    def fingerprints(self, value: str, purpose: str) -> list[str]:
        """`fingerprint` under each key, newest first: what a value may have been given before a change of key."""
        keys = self._derived.get(purpose)
        if keys is None:
            keys = self._derived[purpose] = [_derive(key, purpose.encode()) for key in self._keys]
        return [hmac.digest(key, value.encode(), "sha256").hex()[:32] for key in keys]

    def _signer(self, purpose: str) -> Signer:
        if purpose not in self._signers:
            # itsdangerous signs with the last key of the list and verifies with all.
            keys = list(reversed(self._keys))
            self._signers[purpose] = Signer(keys, f"passerelle.{purpose}", digest_method=hashlib.sha256)
        return self._signers[purpose]


def hash_secret(secret: str) -> str:
    """What is stored of a random secret (a session's token, an invitation's code): enough to know it again."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _derive(key: str, purpose: bytes) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(b"passerelle:" + purpose + b":" + key.encode()).digest())
