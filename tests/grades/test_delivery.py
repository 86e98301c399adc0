"""Grades reach the gradebook, whatever happens between: each failure for what it is, nothing older over newer."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from lti_tool import jobs
from lti_tool.campaigns.models import Campaign
from lti_tool.database import Database
from lti_tool.grades import attempt, cells, desired, queue, tries
from lti_tool.grades.delivery import Deliverer
from lti_tool.grades.models import ACCEPTED, REFUSED, WAITING
from lti_tool.lti.models import Context, Platform
from lti_tool.schools.models import Binding, Learner
from tests.campaigns.school import SCOPES, TARGETED
from tests.grades.conftest import Clock, Course
from tests.grades.gradebook import Gradebook, Plan, Value


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


def test_a_worker_killed_before_sending_costs_its_lease_only(course: Course, deliverer: Deliverer, time: Clock) -> None:
    learner, sub = course.pupil()
    course.send(learner, 6)
    assert len(queue.claim(course.database, time())) == 1  # and nobody comes back
    assert deliverer.drain() == 0
    assert queue.next_due(course.database, time()) == time() + queue.LEASE
    time.advance(seconds=queue.LEASE.total_seconds() + 1)
    deliverer.drain()
    assert course.shown(sub) == 60.0


def test_a_worker_killed_after_the_platform_accepted(course: Course, deliverer: Deliverer, time: Clock) -> None:
    learner, sub = course.pupil()
    course.send(learner, 6)
    course.gradebook.fail("score", None, after=True)
    deliverer.drain()
    assert course.grade(learner).state == WAITING
    assert course.shown(sub) == 60.0
    time.advance(seconds=5)
    deliverer.drain()
    assert course.grade(learner).state == ACCEPTED
    sent = [datetime.fromisoformat(score["timestamp"]) for score in course.gradebook.accepted]
    assert sent == sorted(set(sent))


def test_results_sent_while_an_older_grade_is_under_way(course: Course, deliverer: Deliverer, time: Clock) -> None:
    learner, sub = course.pupil()
    course.send(learner, 3)
    time.advance(days=5)

    def improve_meanwhile() -> None:
        course.gradebook.on_score = None
        course.send(learner, 8)

    course.gradebook.on_score = improve_meanwhile
    assert deliverer.drain() == 2
    grade = course.grade(learner)
    assert (grade.state, grade.version, grade.accepted_version, grade.accepted_score) == (ACCEPTED, 2, 2, 80.0)
    assert course.shown(sub) == 80.0


def test_a_worker_that_comes_back_after_its_lease_changes_nothing(
    course: Course, deliverer: Deliverer, time: Clock
) -> None:
    learner, _ = course.pupil()
    course.send(learner, 6)
    (slow,) = queue.claim(course.database, time())
    time.advance(minutes=5)
    deliverer.drain()
    assert not queue.extend(course.database, slow, time())
    queue.record(course.database, [(slow, tries.Accepted(1.0))], time(), lambda: 0.0)
    assert course.grade(learner).accepted_score == 60.0


def test_a_lease_that_runs_short_is_extended_before_the_score_is_posted(
    course: Course, deliverer: Deliverer, time: Clock
) -> None:
    learner, _sub = course.pupil()
    course.send(learner, 6)
    (cell,) = queue.claim(course.database, time())
    time.advance(seconds=40)
    assert queue.extend(course.database, cell, time())
    assert queue.claim(course.database, time.advance(seconds=10)) == []


def test_a_score_under_way_holds_on_to_its_cell_while_tokens_take_long(
    course: Course, deliverer: Deliverer, time: Clock
) -> None:
    """A token, a 401, another token: each may take as long as a lease; nobody else sends the cell meanwhile."""
    learner, sub = course.pupil()
    course.send(learner, 6)
    course.gradebook.fail("score", 401)
    others: list[int] = []

    def slow(kind: str) -> Plan | None:
        if kind == "token":
            time.advance(seconds=(queue.LEASE - attempt.POST_TAKES_AT_MOST / 2).total_seconds())
        if kind == "score":
            others.append(len(queue.claim(course.database, time())))
        return None

    course.gradebook.chance = slow
    deliverer.drain()
    assert others == [0]
    assert (course.shown(sub), len(course.gradebook.scores)) == (60.0, 1)


def test_a_score_whose_cell_was_taken_up_meanwhile_is_not_sent(
    course: Course, deliverer: Deliverer, time: Clock
) -> None:
    """Our token came after the lease's end: another worker has sent a newer score, ours must not go out after it."""
    learner, sub = course.pupil()
    course.send(learner, 6)
    taken: list[tries.Cell] = []

    def late(kind: str) -> Plan | None:
        if kind == "token" and not taken:
            time.advance(seconds=queue.LEASE.total_seconds() + 1)
            taken.extend(queue.claim(course.database, time()))
        return None

    course.gradebook.chance = late
    deliverer.drain()
    assert len(taken) == 1
    assert course.gradebook.scores == []
    time.advance(seconds=queue.LEASE.total_seconds() + 1)
    deliverer.drain()
    assert (course.shown(sub), len(course.gradebook.scores)) == (60.0, 1)


