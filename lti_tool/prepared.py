"""Statements that run at every launch: SQLAlchemy writes them once per database, then they go straight to the driver.

SQLAlchemy finds out at each run what it found out the time before: for statements as short as these that takes longer
than the database does (`benchmarks/launch.py`). It still says how each of them is written, how values go in and come
out, and what an error is called.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Insert
from sqlalchemy.exc import DBAPIError

Convert = Callable[[Any], Any]


class Prepared:
    """A select, or an insert of always the same columns, which `columns` then names."""

    def __init__(self, statement: Any, columns: Sequence[str] | None = None) -> None:
        self._statement = statement.inline() if isinstance(statement, Insert) else statement
        self._columns = columns
        self._written: dict[str, _Written] = {}

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> Sequence[Any]:
        """Run it with these values of its parameters, or of its columns; its rows are named tuples.

        Where somebody listens to the engine, as tracers do, SQLAlchemy runs it.
        Raises `KeyError` where a value is missing, and SQLAlchemy's own errors.
        """
        if connection._has_events or connection.engine._has_events:
            result = connection.execute(self._statement, dict(values))
            return result.all() if result.returns_rows else ()
        dialect = connection.dialect
        written = self._written.get(dialect.name)
        if written is None:
            written = self._written[dialect.name] = _Written(self._statement, self._columns, dialect)
        return written.run(connection, values)

    def first(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """The first of its rows, or None."""
        rows = self.rows(connection, values)
        return rows[0] if rows else None


class _Written:
    """The statement as one kind of database has it."""

    def __init__(self, statement: Any, columns: Sequence[str] | None, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect, column_keys=None if columns is None else list(columns))
        binds, described = compiled.binds, list(statement.exported_columns)
        self._text = str(compiled)
        self._places: list[str] | None = compiled.positiontup if compiled.positional else None
        self._fixed = {name: bind.value for name, bind in binds.items() if not bind.required}
        self._defaults = [(column.key, column.default) for column in compiled.insert_prefetch]
        self._going_in = _converts(
            (name, bind.type.dialect_impl(dialect).bind_processor(dialect)) for name, bind in binds.items()
        )
        self._types = [column.type.dialect_impl(dialect) for column in described]
        self._row: Any = namedtuple("Row", [column.key for column in described], rename=True)  # type: ignore[misc] # its names are the statement's
        self._coming_out: list[tuple[Any, Convert]] | None = None
        """What makes values of what the driver gives, by place; known once it has said what that is."""

    def run(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        given = self._given(values)
        cursor = connection.connection.cursor()
        try:
            cursor.execute(self._text, given)
            return [] if cursor.description is None else self._read(cursor, connection.dialect)
        except connection.dialect.loaded_dbapi.Error as error:
            raise self._told(error, connection) from error
        finally:
            cursor.close()

    def _given(self, values: Mapping[str, Any]) -> dict[str, Any] | list[Any]:
        known = {**self._fixed, **values}
        for name, default in self._defaults:
            if name not in values:
                known[name] = default.arg(None) if default.is_callable else default.arg
        for name, convert in self._going_in:
            known[name] = convert(known[name])
        return known if self._places is None else [known[name] for name in self._places]

    def _read(self, cursor: Any, dialect: Dialect) -> list[Any]:
        if self._coming_out is None:
            self._coming_out = _converts(
                (place, each.result_processor(dialect, described[1]))
                for place, (each, described) in enumerate(zip(self._types, cursor.description, strict=True))
            )
        rows = []
        for row in cursor.fetchall():
            values = list(row)
            for place, convert in self._coming_out:
                values[place] = convert(values[place])
            rows.append(self._row._make(values))
        return rows

    def _told(self, error: Any, connection: Connection) -> BaseException:
        """The driver's error as SQLAlchemy has it; a connection that is gone is not used again."""
        dialect = connection.dialect
        gone = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
        if gone:
            connection.invalidate(error)
        told: BaseException = DBAPIError.instance(
            self._text,
            None,
            error,
            dialect.loaded_dbapi.Error,
            hide_parameters=True,
            connection_invalidated=gone,
            dialect=dialect,
        )
        return told


def _converts(all_of_them: Iterable[tuple[Any, Convert | None]]) -> list[tuple[Any, Convert]]:
    return [(where, convert) for where, convert in all_of_them if convert is not None]
