"""The rows that wait for a worker: taken under a lease, written back only by whoever made the last try."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import (
    Row,
    Select,
    SQLColumnExpression,
    Table,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.orm import Session

from lti_tool.campaigns.models import SharedResult
from lti_tool.database import Database
from lti_tool.grades import line_items, outages, outcomes
from lti_tool.grades.models import WAITING, Grade, LineItem, Outage
from lti_tool.grades.retrying import Jitter
from lti_tool.grades.scores import Sent
from lti_tool.grades.tries import Cell, Tried
from lti_tool.lti.models import ACTIVE, Context, Person, Platform
from lti_tool.lti.platforms import RECORD_COLUMNS, PlatformRecord, record_of
from lti_tool.schools.models import Binding, Learner, School

LEASE = timedelta(seconds=90)
BATCH = 16
STEP = timedelta(seconds=1)
"""Between two timestamps of one cell: Moodle compares whole seconds (facts/moodle.md, "Scores")."""

Allowance = Callable[[int, int], int]
"""How many cells of a platform may be under way: its id, and its failures in a row."""


def claim(database: Database, now: datetime, limit: int = BATCH) -> list[Cell]:
    """Take some cells that are due, and write down the try that will be made of each."""
    with database.write() as session:
        return _claim(session, now, limit, lambda _platform, failures: 1 if failures else limit)


def record(database: Database, tried: Tried, now: datetime, jitter: Jitter) -> None:
    """Write down what came of the tries, in one transaction."""
    with database.write() as session:
        outcomes.write_down(session, tried, now, jitter)


def exchange(
    database: Database, tried: Tried, now: datetime, jitter: Jitter, limit: int, allowance: Allowance
) -> list[Cell]:
    """`record` and `claim` in one transaction; each platform gets no more than its allowance."""
    with database.write() as session:
        outcomes.write_down(session, tried, now, jitter)
        return _claim(session, now, limit, allowance)


def extend(database: Database, cell: Cell, now: datetime, *, is_sent: bool = False) -> Cell | None:
    """Hold on to a cell for longer, with a later timestamp where the present one was sent already.

    None where somebody else has taken it up.
    """
    timestamp = cell.timestamp
    if is_sent:
        there = now + timedelta(seconds=cell.platform.clock_offset_s)
        timestamp = _milliseconds(max(there, cell.timestamp + STEP))
    held = replace(cell, timestamp=timestamp, lease_until=now + LEASE)
    ours = and_(Grade.id == cell.grade_id, Grade.last_timestamp == cell.timestamp)
    values = {"last_timestamp": held.timestamp, "lease_until": held.lease_until}
    with database.write() as session:
        taken = session.execute(update(Grade).where(ours).values(values).returning(Grade.id)).first()
    return None if taken is None else held


def other_scores(database: Database, cell: Cell) -> list[float]:
    """What was sent for the same person's cell while they were bound to another learner."""
    others = select(Grade.accepted_score, Grade.sent_scores).where(
        Grade.line_item_id == cell.line_item_id, Grade.person_id == cell.person_id, Grade.id != cell.grade_id
    )
    with database.read() as session:
        rows = session.execute(others).all()
    return [score for row in rows for score in (row.accepted_score, *row.sent_scores) if score is not None]


def takes_others(database: Database, cell: Cell, since: datetime) -> bool:
    """Whether the column took another pupil's grade since then."""
    others = select(Grade.id).where(
        Grade.line_item_id == cell.line_item_id, Grade.id != cell.grade_id, Grade.accepted_at >= since
    )
    with database.read() as session:
        return session.scalar(others.limit(1)) is not None


def next_due(database: Database, now: datetime) -> datetime | None:
    """When a worker will next have something to do, leases that may run out included; None for never."""
    with database.read() as session:
        times = [
            _earliest(session, Grade.next_try_at, Grade.lease_until, now, _deliverable()),
            _earliest(session, LineItem.next_try_at, LineItem.lease_until, now, _sought()),
        ]
    return min((time for time in times if time is not None), default=None)


# --- taking


_CELL = (
    Grade.id,
    Grade.learner_id,
    Grade.version,
    Grade.attempts,
    Grade.last_timestamp,
    Grade.accepted_score,
    Grade.accepted_at,
    Grade.sent_scores,
    LineItem.id.label("line_item_id"),
    LineItem.url,
    LineItem.score_maximum,
    Context.ags_scopes,
    Grade.person_id,
    Person.sub,
    SharedResult.validated,
    SharedResult.targeted,
    SharedResult.started_at,
    SharedResult.shared_at,
    School.time_zone,
    func.coalesce(Outage.failures, 0).label("failures"),
)


def _deliverable() -> Select[*tuple[Any, ...]]:
    """Cells that wait and may be sent: the learner active, still bound to that person, the platform active."""
    return (
        select(*_CELL, *RECORD_COLUMNS)
        .select_from(Grade)
        .join(LineItem, LineItem.id == Grade.line_item_id)
        .join(Context, Context.id == LineItem.context_pk)
        .join(Platform, and_(Platform.id == LineItem.platform_id, Platform.status == ACTIVE))
        .join(Learner, and_(Learner.id == Grade.learner_id, Learner.active))
        .join(Binding, and_(Binding.learner_id == Grade.learner_id, Binding.person_id == Grade.person_id))
        .join(Person, Person.id == Grade.person_id)
        .join(SharedResult, SharedResult.id == Grade.shared_result_id)
        .join(School, School.id == Learner.school_id)
        .outerjoin(Outage, Outage.platform_id == LineItem.platform_id)
        .where(Grade.state == WAITING, LineItem.url.is_not(None))
    )