def test_a_wrong_binding_undone_leaves_no_teachers_value(course: Course, deliverer: Deliverer, time: Clock) -> None:
    """The cell shows what was sent for the learner who was bound before by mistake: that is ours, and replaced."""
    wrong, sub = course.pupil()
    course.send(wrong, 9)
    deliverer.drain()
    right, other_sub = course.pupil()
    with course.database.write() as session:
        mistaken = session.query(Binding).filter_by(learner_id=wrong).one()
        person_id = mistaken.person_id
        session.delete(mistaken)
        session.query(Binding).filter_by(learner_id=right).one().person_id = person_id
    course.send(right, 4)
    course.gradebook.fail("score", 409)
    deliverer.drain()
    time.advance(minutes=1)
    deliverer.drain()
    assert (course.shown(sub), course.shown(other_sub)) == (40.0, None)
    assert course.grade(right).state == ACCEPTED


def test_improved_results_replace_and_worse_ones_do_not(course: Course, deliverer: Deliverer, time: Clock) -> None:
    learner, sub = course.pupil()
    for validated, shown in ((5, 50.0), (8, 80.0), (8, 80.0)):
        course.send(learner, validated)
        deliverer.drain()
        assert course.shown(sub) == shown
        time.advance(days=4)
    assert len(course.gradebook.scores) == 2


def test_what_a_teacher_changed_is_kept_and_said(course: Course, deliverer: Deliverer, time: Clock) -> None:
    learner, sub = course.pupil()
    course.send(learner, 5)
    deliverer.drain()
    course.gradebook.write(1, sub, 55.0)
    time.advance(days=4)
    course.send(learner, 8)
    deliverer.drain()
    grade = course.grade(learner)
    assert (grade.state, grade.reason) == (REFUSED, "changed-by-teacher")
    assert course.shown(sub) == 55.0

    time.advance(seconds=5)
    with course.database.write() as session:
        cells.want(session, time(), learner_id=learner, again=True)  # a launch does not override a teacher
    assert deliverer.drain() == 0
    with course.database.write() as session:
        assert desired.resend(session, time(), campaign_id=course.campaign_id) == 0  # nor does a click for all
        desired.resend(session, time(), campaign_id=course.campaign_id, learner_id=learner)
    deliverer.drain()
    assert course.shown(sub) == 80.0


def test_before_an_accepted_value_is_replaced_our_own_unconfirmed_one_is_known(
    course: Course, deliverer: Deliverer, time: Clock
) -> None:
    """Accepted 30; 50 reached the gradebook but we were killed; then 80 is wanted: 50 is ours, not a teacher's."""
    learner, sub = course.pupil()
    course.send(learner, 3)
    deliverer.drain()
    time.advance(days=4)
    course.send(learner, 5)
    course.gradebook.fail("score", None, after=True)
    deliverer.drain()
    assert course.shown(sub) == 50.0
    with course.database.write() as session:
        session.execute(update(Campaign).values(counts="last"))
    time.advance(days=4)
    course.send(learner, 8)
    deliverer.drain()
    assert course.shown(sub) == 80.0
    assert course.grade(learner).state == ACCEPTED


