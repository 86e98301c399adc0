"""The next question: adaptive, never twice, never what is known, always ending, the same after a break."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_tool.assessment.engine.items import Bank, Skill, load_bank
from lti_tool.assessment.engine.knowledge import Answer, infer
from lti_tool.assessment.engine.selection import (
    PRACTICAL_AFTER,
    estimated_level,
    next_item,
    open_skills,
    questions_left,
)
from tests.assessment.authoring import small_bank

TOPICS = {"a": ("1.1", range(1, 7)), "b": ("1.1", (1, 2, 3)), "c": ("4.2", (2, 4)), "d": ("5.1", (6,))}


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    return small_bank(tmp_path_factory.mktemp("bank"), TOPICS, items=3)


@pytest.fixture(scope="module")
def whole() -> Bank:
    return load_bank()


def take(
    bank: Bank,
    knows: Callable[[Skill], bool],
    targets: Sequence[str] | None = None,
    seed: str = "1",
    length: int | None = None,
) -> list[Answer]:
    """The whole test of a pupil who knows what `knows` says."""
    answers: list[Answer] = []
    targets = list(bank.skills) if targets is None else targets
    while item := next_item(bank, targets, answers, seed=seed, length=length):
        skill = bank.skill(item.skill_id)
        answers.append(Answer(len(answers) + 1, item.id, skill.id, knows(skill)))
    return answers


def still_open(bank: Bank, answers: Sequence[Answer]) -> list[Skill]:
    return list(open_skills(bank, list(bank.skills), answers))


abilities = st.integers(0, 7)
seeds = st.integers(0, 10_000).map(str)


@given(ability=abilities, slips=st.integers(), seed=seeds)
@settings(max_examples=60)
def test_every_test_ends_and_asks_nothing_twice_nor_what_is_settled(
    bank: Bank, ability: int, slips: int, seed: str
) -> None:
    draw = random.Random(slips)
    answers = take(bank, lambda skill: (skill.level <= ability) != (draw.random() < 0.2), seed=seed)
    assert len({answer.skill_id for answer in answers}) == len(answers)
    for number, answer in enumerate(answers):
        assert answer.skill_id in {skill.id for skill in still_open(bank, answers[:number])}
    assert still_open(bank, answers) == []
    assert set(infer(bank, answers)) == set(bank.skills)


@given(ability=abilities, seed=seeds, length=st.integers(0, 9))
def test_it_stops_at_its_length(bank: Bank, ability: int, seed: str, length: int) -> None:
    whole = take(bank, lambda skill: skill.level <= ability, seed=seed)
    assert take(bank, lambda skill: skill.level <= ability, seed=seed, length=length) == whole[:length]


@given(ability=abilities, seed=seeds, written=st.integers())
def test_a_break_changes_nothing(bank: Bank, ability: int, seed: str, written: int) -> None:
    answers = take(bank, lambda skill: skill.level <= ability, seed=seed)
    for number, answer in enumerate(answers):
        before = answers[:number]
        random.Random(written).shuffle(before)
        item = next_item(bank, list(bank.skills), before, seed=seed)
        assert item is not None
        assert item.id == answer.item_id


def test_the_next_question_depends_on_the_answers(bank: Bank) -> None:
    strong = take(bank, lambda skill: True)
    weak = take(bank, lambda skill: False)
    assert strong[0].skill_id == weak[0].skill_id
    assert [answer.skill_id for answer in strong[1:4]] != [answer.skill_id for answer in weak[1:4]]
    assert sum(bank.skill(answer.skill_id).level for answer in strong) / len(strong) > sum(
        bank.skill(answer.skill_id).level for answer in weak
    ) / len(weak)


@given(seed=seeds, ability=abilities)
def test_no_question_is_more_than_a_level_above_what_was_managed(bank: Bank, seed: str, ability: int) -> None:
    """At the start that means level 2 at most; harder ones come early only when nothing easier is left."""
    managed = 1
    answers = take(bank, lambda skill: skill.level <= ability, seed=seed)
    for number, answer in enumerate(answers):
        level = bank.skill(answer.skill_id).level
        assert level <= max(managed + 1, min(skill.level for skill in still_open(bank, answers[:number])))
        managed = max(managed, level if answer.right else 0)


@given(seed=seeds, ability=abilities)
def test_every_topic_is_asked_about_before_one_is_gone_into(bank: Bank, seed: str, ability: int) -> None:
    """As far as a question of it is within reach: one topic of this bank has level 6 only."""
    answers = take(bank, lambda skill: skill.level <= ability, seed=seed)
    topics = [bank.skill(answer.skill_id).topic_id for answer in answers[:3]]
    assert sorted(topics) == ["a", "b", "c"]


@given(seed=seeds)
@settings(max_examples=20, deadline=None)
def test_competences_alternate_while_all_have_questions(whole: Bank, seed: str) -> None:
    answers = take(whole, lambda skill: skill.level <= 3, seed=seed, length=25)
    competences = [whole.skill(answer.skill_id).competence for answer in answers]
    assert all(one != other for one, other in pairwise(competences))


@given(seed=seeds, slips=st.integers())
@settings(max_examples=20, deadline=None)
def test_after_two_failures_comes_a_question_that_will_likely_be_managed(whole: Bank, seed: str, slips: int) -> None:
    draw = random.Random(slips)
    answers = take(whole, lambda skill: draw.random() < 0.5, seed=seed, length=25)
    for number in range(2, len(answers)):
        if not answers[number - 2].right and not answers[number - 1].right:
            level = whole.skill(answers[number].skill_id).level
            assert level <= round(estimated_level(whole, answers[:number])) + 1


def test_practical_questions_come_neither_first_nor_bunched_while_there_are_others(whole: Bank) -> None:
    for seed in range(5):
        answers = take(whole, lambda skill: skill.level <= 3, seed=str(seed), length=30)
        places = [n for n, answer in enumerate(answers) if whole.item(answer.item_id).kind == "practical"]
        assert places[0] >= PRACTICAL_AFTER
        assert len(places) >= 4
        assert sum(later - earlier == 1 for earlier, later in pairwise(places)) <= 1


def test_a_test_of_everything_is_shorter_than_half_of_its_skills(whole: Bank) -> None:
    for ability in range(7):
        answers = take(whole, lambda skill, ability=ability: skill.level <= ability, seed="1")
        assert len(whole.topics) <= len(answers) < len(whole.skills) / 2


def test_neighbours_meet_different_questions(bank: Bank) -> None:
    tests = {tuple(answer.item_id for answer in take(bank, lambda skill: True, seed=str(n))) for n in range(20)}
    assert len(tests) > 10


def test_items_met_in_an_earlier_test_are_avoided(bank: Bank) -> None:
    first = next_item(bank, ["d-6"], [], seed="1")
    second = next_item(bank, ["d-6"], [], seed="1", met={first.id if first else ""})
    assert first is not None
    assert second is not None
    assert first.id != second.id
    all_met = {item.id for item in bank.items_of("d-6")}
    assert next_item(bank, ["d-6"], [], seed="1", met=all_met) == first


def test_targets_that_the_bank_no_longer_has_are_passed_over(bank: Bank) -> None:
    assert next_item(bank, ["gone-1"], [], seed="1") is None
    assert next_item(bank, [], [], seed="1") is None


def test_the_estimated_level_follows_the_answers(bank: Bank) -> None:
    def level(*given: tuple[str, bool]) -> float:
        return estimated_level(bank, [Answer(n, f"{skill}-a", skill, right) for n, (skill, right) in enumerate(given)])

    assert level(("a-2", False)) < level() < level(("a-2", True)) < level(("a-6", True), ("b-3", True))
    assert 0 <= level(*((f"a-{n}", False) for n in range(1, 7))) < 1.5
    assert 4 < level(*((f"a-{n}", True) for n in range(1, 7))) <= 7


@given(ability=abilities, seed=seeds)
def test_the_questions_announced_are_near_those_asked(bank: Bank, ability: int, seed: str) -> None:
    answers = take(bank, lambda skill: skill.level <= ability, seed=seed)
    assert abs(questions_left(bank, list(bank.skills), []) - len(answers)) <= 5
    assert questions_left(bank, list(bank.skills), answers) == 0
    assert questions_left(bank, list(bank.skills), answers[:2], length=3) <= 1
