"""Whom names mean: exactly one learner, or nobody is chosen."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lti_tool.schools.matching import LETTERS_PER_EDIT, are_same, find, match
from lti_tool.schools.names import normalise
from tests.schools.matching_cases import CASES, NOBODY, SEVERAL, line


@pytest.mark.parametrize("case", [each for _, each in CASES], ids=[about for about, _ in CASES])
def test_whom_names_mean(case):
    found = find(case.given, case.family, case.lines)
    nobody = SEVERAL if found.several else NOBODY
    meant = nobody if found.learner is None else found.learner.key
    assert meant == case.meant
    assert match(case.given, case.family, case.lines) == (meant if isinstance(meant, int) else None)


def test_the_table_is_large_enough():
    assert len(CASES) >= 120
    assert len({about for about, _ in CASES}) == len(CASES)


def test_several_are_those_who_could_be_meant():
    lines = [line(1, "Lina", "Martin"), line(2, "Luna", "Martin"), line(3, "Hugo", "Martin")]
    assert find("Lyna", "Martin", lines).several == (1, 2)


@pytest.mark.parametrize(
    ("names", "others", "expected"),
    [
        (("Chloé", "Nguyen"), ("CHLOE", "NGUYEN"), True),
        (("Chloé", "Nguyen"), ("Hugo", "Nguyen"), False),
        ((None, None), (None, None), False),
        (("Chloé", None), ("Chloé", None), False),
    ],
)
def test_two_persons_of_the_same_names(names, others, expected):
    assert are_same(names, others) is expected


NAMES = st.text(min_size=1, max_size=12)
LETTERS = st.text("abcdefghijklmnoprstuvé", min_size=3, max_size=12)
ROWS = st.lists(st.tuples(NAMES, NAMES, st.none() | NAMES, st.none() | NAMES, st.booleans()), max_size=6)


def lines_of(rows):
    return [
        line(key, first, last, usage, second, active=on) for key, (first, last, usage, second, on) in enumerate(rows)
    ]


@given(NAMES, NAMES, ROWS)
def test_the_answer_is_one_of_the_lines_in_whatever_order_they_come(given_name, family_name, rows):
    lines = lines_of(rows)
    found, turned = find(given_name, family_name, lines), find(given_name, family_name, lines[::-1])
    assert found.learner is None or found.learner in lines
    assert turned.learner == found.learner
    assert sorted(turned.several) == sorted(found.several)
    assert set(found.several) <= set(range(len(lines)))


@given(LETTERS, LETTERS)
def test_the_register_s_own_name_is_found_and_a_double_makes_it_nobody(first, last):
    assert match(first, last, [line(1, first, last)]) == 1
    assert match(first, last, [line(1, first, last), line(2, first, last)]) is None


@given(LETTERS, LETTERS, ROWS)
def test_somebody_else_s_line_never_takes_an_exact_name(first, last, rows):
    lines = lines_of(rows)
    own = line(99, first, last)
    assert match(first, last, [own, *lines]) in (99, None)


@given(LETTERS, LETTERS, st.data())
def test_one_slip_in_four_letters_is_forgiven_and_no_more(first, last, data):
    """A slip in a long name is found, one in a short name never."""
    place = data.draw(st.integers(0, len(last) - 1))
    wrong = f"{last[:place]}x{last[place + 1 :]}"
    found = match(first, wrong, [line(1, first, last)])
    assert found == (1 if len(normalise(wrong)) >= LETTERS_PER_EDIT else None)


@given(LETTERS, LETTERS, LETTERS)
def test_two_near_learners_are_never_told_apart_by_a_slip(first, last, middle):
    """Whoever is a letter away from two lines of one family is asked for apart."""
    assume(len(normalise(middle)) >= LETTERS_PER_EDIT and "x" not in middle)
    lines = [line(1, middle + "w", last), line(2, middle + "y", last)]
    found = find(middle + "x", last, lines)
    assert found.learner is None
    assert found.several == (1, 2)
