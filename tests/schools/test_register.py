"""The register as staff see it."""

from __future__ import annotations

from datetime import date

import pytest

from lti_tool.schools import register

BORN = date(2012, 3, 14)


@pytest.fixture
def school(world):
    return world.school()


@pytest.fixture
def platform(world):
    return world.platform()


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


def test_one_line_and_only_of_this_school(world, school):
    learner = world.learner(school, active=False)
    elsewhere = world.learner(world.school("0251235G", "Lycée Pasteur"))
    assert register.learner(world.session, school.id, learner.id) is learner
    with pytest.raises(register.NoSuchLearnerError):
        register.learner(world.session, school.id, elsewhere.id)


def test_the_list_of_a_class_to_print(world, school, platform):
    world.learner(school, "Zoé", "Adam", preferred_last_name="Roux")
    hugo = world.learner(school, "Hugo", "Martin")
    world.learner(school, "Tom", "Petit", division="4B")
    world.learner(school, "Léa", "Petit", active=False)
    world.bind(world.person(platform), hugo)
    assert register.class_list(world.session, school.id, "4A") == [
        register.ClassLine("Martin", "Hugo", True),
        register.ClassLine("Roux", "Zoé", False),
    ]
