"""How often a birthdate may be tried: five times an hour for a person, and slower where a school sees many fail.

What failed stands in rows, so that no restart forgets it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from lti_tool.schools.models import BindingAttempt

TRIES = 5
TRIES_WITHIN = timedelta(hours=1)
SCHOOL_FAILURES = 100
"""Failures of a school within the hour from which on its pupils are slowed: a whole class that errs three times."""
SLOWEST = timedelta(minutes=5)
_STEP = timedelta(seconds=20)
KEPT = timedelta(days=30)
"""How long a failure is kept: staff bind by hand whoever did not find themselves."""


def tries_left(session: Session, person_id: int, now: datetime) -> int:
    """How many more birthdates the person may type within the hour."""
    used = session.scalar(
        select(func.count())
        .select_from(BindingAttempt)
        .where(BindingAttempt.person_id == person_id, BindingAttempt.at > now - TRIES_WITHIN)
    )
    return max(0, TRIES - (used or 0))


def wait(session: Session, person_id: int, school_id: int, now: datetime) -> timedelta:
    """How long the person has to wait after their own last failure, since many fail in the school; nobody is stopped.

    Whoever has not failed within the hour never waits, so that a crowd of errors keeps nobody else out.
    """
    last = session.scalar(
        select(func.max(BindingAttempt.at)).where(
            BindingAttempt.person_id == person_id, BindingAttempt.at > now - TRIES_WITHIN
        )
    )
    if last is None:
        return timedelta(0)
    recent = (
        select(BindingAttempt.id)
        .where(BindingAttempt.school_id == school_id, BindingAttempt.at > now - TRIES_WITHIN)
        .limit(SCHOOL_FAILURES * int(SLOWEST / _STEP))
        .subquery()
    )
    failures = session.scalar(select(func.count()).select_from(recent)) or 0
    pause = min(SLOWEST, _STEP * (failures // SCHOOL_FAILURES))
    return max(timedelta(0), last + pause - now)


def count_failure(session: Session, person_id: int, school_id: int, now: datetime) -> None:
    """Keep that a try failed, and forget the person's old ones."""
    session.execute(insert(BindingAttempt).values(person_id=person_id, school_id=school_id, at=now))
    session.execute(
        delete(BindingAttempt).where(BindingAttempt.person_id == person_id, BindingAttempt.at <= now - KEPT)
    )
