"""Binding: which line of the school's register is this person of a platform? Asked once, taken from nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import and_, delete, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from lti_tool.errors import N_, RefusedError
from lti_tool.lti.models import Person
from lti_tool.schools import audit, limits, matching, names, sessions, waiting
from lti_tool.schools.limits import TRIES
from lti_tool.schools.limits import tries_left as tries_left
from lti_tool.schools.matching import RegisterNames
from lti_tool.schools.models import PUPIL, Binding, Learner
from lti_tool.schools.sessions import SessionInfo
from lti_tool.schools.waiting import ALREADY_BOUND, OWN_ANSWERS
from lti_tool.schools.waiting import TYPED_NAMES as TYPED_NAMES


class Outcome(StrEnum):
    """What became of a try; the value is the short code on the page. None tells which part was wrong."""

    BOUND = "R00"
    NOT_FOUND = "R10"
    """No learner bears these names and this birthdate."""
    WAITING = "R20"
    """A member of staff has to confirm."""
    CONFLICT = "R30"
    """A member of staff has to settle it; `waiting` says why."""
    STOPPED = "R40"
    """Five tries within an hour; nothing was looked at."""
    SLOWED = "R41"
    """Many fail in the school: the next try is taken after a pause; nothing was looked at."""


class Why(StrEnum):
    """Why a member of staff took a learner from somebody, or bound by hand; kept in the audit trail."""

    NEW_ACCOUNT = "new-account"
    """The pupil has a new account: a new ENT, or one made again."""
    WRONG_PERSON = "wrong-person"
    """Somebody else was bound by mistake."""
    KNOWN = "known-to-me"
    """The member of staff knows the pupil."""


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of a try. `learner_id` only when bound; `tries_left` within the hour; `pause` when slowed."""

    outcome: Outcome
    learner_id: int | None = None
    tries_left: int = 0
    pause: timedelta = timedelta(0)


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


def waiting_for(session: Session, person_id: int, school_id: int) -> str | None:
    """Why this person's binding waits for a member of staff, or None where none waits."""
    return waiting.reason_for(session, person_id, school_id)


def bind(session: Session, info: SessionInfo, birthdate: date, typed: TypedNames | None, now: datetime) -> Result:
    """Bind the session's pupil by their birthdate and names (`facts/pix.md` §2.1); a refused try counts.

    `typed` is read only where the ENT gives no names. Raises `BindingError` for anybody but a pupil, and where
    names are needed and missing.
    """
    given_name, family_name = _names_of(info, typed)
    # One try at a time per person: otherwise a burst would all count the same tries.
    session.execute(select(Person.id).where(Person.id == info.person_id).with_for_update())
    bound_to = _learner_of(session, info.person_id, info.school.id)
    if bound_to is not None:
        return Result(Outcome.BOUND, bound_to, TRIES)
    left = tries_left(session, info.person_id, now)
    if left == 0:
        return Result(Outcome.STOPPED)
    pause = limits.wait(session, info.person_id, info.school.id, now)
    if pause:
        return Result(Outcome.SLOWED, None, left, pause)
    found = matching.find(given_name, family_name, _born_on(session, info.school.id, birthdate))
    reason = _obstacle(session, info, found, birthdate)
    if found.learner is not None and reason is None:
        learner_id = found.learner.key
        if tie(session, info.person_id, learner_id, now, by=info.person_id, action="binding.created"):
            return Result(Outcome.BOUND, learner_id, TRIES)
        reason = ALREADY_BOUND
    limits.count_failure(session, info.person_id, info.school.id, now)
    if reason is None:
        return Result(Outcome.NOT_FOUND, None, left - 1)
    meant = found.several if found.learner is None else [found.learner.key]
    waiting.ask(session, info.person_id, info.school.id, meant, reason, (given_name, family_name), now)
    return Result(Outcome.WAITING if reason == TYPED_NAMES else Outcome.CONFLICT, None, left - 1)


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
        called = (row.given_name or "", row.family_name or "")
        waiting.ask(session, person_id, school_id, [learner_id], OWN_ANSWERS, called, now)
        return None
    if not tie(session, person_id, learner_id, now, by=None, action="binding.followed"):
        return None
    session.execute(update(Learner).where(Learner.id == learner_id).values(child_id=row.moved_child_id))
    return learner_id


