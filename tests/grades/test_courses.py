"""Every column of a campaign in whose course the learner is known: on other platforms, in copies of the course."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select, update

from lti_tool.campaigns.models import Activity, Campaign
from lti_tool.grades.delivery import SENDERS, Deliverer
from lti_tool.lti.models import Context, Person, Platform
from tests.grades.conftest import Course


def test_what_was_done_by_code_from_one_platform_is_graded_on_another(
    course: Course, elsewhere: Course, deliverer: Deliverer
) -> None:
    """From the Médiacentre of one, where the pupil belongs to no course; the other one's course holds the campaign."""
    learner, sub = course.pupil(member=False)
    _, known_as = elsewhere.pupil(learner)
    course.send(learner, 6)
    deliverer.drain()
    assert (course.shown(sub), elsewhere.shown(known_as)) == (None, 60.0)


def test_courses_of_two_platforms_both_show_it(course: Course, elsewhere: Course, deliverer: Deliverer) -> None:
    learner, sub = course.pupil()
    _, known_as = elsewhere.pupil(learner)
    course.send(learner, 6)
    assert deliverer.drain() == 2
    assert (course.shown(sub), elsewhere.shown(known_as)) == (60.0, 60.0)


@pytest.mark.parametrize("column", ["given by the launch", "copied with its names", "to be made"])
def test_a_copied_course_has_its_own_column(course: Course, deliverer: Deliverer, column: str) -> None:
    """The campaign's code travels in the copied activity's `custom`; nobody has to choose the campaign again."""
    learner, sub = course.pupil(member=False)
    course.send(learner, 6)
    with course.writing() as (session, yard):
        campaign = session.get_one(Campaign, course.campaign_id)
        code, resource_id = campaign.code, campaign.resource_id
        copy = yard.context(
            session.get_one(Platform, course.platform_id), lineitems_url=f"{course.gradebook.base}/columns?type_id=8"
        )
        link = yard.link(copy)
        yard.member(copy, session.scalars(select(Person).where(Person.sub == sub)).one())
        if column != "to be made":
            number = course.gradebook.column(resourceId=resource_id, tag="pix", resourceLinkId=link.resource_link_id)
        if column == "given by the launch":
            link.lineitem_url = course.gradebook.column_url(number)

    course.launch(link_pk=link.id, code=code, learner_id=learner)
    with course.database.write() as session:
        session.execute(update(Activity).where(Activity.resource_link_pk == link.id).values(wants_column=True))
    deliverer.drain()

    assert [course.gradebook.value(each, sub) for each in course.gradebook.columns] == [None, 60.0]


def test_a_platform_that_does_not_answer_keeps_nobody_else_waiting(
    course: Course, elsewhere: Course, deliverer: Deliverer
) -> None:
    """Its first requests hang until all of the others' grades have arrived: had it kept all senders, none would."""
    for _ in range(SENDERS):
        course.send(course.pupil()[0], 6)
    with course.database.write() as session:
        session.execute(update(Context).values(memberships_url=None))
    subs = []
    for _ in range(2 * SENDERS):
        learner, sub = elsewhere.pupil()
        course.send(learner, 7)
        subs.append(sub)
    all_there = threading.Event()
    in_time: list[bool] = []
    course.gradebook.on_score = lambda: in_time.append(all_there.wait(8))

    def arrived() -> None:
        if len(elsewhere.gradebook.accepted) >= len(subs) - 1:
            all_there.set()

    elsewhere.gradebook.on_score = arrived
    deliverer.drain()
    assert {elsewhere.shown(sub) for sub in subs} == {70.0}
    assert in_time
    assert all(in_time)
