"""Simulated pupils with known abilities, slips and guesses, and the three ways of testing them that are compared."""

from __future__ import annotations

import hashlib
import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from lti_tool.assessment.engine.estimate import guess
from lti_tool.assessment.engine.items import Bank, Item, Skill
from lti_tool.assessment.engine.knowledge import Answer, KnowledgeElement, infer
from lti_tool.assessment.engine.selection import next_item

Knowledge = Mapping[str, KnowledgeElement]
Chooser = Callable[[Sequence[Answer], str], Item | None]
"""The next item after some answers, for a seed; None at the end."""


class Pupil:
    """A pupil whose every skill is known to us, drawn otherwise than the engine assumes.

    Ability: about 3 of 6 levels, 1.4 apart between pupils, 0.6 between competences, 0.6 between topics, 0.5 between
    skills; a skill is known, or not, when that is above its level less a half. Between 2 and 15 % of what is known is
    answered wrongly, and what is not known is guessed half to 1.2 times as often as chance would have it.
    """

    def __init__(self, bank: Bank, number: int) -> None:
        draw = random.Random(number)
        self.number = number
        self.slip, self.luck = draw.uniform(0.02, 0.15), draw.uniform(0.5, 1.2)
        ability = draw.gauss(3, 1.4)
        in_competence: dict[str, float] = {}
        self.knows: dict[str, bool] = {}
        for topic in bank.topics:
            competence = in_competence.setdefault(topic.competence, draw.gauss(0, 0.6))
            here = ability + competence + draw.gauss(0, 0.6)
            for skill in topic.skills:
                self.knows[skill.id] = here + draw.gauss(0, 0.5) > skill.level - 0.5

    def is_right(self, item: Item) -> bool:
        """Whether this pupil answers the item rightly; always the same."""
        chance = 1 - self.slip if self.knows[item.skill_id] else min(0.5, guess(item) * self.luck)
        return random.Random(f"{self.number}/{item.id}").random() < chance

    def known(self) -> Knowledge:
        """What the pupil truly knows, as elements."""
        return {skill: KnowledgeElement(skill, knows, "direct") for skill, knows in self.knows.items()}


@dataclass(frozen=True, slots=True)
class Way:
    """A way of testing: how the next question is chosen, and what the answers are taken to show."""

    name: str
    choose: Chooser
    show: Callable[[Sequence[Answer]], Knowledge]


def take(pupil: Pupil, way: Way, most: int) -> list[Answer]:
    """The pupil's test, of at most so many questions."""
    answers: list[Answer] = []
    seed = str(pupil.number)
    while len(answers) < most and (item := way.choose(answers, seed)):
        answers.append(Answer(len(answers) + 1, item.id, item.skill_id, pupil.is_right(item)))
    return answers


def ways(bank: Bank, targets: Sequence[str]) -> tuple[Way, Way, Way]:
    """This engine, Pix's rule, and a fixed order that passes over what is known already."""
    skills = [bank.skill(target) for target in targets]
    wanted = frozenset(targets)

    def engine(answers: Sequence[Answer], seed: str) -> Item | None:
        return next_item(bank, wanted, answers, seed=seed)

    def inferred(answers: Sequence[Answer]) -> Knowledge:
        return infer(bank, answers, wanted)

    def along_topics(answers: Sequence[Answer]) -> Knowledge:
        return along_the_topic(bank, answers)

    return (
        Way("this engine", engine, inferred),
        Way("Pix's rule", _PixRule(bank, skills), along_topics),
        Way("fixed order", _FixedOrder(bank, skills), along_topics),
    )


def along_the_topic(bank: Bank, answers: Iterable[Answer]) -> Knowledge:
    """What answers show by `facts/pix.md` §4.2 alone: nothing beyond a success nor below a failure."""
    known: dict[str, KnowledgeElement] = {}
    for answer in answers:
        asked = bank.skill(answer.skill_id)
        known[asked.id] = KnowledgeElement(asked.id, answer.right, "direct")
        for skill in bank.topic(asked.topic_id).skills:
            implied = skill.level < asked.level if answer.right else skill.level > asked.level
            if implied and skill.id not in known:
                known[skill.id] = KnowledgeElement(skill.id, answer.right, "inferred")
    return known


class _PixRule:
    """The adaptive rule of `facts/pix.md` §4.4."""

    def __init__(self, bank: Bank, skills: Sequence[Skill]) -> None:
        self.bank, self.skills = bank, skills
        hardest: dict[str, int] = defaultdict(int)
        for skill in skills:
            hardest[skill.topic_id] = max(hardest[skill.topic_id], skill.level)
        self.easy = {topic for topic, level in hardest.items() if level <= 3}

    def __call__(self, answers: Sequence[Answer], seed: str) -> Item | None:
        known = along_the_topic(self.bank, answers)
        untested = [skill for skill in self.skills if skill.id not in known]
        candidates = [skill for skill in untested if skill.topic_id in self.easy] or untested
        if not candidates:
            return None
        if not answers:
            best = [skill for skill in candidates if skill.level == 2] or candidates
            return _item(best, seed)
        level = self._level(answers)
        rewards = self._rewards([skill for skill in candidates if skill.level <= level + 2], untested, level)
        most = max(rewards.values(), default=0.0)
        return (
            _item([self.bank.skill(each) for each, reward in rewards.items() if reward == most], seed) if most else None
        )

    def _level(self, answers: Sequence[Answer]) -> float:
        outcomes = [(self.bank.skill(answer.skill_id).level, answer.right) for answer in answers] + [
            (0, True),
            (7, False),
        ]
        return min(
            (half / 2 for half in range(1, 16)),
            key=lambda level: abs(sum(right - _chance(level, asked) for asked, right in outcomes)),
        )

    def _rewards(self, candidates: Sequence[Skill], untested: Sequence[Skill], level: float) -> dict[str, float]:
        levels: dict[str, list[int]] = defaultdict(list)
        for skill in untested:
            levels[skill.topic_id].append(skill.level)
        rewards = {}
        for skill in candidates:
            chance, others = _chance(level, skill.level), levels[skill.topic_id]
            easier, harder = sum(each <= skill.level for each in others), sum(each >= skill.level for each in others)
            rewards[skill.id] = round(chance * easier + (1 - chance) * harder, 9)
        return rewards


class _FixedOrder:
    """One order for everybody, drawn once; skills known from earlier answers are passed over."""

    def __init__(self, bank: Bank, skills: Sequence[Skill]) -> None:
        self.bank = bank
        self.order = sorted(skills, key=lambda skill: _draw("order", skill.id))

    def __call__(self, answers: Sequence[Answer], seed: str) -> Item | None:
        known = along_the_topic(self.bank, answers)
        return next((_item([skill], seed) for skill in self.order if skill.id not in known), None)


def _item(skills: Sequence[Skill], seed: str) -> Item:
    """One of the skills, then one of its items, by the seed."""
    skill = min(skills, key=lambda each: _draw(seed, each.id))
    return min(skill.items, key=lambda item: _draw(seed, item.id))


@cache
def _chance(level: float, asked: float) -> float:
    return 1 / (1 + math.exp(asked - level))


def _draw(seed: str, name: str) -> bytes:
    return hashlib.sha256(f"{seed}/{name}".encode()).digest()
