"""How able a child is, estimated with its uncertainty from all answers: overall, per competence and per topic.

A Rasch-like model on a grid, with slips and guesses; its formulas and sources stand in `docs/engine.md`. Abilities are
on the scale of levels: whoever has ability 3 in a topic more likely than not knows its levels 1 to 3. A topic's ability
scatters around its competence's, a competence's around the child's, so every answer says something of every topic.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import mul

from lti_tool.assessment.engine.framework import LEVELS
from lti_tool.assessment.engine.items import Bank, Item, Skill
from lti_tool.assessment.engine.kinds import OneChoice

Vector = tuple[float, ...]
"""One number for each ability of GRID."""

GRID = tuple(half / 2 for half in range(15))
"""Abilities considered: 0, 0.5 … 7."""
_SQUARES = tuple(ability**2 for ability in GRID)
STEEPNESS = 2.5
"""How sharply knowing a skill depends on ability: P(know) = 1 / (1 + e^(-STEEPNESS x (ability - level + 1/2)))."""
SLIP = 0.1
"""How often a wrong answer is given to what is known."""
GUESSES = {
    "choices": 0.1, "text": 0.03, "number": 0.03, "fields": 0.02, "order": 0.05, "match": 0.05, "select": 0.1,
    "practical": 0.05,
}  # fmt: skip
"""How often a right answer is given to what is not known, by kind; one choice of n: 1/n."""
MEAN, SPREAD = 2.8, 1.6
"""Ability of a child of whom nothing is known: mean and standard deviation."""
COMPETENCE_SPREAD, TOPIC_SPREAD = 0.6, 0.8
"""How far a competence's ability is from the child's, a topic's from its competence's: standard deviations."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One answer as the model sees it."""

    topic_id: str
    level: int
    guess: float
    right: bool


@dataclass(frozen=True, slots=True)
class Estimates:
    """What is believed after some answers: how likely each ability of GRID is, for the child and for each topic."""

    child: Vector
    topics: Mapping[str, Vector]
    touched: frozenset[str]
    """Topics of which something was asked."""

    @property
    def level(self) -> float:
        """The child's mean ability."""
        return dot(self.child, GRID)

    def ability(self, topic_id: str) -> tuple[float, float]:
        """The ability in a topic and its uncertainty: mean and standard deviation, in levels."""
        believed = self.topics[topic_id]
        mean = dot(believed, GRID)
        return mean, math.sqrt(max(0.0, dot(believed, _SQUARES) - mean**2))

    def chance(self, skill: Skill) -> float:
        """How likely the child knows the skill, as far as its topic's ability tells."""
        return dot(self.topics[skill.topic_id], KNOWS[skill.level])


def guess(item: Item) -> float:
    """How likely a right answer to the item is from someone who does not know."""
    return 1 / len(item.question.choices) if isinstance(item.question, OneChoice) else GUESSES[item.kind]


def answered(level: int, chance_to_guess: float) -> Vector:
    """How likely a right answer to a skill of this level is, for each ability."""
    return _answered(level, round(chance_to_guess, 3))


def estimates(bank: Bank, observations: Iterable[Observation]) -> Estimates:
    """What these answers let believe; their order does not matter. Topics that the bank has not are passed over."""
    return _estimates(bank, tuple(sorted((one.topic_id, one.level, one.guess, one.right) for one in observations)))


def forget() -> None:
    """Forget what was worked out before: for measuring what an estimate costs."""
    _estimates.cache_clear()


def dot(one: Vector, other: Vector) -> float:
    """The sum of the products."""
    total: float = sum(map(mul, one, other))
    return total


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def _normal(values: Iterable[float]) -> Vector:
    values = tuple(values)
    total = sum(values)
    return tuple(value / total for value in values)


def _bell(centre: float, spread: float) -> Vector:
    return _normal(math.exp(-(((ability - centre) / spread) ** 2) / 2) for ability in GRID)


def _times(one: Vector, other: Vector) -> Vector:
    return tuple(map(mul, one, other))


def _through(rows: tuple[Vector, ...], values: Vector) -> Vector:
    return tuple([sum(map(mul, row, values)) for row in rows])


KNOWS: Mapping[int, Vector] = {
    level: tuple(_logistic(STEEPNESS * (ability - level + 0.5)) for ability in GRID) for level in LEVELS
}
"""How likely a skill of each level is known, for each ability of its topic."""
_PRIOR = _bell(MEAN, SPREAD)
_FLAT = tuple(1.0 for _ in GRID)
_TO_COMPETENCE = tuple(_bell(ability, COMPETENCE_SPREAD) for ability in GRID)
"""Rows: the child's ability; columns: a competence's."""
_TO_TOPIC = tuple(_bell(ability, TOPIC_SPREAD) for ability in GRID)
"""Rows: a competence's ability; columns: a topic's."""
_COMPETENCE_OF = tuple(zip(*_TO_COMPETENCE, strict=True))
_TOPIC_OF = tuple(zip(*_TO_TOPIC, strict=True))


@lru_cache(maxsize=256)
def _answered(level: int, chance_to_guess: float) -> Vector:
    return tuple(chance_to_guess + (1 - SLIP - chance_to_guess) * known for known in KNOWS[level])


@lru_cache(maxsize=128)
def _estimates(bank: Bank, observations: tuple[tuple[str, int, float, bool], ...]) -> Estimates:
    """Exact on the tree child, competences, topics: messages up from the answers, then down again."""
    evidence = _evidence(bank, observations)
    competence_of = {topic.id: topic.competence for topic in bank.topics}
    upward = {topic_id: _normal(_through(_TO_TOPIC, seen)) for topic_id, seen in evidence.items()}
    heard: dict[str, Vector] = {}
    for topic_id, message in upward.items():
        code = competence_of[topic_id]
        heard[code] = _normal(_times(heard.get(code, _FLAT), message))
    messages = {code: _normal(_through(_TO_COMPETENCE, seen)) for code, seen in heard.items()}
    child = _PRIOR
    for message in messages.values():
        child = _normal(_times(child, message))
    downward: dict[str, Vector] = {}
    for code in set(competence_of.values()):
        others = _normal(_over(child, messages[code])) if code in messages else child
        downward[code] = _normal(_times(_through(_COMPETENCE_OF, others), heard.get(code, _FLAT)))
    untouched = {code: _normal(_through(_TOPIC_OF, believed)) for code, believed in downward.items()}
    topics = {}
    for topic in bank.topics:
        seen = evidence.get(topic.id)
        if seen is None:
            topics[topic.id] = untouched[topic.competence]
            continue
        others = _normal(_over(downward[topic.competence], upward[topic.id]))
        topics[topic.id] = _normal(_times(_through(_TOPIC_OF, others), seen))
    return Estimates(child, topics, frozenset(evidence))


def _evidence(bank: Bank, observations: Iterable[tuple[str, int, float, bool]]) -> dict[str, Vector]:
    """How likely each topic's answers are, for each ability in it."""
    known = {topic.id for topic in bank.topics}
    evidence: dict[str, Vector] = {}
    for topic_id, level, chance_to_guess, right in observations:
        if topic_id in known:
            likely = answered(level, chance_to_guess)
            likely = likely if right else tuple([1 - each for each in likely])
            evidence[topic_id] = _times(evidence.get(topic_id, _FLAT), likely)
    return evidence


def _over(one: Vector, other: Vector) -> Vector:
    return tuple([a / b for a, b in zip(one, other, strict=True)])
