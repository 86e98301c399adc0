"""Our own key ring: RSA pairs kept in the database, encrypted under SECRET_KEY, the same for all machines."""

from __future__ import annotations

import threading
import time
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.database import Database
from lti_tool.lti.models import SigningKey
from lti_tool.lti.upsert import insert_unless_there
from lti_tool.vault import Vault

KEY_BITS = 2048
ALGORITHM = "RS256"
RELOADED_AFTER_S = 300.0
"""How long a process may sign with a key that another machine has replaced; retired keys stay published longer."""

_PUBLISHED = ("kty", "n", "e", "kid", "alg", "use")


def ensure_key(database: Database, vault: Vault, now: datetime) -> None:
    """Make the first key if there is none; of two machines that start at once, one makes it and both use it."""
    with database.read() as session:
        if session.scalar(select(func.count()).select_from(SigningKey)):
            return
    values = _new_key_values(vault, slot=1, now=now)
    with database.write() as session:
        insert_unless_there(session, SigningKey, values, unique=["slot"])


class KeyRing:
    """Signs with the newest key, parsed once and kept; publishes every key of the ring. For any thread."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._lock = threading.Lock()
        self._key: RSAKey | None = None
        self._loaded_at = 0.0

    def sign(self, claims: dict[str, Any]) -> str:
        """A JWT of ours, with the `kid` that platforms look up in our JWKS (SEC §5.4, §6.3)."""
        key = self.signing_key()
        return jwt.encode({"alg": ALGORITHM, "kid": key.kid}, claims, key, algorithms=[ALGORITHM])

    def signing_key(self) -> RSAKey:
        """The key to sign with now. Raises `LookupError` where `ensure_key` was never called."""
        key = self._key
        if key is None or time.monotonic() - self._loaded_at > RELOADED_AFTER_S:
            with self._lock:
                key = self._load()
        return key

    def public_jwks(self) -> dict[str, Any]:
        """What `/lti/jwks.json` shows: public members only, newest key first."""
        with self._database.read() as session:
            rows = session.scalars(select(SigningKey.public_jwk).order_by(SigningKey.slot.desc()))
            return {"keys": [{name: row[name] for name in _PUBLISHED} for row in rows]}

    def _load(self) -> RSAKey:
        with self._database.read() as session:
            row = _newest(session)
        if row is None:
            raise LookupError("the key ring is empty")
        if self._key is None or self._key.kid != row.kid:
            self._key = RSAKey.import_key(self._vault.decrypt(row.private_key), {"kid": row.kid, "use": "sig"})
        self._loaded_at = time.monotonic()
        return self._key


def _newest(session: Session) -> SigningKey | None:
    return session.scalars(
        select(SigningKey).where(SigningKey.retired_at.is_(None)).order_by(SigningKey.slot.desc()).limit(1)
    ).first()


def _new_key_values(vault: Vault, *, slot: int, now: datetime) -> dict[str, Any]:
    key = RSAKey.generate_key(KEY_BITS, auto_kid=True)
    public = {**key.as_dict(private=False), "alg": ALGORITHM, "use": "sig"}
    return {
        "kid": key.kid,
        "slot": slot,
        "private_key": vault.encrypt(key.as_pem(private=True).decode()),
        "public_jwk": {name: public[name] for name in _PUBLISHED},
        "created_at": now,
    }
