"""Jobs are rows with a lease: asked for twice they run once, a dead worker loses nothing, a failure comes again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from lti_tool import jobs
from lti_tool.database import Database
from lti_tool.jobs import Job, Work


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


def ask(database: Database, now: datetime, key: str = "a", number: int = 1) -> None:
    with database.write() as session:
        jobs.enqueue(session, "count", key, {"number": number}, now)


def left(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Job)) or 0


def test_the_same_work_asked_for_twice_is_done_once_with_the_newest_words(database: Database, clock: Clock) -> None:
    ask(database, clock(), number=1)
    ask(database, clock(), number=2)
    ask(database, clock(), key="b", number=3)
    seen: list[tuple[str, int]] = []
    assert jobs.drain(database, {"count": lambda w: seen.append((w.key, w.payload["number"]))}, clock) == 2
    assert sorted(seen) == [("a", 2), ("b", 3)]
    assert left(database) == 0


def test_a_failure_stays_and_is_tried_again_later(database: Database, clock: Clock) -> None:
    ask(database, clock())

    def fail(_work: Work) -> None:
        raise OSError("the platform is down")

    assert jobs.drain(database, {"count": fail}, clock) == 0
    seen: list[int] = []
    handlers: dict[str, jobs.Handler] = {"count": lambda w: seen.append(w.attempts)}
    assert jobs.drain(database, handlers, clock) == 0, "not before its time"
    clock.now += jobs.RETRY_FIRST
    assert jobs.drain(database, handlers, clock) == 1
    assert seen == [1]


def test_a_dead_workers_job_is_taken_up_when_its_lease_runs_out(database: Database, clock: Clock) -> None:
    ask(database, clock())

    def die(_work: Work) -> None:
        raise KeyboardInterrupt  # as a killed process: nothing is written after it

    with pytest.raises(KeyboardInterrupt):
        jobs.drain(database, {"count": die}, clock)
    done: list[str] = []
    handlers: dict[str, jobs.Handler] = {"count": lambda w: done.append(w.key)}
    assert jobs.drain(database, handlers, clock) == 0, "the lease still runs"
    clock.now += jobs.LEASE + timedelta(seconds=1)
    assert jobs.drain(database, handlers, clock) == 1
    assert done == ["a"]


def test_what_is_asked_for_while_it_runs_is_done_again(database: Database, clock: Clock) -> None:
    ask(database, clock(), number=1)
    seen: list[int] = []

    def handle(work: Work) -> None:
        seen.append(work.payload["number"])
        if len(seen) == 1:
            ask(database, clock(), number=2)

    jobs.drain(database, {"count": handle}, clock)
    assert seen == [1, 2]
    assert left(database) == 0


def test_many_workers_share_the_work_and_none_is_done_twice(database: Database, clock: Clock) -> None:
    for number in range(20):
        ask(database, clock(), key=str(number))
    seen: list[str] = []
    threads = [
        threading.Thread(target=jobs.drain, args=(database, {"count": lambda w: seen.append(w.key)}, clock))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen, key=int) == [str(number) for number in range(20)]
    assert left(database) == 0


def test_a_queue_is_woken_after_the_commit_and_not_after_a_rollback(database_url: str, now: datetime) -> None:
    woken: list[str] = []
    database = Database(database_url, waker=woken.append)
    ask(database, now)
    assert woken == [jobs.JOBS_QUEUE]
    with pytest.raises(ZeroDivisionError), database.write() as session:
        jobs.enqueue(session, "count", "z", {}, now)
        raise ZeroDivisionError
    assert woken == [jobs.JOBS_QUEUE]
    assert left(database) == 1
    database.dispose()


def test_a_worker_that_huey_wakes_starts_at_once(database_url: str) -> None:
    """A wake-up sent by one process reaches the consumer's task through the shared storage."""
    called = threading.Event()
    instance = jobs.huey_for(database_url, "grades")
    jobs.wake_task(instance, called.set)
    jobs.Wakers(database_url)("grades")
    task = instance.dequeue()
    assert task is not None
    instance.execute(task)
    assert called.is_set()


def test_programs_that_start_at_once_on_a_new_database_all_start(database_url: str) -> None:
    started: list[object] = []
    barrier = threading.Barrier(4)

    def start() -> None:
        barrier.wait()
        started.append(jobs.huey_for(database_url, "grades"))

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(started) == 4


def test_a_wake_up_that_fails_does_not_fail_the_work(tmp_path: object) -> None:
    wake: Callable[[str], None] = jobs.Wakers("sqlite:////nowhere/at/all/x.sqlite3")
    wake("grades")
