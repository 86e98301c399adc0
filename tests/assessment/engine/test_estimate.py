"""What is believed after some answers: sums to one, whatever the order; follows the answers; knows its doubt."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.assessment.engine.estimate import GRID, Estimates, Observation, dot, estimates, guess
from lti_tool.assessment.engine.items import Bank, load_bank
from tests.assessment.authoring import small_bank

LEVELS = range(1, 7)


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    topics = {"a": ("1.1", LEVELS), "b": ("1.1", LEVELS), "c": ("5.2", LEVELS)}
    return small_bank(tmp_path_factory.mktemp("bank"), topics)


observations = st.builds(
    Observation, st.sampled_from("abc"), st.integers(1, 6), st.sampled_from((0.03, 0.25)), st.booleans()
)
histories = st.lists(observations, max_size=25)


def mean(believed: Estimates, topic: str) -> float:
    return dot(believed.topics[topic], GRID)


def doubt(believed: Estimates, topic: str) -> float:
    squares = tuple(ability**2 for ability in GRID)
    return dot(believed.topics[topic], squares) - mean(believed, topic) ** 2


@given(histories, st.integers())
def test_beliefs_sum_to_one_whatever_the_order(bank: Bank, history: list[Observation], seed: int) -> None:
    believed = estimates(bank, history)
    for vector in (believed.child, *believed.topics.values()):
        assert sum(vector) == pytest.approx(1)
        assert min(vector) >= 0
    random.Random(seed).shuffle(history)
    assert estimates(bank, history) == believed
    assert believed.touched == {one.topic_id for one in history}


@given(histories.filter(bool), st.integers(0, 24))
def test_a_right_answer_instead_of_a_wrong_one_lowers_nothing(
    bank: Bank, history: list[Observation], place: int
) -> None:
    place %= len(history)
    one = history[place]
    worse, better = (
        estimates(
            bank, [*history[:place], Observation(one.topic_id, one.level, one.guess, right), *history[place + 1 :]]
        )
        for right in (False, True)
    )
    for skill in bank.skills.values():
        assert better.chance(skill) >= worse.chance(skill) - 1e-9
    assert better.level >= worse.level - 1e-9


def test_harder_is_less_likely_known(bank: Bank) -> None:
    believed = estimates(bank, [Observation("a", 3, 0.03, True)])
    for topic in bank.topics:
        chances = [believed.chance(skill) for skill in topic.skills]
        assert all(easier > harder for easier, harder in pairwise(chances))


def test_an_answer_says_most_of_its_topic_then_of_its_competence_then_of_the_rest(bank: Bank) -> None:
    before, after = estimates(bank, []), estimates(bank, [Observation("a", 4, 0.03, True)])
    gains = [mean(after, topic) - mean(before, topic) for topic in "abc"]
    assert gains[0] > gains[1] > gains[2] > 0


def test_answers_leave_less_doubt_and_a_guess_says_less(bank: Bank) -> None:
    one = [Observation("a", level, 0.03, level <= 3) for level in (2, 3, 4)]
    assert doubt(estimates(bank, one), "a") < doubt(estimates(bank, one[:1]), "a") < doubt(estimates(bank, []), "a")
    sure, lucky = (estimates(bank, [Observation("a", 6, chance, True)]) for chance in (0.03, 0.25))
    assert mean(sure, "a") > mean(lucky, "a")


def test_how_likely_a_guess_is_depends_on_the_kind_of_question() -> None:
    for item in load_bank().items.values():
        assert 0 < guess(item) <= 1 / 3, item.id
