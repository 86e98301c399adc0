"""The platforms' public keys: parsed once, shared through the database, refetched when a platform changes them.

Looking up a known key costs nothing. An unknown one causes at most one request a minute per platform, made by one
thread; when the platform is down, the last good keys serve on (SEC §6.3, §6.4; facts/lti.md §3, row 9).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from sqlalchemy import select, update

from lti_tool import logs
from lti_tool.database import Database
from lti_tool.lti.models import Platform
from lti_tool.lti.outbound import Client, OutboundError, UnreadableError
from lti_tool.lti.platforms import PlatformRecord
from lti_tool.lti.refusals import LaunchRefused, Reason

log = logging.getLogger(__name__)

COOL_DOWN = timedelta(seconds=60)
FRESH_FOR = timedelta(hours=1)
"""After that the keys are read again, so that one which a platform withdrew does not serve for ever."""
SHORTEST_FRESH, LONGEST_FRESH = timedelta(minutes=5), timedelta(hours=6)
"""Where the platform says how long its keys hold (`Cache-Control`), it is believed within these bounds."""
IN_FLIGHT = timedelta(seconds=15)
"""Another machine's try may take so long; a launch that needs the keys meanwhile fetches them itself."""
MOST_KEYS = 100
SMALLEST_KEY_BITS = 2048
_FRESH_MEMBER = "fresh_for_s"


