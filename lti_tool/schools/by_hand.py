"""Binding and unbinding by hand, by a member of staff who knows the pupil."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select, union
from sqlalchemy.orm import Session

from lti_tool.errors import N_, RefusedError
from lti_tool.lti.models import Person, Platform
from lti_tool.schools import binding, settling
from lti_tool.schools.binding import Why
from lti_tool.schools.models import PUPIL, Binding, BindingAttempt, BindingRequest, Learner, WebSession
from lti_tool.schools.searching import matches
from lti_tool.schools.settling import PER_PAGE


class ByHandError(RefusedError):
    """What a member of staff asked for cannot be done as the register stands now."""

    code = "RATTACHEMENT"
    status = 409
    sentence = N_("Cela n’est plus possible : la situation de l’élève a changé.")
    advice = N_("Revenez à la liste des élèves, puis recommencez.")


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody who came to the school as a pupil and is bound to nobody there."""

    person_id: int
    given_name: str | None
    family_name: str | None
    platform: str
    """Its issuer."""
    launched_at: datetime


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who is bound to a learner."""

    person_id: int
    given_name: str | None
    family_name: str | None
    platform: str
    """Its issuer."""
    since: datetime
    launched_at: datetime


def holders(session: Session, school_id: int, learner_id: int) -> list[Holder]:
    """Who is bound to the learner of the school, one per platform at most."""
    rows = session.execute(
        select(
            Person.id, Person.given_name, Person.family_name, Platform.issuer, Binding.created_at, Person.launched_at
        )
        .join(Person, Person.id == Binding.person_id)
        .join(Platform, Platform.id == Binding.platform_id)
        .where(Binding.school_id == school_id, Binding.learner_id == learner_id)
        .order_by(Binding.created_at, Binding.id)
    )
    return [Holder(*row) for row in rows]


def strangers(session: Session, school_id: int, *, search: str = "", limit: int = PER_PAGE) -> list[Stranger]:
    """Who came to the school as a pupil and is bound to nobody there, the latest first: whom staff may bind by hand."""
    statement = (
        select(Person.id, Person.given_name, Person.family_name, Platform.issuer, Person.launched_at)
        .join(Platform, Platform.id == Person.platform_id)
        .where(_came_as_pupil(school_id), ~_is_bound(school_id))
        .order_by(Person.launched_at.desc(), Person.id.desc())
        .limit(limit)
    )
    if search:
        names = func.coalesce(Person.given_name, ""), func.coalesce(Person.family_name, "")
        statement = statement.where(matches(search, *names))
    return [Stranger(*row) for row in session.execute(statement)]


def bind_by_hand(
    session: Session, school_id: int, learner_id: int, person_id: int, now: datetime, *, by: int, why: Why
) -> None:
    """Bind a stranger of the school to a learner of it; whoever of the same platform held the learner is unbound.

    Raises `ByHandError` where the person never came here as a pupil or is bound already, or the learner is not here.
    """
    allowed = select(Person.id).where(Person.id == person_id, _came_as_pupil(school_id), ~_is_bound(school_id))
    here = select(Learner.id).where(Learner.id == learner_id, Learner.school_id == school_id)
    if session.scalar(allowed) is None or session.scalar(here) is None:
        raise ByHandError
    if not settling.take(session, school_id, learner_id, person_id, now, by=by, why=why, action="binding.by-hand"):
        raise ByHandError


def unbind_by_hand(
    session: Session, school_id: int, learner_id: int, person_id: int, now: datetime, *, by: int, why: Why | None
) -> None:
    """Undo the binding of a person to a learner of the school. Raises `ByHandError` where there is none (any more)."""
    bound = select(Binding.id).where(
        Binding.school_id == school_id, Binding.learner_id == learner_id, Binding.person_id == person_id
    )
    if session.scalar(bound) is None:
        raise ByHandError
    binding.unbind(session, person_id, school_id, now, by=by, why=why)


def _came_as_pupil(school_id: int) -> ColumnElement[bool]:
    """Whether a person tried to be bound in the school, waits for it, or is there now."""
    return Person.id.in_(
        union(
            select(BindingAttempt.person_id).where(BindingAttempt.school_id == school_id),
            select(BindingRequest.person_id).where(BindingRequest.school_id == school_id),
            select(WebSession.person_id).where(
                WebSession.school_id == school_id, WebSession.role == PUPIL, WebSession.is_test.is_(False)
            ),
        )
    )


def _is_bound(school_id: int) -> ColumnElement[bool]:
    return exists().where(Binding.person_id == Person.id, Binding.school_id == school_id)
