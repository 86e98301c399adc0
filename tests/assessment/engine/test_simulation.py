"""Simulated pupils, a few: this engine needs fewer questions than Pix's rule and a fixed order for the same error."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import mean
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
PUPILS = 50
AFTER = (12, 18, 400)
"""Two thirds of two questions per topic, two per topic, and the whole test."""


@pytest.fixture(scope="module")
def benchmark() -> Iterator[ModuleType]:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import assessment

        yield assessment
    finally:
        sys.path.remove(str(BENCHMARKS))
        sys.modules.pop("assessment", None)
        sys.modules.pop("_simulation", None)


@pytest.fixture(scope="module")
def errors(benchmark: ModuleType) -> dict[str, list[float]]:
    """Root mean square error of mastery after AFTER questions, by way of testing; competences of the domain 4."""
    measures = benchmark.simulate(PUPILS, AFTER, ("4.1", "4.2", "4.3"))
    names = dict.fromkeys(each.way for each in measures)
    return {
        name: [
            math.sqrt(mean(each.mastery[place] ** 2 for each in measures if each.way == name))
            for place in range(len(AFTER))
        ]
        for name in names
    }


def test_two_thirds_of_the_questions_do_better(errors: dict[str, list[float]]) -> None:
    engine, pix, fixed = errors.values()
    assert engine[0] < pix[1] < fixed[1]


def test_the_whole_test_is_no_worse(errors: dict[str, list[float]]) -> None:
    engine, pix, fixed = errors.values()
    assert engine[2] < 6
    assert engine[2] <= pix[2]
    assert engine[2] <= fixed[2]


def test_the_same_pupils_give_the_same_numbers(benchmark: ModuleType) -> None:
    once, again = (benchmark.simulate(3, (5,), ("5.1",)) for _ in range(2))
    assert once == again
