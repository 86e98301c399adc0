"""The ENT as a platform that tools register with: Moodle's demands, its one-time token, its *Activer*."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from lti_tool.demo.registration import TOOL_CONFIGURATION
from tests.demo.conftest import CLAIM, Page, World

HEAD = "helene.garnier"
LIST = "/administration/outils"


def offered(world: World, address: str = "") -> dict[str, str]:
    """What the frame's address holds after the head pasted the tool's."""
    page = world.browser(HEAD).get(
        f"{LIST}/ajout", params={"adresse": address or world.tool.origin + "/register/x?a=1"}
    )
    (frame,) = page.all("//iframe/@data-src")
    parts = urlsplit(frame)
    assert (parts.path, parse_qs(parts.query)["a"]) == ("/register/x", ["1"]), "its own path and query are kept"
    return {name: values[0] for name, values in parse_qs(parts.query).items()}


def document(world: World, **changes: Any) -> dict[str, Any]:
    origin = world.tool.origin
    asked = {
        "response_types": ["id_token"],
        "initiate_login_uri": f"{origin}/lti/login/k",
        "redirect_uris": [f"{origin}/lti/launch"],
        "client_name": "Pix",
        "jwks_uri": f"{origin}/jwks",
        "token_endpoint_auth_method": "private_key_jwt",
        TOOL_CONFIGURATION: {
            "domain": urlsplit(origin).netloc,
            "target_link_uri": f"{origin}/lti/launch",
            "claims": ["sub", "given_name", "family_name"],
        },
    }
    return {name: value for name, value in (asked | changes).items() if value is not None}


def post(world: World, asked: dict[str, Any], token: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.post(world.url + "/oidc/registration", json=asked, headers=headers, timeout=10)


def press(world: World, page: Page) -> Page:
    (action,) = page.all("//form[contains(@action, 'activation')]/@action")
    return world.browser(HEAD).post(action)


def test_a_tool_registers_waits_and_is_activated(world: World) -> None:
    given = offered(world)
    told = requests.get(given["openid_configuration"], timeout=10).json()
    assert told["issuer"] == world.url
    answer = post(world, document(world), given["registration_token"])
    assert answer.status_code == 200, "not 201 (facts/moodle.md)"
    client_id = answer.json()["client_id"]
    assert answer.json()[TOOL_CONFIGURATION]["deployment_id"] == "2"

    fields = world.start(world.browser("chloe.nguyen"), "/lancement/mediacentre")
    assert fields["client_id"] == world.tool.client_id, "the other tool still: this one waits"
    page = press(world, world.browser(HEAD).get(LIST))
    assert "Actif" in page.text

    fields = world.start(world.browser("chloe.nguyen"), "/lancement/mediacentre")
    assert (fields["client_id"], fields["lti_deployment_id"]) == (client_id, "2")
    world.tool.client_id = client_id
    launch = world.launch("chloe.nguyen", "/lancement/mediacentre")
    assert (launch["aud"], launch[CLAIM + "deployment_id"]) == (client_id, "2")
    assert launch["given_name"] == "Chloé"
    assert world.token_answer("score").status_code == 200


def test_names_come_only_if_they_were_asked_for(world: World) -> None:
    asked = document(world)
    asked[TOOL_CONFIGURATION]["claims"] = ["sub"]
    world.tool.client_id = post(world, asked, offered(world)["registration_token"]).json()["client_id"]
    press(world, world.browser(HEAD).get(LIST))
    launch = world.launch("chloe.nguyen", "/lancement/mediacentre")
    assert not {"name", "given_name", "family_name"} & set(launch)


def test_a_token_serves_once_and_within_the_hour(world: World) -> None:
    token = offered(world)["registration_token"]
    assert post(world, document(world), token).status_code == 200
    again = post(world, document(world), token)
    assert (again.status_code, again.json()["error"]) == (401, "token_already_used")
    late = offered(world)["registration_token"]
    world.ahead = 3700
    assert post(world, document(world), late).status_code == 401
    assert post(world, document(world), "nonsense").status_code == 401


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"response_types": ["code"]}, "invalid_response_types"),
        ({"token_endpoint_auth_method": "client_secret_post"}, "invalid_token_endpoint_auth_method"),
        ({"redirect_uris": []}, "missing_redirect_uris"),
        ({"initiate_login_uri": None}, "missing_initiate_login_uri"),
        ({"jwks_uri": None}, "missing_jwks_uri"),
        ({"client_name": ""}, "missing_client_name"),
        (
            {TOOL_CONFIGURATION: {"domain": "127.0.0.1", "target_link_uri": "http://127.0.0.1:1/x"}},
            "domain_targetlinkuri_mismatch",
        ),
    ],
)
def test_what_is_missing_is_said_in_plain_text(world: World, changes: dict[str, Any], reason: str) -> None:
    answer = post(world, document(world, **changes), offered(world)["registration_token"])
    assert (answer.status_code, answer.text) == (400, reason)
    assert answer.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("login", ["chloe.nguyen", "claire.fontaine", "nadia.martin"])
def test_only_the_head_adds_tools(world: World, login: str) -> None:
    assert world.browser(login).get(LIST).status == 403


@pytest.mark.parametrize("address", ["", "javascript:alert(1)", "file:///etc/passwd", "https:///x"])
def test_an_address_must_be_one(world: World, address: str) -> None:
    assert world.browser(HEAD).get(f"{LIST}/ajout", params={"adresse": address}).status == 400
