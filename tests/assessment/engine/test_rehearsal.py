"""A test taken for nobody: the same questions as a pupil would meet, from the outcomes alone."""

from __future__ import annotations

import pytest

from lti_tool.assessment.engine import rehearsal
from lti_tool.assessment.engine.items import bank
from lti_tool.assessment.engine.knowledge import Answer
from lti_tool.assessment.engine.profiles import target_profiles
from lti_tool.assessment.engine.rehearsal import SEED, rehearse
from lti_tool.assessment.engine.selection import next_item

DISCOVERY = target_profiles(bank())["decouverte"]
SKILLS = tuple(DISCOVERY.skill_ids)


def test_it_asks_what_a_pupil_of_the_same_answers_is_asked() -> None:
    answers: list[Answer] = []
    for outcome in "10110":
        item = next_item(bank(), SKILLS, answers, seed=SEED, length=DISCOVERY.length)
        assert item
        answers.append(Answer(len(answers) + 1, item.id, item.skill_id, outcome == "1"))

    here = rehearse(SKILLS, DISCOVERY.length, "10110")

    assert here.answers == tuple(answers)
    assert here.outcomes == "10110"


@pytest.mark.parametrize("outcomes", ["1" * 500, "0" * 500, "1x0é" * 200], ids=["right", "wrong", "odd"])
def test_it_ends_whatever_the_address_says(outcomes: str) -> None:
    here = rehearse(SKILLS, DISCOVERY.length, outcomes)

    assert here.waiting is None
    assert len(here.answers) <= (DISCOVERY.length or len(SKILLS))
    assert rehearsal.questions_in_all(SKILLS, DISCOVERY.length, here) == len(here.answers)


def test_its_end_shows_what_was_known() -> None:
    right, wrong = (rehearse(SKILLS, DISCOVERY.length, letter * 500) for letter in "10")

    assert rehearsal.result(SKILLS, right).validated == len(SKILLS)
    assert rehearsal.result(SKILLS, wrong).validated == 0
