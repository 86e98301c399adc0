"""Who of a school can be certified and what the others lack, division by division, to read and to take away.

Being certifiable is worked out from what each child is known to know today, whatever test showed it
(`facts/pix.md` §4.3): five competences at level 1 at least.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, exists, func, select
from sqlalchemy.orm import Session

from lti_tool.assessment import profile
from lti_tool.assessment.engine.framework import COMPETENCES
from lti_tool.assessment.profile import Outlook
from lti_tool.campaigns.paging import Page, page_of
from lti_tool.campaigns.sheets import Cell
from lti_tool.schools.models import Binding, Learner

PER_PAGE = 50
AT_ONCE = 200
"""Learners whose knowledge is read together for a file."""


@dataclass(frozen=True)
class Candidate:
    """An active learner, and how far they are from being certifiable."""

    learner_id: int
    last_name: str
    first_name: str
    division: str
    is_bound: bool
    outlook: Outlook

    @property
    def is_certifiable(self) -> bool:
        return not self.outlook.profile.missing

    @property
    def reached(self) -> int:
        """Competences at the level that counts."""
        return len(self.outlook.profile.counting)


def candidates(
    session: Session, school_id: int, *, division: str = "", page: int = 1, per_page: int = PER_PAGE
) -> Page[Candidate]:
    """The active learners of a division, or of all, by division and name: three queries a page."""
    which = _which(school_id, division)
    total = session.scalar(select(func.count()).select_from(Learner).where(*which)) or 0
    number, rows = page_of(session, _statement(school_id, division), total, page, per_page)
    return Page(tuple(_candidates(session, rows)), total, number, per_page)


def of_learners(session: Session, learner_ids: Sequence[int]) -> dict[int, Outlook]:
    """The outlook of these lines of the register, by their ids, in two queries."""
    rows = session.execute(select(Learner.id, Learner.child_id).where(Learner.id.in_(learner_ids))).all()
    outlooks = profile.of_children(session, {row.child_id for row in rows})
    return {row.id: outlooks[row.child_id] for row in rows}


def rows(session: Session, school_id: int, division: str = "") -> Iterator[Sequence[Cell]]:
    """The file: headings, then a line for each active learner of the division, or of the school."""
    yield [
        "Nom",
        "Prénom",
        "Classe",
        "Certifiable (O/N)",
        "Nombre de compétences certifiables",
        "Nombre de compétences manquantes",
        "Compétences les plus proches",
        "Nombre de pix total",
        *(f"Niveau pour la compétence {competence.title}" for competence in COMPETENCES.values()),
    ]
    found = session.execute(_statement(school_id, division), execution_options={"yield_per": AT_ONCE})
    for some in found.partitions():
        for each in _candidates(session, some):
            yield _line(each)


def _line(each: Candidate) -> list[Cell]:
    seen = each.outlook.profile
    nearest = ", ".join(
        f"{step.standing.competence.code} {step.standing.competence.title}" for step in each.outlook.way
    )
    return [
        each.last_name,
        each.first_name,
        each.division,
        "Oui" if each.is_certifiable else "Non",
        each.reached,
        seen.missing,
        nearest,
        seen.pix,
        *(standing.level for standing in seen.standings),
    ]


def _candidates(session: Session, rows: Sequence[Row[*tuple[Any, ...]]]) -> Iterator[Candidate]:
    outlooks = profile.of_children(session, {row.child_id for row in rows})
    for row in rows:
        yield Candidate(
            row.id, row.usage_name, row.first_name, row.division, bool(row.is_bound), outlooks[row.child_id]
        )


def _statement(school_id: int, division: str) -> Select[*tuple[Any, ...]]:
    usage_name = func.coalesce(Learner.preferred_last_name, Learner.last_name)
    is_bound = exists().where(Binding.learner_id == Learner.id)
    return (
        select(
            Learner.id,
            Learner.child_id,
            usage_name.label("usage_name"),
            Learner.first_name,
            Learner.division,
            is_bound.label("is_bound"),
        )
        .where(*_which(school_id, division))
        .order_by(Learner.division, usage_name, Learner.first_name, Learner.id)
    )


def _which(school_id: int, division: str) -> list[Any]:
    which: list[Any] = [Learner.school_id == school_id, Learner.active.is_(True)]
    return [*which, Learner.division == division] if division else which
