"""Statements that go straight to the driver: what goes in and comes out is what SQLAlchemy makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Boolean, Column, Connection, Integer, MetaData, String, Table, bindparam, event, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.types import JSON

from lti_tool.database import Database, UtcDateTime
from lti_tool.prepared import Prepared

NOW = datetime(2026, 11, 23, 9, 30, 0, 250, tzinfo=UTC)
THINGS = Table(
    "things",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("seen_at", UtcDateTime),
    Column("is_old", Boolean, nullable=False, default=True),
    Column("parts", JSON, nullable=False, default=list),
)
COLUMNS = ("name", "seen_at")
ROW = {"name": "Élise, 中", "seen_at": NOW}
SELECT = select(THINGS, THINGS.c.id.label("again")).where(THINGS.c.name == bindparam("name"), THINGS.c.id > 0)


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.engine.connect() as connection:
        THINGS.create(connection)
        yield connection


def test_values_come_out_as_they_went_in(connection: Connection) -> None:
    Prepared(insert(THINGS), COLUMNS).rows(connection, ROW)

    found = Prepared(SELECT).first(connection, {"name": ROW["name"]})

    assert tuple(found) == (found.id, ROW["name"], NOW, True, [], found.id)
    assert (found.seen_at.tzinfo, found.is_old, found.parts) == (UTC, True, [])
    assert tuple(connection.execute(SELECT, {"name": ROW["name"]}).one()) == tuple(found)


def test_a_statement_runs_again_with_other_values(connection: Connection) -> None:
    added, look = Prepared(insert(THINGS).returning(THINGS.c.id), COLUMNS), Prepared(SELECT)

    ids = [added.first(connection, {"name": name, "seen_at": None}).id for name in "abc"]

    assert len(set(ids)) == 3
    assert [look.first(connection, {"name": name}).id for name in "abc"] == ids
    assert look.first(connection, {"name": "d"}) is None
    assert look.rows(connection, {"name": "d"}) == []


def test_a_value_that_is_given_takes_the_place_of_its_default(connection: Connection) -> None:
    row = {"name": "x", "is_old": False, "parts": [{"é": 1}]}

    Prepared(insert(THINGS), tuple(row)).rows(connection, row)

    found = Prepared(SELECT).first(connection, {"name": "x"})
    assert (found.is_old, found.parts, found.seen_at) == (False, [{"é": 1}], None)


@pytest.mark.parametrize("statement", [Prepared(SELECT), Prepared(insert(THINGS), COLUMNS)], ids=["select", "insert"])
def test_a_value_that_is_missing_is_not_taken_for_null(connection: Connection, statement: Prepared) -> None:
    with pytest.raises((KeyError, DBAPIError)):
        statement.rows(connection, {"seen_at": None})


def test_errors_are_sqlalchemys_and_show_no_value(connection: Connection) -> None:
    added = Prepared(insert(THINGS), COLUMNS)
    added.rows(connection, ROW)

    with pytest.raises(IntegrityError) as caught:
        added.rows(connection, ROW)

    assert "INSERT INTO things" in str(caught.value)
    assert str(NOW.year) not in str(caught.value).partition("[SQL")[2]


def test_a_connection_that_is_gone_is_not_used_again(postgres_url: str) -> None:
    database = Database(postgres_url)
    one = Prepared(select(bindparam("x", type_=Integer).label("x")))
    with database.engine.connect() as connection, database.engine.connect() as other:
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        other.exec_driver_sql(f"SELECT pg_terminate_backend({pid})")
        with pytest.raises(OperationalError) as caught:
            one.rows(connection, {"x": 1})
        assert caught.value.connection_invalidated
    with database.engine.connect() as connection:
        assert one.first(connection, {"x": 2}).x == 2
    database.dispose()


def test_who_listens_to_the_engine_hears_of_them(connection: Connection, database: Database) -> None:
    heard: list[str] = []

    def note(*given: Any) -> None:
        heard.append(given[2])

    event.listen(database.engine, "before_cursor_execute", note)
    Prepared(insert(THINGS), COLUMNS).rows(connection, ROW)
    found = Prepared(SELECT).first(connection, {"name": ROW["name"]})
    event.remove(database.engine, "before_cursor_execute", note)

    assert [text.split()[0] for text in heard] == ["INSERT", "SELECT"]
    assert (found.seen_at, found.parts) == (NOW, [])
