"""What SECRET_KEY is used for: signing what travels through a browser, encrypting what rests in the database."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer


class BadTokenError(Exception):
    """The token was not signed by us for this purpose, or was altered."""


class ExpiredTokenError(BadTokenError):
    """The token is ours, but too old."""


class Vault:
    """Signs and encrypts with the first of several keys, verifies and decrypts with any of them."""

    def __init__(self, secret_keys: Sequence[str]) -> None:
        self._keys = tuple(secret_keys)
        self._fernet = MultiFernet([Fernet(_derive(key, b"encrypt")) for key in self._keys])
        self._serializers: dict[str, URLSafeTimedSerializer] = {}

    def sign(self, payload: Any, purpose: str) -> str:
        """A URL-safe token that holds `payload` (readable, not secret) and the time of signing."""
        return str(self._serializer(purpose).dumps(payload))

    def verify(self, token: str, purpose: str, max_age: int) -> Any:
        """The payload of a token signed at most `max_age` seconds ago; raises `BadTokenError`, `ExpiredTokenError`."""
        try:
            return self._serializer(purpose).loads(token, max_age=max_age)
        except SignatureExpired:
            raise ExpiredTokenError from None
        except BadSignature:
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
        key = _derive(self._keys[0], purpose.encode())
        return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:32]

    def fingerprints(self, value: str, purpose: str) -> list[str]:
        """`fingerprint` under each key, newest first: what a value may have been given before a change of key."""
        derived = (_derive(key, purpose.encode()) for key in self._keys)
        return [hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:32] for key in derived]

    def _serializer(self, purpose: str) -> URLSafeTimedSerializer:
        if purpose not in self._serializers:
            # itsdangerous signs with the last key of the list and verifies with all.
            self._serializers[purpose] = URLSafeTimedSerializer(
                list(reversed(self._keys)),
                salt=f"passerelle.{purpose}",
                signer_kwargs={"digest_method": hashlib.sha256},
            )
        return self._serializers[purpose]


def hash_secret(secret: str) -> str:
    """What is stored of a random secret (a session's token, an invitation's code): enough to know it again."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _derive(key: str, purpose: bytes) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(b"passerelle:" + purpose + b":" + key.encode()).digest())
