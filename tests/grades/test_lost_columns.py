"""A column that somebody moved or deleted: found again at a launch, made anew for a click, never waited for in vain."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from lti_tool.campaigns.models import Activity, Campaign
from lti_tool.grades import desired, line_items
from lti_tool.grades.delivery import Deliverer
from lti_tool.grades.models import ACCEPTED, REFUSED, WAITING, LineItem
from lti_tool.lti.models import Context, ResourceLink
from lti_tool.lti.services import SCOPE_SCORE
from tests.grades.conftest import Clock, Course


@pytest.fixture
def made(course: Course, deliverer: Deliverer) -> Course:
    """The same course, whose launches give no column: the tool has made one, as the teacher asked."""
    course.gradebook.columns.clear()
    with course.database.write() as session:
        session.query(LineItem).delete()
        session.execute(update(ResourceLink).values(lineitem_url=None))
        session.execute(update(Activity).values(wants_column=True))
        line_items.place(session, course.link_pk, course.time())
    deliverer.drain()
    assert len(course.gradebook.columns) == 1
    return course


def column(course: Course) -> LineItem:
    with course.database.read() as session:
        return session.scalars(select(LineItem).where(LineItem.resource_link_pk == course.link_pk)).one()


def delete(course: Course) -> dict[str, Any]:
    """In the gradebook, by a teacher."""
    gone = course.gradebook.columns.pop(1)
    course.gradebook.columns[0] = {"id": course.gradebook.column_url(0), "label": "Contrôle"}
    return gone


def refused(course: Course, deliverer: Deliverer, time: Clock) -> tuple[int, str, int, str]:
    """Two pupils: one's grade was accepted before the column went, the other's came too late."""
    before, before_sub = course.pupil()
    after, after_sub = course.pupil()
    course.send(before, 6)
    deliverer.drain()
    delete(course)
    course.send(after, 7)
    deliverer.drain()
    assert (course.grade(after).state, course.grade(after).reason) == (REFUSED, "column-gone")
    time.advance(minutes=10)
    return before, before_sub, after, after_sub


def click(course: Course) -> int:
    with course.database.write() as session:
        return desired.resend(session, course.time(), campaign_id=course.campaign_id)


def test_one_that_moved_is_found_at_the_next_launch_and_gets_all_its_grades(
    made: Course, deliverer: Deliverer, time: Clock
) -> None:
    _, before_sub, after, after_sub = refused(made, deliverer, time)
    with made.database.read() as session:
        resource_id = session.get_one(Campaign, made.campaign_id).resource_id
    moved = made.gradebook.column(resourceId=resource_id, tag="pix")
    made.launch(learner_id=after)
    deliverer.drain()
    assert column(made).url == made.gradebook.column_url(moved)
    assert [made.gradebook.value(moved, sub) for sub in (before_sub, after_sub)] == [60.0, 70.0]
    assert made.grade(after).state == ACCEPTED


def test_a_launch_makes_none_where_a_teacher_deleted_it(made: Course, deliverer: Deliverer, time: Clock) -> None:
    _, _, after, _ = refused(made, deliverer, time)
    for _ in range(2):
        made.launch(learner_id=after)
        deliverer.drain()
        time.advance(minutes=10)
    assert [each["label"] for each in made.gradebook.columns.values()] == ["Contrôle"]
    assert made.grade(after).state == REFUSED


def test_a_teachers_click_makes_it_anew_once(made: Course, deliverer: Deliverer, time: Clock) -> None:
    before, _, after, _ = refused(made, deliverer, time)
    for _ in range(2):
        click(made)
        deliverer.drain()
    (anew,) = (number for number, each in made.gradebook.columns.items() if each.get("tag") == "pix")
    assert {made.grade(learner).state for learner in (before, after)} == {ACCEPTED}
    assert sorted(cell.score or 0.0 for (number, _), cell in made.gradebook.cells.items() if number == anew) == [60, 70]


def test_where_no_column_may_be_made_a_click_ends_in_words(made: Course, deliverer: Deliverer, time: Clock) -> None:
    _, _, after, _ = refused(made, deliverer, time)
    with made.database.write() as session:
        session.execute(update(Activity).values(wants_column=False))
    click(made)
    assert made.grade(after).state == WAITING
    deliverer.drain()
    assert (made.grade(after).state, made.grade(after).reason) == (REFUSED, "no-column")
    assert column(made).reason == "no-column"


@pytest.mark.parametrize("without", [{"lineitems_url": None}, {"ags_scopes": [SCOPE_SCORE]}])
def test_where_columns_cannot_be_looked_for_the_same_address_is_asked(
    made: Course, deliverer: Deliverer, time: Clock, without: dict[str, Any]
) -> None:
    _, _, after, _ = refused(made, deliverer, time)
    with made.database.write() as session:
        session.execute(update(Context).values(without))
    made.launch(learner_id=after)
    assert made.grade(after).state == WAITING
    deliverer.drain()
    assert click(made) == 1
    deliverer.drain()
    assert (made.grade(after).state, made.grade(after).reason) == (REFUSED, "column-gone")


def test_what_waits_for_a_column_that_another_activity_took_is_told(course: Course, deliverer: Deliverer) -> None:
    learner, _ = course.pupil()
    course.send(learner, 6)
    with course.writing() as (session, yard):
        restored = yard.link(session.get_one(Context, course.context_pk), lineitem_url=course.gradebook.column_url(1))
        session.add(
            Activity(
                resource_link_pk=restored.id,
                campaign_id=yard.campaign(yard.school()).id,
                wants_column=False,
                updated_at=course.time(),
            )
        )
        session.flush()
        line_items.place(session, restored.id, course.time())
    deliverer.drain()
    assert column(course).url is None
    assert (course.grade(learner).state, course.grade(learner).reason) == (REFUSED, "no-column")
    assert click(course) == 0
