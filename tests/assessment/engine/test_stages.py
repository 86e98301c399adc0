"""Stages and thematic results."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.assessment.engine.knowledge import KnowledgeElement
from lti_tool.assessment.engine.stages import Criterion, Stage, ThematicResult, level_threshold, stage_reached
from tests.assessment.authoring import small_bank

STAGES = (Stage("bien", 50), Stage("départ"), Stage("très bien", 80), Stage("un pas", first_skill=True))


@pytest.mark.parametrize(
    ("validated", "targeted", "name", "stars"),
    [
        pytest.param(0, 10, "départ", 0, id="the first is everybody's"),
        pytest.param(1, 200, "un pas", 1, id="a first skill, whatever its share"),
        pytest.param(5, 10, "bien", 2, id="at the threshold"),
        pytest.param(99, 200, "bien", 2, id="49.5 % reads 50"),
        pytest.param(79, 100, "bien", 2, id="just below"),
        pytest.param(10, 10, "très bien", 3, id="all"),
        pytest.param(0, 0, "départ", 0, id="nothing targeted"),
    ],
)
def test_a_stage_is_reached(validated: int, targeted: int, name: str, stars: int) -> None:
    reached = stage_reached(STAGES, validated, targeted)
    assert (reached.stage.name, reached.stars, reached.most) == (name, stars, 3)


@given(st.integers(0, 50), st.lists(st.builds(Stage, st.just("x"), st.integers(1, 100), st.booleans()), max_size=5))
def test_one_more_skill_never_lowers_the_stage(validated: int, stages: list[Stage]) -> None:
    stages = [Stage("départ"), *stages]
    assert stage_reached(stages, validated, 51).stars <= stage_reached(stages, validated + 1, 51).stars


@pytest.mark.parametrize("stages", [(), (Stage("a", 10),), (Stage("a", first_skill=True),)])
def test_there_must_be_a_first_stage(stages: tuple[Stage, ...]) -> None:
    with pytest.raises(ValueError, match="everybody"):
        stage_reached(stages, 1, 2)


def test_a_level_becomes_a_threshold(tmp_path: Path) -> None:
    bank = small_bank(tmp_path, {"a": ("1.1", (1, 2, 3, 4, 5, 6)), "b": ("5.1", (1, 2))})
    targets = [*bank.skills, "gone-1"]
    assert [level_threshold(bank, targets, level) for level in (0, 1, 2, 4, 6)] == [0, 25, 50, 75, 100]
    assert level_threshold(bank, [], 3) == 0


def known(*skills: str) -> dict[str, KnowledgeElement]:
    return {skill: KnowledgeElement(skill, True, "direct") for skill in skills}


@pytest.mark.parametrize(
    ("threshold", "validated", "acquisition"),
    [(50, "ab", 100), (50, "a", 50), (100, "abc", 75), (80, "abc", 94), (1, "a", 100), (30, "", 0)],
)
def test_a_criterion_counts_towards_its_threshold(threshold: int, validated: str, acquisition: int) -> None:
    assert Criterion(threshold, frozenset("abcd")).acquisition(known(*validated)) == acquisition


def test_a_thematic_result_needs_all_its_criteria() -> None:
    result = ThematicResult("Chercheur", (Criterion(100, frozenset("ab")), Criterion(50, frozenset("cd"))))
    assert (result.acquisition(known("a", "b")), result.is_obtained(known("a", "b"))) == (50, False)
    assert (result.acquisition(known("a", "b", "d")), result.is_obtained(known("a", "b", "d"))) == (100, True)
    assert not ThematicResult("vide", ()).is_obtained(known("a"))
    assert Criterion(50, frozenset()).acquisition({}) == 0
