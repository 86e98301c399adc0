"""Launches through the application: who is let in, where each arrives, and what is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from lti_tool.database import Base
from lti_tool.lti.models import SUSPENDED, ConsumedState, DeepLinkingRequest, Person, Platform
from lti_tool.lti.refusals import Reason
from lti_tool.schools.models import WebSession
from lti_tool.web.security import COOKIE, PARTITIONED_COOKIE
from tests.conftest import BASE_URL
from tests.lti.cases import certification
from tests.lti.desk import Change
from tests.platform.payloads import INSTITUTION, LTI, MEMBERSHIP
from tests.platform.server import FakePlatform
from tests.web.conftest import Town
from tests.web.launches import Gate, open_gate
from tests.web.pages import Browser, Page

ROLES, CONTEXT, CUSTOM = LTI + "roles", LTI + "context", LTI + "custom"
IFRAME = {"Sec-Fetch-Dest": "iframe"}


@pytest.fixture
def gate(town: Town, platform: FakePlatform, client: FlaskClient) -> Gate:
    return open_gate(town, platform, client, uai_param="uai", profile_param="profil")


def count(gate: Gate, model: type[Base]) -> int:
    with gate.town.database.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def page_of(response: TestResponse) -> Page:
    return Page(response, response.request.path)


@pytest.mark.parametrize(("change", "standing"), certification.GOOD_LAUNCHES)
def test_a_good_launch_is_let_in(gate: Gate, change: Change, standing: str) -> None:
    attempt = gate.attempt()
    change(attempt)
    response = gate.post(attempt)
    assert response.status_code == 303
    arrived = gate.client.get(response.headers["Location"])
    assert arrived.status_code == 200
    with gate.town.database.read() as session:
        role = session.scalars(select(WebSession.role)).one()
    assert role == {"teacher": "teacher", "pupil": "pupil", "none": "guest"}[standing]


def test_a_launch_posted_twice_is_let_in_once(gate: Gate) -> None:
    attempt = gate.attempt()
    assert gate.post(attempt).status_code == 303
    again = gate.post(attempt)
    assert again.status_code == 401
    assert page_of(again).code == Reason.STATE_SPENT.value.code


def test_a_launch_posted_twice_leads_on_to_where_it_led(gate: Gate) -> None:
    attempt = gate.attempt()
    attempt.claims[CUSTOM] = {"campagne": gate.town.campaign().code}
    arrived = gate.post(attempt).headers["Location"]
    again = gate.post(attempt)
    assert again.status_code == 401
    assert page_of(again).link("Continuer dans Pix") == arrived


def test_a_launch_posted_again_by_somebody_else_leads_back_to_the_ent(gate: Gate) -> None:
    attempt = gate.attempt()
    gate.post(attempt)
    gate.enter(sub="sub-hugo")
    assert page_of(gate.post(attempt)).link("Revenir à mon ENT") == gate.platform.url


def test_a_token_in_the_address_is_not_read(gate: Gate) -> None:
    attempt = gate.attempt()
    response = gate.client.get("/lti/launch", query_string={"state": attempt.state, "id_token": attempt.id_token})
    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"
    query = {"state": attempt.state, "id_token": attempt.id_token}
    assert gate.client.post("/lti/launch", query_string=query).status_code == 400


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_platform_s_own_refusal_is_a_page(gate: Gate, method: str) -> None:
    sent = {"error": "login_required", "error_description": "<script>", "state": gate.attempt().state}
    response = gate.client.open("/lti/launch", method=method, **{"query_string" if method == "GET" else "data": sent})
    assert response.status_code == 401
    assert page_of(response).code == Reason.PLATFORM_SENT_ERROR.value.code
    assert b"<script>" not in response.data


@pytest.mark.parametrize(
    ("method", "same_browser", "spent"), [("POST", True, True), ("POST", False, False), ("GET", True, False)]
)
def test_a_platform_s_refusal_spends_the_login_that_this_browser_began(
    gate: Gate, app: Flask, method: str, same_browser: bool, spent: bool
) -> None:
    """By a posted answer; by a link nothing is ever written, and somebody else's browser spends nobody's login."""
    attempt = gate.attempt()
    client = gate.client if same_browser else app.test_client()
    sent = {"error": "login_required", "state": attempt.state}
    client.open("/lti/launch", method=method, **{"query_string" if method == "GET" else "data": sent})
    assert count(gate, ConsumedState) == int(spent)
    assert gate.post(attempt).status_code == (401 if spent else 303)


@pytest.mark.parametrize("path", ["/lti/login", "/lti/launch"])
def test_what_is_larger_than_64_kb_is_not_read(gate: Gate, path: str) -> None:
    response = gate.client.post(path, data={"id_token": "x" * 70_000})
    assert response.status_code == 413
    assert "trop gros" in page_of(response).text


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data", "nonsense"])
def test_what_is_no_form_is_refused(gate: Gate, kind: str) -> None:
    assert gate.client.post("/lti/launch", data=b"{}", content_type=kind).status_code == 400


def test_a_suspended_platform_launches_nobody(gate: Gate) -> None:
    attempt = gate.attempt()
    with gate.town.database.write() as session:
        session.execute(update(Platform).where(Platform.id == gate.record.id).values(status=SUSPENDED))
    assert gate.post(attempt).status_code == 403
    assert gate.log_in().status_code == 403


def test_a_platform_that_is_down_is_a_503_page(gate: Gate) -> None:
    attempt = gate.attempt()
    gate.platform.stop()
    response = gate.post(attempt)
    assert response.status_code == 503
    assert "ne répond pas" in page_of(response).text


def test_a_hostile_name_is_only_a_name(gate: Gate, browser: Browser) -> None:
    response = gate.enter(given_name="<script>alert(1)</script>", family_name='"><img src=x>')
    arrived = gate.client.get(response.headers["Location"])
    assert b"<script>alert" not in arrived.data
    assert b"<img src=x>" not in arrived.data


# --- where people arrive


def mediacentre(role: str, **custom: str) -> dict[str, Any]:
    return {CONTEXT: None, ROLES: [INSTITUTION + role] if role else [], CUSTOM: custom}


@pytest.mark.parametrize(
    ("claims", "page"),
    [
        pytest.param(mediacentre("Student", profil="National_elv"), "/campagnes", id="pupil-of-a-mediacentre"),
        pytest.param(mediacentre("Faculty", profil="National_ens"), "/orga/campagnes", id="teacher-of-a-mediacentre"),
        pytest.param(mediacentre("Staff", profil="National_dir"), "/orga/campagnes", id="head"),
        pytest.param(mediacentre(""), "/invitation", id="no-role"),
        pytest.param({ROLES: [MEMBERSHIP + "ContentDeveloper"]}, "/invitation", id="unknown-role"),
        pytest.param({}, "/campagnes", id="pupil-of-an-activity-without-campaign"),
        pytest.param({CUSTOM: {"campagne": "NOTACODE1"}}, "/campagnes", id="pupil-of-an-unknown-campaign"),
    ],
)
def test_where_a_launch_leads(gate: Gate, claims: dict[str, Any], page: str) -> None:
    response = gate.enter(**claims)
    assert response.status_code == 303
    assert response.headers["Location"] == page
    assert gate.client.get(page).status_code == 200


def test_an_activity_leads_to_its_campaign(gate: Gate) -> None:
    campaign = gate.town.campaign()
    custom = {CUSTOM: {"campagne": campaign.code}}
    pupil = gate.enter(**custom).headers["Location"]
    assert re.fullmatch(rf"/campagnes/{campaign.code}\?activite=\d+", pupil)
    teacher = gate.enter(sub="sub-claire", **custom, **{ROLES: [MEMBERSHIP + "Instructor"]}).headers["Location"]
    assert teacher.startswith(f"/orga/campagnes/{campaign.id}")
    assert gate.client.get(teacher).status_code == 200


def test_a_teacher_is_asked_for_the_campaign_of_an_activity(gate: Gate) -> None:
    location = gate.enter(**{ROLES: [MEMBERSHIP + "Instructor"]}).headers["Location"]
    assert re.fullmatch(r"/orga/activites/\d+", location)
    assert gate.client.get(location).status_code == 200


def test_a_teacher_selects_content(gate: Gate) -> None:
    response = gate.post(gate.attempt("deep_linking", sub="sub-claire"))
    with gate.town.database.read() as session:
        asked = session.scalars(select(DeepLinkingRequest)).one()
    assert response.headers["Location"] == f"/orga/selection/{asked.id}"
    assert asked.return_url == f"{gate.platform.url}/selection"
    assert gate.client.get(response.headers["Location"]).status_code == 200


@pytest.mark.parametrize("roles", [[MEMBERSHIP + "Learner"], [MEMBERSHIP + "Member"], []])
def test_nobody_else_selects_content(gate: Gate, roles: list[str]) -> None:
    attempt = gate.attempt("deep_linking")
    attempt.claims[ROLES] = roles
    response = gate.post(attempt)
    assert response.status_code == 403
    assert page_of(response).code == Reason.DEEP_LINKING_NOT_ALLOWED.value.code
    assert count(gate, DeepLinkingRequest) == count(gate, WebSession) == 0


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param(mediacentre("Mentor"), id="of-a-mediacentre"),
        pytest.param({ROLES: [MEMBERSHIP + "Mentor"]}, id="of-a-course"),
        pytest.param(mediacentre("Student", profil="National_tut"), id="by-profile-beside-student"),
        pytest.param(mediacentre("Faculty", profil="national_TUT"), id="by-profile-beside-faculty"),
    ],
)
def test_a_parent_reads_who_may_come_in(gate: Gate, claims: dict[str, Any]) -> None:
    response = gate.enter(**claims)
    assert response.status_code == 403
    assert page_of(response).code == "PARENT"
    assert count(gate, Person) == count(gate, WebSession) == 0


def test_with_several_schools_the_declared_parameter_chooses(
    town: Town, platform: FakePlatform, client: FlaskClient
) -> None:
    gate = open_gate(town, platform, client, "0350002B", uai_param="uai")
    assert gate.enter(**mediacentre("Student", uai="0350002B")).status_code == 303
    unknown = gate.enter(**mediacentre("Student"))
    assert unknown.status_code == 403
    assert page_of(unknown).code == "ETAB_INCONNU"
    nobody = gate.enter(**mediacentre(""))
    assert nobody.status_code == 200
    assert page_of(nobody).heading.startswith("Votre ENT ne nous dit pas")
    assert count(gate, WebSession) == 1


def test_the_next_pupil_of_a_shared_computer_takes_over(gate: Gate) -> None:
    gate.enter()
    first = gate.client.get_cookie(COOKIE)
    response = gate.enter(sub="sub-hugo", given_name="Hugo")
    second = gate.client.get_cookie(COOKIE)
    assert first is not None
    assert second is not None
    assert first.value != second.value
    assert "Hugo" in gate.client.get(response.headers["Location"]).get_data(as_text=True)
    for name in (COOKIE, PARTITIONED_COOKIE):
        gate.client.set_cookie(name, first.value)
    assert gate.client.get("/campagnes").status_code == 401


def test_the_same_person_keeps_their_session_over_a_second_activity(gate: Gate) -> None:
    gate.enter()
    link = {LTI + "resource_link": {"id": "activity-2"}}
    assert gate.enter(**link).headers.getlist("Set-Cookie") == []
    assert count(gate, WebSession) == 1


def test_a_parent_does_not_stay_in_a_pupil_s_session(gate: Gate) -> None:
    gate.enter()
    assert gate.client.get("/campagnes").status_code == 200
    gate.enter(sub="sub-nadia", **{ROLES: [MEMBERSHIP + "Mentor"]})
    assert gate.client.get("/campagnes").status_code == 401


# --- what platforms read of us


def test_our_keys_and_addresses(gate: Gate) -> None:
    keys = gate.client.get("/lti/jwks.json")
    assert [set(key) for key in keys.json["keys"]] == [{"kty", "n", "e", "kid", "alg", "use"}]
    config = gate.client.get("/lti/config.json").json
    assert set(config) == {
        "title",
        "description",
        "login_url",
        "launch_url",
        "target_link_uri",
        "jwks_url",
        "scopes",
        "messages",
        "claims",
    }
    assert config["login_url"] == f"{BASE_URL}/lti/login"
    assert config["jwks_url"] == f"{BASE_URL}/lti/jwks.json"
    assert len(config["scopes"]) == 5
