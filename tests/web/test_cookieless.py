"""Frames in which no cookie lives: the platform's own storage, the launch in the frame, the session in a window."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from lti_tool.database import Base
from lti_tool.lti.models import ConsumedState
from lti_tool.lti.refusals import Reason
from lti_tool.schools.handovers import LIFETIME
from lti_tool.schools.models import HandOver, WebSession
from lti_tool.web.security import COOKIE, PARTITIONED_COOKIE
from tests.lti.desk import Attempt
from tests.platform.server import FakePlatform
from tests.web.conftest import Town
from tests.web.launches import TARGET, Gate, open_gate
from tests.web.pages import Page

IFRAME = {"Sec-Fetch-Dest": "iframe"}
OURS = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "same-origin"}
BUTTON = "Ouvrir Pix (nouvelle fenêtre)"


@pytest.fixture
def gate(town: Town, platform: FakePlatform, client: FlaskClient) -> Gate:
    return open_gate(town, platform, client)


@pytest.fixture
def frame(app: Flask) -> FlaskClient:
    """A frame's browser, which keeps no cookie."""
    return app.test_client(use_cookies=False)


def script_of(response: TestResponse) -> Mapping[str, str]:
    """What the page gives its script."""
    (script,) = html.document_fromstring(response.text).xpath("//script[contains(@src, 'storage.js')]")
    return {name.removeprefix("data-"): value for name, value in script.attrib.items() if name.startswith("data-")}


def begin(gate: Gate, frame: FlaskClient, storage: str = "_parent") -> tuple[Mapping[str, str], Attempt]:
    """The login's page in the frame; what its script is given, and the launch that follows."""
    sent = gate.parameters(lti_storage_target=storage)
    given = script_of(frame.post("/lti/login?cookies=1", data=sent, headers=IFRAME))
    query = parse_qs(urlsplit(given["next"]).query)
    claims = gate.platform.claims(nonce=query["nonce"][0], target=TARGET)
    key = gate.platform.keys[0]
    header = {"typ": "JWT", "alg": "RS256", "kid": key.kid}
    return given, Attempt(gate.platform, claims, query["state"][0], [], key, header)


def post(frame: FlaskClient, attempt: Attempt, headers: Mapping[str, str] = OURS, **more: str) -> TestResponse:
    form = {"state": attempt.state or "", "id_token": attempt.id_token, **more}
    return frame.post("/lti/launch", data=form, headers=headers)


def count(gate: Gate, model: type[Base]) -> int:
    with gate.town.database.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def code(response: TestResponse) -> str:
    return Page(response, response.request.path).code


def hand_over(gate: Gate, frame: FlaskClient) -> str:
    """A launch that was verified by storage: the token of its window."""
    given, attempt = begin(gate, frame)
    page = Page(post(frame, attempt, preuve=given["secret"]), "/lti/launch")
    return dict(page.form(BUTTON).form_values())["passage"]


def test_the_login_s_page_gives_the_secret_to_the_platform_s_exact_origin(gate: Gate, frame: FlaskClient) -> None:
    given, attempt = begin(gate, frame, "outil_storage")
    assert (given["frame"], given["origin"]) == ("outil_storage", gate.platform.url)
    assert given["next"].startswith(f"{gate.platform.url}/auth?")
    assert given["secret"] not in given["next"]
    assert given["secret"] not in given["key"]
    assert count(gate, ConsumedState) == 0
    asked = post(frame, attempt, IFRAME)
    assert asked.status_code == 200
    assert script_of(asked) == {name: given[name] for name in ("frame", "origin", "key")}
    assert gate.platform.url in asked.headers["Content-Security-Policy"]


@pytest.mark.parametrize("target", ["", "a b", "<script>", "_top", "_self", "x" * 101, "é"])
def test_what_names_no_frame_offers_no_storage(gate: Gate, frame: FlaskClient, target: str) -> None:
    sent = gate.parameters(lti_storage_target=target)
    response = frame.post("/lti/login?cookies=1", data=sent, headers=IFRAME)
    assert response.status_code == 200
    assert "storage.js" not in response.text
    assert Page(response, "/lti/login").has_button(BUTTON)


def test_the_page_without_scripts_offers_the_unspent_login(gate: Gate, frame: FlaskClient) -> None:
    sent = gate.parameters(lti_storage_target="_parent")
    page = Page(frame.post("/lti/login?cookies=1", data=sent, headers=IFRAME), "/lti/login")
    assert dict(page.form(BUTTON).form_values()) == sent


