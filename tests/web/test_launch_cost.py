"""What a launch costs where nothing has changed: five statements at most, and no call."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from lti_tool.lti.models import Person
from lti_tool.web.security import COOKIE, PARTITIONED_COOKIE
from tests.platform.payloads import AGS, LTI, MEMBERSHIP, NRPS
from tests.platform.server import FakePlatform
from tests.web.conftest import Town
from tests.web.launches import Gate, open_gate

MOST_STATEMENTS = 5
CUSTOM, ROLES = LTI + "custom", LTI + "roles"


@pytest.fixture
def gate(town: Town, platform: FakePlatform, client: FlaskClient) -> Gate:
    return open_gate(town, platform, client)


@dataclass
class Cost:
    """What one launch cost."""

    statements: list[str]
    calls: int
    location: str


def cost_of(gate: Gate, **claims: Any) -> Cost:
    """Launch with these claims, the login not counted."""
    attempt = gate.attempt()
    attempt.claims.update(claims)
    calls, sent = len(gate.platform.received), []

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "PRAGMA")):
            sent.append(statement)

    engine = gate.town.database.engine
    event.listen(engine, "before_cursor_execute", note)
    response = gate.post(attempt)
    event.remove(engine, "before_cursor_execute", note)
    assert response.status_code == 303
    return Cost(sent, len(gate.platform.received) - calls, response.headers["Location"])


def mediacentre(role: str) -> dict[str, Any]:
    role = f"http://purl.imsglobal.org/vocab/lis/v2/institution/person#{role}"
    return {ROLES: [role], LTI + "context": None, AGS: None, NRPS: None}


def bind(gate: Gate) -> int:
    """Bind whoever launched to a learner of the town; returns the learner's id."""
    town = replace(gate.town, platform_id=gate.record.id)
    with town.database.read() as session:
        person_id = session.scalars(select(Person.id)).one()
    learner_id = town.learner("Chloé", "Nguyen")
    town.bind(person_id, learner_id)
    return learner_id


@pytest.mark.parametrize("browser", ["same", "fresh"])
@pytest.mark.parametrize("bound", [False, True])
@pytest.mark.parametrize("where", ["mediacentre", "course", "campaign", "column", "teacher"])
def test_a_warm_launch_is_five_statements_at_most_and_no_call(
    gate: Gate, where: str, bound: bool, browser: str
) -> None:
    code = gate.town.campaign().code
    column = f"{gate.platform.url}/courses/course-1/lineitems/1/lineitem?type_id=1"
    claims: dict[str, Any] = {
        "mediacentre": mediacentre("Student"),
        "course": {},
        "campaign": {CUSTOM: {"campagne": code}},
        "column": {CUSTOM: {"campagne": code}, AGS: {"scope": ["x"], "lineitem": column}},
        "teacher": {CUSTOM: {"campagne": code}, ROLES: [MEMBERSHIP + "Instructor"]},
    }[where]
    gate.enter(**claims)
    if bound:
        bind(gate)
    gate.enter(**claims)
    if browser == "fresh":
        for name in (COOKIE, PARTITIONED_COOKIE):
            gate.client.delete_cookie(name)

    cost = cost_of(gate, **claims)

    assert len(cost.statements) <= MOST_STATEMENTS, cost.statements
    assert cost.calls == 0
