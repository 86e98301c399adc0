"""How well a test measures, by its number of questions: simulated pupils, three ways of testing, CPU of one choice.

Every pupil takes a test of all skills of the bank with this engine, with Pix's rule and in a fixed order
(`_simulation.py`). Errors are between what the test shows and what the pupil truly knows: mastery in points of a
hundred, level in levels per competence.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from statistics import mean, quantiles

from _simulation import Knowledge, Pupil, Way, take, ways

from lti_tool.assessment.engine import estimate
from lti_tool.assessment.engine.items import Bank, bank
from lti_tool.assessment.engine.pix import profile
from lti_tool.assessment.engine.selection import next_item

PUPILS = 2000
AFTER = (8, 20, 32, 40, 48, 60, 80, 100)
"""Numbers of questions at which the error is measured, besides the whole test's."""
STEP, LAST = 4, 140
"""The error is measured after every so many questions, up to so many."""
WHOLE = 400
"""More questions than any test has."""
ERRORS = (20, 15, 10, 7, 5, 4, 3)
"""Errors of mastery for which the questions needed are compared."""
MOST_CPU_MS = 5
BATCH = 50


@dataclass(frozen=True, slots=True)
class Measure:
    """One pupil tested one way: by number of questions, the error of mastery and those of level."""

    way: str
    mastery: tuple[float, ...]
    level_bias: tuple[float, ...]
    level_error: tuple[float, ...]
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """One way over all pupils, by number of questions; the last entry is the whole test."""

    error: tuple[float, ...]
    """Root of the mean square error of mastery, points of a hundred."""
    bias: tuple[float, ...]
    level_error: tuple[float, ...]
    """Mean absolute error of the level in a competence."""
    level_bias: tuple[float, ...]
    questions: float
    """Mean length of the whole test."""
    most_exposed: float
    """Share of the pupils who met the item met most."""
    never_met: int


def main() -> None:
    arguments = _arguments()
    points = (*range(STEP, LAST + 1, STEP), WHOLE)
    measures = simulate(arguments.pupils, points)
    curves = {name: _curve([each for each in measures if each.way == name], points) for name in _names(measures)}
    cpu = choosing_cpu()
    needed = {name: [_needed(curve, points, error) for error in ERRORS] for name, curve in curves.items()}
    if arguments.json:
        print(json.dumps(_document(arguments.pupils, curves, needed, points, cpu)))
    else:
        _print_tables(arguments.pupils, curves, needed, points, cpu)
    if max(cpu) > MOST_CPU_MS:
        raise SystemExit(f"choosing a question takes {max(cpu):.1f} ms, more than {MOST_CPU_MS} ms")


def simulate(pupils: int, points: Sequence[int], competences: Sequence[str] = ()) -> list[Measure]:
    """Every pupil tested in the three ways; of these competences only, where some are given."""
    batches = [
        (first, min(first + BATCH, pupils), tuple(points), tuple(competences)) for first in range(0, pupils, BATCH)
    ]
    if len(batches) == 1:
        return _batch(batches[0])
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        return [measure for batch in pool.map(_batch, batches) for measure in batch]


def _batch(work: tuple[int, int, tuple[int, ...], tuple[str, ...]]) -> list[Measure]:
    first, last, points, competences = work
    tested = _bank(competences)
    compared = ways(tested, list(tested.skills))
    pupils = [Pupil(tested, number) for number in range(first, last)]
    return [_measure(tested, pupil, way, points) for pupil in pupils for way in compared]


@cache
def _bank(competences: tuple[str, ...]) -> Bank:
    return Bank(topic for topic in bank().topics if topic.competence in competences) if competences else bank()


def _measure(tested: Bank, pupil: Pupil, way: Way, points: Sequence[int]) -> Measure:
    truth = pupil.known()
    answers = take(pupil, way, max(points))
    shown: list[tuple[float, float, float]] = []
    for point in points:
        if shown and point > len(answers) + 1:
            shown.append(shown[-1])
        else:
            shown.append(_errors(tested, way.show(answers[:point]), truth))
    mastery, bias, error = zip(*shown, strict=True)
    return Measure(way.name, mastery, bias, error, tuple(answer.item_id for answer in answers))


def _errors(tested: Bank, shown: Knowledge, truth: Knowledge) -> tuple[float, float, float]:
    """Error of mastery in points of a hundred, then mean error and mean absolute error of the levels."""
    validated = sum(element.validated for element in shown.values())
    mastered = sum(element.validated for element in truth.values())
    pairs = zip(profile(tested, shown).standings, profile(tested, truth).standings, strict=True)
    levels = [one.level - true.level for one, true in pairs if tested.topics_of_competence(one.competence.code)]
    return 100 * (validated - mastered) / len(truth), mean(levels), mean(map(abs, levels))


def _curve(measures: Sequence[Measure], points: Sequence[int]) -> Curve:
    columns = range(len(points))
    met = Counter(item for each in measures for item in each.items)
    return Curve(
        error=tuple(math.sqrt(mean(each.mastery[n] ** 2 for each in measures)) for n in columns),
        bias=tuple(mean(each.mastery[n] for each in measures) for n in columns),
        level_error=tuple(mean(each.level_error[n] for each in measures) for n in columns),
        level_bias=tuple(mean(each.level_bias[n] for each in measures) for n in columns),
        questions=mean(len(each.items) for each in measures),
        most_exposed=max(met.values()) / len(measures),
        never_met=len(bank().items) - len(met),
    )