def test_the_launch_is_verified_in_the_frame_and_begins_in_a_window(gate: Gate, frame: FlaskClient, app: Flask) -> None:
    given, attempt = begin(gate, frame)
    answer = post(frame, attempt, preuve=given["secret"])
    assert answer.status_code == 200
    assert answer.headers.getlist("Set-Cookie") == []
    assert (count(gate, WebSession), count(gate, HandOver), count(gate, ConsumedState)) == (0, 1, 1)
    form = Page(answer, "/lti/launch").form(BUTTON)
    assert (form.method, form.action, form.get("target")) == ("POST", "/lti/fenetre", "_blank")

    window = app.test_client()
    entered = window.post(form.action, data=dict(form.form_values()), headers={"Sec-Fetch-Site": "same-origin"})

    assert entered.status_code == 303
    assert entered.headers["Location"] == "/campagnes"
    assert {cookie.partition("=")[0] for cookie in entered.headers.getlist("Set-Cookie")} == {
        COOKIE,
        PARTITIONED_COOKIE,
    }
    assert window.get("/campagnes").status_code == 200
    assert count(gate, HandOver) == 0


@pytest.mark.parametrize("headers", [{}, IFRAME, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}])
def test_a_secret_that_another_site_posts_is_not_read(gate: Gate, frame: FlaskClient, headers: dict[str, str]) -> None:
    """Login CSRF: somebody's own login, secret and token, posted into another's browser (SEC §7.3.1)."""
    given, attempt = begin(gate, frame)
    answer = post(frame, attempt, headers, preuve=given["secret"])
    assert "storage.js" in answer.text, "the frame is asked again, and it is the platform's or answers nothing"
    assert (count(gate, HandOver), count(gate, ConsumedState)) == (0, 0)


def test_a_wrong_secret_is_another_browser(gate: Gate, frame: FlaskClient) -> None:
    _, attempt = begin(gate, frame)
    answer = post(frame, attempt, preuve="1790000000." + "a" * 32)
    assert (answer.status_code, code(answer)) == (401, Reason.BROWSER_IS_ANOTHER.value.code)
    assert count(gate, ConsumedState) == 0


def test_a_launch_without_cookie_is_refused_where_no_frame_kept_anything(gate: Gate, app: Flask) -> None:
    attempt = gate.attempt()
    answer = post(app.test_client(), attempt)
    assert (answer.status_code, code(answer)) == (401, Reason.BROWSER_WITHOUT_COOKIE.value.code)


def test_a_launch_by_storage_is_spent_once(gate: Gate, frame: FlaskClient) -> None:
    given, attempt = begin(gate, frame)
    assert post(frame, attempt, preuve=given["secret"]).status_code == 200
    assert post(frame, attempt, preuve=given["secret"]).status_code == Reason.STATE_SPENT.value.status
    assert count(gate, HandOver) == 1


def test_a_window_is_opened_once(gate: Gate, frame: FlaskClient, app: Flask) -> None:
    token = hand_over(gate, frame)
    answers = [
        app.test_client().post("/lti/fenetre", data={"passage": token}, headers={"Sec-Fetch-Site": "same-origin"})
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [303, 401]
    assert code(answers[1]) == Reason.HAND_OVER_SPENT.value.code


@pytest.mark.parametrize("site", [None, "cross-site", "same-site", "none"])
def test_a_window_that_another_site_opens_is_refused_and_spends_nothing(
    gate: Gate, frame: FlaskClient, app: Flask, site: str | None
) -> None:
    token = hand_over(gate, frame)
    headers = {} if site is None else {"Sec-Fetch-Site": site}
    answer = app.test_client().post("/lti/fenetre", data={"passage": token}, headers=headers)
    assert (answer.status_code, code(answer)) == (401, Reason.HAND_OVER_SPENT.value.code)
    assert (count(gate, WebSession), count(gate, HandOver)) == (0, 1)


@pytest.mark.parametrize("waited", [timedelta(seconds=59), timedelta(seconds=60)])
def test_a_window_waits_for_a_minute(gate: Gate, frame: FlaskClient, app: Flask, waited: timedelta) -> None:
    token = hand_over(gate, frame)
    with gate.town.database.write() as session:
        session.execute(update(HandOver).values(expires_at=gate.town.now + LIFETIME - waited))
    answer = app.test_client().post("/lti/fenetre", data={"passage": token}, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == (303 if waited < timedelta(seconds=60) else 401)


def test_no_address_holds_the_token(gate: Gate, frame: FlaskClient, app: Flask) -> None:
    token = hand_over(gate, frame)
    answer = app.test_client().get(f"/lti/fenetre?passage={token}", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 405
    assert count(gate, HandOver) == 1