def tie(
    session: Session,
    person_id: int,
    learner_id: int,
    now: datetime,
    *,
    by: int | None,
    action: str,
    why: Why | None = None,
) -> bool:
    """Write that the person is this learner, unless somebody of the same platform is, or they are another already.

    Two at once: the unique columns let one through. A request that waited for it is done with. `by`, `action` and
    `why` go to the audit trail.
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
    waiting.forget(session, person_id, learner.school_id)
    told: dict[str, int | str] = {"bound_person": person_id, "learner": learner_id, **_reason(why)}
    audit.record(session, action, now, school_id=learner.school_id, person_id=by, **told)
    return True


def unbind(
    session: Session, person_id: int, school_id: int, now: datetime, *, by: int | None, why: Why | None = None
) -> bool:
    """Undo a binding and end the person's sessions; what the learner did stays with the learner.

    Returns whether there was one. `by` is the member of staff who asked, None for the command line; `why` is kept.
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
    told: dict[str, int | str] = {"bound_person": person_id, "learner": learner_id, **_reason(why)}
    audit.record(session, "binding.removed", now, school_id=school_id, person_id=by, **told)
    return True


def _reason(why: Why | None) -> dict[str, int | str]:
    return {} if why is None else {"why": why.value}


def _names_of(info: SessionInfo, typed: TypedNames | None) -> tuple[str, str]:
    """Given and family name of the ENT, or as typed where it has none. Raises `BindingError`."""
    if info.role != PUPIL or info.is_test:
        raise BindingError
    if not needs_typed_names(info):
        return info.given_name or "", info.family_name or ""
    if typed is None or not (names.normalise(typed.given_name) and names.normalise(typed.family_name)):
        raise BindingError(
            code="NOMS", status=400, sentence=N_("Le nom ou le prénom manque."), advice=N_("Complétez la page.")
        )
    return typed.given_name.strip(), typed.family_name.strip()


def _obstacle(session: Session, info: SessionInfo, found: matching.Found, birthdate: date) -> str | None:
    """Why the binding has to wait for a member of staff, before it is even tried; None where it has not to."""
    if found.learner is None:
        return waiting.SEVERAL if found.several else None
    if not found.learner.active:
        return waiting.DEACTIVATED
    if needs_typed_names(info) and not waiting.trusts_typed_names(session, info.school.id):
        return TYPED_NAMES
    return waiting.PERSON_BOUND if _is_another_child(session, info.person_id, birthdate) else None


def _is_another_child(session: Session, person_id: int, birthdate: date) -> bool:
    """Whether the person is bound, in whatever school, to somebody born on another day."""
    other = (
        select(Learner.id)
        .join(Binding, Binding.learner_id == Learner.id)
        .where(Binding.person_id == person_id, Learner.birthdate != birthdate)
        .limit(1)
    )
    return session.scalar(other) is not None


def _born_on(session: Session, school_id: int, birthdate: date) -> list[RegisterNames]:
    """The school's learners of this birthdate, bound or not, active or not."""
    rows = session.execute(
        select(
            Learner.id,
            Learner.last_name,
            Learner.preferred_last_name,
            Learner.first_name,
            Learner.middle_name,
            Learner.third_name,
            Learner.active,
        ).where(Learner.school_id == school_id, Learner.birthdate == birthdate)
    )
    return [RegisterNames(*row) for row in rows]


def _learner_of(session: Session, person_id: int, school_id: int) -> int | None:
    return session.scalar(
        select(Binding.learner_id).where(Binding.person_id == person_id, Binding.school_id == school_id)
    )


def _is_taken(session: Session, person_id: int, learner_id: int) -> bool:
    """Whether somebody of the person's platform is bound to the learner."""
    platform_id = select(Person.platform_id).where(Person.id == person_id).scalar_subquery()
    taken = exists().where(Binding.learner_id == learner_id, Binding.platform_id == platform_id)
    return bool(session.scalar(select(taken)))