@pytest.mark.parametrize(
    ("shown", "state", "reason"),
    [
        pytest.param(60.0, ACCEPTED, None, id="ours is there"),
        pytest.param(12.5, REFUSED, "changed-by-teacher", id="a teacher's"),
        pytest.param(None, WAITING, "conflict", id="nothing shown"),
    ],
)
def test_a_409_is_read(
    course: Course, deliverer: Deliverer, time: Clock, shown: float | None, state: str, reason: str | None
) -> None:
    learner, sub = course.pupil()
    course.gradebook.cells[1, sub] = Value(shown, None, int(time().timestamp()) + 3)
    course.send(learner, 6)
    deliverer.drain()
    assert (course.grade(learner).state, course.grade(learner).reason) == (state, reason)
    if state == WAITING:
        time.advance(seconds=5)
        deliverer.drain()
        assert course.shown(sub) == 60.0


def test_a_409_over_the_value_last_accepted_is_sent_again_later(
    course: Course, deliverer: Deliverer, time: Clock
) -> None:
    learner, sub = course.pupil()
    course.send(learner, 5)
    deliverer.drain()
    time.advance(days=4)
    course.send(learner, 8)
    course.gradebook.fail("score", 409)
    deliverer.drain()
    assert course.grade(learner).reason == "conflict"
    time.advance(seconds=5)
    deliverer.drain()
    assert course.shown(sub) == 80.0


def test_where_results_may_not_be_read_a_409_is_tried_a_few_times(
    course: Course, deliverer: Deliverer, time: Clock
) -> None:
    learner, sub = course.pupil()
    with course.database.write() as session:
        session.execute(update(Context).values(ags_scopes=[s for s in SCOPES if not s.endswith("readonly")]))
    course.gradebook.cells[1, sub] = Value(12.5, None, int(time().timestamp()) + 10**6)
    course.send(learner, 6)
    for _ in range(5):
        assert deliverer.drain() == 1
        time.advance(minutes=2)
    assert (course.grade(learner).state, course.grade(learner).reason) == (REFUSED, "newer-elsewhere")


def test_two_scores_in_one_second_are_a_second_apart(course: Course, deliverer: Deliverer, time: Clock) -> None:
    """Moodle's clock counts whole seconds: the second of two would get 409 and wait."""
    learner, _sub = course.pupil()
    course.send(learner, 5)
    deliverer.drain()
    with course.database.write() as session:
        cells.want_all_again(session, time(), course.grade(learner).line_item_id)
        session.execute(update(Context).values(ags_scopes=[s for s in SCOPES if s.endswith("score")]))
    deliverer.drain()
    first, second = [datetime.fromisoformat(score["timestamp"]) for score in course.gradebook.accepted]
    assert second - first >= timedelta(seconds=1)


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_platform_whose_clock_is_wrong(
    course: Course, deliverer: Deliverer, time: Clock, gradebook: Gradebook, minutes: int
) -> None:
    gradebook.clock = lambda: time() + timedelta(minutes=minutes)
    learner, sub = course.pupil()
    course.send(learner, 5)
    deliverer.drain()
    with course.database.read() as session:
        learnt = session.get_one(Platform, course.platform_id).clock_offset_s
    assert learnt == pytest.approx(minutes * 60, abs=1)
    time.advance(days=4)
    course.send(learner, 8)
    deliverer.drain()
    assert course.shown(sub) == 80.0
    sent = datetime.fromisoformat(gradebook.scores[-1]["timestamp"])
    assert abs(sent - gradebook.clock()) <= timedelta(seconds=1)


def test_a_clock_put_back_never_sends_an_earlier_timestamp(course: Course, deliverer: Deliverer, time: Clock) -> None:
    learner, _ = course.pupil()
    course.send(learner, 5)
    course.gradebook.fail("score", 500)
    deliverer.drain()
    before = course.grade(learner).last_timestamp
    time.advance(minutes=-30)
    with course.database.write() as session:
        cells.want_all_again(session, time(), course.grade(learner).line_item_id)
    deliverer.drain()
    after = course.grade(learner).last_timestamp
    assert before is not None
    assert after is not None
    assert after > before


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
