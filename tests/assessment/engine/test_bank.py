"""The bank that comes with the tool: whole, wide enough, of every kind."""

from __future__ import annotations

import re

import pytest

from lti_tool.assessment.engine.framework import COMPETENCES, LEVELS
from lti_tool.assessment.engine.items import KINDS, bank, faults
from lti_tool.assessment.engine.practical.question import Practical


def test_nothing_is_wrong_in_it() -> None:
    assert faults() == ()


def test_it_covers_the_sixteen_competences_with_every_kind_of_question() -> None:
    for code in COMPETENCES:
        topics = bank().topics_of_competence(code)
        assert len(topics) >= 2, code
        assert all([skill.level for skill in topic.skills] == list(LEVELS) for topic in topics), code
    assert len(bank().skills) >= 192
    assert len(bank().items) >= 240
    assert {item.kind for item in bank().items.values()} == set(KINDS)


def test_practical_items_are_many_and_of_many_sorts() -> None:
    practical = [item.question for item in bank().items.values() if isinstance(item.question, Practical)]
    assert len(practical) >= 36
    assert len({question.sort for question in practical}) >= 8


@pytest.mark.parametrize("seed", ["", "1", "2026"])
def test_no_word_is_left_open_in_a_text(seed: str) -> None:
    for item in bank().items.values():
        made = item.for_seed(seed)
        if item.kind == "practical":
            assert not re.search(r"\{[a-z]+\}", made.statement + made.explanation), item.id
            assert "  " not in made.statement, item.id
        else:
            assert made is item


def test_an_explanation_is_one_to_three_sentences_and_a_tutorial_fits_a_page() -> None:
    for item in bank().items.values():
        assert 40 <= len(item.for_seed("1").explanation) <= 500, item.id
        assert 40 <= len(item.tutorial.text.split()) <= 220, item.tutorial.id


def test_the_place_of_the_right_choice_varies() -> None:
    places = [
        next(place for place, choice in enumerate(choices) if choice.right)
        for item in bank().items.values()
        if item.kind == "choice" and (choices := getattr(item.question, "choices", ()))
    ]
    assert set(places) >= {0, 1, 2, 3}
