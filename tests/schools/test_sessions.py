"""A session is one person, one school, one role, twelve hours at most."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from lti_tool.lti.models import SUSPENDED, Platform
from lti_tool.schools import sessions
from lti_tool.schools.models import WebSession


@pytest.fixture
def opened(world):
    """Chloé, a pupil of the school, bound to her line, and the token of her browser."""
    school = world.school()
    person = world.person(world.platform())
    learner = world.learner(school)
    world.bind(person, learner)
    return school, person, learner, _open(world, person, school)


def _open(world, person, school, role="pupil", is_test=False, current=None):
    return sessions.open_session(
        world.session,
        person_id=person.id,
        school_id=school.id,
        role=role,
        is_test=is_test,
        now=world.now,
        current_token=current,
    )


def test_a_session_tells_who_is_there_and_as_what(world, opened):
    school, person, learner, token = opened

    info = sessions.find(world.session, [token], world.now)

    assert (info.person_id, info.platform_id, info.role) == (person.id, person.platform_id, "pupil")
    assert (info.school.id, info.school.uai, info.school.time_zone) == (school.id, "0251234F", "Europe/Paris")
    assert (info.given_name, info.family_name) == ("Chloé", "Nguyen")
    assert (info.learner.id, info.learner.child_id, info.learner.division) == (learner.id, learner.child_id, "4A")


def test_it_is_found_in_one_query(world, opened):
    statements = []
    event.listen(world.session.get_bind(), "before_cursor_execute", lambda *given: statements.append(given[2]))

    sessions.find(world.session, [opened[3]], world.now)

    assert len(statements) == 1


def test_the_token_itself_is_not_kept(world, opened):
    stored = world.session.scalar(select(WebSession.token_hash))
    assert opened[3] not in stored


def test_the_same_person_in_a_second_activity_keeps_the_session(world, opened):
    school, person, _, token = opened
    assert _open(world, person, school, current=token) is None
    assert sessions.find(world.session, [token], world.now) is not None


def test_a_second_pupil_in_the_same_browser_ends_the_first_one_s_session(world, opened):
    school, person, _, token = opened
    other = world.person(world.session.get(Platform, person.platform_id), "Hugo")

    second = _open(world, other, school, current=token)

    assert sessions.find(world.session, [token], world.now) is None
    assert sessions.find(world.session, [second], world.now).person_id == other.id


@pytest.mark.parametrize("change", ["role", "school", "is_test"])
def test_another_role_or_school_renews_the_session(world, opened, change):
    school, person, _, token = opened
    school = world.school("9741234A", "Collège Bourbon") if change == "school" else school

    second = _open(
        world,
        person,
        school,
        role="teacher" if change == "role" else "pupil",
        is_test=change == "is_test",
        current=token,
    )

    assert second is not None
    assert world.session.scalar(select(func.count()).select_from(WebSession)) == 1


def test_a_session_lasts_twelve_hours_at_most(world, opened):
    token = opened[3]
    last = world.now + timedelta(hours=12) - timedelta(seconds=1)
    assert sessions.find(world.session, [token], last) is not None
    assert sessions.find(world.session, [token], world.now + timedelta(hours=12)) is None


@pytest.mark.parametrize(
    "tokens",
    [
        pytest.param(lambda token: [], id="no cookie"),
        pytest.param(lambda token: [token, "x" * 43], id="two cookies that disagree"),
        pytest.param(lambda token: ["x" * 43], id="unknown"),
        pytest.param(lambda token: [""], id="empty"),
    ],
)
def test_nobody(world, opened, tokens):
    assert sessions.find(world.session, tokens(opened[3]), world.now) is None


def test_two_cookies_that_agree(world, opened):
    assert sessions.find(world.session, [opened[3], opened[3]], world.now) is not None


def test_a_suspended_platform_ends_its_sessions(world, opened):
    world.session.get(Platform, opened[1].platform_id).status = SUSPENDED
    world.session.flush()
    assert sessions.find(world.session, [opened[3]], world.now) is None


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda s, info, now: sessions.end(s, info.id), id="this one"),
        pytest.param(lambda s, info, now: sessions.end_of_person(s, info.person_id), id="all of the person"),
        pytest.param(lambda s, info, now: sessions.end_of_platform(s, info.platform_id), id="all of the platform"),
        pytest.param(lambda s, info, now: sessions.forget_expired(s, now + timedelta(days=1)), id="run out"),
    ],
)
def test_an_ended_session_is_gone(world, opened, end):
    info = sessions.find(world.session, [opened[3]], world.now)
    end(world.session, info, world.now)
    assert world.session.scalar(select(func.count()).select_from(WebSession)) == 0


def test_a_platform_s_other_sessions_stay(world, opened):
    school = opened[0]
    elsewhere = world.person(world.platform("https://lms.example"))
    token = _open(world, elsewhere, school)
    sessions.end_of_platform(world.session, opened[1].platform_id)
    assert sessions.find(world.session, [token], world.now) is not None
