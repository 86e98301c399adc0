"""The bank that comes with the tool: whole, wide enough, of every kind."""

from __future__ import annotations

from lti_tool.assessment.engine.framework import COMPETENCES
from lti_tool.assessment.engine.items import KINDS, bank, faults


def test_nothing_is_wrong_in_it() -> None:
    assert faults() == ()


def test_it_covers_the_sixteen_competences_with_every_kind_of_question() -> None:
    assert [code for code in COMPETENCES if not bank().skills_of_competence(code)] == []
    assert len(bank().skills) >= 48
    assert {item.kind for item in bank().items.values()} <= set(KINDS)


def test_an_explanation_is_one_to_three_sentences_and_a_tutorial_fits_a_page() -> None:
    for item in bank().items.values():
        assert 40 <= len(item.explanation) <= 400, item.id
        assert 40 <= len(item.tutorial.text.split()) <= 220, item.tutorial.id


def test_the_place_of_the_right_choice_varies() -> None:
    places = [
        next(place for place, choice in enumerate(choices) if choice.right)
        for item in bank().items.values()
        if item.kind == "choice" and (choices := getattr(item.question, "choices", ()))
    ]
    assert set(places) >= {0, 1, 2, 3}
