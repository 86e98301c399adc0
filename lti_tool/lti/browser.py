"""The secret that ties a login to one browser: what its two cookies hold, and which of them can still be used.

Two cookies, since no browser takes both kinds everywhere: one plain, one partitioned (facts/lti.md §3, rows 1, 2).
They hold the same secret, are made once per browser, not per login, and last at most a day.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

PLAIN_COOKIE = "passerelle_login"
PARTITIONED_COOKIE = "passerelle_login_p"
COOKIES = (PLAIN_COOKIE, PARTITIONED_COOKIE)
COOKIE_PATH = "/lti"
LIFETIME = timedelta(days=1)

_REUSED_FOR = LIFETIME - timedelta(minutes=30)
"""Longer than a login lasts before the cookie ends, so that it is not lost between a login and its launch."""
_SECRET = re.compile(r"(\d{10})\.[A-Za-z0-9_-]{32}")


def new_secret(now: datetime) -> str:
    """A random secret that also says when it was made."""
    return f"{int(now.timestamp())}.{secrets.token_urlsafe(24)}"


def usable(values: Iterable[str | None], now: datetime) -> str | None:
    """The first of a browser's secrets that a new login can be tied to; None where there is none."""
    for value in values:
        match = _SECRET.fullmatch(value or "")
        if match and timedelta(minutes=-5) <= now - _made_at(match) < _REUSED_FOR:
            return value
    return None


def fingerprint(secret: str) -> str:
    """What the signed state holds of the secret."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def is_bound(expected: str, values: Sequence[str]) -> bool:
    """Whether one of the browser's secrets is the one whose fingerprint the state holds."""
    return any(secrets.compare_digest(fingerprint(value), expected) for value in values)


def _made_at(match: re.Match[str]) -> datetime:
    return datetime.fromtimestamp(int(match[1]), tz=UTC)
