"""Level and pix in each competence, and being certifiable, from what a child is known to know."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from lti_tool.assessment.engine.framework import COMPETENCES
from lti_tool.assessment.engine.items import bank
from lti_tool.assessment.engine.knowledge import KnowledgeElement
from lti_tool.assessment.profile import CERTIFIABLE_COMPETENCES, MOST_PIX, Profile, profile

SKILLS = sorted(bank().skills)


def knowing(skills: Iterable[str], *, failing: Iterable[str] = ()) -> Profile:
    known = {skill: KnowledgeElement(skill, False, "direct") for skill in failing}
    return profile(bank(), known | {skill: KnowledgeElement(skill, True, "direct") for skill in skills})


def up_to(level: int, *codes: str) -> list[str]:
    return [skill.id for code in codes for skill in bank().skills_of_competence(code) if skill.level <= level]


def test_a_level_is_worth_eight_pix_shared_by_its_skills() -> None:
    (first, *others) = up_to(1, "1.1")
    standing = knowing([first]).of("1.1")

    assert standing.pix == 8 // (1 + len(others))
    assert standing.level == 0
    assert knowing([first, *others]).of("1.1").pix == 8
    assert knowing(up_to(3, "1.1")).of("1.1").level == 3


def test_all_there_is_makes_the_highest_level_everywhere() -> None:
    everything = knowing(SKILLS)

    assert {each.pix for each in everything.standings} == {MOST_PIX}
    assert {each.towards_next for each in everything.standings} == {1.0}
    assert everything.pix == MOST_PIX * len(COMPETENCES)
    assert everything.nearest == ()


def test_what_failed_is_tested_and_worth_nothing() -> None:
    failed = knowing([], failing=up_to(6, "1.1")).of("1.1")

    assert (failed.tested, failed.pix, failed.level) == (True, 0, 0)


def test_the_nearest_way_to_being_certifiable_begins_where_least_is_missing() -> None:
    half = up_to(1, "5.2")[:1]
    child = knowing([*up_to(1, "1.1", "1.2", "1.3"), *half])

    assert [each.competence.code for each in child.counting] == ["1.1", "1.2", "1.3"]
    assert child.missing == 2
    assert [each.competence.code for each in child.nearest] == ["5.2", "2.1"]


@given(st.sets(st.sampled_from(SKILLS)), st.sampled_from(SKILLS))
def test_knowing_more_is_never_worth_less(skills: set[str], another: str) -> None:
    before, after = knowing(skills), knowing({*skills, another})

    assert all(0 <= one.pix <= two.pix <= MOST_PIX for one, two in zip(before.standings, after.standings, strict=True))
    assert before.missing >= after.missing
    assert len(before.counting) + before.missing >= CERTIFIABLE_COMPETENCES
