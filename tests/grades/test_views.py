"""What a pupil and a teacher read about a grade."""

from __future__ import annotations

from sqlalchemy import update

from lti_tool.grades import reasons, views
from lti_tool.grades.delivery import Deliverer
from lti_tool.grades.models import NOT_NEEDED, Grade
from tests.campaigns.school import TARGETED
from tests.grades.conftest import Course


def test_each_grade_with_where_it_stands_and_why(course: Course, deliverer: Deliverer) -> None:
    arrived, _ = course.pupil()
    course.send(arrived, 6)
    deliverer.drain()
    refused, _ = course.pupil()
    course.send(refused, 5)
    course.gradebook.fail("score", 400)
    deliverer.drain()
    waiting, _ = course.pupil()
    course.send(waiting, 4)
    unknown, _ = course.pupil(member=False)
    course.send(unknown, 3)

    learners = [arrived, refused, waiting, unknown]
    with course.database.read() as session:
        grades = views.of_participants(session, course.campaign_id, learners)
        (mine,) = views.of_learner(session, course.campaign_id, arrived)
        (column,) = views.columns(session, course.campaign_id)
    assert grades[arrived] == (mine,)
    assert (mine.state, mine.accepted_score, mine.accepted_at) == ("accepted", 60.0, course.time())
    assert (mine.validated, mine.targeted, mine.course) == (6, TARGETED, "Technologie 5e B")
    assert (grades[refused][0].state, grades[refused][0].sentence) == (
        "refused",
        reasons.SENTENCES[reasons.NOT_A_PUPIL],
    )
    assert (grades[waiting][0].state, grades[waiting][0].sentence) == ("waiting", None)
    assert unknown not in grades
    assert (column.ready, column.accepted, column.refused, column.waiting) == (True, 1, 1, 1)


def test_what_is_not_needed_any_more_is_not_shown(course: Course) -> None:
    learner, _ = course.pupil()
    course.send(learner, 6)
    with course.database.write() as session:
        session.execute(update(Grade).values(state=NOT_NEEDED))
    with course.database.read() as session:
        assert views.of_learner(session, course.campaign_id, learner) == ()


def test_every_reason_has_a_sentence() -> None:
    words = {value for name, value in vars(reasons).items() if name.isupper() and isinstance(value, str)}
    assert words == set(reasons.SENTENCES)
    assert reasons.sentence(None) is None
    assert reasons.sentence("a word of a later release")
