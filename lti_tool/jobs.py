"""Work to be done later: rows with a lease, and the Huey workers that are woken for them.

The rows are the truth. Huey only wakes: a wake-up that is lost costs at most a minute, until the next sweep. A worker
that dies leaves its lease to run out, and another takes the row up. A handler may thus run twice and must not mind.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import huey
import psycopg
from huey.consumer import Consumer
from sqlalchemy import Index, UniqueConstraint, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Mapped, Session, mapped_column

from lti_tool import logs
from lti_tool.database import Base, Database, wake_after_commit

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
RETRY_FIRST = timedelta(seconds=5)
RETRY_LONGEST = timedelta(hours=1)
JOBS_QUEUE = "jobs"


class Job(Base):
    """One piece of work. Finished jobs are deleted."""

    __tablename__ = "jobs"
    __table_args__ = (UniqueConstraint("kind", "key"), Index(None, "run_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    """Names the handler."""
    key: Mapped[str]
    """What the work is about: the same work asked for twice is one row."""
    payload: Mapped[dict[str, Any]]
    run_at: Mapped[datetime]
    """Not before this instant; moved on by each failure."""
    lease_until: Mapped[datetime | None]
    """Somebody is at work on it until then, or died."""
    attempts: Mapped[int] = mapped_column(default=0)
    generation: Mapped[int] = mapped_column(default=0)
    """Counts how often the work was asked for, so that a request made while it runs is not lost."""


@dataclass(frozen=True)
class Work:
    """What a handler is given."""

    key: str
    payload: Mapping[str, Any]
    attempts: int


Handler = Callable[[Work], None]


def enqueue(
    session: Session,
    kind: str,
    key: str,
    payload: dict[str, Any],
    now: datetime,
    run_at: datetime | None = None,
) -> None:
    """Ask for work, in the caller's transaction; where the same is already asked for, once is enough."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(Job).values(kind=kind, key=key, payload=payload, run_at=run_at or now, attempts=0, generation=0)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["kind", "key"],
            set_={
                "payload": statement.excluded.payload,
                "run_at": statement.excluded.run_at,
                "generation": Job.generation + 1,
                "attempts": 0,
            },
        )
    )
    wake_after_commit(session, JOBS_QUEUE)


def drain(database: Database, handlers: Mapping[str, Handler], clock: Callable[[], datetime]) -> int:
    """Do all jobs that are due, one after the other; returns how many were done. Safe to run in many places at once."""
    done = 0
    while (claimed := _claim(database, list(handlers), clock())) is not None:
        job_id, kind, generation, work = claimed
        try:
            handlers[kind](work)
        except Exception as error:  # whatever it is, the row stays and is tried again
            logs.event(log, "job.failed", logging.WARNING, kind=kind, job=job_id, error=type(error).__name__)
            _postpone(database, job_id, generation, work.attempts, clock())
        else:
            _finish(database, job_id, generation)
            done += 1
    return done


def _claim(database: Database, kinds: list[str], now: datetime) -> tuple[int, str, int, Work] | None:
    with database.write() as session:
        due = (
            select(Job.id)
            .where(
                Job.kind.in_(kinds),
                Job.run_at <= now,
                or_(Job.lease_until.is_(None), Job.lease_until < now),
            )
            .order_by(Job.run_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        row = session.execute(
            update(Job)
            .where(Job.id == due.scalar_subquery())
            .values(lease_until=now + LEASE)
            .returning(Job.id, Job.kind, Job.generation, Job.key, Job.payload, Job.attempts)
            .execution_options(synchronize_session=False)
        ).first()
    if row is None:
        return None
    return row.id, row.kind, row.generation, Work(row.key, row.payload, row.attempts)


def _finish(database: Database, job_id: int, generation: int) -> None:
    with database.write() as session:
        gone = session.execute(delete(Job).where(Job.id == job_id, Job.generation == generation).returning(Job.id))
        if gone.first() is None:  # asked for again meanwhile: it stays, free for the next worker
            session.execute(update(Job).where(Job.id == job_id).values(lease_until=None))


def _postpone(database: Database, job_id: int, generation: int, attempts: int, now: datetime) -> None:
    wait = min(RETRY_FIRST * 2 ** min(attempts, 20), RETRY_LONGEST)
    with database.write() as session:
        session.execute(update(Job).where(Job.id == job_id).values(lease_until=None))
        session.execute(
            update(Job)
            .where(Job.id == job_id, Job.generation == generation)
            .values(run_at=now + wait, attempts=attempts + 1)
        )


# --- Huey: who is woken, and how


@dataclass(frozen=True)
class Queue:
    """Workers of one kind: `drain` does what is due, `sweep` runs each minute besides."""

    name: str
    drain: Callable[[], object]
    threads: int
    sweep: Callable[[], object] | None = None


_THERE_BY_NOW = (psycopg.errors.UniqueViolation, psycopg.errors.DuplicateTable, psycopg.errors.DuplicateObject)


def huey_for(database_url: str, queue: str) -> huey.Huey:
    """Huey on the same PostgreSQL database, or on a SQLite file beside the tool's own."""
    name = f"passerelle-{queue}"
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        return huey.SqliteHuey(name, filename=f"{url.database}-queue", results=False)
    dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        return huey.PostgresHuey(name, dsn=dsn, results=False)
    except _THERE_BY_NOW:
        # Two that start at once both make Huey's tables: "if not exists" sees only what is committed. Now it is.
        return huey.PostgresHuey(name, dsn=dsn, results=False)


class Wakers:
    """Wakes the workers of a queue, wherever they run; what `Database.waker` calls."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._tasks: dict[str, Callable[[], object]] = {}
        self._lock = threading.Lock()

    def __call__(self, queue: str) -> None:
        try:
            with self._lock:
                if queue not in self._tasks:
                    self._tasks[queue] = wake_task(huey_for(self._url, queue), lambda: None)
            self._tasks[queue]()
        except Exception as error:  # the row is safe; the sweep will find it
            logs.event(log, "wake.failed", logging.WARNING, queue=queue, error=type(error).__name__)


def run_worker(database_url: str, queues: list[Queue]) -> None:
    """Serve the queues until SIGTERM or SIGINT; each has its own threads, so that none delays another."""
    consumers = []
    for queue in queues:
        instance = huey_for(database_url, queue.name)
        task = wake_task(instance, queue.drain)
        instance.periodic_task(huey.crontab(minute="*"), name=f"sweep-{queue.name}")(queue.sweep or queue.drain)
        consumers.append(Consumer(instance, workers=queue.threads, initial_delay=0.05, max_delay=0.25))
        task()  # what was left by those before us
    stopped = threading.Event()
    for consumer in consumers:
        consumer.start()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stopped.set())
    logs.event(log, "worker.started", queues=",".join(q.name for q in queues))
    while not stopped.wait(10):
        for consumer in consumers:
            consumer.check_worker_health()
    for consumer in consumers:
        consumer.stop(graceful=True)
    logs.event(log, "worker.stopped")


def wake_task(instance: huey.Huey, function: Callable[[], object]) -> Callable[[], object]:
    """Register `function` as what a wake-up on this Huey does; calling the result sends one."""

    def wake() -> None:
        function()

    task: Callable[[], object] = instance.task(name="wake")(wake)
    return task


def utc_now() -> datetime:
    """The clock that programs pass in; rules never call it."""
    return datetime.now(UTC)
