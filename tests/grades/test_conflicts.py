"""What a gradebook shows already: ours or a teacher's, read and not guessed; and clocks that differ."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from lti_tool.campaigns.models import Campaign
from lti_tool.grades import cells, desired
from lti_tool.grades.delivery import Deliverer
from lti_tool.grades.models import ACCEPTED, REFUSED, WAITING
from lti_tool.lti.models import Context, Platform
from lti_tool.schools.models import Binding
from tests.campaigns.school import SCOPES
from tests.grades.conftest import Clock, Course
from tests.grades.gradebook import Gradebook, Value


def test_a_wrong_binding_undone_leaves_no_teachers_value(course: Course, deliverer: Deliverer, time: Clock) -> None:
    """The cell shows what was sent for the learner who was bound before by mistake: that is ours, and replaced.

    Its timestamps go on growing, though our clock was put back meanwhile.
    """
    wrong, sub = course.pupil()
    course.send(wrong, 9)
    deliverer.drain()
    right, other_sub = course.pupil()
    with course.database.write() as session:
        mistaken = session.query(Binding).filter_by(learner_id=wrong).one()
        person_id = mistaken.person_id
        session.delete(mistaken)
        session.query(Binding).filter_by(learner_id=right).one().person_id = person_id
    time.advance(minutes=-5)
    course.send(right, 4)
    course.gradebook.fail("score", 409)
    deliverer.drain()
    time.advance(minutes=1)
    deliverer.drain()
    assert (course.shown(sub), course.shown(other_sub)) == (40.0, None)
    times = [datetime.fromisoformat(score["timestamp"]) for score in course.gradebook.scores]
    assert times == sorted(set(times))
    assert course.grade(right).state == ACCEPTED


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
