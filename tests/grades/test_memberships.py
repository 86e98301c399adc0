"""Who belongs to a course, as its platform lists them: enough to grade, and nothing more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lti_tool.campaigns.models import Activity, Campaign
from lti_tool.errors import UnavailableError
from lti_tool.grades.delivery import Deliverer
from lti_tool.grades.memberships import refresh_memberships
from lti_tool.jobs import Work
from lti_tool.lti.models import Context, Member, Person, Platform
from lti_tool.lti.services import Services
from tests.grades.conftest import Course


def listed(sub: str, role: str = "Learner", status: str = "Active") -> dict[str, object]:
    return {"user_id": sub, "roles": [role], "status": status, "name": "Quelqu’un", "email": "x@example.fr"}


def read(course: Course, services: Services) -> None:
    work = Work(str(course.context_pk), {"context_pk": course.context_pk}, 0)
    refresh_memberships(course.database, services, work, course.time())


def members(course: Course) -> dict[str, bool]:
    with course.database.read() as session:
        return dict(session.execute(select(Member.sub, Member.is_learner)).all())


def test_a_pupil_of_the_mediacentre_is_graded_once_listed(
    course: Course, services: Services, deliverer: Deliverer
) -> None:
    learner, sub = course.pupil(member=False)
    course.send(learner, 7)
    course.gradebook.members = [listed(sub), listed("sub-teacher", "Instructor"), listed("sub-gone", status="Inactive")]
    read(course, services)
    assert members(course) == {sub: True, "sub-teacher": False}
    deliverer.drain()
    assert course.shown(sub) == 70.0
    with course.database.read() as session:
        assert session.get_one(Context, course.context_pk).members_read_at == course.time()


def test_who_left_goes_and_who_just_launched_stays(course: Course, services: Services) -> None:
    _, _left = course.pupil()
    _, here = course.pupil()
    course.time.advance(days=2)
    _, launched = course.pupil()
    course.gradebook.members = [listed(here)]
    read(course, services)
    assert members(course) == {here: True, launched: True}


def test_staff_who_launched_stay_staff_though_the_list_says_learner(course: Course, services: Services) -> None:
    """Moodle's memberships call the non-editing teacher a learner (facts/moodle.md)."""
    with course.writing() as (session, yard):
        teacher = yard.person(session.get_one(Platform, course.platform_id))
        yard.member(session.get_one(Context, course.context_pk), teacher, is_learner=False)
    course.gradebook.members = [listed(teacher.sub), listed("sub-other")]
    read(course, services)
    assert members(course) == {teacher.sub: False, "sub-other": True}
    course.gradebook.members = [listed(teacher.sub), listed("sub-other", "Instructor")]
    read(course, services)
    assert members(course) == {teacher.sub: False, "sub-other": False}


def test_reading_twice_changes_nothing(course: Course, services: Services, deliverer: Deliverer) -> None:
    learner, sub = course.pupil()
    course.send(learner, 7)
    deliverer.drain()
    course.gradebook.members = [listed(sub)]
    for _ in range(2):
        read(course, services)
    assert course.grade(learner).version == 1


def test_a_course_without_open_campaign_keeps_only_those_who_came(course: Course, services: Services) -> None:
    _, came = course.pupil()
    course.gradebook.members = [listed(came), listed("sub-never-came")]
    read(course, services)
    assert set(members(course)) == {came, "sub-never-came"}
    with course.database.write() as session:
        session.execute(update(Campaign).values(archived_at=course.time()))
    course.gradebook.asked.clear()
    read(course, services)
    assert set(members(course)) == {came}
    assert course.gradebook.asked == []


def test_who_came_to_another_platform_did_not_come(course: Course, services: Services) -> None:
    course.gradebook.members = [listed("sub-same")]
    read(course, services)
    with course.writing() as (session, yard):
        yard.person(yard.platform()).sub = "sub-same"
        session.query(Activity).delete()
    read(course, services)
    assert members(course) == {}


@pytest.mark.parametrize("status", [500, 503, 429, None])
def test_a_failure_that_may_pass_goes_back_to_the_job(course: Course, services: Services, status: int | None) -> None:
    _, sub = course.pupil()
    course.gradebook.fail("members", status)
    with pytest.raises(UnavailableError):
        read(course, services)
    assert members(course) == {sub: True}


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_refusal_for_good_is_not_tried_again_by_itself(course: Course, services: Services, status: int) -> None:
    course.gradebook.fail("members", status)
    read(course, services)
    with course.database.read() as session:
        assert session.get_one(Context, course.context_pk).members_read_at == course.time()


@pytest.mark.parametrize("case", ["no address", "suspended", "no such course"])
def test_nothing_is_asked_where_there_is_nobody_to_ask(course: Course, services: Services, case: str) -> None:
    with course.database.write() as session:
        if case == "no address":
            session.execute(update(Context).values(memberships_url=None))
        elif case == "suspended":
            session.execute(update(Platform).values(status="suspended"))
        else:
            course.context_pk += 1000
    read(course, services)
    assert course.gradebook.asked == []


def test_a_list_of_a_thousand(course: Course, services: Services) -> None:
    course.gradebook.members = [listed(f"sub-{n}") for n in range(1000)]
    read(course, services)
    course.gradebook.members = course.gradebook.members[:400]
    course.time.advance(days=3)
    read(course, services)
    assert len(members(course)) == 400


def test_only_subs_are_kept(course: Course, services: Services) -> None:
    course.gradebook.members = [listed("sub-never-came")]
    read(course, services)
    with course.database.read() as session:
        assert session.scalars(select(Person.sub).where(Person.sub == "sub-never-came")).all() == []
        (member,) = session.scalars(select(Member))
    assert set(vars(member)) - {"_sa_instance_state"} == {"id", "context_pk", "sub", "is_learner", "seen_at"}
    assert timedelta(0) == course.time() - member.seen_at
