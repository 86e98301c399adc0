"""The register's lines in bulk, by each database's own fast way, within the caller's transaction.

Rows pass as they come, in portions: nothing here grows with the school.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any, cast

from sqlalchemy import Table
from sqlalchemy.orm import Session

from lti_tool.schools.models import ImportChange, Learner
from lti_tool.schools.staging import FIELDS

PORTION = 2_000
Rows = Iterable[tuple[Any, ...]]
Moved = Callable[[int], None] | None
_LEARNERS = cast(Table, Learner.__table__).name
_CHANGES = cast(Table, ImportChange.__table__).name
_ADDED = ("ine", "child_id", *FIELDS, "school_id", "active", "added_in", "created_at", "updated_at")
_NOTED = ("import_id", "learner_id", "kind", "before", "after")


class Bulk(ABC):
    """The lines of one school, and the changes that an import notes. `moved` is told how many rows have passed."""

    def __init__(self, session: Session, school_id: int, moved: Moved = None) -> None:
        self._connection: Any = session.connection().connection.driver_connection
        self._school_id = school_id
        self._moved = moved

    @abstractmethod
    def lines(self) -> Iterator[tuple[Any, ...]]:
        """The school's lines, by INE: INE, id, active (0 or 1), then what a file says, dates as ISO."""

    @abstractmethod
    def add(self, rows: Rows, import_id: int, now: datetime) -> None:
        """Insert lines: INE, the child's id, then what the file says."""

    @abstractmethod
    def change(self, rows: Rows, now: datetime) -> None:
        """Bring lines to what the file says, active: id, then what the file says."""

    @abstractmethod
    def deactivate(self, ids: Rows, now: datetime) -> None:
        """Make lines inactive: id alone."""

    @abstractmethod
    def note(self, rows: Rows) -> None:
        """Keep changes for the history: import, learner, kind, before and after (JSON)."""

    def _portions(self, rows: Rows) -> Iterator[list[tuple[Any, ...]]]:
        rows = iter(rows)
        while portion := list(islice(rows, PORTION)):
            yield portion
            if self._moved is not None:
                self._moved(len(portion))


def open_bulk(session: Session, school_id: int, moved: Moved = None) -> Bulk:
    """The school's lines in this transaction's database."""
    kind = _SqliteBulk if session.get_bind().dialect.name == "sqlite" else _PostgresBulk
    return kind(session, school_id, moved)


class _SqliteBulk(Bulk):
    def lines(self) -> Iterator[tuple[Any, ...]]:
        query = f"SELECT ine, id, active, {', '.join(FIELDS)} FROM {_LEARNERS} WHERE school_id = ? ORDER BY ine"  # noqa: S608
        yield from self._connection.execute(query, (self._school_id,))

    def add(self, rows: Rows, import_id: int, now: datetime) -> None:
        at = _sqlite_instant(now)
        # What is the same in all rows is written into the statement: numbers and an instant of ours.
        same = f"{self._school_id:d}, 1, {import_id:d}, '{at}', '{at}'"
        places = ", ".join("?" * (2 + len(FIELDS)))
        self._run(f"INSERT INTO {_LEARNERS} ({', '.join(_ADDED)}) VALUES ({places}, {same})", rows)  # noqa: S608

    def change(self, rows: Rows, now: datetime) -> None:
        said = ", ".join(f"{name} = ?{place}" for place, name in enumerate(FIELDS, start=2))
        at = _sqlite_instant(now)
        self._run(f"UPDATE {_LEARNERS} SET {said}, active = 1, updated_at = '{at}' WHERE id = ?1", rows)  # noqa: S608

    def deactivate(self, ids: Rows, now: datetime) -> None:
        at = _sqlite_instant(now)
        self._run(f"UPDATE {_LEARNERS} SET active = 0, updated_at = '{at}' WHERE id = ?", ids)  # noqa: S608

    def note(self, rows: Rows) -> None:
        self._run(f"INSERT INTO {_CHANGES} ({', '.join(_NOTED)}) VALUES (?, ?, ?, ?, ?)", rows)  # noqa: S608

    def _run(self, statement: str, rows: Rows) -> None:
        for portion in self._portions(rows):
            self._connection.executemany(statement, portion)


class _PostgresBulk(Bulk):
    def lines(self) -> Iterator[tuple[Any, ...]]:
        said = ", ".join(f"{name}::text" if name == "birthdate" else name for name in FIELDS)
        query = f"SELECT ine, id, active::int, {said} FROM {_LEARNERS} WHERE school_id = %s ORDER BY ine"  # noqa: S608
        with self._connection.cursor(name="register_lines") as cursor:
            cursor.itersize = PORTION
            cursor.execute(query, (self._school_id,))
            yield from cursor

    def add(self, rows: Rows, import_id: int, now: datetime) -> None:
        same = (self._school_id, True, import_id, now, now)
        self._copy(f"COPY {_LEARNERS} ({', '.join(_ADDED)}) FROM STDIN", ((*row, *same) for row in rows))

    def change(self, rows: Rows, now: datetime) -> None:
        said = ", ".join(f"{name} = given.{name}" for name in FIELDS)
        self._through_side_table(
            rows,
            ("id", *FIELDS),
            f"UPDATE {_LEARNERS} SET {said}, active = true, updated_at = %s FROM given WHERE {_LEARNERS}.id = given.id",  # noqa: S608
            now,
        )

    def deactivate(self, ids: Rows, now: datetime) -> None:
        self._through_side_table(
            ids,
            ("id",),
            f"UPDATE {_LEARNERS} SET active = false, updated_at = %s FROM given WHERE {_LEARNERS}.id = given.id",  # noqa: S608
            now,
        )

    def note(self, rows: Rows) -> None:
        self._copy(f"COPY {_CHANGES} ({', '.join(_NOTED)}) FROM STDIN", rows)

    def _through_side_table(self, rows: Rows, names: tuple[str, ...], statement: str, now: datetime) -> None:
        """Copy the rows beside the register, then change it in one statement."""
        columns = ", ".join(names)
        with self._connection.cursor() as cursor:
            cursor.execute(
                f"CREATE TEMPORARY TABLE given ON COMMIT DROP AS SELECT {columns} FROM {_LEARNERS} LIMIT 0"  # noqa: S608
            )
            self._copy(f"COPY given ({columns}) FROM STDIN", rows)
            cursor.execute(statement, (now,))
            cursor.execute("DROP TABLE given")

    def _copy(self, statement: str, rows: Rows) -> None:
        with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            for portion in self._portions(rows):
                for row in portion:
                    copy.write_row(row)


def _sqlite_instant(now: datetime) -> str:
    """As SQLAlchemy keeps an instant in SQLite: in UTC, without saying so."""
    return now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
