"""A platform that can be registered with: its configuration and its registration endpoint, on the fake platform."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.database import Database
from lti_tool.lti import registration
from lti_tool.lti.configurations import PLATFORM_CONFIGURATION, TOOL_CONFIGURATION
from lti_tool.lti.models import Deployment, Platform
from lti_tool.lti.outbound import Client
from lti_tool.lti.registration import Registered
from tests.platform.server import Answer, FakePlatform, Received
from tests.platform.signing import compact, rs256

PATH, ENDPOINT = "/.well-known/openid-configuration", "/register"


@dataclass
class Registrar:
    """Moodle's side of a registration; what a test wants otherwise is one assignment."""

    platform: FakePlatform
    configuration: dict[str, Any] = field(default_factory=dict)
    reply: dict[str, Any] = field(default_factory=dict)
    status: int = 200

    def __post_init__(self) -> None:
        url = self.platform.url
        self.configuration = {
            "issuer": self.platform.issuer,
            "authorization_endpoint": f"{url}/auth",
            "token_endpoint": f"{url}/token",
            "jwks_uri": f"{url}/jwks",
            "registration_endpoint": url + ENDPOINT,
            "scopes_supported": ["https://purl.imsglobal.org/spec/lti-ags/scope/score", "openid", "vendor/own"],
            "claims_supported": ["sub", "iss", "name", "given_name", "family_name", "email"],
            "id_token_signing_alg_values_supported": ["RS256"],
            PLATFORM_CONFIGURATION: {
                "product_family_code": "moodle",
                "version": "4.5",
                "messages_supported": [{"type": "LtiResourceLinkRequest"}, {"type": "LtiDeepLinkingRequest"}],
            },
        }
        self.reply = {
            "client_id": self.platform.client_id,
            "scope": "https://purl.imsglobal.org/spec/lti-ags/scope/score vendor/own",
            TOOL_CONFIGURATION: {"deployment_id": "7", "claims": ["iss", "sub", "given_name"]},
        }
        self.publish()

    def publish(self) -> None:
        """Answer with the documents as they are now."""
        self.platform.overrides[PATH] = Answer(body=self.configuration)
        self.platform.overrides[ENDPOINT] = Answer(self.status, self.reply)

    @property
    def url(self) -> str:
        return self.platform.url + PATH

    @property
    def asked(self) -> list[Received]:
        return self.platform.asked(ENDPOINT)

    def token(self, scope: str = "reg", sub: str = "site") -> str:
        """Moodle's registration token."""
        key = self.platform.keys[0]
        return compact({"alg": "RS256", "kid": key.kid}, {"sub": sub, "scope": scope}, rs256(key))


@dataclass
class Counter:
    """The tool's side: invitations given, and registered with."""

    database: Database
    client: Client
    base_url: str
    now: datetime

    def invite(self) -> str:
        with self.database.write() as session:
            return registration.invite(session, self.now)[1]

    def register(
        self, invitation: str, url: str | None, token: str | None = None, now: datetime | None = None
    ) -> Registered:
        return registration.register(
            self.database,
            self.client,
            token=invitation,
            configuration_url=url,
            registration_token=token,
            base_url=self.base_url,
            now=now or self.now,
            assign=_nothing,
        )

    def kept(self) -> Platform:
        """The one platform that there is."""
        with self.database.read() as session:
            return session.scalars(select(Platform)).one()

    def count(self, model: type[Platform] | type[Deployment] = Platform) -> int:
        with self.database.read() as session:
            return session.scalar(select(func.count()).select_from(model)) or 0


def _nothing(_session: Session, _made: Registered) -> None:
    """The deployment serves no school yet."""
