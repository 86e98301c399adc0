"""What a pupil and a teacher read about a grade: where it stands, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from lti_tool.campaigns.models import Participation, SharedResult
from lti_tool.grades import reasons
from lti_tool.grades.models import ACCEPTED, NOT_NEEDED, REFUSED, WAITING, Grade, LineItem
from lti_tool.grades.reasons import sentence
from lti_tool.grades.scores import SAME_WITHIN
from lti_tool.lti.models import Context, Platform, ResourceLink


@dataclass(frozen=True)
class GradeView:
    """One cell. `validated` and `targeted` are of the sending that it should show."""

    learner_id: int
    course: str | None
    """The course's title, where the platform gives one."""
    state: str
    """`waiting` (under way), `accepted` (in the gradebook since `accepted_at`) or `refused`."""
    sentence: str | None
    """Why it was refused, or waits for longer than usual: a message id."""
    reason: str | None
    validated: int
    targeted: int
    accepted_score: float | None
    score_maximum: float
    accepted_at: datetime | None
    next_try_at: datetime | None
    shown_score: float | None = None
    """What the gradebook itself showed at `shown_at`, when it was last compared; None for nothing."""
    shown_at: datetime | None = None

    @property
    def pupil_sentence(self) -> str:
        """What a pupil whose grade is refused reads: what to do, as a message id."""
        return reasons.pupil_sentence(self.reason)

    @property
    def is_changed_there(self) -> bool:
        """Whether the gradebook, compared since it took our grade, shows another value or none."""
        if self.accepted_score is None or self.accepted_at is None or self.shown_at is None:
            return False
        if self.state != ACCEPTED or self.shown_at < self.accepted_at:
            return False
        return self.shown_score is None or abs(self.shown_score - self.accepted_score) >= SAME_WITHIN

    @property
    def can_be_resent(self) -> bool:
        """Whether a teacher's click has something to do."""
        return self.state == REFUSED or (self.state == WAITING and self.reason is not None) or self.is_changed_there


@dataclass(frozen=True)
class ColumnView:
    """One column of a campaign. `ready` is false while it is looked for, or where there is none (`sentence`)."""

    line_item_id: int
    course: str | None
    activity: str | None
    platform: str
    ready: bool
    sentence: str | None
    accepted: int
    waiting: int
    refused: int
    compared_at: datetime | None
    """When the gradebook was last read to compare."""


def of_learner(session: Session, campaign_id: int, learner_id: int) -> tuple[GradeView, ...]:
    """A learner's grades in a campaign, one per course that holds it and knows them."""
    return of_participants(session, campaign_id, [learner_id]).get(learner_id, ())


def of_participants(
    session: Session, campaign_id: int, learner_ids: Sequence[int]
) -> Mapping[int, tuple[GradeView, ...]]:
    """The grades of some learners in a campaign, by learner, in one query; none for who has none."""
    statement = (
        select(Grade, LineItem.score_maximum, Context.title, SharedResult.validated, SharedResult.targeted)
        .join(LineItem, LineItem.id == Grade.line_item_id)
        .join(Context, Context.id == LineItem.context_pk)
        .join(SharedResult, SharedResult.id == Grade.shared_result_id)
        .join(Participation, Participation.id == SharedResult.participation_id)
        .where(
            LineItem.campaign_id == campaign_id,
            Participation.campaign_id == campaign_id,
            Grade.learner_id.in_(learner_ids),
            Grade.state != NOT_NEEDED,
        )
        .order_by(LineItem.id)
    )
    views: dict[int, tuple[GradeView, ...]] = {}
    for grade, score_maximum, course, validated, targeted in session.execute(statement):
        view = grade_view(grade, score_maximum, course, validated, targeted)
        views[grade.learner_id] = (*views.get(grade.learner_id, ()), view)
    return views


def columns(session: Session, campaign_id: int) -> tuple[ColumnView, ...]:
    """The columns of a campaign, also those that are not there yet."""
    statement = (
        select(
            LineItem,
            Context.title,
            ResourceLink.title,
            Platform.issuer,
            _count(ACCEPTED),
            _count(WAITING),
            _count(REFUSED),
            select(func.max(Grade.shown_at)).where(Grade.line_item_id == LineItem.id).scalar_subquery(),
        )
        .join(Context, Context.id == LineItem.context_pk)
        .join(ResourceLink, ResourceLink.id == LineItem.resource_link_pk)
        .join(Platform, Platform.id == LineItem.platform_id)
        .where(LineItem.campaign_id == campaign_id)
        .order_by(LineItem.id)
    )
    return tuple(
        ColumnView(
            line_item_id=line_item.id,
            course=course,
            activity=activity,
            platform=issuer,
            ready=line_item.url is not None,
            sentence=None if line_item.url is not None else sentence(line_item.reason),
            accepted=accepted,
            waiting=waiting,
            refused=refused,
            compared_at=compared_at,
        )
        for line_item, course, activity, issuer, accepted, waiting, refused, compared_at in session.execute(statement)
    )


def grade_view(grade: Grade, score_maximum: float, course: str | None, validated: int, targeted: int) -> GradeView:
    """One row of the table as people read it."""
    return GradeView(
        learner_id=grade.learner_id,
        course=course,
        state=grade.state,
        sentence=sentence(grade.reason),
        reason=grade.reason,
        validated=validated,
        targeted=targeted,
        accepted_score=grade.accepted_score,
        score_maximum=score_maximum,
        accepted_at=grade.accepted_at,
        next_try_at=grade.next_try_at,
        shown_score=grade.shown_score,
        shown_at=grade.shown_at,
    )


def _count(state: str) -> ColumnElement[int]:
    return (
        select(func.count())
        .where(Grade.line_item_id == LineItem.id, Grade.state == state)
        .correlate(LineItem)
        .scalar_subquery()
    )
