"""A cell is one worker's at a time: who dies costs time only, who comes late changes nothing."""

from __future__ import annotations

from datetime import datetime

from lti_tool.grades import attempt, queue, tries
from lti_tool.grades.delivery import Deliverer
from lti_tool.grades.models import ACCEPTED, WAITING
from tests.grades.conftest import Clock, Course
from tests.grades.gradebook import Plan


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
