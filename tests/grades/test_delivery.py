"""Grades reach the gradebook, whatever happens between: each failure for what it is, nothing older over newer."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from lti_tool import jobs
from lti_tool.campaigns.models import Campaign
from lti_tool.database import Database
from lti_tool.grades import cells, desired, queue
from lti_tool.grades.delivery import Deliverer
from lti_tool.grades.models import ACCEPTED, REFUSED, WAITING
from lti_tool.lti.models import Context, Platform
from lti_tool.lti.services import Services
from lti_tool.schools.models import Binding, Learner
from tests.campaigns.school import TARGETED
from tests.grades.conftest import Clock, Course


def test_what_was_sent_stands_in_the_gradebook(course: Course, deliverer: Deliverer, time: Clock) -> None:
    learner, sub = course.pupil()
    course.send(learner, 6)
    assert course.grade(learner).state == WAITING
    time.advance(seconds=2)
    assert deliverer.drain() == 1

    assert course.shown(sub) == 60.0
    grade = course.grade(learner)
    assert (grade.state, grade.accepted_score, grade.accepted_version) == (ACCEPTED, 60.0, grade.version)
    assert (grade.accepted_at, grade.lease_until, grade.sent_scores) == (time(), None, [])
    (score,) = course.gradebook.scores
    assert (score["userId"], score["scoreGiven"], score["scoreMaximum"]) == (sub, 60.0, 100.0)
    assert (score["activityProgress"], score["gradingProgress"]) == ("Completed", "FullyGraded")
    assert score["comment"] == (
        "60\u00a0% — 6 acquis validés sur 10. Palier atteint : 2 sur 3. "
        "Résultats envoyés le 23 novembre 2026 à 10 h 30."
    )
    assert datetime.fromisoformat(score["timestamp"]) == time()
    submission = score["submission"]
    assert datetime.fromisoformat(submission["startedAt"]) <= datetime.fromisoformat(submission["submittedAt"])
    assert deliverer.drain() == 0


def test_a_class_is_delivered_in_one_go(course: Course, deliverer: Deliverer) -> None:
    pupils = [course.pupil() for _ in range(20)]
    for number, (learner, _) in enumerate(pupils):
        course.send(learner, number % TARGETED)
    assert deliverer.drain() == 20
    assert [course.shown(sub) for _, sub in pupils] == [10.0 * (n % TARGETED) for n in range(20)]
    assert course.gradebook.asked.count("token") == 1


def test_workers_at_once_send_each_grade_once(database: Database, course: Course, deliverer: Deliverer) -> None:
    pupils = [course.pupil() for _ in range(12)]
    for learner, _ in pupils:
        course.send(learner, 5)
    workers = [threading.Thread(target=deliverer.drain) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(course.gradebook.scores) == 12
    assert {course.grade(learner).state for learner, _ in pupils} == {ACCEPTED}


@pytest.mark.parametrize(("pupils", "called"), [(3, False), (12, True)])
def test_a_worker_that_has_more_than_it_can_do_calls_another(
    database: Database, course: Course, services: Services, time: Clock, pupils: int, called: bool
) -> None:
    for _ in range(pupils):
        course.send(course.pupil()[0], 5)
    woken: list[str] = []
    database.waker = woken.append
    Deliverer(database, services, time, senders=2).drain()
    assert woken == [cells.GRADES_QUEUE] * called
    assert len(course.gradebook.scores) == pupils


def test_the_click_itself_wakes_a_worker(
    database: Database, database_url: str, course: Course, deliverer: Deliverer
) -> None:
    """No sweep, no timer: what the click left in the queue is all that a worker needs."""
    queued = jobs.huey_for(database_url, cells.GRADES_QUEUE)
    jobs.wake_task(queued, deliverer.work)
    database.waker = jobs.Wakers(database_url)
    learner, sub = course.pupil()
    participation = course.finish(learner, 6)
    assert queued.dequeue() is None

    with database.write() as session:
        desired.send_results(session, participation, learner, course.time())
    wake_up = queued.dequeue()
    assert wake_up is not None
    queued.execute(wake_up)

    assert course.shown(sub) == 60.0


@pytest.mark.parametrize(
    ("status", "headers", "reason", "wait"),
    [
        pytest.param(None, {}, "unreachable", 5, id="broken off"),
        pytest.param(500, {}, "platform-error", 5, id="500"),
        pytest.param(302, {"Location": "/elsewhere"}, "platform-error", 5, id="a redirection"),
        pytest.param(503, {"Retry_After": "120"}, "platform-error", 120, id="503 with Retry-After"),
        pytest.param(429, {"Retry_After": "60"}, "too-many-requests", 60, id="429 with Retry-After"),
        pytest.param(429, {}, "too-many-requests", 5, id="429"),
    ],
)
def test_what_time_will_mend_is_tried_again(
    course: Course,
    deliverer: Deliverer,
    time: Clock,
    status: int | None,
    headers: dict[str, str],
    reason: str,
    wait: int,
) -> None:
    learner, sub = course.pupil()
    course.send(learner, 6)
    course.gradebook.fail("score", status, **headers)
    deliverer.drain()
    grade = course.grade(learner)
    assert (grade.state, grade.reason, grade.next_try_at) == (WAITING, reason, time() + timedelta(seconds=wait))

    time.advance(seconds=wait - 1)
    assert deliverer.drain() == 0
    time.advance(seconds=1)
    assert deliverer.drain() == 1
    assert course.shown(sub) == 60.0
    assert course.grade(learner).reason is None


def test_it_is_tried_later_and_later_up_to_a_day(course: Course, deliverer: Deliverer, time: Clock) -> None:
    learner, _ = course.pupil()
    course.send(learner, 6)
    course.gradebook.fail("score", *[500] * 20)
    waits = []
    for _ in range(20):
        deliverer.drain()
        due = course.grade(learner).next_try_at
        assert due is not None
        waits.append((due - time()).total_seconds())
        time.now = due
    assert waits[:4] == [5, 10, 20, 40]
    assert waits[-1] == 86400
    deliverer.drain()
    assert course.grade(learner).attempts == 0


@pytest.mark.parametrize("status", [401, 500, 503])
def test_token_trouble_is_waited_for(course: Course, deliverer: Deliverer, time: Clock, status: int) -> None:
    learner, sub = course.pupil()
    course.send(learner, 6)
    course.gradebook.fail("token", status)
    deliverer.drain()
    assert (course.grade(learner).state, course.grade(learner).reason) == (WAITING, "token")
    time.advance(seconds=5)
    deliverer.drain()
    assert course.shown(sub) == 60.0


@pytest.mark.parametrize(
    ("status", "reason"),
    [(400, "not-a-pupil"), (403, "forbidden"), (404, "column-gone"), (410, "column-gone"), (422, "not-taken")],
)
def test_what_time_will_not_mend_is_final_until_a_click(
    course: Course, deliverer: Deliverer, time: Clock, status: int, reason: str
) -> None:
    learner, sub = course.pupil()
    course.send(learner, 6)
    course.gradebook.fail("score", status)
    deliverer.drain()
    assert (course.grade(learner).state, course.grade(learner).reason) == (REFUSED, reason)
    time.advance(days=3)
    assert deliverer.drain() == 0

    with course.database.write() as session:
        assert desired.resend(session, time(), campaign_id=course.campaign_id, learner_id=learner) == 1
    deliverer.drain()
    assert course.shown(sub) == 60.0


def test_without_the_scope_nothing_is_asked_of_the_platform(course: Course, deliverer: Deliverer) -> None:
    learner, _ = course.pupil()
    with course.database.write() as session:
        session.execute(update(Context).values(ags_scopes=[]))
    course.send(learner, 6)
    deliverer.drain()
    assert (course.grade(learner).state, course.grade(learner).reason) == (REFUSED, "no-scope")
    assert course.gradebook.asked == []


def test_a_platform_that_does_not_grant_the_scope_after_all(course: Course, deliverer: Deliverer) -> None:
    learner, _ = course.pupil()
    course.send(learner, 6)
    course.gradebook.fail("token", 400)
    course.gradebook.plans["token"][0].body = {"error": "invalid_scope"}
    deliverer.drain()
    assert (course.grade(learner).state, course.grade(learner).reason) == (REFUSED, "no-scope")


def test_improved_results_replace_and_worse_ones_do_not(course: Course, deliverer: Deliverer, time: Clock) -> None:
    learner, sub = course.pupil()
    for validated, shown in ((5, 50.0), (8, 80.0), (8, 80.0)):
        course.send(learner, validated)
        deliverer.drain()
        assert course.shown(sub) == shown
        time.advance(days=4)
    assert len(course.gradebook.scores) == 2


def test_a_column_of_twenty_points(course: Course, deliverer: Deliverer, time: Clock) -> None:
    course.gradebook.columns[1]["scoreMaximum"] = 20.0
    learner, sub = course.pupil()
    course.send(learner, 5)
    deliverer.drain()
    assert course.shown(sub) == 10.0
    time.advance(days=4)
    course.send(learner, 8)
    deliverer.drain()
    assert course.shown(sub) == 16.0


@pytest.mark.parametrize("obstacle", ["learner inactive", "unbound", "platform suspended"])
def test_who_may_not_be_graded_any_more_is_not_sent(
    course: Course, deliverer: Deliverer, time: Clock, obstacle: str
) -> None:
    learner, sub = course.pupil()
    course.send(learner, 6)
    with course.database.write() as session:
        if obstacle == "learner inactive":
            session.execute(update(Learner).values(active=False))
        elif obstacle == "unbound":
            session.delete(session.query(Binding).one())
        else:
            session.execute(update(Platform).values(status="suspended"))
    assert deliverer.drain() == 0
    assert queue.next_due(course.database, time()) is None
    assert course.shown(sub) is None

    if obstacle == "learner inactive":
        with course.database.write() as session:
            session.execute(update(Learner).values(active=True))
        deliverer.drain()
        assert course.shown(sub) == 60.0


def test_pending_grades_of_an_archived_campaign_still_go(course: Course, deliverer: Deliverer, time: Clock) -> None:
    learner, sub = course.pupil()
    course.send(learner, 6)
    with course.database.write() as session:
        session.execute(update(Campaign).values(archived_at=time()))
    deliverer.drain()
    assert course.shown(sub) == 60.0


def test_the_worker_comes_back_when_the_next_try_is_due(
    course: Course, deliverer: Deliverer, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    timers: list[tuple[float, threading.Timer]] = []
    monkeypatch.setattr(threading.Timer, "start", lambda timer: timers.append((timer.interval, timer)))
    learner, sub = course.pupil()
    course.send(learner, 6)
    course.gradebook.fail("score", 500)
    deliverer.work()
    deliverer.work()
    ((interval, timer),) = timers
    assert interval == 5.0
    time.advance(seconds=5)
    timer.function()
    assert course.shown(sub) == 60.0
    assert len(timers) == 1


def test_the_log_names_nobody(course: Course, deliverer: Deliverer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    learner, sub = course.pupil()
    course.send(learner, 6)
    course.gradebook.fail("score", 400)
    deliverer.drain()
    assert "grade.tried" in caplog.text
    assert "reason=not-a-pupil" in caplog.text
    assert sub not in "".join(record.getMessage() for record in caplog.records if record.name.startswith("lti_tool"))
