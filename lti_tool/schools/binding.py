"""Binding: which line of the school's register is this person of a platform? Asked once, taken from nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import and_, delete, exists, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from lti_tool.errors import N_, RefusedError
from lti_tool.lti.models import Person
from lti_tool.lti.upsert import insert_or_update
from lti_tool.schools import audit, names, sessions
from lti_tool.schools.models import PUPIL, Binding, BindingAttempt, BindingRequest, Learner, School
from lti_tool.schools.sessions import SessionInfo

TRIES = 5
TRIES_WITHIN = timedelta(hours=1)

TYPED_NAMES, ALREADY_BOUND, OWN_ANSWERS = "typed-names", "already-bound", "own-answers"
"""Why a binding waits for a member of staff: names that the pupil typed; a learner bound to somebody else of the same
platform; a child who moved here and has answers under both lines."""


class Outcome(StrEnum):
    """What became of a try; the value is the short code on the page. None tells which part was wrong."""

    BOUND = "R00"
    NOT_FOUND = "R10"
    """No learner, or several, bear these names and this birthdate."""
    WAITING = "R20"
    """A member of staff has to confirm."""
    CONFLICT = "R30"
    """The learner is bound to somebody else of the same platform; a member of staff has to settle it."""
    STOPPED = "R40"
    """Five tries within an hour; nothing was looked at."""


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of a try. `learner_id` only when bound; `tries_left` within the hour."""

    outcome: Outcome
    learner_id: int | None = None
    tries_left: int = 0


@dataclass(frozen=True, slots=True)
class TypedNames:
    """Names that the pupil typed, where the ENT gives none."""

    given_name: str
    family_name: str


class BindingError(RefusedError):
    """The session cannot bind at all, or the form is incomplete."""

    code = "RATTACHEMENT"
    status = 403
    sentence = N_("Cette page est réservée aux élèves.")


def needs_typed_names(info: SessionInfo) -> bool:
    """Whether the form has to ask for the names, since the ENT does not give both."""
    return not (names.normalise(info.given_name or "") and names.normalise(info.family_name or ""))


def tries_left(session: Session, person_id: int, now: datetime) -> int:
    """How many more birthdates the person may type within the hour."""
    used = session.scalar(
        select(func.count())
        .select_from(BindingAttempt)
        .where(BindingAttempt.person_id == person_id, BindingAttempt.at > now - TRIES_WITHIN)
    )
    return max(0, TRIES - (used or 0))


def waiting_for(session: Session, person_id: int, school_id: int) -> str | None:
    """Why this person's binding waits for a member of staff, or None where none waits."""
    return session.scalar(
        select(BindingRequest.reason).where(
            BindingRequest.person_id == person_id, BindingRequest.school_id == school_id
        )
    )


def bind(session: Session, info: SessionInfo, birthdate: date, typed: TypedNames | None, now: datetime) -> Result:
    """Bind the session's pupil by their birthdate and names (`facts/pix.md` §2.1); a refused try counts.

    `typed` is read only where the ENT gives no names. Raises `BindingError` for anybody but a pupil, and where
    names are needed and missing.
    """
    if info.role != PUPIL or info.is_test:
        raise BindingError
    given_name, family_name = info.given_name or "", info.family_name or ""
    by_typed_names = needs_typed_names(info)
    if by_typed_names:
        if typed is None or not (names.normalise(typed.given_name) and names.normalise(typed.family_name)):
            raise BindingError(
                code="NOMS", status=400, sentence=N_("Le nom ou le prénom manque."), advice=N_("Complétez la page.")
            )
        given_name, family_name = typed.given_name.strip(), typed.family_name.strip()
    # One try at a time per person: otherwise a burst would all count the same tries.
    session.execute(select(Person.id).where(Person.id == info.person_id).with_for_update())
    bound_to = _learner_of(session, info.person_id, info.school.id)
    if bound_to is not None:
        return Result(Outcome.BOUND, bound_to, TRIES)
    left = tries_left(session, info.person_id, now)
    if left == 0:
        return Result(Outcome.STOPPED)
    learner_id = names.match(given_name, family_name, _born_on(session, info.school.id, birthdate))
    if learner_id is None:
        outcome = Outcome.NOT_FOUND
    elif by_typed_names and not _trusts_typed_names(session, info.school.id):
        _ask_staff(session, info.person_id, info.school.id, learner_id, TYPED_NAMES, given_name, family_name, now)
        outcome = Outcome.WAITING
    elif not tie(session, info.person_id, learner_id, now, by=info.person_id, action="binding.created"):
        _ask_staff(session, info.person_id, info.school.id, learner_id, ALREADY_BOUND, given_name, family_name, now)
        outcome = Outcome.CONFLICT
    else:
        return Result(Outcome.BOUND, learner_id, TRIES)
    session.execute(insert(BindingAttempt).values(person_id=info.person_id, school_id=info.school.id, at=now))
    return Result(outcome, None, left - 1)


