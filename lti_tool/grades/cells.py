"""What each cell of each gradebook should show, worked out by the database in one statement."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, ColumnElement, Select, and_, case, func, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from lti_tool.campaigns.models import Participation, SharedResult
from lti_tool.database import UtcDateTime, wake_after_commit
from lti_tool.grades.models import ACCEPTED, LOCKING_ORDER, NOT_NEEDED, REFUSED, WAITING, Grade, LineItem
from lti_tool.grades.reasons import BY_A_TEACHER, REMOVED_BY_A_LAUNCH
from lti_tool.grades.scores import SAME_WITHIN
from lti_tool.lti.models import Member, Person
from lti_tool.schools.models import Binding, Learner

GRADES_QUEUE = "grades"


def want(
    session: Session,
    now: datetime,
    *,
    campaign_id: int | None = None,
    learner_id: int | None = None,
    context_pk: int | None = None,
    again: bool = False,
) -> int:
    """Want, in each column of a campaign, the sending that counts of each learner who belongs to its course.

    Who belongs is the person bound to the learner on the column's platform, once they launched there or its
    memberships list them as a learner. Deactivated learners are left out. A cell for which something else is now
    wanted gets a new version and waits for a worker; the others are left alone, except that with `again` (a launch,
    a membership) those refused for a reason that this may have removed are tried once more. Returns how many wait
    anew. The arguments narrow down what is looked at.
    """
    narrowed = [
        column == value
        for column, value in (
            (LineItem.campaign_id, campaign_id),
            (Participation.learner_id, learner_id),
            (LineItem.context_pk, context_pk),
        )
        if value is not None
    ]
    into = sqlite.insert(Grade) if session.get_bind().dialect.name == "sqlite" else postgresql.insert(Grade)
    insert = into.from_select(_COLUMNS, _wanted(now).where(*narrowed), include_defaults=False)
    new = insert.excluded
    other_person = Grade.person_id != new.person_id
    changed = [Grade.shared_result_id != new.shared_result_id, other_person, Grade.state == NOT_NEEDED]
    if again:
        changed.append(and_(Grade.state == REFUSED, Grade.reason.in_(REMOVED_BY_A_LAUNCH)))
    upsert = insert.on_conflict_do_update(
        index_elements=["line_item_id", "learner_id"],
        set_={
            "person_id": new.person_id,
            "shared_result_id": new.shared_result_id,
            "version": Grade.version + 1,
            "state": WAITING,
            "reason": None,
            "wanted_at": new.wanted_at,
            "next_try_at": new.next_try_at,
            "attempts": 0,
            # What another person's cell accepted says nothing of this one's.
            "accepted_score": case((other_person, None), else_=Grade.accepted_score),
            "accepted_at": case((other_person, None), else_=Grade.accepted_at),
            "sent_scores": case((other_person, new.sent_scores), else_=Grade.sent_scores),
            "last_timestamp": case(
                (new.last_timestamp > func.coalesce(Grade.last_timestamp, _EVER), new.last_timestamp),
                else_=Grade.last_timestamp,
            ),
        },
        where=or_(*changed),
    )
    return _wake(session, len(session.scalars(upsert.returning(Grade.id)).all()))


def want_all_again(session: Session, now: datetime, line_item_id: int) -> int:
    """The column is at another address now: send each of its grades there, unless it is there already."""
    return _wait_anew(session, now, Grade.line_item_id == line_item_id, Grade.state.in_((WAITING, ACCEPTED, REFUSED)))


def resend(
    session: Session,
    now: datetime,
    *,
    campaign_id: int,
    learner_id: int | None = None,
    line_item_id: int | None = None,
) -> int:
    """A teacher's click: try the grades of a campaign again that are refused or wait, or one learner's or column's.

    For one learner whatever the reason was, so that what the teacher changed in the gradebook is then replaced; for
    all, what a teacher changed stays. Cells of a column that is not there, nor looked for, are left alone. Returns how
    many wait anew.
    """
    there = or_(LineItem.url.is_not(None), LineItem.next_try_at.is_not(None))
    of_campaign = Grade.line_item_id.in_(select(LineItem.id).where(LineItem.campaign_id == campaign_id, there))
    which: list[ColumnElement[bool]] = [of_campaign]
    if line_item_id is not None:
        which.append(Grade.line_item_id == line_item_id)
    if learner_id is None:
        late = and_(Grade.state == WAITING, Grade.reason.is_not(None))
        which.append(or_(and_(Grade.state == REFUSED, Grade.reason.not_in(BY_A_TEACHER)), late))
        return _wait_anew(session, now, *which)
    changed = and_(Grade.state == ACCEPTED, Grade.shown_at > Grade.accepted_at, _shows_another())
    which += [Grade.learner_id == learner_id, or_(Grade.state.in_((REFUSED, WAITING)), changed)]
    return _wait_anew(session, now, *which, forget_accepted=True)


def let_go(session: Session, line_item_id: int) -> None:
    """The column belongs to another campaign now: what still waited for it is not needed any more."""
    session.execute(
        update(Grade)
        .where(in_order(Grade.line_item_id == line_item_id, Grade.state.in_((WAITING, REFUSED))))
        .values(state=NOT_NEEDED, reason=None, version=Grade.version + 1, next_try_at=None)
        .execution_options(synchronize_session=False)
    )


def in_order(*which: ColumnElement[bool], skip_locked: bool = False) -> ColumnElement[bool]:
    """For an update: the cells that fit, taken in the one order; without those that somebody else is writing, if asked.

    SQLite has one writer at a time and leaves this out.
    """
    taken = select(Grade.id).where(*which).order_by(*LOCKING_ORDER).with_for_update(of=Grade, skip_locked=skip_locked)
    return Grade.id.in_(select(taken.cte("taken").c.id))


def _shows_another() -> ColumnElement[bool]:
    """The gradebook, as last compared, showed something else than it accepted."""
    return or_(Grade.shown_score.is_(None), func.abs(Grade.shown_score - Grade.accepted_score) >= SAME_WITHIN)


_COLUMNS = [
    "line_item_id",
    "learner_id",
    "person_id",
    "shared_result_id",
    "version",
    "state",
    "wanted_at",
    "next_try_at",
    "attempts",
    "sent_scores",
    "last_timestamp",
]
_EVER = literal(datetime.min.replace(tzinfo=UTC), UtcDateTime())


def _wanted(now: datetime) -> Select[*tuple[Any, ...]]:
    """One row per cell, in their locking order.

    The person may have been bound to another learner before, by mistake: what was sent for that one is the same cell
    of the gradebook, whose timestamps must go on growing (AGS §3.4.9).
    """
    before = aliased(Grade)
    last_timestamp = (
        select(func.max(before.last_timestamp))
        .where(before.line_item_id == LineItem.id, before.person_id == Binding.person_id)
        .scalar_subquery()
    )
    return (
        select(
            LineItem.id,
            Participation.learner_id,
            Binding.person_id,
            SharedResult.id,
            literal(1),
            literal(WAITING),
            literal(now, UtcDateTime()),
            literal(now, UtcDateTime()),
            literal(0),
            literal([], JSON()),
            last_timestamp,
        )
        .select_from(LineItem)
        .join(Participation, Participation.campaign_id == LineItem.campaign_id)
        .join(SharedResult, and_(SharedResult.participation_id == Participation.id, SharedResult.counts))
        .join(Learner, and_(Learner.id == Participation.learner_id, Learner.active))
        .join(Binding, and_(Binding.learner_id == Learner.id, Binding.platform_id == LineItem.platform_id))
        .join(Person, Person.id == Binding.person_id)
        .join(
            Member,
            and_(Member.context_pk == LineItem.context_pk, Member.sub == Person.sub, Member.is_learner),
        )
        .where(LineItem.url.is_not(None))
        .order_by(LineItem.id, Participation.learner_id)
    )


def _wait_anew(session: Session, now: datetime, *which: ColumnElement[bool], forget_accepted: bool = False) -> int:
    values = {
        "state": WAITING,
        "reason": None,
        "version": Grade.version + 1,
        "wanted_at": now,
        "next_try_at": now,
        "attempts": 0,
    }
    if forget_accepted:
        values["accepted_score"] = None
    statement = update(Grade).where(in_order(*which)).values(values).returning(Grade.id)
    return _wake(session, len(session.scalars(statement.execution_options(synchronize_session=False)).all()))


def _wake(session: Session, waiting: int) -> int:
    if waiting:
        wake_after_commit(session, GRADES_QUEUE)
    return waiting
