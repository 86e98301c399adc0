"""A person is bound once, to one line, and from nobody else."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import insert, select

from lti_tool.lti.models import Person, Platform
from lti_tool.schools import binding, limits, sessions
from lti_tool.schools.binding import BindingError, Outcome, TypedNames
from lti_tool.schools.models import (
    AuditLine,
    Binding,
    BindingAttempt,
    BindingCandidate,
    BindingRequest,
    Learner,
    WebSession,
)

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
        pytest.param(lambda w, s: w.learner(s, first_name="Cloé Rose", last_name="Martin"), id="a near given name"),
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


class TestConflicts:
    """What a member of staff has to settle: the pupil reads one answer, whatever the reason."""

    def test_two_homonyms_are_asked_apart(self, world, school, chloe):
        two = [world.learner(school).id, world.learner(school, division="4B").id]
        result = binding.bind(world.session, chloe, BORN, None, world.now)
        assert result == binding.Result(Outcome.CONFLICT, None, 4)
        assert requests(world) == [(chloe.person_id, None, "several")]
        assert sorted(world.session.scalars(select(BindingCandidate.learner_id))) == two

    def test_twins_with_near_names_are_asked_apart(self, world, school, platform):
        for name in ("Lina", "Lila"):
            world.learner(school, name, "Martin")
        lyla = world.enter(world.person(platform, "Lyla", "Martin"), school)
        assert binding.bind(world.session, lyla, BORN, None, world.now).outcome is Outcome.CONFLICT
        assert bound(world) == []

    def test_a_try_that_names_one_forgets_the_several_before(self, world, school, chloe):
        world.learner(school)
        other = world.learner(school)
        binding.bind(world.session, chloe, BORN, None, world.now)
        other.active = False
        world.session.flush()
        first = world.session.scalars(select(Learner).where(Learner.active)).one()
        world.bind(world.person(world.session.get(Platform, chloe.platform_id)), first)
        binding.bind(world.session, chloe, BORN, None, world.now)
        assert requests(world) == [(chloe.person_id, first.id, "already-bound")]
        assert world.session.scalars(select(BindingCandidate.learner_id)).all() == []

    def test_who_left_the_school(self, world, school, chloe):
        learner = world.learner(school, active=False)
        assert binding.bind(world.session, chloe, BORN, None, world.now).outcome is Outcome.CONFLICT
        assert bound(world) == []
        assert requests(world) == [(chloe.person_id, learner.id, "deactivated")]

    def test_an_old_line_of_the_same_child_does_not_matter(self, world, school, chloe):
        world.learner(school, active=False)
        learner = world.learner(school)
        assert binding.bind(world.session, chloe, BORN, None, world.now).learner_id == learner.id

    def test_a_person_bound_elsewhere_to_another_child(self, world, school, platform, chloe):
        other = world.learner(world.school("0251235G", "Collège Pasteur"), "Hugo", "Martin", OTHER_DAY)
        world.bind(world.session.get(Person, chloe.person_id), other)
        learner = world.learner(school)
        assert binding.bind(world.session, chloe, BORN, None, world.now).outcome is Outcome.CONFLICT
        assert requests(world) == [(chloe.person_id, learner.id, "person-bound")]

    def test_a_person_bound_elsewhere_to_the_same_child(self, world, school, chloe):
        other = world.learner(world.school("0251235G", "Collège Pasteur"))
        world.bind(world.session.get(Person, chloe.person_id), other)
        world.learner(school)
        assert binding.bind(world.session, chloe, BORN, None, world.now).outcome is Outcome.BOUND


class TestSlowing:
    """Where many fail in a school, those who failed wait a little; nobody is stopped."""

    @pytest.fixture
    def crowd(self, world, school, platform):
        """A hundred failures of others, just now."""
        others = [world.person(platform, "Autre", f"Personne{n}") for n in range(20)]
        rows = [{"person_id": each.id, "school_id": school.id, "at": world.now} for each in others for _ in range(5)]
        world.session.execute(insert(BindingAttempt), rows)

    def test_a_first_try_is_looked_at_at_once(self, world, school, chloe, crowd):
        world.learner(school)
        assert binding.bind(world.session, chloe, BORN, None, world.now).outcome is Outcome.BOUND

    def test_whoever_failed_waits_and_is_then_looked_at(self, world, school, chloe, crowd):
        world.learner(school)
        assert binding.bind(world.session, chloe, OTHER_DAY, None, world.now).outcome is Outcome.NOT_FOUND
        slowed = binding.bind(world.session, chloe, BORN, None, world.now)
        assert (slowed.outcome, slowed.tries_left, slowed.pause) == (Outcome.SLOWED, 4, timedelta(seconds=20))
        later = world.now + slowed.pause
        assert binding.bind(world.session, chloe, BORN, None, later).outcome is Outcome.BOUND

    def test_a_quiet_school_slows_nobody(self, world, school, chloe):
        world.learner(school)
        binding.bind(world.session, chloe, OTHER_DAY, None, world.now)
        assert binding.bind(world.session, chloe, BORN, None, world.now).outcome is Outcome.BOUND

    def test_another_school_s_failures_are_its_own(self, world, chloe, school, platform, crowd):
        other = world.school("0251235G", "Lycée Pasteur")
        world.learner(other)
        info = world.enter(world.person(platform), other)
        binding.bind(world.session, info, OTHER_DAY, None, world.now)
        assert binding.bind(world.session, info, BORN, None, world.now).outcome is Outcome.BOUND

    def test_the_longest_wait_is_five_minutes(self, world, school, platform, chloe):
        rows = [{"person_id": chloe.person_id, "school_id": school.id, "at": world.now}]
        world.session.execute(insert(BindingAttempt), rows)
        others = [world.person(platform, "Autre", f"Personne{n}") for n in range(400)]
        rows = [{"person_id": each.id, "school_id": school.id, "at": world.now} for each in others for _ in range(5)]
        world.session.execute(insert(BindingAttempt), rows)
        assert limits.wait(world.session, chloe.person_id, school.id, world.now) == timedelta(minutes=5)

    def test_old_failures_are_forgotten(self, world, school, chloe):
        binding.bind(world.session, chloe, OTHER_DAY, None, world.now - timedelta(days=31))
        binding.bind(world.session, chloe, OTHER_DAY, None, world.now)
        assert len(world.session.scalars(select(BindingAttempt.id)).all()) == 1


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
