"""An activity's column: from the launch, else found, else made if asked for, once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lti_tool.campaigns.models import Activity, Campaign
from lti_tool.database import Database
from lti_tool.grades import line_items
from lti_tool.grades.delivery import Deliverer
from lti_tool.grades.models import Grade, LineItem
from lti_tool.lti.models import Context, ResourceLink
from lti_tool.lti.services import Services
from tests.campaigns.school import SCOPES
from tests.grades.conftest import Clock, Course
from tests.grades.gradebook import Gradebook


@pytest.fixture
def columnless(course: Course) -> Course:
    """The same course, whose activity has no column yet and whose launches give none."""
    course.gradebook.columns.clear()
    with course.database.write() as session:
        session.query(LineItem).delete()
        session.execute(update(ResourceLink).values(lineitem_url=None))
    return course


def place(course: Course, **options: bool) -> None:
    with course.database.write() as session:
        line_items.place(session, course.link_pk, course.time(), **options)


def row(course: Course) -> LineItem:
    with course.database.read() as session:
        return session.scalars(select(LineItem)).one()


def names(course: Course) -> dict[str, str]:
    with course.database.read() as session:
        resource_id = session.get_one(Campaign, course.campaign_id).resource_id
        link = session.get_one(ResourceLink, course.link_pk).resource_link_id
    return {"resourceId": resource_id, "tag": "pix", "resourceLinkId": link}


def want_column(course: Course) -> None:
    with course.database.write() as session:
        session.execute(update(Activity).values(wants_column=True))


def test_the_launchs_own_column_is_taken_without_asking(course: Course, deliverer: Deliverer) -> None:
    assert row(course).url == course.gradebook.column_url(1)
    deliverer.drain()
    assert course.gradebook.asked == []


def test_it_is_found_by_our_names(columnless: Course, deliverer: Deliverer) -> None:
    columnless.gradebook.column(label="Other", resourceId="x", tag="pix")
    number = columnless.gradebook.column(scoreMaximum=20.0, **names(columnless))
    place(columnless)
    deliverer.drain()
    found = row(columnless)
    assert (found.url, found.score_maximum, found.created_by_us) == (
        columnless.gradebook.column_url(number),
        20.0,
        False,
    )
    assert (found.reason, found.next_try_at, found.lease_until) == (None, None, None)


def test_one_that_belongs_to_no_activity_is_ours_and_another_activitys_is_not(
    columnless: Course, deliverer: Deliverer, time: Clock
) -> None:
    of_ours = names(columnless)
    columnless.gradebook.column(**of_ours | {"resourceLinkId": "another"})
    place(columnless)
    deliverer.drain()
    assert (row(columnless).url, row(columnless).reason) == (None, "no-column")
    columnless.gradebook.columns.clear()
    del of_ours["resourceLinkId"]
    columnless.gradebook.column(**of_ours)
    time.advance(minutes=10)
    place(columnless)
    deliverer.drain()
    assert row(columnless).url == columnless.gradebook.column_url(1)


def test_it_is_made_with_the_points_that_the_teacher_wants(columnless: Course, deliverer: Deliverer) -> None:
    with columnless.database.write() as session:
        session.execute(update(Activity).values(wants_column=True, points=20))

    place(columnless)
    deliverer.drain()

    (made,) = columnless.gradebook.columns.values()
    assert made["scoreMaximum"] == 20.0
    assert row(columnless).score_maximum == 20.0


def test_it_is_made_only_if_the_teacher_asked(columnless: Course, deliverer: Deliverer, time: Clock) -> None:
    place(columnless)
    deliverer.drain()
    assert (row(columnless).url, row(columnless).reason) == (None, "no-column")
    assert columnless.gradebook.columns == {}

    want_column(columnless)
    place(columnless, seek_now=True)
    deliverer.drain()
    (made,) = columnless.gradebook.columns.values()
    assert {key: made[key] for key in ("label", "scoreMaximum")} == {"label": "Mon parcours", "scoreMaximum": 100.0}
    assert names(columnless).items() <= made.items()
    assert (row(columnless).url, row(columnless).created_by_us) == (made["id"], True)


def test_results_sent_before_go_into_a_column_made_later(columnless: Course, deliverer: Deliverer) -> None:
    learner, sub = columnless.pupil()
    columnless.send(learner, 7)
    want_column(columnless)
    place(columnless)
    deliverer.drain()
    assert columnless.shown(sub) == 70.0


def test_launches_and_workers_that_race_make_one_column(
    database: Database, columnless: Course, deliverer: Deliverer
) -> None:
    want_column(columnless)
    failures: list[Exception] = []
    barrier = threading.Barrier(4)

    def launch_and_work() -> None:
        barrier.wait()
        try:
            place(columnless)
            deliverer.drain()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=launch_and_work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(columnless.gradebook.columns) == 1
    assert row(columnless).url == columnless.gradebook.column_url(1)


def test_a_worker_killed_just_after_making_it_makes_no_second(
    columnless: Course, deliverer: Deliverer, time: Clock
) -> None:
    want_column(columnless)
    columnless.gradebook.fail("create", None, after=True)
    place(columnless)
    deliverer.drain()
    assert (row(columnless).url, row(columnless).reason) == (None, "unreachable")
    time.advance(seconds=5)
    deliverer.drain()
    assert len(columnless.gradebook.columns) == 1
    assert row(columnless).url == columnless.gradebook.column_url(1)


@pytest.mark.parametrize(
    ("kind", "status", "reason", "again"),
    [
        pytest.param("find", 500, "platform-error", True, id="500"),
        pytest.param("find", None, "unreachable", True, id="broken off"),
        pytest.param("token", 503, "token", True, id="no token"),
        pytest.param("find", 403, "no-scope", False, id="not allowed to look"),
        pytest.param("find", 404, "no-column", False, id="no gradebook there"),
        pytest.param("create", 400, "no-column", False, id="it will not make one"),
        pytest.param("create", 500, "platform-error", True, id="500 when making it"),
    ],
)
def test_a_search_that_fails(
    columnless: Course, deliverer: Deliverer, time: Clock, kind: str, status: int | None, reason: str, again: bool
) -> None:
    want_column(columnless)
    columnless.gradebook.fail(kind, status)
    place(columnless)
    deliverer.drain()
    assert row(columnless).reason == reason
    time.advance(seconds=5)
    deliverer.drain()
    assert (row(columnless).url is not None) == again
    time.advance(minutes=10)
    place(columnless)  # another launch, later
    deliverer.drain()
    assert row(columnless).url is not None


@pytest.mark.parametrize(
    ("scopes", "exists", "found"),
    [
        pytest.param([], True, False, id="none"),
        pytest.param(["score"], True, False, id="scores only"),
        pytest.param(["lineitem.readonly"], True, True, id="may look"),
        pytest.param(["lineitem.readonly"], False, False, id="may look, not make"),
        pytest.param(["lineitem"], False, True, id="may make"),
    ],
)
def test_what_the_scopes_allow(
    columnless: Course, deliverer: Deliverer, scopes: list[str], exists: bool, found: bool
) -> None:
    want_column(columnless)
    if exists:
        columnless.gradebook.column(**names(columnless))
    base = SCOPES[0].rpartition("/")[0]
    with columnless.database.write() as session:
        session.execute(update(Context).values(ags_scopes=[f"{base}/{scope}" for scope in scopes]))
    place(columnless)
    deliverer.drain()
    assert (row(columnless).url is not None) == found
    assert row(columnless).reason == (None if found else "no-scope")


def test_launches_in_a_row_do_not_search_in_a_row(columnless: Course, deliverer: Deliverer, time: Clock) -> None:
    for minutes in (0, 3, 3, 3, 3):
        time.advance(minutes=minutes)
        place(columnless)
        deliverer.drain()
    assert columnless.gradebook.asked.count("find") == 2 * 2


def test_a_column_that_moved_gets_its_grades_again(course: Course, deliverer: Deliverer, time: Clock) -> None:
    learner, sub = course.pupil()
    course.send(learner, 6)
    deliverer.drain()
    moved = course.gradebook.column()
    with course.database.write() as session:
        session.execute(update(ResourceLink).values(lineitem_url=course.gradebook.column_url(moved)))
    time.advance(seconds=5)
    place(course)
    deliverer.drain()
    assert course.gradebook.value(moved, sub) == 60.0
    assert course.grade(learner).state == "accepted"


def test_the_same_column_under_a_new_address_is_not_written_again(
    course: Course, deliverer: Deliverer, time: Clock
) -> None:
    learner, _ = course.pupil()
    course.send(learner, 6)
    deliverer.drain()
    with course.database.write() as session:
        session.execute(update(ResourceLink).values(lineitem_url=course.gradebook.column_url(1) + "&moved=1"))
    place(course)
    deliverer.drain()
    assert len(course.gradebook.scores) == 1
    assert course.grade(learner).state == "accepted"


def test_a_column_belongs_to_the_activity_that_was_launched_last(course: Course) -> None:
    with course.writing() as (session, yard):
        context = session.get_one(Context, course.context_pk)
        restored = yard.link(context, lineitem_url=course.gradebook.column_url(1))
        session.add(
            Activity(
                resource_link_pk=restored.id,
                campaign_id=course.campaign_id,
                wants_column=False,
                updated_at=course.time(),
            )
        )
        session.flush()
        line_items.place(session, restored.id, course.time())
    with course.database.read() as session:
        urls = {item.resource_link_pk: item.url for item in session.scalars(select(LineItem))}
    assert urls == {course.link_pk: None, restored.id: course.gradebook.column_url(1)}


def test_a_column_found_that_is_another_activitys_already_is_not_taken(course: Course, deliverer: Deliverer) -> None:
    shared = names(course)
    del shared["resourceLinkId"]
    course.gradebook.columns[1] |= shared
    with course.writing() as (session, yard):
        link = yard.link(session.get_one(Context, course.context_pk))
        session.add(
            Activity(
                resource_link_pk=link.id, campaign_id=course.campaign_id, wants_column=False, updated_at=course.time()
            )
        )
        session.flush()
        line_items.place(session, link.id, course.time())
    deliverer.drain()
    with course.database.read() as session:
        second = session.scalars(select(LineItem).where(LineItem.resource_link_pk == link.id)).one()
    assert (second.url, second.reason) == (None, "no-column")


def test_a_column_brought_by_a_launch_during_the_search_wins(columnless: Course, deliverer: Deliverer) -> None:
    columnless.gradebook.column(**names(columnless))
    own = columnless.gradebook.column()

    def launch_meanwhile() -> None:
        with columnless.database.write() as session:
            session.execute(update(ResourceLink).values(lineitem_url=columnless.gradebook.column_url(own)))
            line_items.place(session, columnless.link_pk, columnless.time())

    columnless.gradebook.on_find = launch_meanwhile
    place(columnless)
    deliverer.drain()
    assert row(columnless).url == columnless.gradebook.column_url(own)


def test_no_gradebook_no_column(columnless: Course) -> None:
    with columnless.database.write() as session:
        session.execute(update(Context).values(lineitems_url=None))
    place(columnless)
    with columnless.database.read() as session:
        assert session.scalars(select(LineItem)).all() == []
        assert session.scalars(select(Grade)).all() == []


def test_a_search_left_by_a_dead_worker_is_taken_up(columnless: Course, deliverer: Deliverer, time: Clock) -> None:
    columnless.gradebook.column(**names(columnless))
    place(columnless)
    with columnless.database.write() as session:
        session.execute(update(LineItem).values(lease_until=time() + line_items.LEASE))
    deliverer.drain()
    assert row(columnless).url is None
    time.advance(seconds=(line_items.LEASE + timedelta(seconds=1)).total_seconds())
    deliverer.drain()
    assert row(columnless).url is not None


@pytest.mark.parametrize("taken_up", [True, False])
def test_a_search_that_outlasts_its_lease_makes_no_second_column(
    columnless: Course, deliverer: Deliverer, services: Services, time: Clock, taken_up: bool
) -> None:
    """Where another worker took it up meanwhile it is that one's to make; else it is ours for longer."""
    want_column(columnless)
    place(columnless)

    def long() -> None:
        columnless.gradebook.on_find = None
        time.advance(seconds=line_items.LEASE.total_seconds() + 1)
        if taken_up:
            Deliverer(columnless.database, services, time).drain()

    columnless.gradebook.on_find = long
    deliverer.drain()
    assert len(columnless.gradebook.columns) == 1
    assert (row(columnless).url, row(columnless).created_by_us) == (columnless.gradebook.column_url(1), True)


def test_the_search_asks_the_platform_outside_any_transaction(
    columnless: Course, deliverer: Deliverer, gradebook: Gradebook
) -> None:
    """A writer gets through while a platform takes its time: SQLite would wait for the lock."""
    written = []

    def write_meanwhile() -> None:
        with columnless.database.write() as session:
            session.execute(update(Context).values(title="Renommé"))
        written.append(True)

    learner, _ = columnless.pupil()
    columnless.send(learner, 5)
    want_column(columnless)
    gradebook.on_score = write_meanwhile
    place(columnless)
    deliverer.drain()
    assert written == [True]
