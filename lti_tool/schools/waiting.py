"""Bindings that wait for a member of staff, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from lti_tool.lti.upsert import insert_or_update
from lti_tool.schools import audit
from lti_tool.schools.models import BindingCandidate, BindingRequest, School

TYPED_NAMES = "typed-names"
"""The ENT gives no names: the pupil typed them."""
ALREADY_BOUND = "already-bound"
"""The learner is bound to somebody else of the same platform."""
SEVERAL = "several"
"""More than one learner is near."""
DEACTIVATED = "deactivated"
"""The learner is no longer in the school's list."""
PERSON_BOUND = "person-bound"
"""The person is bound in another school to a child of another birthdate."""
OWN_ANSWERS = "own-answers"
"""A child who moved here has answers under both lines."""

MOST_CANDIDATES = 10


def reason_for(session: Session, person_id: int, school_id: int) -> str | None:
    """Why this person's binding waits for a member of staff, or None where none waits."""
    return session.scalar(
        select(BindingRequest.reason).where(
            BindingRequest.person_id == person_id, BindingRequest.school_id == school_id
        )
    )


def ask(
    session: Session,
    person_id: int,
    school_id: int,
    learner_ids: Sequence[int],
    reason: str,
    names: tuple[str, str],
    now: datetime,
) -> None:
    """Leave the binding to a member of staff; the newest request of a person in a school replaces the one before.

    `learner_ids` is whom they seem to be, one or several; `names` the given and family name, of the ENT or typed.
    """
    one = learner_ids[0] if len(learner_ids) == 1 else None
    row = {
        "person_id": person_id,
        "school_id": school_id,
        "learner_id": one,
        "reason": reason,
        "given_name": names[0],
        "family_name": names[1],
        "created_at": now,
    }
    changing = ["learner_id", "reason", "given_name", "family_name"]
    request_id = insert_or_update(session, BindingRequest, row, unique=["person_id", "school_id"], update=changing)
    session.execute(delete(BindingCandidate).where(BindingCandidate.request_id == request_id))
    if one is None:
        several = [{"request_id": request_id, "learner_id": each} for each in learner_ids[:MOST_CANDIDATES]]
        session.execute(insert(BindingCandidate), several)
    audit.record(
        session, "binding.requested", now, school_id=school_id, person_id=person_id, learner=one, reason=reason
    )


def trusts_typed_names(session: Session, school_id: int) -> bool:
    """Whether the school binds who typed their names at once, as if the ENT had given them."""
    return session.scalars(select(School.trusts_typed_names).where(School.id == school_id)).one()


def trust_typed_names(session: Session, school_id: int, trusted: bool, now: datetime, *, by: int) -> None:
    """Say whether typed names bind at once; what waits already still waits for a click."""
    changed = session.scalar(
        update(School)
        .where(School.id == school_id, School.trusts_typed_names.is_not(trusted))
        .values(trusts_typed_names=trusted)
        .returning(School.id)
        .execution_options(synchronize_session=False)
    )
    if changed is not None:
        action = "names.trusted" if trusted else "names.checked"
        audit.record(session, action, now, school_id=school_id, person_id=by)


def forget(session: Session, person_id: int, school_id: int) -> None:
    """The person's request in the school is done with, where there is one."""
    session.execute(
        delete(BindingRequest)
        .where(BindingRequest.person_id == person_id, BindingRequest.school_id == school_id)
        .execution_options(synchronize_session=False)
    )
