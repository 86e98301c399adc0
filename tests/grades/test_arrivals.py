"""Where a launch leads, and that the one look at it sees whatever is left to be done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from lti_tool.campaigns import activities
from lti_tool.campaigns.models import Campaign
from lti_tool.database import Database
from lti_tool.grades import arrivals, line_items
from lti_tool.grades.arrivals import Arrival
from lti_tool.grades.delivery import Deliverer
from lti_tool.grades.models import NOT_NEEDED, Grade, LineItem
from lti_tool.lti.models import Context, Member, ResourceLink
from lti_tool.schools.models import Learner, School
from tests.campaigns.school import Schoolyard
from tests.grades.conftest import Course


def test_which_campaign_an_activity_leads_to(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school, platform = yard.school(), yard.platform()
        link, person = yard.link(yard.context(platform)), yard.person(platform)
        first, second = yard.campaign(school), yard.campaign(school)
        foreign = yard.campaign(yard.school())

        def leads_to(code: str | None) -> int | None:
            options = {"school_id": school.id, "learner_id": None, "now": now}
            return arrivals.look(session, resource_link_pk=link.id, custom_code=code, **options).campaign_id

        assert leads_to(None) is None
        assert leads_to("ZZZZZZ999") is None
        assert leads_to("no code at all") is None
        assert leads_to(foreign.code) is None
        assert leads_to(first.code) == first.id
        assert leads_to(f" {first.code[:6].lower()}-{first.code[6:]} ") == first.id
        activities.note(session, link.id, first.id, now)
        assert leads_to(None) == first.id
        assert leads_to(second.code) == second.id
        activities.note(session, link.id, second.id, now)
        assert leads_to(None) == second.id
        activities.choose(session, link.id, first.id, person.id, True, now)
        assert leads_to(second.code) == first.id


def test_a_choice_in_another_school_does_not_count_here(database: Database, now: datetime) -> None:
    """One deployment of several schools: the link leads each launch to its own school's campaigns only."""
    with database.write() as session:
        yard = Schoolyard(session, now)
        here, there = yard.school(), yard.school()
        platform = yard.platform()
        link = yard.link(yard.context(platform))
        activities.choose(session, link.id, yard.campaign(there).id, yard.person(platform).id, False, now)
        options = {"school_id": here.id, "learner_id": None, "now": now}
        assert arrivals.look(session, resource_link_pk=link.id, custom_code=None, **options).campaign_id is None


def look(course: Course, learner_id: int | None) -> Arrival:
    with course.database.read() as session:
        return arrivals.look(
            session,
            resource_link_pk=course.link_pk,
            custom_code=None,
            school_id=course.school_id,
            learner_id=learner_id,
            now=course.time(),
        )


def settle(course: Course, deliverer: Deliverer) -> int:
    """A pupil's grade has arrived, the members were just read: nothing is left to do. Returns the learner's id."""
    learner_id, _ = course.pupil()
    course.send(learner_id, 6)
    deliverer.drain()
    with course.database.write() as session:
        session.execute(update(Context).values(members_read_at=course.time()))
    return learner_id


@pytest.mark.parametrize("column", [True, False], ids=["with a column", "without"])
def test_after_everything_was_done_nothing_is_left(course: Course, deliverer: Deliverer, column: bool) -> None:
    learner_id = settle(course, deliverer)
    if not column:
        with course.database.write() as session:
            session.query(Grade).delete()
            session.query(LineItem).delete()
            session.execute(update(ResourceLink).values(lineitem_url=None))
            session.execute(update(Context).values(lineitems_url=None))
    arrival = look(course, learner_id)
    assert (arrival.campaign_id, arrival.is_settled) == (course.campaign_id, True)
    assert look(course, None).is_settled


def _another_campaign(session: Session, course: Course) -> None:
    other = Schoolyard(session, course.time()).campaign(session.get_one(School, course.school_id))
    activities.note(session, course.link_pk, other.id, course.time())


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda s, c: s.execute(update(Context).values(members_read_at=None)), id="members never read"),
        pytest.param(
            lambda s, c: s.execute(update(ResourceLink).values(lineitem_url="https://e/2")), id="other column"
        ),
        pytest.param(lambda s, c: [s.query(Grade).delete(), s.query(LineItem).delete()], id="no column reserved"),
        pytest.param(_another_campaign, id="another campaign"),
        pytest.param(lambda s, c: s.query(Grade).delete(), id="grade never wanted"),
        pytest.param(lambda s, c: s.execute(update(Grade).values(state=NOT_NEEDED)), id="grade let go"),
        pytest.param(
            lambda s, c: s.execute(update(Grade).values(state="refused", reason="not-a-pupil")),
            id="refused as no pupil",
        ),
    ],
)
def test_what_is_left_to_do_is_seen(
    course: Course, deliverer: Deliverer, change: Callable[[Session, Course], object]
) -> None:
    learner_id = settle(course, deliverer)
    with course.database.write() as session:
        change(session, course)
    assert not look(course, learner_id).is_settled


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda s: s.execute(update(Learner).values(active=False)), id="deactivated"),
        pytest.param(lambda s: s.execute(update(Member).values(is_learner=False)), id="no learner of the course"),
        pytest.param(lambda s: s.execute(update(LineItem).values(url=None)), id="no column yet"),
    ],
)
def test_a_grade_that_nobody_may_send_is_not_left_to_do(
    course: Course, deliverer: Deliverer, change: Callable[[Session], object]
) -> None:
    learner_id = settle(course, deliverer)
    with course.database.write() as session:
        session.query(Grade).delete()
        session.execute(update(ResourceLink).values(lineitem_url=None))
        session.execute(update(LineItem).values(sought_at=course.time()))
        change(session)
    assert look(course, learner_id).is_settled


@pytest.mark.parametrize(("minutes", "settled"), [(9, True), (10, False)])
def test_a_column_that_was_not_there_is_looked_for_again(course: Course, minutes: int, settled: bool) -> None:
    with course.database.write() as session:
        session.execute(update(ResourceLink).values(lineitem_url=None))
        session.execute(update(LineItem).values(url=None, sought_at=course.time(), next_try_at=None))
        session.execute(update(Context).values(memberships_url=None))
    course.time.advance(minutes=minutes)
    assert look(course, None).is_settled is settled
    with course.database.write() as session:
        line_items.place(session, course.link_pk, course.time())
    assert look(course, None).is_settled


def test_members_that_are_about_to_be_read_are_not_asked_for_again(course: Course) -> None:
    assert not look(course, None).is_settled
    with course.database.write() as session:
        activities.ask_for_members_of(session, course.context_pk, None, course.time())
    assert look(course, None).is_settled


def test_an_archived_campaign_s_members_are_not_read(course: Course) -> None:
    with course.database.write() as session:
        session.execute(update(Campaign).values(archived_at=course.time()))
    arrival = look(course, None)
    assert (arrival.is_archived, arrival.is_settled) == (True, True)
