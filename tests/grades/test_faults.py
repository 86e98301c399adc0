"""A platform that fails in every way, at each step: time mends it, the cell is right, nothing is sent twice in vain."""

from __future__ import annotations

import random
import socket
from datetime import datetime, timedelta
from typing import NoReturn

import pytest
from sqlalchemy import update

from lti_tool.campaigns import activities
from lti_tool.database import Database
from lti_tool.grades import cells, line_items, outages, queue, status
from lti_tool.grades.delivery import Deliverer
from lti_tool.grades.models import ACCEPTED, REFUSED, WAITING, LineItem, Outage
from lti_tool.lti import outbound
from lti_tool.lti.models import Context, Platform, ResourceLink
from lti_tool.lti.services import SCOPE_SCORE
from tests.campaigns.school import Schoolyard
from tests.grades.conftest import Clock, Course
from tests.grades.gradebook import WAYS, Plan


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What a platform answers is the same to both databases."""
    return sqlite_url


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """For platforms that never answer; what time mends may then be a slow machine's own fault as well."""
    monkeypatch.setattr(outbound, "READ_TIMEOUT_S", 0.15)
    monkeypatch.setattr(outbound, "TOTAL_TIMEOUT_S", 0.3)


def mend(deliverer: Deliverer, time: Clock, hours: int = 1) -> None:
    """Time goes by, until nothing waits any more."""
    for _ in range(12):
        time.advance(hours=hours / 12)
        deliverer.drain()
        if queue.next_due(deliverer._database, time()) is None:
            return


