"""Logins through the application: two cookies, tried in a frame; a new window where none lives."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lti_tool.lti import browser
from lti_tool.lti.refusals import Reason
from tests.platform.server import FakePlatform
from tests.web.conftest import Town
from tests.web.launches import TARGET, Gate, open_gate
from tests.web.pages import Page

IFRAME = {"Sec-Fetch-Dest": "iframe"}


@pytest.fixture
def gate(town: Town, platform: FakePlatform, client: FlaskClient) -> Gate:
    return open_gate(town, platform, client, uai_param="uai", profile_param="profil")


def directive(response: TestResponse, name: str) -> list[str]:
    policy = response.headers["Content-Security-Policy"]
    return next(part.split()[1:] for part in policy.split("; ") if part.startswith(name + " "))


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("keyed", [False, True])
def test_a_login_goes_to_the_platform(gate: Gate, method: str, keyed: bool) -> None:
    path = f"/lti/login/{gate.record.key}" if keyed else "/lti/login"
    sent = {"query_string" if method == "GET" else "data": gate.parameters()}
    response = gate.client.open(path, method=method, **sent)
    assert response.status_code == 302
    assert response.headers["Location"].startswith(f"{gate.platform.url}/auth?")
    assert response.headers["Referrer-Policy"] == "no-referrer"


def test_two_cookies_hold_the_secret_for_a_day_at_most(gate: Gate) -> None:
    cookies = gate.log_in().headers.getlist("Set-Cookie")
    assert len(cookies) == 2
    for cookie in cookies:
        assert {"Secure", "HttpOnly", "SameSite=None", "Max-Age=86400", "Path=/lti"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
    assert ["Partitioned" in cookie for cookie in cookies] == [False, True]
    assert len({cookie.partition("=")[2].partition(";")[0] for cookie in cookies}) == 1


def test_a_browser_keeps_one_pair_for_all_its_logins(gate: Gate) -> None:
    gate.log_in()
    assert gate.log_in().headers.getlist("Set-Cookie") == []
    first, second = gate.attempt(), gate.attempt()
    assert {gate.post(each).status_code for each in (second, first)} == {303}


def test_in_a_frame_the_cookie_is_tried_before_the_platform_is_asked(gate: Gate) -> None:
    response = gate.log_in(IFRAME, lti_message_hint="{}")
    assert response.status_code == 307
    assert response.headers["Location"] == "/lti/login?cookies=1"
    assert len(response.headers.getlist("Set-Cookie")) == 2

    again = gate.client.post("/lti/login?cookies=1", data=gate.parameters(lti_message_hint="{}"), headers=IFRAME)

    assert again.status_code == 302
    assert again.headers["Location"].startswith(f"{gate.platform.url}/auth?")


def test_a_login_by_get_keeps_its_query_through_the_test(gate: Gate) -> None:
    response = gate.client.get("/lti/login", query_string=gate.parameters(lti_message_hint='{"a":1}'), headers=IFRAME)
    assert response.status_code == 307
    assert response.headers["Location"].endswith("&cookies=1")
    again = gate.client.get(response.headers["Location"], headers=IFRAME)
    assert "lti_message_hint=%7B%22a%22%3A1%7D" in again.headers["Location"]


def test_where_no_cookie_comes_back_a_new_window_is_offered_with_the_unspent_login(gate: Gate, app: Flask) -> None:
    blocked = app.test_client(use_cookies=False)
    hint = '{"launchid":"<\\"é&"}'
    sent = gate.parameters(lti_message_hint=hint)
    response = blocked.post(f"/lti/login/{gate.record.key}?cookies=1", data=sent, headers=IFRAME)

    assert response.status_code == 200
    page = Page(response, response.request.path)
    form = page.form("Ouvrir Pix (nouvelle fenêtre)")
    assert (form.method, form.action, form.get("target")) == ("POST", f"/lti/login/{gate.record.key}", "_blank")
    assert dict(form.form_values()) == sent
    assert gate.platform.url in directive(response, "form-action")
    assert gate.platform.url in directive(response, "frame-ancestors")
    assert gate.platform.received == []

    new_window = app.test_client()
    opened = new_window.post(form.action, data=dict(form.form_values()), headers={"Sec-Fetch-Dest": "document"})
    assert opened.status_code == 302
    assert opened.headers["Location"].startswith(f"{gate.platform.url}/auth?")


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Dest": "document"}])
def test_outside_a_frame_or_where_nobody_says_a_login_goes_on_at_once(gate: Gate, headers: dict[str, str]) -> None:
    assert gate.log_in(headers).status_code == 302


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "https://unknown.example"}, Reason.LOGIN_UNKNOWN_PLATFORM),
        ({"login_hint": ""}, Reason.LOGIN_WITHOUT_HINT),
        ({"target_link_uri": "https://evil.example/"}, Reason.LOGIN_FOREIGN_TARGET),
    ],
)
def test_a_refused_login_is_a_page_and_leaves_no_cookie(gate: Gate, changes: dict[str, str], reason: Reason) -> None:
    response = gate.log_in(**changes)
    assert response.status_code == reason.value.status
    assert Page(response, response.request.path).code == reason.value.code
    assert response.headers.getlist("Set-Cookie") == []


def test_the_host_header_builds_nothing(gate: Gate) -> None:
    response = gate.log_in({"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    assert "evil.example" not in response.headers["Location"]
    assert gate.client.get("/lti/config.json", headers={"Host": "evil.example"}).json["launch_url"] == TARGET


def test_an_old_cookie_is_replaced_not_refused(gate: Gate, town: Town) -> None:
    old = browser.new_secret(town.now - timedelta(hours=23, minutes=45))
    gate.client.set_cookie(browser.PLAIN_COOKIE, old, path=browser.COOKIE_PATH)
    assert len(gate.log_in().headers.getlist("Set-Cookie")) == 2


@pytest.mark.parametrize(
    ("auth_url", "framed_from"),
    [
        ("https://lms.example/auth", ["https://lms.example"]),
        ("https://sso.canvaslms.com/api/lti/authorize_redirect", ["https://*.instructure.com"]),
        ("https://developer.blackboard.com/api/v1/gateway/oidcauth", ["https://*.blackboard.com"]),
    ],
)
def test_the_pages_of_a_platform_s_schools_frame_us(
    town: Town, platform: FakePlatform, client: FlaskClient, auth_url: str, framed_from: list[str]
) -> None:
    """Some products sign in on a host of their own, where no school's page stands (`products.py`)."""
    gate = open_gate(town, platform, client, auth_url=auth_url)
    sources = directive(gate.log_in(IFRAME), "frame-ancestors")
    assert sources[:2] == ["'self'", auth_url.partition("/api")[0].partition("/auth")[0]]
    assert framed_from[-1] in sources
    assert len(sources) <= 3
