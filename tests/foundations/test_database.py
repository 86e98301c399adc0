"""One transaction is all or nothing; instants are aware; the migrations make exactly what the models say."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import lti_tool.migrations.models  # noqa: F401 - every room's models
from lti_tool.database import Base, Database, orm, wake_after_commit
from lti_tool.jobs import Job
from lti_tool.lti.upsert import insert_unless_there


def job_row(key: str, run_at: datetime) -> dict[str, Any]:
    return {"kind": "k", "key": key, "payload": {}, "run_at": run_at}


def keys_of(session: Session) -> set[str]:
    return set(session.scalars(select(Job.key)).all())


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


def test_work_and_the_session_upon_it_are_one_transaction(database: Database, now: datetime) -> None:
    with database.work() as work:
        insert_unless_there(work, Job, job_row("by the core", now), unique=["kind", "key"])
        orm(work).add(Job(kind="k", key="by the session", payload={}, run_at=now))
        assert keys_of(work.orm) == {"by the core", "by the session"}
        work.orm.scalars(select(Job).where(Job.key == "by the core")).one().attempts = 7
    with database.read() as session:
        assert keys_of(session) == {"by the core", "by the session"}
        assert session.scalars(select(Job.attempts).where(Job.key == "by the core")).one() == 7


@pytest.mark.parametrize("has_session", [False, True])
def test_work_is_all_or_nothing(database: Database, now: datetime, has_session: bool) -> None:
    with pytest.raises(ZeroDivisionError), database.work() as work:
        insert_unless_there(work, Job, job_row("by the core", now), unique=["kind", "key"])
        if has_session:
            work.orm.add(Job(kind="k", key="by the session", payload={}, run_at=now))
            work.orm.flush()
        raise ZeroDivisionError
    with database.read() as session:
        assert keys_of(session) == set()


def test_work_goes_on_after_a_savepoint_of_its_session(database: Database, now: datetime) -> None:
    with database.work() as work:
        insert_unless_there(work, Job, job_row("a", now), unique=["kind", "key"])
        with pytest.raises(IntegrityError), work.orm.begin_nested():
            work.orm.add(Job(kind="k", key="a", payload={}, run_at=now))
            work.orm.flush()
        insert_unless_there(work, Job, job_row("b", now), unique=["kind", "key"])
    with database.read() as session:
        assert keys_of(session) == {"a", "b"}


def test_work_wakes_who_was_asked_for_once_it_is_committed(database: Database) -> None:
    woken: list[str] = []
    waking = Database(database.url, waker=woken.append)
    with waking.work() as work:
        wake_after_commit(work.orm, "grades")
        assert woken == []
    assert woken == ["grades"]
    with pytest.raises(ZeroDivisionError), waking.work() as work:
        wake_after_commit(work.orm, "grades")
        raise ZeroDivisionError
    assert woken == ["grades"]
    waking.dispose()


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
