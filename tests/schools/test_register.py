"""The register as staff see it, and what they settle."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from lti_tool.schools import binding, register, replacing
from lti_tool.schools.binding import TypedNames
from lti_tool.schools.models import AuditLine, Binding, WebSession
from lti_tool.schools.register import Decision

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


class TestListing:
    @pytest.fixture(autouse=True)
    def five(self, world, school, platform):
        world.learner(world.school("0251235G", "Lycée Pasteur"), "Ailleurs")
        world.learner(school, "Zoé", "Roux", division="4B", active=False)
        self.hugo = world.learner(school, "Hugo", "Martin", division="4B")
        world.learner(school, "Tom", "Roux", division="4B")
        world.learner(school, "Chloé", "Nguyen", division="4A")
        world.learner(school, "Ana", "Nguyen", division="4A")
        world.bind(world.person(platform), self.hugo)

    def names(self, listing):
        return [line.first_name for line in listing.lines]

    def test_by_division_and_name(self, world, school):
        listing = register.listing(world.session, school.id)
        assert self.names(listing) == ["Ana", "Chloé", "Hugo", "Tom"]
        assert [line.is_bound for line in listing.lines] == [False, False, True, False]
        assert (listing.total, listing.pages) == (4, 1)

    def test_birthdates_and_ine_are_for_administrators(self, world, school):
        line = register.listing(world.session, school.id, division="4B").lines[0]
        assert (line.ine, line.birthdate) == (None, None)
        line = register.listing(world.session, school.id, division="4B", confidential=True).lines[0]
        assert (line.ine, line.birthdate) == (self.hugo.ine, BORN)

    @pytest.mark.parametrize(
        ("page", "shown", "names"),
        [
            pytest.param(1, 1, ["Ana", "Chloé", "Hugo"], id="first"),
            pytest.param(2, 2, ["Tom"], id="last"),
            pytest.param(9, 2, ["Tom"], id="beyond"),
            pytest.param(0, 1, ["Ana", "Chloé", "Hugo"], id="before"),
        ],
    )
    def test_pages(self, world, school, page, shown, names):
        listing = register.listing(world.session, school.id, page=page, per_page=3)
        assert (listing.page, listing.pages, self.names(listing)) == (shown, 2, names)

    def test_with_those_who_left(self, world, school):
        listing = register.listing(world.session, school.id, division="4B", with_inactive=True)
        assert [(line.first_name, line.active) for line in listing.lines] == [
            ("Hugo", True),
            ("Tom", True),
            ("Zoé", False),
        ]

    def test_divisions(self, world, school):
        assert register.divisions(world.session, school.id) == [
            register.Division("4A", 2, 0),
            register.Division("4B", 2, 1),
        ]


def test_an_empty_register(world, school):
    assert register.listing(world.session, school.id) == register.Listing((), 0, 1, register.PER_PAGE)
    assert register.divisions(world.session, school.id) == []
    assert register.last_import(world.session, school.id) is None


class TestRequests:
    @pytest.fixture
    def asked(self, world, school, platform):
        """A pupil without names typed them; returns their person and their learner."""
        person = world.person(platform, None, None)
        learner = world.learner(school)
        binding.bind(world.session, world.enter(person, school), BORN, TypedNames("Cloé", "Nguyen"), world.now)
        binding.bind(world.session, world.enter(person, school), BORN, TypedNames("Chloé", "Nguyen"), world.now)
        return person, learner

    def test_are_shown_with_what_is_needed(self, world, school, asked):
        (request,) = register.requests(world.session, school.id)
        assert (request.reason, request.given_name, request.family_name) == ("typed-names", "Chloé", "Nguyen")
        assert (request.learner_first_name, request.division, request.held_by) == ("Chloé", "4A", None)
        assert register.count_requests(world.session, school.id) == 1
        assert register.requests(world.session, school.id, division="4B") == []

    def test_one_click_binds(self, world, school, asked, head):
        person, learner = asked
        (request,) = register.requests(world.session, school.id)
        assert register.settle(world.session, school.id, [request.id], Decision.BIND, world.now, by=head.id) == [
            learner.id
        ]
        assert world.session.execute(select(Binding.person_id, Binding.learner_id)).all() == [(person.id, learner.id)]
        assert register.requests(world.session, school.id) == []
        last = world.session.scalars(select(AuditLine).order_by(AuditLine.id.desc())).first()
        assert (last.action, last.person_id) == ("binding.confirmed", head.id)

    def test_refusing_leaves_the_learner_free(self, world, school, asked, head):
        (request,) = register.requests(world.session, school.id)
        assert register.settle(world.session, school.id, [request.id], Decision.REFUSE, world.now, by=head.id) == []
        assert world.session.scalars(select(Binding.id)).all() == []
        assert register.requests(world.session, school.id) == []

    def test_a_click_too_many_does_nothing(self, world, school, asked, head):
        (request,) = register.requests(world.session, school.id)
        register.settle(world.session, school.id, [request.id], Decision.BIND, world.now, by=head.id)
        assert register.settle(world.session, school.id, [request.id], Decision.BIND, world.now, by=head.id) == []

    def test_another_school_s_requests_are_out_of_reach(self, world, school, asked, head):
        other = world.school("0251235G", "Lycée Pasteur")
        (request,) = register.requests(world.session, school.id)
        assert register.settle(world.session, other.id, [request.id], Decision.BIND, world.now, by=head.id) == []
        assert register.count_requests(world.session, school.id) == 1

    def test_a_conflict_settled_replaces_who_was_there(self, world, school, platform, head):
        learner = world.learner(school)
        wrong = world.person(platform, "Chloé", "Nguyen")
        world.bind(wrong, learner)
        world.enter(wrong, school)
        right = world.person(platform, "Chloe", "NGUYEN")
        binding.bind(world.session, world.enter(right, school), BORN, None, world.now)
        (request,) = register.requests(world.session, school.id)
        assert (request.reason, request.held_by) == ("already-bound", "Chloé Nguyen")

        register.settle(world.session, school.id, [request.id], Decision.BIND, world.now, by=head.id)

        assert world.session.scalars(select(Binding.person_id)).all() == [right.id]
        assert world.session.scalars(select(WebSession.person_id)).all() == [right.id]
        trail = world.session.scalars(select(AuditLine.action).order_by(AuditLine.id)).all()
        assert trail == ["binding.requested", "binding.removed", "binding.confirmed"]

    def test_a_conflict_of_a_platform_added_again_unbinds_the_other_line(self, world, school, platform, head):
        """One sub, bound to another line at the old registration than at the new: staff say which it is."""
        again = world.platform("https://ent-again.example.fr")
        old, new = world.person(platform), world.person(again)
        new.sub = old.sub
        wrong, right = world.learner(school, "Chloé"), world.learner(school, "Cléo")
        world.bind(old, right)
        world.bind(new, wrong)
        world.session.flush()
        replacing.move_people(world.session, platform.id, again.id, world.now)
        (request,) = register.requests(world.session, school.id)

        register.settle(world.session, school.id, [request.id], Decision.BIND, world.now, by=head.id)

        bound = world.session.execute(select(Binding.person_id, Binding.learner_id, Binding.platform_id)).all()
        assert bound == [(new.id, right.id, again.id)]
        assert register.requests(world.session, school.id) == []
        trail = world.session.scalars(select(AuditLine.action).order_by(AuditLine.id)).all()
        assert trail == ["binding.conflict", "binding.removed", "binding.confirmed"]
