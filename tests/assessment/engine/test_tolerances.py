"""Typed answers compared with accepted ones: each tolerance alone, together, and what none of them forgives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.assessment.engine.tolerances import MAX_ANSWER_LENGTH, TOLERANCES, folded, matches

ALL = ("t1", "t2", "t3")


@pytest.mark.parametrize(
    ("answer", "accepted", "tolerances"),
    [
        pytest.param("pdf", "pdf", (), id="the same"),
        pytest.param("  pdf\n", "pdf", (), id="spaces around never count"),
        pytest.param("100\u00a0Mo", "100 Mo", (), id="a non-breaking space is a space"),
        pytest.param("l’adresse", "l'adresse", (), id="a typographic apostrophe is an apostrophe"),
        pytest.param("e\u0301te\u0301", "été", (), id="composed and decomposed accents are the same"),
        pytest.param("PDF", "pdf", ("t1",), id="t1: capitals"),
        pytest.param("hameconnage", "hameçonnage", ("t1",), id="t1: accents"),
        pytest.param("mot de passe", "motdepasse", ("t1",), id="t1: spaces"),
        pytest.param("coeur", "cœur", ("t1",), id="t1: ligatures"),
        pytest.param(".odt", "odt", ("t2",), id="t2: special characters"),
        pytest.param("e-mail !", "email", ("t1", "t2"), id="t1 and t2"),
        pytest.param("corbeile", "corbeille", ("t3",), id="t3: a letter is missing"),
        pytest.param("Korbeille.", "corbeille", ALL, id="all three"),
    ],
)
def test_accepted(answer: str, accepted: str, tolerances: tuple[str, ...]) -> None:
    assert matches(answer, accepted, tolerances)


@pytest.mark.parametrize(
    ("answer", "accepted", "tolerances"),
    [
        pytest.param("PDF", "pdf", (), id="capitals without t1"),
        pytest.param("été", "ete", ("t2", "t3"), id="accents without t1"),
        pytest.param(".odt", "odt", ("t1",), id="special characters without t2"),
        pytest.param("corbeile", "corbeille", ("t1", "t2"), id="a letter missing without t3"),
        pytest.param("poubelle", "corbeille", ALL, id="another word"),
        pytest.param("odp", "odt", ALL, id="t3 forgives nothing in three letters"),
        pytest.param("htp", "http", ALL, id="one change in three typed letters is too many"),
        pytest.param("", "pdf", ALL, id="nothing"),
        pytest.param("...", "pdf", ALL, id="nothing left after t2"),
        pytest.param("...", "!!!", ALL, id="nothing left on both sides"),
        pytest.param("пдф", "pdf", ALL, id="another alphabet"),
        pytest.param("=1+1", "2", ALL, id="a formula"),
        pytest.param("pdf" * 4000, "pdf", ALL, id="far too long"),
        pytest.param("pdf" + " " * 10_000, "pdf", ALL, id="far too long by spaces"),
    ],
)
def test_refused(answer: str, accepted: str, tolerances: tuple[str, ...]) -> None:
    assert not matches(answer, accepted, tolerances)


@given(st.text(min_size=1, max_size=MAX_ANSWER_LENGTH), st.sets(st.sampled_from(TOLERANCES)))
def test_an_accepted_answer_is_accepted_unless_nothing_is_left_of_it(text: str, tolerances: set[str]) -> None:
    assert matches(text, text, tolerances) == bool(folded(text, tolerances))


@given(st.text(max_size=20), st.text(max_size=20))
def test_t3_only_ever_adds(answer: str, accepted: str) -> None:
    assert not matches(answer, accepted, ("t1", "t2")) or matches(answer, accepted, ALL)


@given(st.text(alphabet="abc", max_size=8), st.text(alphabet="abc", max_size=8))
def test_t3_is_an_edit_distance_of_at_most_a_quarter_of_what_was_typed(answer: str, accepted: str) -> None:
    assert matches(answer, accepted, ("t3",)) == bool(
        answer and accepted and slow_distance(answer, accepted) <= len(answer) / 4
    )


def slow_distance(one: str, other: str) -> int:
    """The definition, written out."""
    if not one or not other:
        return len(one) + len(other)
    if one[0] == other[0]:
        return slow_distance(one[1:], other[1:])
    return 1 + min(slow_distance(one[1:], other), slow_distance(one, other[1:]), slow_distance(one[1:], other[1:]))
