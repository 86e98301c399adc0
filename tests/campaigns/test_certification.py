"""Who can be certified and what the others lack; one learner's record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from lti_tool.assessment.engine.framework import COMPETENCES
from lti_tool.assessment.engine.items import bank
from lti_tool.assessment.models import KnowledgeElement, Run
from lti_tool.campaigns import certification, record
from lti_tool.database import Database
from lti_tool.schools.models import Learner, School
from tests.campaigns.school import Schoolyard


def know(yard: Schoolyard, learner: Learner, *codes: str) -> None:
    """The learner has shown every skill of the first level of these competences."""
    run = yard.add(Run(child_id=learner.child_id, skills=[], carried=[], length=None, seed=1, started_at=yard.now))
    for code in codes:
        for skill in bank().skills_of_competence(code):
            if skill.level == 1:
                element = KnowledgeElement(
                    child_id=learner.child_id,
                    run_id=run.id,
                    skill_id=skill.id,
                    validated=True,
                    direct=True,
                    at=yard.now,
                )
                yard.add(element)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.write() as session:
        yield session


@pytest.fixture
def yard(session: Session, now: datetime) -> Schoolyard:
    return Schoolyard(session, now)


@pytest.fixture
def school(yard: Schoolyard) -> School:
    return yard.school()


def named(yard: Schoolyard, school: School, last_name: str, division: str = "3A", *, active: bool = True) -> Learner:
    learner = yard.learner(school, active=active)
    learner.last_name, learner.division = last_name, division
    yard.session.flush()
    return learner


def test_five_competences_at_level_one_are_certifiable(yard: Schoolyard, session: Session, school: School) -> None:
    able, nearly, absent = (named(yard, school, name) for name in ("Able", "Nearly", "Zed"))
    know(yard, able, *list(COMPETENCES)[:5])
    know(yard, nearly, *list(COMPETENCES)[:4])

    page = certification.candidates(session, school.id)

    assert [(each.last_name, each.is_certifiable, each.reached) for each in page.items] == [
        ("Able", True, 5),
        ("Nearly", False, 4),
        ("Zed", False, 0),
    ]
    assert [len(each.outlook.way) for each in page.items] == [0, 1, 5]
    assert certification.of_learners(session, [able.id, absent.id])[able.id].profile.missing == 0


def test_the_file_has_a_line_for_each_active_learner(yard: Schoolyard, session: Session, school: School) -> None:
    know(yard, named(yard, school, "Able"), *list(COMPETENCES)[:6])
    named(yard, school, "Gone", active=False)
    named(yard, school, "Other", "3B")
    named(yard, yard.school(), "Elsewhere")

    headings, *lines = certification.rows(session, school.id)

    assert headings[:5] == ["Nom", "Prénom", "Classe", "Certifiable (O/N)", "Nombre de compétences certifiables"]
    assert len(headings) == 8 + len(COMPETENCES)
    assert {(line[0], line[3], line[4], line[5]) for line in lines} == {("Able", "Oui", 6, 0), ("Other", "Non", 0, 5)}
    assert {len(line) for line in lines} == {len(headings)}
    assert [line[0] for line in certification.rows(session, school.id, "3B")] == ["Nom", "Other"]


def test_a_record_has_every_participation_of_that_learner_only(
    yard: Schoolyard, session: Session, school: School
) -> None:
    learner, other = yard.learner(school), yard.learner(school)
    first, second = yard.campaign(school), yard.campaign(school)
    for campaign, who in ((first, learner), (second, learner), (first, other)):
        yard.begun(campaign, who)

    lines = record.of_learner(session, learner.id)

    assert {line.campaign_id for line in lines} == {first.id, second.id}
    assert {(line.percent, line.band, line.sendings) for line in lines} == {(None, None, 0)}
    assert record.of_learners(session, [learner.id, other.id])[learner.id].participations == 2
