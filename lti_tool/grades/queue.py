"""The rows that wait for a worker: taken under a lease, written back only by whoever made the last try."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, SQLColumnExpression, and_, case, func, literal, or_, select, update
from sqlalchemy.orm import Session

from lti_tool.campaigns.models import SharedResult
from lti_tool.database import Database
from lti_tool.grades import line_items
from lti_tool.grades.failures import Failure
from lti_tool.grades.models import ACCEPTED, REFUSED, WAITING, Grade, LineItem
from lti_tool.grades.retrying import Jitter, back_off
from lti_tool.grades.scores import Sent
from lti_tool.lti.models import ACTIVE, Context, Person, Platform
from lti_tool.lti.platforms import RECORD_COLUMNS, PlatformRecord, record_of
from lti_tool.schools.models import Binding, Learner, School

LEASE = timedelta(seconds=45)
BATCH = 16
STEP = timedelta(seconds=1)
"""Between two timestamps of one cell: Moodle compares whole seconds (facts/moodle.md, "Scores")."""
CLOCK_TOLERANCE_S = 2.0
"""A platform's `Date` header says no more than this about its clock."""


@dataclass(frozen=True)
class Cell:
    """One try at one cell: what to send, and the lease under which."""

    grade_id: int
    version: int
    timestamp: datetime
    """By the platform's clock; later than every one before for this cell, and already written down."""
    lease_until: datetime
    attempts: int
    platform: PlatformRecord
    line_item_url: str
    score_maximum: float
    scopes: frozenset[str]
    sub: str
    sent: Sent
    score: float
    accepted_score: float | None
    sent_scores: tuple[float, ...]
    """What was sent since, this try's included: any of it may stand in the gradebook."""


@dataclass(frozen=True)
class Accepted:
    """The gradebook has this score."""

    score: float


@dataclass(frozen=True)
class PutBack:
    """Not tried: there was no time left. The row is free for the next worker."""


Outcome = Accepted | Failure | PutBack


def claim(database: Database, now: datetime, limit: int = BATCH) -> list[Cell]:
    """Take some cells that are due, and write down the try that will be made of each."""
    with database.write() as session:
        rows = session.execute(
            _deliverable()
            .where(Grade.next_try_at <= now, or_(Grade.lease_until.is_(None), Grade.lease_until < now))
            .order_by(Grade.next_try_at, Grade.id)
            .limit(limit)
            .with_for_update(of=Grade, skip_locked=True)
        ).all()
        return [_take(row, now) for row in rows]


def record(database: Database, tried: Sequence[tuple[Cell, Outcome]], now: datetime, jitter: Jitter) -> None:
    """Write down what came of the tries, in one transaction; in the cells' order, so that no two writers lock up.

    A row that somebody has tried since is left alone. Where something newer came to be wanted meanwhile, what was
    accepted is noted and the row goes on waiting.
    """
    with database.write() as session:
        for cell, outcome in sorted(tried, key=lambda each: each[0].grade_id):
            values: dict[str, object] = {"lease_until": None}
            match outcome:
                case Accepted():
                    values |= {
                        "accepted_version": cell.version,
                        "accepted_score": outcome.score,
                        "accepted_at": now,
                        "sent_scores": [],
                    }
                    values |= _unless_newer(cell, state=ACCEPTED, reason=None, next_try_at=None, attempts=0)
                case Failure(final=True):
                    values |= _unless_newer(cell, state=REFUSED, reason=outcome.reason, next_try_at=None)
                case Failure():
                    wait = max(outcome.wait or timedelta(0), back_off(cell.attempts, jitter))
                    values |= _unless_newer(cell, reason=outcome.reason, next_try_at=now + wait)
            session.execute(update(Grade).where(_ours(cell)).values(values))


def extend(database: Database, cell: Cell, now: datetime) -> bool:
    """Hold on to a cell for longer; False where somebody else has taken it up."""
    with database.write() as session:
        held = update(Grade).where(_ours(cell)).values(lease_until=now + LEASE).returning(Grade.id)
        return session.execute(held).first() is not None


