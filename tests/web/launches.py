"""A platform's people arriving at the application itself: login, cookies, launch, page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lti_tool.lti import browser, platforms
from lti_tool.lti.platforms import PlatformRecord
from lti_tool.schools import schools
from tests.conftest import BASE_URL
from tests.lti.desk import Attempt
from tests.platform.server import FakePlatform
from tests.web.conftest import Town

TARGET = f"{BASE_URL}/lti/launch"


@dataclass
class Gate:
    """Where the platform's people come in, with one browser."""

    platform: FakePlatform
    record: PlatformRecord
    client: FlaskClient
    town: Town

    def parameters(self, **changes: str) -> dict[str, str]:
        return {
            "iss": self.record.issuer,
            "login_hint": "hint",
            "target_link_uri": TARGET,
            "client_id": self.record.client_id,
            **changes,
        }

    def log_in(self, headers: Mapping[str, str] | None = None, **changes: str) -> TestResponse:
        return self.client.post("/lti/login", data=self.parameters(**changes), headers=headers)

    def attempt(self, message: str = "resource", sub: str = "sub-chloe") -> Attempt:
        """A launch with nothing wrong, after a login of this browser."""
        query = parse_qs(urlsplit(self.log_in().headers["Location"]).query)
        claims = self.platform.claims(nonce=query["nonce"][0], target=TARGET, sub=sub, message=message)
        key = self.platform.keys[0]
        header = {"typ": "JWT", "alg": "RS256", "kid": key.kid}
        return Attempt(self.platform, claims, query["state"][0], self.secrets(), key, header)

    def secrets(self) -> list[str]:
        kept = (self.client.get_cookie(name, path=browser.COOKIE_PATH) for name in browser.COOKIES)
        return [cookie.value for cookie in kept if cookie is not None]

    def post(self, attempt: Attempt) -> TestResponse:
        """Post the form, with the cookies that the attempt has."""
        for name in browser.COOKIES:
            self.client.delete_cookie(name, path=browser.COOKIE_PATH)
        for name, value in zip(browser.COOKIES, attempt.secrets, strict=False):
            self.client.set_cookie(name, value, path=browser.COOKIE_PATH)
        form: dict[str, Any] = {"id_token": attempt.id_token}
        if attempt.state is not None:
            form["state"] = attempt.state
        return self.client.post("/lti/launch", data=form)

    def enter(self, **claims: Any) -> TestResponse:
        """Log in and launch, with these claims changed."""
        attempt = self.attempt()
        attempt.claims.update(claims)
        return self.post(attempt)


def open_gate(town: Town, platform: FakePlatform, client: FlaskClient, *uais: str, **fields: Any) -> Gate:
    """Register the platform, its deployment serving the town's school and those of the UAIs."""
    with town.database.write() as session:
        added = platforms.add(session, now=town.now, allow_private=True, **{**platform.addresses, **fields})
        deployment = platforms.deploy(session, added.id, platform.deployment_id, town.now)
        more = [schools.add(session, uai, f"Collège {uai}", town.now).id for uai in uais]
        schools.assign(session, deployment.id, [town.school_id, *more])
    with town.database.read() as session:
        return Gate(platform, platforms.find(session, added.id), client, town)
