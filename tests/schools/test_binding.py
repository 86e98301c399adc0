"""A person is bound once, to one line, and from nobody else."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from lti_tool.schools import binding, sessions
from lti_tool.schools.binding import BindingError, Outcome, TypedNames
from lti_tool.schools.models import AuditLine, Binding, BindingRequest, Learner, WebSession

BORN = date(2012, 3, 14)
OTHER_DAY = date(2012, 3, 15)


def bound(world):
    return world.session.execute(select(Binding.person_id, Binding.learner_id)).all()


def requests(world):
    return world.session.execute(
        select(BindingRequest.person_id, BindingRequest.learner_id, BindingRequest.reason)
    ).all()


def trail(world):
    return world.session.scalars(select(AuditLine.action).order_by(AuditLine.id)).all()


@pytest.fixture
def school(world):
    return world.school()


@pytest.fixture
def platform(world):
    return world.platform()


@pytest.fixture
def chloe(world, school, platform):
    """Chloé's session, by the ENT's names."""
    return world.enter(world.person(platform), school)


def test_the_right_birthdate_binds(world, school, chloe):
    learner = world.learner(school)

    result = binding.bind(world.session, chloe, BORN, None, world.now)

    assert (result.outcome, result.learner_id) == (Outcome.BOUND, learner.id)
    assert bound(world) == [(chloe.person_id, learner.id)]
    assert trail(world) == ["binding.created"]


def test_a_second_click_changes_nothing(world, school, chloe):
    learner = world.learner(school)
    for birthdate in (BORN, OTHER_DAY):
        result = binding.bind(world.session, chloe, birthdate, None, world.now)
        assert (result.outcome, result.learner_id) == (Outcome.BOUND, learner.id)
    assert trail(world) == ["binding.created"]


@pytest.mark.parametrize(
    "arrange",
    [
        pytest.param(lambda w, s: w.learner(s, birthdate=OTHER_DAY), id="another birthdate"),
        pytest.param(lambda w, s: w.learner(s, first_name="Hugo"), id="another given name"),
        pytest.param(lambda w, s: w.learner(s, last_name="Martin"), id="another family name"),
        pytest.param(lambda w, s: [w.learner(s), w.learner(s, division="4B")], id="two homonyms"),
        pytest.param(lambda w, s: w.learner(s, active=False), id="left the school"),
        pytest.param(lambda w, s: w.learner(w.school("0251235G", "Lycée")), id="another school"),
        pytest.param(lambda w, s: None, id="nobody"),
    ],
)
def test_all_that_is_wrong_gets_the_same_answer(world, school, chloe, arrange):
    arrange(world, school)
    result = binding.bind(world.session, chloe, BORN, None, world.now)
    assert result == binding.Result(Outcome.NOT_FOUND, None, 4)
    assert bound(world) == []
    assert requests(world) == []


def test_five_tries_an_hour(world, school, chloe):
    world.learner(school)
    left = [binding.bind(world.session, chloe, OTHER_DAY, None, world.now).tries_left for _ in range(5)]
    assert left == [4, 3, 2, 1, 0]
    assert binding.bind(world.session, chloe, BORN, None, world.now).outcome is Outcome.STOPPED
    almost = world.now + timedelta(minutes=59)
    assert binding.bind(world.session, chloe, BORN, None, almost).outcome is Outcome.STOPPED
    assert binding.bind(world.session, chloe, BORN, None, world.now + timedelta(hours=1)).outcome is Outcome.BOUND


def test_another_pupil_s_tries_are_their_own(world, school, platform, chloe):
    for _ in range(6):
        binding.bind(world.session, chloe, OTHER_DAY, None, world.now)
    hugo = world.enter(world.person(platform, "Hugo", "Martin"), school)
    world.learner(school, "Hugo", "Martin")
    assert binding.bind(world.session, hugo, BORN, None, world.now).outcome is Outcome.BOUND


def test_a_learner_bound_to_somebody_else_of_the_platform_is_left_to_staff(world, school, platform, chloe):
    learner = world.learner(school)
    first = world.person(platform)
    world.bind(first, learner)

    result = binding.bind(world.session, chloe, BORN, None, world.now)

    assert result == binding.Result(Outcome.CONFLICT, None, 4)
    assert bound(world) == [(first.id, learner.id)]
    assert requests(world) == [(chloe.person_id, learner.id, "already-bound")]
    assert binding.waiting_for(world.session, chloe.person_id, school.id) == "already-bound"


def test_another_platform_may_know_the_same_child(world, school, chloe):
    learner = world.learner(school)
    elsewhere = world.person(world.platform("https://lms.example.fr"))
    world.bind(elsewhere, learner)
    assert binding.bind(world.session, chloe, BORN, None, world.now).outcome is Outcome.BOUND
    assert len(bound(world)) == 2


class TestTypedNames:
    @pytest.fixture
    def anonymous(self, world, school, platform):
        return world.enter(world.person(platform, None, None), school)

    def test_wait_for_a_click_of_the_staff(self, world, school, anonymous):
        learner = world.learner(school)
        result = binding.bind(world.session, anonymous, BORN, TypedNames(" chloe ", "NGUYEN"), world.now)
        assert result == binding.Result(Outcome.WAITING, None, 4)
        assert bound(world) == []
        assert requests(world) == [(anonymous.person_id, learner.id, "typed-names")]

    def test_a_corrected_try_replaces_the_one_before(self, world, school, anonymous):
        world.learner(school, "Hugo")
        learner = world.learner(school)
        for given_name in ("Hugo", "Chloé"):
            binding.bind(world.session, anonymous, BORN, TypedNames(given_name, "Nguyen"), world.now)
        assert requests(world) == [(anonymous.person_id, learner.id, "typed-names")]

    def test_bind_at_once_where_the_school_trusts_them(self, world, school, anonymous):
        school.trusts_typed_names = True
        learner = world.learner(school)
        result = binding.bind(world.session, anonymous, BORN, TypedNames("Chloé", "Nguyen"), world.now)
        assert (result.outcome, result.learner_id) == (Outcome.BOUND, learner.id)

    @pytest.mark.parametrize("typed", [None, TypedNames("", "Nguyen"), TypedNames("Chloé", " - ")])
    def test_are_needed(self, world, school, anonymous, typed):
        world.learner(school)
        with pytest.raises(BindingError) as refused:
            binding.bind(world.session, anonymous, BORN, typed, world.now)
        assert refused.value.code == "NOMS"

    def test_are_not_read_where_the_ent_gives_names(self, world, school, chloe):
        world.learner(school, "Hugo", "Martin")
        result = binding.bind(world.session, chloe, BORN, TypedNames("Hugo", "Martin"), world.now)
        assert result.outcome is Outcome.NOT_FOUND


@pytest.mark.parametrize(("role", "is_test"), [("teacher", False), ("guest", False), ("pupil", True)])
def test_only_pupils_are_bound(world, school, platform, role, is_test):
    world.learner(school)
    info = world.enter(world.person(platform), school, role, is_test)
    with pytest.raises(BindingError):
        binding.bind(world.session, info, BORN, None, world.now)
    assert bound(world) == []


def test_unbinding_ends_the_sessions_and_leaves_the_learner(world, school, chloe):
    learner = world.learner(school)
    binding.bind(world.session, chloe, BORN, None, world.now)

    assert binding.unbind(world.session, chloe.person_id, school.id, world.now, by=None)

    assert bound(world) == []
    assert world.session.scalars(select(WebSession.id)).all() == []
    assert world.session.get(Learner, learner.id) is not None
    assert trail(world) == ["binding.created", "binding.removed"]
    assert not binding.unbind(world.session, chloe.person_id, school.id, world.now, by=None)


def test_the_trail_holds_no_name(world, school, chloe):
    world.learner(school)
    binding.bind(world.session, chloe, BORN, None, world.now)
    detail = world.session.scalar(select(AuditLine.detail))
    assert detail == {"bound_person": chloe.person_id, "learner": world.session.scalar(select(Learner.id))}


class TestFollowing:
    """A child who moved is bound in the new school at their first launch there."""

    @pytest.fixture
    def moved(self, world, school, platform):
        """Chloé, bound in her old school; her line in the new one, with the same INE."""
        person = world.person(platform)
        old = world.learner(world.school("0251235G", "Collège Pasteur"), ine="120000001AB")
        world.bind(person, old)
        return person, old, world.learner(school, ine="120000001AB")

    def follow(self, world, person, school, has_answers=lambda child_id: False):
        return binding.follow(
            world.session, person_id=person.id, school_id=school.id, has_answers=has_answers, now=world.now
        )

    def test_takes_over_the_child(self, world, school, moved):
        person, old, new = moved
        assert self.follow(world, person, school) == new.id
        world.session.refresh(new)
        assert new.child_id == old.child_id
        assert (person.id, new.id) in bound(world)
        assert trail(world) == ["binding.followed"]

    def test_answers_of_the_new_line_are_for_staff_to_settle(self, world, school, moved):
        person, _old, new = moved
        before = new.child_id
        assert self.follow(world, person, school, lambda child_id: child_id == before) is None
        world.session.refresh(new)
        assert new.child_id == before
        assert requests(world) == [(person.id, new.id, "own-answers")]

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param({"ine": "120000002CD"}, id="another INE"),
            pytest.param({"birthdate": OTHER_DAY}, id="another birthdate"),
            pytest.param({"active": False}, id="not active"),
        ],
    )
    def test_only_the_same_active_child(self, world, school, moved, change):
        person, _old, new = moved
        for name, value in change.items():
            setattr(new, name, value)
        world.session.flush()
        assert self.follow(world, person, school) is None

    def test_not_where_somebody_of_the_platform_is_bound(self, world, school, platform, moved):
        person, _old, new = moved
        world.bind(world.person(platform), new)
        assert self.follow(world, person, school) is None
        assert (person.id, new.id) not in bound(world)

    def test_nobody_to_follow(self, world, school, platform):
        world.learner(school)
        assert self.follow(world, world.person(platform), school) is None


def test_two_at_once_bind_one(database, arrange, now):
    """Two accounts with the same names try at the same moment: the database lets one through."""

    def prepare(world):
        school, platform = world.school(), world.platform()
        world.learner(school)
        return [world.enter(world.person(platform), school) for _ in range(2)]

    infos = arrange(prepare)
    start, outcomes = threading.Barrier(2), []

    def attempt(info):
        start.wait()
        with database.write() as session:
            outcomes.append(binding.bind(session, info, BORN, None, now).outcome)

    threads = [threading.Thread(target=attempt, args=[info]) for info in infos]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [Outcome.BOUND, Outcome.CONFLICT]
    with database.read() as session:
        assert len(session.scalars(select(Binding.id)).all()) == 1


def test_a_burst_of_tries_counts_each(database, arrange, now):
    """Eight posts at once of one person: five are looked at."""

    def prepare(world):
        school = world.school()
        return world.enter(world.person(world.platform()), school)

    info = arrange(prepare)
    start, outcomes = threading.Barrier(8), []

    def attempt():
        start.wait()
        with database.write() as session:
            outcomes.append(binding.bind(session, info, BORN, None, now).outcome)

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [Outcome.NOT_FOUND] * 5 + [Outcome.STOPPED] * 3


def test_a_bound_learner_stands_in_the_session(world, school, platform):
    learner = world.learner(school, preferred_last_name="Moreau")
    person = world.person(platform)
    token = sessions.open_session(
        world.session,
        person_id=person.id,
        school_id=school.id,
        role="pupil",
        is_test=False,
        now=world.now,
        current_token=None,
    )
    info = sessions.find(world.session, [token], world.now)
    assert info.learner is None
    binding.bind(world.session, info, BORN, None, world.now)
    bound_learner = sessions.find(world.session, [token], world.now).learner
    assert (bound_learner.id, bound_learner.last_name) == (learner.id, "Moreau")