def next_due(database: Database, now: datetime) -> datetime | None:
    """When a worker will next have something to do, leases that may run out included; None for never."""
    with database.read() as session:
        times = [
            _earliest(session, Grade.next_try_at, Grade.lease_until, now, _deliverable()),
            _earliest(session, LineItem.next_try_at, LineItem.lease_until, now, _sought()),
        ]
    return min((time for time in times if time is not None), default=None)


def learn_clock(database: Database, platform_id: int, offset_s: float) -> None:
    """Remember by how many seconds a platform's clock is ahead of ours."""
    with database.write() as session:
        session.execute(update(Platform).where(Platform.id == platform_id).values(clock_offset_s=offset_s))


def _deliverable() -> Select[*tuple[Any, ...]]:
    """Cells that wait and may be sent: the learner active, still bound to that person, the platform active."""
    return (
        select(Grade, LineItem, Context.ags_scopes, Person.sub, SharedResult, School.time_zone, *RECORD_COLUMNS)
        .select_from(Grade)
        .join(LineItem, LineItem.id == Grade.line_item_id)
        .join(Context, Context.id == LineItem.context_pk)
        .join(Platform, and_(Platform.id == LineItem.platform_id, Platform.status == ACTIVE))
        .join(Learner, and_(Learner.id == Grade.learner_id, Learner.active))
        .join(Binding, and_(Binding.learner_id == Grade.learner_id, Binding.person_id == Grade.person_id))
        .join(Person, Person.id == Grade.person_id)
        .join(SharedResult, SharedResult.id == Grade.shared_result_id)
        .join(School, School.id == Learner.school_id)
        .where(Grade.state == WAITING, LineItem.url.is_not(None))
    )


def _sought() -> Select[*tuple[Any, ...]]:
    return select(LineItem).join(Platform, Platform.id == LineItem.platform_id).where(*line_items.due())


def _take(row: Row[*tuple[Any, ...]], now: datetime) -> Cell:
    grade: Grade = row[0]
    line_item: LineItem = row[1]
    result: SharedResult = row[4]
    platform = record_of(row[6:])
    sent = Sent(result.validated, result.targeted, result.started_at, result.shared_at, row[5])
    score = sent.given(line_item.score_maximum)
    timestamp = _milliseconds(now + timedelta(seconds=platform.clock_offset_s))
    if grade.last_timestamp is not None:
        timestamp = max(timestamp, grade.last_timestamp + STEP)
    grade.last_timestamp = timestamp
    grade.lease_until = now + LEASE
    grade.attempts += 1
    if score not in grade.sent_scores:
        grade.sent_scores = [*grade.sent_scores, score]
    return Cell(
        grade_id=grade.id,
        version=grade.version,
        timestamp=timestamp,
        lease_until=grade.lease_until,
        attempts=grade.attempts,
        platform=platform,
        line_item_url=line_item.url or "",
        score_maximum=line_item.score_maximum,
        scopes=frozenset(row[2]),
        sub=row[3],
        sent=sent,
        score=score,
        accepted_score=grade.accepted_score,
        sent_scores=tuple(grade.sent_scores),
    )


def _milliseconds(time: datetime) -> datetime:
    """As it is sent, so that what is compared is what the platform was given."""
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def _ours(cell: Cell) -> ColumnElement[bool]:
    """The row, unless somebody has tried it since: each try has a timestamp of its own."""
    return and_(Grade.id == cell.grade_id, Grade.last_timestamp == cell.timestamp)


def _unless_newer(cell: Cell, **values: object) -> dict[str, ColumnElement[Any]]:
    """The values, for a row whose version is still the one that was tried; else what stands there."""
    columns = {name: getattr(Grade, name) for name in values}
    return {
        name: case((Grade.version == cell.version, literal(value, columns[name].type)), else_=columns[name])
        for name, value in values.items()
    }


def _earliest(
    session: Session,
    next_try_at: SQLColumnExpression[datetime | None],
    lease_until: SQLColumnExpression[datetime | None],
    now: datetime,
    waiting: Select[*tuple[Any, ...]],
) -> datetime | None:
    """When the first of them may be taken: at its time, or once a lease that is held has run out."""
    held = and_(lease_until >= now, lease_until > next_try_at)
    free_at = func.min(case((held, lease_until), else_=next_try_at))
    earliest: datetime | None = session.scalar(waiting.with_only_columns(free_at, maintain_column_froms=True))
    return earliest