@dataclass(slots=True)
class _Known:
    """What this process knows of one platform's keys."""

    jwks_url: str
    keys: Mapping[str, RSAKey] = field(default_factory=dict)
    fetched_at: datetime | None = None
    fresh_for: timedelta = FRESH_FOR
    tried_at: datetime | None = None
    """This process's own last try."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def is_fresh(self, now: datetime) -> bool:
        return self.fetched_at is not None and now - self.fetched_at < self.fresh_for


class PlatformKeys:
    """The keys of all platforms, for all threads of a process. `clock` measures freshness and the cool-down."""

    def __init__(self, database: Database, client: Client, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._client = client
        self._clock = clock
        self._known: dict[int, _Known] = {}
        self._lock = threading.Lock()

    def find(self, platform: PlatformRecord, kid: str) -> RSAKey:
        """The platform's key of that name.

        Raises `LaunchRefused`: `KID_UNKNOWN`, or `KEYS_UNREACHABLE` where no key of the platform was ever had.
        """
        known = self._of(platform)
        key = known.keys.get(kid)
        if key is not None and known.is_fresh(self._clock()):
            return key
        if key is not None:
            self._refresh_if_free(platform, known)
        else:
            with known.lock:  # whoever needs it waits for the one that fetches
                if kid not in known.keys:
                    self._refresh(platform, known, wanted=kid)
        key = known.keys.get(kid)
        if key is None:
            reason = Reason.KID_UNKNOWN if known.fetched_at else Reason.KEYS_UNREACHABLE
            raise LaunchRefused(reason, platform_id=platform.id)
        return key

    def _of(self, platform: PlatformRecord) -> _Known:
        known = self._known.get(platform.id)
        if known is None or known.jwks_url != platform.jwks_url:
            with self._lock:
                known = self._known.get(platform.id)
                if known is None or known.jwks_url != platform.jwks_url:
                    known = self._known[platform.id] = _Known(platform.jwks_url)
        return known

    def _refresh_if_free(self, platform: PlatformRecord, known: _Known) -> None:
        """Renew keys that are old but still serve; other threads go on with them meanwhile."""
        if known.lock.acquire(blocking=False):
            try:
                self._refresh(platform, known, wanted=None)
            finally:
                known.lock.release()

    def _refresh(self, platform: PlatformRecord, known: _Known, wanted: str | None) -> None:
        """Take newer keys from the database, where another process has put some, else from the platform."""
        now = self._clock()
        tried_elsewhere = self._read(platform, known)
        if wanted in known.keys if wanted is not None else known.is_fresh(now):
            return
        if known.tried_at is not None and now - known.tried_at < COOL_DOWN:
            return
        if tried_elsewhere is not None and IN_FLIGHT <= now - tried_elsewhere < COOL_DOWN:
            return
        known.tried_at = now
        with self._database.write() as session:
            session.execute(update(Platform).where(Platform.id == platform.id).values(jwks_tried_at=now))
        try:
            reply = self._client.request("GET", platform.jwks_url, headers={"Accept": "application/json"})
            if not reply.ok:
                raise UnreadableError
            jwks = reply.json()
            keys = usable_keys(jwks)
        except OutboundError as error:
            logs.event(log, "platform.keys_failed", logging.WARNING, platform=platform.id, error=type(error).__name__)
            return
        fresh_for = _bounded(reply.fresh_for)
        values: dict[str, Any] = {"jwks": _public(jwks, keys, fresh_for), "jwks_fetched_at": now}
        if reply.clock_offset_s is not None:
            values["clock_offset_s"] = round(reply.clock_offset_s, 1)
        with self._database.write() as session:
            session.execute(update(Platform).where(Platform.id == platform.id).values(**values))
        known.keys, known.fetched_at, known.fresh_for = keys, now, fresh_for
        logs.event(log, "platform.keys_fetched", platform=platform.id, keys=len(keys))

    def _read(self, platform: PlatformRecord, known: _Known) -> datetime | None:
        """Load the stored keys where they are newer than ours; returns when anybody last tried to fetch them."""
        with self._database.read() as session:
            row = session.execute(
                select(Platform.jwks, Platform.jwks_fetched_at, Platform.jwks_tried_at).where(
                    Platform.id == platform.id
                )
            ).one_or_none()
        if row is None:
            return None
        jwks, fetched_at, tried_at = row
        if fetched_at is not None and (known.fetched_at is None or fetched_at > known.fetched_at):
            known.keys, known.fetched_at = usable_keys(jwks), fetched_at
            known.fresh_for = timedelta(seconds=jwks.get(_FRESH_MEMBER, FRESH_FOR.total_seconds()))
        return tried_at if isinstance(tried_at, datetime) else None


def usable_keys(jwks: Any) -> dict[str, RSAKey]:
    """The keys of a JWK set that may have signed a launch, by `kid`; all others are ignored (RFC 7517 §5).

    Public RSA keys of at least 2048 bits, for signatures, of RS256 or of no named algorithm. Raises
    `UnreadableError` where it is no key set, or holds not one such key.
    """
    listed = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(listed, list):
        raise UnreadableError
    keys: dict[str, RSAKey] = {}
    for jwk in listed[:MOST_KEYS]:
        key = _usable(jwk)
        if key is not None:
            keys.setdefault(jwk["kid"], key)
    if not keys:
        raise UnreadableError
    return keys


def _usable(jwk: Any) -> RSAKey | None:
    if not isinstance(jwk, dict) or jwk.get("kty") != "RSA" or not isinstance(jwk.get("kid"), str):
        return None
    if jwk.get("use", "sig") != "sig" or jwk.get("alg", "RS256") != "RS256":
        return None
    operations = jwk.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        return None
    try:
        key = RSAKey.import_key({"kty": "RSA", "n": jwk["n"], "e": jwk["e"], "kid": jwk["kid"]})
        return key if key.public_key.key_size >= SMALLEST_KEY_BITS else None
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return None


def _bounded(said: timedelta | None) -> timedelta:
    return FRESH_FOR if said is None else min(max(said, SHORTEST_FRESH), LONGEST_FRESH)


def _public(jwks: Any, keys: Mapping[str, RSAKey], fresh_for: timedelta) -> dict[str, Any]:
    """What is kept of a key set: the usable keys' public members, so that a careless platform leaks nothing to us.

    Beside them, for how many seconds they are fresh: other machines go by that too.
    """
    kept = [jwk for jwk in jwks["keys"] if _usable(jwk) is not None and jwk["kid"] in keys]
    public = [{name: jwk[name] for name in ("kty", "n", "e", "kid")} for jwk in kept]
    return {"keys": public, _FRESH_MEMBER: fresh_for.total_seconds()}
