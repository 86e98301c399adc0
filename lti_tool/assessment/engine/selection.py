"""Chooses the next question from what is known so far: the one rule behind `next_item`.

The idea is that of `facts/pix.md` §4.4 (an estimated level, then the question that settles most skills), with two rules
of our own: a start that doesn't discourage, and a change of matter between two questions. Nothing is drawn by chance:
among equals the seed decides, so that the same answers lead to the same question after a break or on another machine,
and neighbours meet different ones.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from lti_tool.assessment.engine.items import Bank, Item, Skill
from lti_tool.assessment.engine.knowledge import Answer, infer

START_LEVEL = 2
"""No harder question than this before the first success."""


def next_item(
    bank: Bank,
    targets: Collection[str],
    answers: Sequence[Answer],
    *,
    seed: str,
    length: int | None = None,
    met: Collection[str] = (),
) -> Item | None:
    """The item to ask after these answers; None when nothing targeted is unknown or `length` answers were given.

    `targets` are skill ids; those that the bank no longer has are passed over. A skill already known, asked or
    inferred, is never asked. Items `met` in earlier tests of the same child are avoided where the skill has another.
    """
    if length is not None and len(answers) >= length:
        return None
    answers = sorted(answers, key=lambda answer: answer.position)
    known = infer(bank, answers)
    unknown = [bank.skill(target) for target in targets if target in bank.skills and target not in known]
    if not unknown:
        return None
    level = estimated_level(bank, answers)
    candidates = _elsewhere(_within_reach(unknown, bank, answers), bank, answers)
    rewards = {skill.id: _reward(skill, unknown, level) for skill in candidates}
    best = max(rewards.values())
    skill = min(
        (skill for skill in candidates if rewards[skill.id] == best),
        key=lambda each: (each.level, _draw(seed, each.id)),
    )
    return _item_of(skill, {*met, *(answer.item_id for answer in answers)}, seed)


def questions_left(
    bank: Bank, targets: Collection[str], answers: Sequence[Answer], *, length: int | None = None
) -> int:
    """About how many questions are still to come, for showing progress: a topic is halved by each of its questions."""
    known = infer(bank, answers)
    unknown = [bank.skill(target) for target in targets if target in bank.skills and target not in known]
    left = sum(count.bit_length() for count in Counter(skill.topic_id for skill in unknown).values())
    return left if length is None else max(0, min(left, length - len(answers)))


def estimated_level(bank: Bank, answers: Iterable[Answer]) -> float:
    """The level, from 0.5 to 7.5 by halves, that fits the answers best (`facts/pix.md` §4.4, first rule).

    Two fictitious answers, level 0 right and level 7 wrong, keep it within bounds; before any real one it is
    START_LEVEL.
    """
    outcomes = [
        (bank.skill(answer.skill_id).level, answer.right) for answer in answers if answer.skill_id in bank.skills
    ]
    if not outcomes:
        return float(START_LEVEL)
    outcomes += [(0, True), (7, False)]
    return min(
        (half / 2 for half in range(1, 16)),
        key=lambda level: round(abs(sum(right - _chance(level, asked) for asked, right in outcomes)), 9),
    )


def _within_reach(skills: list[Skill], bank: Bank, answers: Iterable[Answer]) -> list[Skill]:
    """Those at most one level above what was already managed; where there are none, the easiest there are."""
    managed = [bank.skill(each.skill_id).level for each in answers if each.right and each.skill_id in bank.skills]
    reach = max([START_LEVEL, *(level + 1 for level in managed)])
    easiest = min(skill.level for skill in skills)
    return [skill for skill in skills if skill.level <= max(reach, easiest)]


def _elsewhere(skills: list[Skill], bank: Bank, answers: Sequence[Answer]) -> list[Skill]:
    """Those of another competence than the last question's, else of another topic, else all."""
    last = bank.skills.get(answers[-1].skill_id) if answers else None
    if last is None:
        return skills
    elsewhere = [skill for skill in skills if skill.competence != last.competence]
    return elsewhere or [skill for skill in skills if skill.topic_id != last.topic_id] or skills


def _reward(skill: Skill, unknown: Iterable[Skill], level: float) -> float:
    """How many unknown skills of the topic the answer will settle, on average, for a child of this level."""
    topic = [other.level for other in unknown if other.topic_id == skill.topic_id]
    chance = _chance(level, skill.level)
    easier = sum(1 for other in topic if other <= skill.level)
    harder = sum(1 for other in topic if other >= skill.level)
    return round(chance * easier + (1 - chance) * harder, 9)


def _item_of(skill: Skill, met: Collection[str], seed: str) -> Item:
    """One of the skill's items, one never met before if there is any."""
    return min(skill.items, key=lambda item: (item.id in met, _draw(seed, item.id)))


def _chance(level: float, asked: float) -> float:
    return 1 / (1 + math.exp(asked - level))


def _draw(seed: str, name: str) -> bytes:
    return hashlib.sha256(f"{seed}/{name}".encode()).digest()
