"""Submission reviews and data privacy launches through the application: who sees whose, and where each arrives."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from lti_tool.campaigns import participations
from lti_tool.campaigns.models import Campaign
from lti_tool.database import Base
from lti_tool.grades import held
from lti_tool.lti.models import Person
from lti_tool.lti.refusals import Reason
from lti_tool.schools.models import Learner, WebSession
from lti_tool.schools.sessions import LearnerRef
from tests.platform.payloads import AGS, INSTITUTION, LTI, MEMBERSHIP
from tests.platform.server import FakePlatform
from tests.web.conftest import Town
from tests.web.launches import Gate, open_gate
from tests.web.pages import Page

ROLES, CUSTOM, FOR_USER = LTI + "roles", LTI + "custom", LTI + "for_user"
TEACHER = {ROLES: [MEMBERSHIP + "Instructor"]}
HEAD = {ROLES: [INSTITUTION + "Administrator"]}


@pytest.fixture
def gate(town: Town, platform: FakePlatform, client: FlaskClient) -> Gate:
    gate = open_gate(town, platform, client, trust_administrators=True)
    return replace(gate, town=replace(town, platform_id=gate.record.id))


def send(gate: Gate, message: str, *, sub: str = "sub-chloe", **claims: Any) -> TestResponse:
    attempt = gate.attempt(message, sub)
    attempt.claims.update(claims)
    return gate.post(attempt)


def about(sub: str) -> dict[str, Any]:
    return {FOR_USER: {"user_id": sub}}


def code_of(response: TestResponse) -> str | None:
    return Page(response, response.request.path).code


def count(gate: Gate, model: type[Base]) -> int:
    with gate.town.database.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def person(gate: Gate, sub: str) -> int:
    with gate.town.database.read() as session:
        return session.scalars(select(Person.id).where(Person.sub == sub)).one()


@pytest.fixture
def campaign(gate: Gate) -> Campaign:
    """A campaign with a column in the course, and Chloé bound there."""
    campaign = gate.town.campaign()
    column = f"{gate.platform.url}/courses/course-1/lineitems/1/lineitem?type_id=1"
    gate.enter(**{CUSTOM: {"campagne": campaign.code}, AGS: {"scope": ["x"], "lineitem": column}})
    gate.town.bind(person(gate, "sub-chloe"), gate.town.learner("Chloé", "Nguyen"))
    return campaign


def begin(gate: Gate, campaign: Campaign) -> int:
    with gate.town.database.write() as session:
        learner = session.scalars(select(Learner)).one()
        ref = LearnerRef(learner.id, learner.child_id, learner.first_name, learner.last_name, "6A", True)
        return participations.begin(session, session.get_one(Campaign, campaign.id), ref, gate.town.now).id


def test_a_teacher_is_led_to_that_pupil_s_results(gate: Gate, campaign: Campaign) -> None:
    participation = begin(gate, campaign)
    response = send(gate, "submission_review", sub="sub-claire", **TEACHER, **about("sub-chloe"))
    assert response.headers["Location"] == f"/orga/campagnes/{campaign.id}/resultats/{participation}"
    assert gate.client.get(response.headers["Location"]).status_code == 200


@pytest.mark.parametrize("link", [True, False], ids=["with the activity", "without"])
def test_a_pupil_is_led_to_their_own(gate: Gate, campaign: Campaign, link: bool) -> None:
    participation = begin(gate, campaign)
    attempt = gate.attempt("submission_review")
    if not link:
        attempt.without(LTI + "resource_link")
    assert gate.post(attempt).headers["Location"] == f"/parcours/{participation}/resultats"


def test_a_pupil_never_sees_another_s(gate: Gate, campaign: Campaign) -> None:
    begin(gate, campaign)
    sessions = count(gate, WebSession)
    response = send(gate, "submission_review", sub="sub-hugo", **about("sub-chloe"))
    assert (response.status_code, code_of(response)) == (403, Reason.FOR_USER_NOT_ALLOWED.value.code)
    assert count(gate, WebSession) == sessions
    assert gate.client.get("/campagnes").status_code == 401


def test_whoever_has_not_begun_leads_to_the_campaign(gate: Gate, campaign: Campaign) -> None:
    teacher = send(gate, "submission_review", sub="sub-claire", **TEACHER, **about("sub-chloe"))
    assert teacher.headers["Location"] == f"/orga/campagnes/{campaign.id}"
    stranger = send(gate, "submission_review", sub="sub-claire", **TEACHER, **about("sub-nobody"))
    assert stranger.headers["Location"] == f"/orga/campagnes/{campaign.id}"
    assert send(gate, "submission_review").headers["Location"] == f"/campagnes/{campaign.code}"


def test_a_column_of_no_campaign_leads_to_the_activity(gate: Gate) -> None:
    response = send(gate, "submission_review", sub="sub-claire", **TEACHER, **about("sub-chloe"))
    assert response.headers["Location"].startswith("/orga/activites/")


# --- what is held


def test_a_pupil_reads_and_takes_away_what_is_held(gate: Gate, campaign: Campaign) -> None:
    begin(gate, campaign)
    response = send(gate, "data_privacy")
    assert response.headers["Location"] == "/donnees"
    page = gate.client.get("/donnees").get_data(as_text=True)
    for words in ("Nguyen", "sub-chloe", "2014-03-27", "Collège du Pont", "Télécharger ces données (.json)"):
        assert words in page
    export = gate.client.get("/donnees/export.json")
    assert export.headers["Content-Disposition"] == 'attachment; filename="donnees-pix.json"'
    assert export.headers["Cache-Control"] == "no-store"
    kept = json.loads(export.data)
    assert kept["persons"][0]["sub"] == "sub-chloe"
    assert kept["learners"][0]["birthdate"] == "2014-03-27"
    assert {"bindings", "members", "participations", "runs", "web_sessions"} <= set(kept)
    assert "token_hash" not in export.get_data(as_text=True)


@pytest.mark.parametrize("claims", [TEACHER, {ROLES: []}], ids=["teacher", "guest"])
def test_everybody_reads_their_own(gate: Gate, claims: dict[str, Any]) -> None:
    response = send(gate, "data_privacy", sub="sub-claire", **claims)
    assert response.headers["Location"] == "/donnees"
    assert "sub-claire" in gate.client.get("/donnees").get_data(as_text=True)


@pytest.mark.parametrize("claims", [TEACHER, {}], ids=["teacher", "pupil"])
def test_nobody_but_an_administrator_asks_for_somebody_else(
    gate: Gate, campaign: Campaign, claims: dict[str, Any]
) -> None:
    response = send(gate, "data_privacy", sub="sub-claire", **{**claims, **about("sub-chloe")})
    assert (response.status_code, code_of(response)) == (403, Reason.FOR_USER_NOT_ALLOWED.value.code)
    send(gate, "data_privacy", sub="sub-claire", **claims)
    assert gate.client.get(f"/donnees/{person(gate, 'sub-chloe')}").status_code == 403


def test_a_head_asks_for_a_pupil_of_the_school(gate: Gate, campaign: Campaign) -> None:
    begin(gate, campaign)
    response = send(gate, "data_privacy", sub="sub-helene", **{**HEAD, **about("sub-chloe")})
    assert response.headers["Location"] == f"/donnees/{person(gate, 'sub-chloe')}"
    assert "2014-03-27" in gate.client.get(response.headers["Location"]).get_data(as_text=True)
    export = gate.client.get(response.headers["Location"] + "/export.json").json
    assert [row["campaign_id"] for row in export["participations"]] == [campaign.id]
    unknown = send(gate, "data_privacy", sub="sub-helene", **{**HEAD, **about("sub-nobody")})
    assert (unknown.status_code, code_of(unknown)) == (404, "INCONNU")


def test_a_head_sees_nothing_of_who_belongs_to_another_school(gate: Gate, campaign: Campaign) -> None:
    gate.enter(sub="sub-hugo")
    send(gate, "data_privacy", sub="sub-helene", **HEAD)
    assert gate.client.get(f"/donnees/{person(gate, 'sub-hugo')}").status_code == 404
    assert gate.client.get("/donnees/999999").status_code == 404


def test_nobody_s_data_without_a_session(gate: Gate) -> None:
    assert gate.client.get("/donnees").status_code == 401
    assert gate.client.get("/donnees/export.json").status_code == 401


def test_every_table_that_refers_to_somebody_is_in_the_export() -> None:
    """By references: what is left out here must hold nothing of a person."""
    targets = ("persons.id", "learners.id", "runs.id", "participations.id")
    reached = {
        table.name
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if any(held.refers(column, target) for target in targets)
    }
    about_people = {
        table.name
        for table in Base.metadata.sorted_tables
        if {"sub", "child_id", "person_id", "learner_id", "run_id"} & set(table.columns.keys())
    }
    assert about_people - reached <= {"members"}