def follow(
    session: Session,
    *,
    person_id: int,
    school_id: int,
    has_answers: Callable[[str], bool],
    now: datetime,
) -> int | None:
    """Bind somebody who is bound in another school to the same child's line here; returns it, None where there is none.

    The line must be active, bear the same INE and birthdate, and be bound to nobody of this platform. It takes over
    the child's id, unless `has_answers` says that its own has answers: then staff settle it. To be called at a
    launch of a pupil (not a test user) who is bound to nobody in this school.
    """
    here, there = aliased(Learner), aliased(Learner)
    row = session.execute(
        select(here.id, here.child_id, there.child_id.label("moved_child_id"), Person.given_name, Person.family_name)
        .select_from(Binding)
        .join(there, there.id == Binding.learner_id)
        .join(here, and_(here.ine == there.ine, here.birthdate == there.birthdate, here.school_id == school_id))
        .join(Person, Person.id == Binding.person_id)
        .where(Binding.person_id == person_id, Binding.school_id != school_id, here.active)
        .order_by(Binding.created_at.desc(), Binding.id.desc())
        .limit(1)
        .with_for_update(of=here)
    ).first()
    if row is None or _is_taken(session, person_id, row.id):
        return None
    learner_id: int = row.id
    if row.child_id != row.moved_child_id and has_answers(row.child_id):
        given_name, family_name = row.given_name or "", row.family_name or ""
        _ask_staff(session, person_id, school_id, learner_id, OWN_ANSWERS, given_name, family_name, now)
        return None
    if not tie(session, person_id, learner_id, now, by=None, action="binding.followed"):
        return None
    session.execute(update(Learner).where(Learner.id == learner_id).values(child_id=row.moved_child_id))
    return learner_id


def tie(session: Session, person_id: int, learner_id: int, now: datetime, *, by: int | None, action: str) -> bool:
    """Write that the person is this learner, unless somebody of the same platform is, or they are another already.

    Two at once: the unique columns let one through. A request that waited for it is done with. `by` and `action`
    go to the audit trail.
    """
    learner = session.get_one(Learner, learner_id)
    platform_id = session.scalars(select(Person.platform_id).where(Person.id == person_id)).one()
    dialect_insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    made = session.scalar(
        dialect_insert(Binding)
        .values(
            person_id=person_id,
            platform_id=platform_id,
            school_id=learner.school_id,
            learner_id=learner_id,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(Binding.id)
    )
    if made is None:
        return False
    _forget_request(session, person_id, learner.school_id)
    audit.record(
        session, action, now, school_id=learner.school_id, person_id=by, bound_person=person_id, learner=learner_id
    )
    return True


def unbind(session: Session, person_id: int, school_id: int, now: datetime, *, by: int | None) -> bool:
    """Undo a binding and end the person's sessions; what the learner did stays with the learner.

    Returns whether there was one. `by` is the member of staff who asked, None for the command line.
    """
    learner_id = session.scalar(
        delete(Binding)
        .where(Binding.person_id == person_id, Binding.school_id == school_id)
        .returning(Binding.learner_id)
        .execution_options(synchronize_session=False)
    )
    if learner_id is None:
        return False
    sessions.end_of_person(session, person_id)
    audit.record(
        session,
        "binding.removed",
        now,
        school_id=school_id,
        person_id=by,
        bound_person=person_id,
        learner=learner_id,
    )
    return True


def _born_on(session: Session, school_id: int, birthdate: date) -> list[names.RegisterNames]:
    """The school's active learners of this birthdate, bound or not."""
    rows = session.execute(
        select(
            Learner.id,
            Learner.last_name,
            Learner.preferred_last_name,
            Learner.first_name,
            Learner.middle_name,
            Learner.third_name,
        ).where(Learner.school_id == school_id, Learner.birthdate == birthdate, Learner.active)
    )
    return [names.RegisterNames(*row) for row in rows]


def _learner_of(session: Session, person_id: int, school_id: int) -> int | None:
    return session.scalar(
        select(Binding.learner_id).where(Binding.person_id == person_id, Binding.school_id == school_id)
    )


def _trusts_typed_names(session: Session, school_id: int) -> bool:
    return session.scalars(select(School.trusts_typed_names).where(School.id == school_id)).one()


def _is_taken(session: Session, person_id: int, learner_id: int) -> bool:
    """Whether somebody of the person's platform is bound to the learner."""
    platform_id = select(Person.platform_id).where(Person.id == person_id).scalar_subquery()
    taken = exists().where(Binding.learner_id == learner_id, Binding.platform_id == platform_id)
    return bool(session.scalar(select(taken)))


def _ask_staff(
    session: Session,
    person_id: int,
    school_id: int,
    learner_id: int,
    reason: str,
    given_name: str,
    family_name: str,
    now: datetime,
) -> None:
    """Leave the binding to a member of staff; the newest request of a person in a school replaces the one before."""
    row = {
        "person_id": person_id,
        "school_id": school_id,
        "learner_id": learner_id,
        "reason": reason,
        "given_name": given_name,
        "family_name": family_name,
        "created_at": now,
    }
    changing = ["learner_id", "reason", "given_name", "family_name"]
    insert_or_update(session, BindingRequest, row, unique=["person_id", "school_id"], update=changing)
    audit.record(
        session, "binding.requested", now, school_id=school_id, person_id=person_id, learner=learner_id, reason=reason
    )


def _forget_request(session: Session, person_id: int, school_id: int) -> None:
    session.execute(
        delete(BindingRequest)
        .where(BindingRequest.person_id == person_id, BindingRequest.school_id == school_id)
        .execution_options(synchronize_session=False)
    )
