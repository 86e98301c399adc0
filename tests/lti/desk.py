"""Logins and launches in one call each, with every part of them open to change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc.jwk import RSAKey

from lti_tool.database import Database
from lti_tool.lti import browser, login, platforms
from lti_tool.lti.launch import Launch, Recorded, Verifier, record
from lti_tool.lti.platforms import PlatformRecord
from tests.platform.server import FakePlatform
from tests.platform.signing import compact, rs256

TARGET = "/lti/launch"


def register(database: Database, platform: FakePlatform, now: datetime, **fields: Any) -> PlatformRecord:
    """Add the platform by hand, and authorize its deployment."""
    with database.write() as session:
        added = platforms.add(session, now=now, allow_private=True, **{**platform.addresses, **fields})
        platforms.deploy(session, added.id, platform.deployment_id, now)
    with database.read() as session:
        return platforms.find(session, added.id)


@dataclass
class Attempt:
    """A launch that is about to be posted."""

    platform: FakePlatform
    claims: dict[str, Any]
    state: str | None
    secrets: list[str]
    key: RSAKey
    header: dict[str, Any]
    token: str | None = None
    """Posted instead of the signed claims, where set."""
    body: Any = None
    """Signed instead of the claims, where set."""
    now: datetime | None = None

    @property
    def id_token(self) -> str:
        if self.token is not None:
            return self.token
        return compact(self.header, self.claims if self.body is None else self.body, rs256(self.key))

    def without(self, *names: str) -> None:
        for name in names:
            del self.claims[name]


Change = Callable[[Attempt], Any]


@dataclass
class Desk:
    """The tool's side of logins and launches, as the web would call it."""

    platform: FakePlatform
    record: PlatformRecord
    verifier: Verifier
    now: datetime
    secret: str = field(init=False)

    def __post_init__(self) -> None:
        self.secret = browser.new_secret(self.now)

    def log_in(self, **parameters: str) -> tuple[str, str]:
        """Log in; returns the state and the nonce that the platform is sent."""
        base_url = self.verifier.base_url
        given = {
            "iss": self.record.issuer,
            "login_hint": "hint",
            "target_link_uri": base_url + TARGET,
            "client_id": self.record.client_id,
            **parameters,
        }
        with self.verifier.database.read() as session:
            lists = {name: [value] for name, value in given.items()}
            request = login.check(session, lists, key=None, base_url=base_url)
        url = login.redirect_url(
            request, vault=self.verifier.vault, base_url=base_url, secret=self.secret, now=self.now
        )
        query = parse_qs(urlsplit(url).query)
        return query["state"][0], query["nonce"][0]

    def attempt(self, message: str = "resource", sub: str = "sub-chloe", **login_parameters: str) -> Attempt:
        """A launch with nothing wrong, after a login of its own."""
        state, nonce = self.log_in(**login_parameters)
        target = login_parameters.get("target_link_uri", self.verifier.base_url + TARGET)
        claims = self.platform.claims(nonce=nonce, target=target, sub=sub, now=self.now, message=message)
        key = self.platform.keys[0]
        header = {"typ": "JWT", "alg": "RS256", "kid": key.kid}
        return Attempt(self.platform, claims, state, [self.secret], key, header)

    def verify(self, attempt: Attempt) -> Launch:
        return self.verifier.verify(
            state=attempt.state,
            id_token=attempt.id_token,
            secrets=attempt.secrets,
            now=attempt.now or self.now,
        )

    def launch(self, attempt: Attempt) -> tuple[Launch, Recorded]:
        """Verify and record, as a posted form does."""
        verified = self.verify(attempt)
        with self.verifier.database.write() as session:
            return verified, record(session, verified, attempt.now or self.now)
