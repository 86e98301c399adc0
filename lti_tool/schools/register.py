"""The register as staff see it: learners by division, who is bound, one learner, a class to print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import case, exists, func, select
from sqlalchemy.orm import Session

from lti_tool.errors import N_, RefusedError
from lti_tool.lti.models import Person
from lti_tool.schools.models import Binding, Import, Learner
from lti_tool.schools.people import full_name
from lti_tool.schools.searching import matches

PER_PAGE = 50
MOST_PRINTED = 500
"""Learners of one class on paper."""


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
class ClassLine:
    """A learner in the list of a class that is printed."""

    last_name: str
    """The usage name where there is one."""
    first_name: str
    is_bound: bool


@dataclass(frozen=True, slots=True)
class LastImport:
    """The newest import of a school; `author` is None for the command line."""

    at: datetime
    author: str | None
    counts: dict[str, int]


class NoSuchLearnerError(RefusedError):
    """The register of this school has no such line."""

    code = "ELEVE"
    status = 404
    sentence = N_("Cet élève n’est pas dans la liste de votre établissement.")
    advice = N_("Revenez à la liste des élèves.")


def listing(
    session: Session,
    school_id: int,
    *,
    page: int = 1,
    per_page: int = PER_PAGE,
    division: str | None = None,
    search: str = "",
    with_inactive: bool = False,
    bound: bool | None = None,
    sorted_by: Sequence[Any] = (Learner.division,),
    confidential: bool = False,
) -> Listing:
    """A page of the school's learners, by division and name; the nearest page that exists to the one asked for.

    `search` holds words to find in the names; `bound` keeps those who are bound or those who are not. What they are
    `sorted_by` goes before their names. `confidential` adds INE and birthdates, which only administrators see.
    """
    chosen = [Learner.school_id == school_id]
    if division is not None:
        chosen.append(Learner.division == division)
    if search:
        usage_name = func.coalesce(Learner.preferred_last_name, "")
        chosen.append(matches(search, Learner.first_name, Learner.last_name, usage_name))
    if not with_inactive:
        chosen.append(Learner.active.is_(True))
    is_bound = exists().where(Binding.learner_id == Learner.id)
    if bound is not None:
        chosen.append(is_bound if bound else ~is_bound)
    order = (*sorted_by, Learner.last_name, Learner.first_name, Learner.id)
    ids: Sequence[int] | None = None
    if search:  # words are looked for once: what has them is few, or a list of numbers
        ids = session.scalars(select(Learner.id).where(*chosen).order_by(*order)).all()
        total = len(ids)
    else:
        total = session.scalar(select(func.count()).select_from(Learner).where(*chosen)) or 0
    page = min(max(1, page), max(1, -(-total // per_page)))
    first = (page - 1) * per_page
    if ids is not None:
        chosen, first = [Learner.id.in_(ids[first : first + per_page])], 0
    shown = (
        select(
            Learner.id,
            Learner.last_name,
            Learner.preferred_last_name,
            Learner.first_name,
            Learner.division,
            Learner.active,
            is_bound.label("is_bound"),
            Learner.ine,
            Learner.birthdate,
        )
        .where(*chosen)
        .order_by(*order)
        .limit(per_page)
        .offset(first)
    )
    rows = session.execute(shown)
    lines = tuple(LearnerLine(*row) if confidential else LearnerLine(*row[:7], None, None) for row in rows)
    return Listing(lines, total, page, per_page)


def divisions(session: Session, school_id: int, *, name: str | None = None) -> list[Division]:
    """The school's divisions that have active learners, by name; or the one of that name."""
    is_bound = exists().where(Binding.learner_id == Learner.id)
    which = [Learner.school_id == school_id, Learner.active.is_(True)]
    rows = session.execute(
        select(Learner.division, func.count(), func.sum(case((is_bound, 1), else_=0)))
        .where(*which, *(() if name is None else (Learner.division == name,)))
        .group_by(Learner.division)
        .order_by(Learner.division)
    )
    return [Division(name, learners, int(bound)) for name, learners, bound in rows]


def learner(session: Session, school_id: int, learner_id: int) -> Learner:
    """One line of the school's register, active or not. Raises `NoSuchLearnerError`."""
    found = session.scalar(select(Learner).where(Learner.id == learner_id, Learner.school_id == school_id))
    if found is None:
        raise NoSuchLearnerError
    return found


def class_list(session: Session, school_id: int, division: str) -> list[ClassLine]:
    """The active learners of a division by name, with who is bound: what is printed and pinned up."""
    called = func.coalesce(Learner.preferred_last_name, Learner.last_name)
    rows = session.execute(
        select(called, Learner.first_name, exists().where(Binding.learner_id == Learner.id))
        .where(Learner.school_id == school_id, Learner.division == division, Learner.active)
        .order_by(called, Learner.first_name, Learner.id)
        .limit(MOST_PRINTED)
    )
    return [ClassLine(*row) for row in rows]


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
    return LastImport(row.at, full_name(row.given_name, row.family_name), row.counts)
