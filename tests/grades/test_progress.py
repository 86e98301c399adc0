"""That a pupil has begun is told only where it cannot cost a grade."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import update

from lti_tool import jobs
from lti_tool.campaigns.models import Campaign
from lti_tool.grades import desired, progress
from lti_tool.grades.delivery import Deliverer
from lti_tool.lti.models import Platform
from lti_tool.lti.services import Services
from lti_tool.schools.models import Learner
from tests.campaigns.school import ref
from tests.grades.conftest import Clock, Course


def begin(course: Course, learner_id: int) -> None:
    with course.database.write() as session:
        campaign = session.get_one(Campaign, course.campaign_id)
        desired.begin(session, campaign, ref(session.get_one(Learner, learner_id)), course.time())


def work(course: Course, services: Services) -> None:
    handlers = {"progress": lambda work: progress.tell(course.database, services, work, course.time())}
    jobs.drain(course.database, handlers, course.time)


def is_product(course: Course, product: str | None) -> None:
    with course.database.write() as session:
        session.execute(update(Platform).values(product=product))


@pytest.mark.parametrize("product", ["canvas", "Canvas"])
def test_canvas_is_told_and_the_grade_comes_after(
    course: Course, services: Services, deliverer: Deliverer, time: Clock, product: str
) -> None:
    is_product(course, product)
    learner, sub = course.pupil()
    begin(course, learner)
    time.advance(seconds=1)
    work(course, services)
    (score,) = course.gradebook.scores
    assert (score["userId"], score["activityProgress"], score["gradingProgress"]) == (sub, "InProgress", "Pending")
    assert "scoreGiven" not in score
    begun_at = datetime.fromisoformat(score["timestamp"])

    course.send(learner, 6)
    time.advance(seconds=1)
    deliverer.drain()
    assert course.shown(sub) == 60.0
    assert datetime.fromisoformat(course.gradebook.scores[-1]["timestamp"]) > begun_at


@pytest.mark.parametrize("product", ["moodle", "sakai", "desire2learn", None])
def test_a_product_that_may_clear_the_cell_is_never_told(
    course: Course, services: Services, product: str | None
) -> None:
    is_product(course, product)
    begin(course, course.pupil()[0])
    work(course, services)
    assert course.gradebook.asked == []


def test_who_has_a_grade_already_is_not_told_of(course: Course, services: Services, deliverer: Deliverer) -> None:
    is_product(course, "canvas")
    learner, _ = course.pupil()
    begin(course, learner)
    course.send(learner, 6)
    work(course, services)
    deliverer.drain()
    assert [score["activityProgress"] for score in course.gradebook.scores] == ["Completed"]


def test_it_is_let_go_after_some_tries(course: Course, services: Services, time: Clock) -> None:
    is_product(course, "canvas")
    begin(course, course.pupil()[0])
    course.gradebook.fail("score", *[None] * 20)
    for _ in range(8):
        work(course, services)
        time.advance(hours=2)
    assert course.gradebook.asked.count("score") == progress.TRIES
