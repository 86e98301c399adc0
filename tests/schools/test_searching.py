"""A search finds a name however it is typed, and nothing that was not typed."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from lti_tool.schools.models import School
from lti_tool.schools.searching import matches


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        pytest.param("", True, id="nothing-typed"),
        pytest.param("  ", True, id="spaces"),
        pytest.param("élèves", True, id="as-it-stands-in-small-letters"),
        pytest.param("ELEVES", True, id="capitals-without-accents"),
        pytest.param("ÉLÈVES", True, id="capitals-with-accents"),
        pytest.param("coeur", True, id="ligature-as-two-letters"),
        pytest.param("CŒUR", True, id="ligature-in-capitals"),
        pytest.param("d'histoire", True, id="straight-apostrophe"),
        pytest.param("d’Histoire", True, id="curly-apostrophe"),
        pytest.param("histoire élève", True, id="words-in-another-order"),
        pytest.param("100 %", True, id="a-sign-that-like-knows"),
        pytest.param("%", True, id="a-sign-that-stands-there"),
        pytest.param("_", False, id="a-sign-that-does-not-stand-there"),
        pytest.param("élèves maths", False, id="one-word-too-many"),
    ],
)
def test_words_are_found_whatever_their_case_and_accents(world, typed: str, found: bool) -> None:
    world.school(name="Élèves au Cœur d’Histoire, 100 %")
    assert bool(world.session.scalar(select(School.id).where(matches(typed, School.name)))) is found


def test_a_word_may_stand_in_any_of_the_columns(world) -> None:
    world.school(uai="0251234F", name="Collège Jean-Rostand")
    statement = select(School.id).where(matches("rostand 0251", School.name, School.uai))
    assert world.session.scalar(statement) is not None
