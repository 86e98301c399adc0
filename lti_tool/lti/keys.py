"""Our own key ring: RSA pairs kept in the database, encrypted under SECRET_KEY, the same for all machines.

A key goes through three ages: announced (published, so that platforms which keep our keys meet it early), signing,
and retired (published for what it signed). `tend` turns the ring by the calendar, `rotate` by command.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from lti_tool.database import Database
from lti_tool.jobs import utc_now
from lti_tool.lti.models import SigningKey
from lti_tool.lti.upsert import insert_unless_there
from lti_tool.vault import Vault

KEY_BITS = 2048
ALGORITHM = "RS256"
RELOADED_AFTER_S = 300.0
"""How long a process may sign with a key that another machine has replaced; retired keys stay published longer."""
SIGNS_FOR = timedelta(days=90)
ANNOUNCED_FOR = timedelta(days=2)
"""A key made by the calendar is published so long before it signs."""
RETIRED_FOR = timedelta(days=30)
"""Some platforms keep our keys for two weeks (facts/lti.md §3, row 20)."""

_PUBLISHED = ("kty", "n", "e", "kid", "alg", "use")


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key of the ring, without its private part."""

    kid: str
    state: str
    """`announced`, `signing` or `retired`."""
    created_at: datetime
    signs_from: datetime
    retired_at: datetime | None


def ensure_key(database: Database, vault: Vault, now: datetime) -> None:
    """Make the first key if there is none; of two machines that start at once, one makes it and both use it."""
    with database.read() as session:
        if session.scalar(select(func.count()).select_from(SigningKey)):
            return
    values = _new_key_values(vault, slot=1, now=now, signs_from=now)
    with database.write() as session:
        insert_unless_there(session, SigningKey, values, unique=["slot"])


def rotate(database: Database, vault: Vault, now: datetime, *, announced_for: timedelta = timedelta()) -> str | None:
    """Make a new key that signs from now on, or after it was announced; the others retire when it begins.

    Returns its `kid`; None where somebody else rotated at the same moment.
    """
    with database.read() as session:
        newest = session.scalar(select(func.max(SigningKey.slot))) or 0
    values = _new_key_values(vault, slot=newest + 1, now=now, signs_from=now + announced_for)
    with database.write() as session:
        if not insert_unless_there(session, SigningKey, values, unique=["slot"]):
            return None
        session.execute(
            update(SigningKey)
            .where(SigningKey.slot <= newest, (SigningKey.retired_at.is_(None)) | (SigningKey.retired_at > now))
            .values(retired_at=now + announced_for)
        )
    return str(values["kid"])


def tend(database: Database, vault: Vault, now: datetime) -> None:
    """Announce the next key when the present one grows old, and delete those that retired long ago."""
    with database.read() as session:
        youngest = session.scalar(select(func.max(SigningKey.signs_from)))
        has_old = session.scalar(
            select(func.count()).select_from(SigningKey).where(SigningKey.retired_at < now - RETIRED_FOR)
        )
    if youngest is not None and now >= youngest + SIGNS_FOR - ANNOUNCED_FOR:
        rotate(database, vault, now, announced_for=ANNOUNCED_FOR)
    if has_old:
        with database.write() as session:
            session.execute(delete(SigningKey).where(SigningKey.retired_at < now - RETIRED_FOR))


def listing(session: Session, now: datetime) -> list[KeyRecord]:
    """The keys of the ring, newest first."""
    signing = _signing(session, now)
    return [
        KeyRecord(row.kid, _state(row, signing, now), row.created_at, row.signs_from, row.retired_at)
        for row in session.scalars(select(SigningKey).order_by(SigningKey.slot.desc()))
    ]


class KeyRing:
    """Signs with the ring's present key, parsed once and kept; publishes every key of it. For any thread."""

    def __init__(self, database: Database, vault: Vault, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
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
            row = _signing(session, self._clock())
        if row is None:
            raise LookupError("the key ring is empty")
        if self._key is None or self._key.kid != row.kid:
            self._key = RSAKey.import_key(self._vault.decrypt(row.private_key), {"kid": row.kid, "use": "sig"})
        self._loaded_at = time.monotonic()
        return self._key


def _signing(session: Session, now: datetime) -> SigningKey | None:
    """The newest key that may sign by now; where a clock is behind, the oldest of all rather than none."""
    begun = select(SigningKey).where(SigningKey.signs_from <= now).order_by(SigningKey.slot.desc()).limit(1)
    return session.scalars(begun).first() or session.scalars(select(SigningKey).order_by(SigningKey.slot)).first()


def _state(row: SigningKey, signing: SigningKey | None, now: datetime) -> str:
    if signing is not None and row.kid == signing.kid:
        return "signing"
    return "announced" if row.signs_from > now else "retired"


def _new_key_values(vault: Vault, *, slot: int, now: datetime, signs_from: datetime) -> dict[str, Any]:
    key = RSAKey.generate_key(KEY_BITS, auto_kid=True)
    public = {**key.as_dict(private=False), "alg": ALGORITHM, "use": "sig"}
    return {
        "kid": key.kid,
        "slot": slot,
        "private_key": vault.encrypt(key.as_pem(private=True).decode()),
        "public_jwk": {name: public[name] for name in _PUBLISHED},
        "created_at": now,
        "signs_from": signs_from,
    }