def increasing(course: Course) -> bool:
    """Whether each cell was given later and later timestamps."""
    times: dict[str, list[datetime]] = {}
    for score in course.gradebook.accepted:
        times.setdefault(score["userId"], []).append(datetime.fromisoformat(score["timestamp"]))
    return all(each == sorted(set(each)) for each in times.values())


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("after", [False, True], ids=["not done", "done all the same"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("step", ["token", "score"])
def test_each_failure_on_the_way_to_a_cell(
    course: Course, deliverer: Deliverer, time: Clock, step: str, way: str, after: bool
) -> None:
    learner, sub = course.pupil()
    course.send(learner, 6)
    course.gradebook.misbehave(step, way, after=after)
    deliverer.drain()
    if not (after and way == "an error page"):  # the gradebook shows that it has it
        assert course.grade(learner).state in (WAITING, ACCEPTED)
    mend(deliverer, time)
    assert (course.shown(sub), course.grade(learner).state) == (60.0, ACCEPTED)
    assert increasing(course)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("step", ["find", "create"])
@pytest.mark.parametrize("after", [False, True], ids=["not done", "done all the same"])
def test_each_failure_on_the_way_to_a_column(
    course: Course, deliverer: Deliverer, time: Clock, step: str, way: str, after: bool
) -> None:
    with course.database.write() as session:
        session.execute(update(ResourceLink).values(lineitem_url=None))
        session.execute(update(LineItem).values(url=None, next_try_at=None))
        teacher = Schoolyard(session, time()).person(session.get_one(Platform, course.platform_id))
        activities.choose(session, course.link_pk, course.campaign_id, teacher.id, True, time())
        line_items.place(session, course.link_pk, time(), seek_now=True)
    course.gradebook.columns.clear()
    learner, sub = course.pupil()
    course.send(learner, 6)
    course.gradebook.misbehave(step, way, after=after)
    deliverer.drain()
    mend(deliverer, time)
    assert len(course.gradebook.columns) == 1
    assert (course.shown(sub), course.grade(learner).state) == (60.0, ACCEPTED)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("way", WAYS)
def test_each_failure_while_the_gradebook_is_read(course: Course, deliverer: Deliverer, time: Clock, way: str) -> None:
    learner, sub = course.pupil()
    course.send(learner, 5)
    deliverer.drain()
    course.gradebook.write(1, sub, 55.0)
    time.advance(days=4)
    course.send(learner, 8)
    course.gradebook.misbehave("results", way)
    deliverer.drain()
    assert course.shown(sub) == 55.0  # what cannot be read is not replaced
    mend(deliverer, time)
    assert (course.shown(sub), course.grade(learner).reason) == (55.0, "changed-by-teacher")


def test_a_name_that_is_not_found(
    course: Course, deliverer: Deliverer, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_found(*_args: object, **_options: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    learner, sub = course.pupil()
    course.send(learner, 6)
    with monkeypatch.context() as without_names:
        without_names.setattr(socket, "getaddrinfo", not_found)
        deliverer.drain()
    assert (course.grade(learner).state, course.grade(learner).reason) == (WAITING, "unreachable")
    mend(deliverer, time)
    assert course.shown(sub) == 60.0


@pytest.mark.parametrize("seed", range(6))
def test_failures_at_random(course: Course, deliverer: Deliverer, time: Clock, seed: int) -> None:
    chance = random.Random(seed)
    ways = [way for way in WAYS if "drips" not in way and way != "never"]

    def fails(_kind: str) -> Plan | None:
        if chance.random() > 0.4:
            return None
        way = chance.choice([None, *ways])
        return Plan(chance.choice([None, 500, 502, 503, 429, 401]), after=chance.random() < 0.5, way=way)

    course.gradebook.chance = fails
    pupils = [course.pupil() for _ in range(6)]
    for number, (learner, _) in enumerate(pupils):
        course.send(learner, number)
        deliverer.drain()
    mend(deliverer, time, hours=6)
    time.advance(days=5)
    for number, (learner, _) in enumerate(pupils):
        course.send(learner, number + 3)
    mend(deliverer, time, hours=6)
    course.gradebook.chance = lambda _kind: None
    mend(deliverer, time, hours=48)
    assert [course.shown(sub) for _, sub in pupils] == [10.0 * (n + 3) for n in range(6)]
    assert {course.grade(learner).state for learner, _ in pupils} == {ACCEPTED}
    assert increasing(course)


@pytest.mark.parametrize("minutes", [-10, 10])
@pytest.mark.parametrize("own_column", [True, False], ids=["the platform's time", "the score's time"])
def test_a_clock_ten_minutes_off_with_three_results(
    course: Course, deliverer: Deliverer, time: Clock, minutes: int, own_column: bool
) -> None:
    course.gradebook.clock = lambda: time() + timedelta(minutes=minutes)
    course.gradebook.keeps_the_scores_time = not own_column
    learner, sub = course.pupil()
    for validated in (3, 5, 8):
        course.send(learner, validated)
        mend(deliverer, time)
        assert course.shown(sub) == 10.0 * validated
        time.advance(days=4)
    assert increasing(course)


def test_a_clock_ten_minutes_slow_refuses_our_assertion_once(course: Course, deliverer: Deliverer, time: Clock) -> None:
    course.gradebook.clock = lambda: time() - timedelta(minutes=10)
    course.gradebook.refuses_the_future = True
    learner, sub = course.pupil()
    course.send(learner, 6)
    deliverer.drain()
    assert (course.grade(learner).state, course.grade(learner).reason) == (WAITING, "token")
    time.advance(seconds=10)
    deliverer.drain()
    assert course.shown(sub) == 60.0


@pytest.mark.parametrize("expires_in", [0, 1, -5, "soon", None])
def test_a_token_that_expires_at_once(course: Course, deliverer: Deliverer, time: Clock, expires_in: object) -> None:
    pupils = [course.pupil() for _ in range(5)]
    for learner, _ in pupils:
        course.send(learner, 4)
    plan = Plan(200, body={"access_token": "short", "expires_in": expires_in})
    course.gradebook.plans["token"] = [plan] * 50
    deliverer.drain()
    mend(deliverer, time)
    assert {course.shown(sub) for _, sub in pupils} == {40.0}


def test_a_token_revoked_between_two_scores(course: Course, deliverer: Deliverer, time: Clock) -> None:
    learner, sub = course.pupil()
    course.send(learner, 4)
    deliverer.drain()
    time.advance(days=4)
    course.send(learner, 7)
    course.gradebook.fail("results", 401)
    course.gradebook.fail("score", 401)
    deliverer.drain()
    assert course.shown(sub) == 70.0
    assert course.gradebook.asked.count("token") == 5  # one for scores, days later one for each scope, two renewed


def test_a_score_that_was_taken_behind_a_401_goes_out_with_a_later_time(
    course: Course, deliverer: Deliverer, time: Clock
) -> None:
    """By its clock, some seconds slow, the platform would take the same timestamp twice."""
    course.gradebook.clock = lambda: time() - timedelta(seconds=3)
    learner, sub = course.pupil()
    course.send(learner, 4)
    course.gradebook.fail("score", 401, after=True)
    deliverer.drain()
    assert (course.shown(sub), course.grade(learner).state) == (40.0, ACCEPTED)
    assert len(course.gradebook.accepted) == 2
    assert increasing(course)


@pytest.mark.parametrize("shown", [None, 30.0, 55.0, 80.0])
@pytest.mark.parametrize("may_read", [True, False])
@pytest.mark.parametrize("times", [1, 3, 9])
def test_409_in_every_pattern(
    course: Course, deliverer: Deliverer, time: Clock, shown: float | None, may_read: bool, times: int
) -> None:
    """Nothing, our last value, a teacher's or the new one in the cell; once, several times, over and over."""
    learner, sub = course.pupil()
    course.send(learner, 3)
    deliverer.drain()
    if shown is None:
        course.gradebook.cells.clear()
    elif shown != 30.0:
        course.gradebook.write(1, sub, shown)
    if not may_read:
        with course.database.write() as session:
            session.execute(update(Context).values(ags_scopes=[SCOPE_SCORE]))
    time.advance(days=4)
    course.send(learner, 8)
    course.gradebook.fail("score", *[409] * times)
    deliverer.drain()
    mend(deliverer, time, hours=24)
    grade = course.grade(learner)
    if may_read:
        expected = (REFUSED, "changed-by-teacher", 55.0) if shown == 55.0 else (ACCEPTED, None, 80.0)
        assert (grade.state, grade.reason, course.shown(sub)) == expected
    elif times < 5:
        assert (grade.state, course.shown(sub)) == (ACCEPTED, 80.0)
    else:
        assert (grade.state, grade.reason, course.shown(sub)) == (REFUSED, "newer-elsewhere", shown)


def test_a_locked_cell_is_told_from_a_platform_that_is_down(course: Course, deliverer: Deliverer, time: Clock) -> None:
    """Moodle answers 500 for a locked grade (facts/moodle.md, "Scores")."""
    locked, locked_sub = course.pupil()
    course.send(locked, 4)
    course.gradebook.locked.add(locked_sub)
    deliverer.drain()
    time.advance(hours=2)
    mend(deliverer, time)
    assert course.grade(locked).state == WAITING  # nobody else is graded: it may be the platform
    other, sub = course.pupil()
    course.send(other, 6)
    deliverer.drain()
    assert course.shown(sub) == 60.0
    mend(deliverer, time)
    assert (course.grade(locked).state, course.grade(locked).reason) == (REFUSED, "locked")

    course.gradebook.locked.clear()
    with course.database.write() as session:
        cells.resend(session, time(), campaign_id=course.campaign_id)
    deliverer.drain()
    assert course.shown(locked_sub) == 40.0


class TestBreaker:
    """A platform that is down is left alone, and taken up again."""

    def outage(self, database: Database) -> Outage | None:
        with database.read() as session:
            return session.query(Outage).one_or_none()

    def test_it_opens_after_some_failures_and_closes_with_a_good_answer(
        self, course: Course, deliverer: Deliverer, time: Clock
    ) -> None:
        pupils = [course.pupil() for _ in range(10)]
        for learner, _ in pupils:
            course.send(learner, 6)
        course.gradebook.chance = lambda _kind: Plan(None)
        deliverer.drain()
        asked = len(course.gradebook.asked)
        outage = self.outage(course.database)
        assert outage is not None
        assert outage.failures >= outages.OPENS_AFTER
        assert outage.until is not None
        assert asked <= 2 * outage.failures
        assert deliverer.drain() == 0
        assert queue.next_due(course.database, time()) == outage.until
        with course.database.read() as session:
            assert status.status(session, time())[0].down

        course.gradebook.chance = lambda _kind: None
        time.advance(minutes=6)
        deliverer.drain()
        assert {course.shown(sub) for _, sub in pupils} == {60.0}
        assert self.outage(course.database) is None

    def test_while_it_is_down_one_try_is_made_at_a_time(
        self, course: Course, deliverer: Deliverer, time: Clock
    ) -> None:
        for _ in range(10):
            course.send(course.pupil()[0], 6)
        course.gradebook.chance = lambda kind: Plan(503) if kind == "score" else None
        deliverer.drain()
        tries = []
        for _ in range(5):
            time.advance(minutes=6)
            before = course.gradebook.asked.count("score")
            deliverer.drain()
            tries.append(course.gradebook.asked.count("score") - before)
        assert tries == [1] * 5

    def test_one_cell_that_always_fails_does_not_close_the_platform(
        self, course: Course, deliverer: Deliverer, time: Clock
    ) -> None:
        learner, _ = course.pupil()
        course.send(learner, 6)
        for _ in range(6):
            course.gradebook.fail("score", 500)
            deliverer.drain()
            time.advance(hours=1)
        outage = self.outage(course.database)
        assert outage is not None
        assert outage.until is None

    def test_who_is_asked_to_wait_waits_with_the_whole_platform(
        self, course: Course, deliverer: Deliverer, time: Clock
    ) -> None:
        first, _ = course.pupil()
        course.send(first, 6)
        course.gradebook.fail("score", 429, Retry_After="120")
        deliverer.drain()
        second, sub = course.pupil()
        course.send(second, 6)
        assert deliverer.drain() == 0
        time.advance(seconds=121)
        deliverer.drain()
        assert course.shown(sub) == 60.0

    def test_an_operators_retry_asks_at_once(self, course: Course, deliverer: Deliverer, time: Clock) -> None:
        pupils = [course.pupil() for _ in range(5)]
        for learner, _ in pupils:
            course.send(learner, 6)
        course.gradebook.chance = lambda _kind: Plan(None)
        deliverer.drain()
        course.gradebook.chance = lambda _kind: None
        with course.database.write() as session:
            assert status.retry(session, time(), course.platform_id) == 5
        deliverer.drain()
        assert {course.shown(sub) for _, sub in pupils} == {60.0}

    def test_an_operators_retry_leaves_a_teachers_value(
        self, course: Course, deliverer: Deliverer, time: Clock
    ) -> None:
        learner, sub = course.pupil()
        course.send(learner, 5)
        deliverer.drain()
        course.gradebook.write(1, sub, 55.0)
        time.advance(days=4)
        course.send(learner, 8)
        deliverer.drain()
        with course.database.write() as session:
            assert status.retry(session, time()) == 0
            assert cells.resend(session, time(), campaign_id=course.campaign_id) == 0
