"""One transaction is all or nothing; instants are aware; the migrations make exactly what the models say."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select, text

import lti_tool.migrations.models  # noqa: F401 - every room's models
from lti_tool.database import Base, Database
from lti_tool.jobs import Job


def add_job(database: Database, key: str, run_at: datetime) -> None:
    with database.write() as session:
        session.add(Job(kind="k", key=key, payload={}, run_at=run_at))


def test_the_migrations_make_what_the_models_say(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_two_that_upgrade_at_once_leave_one_schema(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.sqlite3"
    assert not Database(url).is_current()
    threads = [threading.Thread(target=lambda: Database(url).upgrade()) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Database(url).is_current()


def test_an_instant_comes_back_aware_and_the_same(database: Database, now: datetime) -> None:
    reunion = timezone(timedelta(hours=4))
    add_job(database, "a", now.astimezone(reunion))
    with database.read() as session:
        run_at = session.scalars(select(Job.run_at)).one()
    assert run_at == now
    assert run_at.utcoffset() == timedelta(0)


def test_an_instant_without_a_zone_is_refused(database: Database, now: datetime) -> None:
    with pytest.raises(Exception, match="without a time zone"):
        add_job(database, "a", now.replace(tzinfo=None))


def test_a_write_is_all_or_nothing(database: Database, now: datetime) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as session:
        session.add(Job(kind="k", key="a", payload={}, run_at=now))
        session.flush()
        raise ZeroDivisionError
    with database.read() as session:
        assert session.scalars(select(Job)).all() == []


def test_writers_wait_their_turn_instead_of_failing(database: Database, now: datetime) -> None:
    """Each reads, then writes what it read plus one: none is lost, none is told that the database is busy."""
    add_job(database, "counter", now)
    errors: list[Exception] = []

    def count() -> None:
        try:
            for _ in range(10):
                with database.write() as session:
                    job = session.scalars(select(Job).where(Job.key == "counter").with_for_update()).one()
                    job.attempts += 1
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with database.read() as session:
        assert session.scalars(select(Job.attempts)).one() == 40


def test_foreign_keys_hold(database: Database) -> None:
    with pytest.raises(Exception, match=r"(?i)foreign key"), database.write() as session:
        session.execute(text("INSERT INTO deployment_schools (deployment_pk, school_id) VALUES (1, 1)"))
