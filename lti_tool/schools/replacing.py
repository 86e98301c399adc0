"""A platform that was deleted and added again: its people here become those of its new registration.

A sub known on both is one person, who keeps what the new one is bound to; where that is another learner than the old
one's, staff are asked. Nobody else's binding is touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from lti_tool.errors import N_
from lti_tool.lti import platforms
from lti_tool.lti.models import DeepLinkingRequest, Person
from lti_tool.lti.platforms import PlatformError
from lti_tool.lti.upsert import insert_unless_there
from lti_tool.schools import audit, sessions
from lti_tool.schools.models import (
    ADMINISTRATOR,
    AuditLine,
    Binding,
    BindingAttempt,
    BindingRequest,
    Import,
    Staff,
    StaffVisit,
    Upload,
)
from lti_tool.schools.waiting import ALREADY_BOUND


@dataclass(frozen=True, slots=True)
class MovedPeople:
    """How many people moved, which were known on both, and for how many staff must decide."""

    people: int
    merged: tuple[tuple[int, int], ...]
    """Old and new ids of the persons whose sub was known on both; the old rows are still there."""
    conflicts: int


def check_pair(session: Session, old_id: int, new_id: int) -> None:
    """Raises `PlatformError` unless these are two platforms of one issuer."""
    old, new = platforms.find(session, old_id), platforms.find(session, new_id)
    if old_id == new_id:
        raise PlatformError(N_("Une plateforme ne se remplace pas elle-même."), field="new")
    if old.issuer != new.issuer:
        raise PlatformError(N_("Ces deux plateformes n’ont pas le même émetteur."), field="new")


def move_people(session: Session, old_id: int, new_id: int, now: datetime) -> MovedPeople:
    """Make the old platform's people the new one's. What others point to them with is the caller's to move."""
    sessions.end_of_platform(session, old_id)
    session.execute(delete(DeepLinkingRequest).where(DeepLinkingRequest.platform_id == old_id))
    conflicts = _move_bindings(session, old_id, new_id, now)
    other = aliased(Person)
    pairs = session.execute(
        select(Person.id, other.id)
        .join(other, (other.sub == Person.sub) & (other.platform_id == new_id))
        .where(Person.platform_id == old_id)
        .order_by(Person.id)
    )
    merged = tuple((old, new) for old, new in pairs)
    for old, new in merged:
        _merge(session, old, new)
    moved = session.execute(
        update(Person)
        .where(Person.platform_id == old_id, Person.id.not_in([old for old, _ in merged]))
        .values(platform_id=new_id)
        .returning(Person.id)
        .execution_options(synchronize_session=False)
    )
    return MovedPeople(len(moved.all()), merged, conflicts)


def forget_merged(session: Session, moved: MovedPeople) -> None:
    """Delete the old rows of those who were known on both, once nothing points to them any more."""
    session.execute(delete(Person).where(Person.id.in_([old for old, _ in moved.merged])))


def repoint(
    session: Session, column: InstrumentedAttribute[Any], old: int, new: int, *, unique_with: Sequence[str] = ()
) -> None:
    """Make rows that point to `old` point to `new`; those of which `new` has its own are deleted."""
    model = column.class_
    if unique_with:
        taken = aliased(model)
        clash = exists(
            select(1).where(
                getattr(taken, column.key) == new,
                *(getattr(taken, name) == getattr(model, name) for name in unique_with),
            )
        )
        session.execute(delete(model).where(column == old, clash).execution_options(synchronize_session=False))
    session.execute(
        update(model).where(column == old).values({column.key: new}).execution_options(synchronize_session=False)
    )


def _move_bindings(session: Session, old_id: int, new_id: int, now: datetime) -> int:
    """Bindings follow their people, unless the new platform says otherwise; returns the conflicts."""
    conflicts = 0
    rows = session.execute(
        select(Binding.id, Binding.learner_id, Binding.school_id, Person)
        .join(Person, Person.id == Binding.person_id)
        .where(Binding.platform_id == old_id)
        .order_by(Binding.id)
    ).all()
    for binding_id, learner_id, school_id, person in rows:
        twin = session.scalar(select(Person.id).where(Person.platform_id == new_id, Person.sub == person.sub))
        holder = session.scalar(
            select(Binding.person_id).where(Binding.platform_id == new_id, Binding.learner_id == learner_id)
        )
        own = session.scalar(
            select(Binding.learner_id).where(Binding.person_id == (twin or 0), Binding.school_id == school_id)
        )
        if holder is None and own is None:
            values = {"platform_id": new_id, "person_id": twin or person.id}
            session.execute(update(Binding).where(Binding.id == binding_id).values(**values))
            continue
        session.execute(delete(Binding).where(Binding.id == binding_id))
        if own == learner_id:
            continue
        conflicts += 1
        request = {
            "person_id": twin or person.id,
            "school_id": school_id,
            "learner_id": learner_id,
            "reason": ALREADY_BOUND,
            "given_name": person.given_name or "",
            "family_name": person.family_name or "",
            "created_at": now,
        }
        insert_unless_there(session, BindingRequest, request, unique=["person_id", "school_id"])
        audit.record(
            session,
            "binding.conflict",
            now,
            school_id=school_id,
            person_id=None,
            bound_person=twin or person.id,
            learner=learner_id,
        )
    return conflicts


def _merge(session: Session, old: int, new: int) -> None:
    """What this room keeps of the old person becomes the new one's; an administrator of either is one."""
    ruled = select(Staff.school_id).where(Staff.person_id == old, Staff.role == ADMINISTRATOR)
    session.execute(
        update(Staff)
        .where(Staff.person_id == new, Staff.school_id.in_(ruled))
        .values(role=ADMINISTRATOR)
        .execution_options(synchronize_session=False)
    )
    for column in (Staff.person_id, StaffVisit.person_id, BindingRequest.person_id, Binding.person_id):
        repoint(session, column, old, new, unique_with=["school_id"])
    repoint(session, BindingAttempt.person_id, old, new)
    repoint(session, Import.person_id, old, new)
    repoint(session, Upload.person_id, old, new)
    repoint(session, AuditLine.person_id, old, new)
