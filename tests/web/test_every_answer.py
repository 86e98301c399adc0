"""Every address of the application, asked by everybody and in every way: what holds for each answer's headers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from lti_tool.lti.models import Platform
from lti_tool.schools.models import ADMINISTRATOR, GUEST, PUPIL, TEACHER
from lti_tool.web.security import COOKIE, PARTITIONED_COOKIE
from tests.conftest import NOW
from tests.web.conftest import Town, platform_of
from tests.web.refused import Scene, check_headers, scene

NOBODY = "nobody"
WHO = (NOBODY, GUEST, PUPIL, TEACHER, ADMINISTRATOR)
ENT = "https://ent.example.fr"
VALUES = {"kind": "csv", "slug": "moodle", "code": "{code}", "name": "x", "filename": "passerelle.css"}
KEPT_BY_BROWSERS = {"static", "lti.jwks", "pictures.show"}
"""Files and keys, which are the same for everybody."""
HOSTILE: list[Any] = [
    pytest.param("//lti//login", {"Host": "evil.example"}, id="slashes-that-would-be-merged"),
    pytest.param("/campagnes/", {"Host": "evil.example"}, id="slash-at-the-end"),
    pytest.param("/orga", {"Host": "evil.example"}, id="host"),
    pytest.param("/orga", {"X-Forwarded-Host": "evil.example"}, id="x-forwarded-host"),
    pytest.param("/orga", {"X-Forwarded-Proto": "gopher", "X-Forwarded-Port": "1"}, id="x-forwarded-proto"),
    pytest.param("/orga", {"X-Forwarded-Prefix": "//evil.example"}, id="x-forwarded-prefix"),
    pytest.param("/orga", {"Forwarded": "host=evil.example;proto=http"}, id="forwarded"),
    pytest.param("/orga", {"X-Original-Url": "/operateur", "X-Rewrite-Url": "/operateur"}, id="x-original-url"),
    pytest.param("/orga", {"X-Http-Method-Override": "POST"}, id="x-http-method-override"),
    pytest.param("/lti/config.json", {"Host": "evil.example"}, id="configuration"),
    pytest.param("/connexion/moodle", {"X-Forwarded-Host": "evil.example"}, id="connection-page"),
    pytest.param("/evil.example/%2e%2e", {}, id="dots"),
    pytest.param("/%5c%5cevil.example", {}, id="backslashes"),
    pytest.param("/lti/login/%0d%0aLocation:%20https://evil.example", {}, id="line-breaks-in-a-path"),
    pytest.param("/static/..%2f..%2f..%2fpyproject.toml", {}, id="files-above"),
    pytest.param("/images/..%2f..%2fetc%2fpasswd", {}, id="pictures-above"),
    pytest.param("/nowhere?next=https://evil.example", {}, id="where-to-go-next"),
]


@dataclass(frozen=True)
class House:
    """The application with somebody of each kind in it."""

    app: Flask
    tokens: dict[str, str]
    code: str

    def path(self, rule: Rule) -> str:
        """The rule's address, with the first of everything."""
        values: dict[str, str | int] = {}
        for name in rule.arguments:
            values[name] = VALUES.get(name, 1 if "int" in type(rule._converters[name]).__name__.lower() else "1.1")
        values = {name: self.code if value == "{code}" else value for name, value in values.items()}
        with self.app.test_request_context():
            return str(self.app.url_map.bind("").build(rule.endpoint, values, force_external=False))


@pytest.fixture(scope="module")
def house(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with scene(sqlite_template, tmp_path_factory.mktemp("house")) as made:
        yield _furnished(made)


def _furnished(made: Scene) -> House:
    town = made.gate.town
    with town.database.write() as session:
        platform = platform_of(ENT, NOW)
        session.add(platform)
        session.flush()
        platform_id = platform.id
    town = Town(town.database, platform_id, town.school_id, NOW)
    campaign, tokens = town.campaign(), {}
    pupil = town.pupil()
    for role in WHO[1:]:
        tokens[role] = town.token(pupil if role == PUPIL else town.person(f"Claire-{role}"), role)
    return House(made.app, tokens, campaign.code)


def _rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]


@pytest.mark.parametrize("who", WHO)
def test_every_address_answers_everybody_with_the_same_care(house: House, who: str) -> None:
    seen = set()
    for rule in _rules(house.app):
        for method in sorted((rule.methods or set()) & {"GET", "POST"} | {"DELETE"}):
            client = house.app.test_client()
            for name in (COOKIE, PARTITIONED_COOKIE) if who != NOBODY else ():
                client.set_cookie(name, house.tokens[who])
            response = client.open(house.path(rule), method=method, headers={"Accept-Language": "fr"})
            where = f"{method} {rule.rule} as {who}: {response.status}"
            assert response.status_code < 500 or rule.endpoint == "health.readyz", where
            seen.add(response.status_code)
            kept = rule.endpoint in KEPT_BY_BROWSERS and response.status_code == 200
            policy = check_headers(response, kept=kept)
            guarded = response.status_code == 200 and rule.rule.startswith(
                ("/orga", "/campagnes", "/profil", "/donnees")
            )
            if guarded:
                assert policy["frame-ancestors"] == ["'self'", ENT], where
            if response.status_code >= 400:
                assert "<code>" in response.text or rule.endpoint.startswith("health."), where
            response.close()
    assert 200 in seen
    assert 405 in seen


@pytest.mark.parametrize("who", [PUPIL, TEACHER, ADMINISTRATOR])
def test_pages_of_persons_are_kept_by_nobody(house: House, who: str) -> None:
    client = house.app.test_client()
    client.set_cookie(COOKIE, house.tokens[who])
    page = "/campagnes" if who == PUPIL else "/orga/campagnes"
    response = client.get(page)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("path", "headers"), HOSTILE)
def test_no_header_and_no_path_leads_anywhere_else(house: House, path: str, headers: dict[str, str]) -> None:
    client = house.app.test_client()
    client.set_cookie(COOKIE, house.tokens[TEACHER])
    response = client.get(path, headers=headers)
    assert response.status_code < 500
    assert "evil.example" not in response.headers.get("Location", "")
    assert "evil.example" not in response.text.replace("/evil.example", "")
    assert "[project]" not in response.text
    check_headers(response)
    response.close()


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "CONNECT", "FOO"])
def test_other_methods_are_no_way_in(house: House, method: str) -> None:
    for path in ("/lti/launch", "/lti/login", "/campagnes", "/orga/campagnes/1/suppression"):
        response = house.app.test_client().open(path, method=method)
        assert response.status_code == 405
        check_headers(response)


def test_the_origins_that_may_frame_an_error_are_platforms_of_ours(house: House, shared_origins: set[str]) -> None:
    policy = check_headers(house.app.test_client().get("/campagnes"))
    assert set(policy["frame-ancestors"]) - {"'self'"} <= shared_origins


@pytest.fixture
def shared_origins(house: House) -> set[str]:
    database = house.app.extensions["passerelle"].database
    with database.read() as session:
        return {url.removesuffix("/auth") for url in session.scalars(select(Platform.auth_url))}
