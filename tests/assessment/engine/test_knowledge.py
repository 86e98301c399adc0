"""What answers say of skills: asked, implied, contradicted, forgotten."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.assessment.engine.items import Bank
from lti_tool.assessment.engine.knowledge import Answer, infer
from tests.assessment.authoring import small_bank

LEVELS = range(1, 7)


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    return small_bank(tmp_path_factory.mktemp("bank"), {"a": ("1.1", LEVELS), "b": ("5.2", LEVELS)})


def answers(*given: tuple[str, bool]) -> list[Answer]:
    return [Answer(n, f"{skill}-a", skill, right) for n, (skill, right) in enumerate(given, start=1)]


def said(bank: Bank, *given: tuple[str, bool]) -> str:
    """Topic a as six letters: V and X asked, v and x inferred, . unknown."""
    known = infer(bank, answers(*given))
    letters = {("direct", True): "V", ("direct", False): "X", ("inferred", True): "v", ("inferred", False): "x"}
    return "".join(
        letters[known[f"a-{level}"].source, known[f"a-{level}"].validated] if f"a-{level}" in known else "."
        for level in LEVELS
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param([], "......", id="no answer, nothing known"),
        pytest.param([("a-4", True)], "vvvVxx", id="a success validates the easier ones"),
        pytest.param([("a-3", False)], "xxXxxx", id="a failure invalidates the harder ones, and gives nothing"),
        pytest.param([("a-3", False), ("b-1", True)], "vxXxxx", id="of the levels that were managed elsewhere"),
        pytest.param([("b-3", True)], "......", id="nothing is said of a topic of which nothing was asked"),
        pytest.param([("a-2", True), ("a-3", True)], "vVVxxx", id="beyond what was managed nothing is validated"),
        pytest.param([("a-3", True), ("b-4", True)], "vvVvxx", id="beyond a success the estimate decides"),
        pytest.param(
            [("a-6", True), ("a-2", False)], "vXxxxV", id="asked wins; between, a lucky guess is seen through"
        ),
        pytest.param([("a-2", False), ("a-6", True)], "vXxxxV", id="the other way round"),
        pytest.param([("a-3", True), ("a-2", False), ("b-1", False)], "vXVxxx", id="the estimate settles between"),
        pytest.param([("a-3", False), ("a-4", True)], "vvXVxx", id="easier and harder than the contradiction"),
        pytest.param(
            [("a-3", False), ("a-3", True)], "vvVxxx", id="the latest of a skill counts, with what it implied"
        ),
        pytest.param([("gone-3", True), ("a-1", True)], "Vxxxxx", id="skills no longer in the bank say nothing"),
    ],
)
def test_inference(bank: Bank, given: list[tuple[str, bool]], expected: str) -> None:
    assert said(bank, *given) == expected


@given(
    level=st.integers(1, 6),
    right=st.booleans(),
    elsewhere=st.lists(st.tuples(st.sampled_from([f"b-{level}" for level in LEVELS]), st.booleans()), max_size=4),
)
def test_whatever_else_a_success_validates_the_easier_and_a_failure_invalidates_the_harder(
    bank: Bank, level: int, right: bool, elsewhere: list[tuple[str, bool]]
) -> None:
    known = infer(bank, answers(*elsewhere, (f"a-{level}", right)))
    implied = range(1, level) if right else range(level + 1, 7)
    assert all(known[f"a-{other}"].validated == right for other in implied)


def test_what_answers_elsewhere_show_helps_to_infer(bank: Bank) -> None:
    strong = [(f"b-{level}", True) for level in LEVELS]
    weak = [(f"b-{level}", False) for level in LEVELS]
    assert said(bank, ("a-3", True), *strong) == "vvVvvx"
    assert said(bank, ("a-3", True), *weak) == "vvVxxx"


def test_only_targeted_skills_are_told(bank: Bank) -> None:
    assert set(infer(bank, answers(("a-4", True)), targets=["a-1", "a-4", "b-6"])) == {"a-1", "a-4"}


skill_ids = st.sampled_from([f"{topic}-{level}" for topic in "ab" for level in LEVELS])
histories = st.lists(st.tuples(skill_ids, st.booleans()), max_size=15)


@given(history=st.lists(skill_ids, max_size=15))
def test_who_manages_nothing_is_given_nothing(bank: Bank, history: list[str]) -> None:
    known = infer(bank, answers(*((skill, False) for skill in history)))
    assert not any(element.validated for element in known.values())


@given(history=histories, seed=st.integers())
def test_the_order_of_writing_does_not_matter(bank: Bank, history: list[tuple[str, bool]], seed: int) -> None:
    shuffled = answers(*history)
    random.Random(seed).shuffle(shuffled)
    assert infer(bank, shuffled) == infer(bank, answers(*history))


@given(history=histories, place=st.integers(0, 14))
def test_a_right_answer_instead_of_a_wrong_one_never_takes_a_skill_away(
    bank: Bank, history: list[tuple[str, bool]], place: int
) -> None:
    better = [(skill, right or n == place) for n, (skill, right) in enumerate(history)]
    before, after = infer(bank, answers(*history)), infer(bank, answers(*better))
    assert {skill for skill, element in before.items() if element.validated} <= {
        skill for skill, element in after.items() if element.validated
    }


@given(history=histories)
def test_what_was_asked_is_direct_and_as_last_answered(bank: Bank, history: list[tuple[str, bool]]) -> None:
    known = infer(bank, answers(*history))
    for skill, right in dict(history).items():
        assert (known[skill].validated, known[skill].source) == (right, "direct")


def test_there_is_no_knowledge_without_a_bank_topic(tmp_path: Path) -> None:
    assert infer(small_bank(tmp_path, {"c": ("1.1", (1,))}), answers(("a-3", True))) == {}
