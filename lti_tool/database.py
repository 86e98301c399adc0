"""The one database: engine, sessions, the base of all models, migrations. SQLite or PostgreSQL, by one setting.

A `read()` session writes nothing; where several statements have to see the same state, it is a `snapshot()`: on
PostgreSQL each statement of a `read()` sees what is committed by then. A `write()` session is one transaction: all of
it or nothing; on SQLite it takes the write lock at once, so that it waits its turn instead of failing half-way.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import alembic.command
import alembic.config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, DateTime, Dialect, Engine, MetaData, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import JSON, TypeDecorator

SQLITE_BUSY_TIMEOUT_S = 30
MIGRATIONS = Path(__file__).with_name("migrations")
_WAKE = "wake"


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware and in UTC on our side, whatever the database keeps."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant without a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The base of every room's models."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON, list[str]: JSON, list[dict[str, Any]]: JSON}  # noqa: RUF012


class Work:
    """One write transaction by the core's statements, and the ORM's session upon it where one is needed.

    What a launch writes, it writes by a few statements; a session of its own would cost as much as all of them.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._orm: Session | None = None

    @property
    def orm(self) -> Session:
        """The session: it takes part in the transaction, and neither ends it nor is to be ended."""
        if self._orm is None:
            self._orm = Session(self._connection, expire_on_commit=False, join_transaction_mode="rollback_only")
        return self._orm

    def connection(self) -> Connection:
        """As the session's method of that name."""
        return self._connection

    def flush(self) -> None:
        """Send what was added to the session, if there is one."""
        if self._orm is not None:
            self._orm.flush()

    def close(self) -> set[str]:
        """Let the session go; returns the queues that it asked to wake."""
        if self._orm is None:
            return set()
        wanted: set[str] = self._orm.info.pop(_WAKE, set())
        self._orm.close()
        return wanted


def core(session: Session | Work | Connection) -> Connection:
    """The connection, for a statement of the core: what was added to the session is sent before."""
    if isinstance(session, Connection):
        return session
    session.flush()
    return session.connection()


def orm(session: Session | Work) -> Session:
    """The ORM's session of either."""
    return session.orm if isinstance(session, Work) else session


class Database:
    """A pool of connections and the two kinds of session made from it.

    `waker` is called with each queue's name that a committed transaction asked to wake (`wake_after_commit`).
    """

    def __init__(self, url: str, waker: Callable[[str], None] | None = None) -> None:
        self.url = url
        self.waker = waker
        self.engine = _engine(url)
        self._read = sessionmaker(self.engine, expire_on_commit=False)
        self._write = sessionmaker(self.engine, expire_on_commit=False)
        if self.is_sqlite:
            event.listen(self._read, "after_begin", _begin_reading)
            event.listen(self._write, "after_begin", _begin_writing)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        with self._read() as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """As `read`, and nothing that is committed after its first statement is seen, on either database."""
        with self._read() as session:
            if not self.is_sqlite:
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield session

    def glance(self) -> Connection:
        """As `read`, for a query or two of the core: without the session, which costs as much as they do.

        On SQLite too each of them sees what is committed by then.
        """
        return self.engine.connect()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back if anything is raised."""
        with self._write() as session:
            with session.begin():
                yield session
            wanted: set[str] = session.info.pop(_WAKE, set())
        self.wake(*wanted)

    @contextmanager
    def work(self) -> Iterator[Work]:
        """As `write`, without the session as long as nothing needs it."""
        with self.engine.connect() as connection:
            work = Work(connection)
            try:
                with connection.begin():
                    if self.is_sqlite:
                        _begin(connection, "BEGIN IMMEDIATE")
                    yield work
                    work.flush()
            finally:
                wanted = work.close()
        self.wake(*wanted)

    def wake(self, *queues: str) -> None:
        """Wake a worker of each of these queues now."""
        if self.waker is not None:
            for queue in sorted(queues):
                self.waker(queue)

    def upgrade(self) -> None:
        """Bring the schema to the newest version (Alembic); of two machines that start at once, one does it."""
        with self.engine.begin() as connection:
            alone = "BEGIN IMMEDIATE" if self.is_sqlite else "SELECT pg_advisory_xact_lock(7119001)"
            connection.exec_driver_sql(alone)
            alembic.command.upgrade(_alembic(connection), "head")

    def is_current(self) -> bool:
        """Whether the schema is the newest that this program knows."""
        with self.engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
        return current == _newest_version()

    def dispose(self) -> None:
        self.engine.dispose()


def wake_after_commit(session: Session, queue: str) -> None:
    """Ask that the workers of `queue` be woken once this session's transaction is committed."""
    session.info.setdefault(_WAKE, set()).add(queue)


def _alembic(connection: Connection | None) -> alembic.config.Config:
    config = alembic.config.Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


@cache
def _newest_version() -> str | None:
    """Of the schema that this program knows: it reads every migration, and a probe asks each few seconds."""
    return ScriptDirectory.from_config(_alembic(None)).get_current_head()


def _engine(url: str) -> Engine:
    if url.startswith("sqlite"):
        engine = create_engine(
            url, pool_use_lifo=True, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_S, "check_same_thread": False}
        )
        event.listen(engine, "connect", _prepare_sqlite)
        return engine
    return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20)


def _prepare_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_reading(_session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    _begin(connection, "BEGIN")


def _begin_writing(_session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    _begin(connection, "BEGIN IMMEDIATE")


def _begin(connection: Connection, statement: str) -> None:
    """Begin SQLite's transaction, unless this is a savepoint in one.

    The session's event says it, not the engine's: an engine with a listener asks for more at each statement of all.
    """
    raw = connection.connection.dbapi_connection  # straight to the driver, at every launch
    assert isinstance(raw, sqlite3.Connection)  # noqa: S101 - the listener is SQLite's own
    if not raw.in_transaction:
        raw.execute(statement)
