"""The imports of a school: who imported what, when, with what effect, and each change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from lti_tool.errors import N_, RefusedError
from lti_tool.lti.models import Person
from lti_tool.schools.imports import DEACTIVATED, REACTIVATED, UPDATED
from lti_tool.schools.models import Import, ImportChange, Learner
from lti_tool.schools.people import full_name

PER_PAGE = 50
ADDED = "added"
KINDS = (ADDED, UPDATED, DEACTIVATED, REACTIVATED)


class NoSuchImportError(RefusedError):
    """The school has no such import."""

    code = "IMPORT"
    status = 404
    sentence = N_("Cet import n’existe pas.")
    advice = N_("Revenez à la liste des imports.")


@dataclass(frozen=True, slots=True)
class Done:
    """An import that changed the register, or found nothing to change. `author` is None for the command line."""

    id: int
    at: datetime
    kind: str
    """`siecle`, `agricultural` or `generic`."""
    author: str | None
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Change:
    """What an import did to one learner; `before` and `after` hold the fields that differ."""

    learner_id: int
    first_name: str
    last_name: str
    division: str
    before: dict[str, Any]
    after: dict[str, Any]


def listing(session: Session, school_id: int, *, page: int = 1) -> tuple[Done, ...]:
    """A page of the school's imports, the newest first."""
    rows = session.execute(
        _imports(school_id)
        .order_by(Import.at.desc(), Import.id.desc())
        .limit(PER_PAGE)
        .offset((max(1, page) - 1) * PER_PAGE)
    )
    return tuple(_done(row) for row in rows)


def count(session: Session, school_id: int) -> int:
    """How many imports the school has had."""
    return session.scalar(select(func.count()).select_from(Import).where(Import.school_id == school_id)) or 0


def one(session: Session, school_id: int, import_id: int) -> Done:
    """One import of the school. Raises `NoSuchImportError`."""
    row = session.execute(_imports(school_id).where(Import.id == import_id)).one_or_none()
    if row is None:
        raise NoSuchImportError
    return _done(row)


def changes(session: Session, done: Done, kind: str, *, page: int = 1) -> tuple[Change, ...]:
    """A page of what the import did, of one of `KINDS`, in the file's order; names and division are today's."""
    offset = (max(1, page) - 1) * PER_PAGE
    called = func.coalesce(Learner.preferred_last_name, Learner.last_name)
    if kind == ADDED:
        added = session.execute(
            select(Learner.id, Learner.first_name, called, Learner.division)
            .where(Learner.added_in == done.id)
            .order_by(Learner.id)
            .limit(PER_PAGE)
            .offset(offset)
        )
        return tuple(Change(*row, {}, {}) for row in added)
    rows = session.execute(
        select(Learner.id, Learner.first_name, called, Learner.division, ImportChange.before, ImportChange.after)
        .join(Learner, Learner.id == ImportChange.learner_id)
        .where(ImportChange.import_id == done.id, ImportChange.kind == kind)
        .order_by(ImportChange.id)
        .limit(PER_PAGE)
        .offset(offset)
    )
    return tuple(Change(*row) for row in rows)


def _imports(school_id: int) -> Select[Any]:
    return (
        select(Import.id, Import.at, Import.kind, Import.counts, Person.given_name, Person.family_name)
        .outerjoin(Person, Person.id == Import.person_id)
        .where(Import.school_id == school_id)
    )


def _done(row: Row[Any]) -> Done:
    return Done(row.id, row.at, row.kind, full_name(row.given_name, row.family_name), row.counts)
