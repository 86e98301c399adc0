"""Access tokens for the platforms' services (SEC §4.1): asked for with a signed assertion, shared by all workers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from authlib.oauth2.rfc7523 import private_key_jwt_sign
from sqlalchemy import delete, select

from lti_tool.database import Database
from lti_tool.errors import N_, UnavailableError
from lti_tool.lti import clocks
from lti_tool.lti.keys import KeyRing
from lti_tool.lti.models import AccessToken
from lti_tool.lti.outbound import Client, Reply, UnreadableError
from lti_tool.lti.platforms import PlatformRecord
from lti_tool.lti.upsert import insert_or_update
from lti_tool.vault import BadTokenError, Vault

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIFETIME_S = 300
ASSERTION_BACKDATED_S = 5
"""Moodle refuses an assertion from the future with no leeway (facts/moodle.md): its clock, and a little before."""
RENEWED_BEFORE = timedelta(seconds=60)
DEFAULT_LIFETIME_S = 3600
LONGEST_LIFETIME_S = 24 * 3600


class ServiceRefused(UnavailableError):  # noqa: N818 - as `LaunchRefused`
    """A platform's service, or its token endpoint, answered, but not with what was asked for.

    `status` is the platform's own status, `reason` its phrase or OAuth error, which may be shown to staff but not
    logged; `retry_after` how long it asks us to wait.
    """

    code = "S60"
    sentence = N_("Votre ENT n’a pas accepté notre demande.")

    def __init__(self, status: int, reason: str, retry_after: timedelta | None = None) -> None:
        super().__init__(status=status)
        self.reason = reason
        self.retry_after = retry_after


class TokenRefused(ServiceRefused):
    """The platform gives no access token: our key, the client or a scope is not accepted there."""

    code = "S61"


def refusal(reply: Reply) -> ServiceRefused:
    """What a reply that is not a success says."""
    return ServiceRefused(reply.status, printable(reply.reason), reply.retry_after)


def printable(phrase: str) -> str:
    """Somebody else's words, on one line, of a sane length."""
    return " ".join("".join(c if c.isprintable() else " " for c in phrase).split())[:200]


@dataclass(slots=True)
class _Kept:
    token: str = ""
    good_until: datetime | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, now: datetime) -> str | None:
        return self.token if self.good_until is not None and now < self.good_until else None


class AccessTokens:
    """Tokens by platform and scopes: in this process, in the database for all, else from the platform."""

    def __init__(
        self, database: Database, vault: Vault, client: Client, keyring: KeyRing, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._vault = vault
        self._client = client
        self._keyring = keyring
        self._clock = clock
        self._kept: dict[tuple[int, str], _Kept] = {}
        self._lock = threading.Lock()

    def get(self, platform: PlatformRecord, scopes: Iterable[str]) -> str:
        """A token that is good for some time yet. Raises `OutboundError`, `TokenRefused`."""
        wanted = " ".join(sorted(set(scopes)))
        kept = self._of(platform, wanted)
        token = kept.get(self._clock())
        if token is not None:
            return token
        with kept.lock:  # one thread asks, the others wait for its answer
            token = kept.get(self._clock()) or self._stored(platform, wanted, kept)
            return token or self._ask(platform, wanted, kept)

    def drop(self, platform: PlatformRecord, scopes: Iterable[str], token: str) -> None:
        """The platform no longer takes this token: forget it, unless it was renewed meanwhile."""
        wanted = " ".join(sorted(set(scopes)))
        kept = self._of(platform, wanted)
        with kept.lock:
            if kept.token != token:
                return
            kept.good_until = None
            with self._database.write() as session:
                row = session.execute(
                    select(AccessToken.id, AccessToken.token).where(
                        AccessToken.platform_id == platform.id, AccessToken.scopes == wanted
                    )
                ).one_or_none()
                if row is not None and self._decrypted(row.token) in (token, None):
                    session.execute(delete(AccessToken).where(AccessToken.id == row.id))

    def _of(self, platform: PlatformRecord, wanted: str) -> _Kept:
        with self._lock:
            return self._kept.setdefault((platform.id, wanted), _Kept())

    def _stored(self, platform: PlatformRecord, wanted: str, kept: _Kept) -> str | None:
        with self._database.read() as session:
            row = session.execute(
                select(AccessToken.token, AccessToken.expires_at).where(
                    AccessToken.platform_id == platform.id,
                    AccessToken.scopes == wanted,
                    AccessToken.expires_at > self._clock(),
                )
            ).one_or_none()
        token = self._decrypted(row.token) if row is not None else None
        if row is None or token is None:
            return None
        kept.token, kept.good_until = token, row.expires_at
        return token

    def _ask(self, platform: PlatformRecord, wanted: str, kept: _Kept) -> str:
        now = self._clock()
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self._assertion(platform, now),
            "scope": wanted,
        }
        reply = self._client.request("POST", platform.token_url, data=form, headers={"Accept": "application/json"})
        if not reply.ok:
            clocks.learn(self._database, platform, reply.clock_offset_s)  # an assertion from the future is refused
            raise TokenRefused(reply.status, _oauth_error(reply), reply.retry_after)
        token, lifetime = _granted(reply)
        # Short-lived tokens are renewed after three quarters of their time.
        good_until = now + max(lifetime - RENEWED_BEFORE, lifetime * 0.75)
        values = {
            "platform_id": platform.id,
            "scopes": wanted,
            "token": self._vault.encrypt(token),
            "expires_at": good_until,
        }
        with self._database.write() as session:
            unique, update = ["platform_id", "scopes"], ["token", "expires_at"]
            insert_or_update(session, AccessToken, values, unique=unique, update=update)
        kept.token, kept.good_until = token, good_until
        return token

    def _assertion(self, platform: PlatformRecord, now: datetime) -> str:
        """Who we are, for five minutes, to this platform's token endpoint only (SEC §4.1.1)."""
        key = self._keyring.signing_key()
        issued = int(now.timestamp() + min(platform.clock_offset_s, 0.0)) - ASSERTION_BACKDATED_S
        signed = private_key_jwt_sign(
            key,
            platform.client_id,
            platform.token_audience or platform.token_url,
            header={"kid": key.kid, "typ": "JWT"},
            issued_at=issued,
            expires_in=ASSERTION_LIFETIME_S + max(0, round(platform.clock_offset_s)),
        )
        return str(signed)

    def _decrypted(self, ciphertext: str) -> str | None:
        try:
            return self._vault.decrypt(ciphertext)
        except BadTokenError:
            return None  # encrypted under a key that is no longer ours: ask for another


def _granted(reply: Reply) -> tuple[str, timedelta]:
    """The token and its lifetime; Moodle sends this JSON as text/html, so that the type says nothing."""
    document = reply.json()
    token = document.get("access_token") if isinstance(document, dict) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
        raise UnreadableError
    expires_in: Any = document.get("expires_in", DEFAULT_LIFETIME_S)
    try:
        seconds = min(max(float(expires_in), 1.0), LONGEST_LIFETIME_S)
    except (TypeError, ValueError):
        seconds = float(DEFAULT_LIFETIME_S)
    return token, timedelta(seconds=seconds)


def _oauth_error(reply: Reply) -> str:
    try:
        document = reply.json()
    except UnreadableError:
        document = None
    error = document.get("error") if isinstance(document, dict) else None
    return printable(error if isinstance(error, str) else reply.reason)