def _needed(curve: Curve, points: Sequence[int], error: float) -> int | None:
    """The fewest questions after which the error is and stays at most this; None where it never is.

    Between two points that were measured, the error is taken to fall evenly.
    """
    good = len(points)
    while good and curve.error[good - 1] <= error:
        good -= 1
    if good in (0, len(points)):
        return points[0] if not good else None
    before, after = points[good - 1], points[good]
    fallen = (curve.error[good - 1] - error) / (curve.error[good - 1] - curve.error[good])
    return math.ceil(before + fallen * (min(after, curve.questions) - before))


def choosing_cpu() -> tuple[float, float]:
    """CPU of one choice among all skills of the bank, nothing kept from before: mean and 95th percentile, ms."""
    tested = bank()
    (way, *_) = ways(tested, list(tested.skills))
    targets = frozenset(tested.skills)
    times = []
    for number in range(4):
        answers = take(Pupil(tested, number), way, WHOLE)
        for count in range(0, len(answers), 2):
            estimate.forget()
            started = time.process_time()
            next_item(tested, targets, answers[:count], seed=str(number))
            times.append(1000 * (time.process_time() - started))
    return mean(times), quantiles(times, n=20)[-1]


def _document(
    pupils: int,
    curves: dict[str, Curve],
    needed: dict[str, list[int | None]],
    points: Sequence[int],
    cpu: tuple[float, float],
) -> dict[str, object]:
    ways_document = {
        name: {
            "after": {
                str(after) if after != WHOLE else "whole": {
                    "error": round(curve.error[place], 2),
                    "bias": round(curve.bias[place], 2),
                    "level_error": round(curve.level_error[place], 2),
                    "level_bias": round(curve.level_bias[place], 2),
                }
                for after, place in _shown(points)
            },
            "questions": round(curve.questions, 1),
            "most_exposed": round(curve.most_exposed, 3),
            "never_met": curve.never_met,
            "needed": dict(zip(map(str, ERRORS), needed[name], strict=True)),
        }
        for name, curve in curves.items()
    }
    return {
        "pupils": pupils,
        "skills": len(bank().skills),
        "items": len(bank().items),
        "cpu_ms": round(cpu[0], 2),
        "cpu_ms_p95": round(cpu[1], 2),
        "ways": ways_document,
    }


def _print_tables(
    pupils: int,
    curves: dict[str, Curve],
    needed: dict[str, list[int | None]],
    points: Sequence[int],
    cpu: tuple[float, float],
) -> None:
    print(f"{pupils} simulated pupils, {len(bank().skills)} skills, {len(bank().items)} items\n")
    print(
        "Error (bias) of mastery, points of 100, and error (bias) of the level in a competence, by number of questions"
    )
    print(f"{'':>10}" + "".join(f"{name:>32}" for name in curves))
    for after, place in _shown(points):
        cells = (
            f"{curve.error[place]:.1f} ({curve.bias[place]:+.1f})  "
            f"{curve.level_error[place]:.2f} ({curve.level_bias[place]:+.2f})"
            for curve in curves.values()
        )
        print(f"{after if after != WHOLE else 'whole test':>10}" + "".join(f"{cell:>32}" for cell in cells))
    print(f"{'questions':>10}" + "".join(f"{curve.questions:>32.1f}" for curve in curves.values()))
    print(f"{'met most':>10}" + "".join(f"{100 * curve.most_exposed:>30.0f} %" for curve in curves.values()))
    print(f"{'never met':>10}" + "".join(f"{curve.never_met:>26} items" for curve in curves.values()))
    print("\nQuestions needed for an error of mastery of at most")
    print(f"{'':>10}" + "".join(f"{name:>16}" for name in curves) + f"{'of Pix':>10}{'of fixed':>10}")
    for row, error in enumerate(ERRORS):
        counts = [needed[name][row] for name in curves]
        ours, *others = counts
        ratios = (f"{ours / other:.2f}" if ours and other else "–" for other in others)
        print(
            f"{error:>10}"
            + "".join(f"{count or 'never':>16}" for count in counts)
            + "".join(f"{ratio:>10}" for ratio in ratios)
        )
    print(
        f"\nChoosing one question: {cpu[0]:.2f} ms of CPU, 95th percentile {cpu[1]:.2f} ms (at most {MOST_CPU_MS} ms)"
    )


def _shown(points: Sequence[int]) -> list[tuple[int, int]]:
    return [(after, points.index(after)) for after in (*AFTER, WHOLE)]


def _names(measures: Sequence[Measure]) -> list[str]:
    return list(dict.fromkeys(each.way for each in measures))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pupils", type=int, default=PUPILS)
    parser.add_argument("--json", action="store_true", help="one line of JSON instead of tables")
    return parser.parse_args()


if __name__ == "__main__":
    main()
