"""Pix, levels, certifiable and the nearest way there."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.assessment.engine.framework import COMPETENCES
from lti_tool.assessment.engine.items import Bank, bank
from lti_tool.assessment.engine.knowledge import KnowledgeElement
from lti_tool.assessment.engine.pix import CERTIFIABLE_COMPETENCES, MOST_PIX, nearest_way, profile
from tests.assessment.authoring import small_bank

SKILLS = sorted(bank().skills)


def known(*validated: str, failed: tuple[str, ...] = ()) -> dict[str, KnowledgeElement]:
    elements = [KnowledgeElement(skill, skill not in failed, "direct") for skill in (*validated, *failed)]
    return {element.skill_id: element for element in elements}


@pytest.fixture(scope="module")
def two_topics(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    return small_bank(
        tmp_path_factory.mktemp("bank"), {"a": ("1.1", (1, 2, 3)), "b": ("1.1", (1, 2)), "c": ("4.2", (2,))}
    )


@pytest.mark.parametrize(
    ("validated", "pix", "level"),
    [
        pytest.param((), 0, 0, id="nothing"),
        pytest.param(("a-1",), 4, 0, id="half of level 1"),
        pytest.param(("a-1", "b-1"), 8, 1, id="level 1"),
        pytest.param(("a-1", "a-2"), 8, 1, id="eight pix from two levels make a level too"),
        pytest.param(("a-3",), 8, 1, id="the only skill of its level has its eight pix"),
        pytest.param(("a-1", "b-1", "a-2", "b-2", "a-3"), 24, 3, id="everything there is"),
        pytest.param(("a-1", "gone-1"), 4, 0, id="withdrawn skills count for nothing"),
    ],
)
def test_a_levels_eight_pix_are_shared_by_its_skills(
    two_topics: Bank, validated: tuple[str, ...], pix: int, level: int
) -> None:
    standing = profile(two_topics, known(*validated)).of("1.1")
    assert (standing.pix, standing.level) == (pix, level)


def test_a_sum_is_rounded_down_once(tmp_path: Path) -> None:
    three = small_bank(tmp_path, {"a": ("1.1", (1,)), "b": ("1.1", (1,)), "c": ("1.1", (1,))})
    assert [profile(three, known(*skills)).pix for skills in (("a-1",), ("a-1", "b-1"), ("a-1", "b-1", "c-1"))] == [
        2,
        5,
        8,
    ]


def test_all_skills_give_all_pix() -> None:
    everything = profile(bank(), known(*SKILLS))
    assert {each.pix for each in everything.standings} == {MOST_PIX}
    assert {each.towards_next for each in everything.standings} == {1.0}
    assert everything.pix == 16 * 48
    assert everything.missing == 0
    assert nearest_way(bank(), known(*SKILLS)) == ()


def test_what_failed_is_tested_and_worth_nothing(two_topics: Bank) -> None:
    failed = profile(two_topics, known(failed=("a-1",))).of("1.1")
    assert (failed.tested, failed.pix, failed.level) == (True, 0, 0)


@given(st.lists(st.sampled_from(SKILLS), unique=True), st.sampled_from(SKILLS))
def test_one_more_skill_lowers_nothing_and_failures_count_for_nothing(skills: list[str], more: str) -> None:
    before, after = profile(bank(), known(*skills)), profile(bank(), known(*skills, more))
    assert before.pix <= after.pix <= 16 * MOST_PIX
    assert before.missing >= after.missing
    failed = tuple(skill for skill in SKILLS[::5] if skill not in skills)
    assert profile(bank(), known(*skills, failed=failed)).pix == before.pix


@given(st.lists(st.sampled_from(SKILLS), unique=True))
def test_the_nearest_way_leads_there(skills: list[str]) -> None:
    way = nearest_way(bank(), known(*skills))
    assert len(way) == profile(bank(), known(*skills)).missing
    learnt = [skill.id for step in way for skill in step.skills]
    assert not set(learnt) & set(skills)
    assert profile(bank(), known(*skills, *learnt)).missing == 0
    assert [len(step.skills) for step in way] == sorted(len(step.skills) for step in way)


def test_what_lacks_one_skill_comes_first() -> None:
    code = next(code for code in COMPETENCES if len(bank().topics_of_competence(code)) >= 2)
    easiest = [skill.id for skill in bank().skills_of_competence(code) if skill.level == 1]
    first, *others = nearest_way(bank(), known(*easiest[:-1]))
    assert first.standing.competence.code == code
    assert [skill.id for skill in first.skills] == easiest[-1:]
    assert len(others) == CERTIFIABLE_COMPETENCES - 1


def test_a_competence_that_the_bank_cannot_bring_there_is_passed_over(two_topics: Bank) -> None:
    assert [step.standing.competence.code for step in nearest_way(two_topics, {})] == ["4.2", "1.1"]
