"""The register as staff see it: learners by division, who is bound, and the bindings that wait for a click."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import case, delete, exists, func, select
from sqlalchemy.orm import Session, aliased

from lti_tool.lti.models import Person
from lti_tool.schools import audit, binding
from lti_tool.schools.models import Binding, BindingRequest, Import, Learner
from lti_tool.schools.searching import matches

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class LearnerLine:
    """A learner in the list. `ine` and `birthdate` only for administrators."""

    id: int
    last_name: str
    preferred_last_name: str | None
    first_name: str
    division: str
    active: bool
    is_bound: bool
    ine: str | None
    birthdate: date | None


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the register; `page` counts from 1."""

    lines: tuple[LearnerLine, ...]
    total: int
    page: int
    per_page: int

    @property
    def pages(self) -> int:
        """How many pages there are; an empty list has one."""
        return max(1, -(-self.total // self.per_page))


@dataclass(frozen=True, slots=True)
class Division:
    """A division with its active learners, and how many of them are bound."""

    name: str
    learners: int
    bound: int


@dataclass(frozen=True, slots=True)
class Request:
    """A binding that waits for a member of staff, with what they need to settle it."""

    id: int
    reason: str
    """`typed-names`, `already-bound` or `own-answers`."""
    given_name: str
    """As the pupil typed it, or as the ENT gives it."""
    family_name: str
    learner_id: int
    learner_first_name: str
    learner_last_name: str
    division: str
    held_by: str | None
    """Who is bound to the learner on the same platform, by the ENT's names; None where nobody is."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class LastImport:
    """The newest import of a school; `author` is None for the command line."""

    at: datetime
    author: str | None
    counts: dict[str, int]


class Decision(StrEnum):
    """What staff make of a request."""

    BIND = "bind"
    """Bind; whoever of the same platform held the learner is unbound."""
    REFUSE = "refuse"


def listing(
    session: Session,
    school_id: int,
    *,
    page: int = 1,
    per_page: int = PER_PAGE,
    division: str | None = None,
    search: str = "",
    with_inactive: bool = False,
    confidential: bool = False,
) -> Listing:
    """A page of the school's learners, by division and name; the nearest page that exists to the one asked for.

    `search` holds words to find in the names. `confidential` adds INE and birthdates, which only administrators see.
    """
    chosen = [Learner.school_id == school_id]
    if division is not None:
        chosen.append(Learner.division == division)
    if search:
        usage_name = func.coalesce(Learner.preferred_last_name, "")
        chosen.append(matches(search, Learner.first_name, Learner.last_name, usage_name))
    if not with_inactive:
        chosen.append(Learner.active.is_(True))
    total = session.scalar(select(func.count()).select_from(Learner).where(*chosen)) or 0
    page = min(max(1, page), max(1, -(-total // per_page)))
    rows = session.execute(
        select(
            Learner.id,
            Learner.last_name,
            Learner.preferred_last_name,
            Learner.first_name,
            Learner.division,
            Learner.active,
            exists().where(Binding.learner_id == Learner.id).label("is_bound"),
            Learner.ine,
            Learner.birthdate,
        )
        .where(*chosen)
        .order_by(Learner.division, Learner.last_name, Learner.first_name, Learner.id)
        .limit(per_page)
        .offset((page - 1) * per_page)
    )
    lines = tuple(LearnerLine(*row) if confidential else LearnerLine(*row[:7], None, None) for row in rows)
    return Listing(lines, total, page, per_page)


def divisions(session: Session, school_id: int) -> list[Division]:
    """The school's divisions that have active learners, by name."""
    is_bound = exists().where(Binding.learner_id == Learner.id)
    rows = session.execute(
        select(Learner.division, func.count(), func.sum(case((is_bound, 1), else_=0)))
        .where(Learner.school_id == school_id, Learner.active)
        .group_by(Learner.division)
        .order_by(Learner.division)
    )
    return [Division(name, learners, int(bound)) for name, learners, bound in rows]


def last_import(session: Session, school_id: int) -> LastImport | None:
    """The newest import of the school, or None where there was none."""
    row = session.execute(
        select(Import.at, Import.counts, Person.given_name, Person.family_name)
        .outerjoin(Person, Person.id == Import.person_id)
        .where(Import.school_id == school_id)
        .order_by(Import.at.desc(), Import.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    return LastImport(row.at, _full_name(row.given_name, row.family_name), row.counts)


def requests(session: Session, school_id: int, *, division: str | None = None, limit: int = PER_PAGE) -> list[Request]:
    """The bindings of the school that wait, oldest first, at most `limit`; of one division where it is given."""
    holder = aliased(Person)
    asker = aliased(Person)
    held = aliased(Binding)
    statement = (
        select(BindingRequest, Learner, held.id, holder.given_name, holder.family_name)
        .join(Learner, Learner.id == BindingRequest.learner_id)
        .join(asker, asker.id == BindingRequest.person_id)
        .outerjoin(held, (held.learner_id == Learner.id) & (held.platform_id == asker.platform_id))
        .outerjoin(holder, holder.id == held.person_id)
        .where(BindingRequest.school_id == school_id)
        .order_by(BindingRequest.created_at, BindingRequest.id)
        .limit(limit)
    )
    if division is not None:
        statement = statement.where(Learner.division == division)
    return [
        Request(
            id=request.id,
            reason=request.reason,
            given_name=request.given_name,
            family_name=request.family_name,
            learner_id=learner.id,
            learner_first_name=learner.first_name,
            learner_last_name=learner.preferred_last_name or learner.last_name,
            division=learner.division,
            held_by=None if held_id is None else _full_name(given_name, family_name) or "–",
            created_at=request.created_at,
        )
        for request, learner, held_id, given_name, family_name in session.execute(statement)
    ]


def count_requests(session: Session, school_id: int) -> int:
    """How many bindings of the school wait."""
    counted = select(func.count()).select_from(BindingRequest).where(BindingRequest.school_id == school_id)
    return session.scalar(counted) or 0


def settle(
    session: Session, school_id: int, request_ids: Iterable[int], decision: Decision, now: datetime, *, by: int
) -> list[int]:
    """Settle requests of the school, one or in bulk; returns the learners who are bound now. `by` is who decided.

    Requests that somebody else settled meanwhile, or of another school, are passed over.
    """
    bound = []
    for request in _locked(session, school_id, sorted(set(request_ids))):
        person_id, learner_id = request.person_id, request.learner_id
        session.execute(delete(BindingRequest).where(BindingRequest.id == request.id))
        if decision is Decision.REFUSE:
            audit.record(
                session,
                "binding.refused",
                now,
                school_id=school_id,
                person_id=by,
                bound_person=person_id,
                learner=learner_id,
            )
            continue
        holder = _holder(session, person_id, learner_id)
        if holder is not None and holder != person_id:
            binding.unbind(session, holder, school_id, now, by=by)
        if _is_another(session, person_id, school_id, learner_id):  # as after a platform was added again
            binding.unbind(session, person_id, school_id, now, by=by)
        if binding.tie(session, person_id, learner_id, now, by=by, action="binding.confirmed"):
            bound.append(learner_id)
    return bound


def _locked(session: Session, school_id: int, request_ids: Sequence[int]) -> Sequence[BindingRequest]:
    return session.scalars(
        select(BindingRequest)
        .where(BindingRequest.school_id == school_id, BindingRequest.id.in_(request_ids))
        .order_by(BindingRequest.id)
        .with_for_update()
    ).all()


def _holder(session: Session, person_id: int, learner_id: int) -> int | None:
    """Who of the person's platform is bound to the learner."""
    platform_id = select(Person.platform_id).where(Person.id == person_id).scalar_subquery()
    return session.scalar(
        select(Binding.person_id).where(Binding.learner_id == learner_id, Binding.platform_id == platform_id)
    )


def _is_another(session: Session, person_id: int, school_id: int, learner_id: int) -> bool:
    """Whether the person is bound to another line of the school."""
    bound = session.scalar(
        select(Binding.learner_id).where(Binding.person_id == person_id, Binding.school_id == school_id)
    )
    return bound not in (None, learner_id)


def _full_name(given_name: str | None, family_name: str | None) -> str | None:
    return " ".join(name for name in (given_name, family_name) if name) or None