def _sought() -> Select[*tuple[Any, ...]]:
    return (
        select(LineItem)
        .join(Platform, Platform.id == LineItem.platform_id)
        .outerjoin(Outage, Outage.platform_id == LineItem.platform_id)
        .where(*line_items.due())
    )


def _claim(session: Session, now: datetime, limit: int, allowance: Allowance) -> list[Cell]:
    """The oldest first; of a platform that has reached its allowance no more, so that it keeps no other one waiting.

    First the rows, by their index; then all that belongs to them: one statement for both makes PostgreSQL join
    everything that waits before it takes the first few.
    """
    taken: list[Cell] = []
    left: dict[int, int] = {}
    after: tuple[datetime | None, int] | None = None
    while (wanted := limit - len(taken)) > 0:
        full = [platform_id for platform_id, more in left.items() if more <= 0]
        due = session.execute(_due(now, full, after).limit(wanted)).all()
        rows = _details(session, [row.id for row in due])
        for row in (rows[each.id] for each in due if each.id in rows):
            platform = record_of(row[len(_CELL) :])
            more = left.setdefault(platform.id, allowance(platform.id, row.failures))
            left[platform.id] = more - 1
            if more > 0:
                taken.append(_cell(row, platform, now))
        if len(due) < wanted:
            break
        after = (due[-1].next_try_at, due[-1].id)
    if taken:
        session.execute(_TAKE, [_as_taken(cell) for cell in sorted(taken, key=lambda cell: cell.grade_id)])
    return taken


def _due(now: datetime, full: Sequence[int], after: tuple[datetime | None, int] | None) -> Select[int, datetime | None]:
    """Whose turn it is, as far as the row and its platform tell."""
    not_now = (
        select(LineItem.id)
        .join(Platform, Platform.id == LineItem.platform_id)
        .outerjoin(Outage, Outage.platform_id == LineItem.platform_id)
        .where(
            or_(
                LineItem.url.is_(None),
                Platform.status != ACTIVE,
                ~outages.may_be_asked(now),
                LineItem.platform_id.in_(full),
            )
        )
    )
    statement = select(Grade.id, Grade.next_try_at).where(
        Grade.state == WAITING,
        Grade.next_try_at <= now,
        or_(Grade.lease_until.is_(None), Grade.lease_until < now),
        Grade.line_item_id.not_in(not_now),
    )
    if after is not None:
        last = tuple_(literal(after[0], Grade.next_try_at.type), literal(after[1]))
        statement = statement.where(tuple_(Grade.next_try_at, Grade.id) > last)
    return statement.order_by(Grade.next_try_at, Grade.id).with_for_update(skip_locked=True)


def _details(session: Session, grade_ids: list[int]) -> dict[int, Row[*tuple[Any, ...]]]:
    if not grade_ids:
        return {}
    if session.get_bind().dialect.name == "postgresql":
        # The joins stand in a good order; to look for a better one takes longer than to follow it.
        session.execute(text("SET LOCAL join_collapse_limit = 1"))
    return {row.id: row for row in session.execute(_deliverable().where(Grade.id.in_(grade_ids)))}


def _cell(row: Row[*tuple[Any, ...]], platform: PlatformRecord, now: datetime) -> Cell:
    sent = Sent(row.validated, row.targeted, row.started_at, row.shared_at, row.time_zone)
    score = sent.given(row.score_maximum)
    there = now + timedelta(seconds=platform.clock_offset_s)
    written = row.accepted_at and row.accepted_at + timedelta(seconds=platform.clock_offset_s)
    earlier = [time + STEP for time in (row.last_timestamp, written) if time is not None]
    return Cell(
        grade_id=row.id,
        learner_id=row.learner_id,
        version=row.version,
        timestamp=_milliseconds(max([there, *earlier])),
        lease_until=now + LEASE,
        attempts=row.attempts + 1,
        platform=platform,
        platform_failures=row.failures,
        line_item_id=row.line_item_id,
        line_item_url=row.url,
        score_maximum=row.score_maximum,
        scopes=frozenset(row.ags_scopes),
        person_id=row.person_id,
        sub=row.sub,
        sent=sent,
        score=score,
        accepted_score=row.accepted_score,
        sent_scores=tuple(row.sent_scores if score in row.sent_scores else [*row.sent_scores, score]),
    )


def _milliseconds(time: datetime) -> datetime:
    """As it is sent, so that what is compared is what the platform was given."""
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


_GRADES = cast(Table, Grade.__table__)
_TAKE = (
    update(_GRADES)
    .where(_GRADES.c.id == bindparam("grade"))
    .values(
        last_timestamp=bindparam("timestamp"),
        lease_until=bindparam("lease"),
        attempts=bindparam("tries"),
        sent_scores=bindparam("scores"),
    )
)


def _as_taken(cell: Cell) -> Mapping[str, object]:
    return {
        "grade": cell.grade_id,
        "timestamp": cell.timestamp,
        "lease": cell.lease_until,
        "tries": cell.attempts,
        "scores": list(cell.sent_scores),
    }


# --- when


def _earliest(
    session: Session,
    next_try_at: SQLColumnExpression[datetime | None],
    lease_until: SQLColumnExpression[datetime | None],
    now: datetime,
    waiting: Select[*tuple[Any, ...]],
) -> datetime | None:
    """When the first may be taken: at its time, once a lease that is held has run out, and no outage keeps it."""
    held = and_(lease_until >= now, lease_until > next_try_at)
    free_at = case((held, lease_until), else_=next_try_at)
    kept = case((Outage.until > free_at, Outage.until), else_=free_at)
    earliest: datetime | None = session.scalar(waiting.with_only_columns(func.min(kept), maintain_column_froms=True))
    return earliest
