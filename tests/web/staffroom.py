"""What tests of the staff's pages arrange: colleagues, another school, results and grades, a course's activities."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from typing import TypeVar

from sqlalchemy.orm import Session

from lti_tool.assessment.models import Run
from lti_tool.campaigns import campaigns
from lti_tool.campaigns.models import SHARED, STARTED, Campaign, Participation, SharedResult
from lti_tool.database import Base
from lti_tool.grades.models import Grade, LineItem
from lti_tool.lti.models import Context, DeepLinkingRequest, Deployment, Member, Person, ResourceLink
from lti_tool.schools import schools
from lti_tool.schools.models import TEACHER, Learner
from tests.web.conftest import Town
from tests.web.pages import Browser

RETURN_URL = "https://ent.example.fr/cours/7/selection"
LINE_ITEM = "https://ent.example.fr/lineitems/1"
Row = TypeVar("Row", bound=Base)
_numbers = count(1)


def enter_as(town: Town, browser: Browser, role: str = TEACHER, name: str = "Claire", *, is_test: bool = False) -> int:
    """A person of that role is in the browser; returns the person's id."""
    person_id = town.person(name, "Fontaine")
    town.enter(browser, person_id, role, is_test=is_test)
    return person_id


def made_by(town: Town, owner_id: int | None, name: str, school_id: int | None = None) -> Campaign:
    """A campaign of that person; of another school where one is given."""
    with town.database.write() as session:
        return campaigns.create(
            session,
            school_id=school_id or town.school_id,
            owner_id=owner_id,
            name=name,
            title=f"Titre de {name}",
            landing_text="",
            target_profile="decouverte",
            now=town.now,
        )


def another_school(town: Town) -> int:
    with town.database.write() as session:
        return schools.add(session, "0250002B", "Collège de la Rive", town.now).id


def participate(town: Town, campaign: Campaign, learner_id: int, *, validated: int | None = None) -> int:
    """The learner takes the campaign; with `validated` of 10, has sent results. Returns the participation's id."""
    with town.database.write() as session:
        run = _add(
            session,
            Run(child_id=f"child-{learner_id}", skills=[], length=None, seed=1, item_id=None, started_at=town.now),
        )
        participation = _add(
            session,
            Participation(
                campaign_id=campaign.id,
                learner_id=learner_id,
                run_id=run.id,
                status=STARTED if validated is None else SHARED,
                started_at=town.now,
                shared_at=None if validated is None else town.now,
            ),
        )
        if validated is not None:
            _add(session, _result(participation, validated, town.now))
        return participation.id


def course(town: Town, *teachers: int, title: str = "Technologie") -> int:
    """A course of a deployment that serves the school, where these persons teach; returns the context's id."""
    with town.database.write() as session:
        deployment = _add(
            session,
            Deployment(platform_id=town.platform_id, deployment_id=f"d{next(_numbers)}", created_at=town.now),
        )
        schools.assign(session, deployment.id, [town.school_id])
        context = _add(
            session,
            Context(
                deployment_pk=deployment.id,
                platform_id=town.platform_id,
                context_id="c1",
                title=title,
                lineitems_url="https://ent.example.fr/lineitems",
                created_at=town.now,
            ),
        )
        for person_id in teachers:
            sub = session.get_one(Person, person_id).sub
            _add(session, Member(context_pk=context.id, sub=sub, is_learner=False, seen_at=town.now))
        return context.id


def activity(town: Town, context_pk: int, *, lineitem_url: str | None = None) -> int:
    """An activity of the course; returns the resource link's id."""
    with town.database.write() as session:
        context = session.get_one(Context, context_pk)
        link = ResourceLink(
            deployment_pk=context.deployment_pk,
            context_pk=context_pk,
            resource_link_id=f"r{next(_numbers)}",
            title="Pix en 4e",
            lineitem_url=lineitem_url,
            created_at=town.now,
        )
        return _add(session, link).id


def grade(town: Town, campaign: Campaign, link: int, learner_id: int, participation_id: int, **cell: object) -> None:
    """The learner's cell in the activity's column."""
    with town.database.write() as session:
        context_pk = session.get_one(ResourceLink, link).context_pk
        assert context_pk is not None
        line_item = LineItem(
            platform_id=town.platform_id,
            context_pk=context_pk,
            resource_link_pk=link,
            campaign_id=campaign.id,
            url=f"{LINE_ITEM}{next(_numbers)}",
            created_at=town.now,
        )
        result = session.query(SharedResult).filter_by(participation_id=participation_id).one()
        values = {"line_item_id": _add(session, line_item).id, "shared_result_id": result.id, "wanted_at": town.now}
        person_id = session.query(Person).first().id  # type: ignore[union-attr]
        _add(session, Grade(learner_id=learner_id, person_id=person_id, **values, **cell))


def selection(town: Town, person_id: int, context_pk: int, **settings: object) -> str:
    """A deep linking request of that teacher; returns the picker's path."""
    with town.database.write() as session:
        values: dict[str, object] = {"accepts_several": False, "accepts_line_item": True, "data": "opaque"}
        request = DeepLinkingRequest(
            id=f"selection-{next(_numbers)}",
            platform_id=town.platform_id,
            deployment_pk=session.get_one(Context, context_pk).deployment_pk,
            context_pk=context_pk,
            person_id=person_id,
            return_url=RETURN_URL,
            created_at=town.now,
            **(values | settings),
        )
        return f"/orga/selection/{_add(session, request).id}"


def learner(town: Town, first_name: str, last_name: str, division: str = "4A", **fields: object) -> int:
    """A line of the register with these names; returns its id."""
    learner_id = town.learner(first_name, last_name)
    with town.database.write() as session:
        row = session.get_one(Learner, learner_id)
        for name, value in {"division": division, **fields}.items():
            setattr(row, name, value)
    return learner_id


def _result(participation: Participation, validated: int, now: datetime) -> SharedResult:
    return SharedResult(
        participation_id=participation.id,
        run_id=participation.run_id,
        validated=validated,
        targeted=10,
        competences=[],
        started_at=now,
        shared_at=now,
        counts=True,
    )


def _add(session: Session, row: Row) -> Row:
    session.add(row)
    session.flush()
    return row
