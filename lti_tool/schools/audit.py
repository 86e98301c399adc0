"""The audit trail: who did what to whom in a school, by our own identifiers and never by a name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session, aliased

from lti_tool.lti.models import Person
from lti_tool.schools.models import AuditLine, Learner
from lti_tool.schools.people import full_name

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the trail, with the names that its identifiers have today."""

    at: datetime
    action: str
    """A stable word, such as `binding.created`."""
    actor: str | None
    """Who acted; None for the command line or the tool itself, or where the ENT gives no name."""
    by_person: bool
    """Whether a person acted, known by name or not."""
    subject: str | None
    """The person who was bound or unbound, by the ENT's names."""
    learner: str | None
    learner_id: int | None
    detail: dict[str, Any]


def record(
    session: Session,
    action: str,
    now: datetime,
    *,
    school_id: int | None,
    person_id: int | None,
    **detail: int | str | None,
) -> None:
    """Add a line, in the caller's transaction: it stands if and only if what it tells of happened.

    `person_id` is who acted, None for the command line or the tool itself. `detail` holds identifiers of ours and
    stable words only; with a `learner`, the line stands on the learner's own page.
    """
    session.execute(
        insert(AuditLine).values(
            school_id=school_id,
            at=now,
            person_id=person_id,
            action=action,
            learner_id=detail.get("learner"),
            detail=detail,
        )
    )


def trail(session: Session, school_id: int, *, learner_id: int | None = None, page: int = 1) -> tuple[Event, ...]:
    """A page of the school's trail, the newest first; of one learner where given. Names are looked up, not kept."""
    actor, subject = aliased(Person), aliased(Person)
    statement = (
        select(AuditLine, actor, subject, Learner)
        .outerjoin(actor, actor.id == AuditLine.person_id)
        .outerjoin(subject, subject.id == AuditLine.detail["bound_person"].as_integer())
        .outerjoin(Learner, Learner.id == AuditLine.learner_id)
        .where(AuditLine.school_id == school_id)
        .order_by(AuditLine.at.desc(), AuditLine.id.desc())
        .limit(PER_PAGE)
        .offset((max(1, page) - 1) * PER_PAGE)
    )
    if learner_id is not None:
        statement = statement.where(AuditLine.learner_id == learner_id)
    return tuple(
        Event(
            at=line.at,
            action=line.action,
            actor=None if who is None else full_name(who.given_name, who.family_name),
            by_person=who is not None,
            subject=None if whom is None else full_name(whom.given_name, whom.family_name),
            learner=None if pupil is None else f"{pupil.first_name} {pupil.preferred_last_name or pupil.last_name}",
            learner_id=line.learner_id,
            detail=line.detail,
        )
        for line, who, whom, pupil in session.execute(statement)
    )


def count(session: Session, school_id: int) -> int:
    """How many lines the school's trail has."""
    return session.scalar(select(func.count()).select_from(AuditLine).where(AuditLine.school_id == school_id)) or 0
