"""Access tokens: what an assertion must say, what a token opens and how long."""

import json
import time

import pytest

LINE_ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"


def test_a_token_lives_sixty_seconds_and_comes_as_text_html(world):
    answer = world.token_answer("score", "members")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    token = json.loads(answer.text)
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 60)
    assert len(token["scope"].split()) == 2


def test_only_scopes_that_exist_are_granted(world):
    token = json.loads(world.token_answer("score", "https://example.org/everything", "openid").text)
    assert token["scope"] == "https://purl.imsglobal.org/spec/lti-ags/scope/score"
    assert world.token_answer("https://example.org/everything").status_code == 400


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"aud": "https://other.example/token"}, id="aud"),
        pytest.param({"iss": "other"}, id="iss"),
        pytest.param({"sub": "other"}, id="sub"),
        pytest.param({"exp": 1}, id="expired"),
        pytest.param({"exp": None}, id="no exp"),
        pytest.param({"iat": None}, id="no iat"),
        pytest.param({"iat": int(time.time()) + 3600}, id="iat in the future"),
        pytest.param({"jti": None}, id="no jti"),
    ],
)
def test_a_wrong_assertion_gets_no_token(world, changes):
    assertion = world.tool.sign(world.tool.assertion(world.url + "/oidc/token", **changes))
    answer = world.token_answer("score", assertion=assertion)
    assert (answer.status_code, json.loads(answer.text)["error"]) == (400, "invalid_client")


def test_an_assertion_serves_once(world):
    assertion = world.tool.sign(world.tool.assertion(world.url + "/oidc/token"))
    assert world.token_answer("score", assertion=assertion).status_code == 200
    assert world.token_answer("score", assertion=assertion).status_code == 400


@pytest.mark.parametrize("kid", ["unknown", 'é"\\', ""])
def test_an_assertion_of_an_unknown_key_gets_no_token(world, kid):
    assertion = world.tool.sign(world.tool.assertion(world.url + "/oidc/token"), kid=kid)
    assert world.token_answer("score", assertion=assertion).status_code == 400


def test_a_token_that_is_over_is_worth_nothing(world, services):
    world.ahead = 61
    assert services.get(services.lineitems, LINE_ITEMS).status_code == 401


def test_a_token_opens_only_what_its_scopes_name(world, services, column):
    services.token = world.bearer("members")
    assert services.get(services.lineitems, LINE_ITEMS).status_code == 403
    assert services.score(column).status_code == 403
    services.token = {}
    assert services.score(column).status_code == 401
