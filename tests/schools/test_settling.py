"""What staff settle: requests one by one and in bulk, new accounts of the same pupils, bindings by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from lti_tool.lti.models import Person
from lti_tool.schools import audit, binding, by_hand, replacing, settling
from lti_tool.schools.binding import Outcome, TypedNames, Why
from lti_tool.schools.by_hand import ByHandError
from lti_tool.schools.models import AuditLine, Binding, BindingCandidate, BindingRequest, WebSession
from lti_tool.schools.settling import Decision, WhyMissingError

BORN = date(2012, 3, 14)


@pytest.fixture
def school(world):
    return world.school()


@pytest.fixture
def platform(world):
    return world.platform()


@pytest.fixture
def head(world, platform):
    return world.person(platform, "Hélène", "Garnier")


@pytest.fixture
def settle(world, school, head):
    def settle(*ids, decision=Decision.BIND, **options):
        return settling.settle(world.session, school.id, ids, decision, world.now, by=head.id, **options)

    return settle


@pytest.fixture
def waiting(world, school):
    """Those that wait, as staff see them."""
    return lambda **options: settling.requests(world.session, school.id, **options)


def holders(world):
    return world.session.execute(select(Binding.person_id, Binding.learner_id).order_by(Binding.learner_id)).all()


def trail(world):
    lines = world.session.scalars(select(AuditLine).order_by(AuditLine.id))
    return [(line.action, line.person_id, line.detail.get("why")) for line in lines]


class TestTypedNames:
    @pytest.fixture
    def asked(self, world, school, platform):
        """A pupil without names typed them; returns their person and their learner."""
        person = world.person(platform, None, None)
        learner = world.learner(school)
        binding.bind(world.session, world.enter(person, school), BORN, TypedNames("Cloé", "Martin"), world.now)
        binding.bind(world.session, world.enter(person, school), BORN, TypedNames("Chloé", "Nguyen"), world.now)
        return person, learner

    def test_are_shown_with_what_is_needed(self, world, school, asked, waiting):
        (request,) = waiting()
        assert (request.reason, request.given_name, request.family_name) == ("typed-names", "Chloé", "Nguyen")
        (candidate,) = request.candidates
        assert (candidate.first_name, candidate.division, request.held_by) == ("Chloé", "4A", None)
        assert settling.count_requests(world.session, school.id) == 1
        assert waiting(division="4B") == []
        assert len(waiting(division="4A")) == 1

    def test_one_click_binds(self, world, asked, head, settle, waiting):
        person, learner = asked
        (request,) = waiting()
        assert settle(request.id) == [learner.id]
        assert holders(world) == [(person.id, learner.id)]
        assert waiting() == []
        assert trail(world)[-1] == ("binding.confirmed", head.id, None)

    def test_refusing_leaves_the_learner_free(self, world, asked, head, settle, waiting):
        (request,) = waiting()
        assert settle(request.id, decision=Decision.REFUSE) == []
        assert holders(world) == []
        assert waiting() == []
        assert trail(world)[-1] == ("binding.refused", head.id, None)

    def test_a_click_too_many_does_nothing(self, asked, settle, waiting):
        (request,) = waiting()
        settle(request.id)
        assert settle(request.id) == []

    def test_another_school_s_requests_are_out_of_reach(self, world, school, asked, head, waiting):
        other = world.school("0251235G", "Lycée Pasteur")
        (request,) = waiting()
        assert settling.settle(world.session, other.id, [request.id], Decision.BIND, world.now, by=head.id) == []
        assert settling.count_requests(world.session, school.id) == 1

    def test_a_class_at_once(self, world, school, platform, settle, waiting):
        for name in ("Ana", "Hugo", "Tom"):
            person = world.person(platform, None, None)
            world.learner(school, name, "Martin")
            binding.bind(world.session, world.enter(person, school), BORN, TypedNames(name, "Martin"), world.now)
        assert len(settle(*(each.id for each in waiting(division="4A")))) == 3
        assert len(holders(world)) == 3


class TestConflicts:
    @pytest.fixture
    def conflict(self, world, school, platform):
        """Somebody else of the platform holds the learner; returns the one who was there, and the one who asks."""
        learner = world.learner(school)
        wrong = world.person(platform, "Chloé", "Nguyen")
        world.bind(wrong, learner)
        world.enter(wrong, school)
        right = world.person(platform, "Chloe", "NGUYEN")
        binding.bind(world.session, world.enter(right, school), BORN, None, world.now)
        return wrong, right

    def test_settled_replaces_who_was_there(self, world, conflict, head, settle, waiting):
        _wrong, right = conflict
        (request,) = waiting()
        assert (request.reason, request.held_by) == ("already-bound", "Chloé Nguyen")
        settle(request.id, why=Why.WRONG_PERSON)
        assert [person for person, _ in holders(world)] == [right.id]
        assert world.session.scalars(select(WebSession.person_id)).all() == [right.id]
        assert trail(world)[1:] == [
            ("binding.removed", head.id, "wrong-person"),
            ("binding.replaced", head.id, "wrong-person"),
        ]

    def test_nobody_is_replaced_without_a_reason(self, world, conflict, settle, waiting):
        (request,) = waiting()
        with pytest.raises(WhyMissingError):
            settle(request.id)

    def test_a_missing_reason_leaves_every_request_where_it_stands(self, world, conflict, settle, waiting):
        (request,) = waiting()
        with pytest.raises(WhyMissingError):
            settle(request.id)
        assert [each.id for each in waiting()] == [request.id]

    def test_of_a_platform_added_again_unbinds_the_other_line(self, world, school, platform, head, settle, waiting):
        """One sub, bound to another line at the old registration than at the new: staff say which it is."""
        again = world.platform("https://ent-again.example.fr")
        old, new = world.person(platform), world.person(again)
        new.sub = old.sub
        wrong, right = world.learner(school, "Chloé"), world.learner(school, "Cléo")
        world.bind(old, right)
        world.bind(new, wrong)
        world.session.flush()
        replacing.move_people(world.session, platform.id, again.id, world.now)
        settle(waiting()[0].id)
        assert holders(world) == [(new.id, right.id)]
        assert waiting() == []
        assert [action for action, *_ in trail(world)] == ["binding.conflict", "binding.removed", "binding.confirmed"]

    def test_refused_leaves_who_was_there(self, world, conflict, settle, waiting):
        wrong, _right = conflict
        settle(waiting()[0].id, decision=Decision.REFUSE)
        assert [person for person, _ in holders(world)] == [wrong.id]


class TestSeveral:
    @pytest.fixture
    def twins(self, world, school, platform):
        """Lyla is near two learners; returns her person and them."""
        learners = [
            world.learner(school, name, "Martin", division=code) for name, code in (("Lila", "4A"), ("Lina", "4B"))
        ]
        lyla = world.person(platform, "Lyla", "Martin")
        outcome = binding.bind(world.session, world.enter(lyla, school), BORN, None, world.now).outcome
        assert outcome is Outcome.CONFLICT
        return lyla, *learners

    def test_staff_choose(self, world, twins, settle, waiting):
        lyla, _lila, lina = twins
        (request,) = waiting()
        assert [each.first_name for each in request.candidates] == ["Lila", "Lina"]
        assert settle(request.id, chosen={request.id: lina.id}) == [lina.id]
        assert holders(world) == [(lyla.id, lina.id)]
        assert world.session.scalars(select(BindingCandidate.learner_id)).all() == []

    def test_nothing_happens_where_nobody_is_chosen(self, world, school, twins, settle, waiting):
        other = world.learner(school, "Hugo", "Martin")
        (request,) = waiting()
        for chosen in (None, {request.id: other.id}):
            assert settle(request.id, chosen=chosen) == []
        assert waiting() == [request]

    def test_are_found_by_each_division(self, twins, waiting):
        assert len(waiting(division="4A")) == len(waiting(division="4B")) == 1


class TestRenewals:
    """In September the ENT is new: the same pupils under new accounts."""

    @pytest.fixture
    def september(self, world, school, platform):
        """Three pupils bound last year come under new accounts; returns the old and new persons by name."""
        people = {}
        for name in ("Ana", "Hugo", "Tom"):
            old = world.person(platform, name, "Martin")
            old.launched_at = world.now - timedelta(days=90)
            world.bind(old, world.learner(school, name, "Martin"))
            new = world.person(platform, name.upper(), "MARTIN")
            binding.bind(world.session, world.enter(new, school), BORN, None, world.now)
            people[name] = (old, new)
        return people

    def test_are_proposed_and_confirmed_at_once(self, world, school, september, head):
        proposed = settling.renewals(world.session, school.id)
        assert [(each.given_name, each.candidate.first_name) for each in proposed] == [
            ("ANA", "Ana"),
            ("HUGO", "Hugo"),
            ("TOM", "Tom"),
        ]
        ids = [each.request_id for each in proposed]
        assert len(settling.renew(world.session, school.id, ids, world.now, by=head.id)) == 3
        assert {person for person, _ in holders(world)} == {new.id for _, new in september.values()}
        assert trail(world)[-1] == ("binding.replaced", head.id, "new-account")
        assert settling.renewals(world.session, school.id) == []

    def test_an_account_in_use_is_no_old_one(self, world, school, september, head):
        september["Hugo"][0].launched_at = world.now
        world.session.flush()
        proposed = settling.renewals(world.session, school.id)
        assert [each.given_name for each in proposed] == ["ANA", "TOM"]
        every = world.session.scalars(select(BindingRequest.id)).all()
        assert len(settling.renew(world.session, school.id, every, world.now, by=head.id)) == 2
        assert september["Hugo"][0].id in {person for person, _ in holders(world)}

    def test_another_name_is_no_renewal(self, world, school, september):
        world.session.execute(
            update(Person).where(Person.id == september["Ana"][0].id).values(given_name="Jean", family_name="Petit")
        )
        assert [each.given_name for each in settling.renewals(world.session, school.id)] == ["HUGO", "TOM"]

    def test_a_page_of_them(self, world, school, september):
        assert len(settling.renewals(world.session, school.id, limit=2)) == 2


class TestByHand:
    @pytest.fixture
    def stranger(self, world, school, platform):
        """Who came as a pupil and was not found."""
        person = world.person(platform, "Chlo", "N")
        binding.bind(world.session, world.enter(person, school), BORN, None, world.now)
        return person

    def test_a_stranger_is_listed_and_bound(self, world, school, stranger, head):
        learner = world.learner(school)
        (listed,) = by_hand.strangers(world.session, school.id)
        assert (listed.person_id, listed.platform) == (stranger.id, "https://ent.example.fr")
        by_hand.bind_by_hand(world.session, school.id, learner.id, stranger.id, world.now, by=head.id, why=Why.KNOWN)
        assert holders(world) == [(stranger.id, learner.id)]
        assert trail(world)[-1] == ("binding.by-hand", head.id, "known-to-me")
        assert by_hand.strangers(world.session, school.id) == []
        (holder,) = by_hand.holders(world.session, school.id, learner.id)
        assert (holder.person_id, holder.given_name) == (stranger.id, "Chlo")

    def test_takes_the_place_of_who_was_there(self, world, school, platform, stranger, head):
        learner = world.learner(school)
        world.bind(world.person(platform), learner)
        by_hand.bind_by_hand(
            world.session, school.id, learner.id, stranger.id, world.now, by=head.id, why=Why.WRONG_PERSON
        )
        assert holders(world) == [(stranger.id, learner.id)]
        assert [action for action, *_ in trail(world)] == ["binding.removed", "binding.replaced"]

    def test_only_who_came_to_the_school_as_a_pupil(self, world, school, platform, head):
        learner = world.learner(school)
        elsewhere = world.school("0251235G", "Lycée Pasteur")
        teacher, other = world.person(platform, "Paul", "Prof"), world.person(platform, "Hugo", "Martin")
        world.enter(teacher, school, "teacher")
        world.enter(other, elsewhere)
        assert by_hand.strangers(world.session, school.id) == []
        for person in (teacher, other):
            with pytest.raises(ByHandError):
                by_hand.bind_by_hand(
                    world.session, school.id, learner.id, person.id, world.now, by=head.id, why=Why.KNOWN
                )

    def test_only_to_a_learner_of_the_school(self, world, school, stranger, head):
        learner = world.learner(world.school("0251235G", "Lycée Pasteur"))
        with pytest.raises(ByHandError):
            by_hand.bind_by_hand(
                world.session, school.id, learner.id, stranger.id, world.now, by=head.id, why=Why.KNOWN
            )

    def test_searched_by_name(self, world, school, stranger, platform):
        world.enter(world.person(platform, "Hugo", "Martin"), school)
        assert len(by_hand.strangers(world.session, school.id)) == 2
        assert [each.given_name for each in by_hand.strangers(world.session, school.id, search="hug")] == ["Hugo"]

    def test_unbinding(self, world, school, platform, head):
        learner, person = world.learner(school), world.person(platform)
        world.bind(person, learner)
        by_hand.unbind_by_hand(
            world.session, school.id, learner.id, person.id, world.now, by=head.id, why=Why.WRONG_PERSON
        )
        assert holders(world) == []
        assert trail(world) == [("binding.removed", head.id, "wrong-person")]
        with pytest.raises(ByHandError):
            by_hand.unbind_by_hand(
                world.session, school.id, learner.id, person.id, world.now, by=head.id, why=Why.WRONG_PERSON
            )


def test_the_trail_says_who_did_what_to_whom(world, school, platform, head):
    learner, person = world.learner(school), world.person(platform)
    binding.bind(world.session, world.enter(person, school), BORN, None, world.now)
    binding.unbind(world.session, person.id, school.id, world.now, by=head.id, why=Why.WRONG_PERSON)
    last, first = audit.trail(world.session, school.id, learner_id=learner.id)
    assert (last.action, last.actor, last.subject, last.learner) == (
        "binding.removed",
        "Hélène Garnier",
        "Chloé Nguyen",
        "Chloé Nguyen",
    )
    assert (first.action, first.actor) == ("binding.created", "Chloé Nguyen")
    assert audit.count(world.session, school.id) == 2
    assert audit.trail(world.session, school.id, page=2) == ()
