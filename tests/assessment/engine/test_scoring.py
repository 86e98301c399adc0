"""Numbers as the gradebook and the pages show them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.assessment.engine.knowledge import KnowledgeElement
from lti_tool.assessment.engine.scoring import CompetenceResult, display_percentage, mastery, score, score_given
from tests.assessment.authoring import small_bank


@pytest.mark.parametrize(
    ("validated", "targeted", "rate", "percentage"),
    [
        pytest.param(0, 0, "0", "0", id="nothing targeted"),
        pytest.param(0, 7, "0", "0", id="nothing validated"),
        pytest.param(7, 7, "1", "100", id="all"),
        pytest.param(2, 3, "0.67", "67", id="two thirds"),
        pytest.param(1, 2, "0.5", "50", id="a half"),
        pytest.param(1, 8, "0.13", "13", id="half up"),
        pytest.param(1, 19, "0.053", "5.3", id="two significant digits, not decimals"),
        pytest.param(1, 192, "0.0052", "0.52", id="one of 192"),
        pytest.param(191, 192, "0.99", "99", id="191 of 192"),
        pytest.param(199, 200, "1", "100", id="99.5 % reads 100"),
    ],
)
def test_mastery_has_two_significant_digits(validated: int, targeted: int, rate: str, percentage: str) -> None:
    assert mastery(validated, targeted) == Decimal(rate)
    assert str(display_percentage(validated, targeted)) == percentage


@pytest.mark.parametrize(
    ("validated", "targeted", "maximum", "grade"),
    [
        pytest.param(2, 3, 100, "66.67", id="of a hundred"),
        pytest.param(2, 3, 20, "13.33", id="of twenty, not of the rounded 0.67"),
        pytest.param(1, 8, Decimal("0.2"), "0.03", id="0.025, half up"),
        pytest.param(1, 3, Decimal("33.3"), "11.10", id="a maximum with decimals"),
        pytest.param(0, 0, 20, "0.00", id="nothing targeted"),
        pytest.param(5, 5, 20, "20.00", id="all"),
    ],
)
def test_the_grade_is_rounded_once(validated: int, targeted: int, maximum: Decimal | int, grade: str) -> None:
    assert str(score_given(validated, targeted, maximum)) == grade


@pytest.mark.parametrize(("validated", "targeted", "maximum"), [(-1, 3, 20), (4, 3, 20), (1, 0, 20), (1, 3, -1)])
def test_numbers_that_make_no_sense_are_refused(validated: int, targeted: int, maximum: int) -> None:
    with pytest.raises(ValueError, match=r"must be between|negative"):
        score_given(validated, targeted, maximum)


counts = st.integers(1, 200).flatmap(lambda targeted: st.tuples(st.integers(0, targeted), st.just(targeted)))


@given(counts)
def test_mastery_is_between_0_and_1_and_near_the_true_rate(count: tuple[int, int]) -> None:
    validated, targeted = count
    assert 0 <= mastery(validated, targeted) <= 1
    assert abs(mastery(validated, targeted) - Decimal(validated) / targeted) <= Decimal("0.005")


@given(counts, st.integers(0, 1000))
def test_one_more_skill_never_lowers_mastery_nor_grade(count: tuple[int, int], maximum: int) -> None:
    validated, targeted = count
    more = min(validated + 1, targeted)
    assert mastery(validated, targeted) <= mastery(more, targeted)
    assert 0 <= score_given(validated, targeted, maximum) <= score_given(more, targeted, maximum) <= maximum


def test_a_score_counts_per_competence_only_what_is_targeted(tmp_path: Path) -> None:
    bank = small_bank(tmp_path, {"a": ("1.1", (1, 2)), "b": ("5.2", (1, 2))})
    known = {
        skill: KnowledgeElement(skill, validated, "direct")
        for skill, validated in {"a-1": True, "a-2": False, "b-1": True, "b-2": True}.items()
    }
    result = score(bank, ["a-1", "a-2", "b-1", "withdrawn-1"], known)
    assert result.competences == (CompetenceResult("1.1", 2, 2, 1), CompetenceResult("5.2", 1, 1, 1))
    assert (result.targeted, result.tested, result.validated) == (3, 3, 2)
    assert result.mastery == Decimal("0.67")
    assert [each.percentage for each in result.competences] == [50, 100]
    assert score(bank, ["b-2"], {}).competences == (CompetenceResult("5.2", 1, 0, 0),)
