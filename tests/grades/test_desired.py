"""What should stand in which gradebook: wanted with the click, once, for whoever belongs to the course."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, func, select, update

from lti_tool.campaigns import activities
from lti_tool.campaigns.models import SharedResult
from lti_tool.database import Database
from lti_tool.grades import cells, desired, line_items
from lti_tool.grades.delivery import Deliverer
from lti_tool.grades.models import ACCEPTED, NOT_NEEDED, WAITING, Grade, LineItem
from lti_tool.jobs import Job
from lti_tool.lti.models import Context, Member, Person, Platform, ResourceLink
from lti_tool.schools.models import Binding, Learner, School
from tests.campaigns.school import Schoolyard
from tests.grades.conftest import Clock, Course


def grades(course: Course) -> list[Grade]:
    with course.database.read() as session:
        return list(session.scalars(select(Grade).order_by(Grade.id)))


def test_the_click_shares_and_wants_the_grade_and_wakes_the_workers(database: Database, course: Course) -> None:
    woken: list[str] = []
    learner, _ = course.pupil()
    participation = course.finish(learner, 6)
    database.waker = woken.append
    with database.write() as session:
        result = desired.send_results(session, participation, learner, course.time())
    (grade,) = grades(course)
    assert (grade.state, grade.version, grade.shared_result_id) == (WAITING, 1, result.id)
    assert woken == ["grades"]


def test_a_second_click_sends_nothing_twice(database: Database, course: Course, deliverer: Deliverer) -> None:
    learner, _ = course.pupil()
    participation = course.send(learner, 6)
    deliverer.drain()
    woken: list[str] = []
    database.waker = woken.append
    with database.write() as session:
        desired.send_results(session, participation, learner, course.time())
    assert [(g.state, g.version) for g in grades(course)] == [(ACCEPTED, 1)]
    assert "grades" not in woken
    assert deliverer.drain() == 0
    assert len(course.gradebook.scores) == 1


def test_two_clicks_at_once_want_one_grade(database: Database, course: Course) -> None:
    learner, _ = course.pupil()
    participation = course.finish(learner, 6)
    barrier, failures = threading.Barrier(2), []

    def click() -> None:
        barrier.wait()
        try:
            with database.write() as session:
                desired.send_results(session, participation, learner, course.time())
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=click) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [(g.state, g.version) for g in grades(course)] == [(WAITING, 1)]


def test_a_click_that_fails_half_way_wants_nothing(database: Database, course: Course) -> None:
    learner, _ = course.pupil()
    participation = course.finish(learner, 6)
    with pytest.raises(ZeroDivisionError), database.write() as session:
        desired.send_results(session, participation, learner, course.time())
        raise ZeroDivisionError
    assert grades(course) == []
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(SharedResult)) == 0


def test_who_belongs_to_the_course_is_graded(course: Course) -> None:
    member, _ = course.pupil()
    stranger, _ = course.pupil(member=False)
    for learner in (member, stranger):
        course.send(learner, 5)
    assert [g.learner_id for g in grades(course)] == [member]


@pytest.mark.parametrize("case", ["teaches there", "deactivated", "unbound", "bound on another platform"])
def test_who_is_not_graded(course: Course, case: str) -> None:
    learner, sub = course.pupil()
    course.send(learner, 5)
    with course.database.write() as session:
        session.query(Grade).delete()
        if case == "teaches there":
            session.execute(update(Member).values(is_learner=False))
        elif case == "deactivated":
            session.execute(update(Learner).values(active=False))
        else:
            session.query(Binding).delete()
        if case == "bound on another platform":
            yard = Schoolyard(session, course.time())
            other = yard.person(yard.platform())
            other.sub = sub
            yard.bind(session.get_one(Learner, learner), other)
        assert cells.want(session, course.time()) == 0
    assert grades(course) == []


def test_a_pupil_of_the_mediacentre_is_graded_once_they_open_the_course(course: Course) -> None:
    learner, sub = course.pupil(member=False)
    course.send(learner, 5)
    assert grades(course) == []
    with course.database.write() as session:
        person = session.scalars(select(Person).where(Person.sub == sub)).one()
        Schoolyard(session, course.time()).member(session.get_one(Context, course.context_pk), person)
    course.launch(learner_id=learner)
    assert [g.learner_id for g in grades(course)] == [learner]


def test_several_courses_that_hold_the_campaign_are_all_graded(course: Course) -> None:
    learner, sub = course.pupil()
    with course.writing() as (session, yard):
        other = yard.context(session.get_one(Platform, course.platform_id))
        link = yard.link(other, lineitem_url="https://ent.example.fr/other/lineitem")
        activities.note(session, link.id, course.campaign_id, course.time())
        line_items.place(session, link.id, course.time())
        yard.member(other, session.scalars(select(Person).where(Person.sub == sub)).one())
    course.send(learner, 5)
    assert len(grades(course)) == 2


def test_a_column_made_after_the_results_gets_them(course: Course) -> None:
    with course.database.write() as session:
        session.execute(update(LineItem).values(url=None))
        session.execute(update(ResourceLink).values(lineitem_url=None))
    pupils = [course.pupil()[0] for _ in range(3)]
    for learner in pupils:
        course.send(learner, 5)
    assert grades(course) == []
    with course.database.write() as session:
        session.execute(update(ResourceLink).values(lineitem_url=course.gradebook.column_url(1)))
    course.launch()
    assert [g.learner_id for g in grades(course)] == pupils


def test_a_new_wish_gets_a_new_version_and_an_old_one_none(course: Course, deliverer: Deliverer, time: Clock) -> None:
    learner, _ = course.pupil()
    course.send(learner, 5)
    deliverer.drain()
    with course.database.write() as session:
        assert cells.want(session, time()) == 0
    time.advance(days=4)
    course.send(learner, 8)
    (grade,) = grades(course)
    assert (grade.state, grade.version, grade.accepted_version) == (WAITING, 2, 1)
    deliverer.drain()
    time.advance(days=4)
    course.send(learner, 8)
    assert [(g.state, g.version) for g in grades(course)] == [(ACCEPTED, 2)]


def test_another_account_of_the_same_pupil_is_graded_anew(course: Course, deliverer: Deliverer, time: Clock) -> None:
    learner, _sub = course.pupil()
    course.send(learner, 5)
    deliverer.drain()
    with course.writing() as (session, yard):
        session.query(Binding).delete()
        person = yard.person(session.get_one(Platform, course.platform_id))
        yard.bind(session.get_one(Learner, learner), person)
        yard.member(session.get_one(Context, course.context_pk), person)
        course.gradebook.pupils.add(person.sub)
        cells.want(session, time(), learner_id=learner)
    (grade,) = grades(course)
    assert (grade.state, grade.person_id, grade.accepted_score) == (WAITING, person.id, None)
    time.advance(seconds=2)
    deliverer.drain()
    assert course.shown(person.sub) == 50.0


def test_wanting_for_a_whole_class_takes_one_statement(course: Course) -> None:
    for number in range(10):
        course.send(course.pupil(member=False)[0], number)
    statements: list[str] = []
    event.listen(course.database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    with course.database.write() as session:
        context = session.get_one(Context, course.context_pk)
        for person in session.scalars(select(Person)):
            Schoolyard(session, course.time()).member(context, person)
        statements.clear()
        assert cells.want(session, course.time(), context_pk=course.context_pk) == 10
        assert len(statements) == 1


def test_a_test_user_leaves_no_trace(course: Course) -> None:
    with course.database.write() as session:
        session.query(LineItem).delete()
        session.query(Job).delete()
    course.launch(is_test=True)
    with course.database.read() as session:
        assert session.scalar(select(func.count()).select_from(LineItem)) == 0
        assert session.scalar(select(func.count()).select_from(Job)) == 0


@pytest.mark.parametrize(
    ("read_ago", "asked"),
    [
        pytest.param(None, True, id="never read"),
        pytest.param(timedelta(minutes=4), False, id="read a moment ago"),
        pytest.param(timedelta(minutes=5), True, id="some minutes ago"),
    ],
)
def test_a_launch_has_the_courses_members_read(course: Course, read_ago: timedelta | None, asked: bool) -> None:
    with course.database.write() as session:
        session.execute(update(Context).values(members_read_at=course.time() - read_ago if read_ago else None))
    course.launch()
    course.launch()
    with course.database.read() as session:
        jobs = [(job.kind, job.payload) for job in session.scalars(select(Job))]
    assert jobs == ([("memberships", {"context_pk": course.context_pk})] if asked else [])


def test_an_activity_without_campaign_asks_for_nothing(course: Course) -> None:
    with course.writing() as (session, yard):
        link = yard.link(session.get_one(Context, course.context_pk))
    course.launch(link_pk=link.id)
    with course.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 0
        assert session.scalar(select(func.count()).select_from(LineItem)) == 1


@pytest.mark.parametrize(
    ("read_ago", "due_in"),
    [
        pytest.param(None, timedelta(0), id="never read: now"),
        pytest.param(timedelta(minutes=2), timedelta(minutes=3), id="read a moment ago: as soon as allowed"),
    ],
)
def test_sending_by_somebody_unknown_to_the_course_has_its_members_read(
    course: Course, read_ago: timedelta | None, due_in: timedelta
) -> None:
    with course.database.write() as session:
        session.execute(update(Context).values(members_read_at=course.time() - read_ago if read_ago else None))
    known, _ = course.pupil()
    course.send(known, 5)
    with course.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 0
    unknown, _ = course.pupil(member=False)
    course.send(unknown, 5)
    with course.database.read() as session:
        (job,) = session.scalars(select(Job))
    assert (job.key, job.run_at) == (str(course.context_pk), course.time() + due_in)


def test_pointing_an_activity_elsewhere_makes_the_other_campaign_count(
    course: Course, deliverer: Deliverer, time: Clock
) -> None:
    sent, sub = course.pupil()
    waiting, _ = course.pupil()
    course.send(sent, 5)
    deliverer.drain()
    course.gradebook.fail("score", 500)
    course.send(waiting, 5)
    deliverer.drain()
    first = course.campaign_id
    with course.writing() as (session, yard):
        teacher = yard.person(session.get_one(Platform, course.platform_id))
        second = yard.campaign(session.get_one(School, course.school_id))
        desired.point_activity(session, course.link_pk, second.id, teacher.id, True, time())
    assert [g.state for g in grades(course)] == [ACCEPTED, NOT_NEEDED]

    course.campaign_id = second.id
    time.advance(minutes=1)
    course.send(sent, 9)
    deliverer.drain()
    assert course.shown(sub) == 90.0

    time.advance(minutes=1)
    with course.database.write() as session:
        desired.point_activity(session, course.link_pk, first, teacher.id, True, time())
    deliverer.drain()
    assert course.shown(sub) == 50.0
    assert {g.state for g in grades(course)} == {ACCEPTED}


@pytest.mark.parametrize("again", ["launch", "membership"])
def test_a_refusal_is_looked_at_again_when_something_changed(
    course: Course, deliverer: Deliverer, time: Clock, again: str
) -> None:
    learner, sub = course.pupil()
    course.gradebook.pupils.clear()
    course.send(learner, 5)
    deliverer.drain()
    assert course.grade(learner).reason == "not-a-pupil"
    course.gradebook.pupils.add(sub)
    time.advance(minutes=1)
    if again == "launch":
        course.launch(learner_id=learner)
    else:
        with course.database.write() as session:
            cells.want(session, time(), context_pk=course.context_pk, again=True)
    deliverer.drain()
    assert course.shown(sub) == 50.0


def test_wishes_and_tries_at_once_do_not_lock_each_other_out(
    database: Database, course: Course, deliverer: Deliverer, time: Clock
) -> None:
    pupils = [course.pupil() for _ in range(10)]
    for learner, _ in pupils:
        course.send(learner, 5)
    failures: list[Exception] = []

    def often(action: Callable[[], object]) -> None:
        try:
            for _ in range(10):
                action()
        except Exception as error:
            failures.append(error)

    def wish() -> None:
        with database.write() as session:
            cells.want_all_again(session, time(), 1)
            cells.want(session, time(), again=True)

    threads = [threading.Thread(target=often, args=(a,)) for a in (wish, deliverer.drain, wish, deliverer.drain)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    deliverer.drain()
    assert {g.state for g in grades(course)} <= {ACCEPTED, WAITING}
    assert [course.shown(sub) for _, sub in pupils] == [50.0] * 10


def test_the_clock_is_the_callers(course: Course, now: datetime) -> None:
    learner, _ = course.pupil()
    course.send(learner, 5)
    (grade,) = grades(course)
    assert grade.next_try_at == now
