"""The class of a column, pupil by pupil: who belongs to its course, where they stand, what the gradebook has of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from lti_tool.campaigns.models import Participation, SharedResult
from lti_tool.campaigns.paging import PER_PAGE, Page, page_of
from lti_tool.grades.models import NOT_NEEDED, Grade, LineItem
from lti_tool.grades.views import GradeView, grade_view
from lti_tool.lti.models import Context, Member, Person
from lti_tool.schools.models import Binding, Learner

NOT_STARTED = "not_started"


@dataclass(frozen=True)
class Pupil:
    """Somebody of the course. Without `learner_id` they came, but nobody knows yet which learner they are."""

    learner_id: int | None
    last_name: str
    first_name: str
    division: str
    progress: str
    """`not_started`, or the participation's `started`, `to_share` or `shared`."""
    sendings: int
    grade: GradeView | None


def pupils(
    session: Session, line_item_id: int, school_id: int, *, page: int = 1, per_page: int = PER_PAGE
) -> Page[Pupil]:
    """The course's learners who ever came, by name, and whoever has a cell in the column, a page at a time."""
    statement = _pupils(line_item_id, school_id)
    total = session.scalar(statement.with_only_columns(func.count(), maintain_column_froms=True)) or 0
    ordered = statement.order_by(_LAST_NAME, _FIRST_NAME, Person.id)
    number, rows = page_of(session, ordered, total, page, per_page)
    return Page(tuple(_pupil(row) for row in rows), total, number, per_page)


def never_came(session: Session, line_item_id: int) -> int:
    """How many learners the platform lists for the course who never opened the tool: nothing else is kept of them."""
    return (
        session.scalar(
            select(func.count())
            .select_from(LineItem)
            .join(Context, Context.id == LineItem.context_pk)
            .join(Member, and_(Member.context_pk == Context.id, Member.is_learner))
            .outerjoin(Person, and_(Person.platform_id == LineItem.platform_id, Person.sub == Member.sub))
            .where(LineItem.id == line_item_id, Person.id.is_(None))
        )
        or 0
    )


_LAST_NAME: ColumnElement[str] = func.coalesce(Learner.preferred_last_name, Learner.last_name, Person.family_name, "")
_FIRST_NAME: ColumnElement[str] = func.coalesce(Learner.first_name, Person.given_name, "")


def _pupils(line_item_id: int, school_id: int) -> Select[*tuple[Any, ...]]:
    """Persons of the platform; those bound to another school's learners are that school's affair."""
    sendings = (
        select(func.count()).where(SharedResult.participation_id == Participation.id).correlate(Participation)
    ).scalar_subquery()
    elsewhere = (
        select(Binding.id).where(Binding.person_id == Person.id, Binding.school_id != school_id).correlate(Person)
    ).exists()
    return (
        select(
            Learner.id,
            _LAST_NAME,
            _FIRST_NAME,
            func.coalesce(Learner.division, ""),
            Participation.status,
            sendings,
            Grade,
            LineItem.score_maximum,
            Context.title,
            SharedResult.validated,
            SharedResult.targeted,
        )
        .select_from(LineItem)
        .join(Context, Context.id == LineItem.context_pk)
        .join(Person, Person.platform_id == LineItem.platform_id)
        .outerjoin(Member, and_(Member.context_pk == Context.id, Member.sub == Person.sub, Member.is_learner))
        .outerjoin(Binding, and_(Binding.person_id == Person.id, Binding.school_id == school_id))
        .outerjoin(Learner, Learner.id == Binding.learner_id)
        .outerjoin(
            Participation,
            and_(Participation.campaign_id == LineItem.campaign_id, Participation.learner_id == Learner.id),
        )
        .outerjoin(
            Grade,
            and_(
                Grade.line_item_id == LineItem.id,
                Grade.learner_id == Learner.id,
                Grade.person_id == Person.id,
                Grade.state != NOT_NEEDED,
            ),
        )
        .outerjoin(SharedResult, SharedResult.id == Grade.shared_result_id)
        .where(
            LineItem.id == line_item_id,
            or_(Member.id.is_not(None), Grade.id.is_not(None)),
            or_(Learner.id.is_not(None), ~elsewhere),
        )
    )


def _pupil(row: Row[*tuple[Any, ...]]) -> Pupil:
    learner_id, last_name, first_name, division, status, sendings, grade, *of_grade = row
    return Pupil(
        learner_id=learner_id,
        last_name=last_name,
        first_name=first_name,
        division=division,
        progress=status or NOT_STARTED,
        sendings=sendings,
        grade=None if grade is None else grade_view(grade, *of_grade),
    )
