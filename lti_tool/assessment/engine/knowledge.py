"""What a child is known to know: a knowledge element for each skill that their answers speak of.

`facts/pix.md` §4.2: an answer shows the skill it asked for; in the same topic a success validates the easier skills
and a failure invalidates the harder ones, as long as these were not asked themselves. Where that says nothing of a
skill of the topic, or opposite things, the estimate from all answers decides (`docs/engine.md`), but it validates
nothing of a level at which no question at all was managed: who manages nothing is given nothing.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from lti_tool.assessment.engine.estimate import Estimates, Observation, estimates, guess
from lti_tool.assessment.engine.items import Bank, Skill

USUAL_GUESS = 0.1
"""Taken for an item that the bank no longer has."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, right or not, to an item of a skill. `position` orders the answers in time."""

    position: int
    item_id: str
    skill_id: str
    right: bool


@dataclass(frozen=True, slots=True)
class KnowledgeElement:
    """What the answers say of one skill: `direct` if it was asked, `inferred` from the others."""

    skill_id: str
    validated: bool
    source: Literal["direct", "inferred"]


def infer(
    bank: Bank, answers: Iterable[Answer], targets: Collection[str] | None = None
) -> Mapping[str, KnowledgeElement]:
    """What the answers say, by skill id; only of the targeted skills where `targets` are given.

    It speaks of every skill of the topics of which something was asked, and of no other topic. The latest answer to a
    skill counts, the earlier ones are forgotten with all that they implied. Answers to skills that the bank no longer
    has say nothing. The order in which the answers are given does not matter.
    """
    latest = latest_answers(bank, answers)
    believed, managed = estimates_of(bank, latest), managed_level(bank, latest)
    known: dict[str, KnowledgeElement] = {}
    for topic_id in believed.touched:
        skills = bank.topic(topic_id).skills
        asked = {skill.level: latest[skill.id].right for skill in skills if skill.id in latest}
        for skill in skills:
            if skill.level in asked:
                known[skill.id] = KnowledgeElement(skill.id, asked[skill.level], "direct")
            else:
                implied = implication(skill.level, asked)
                likely = skill.level <= managed and believed.chance(skill) >= 0.5
                validated = likely if implied is None else implied
                known[skill.id] = KnowledgeElement(skill.id, validated, "inferred")
    if targets is None:
        return known
    return {skill_id: element for skill_id, element in known.items() if skill_id in targets}


def implication(level: int, asked: Mapping[int, bool]) -> bool | None:
    """What the answers at other levels of a topic imply of this one (`facts/pix.md` §4.2); None for nothing, or both.

    `asked` gives, by level, whether the answer was right.
    """
    easier = any(right and other > level for other, right in asked.items())
    harder = any(not right and other < level for other, right in asked.items())
    return None if easier == harder else easier


def managed_level(bank: Bank, latest: Mapping[str, Answer]) -> int:
    """The hardest level at which a question was managed, in any topic; 0 for none."""
    return max((bank.skill(skill_id).level for skill_id, answer in latest.items() if answer.right), default=0)


def latest_answers(bank: Bank, answers: Iterable[Answer]) -> dict[str, Answer]:
    """The latest answer to each skill that the bank has, by skill id."""
    latest: dict[str, Answer] = {}
    for answer in sorted(answers, key=lambda each: each.position):
        if answer.skill_id in bank.skills:
            latest[answer.skill_id] = answer
    return latest


def estimates_of(bank: Bank, latest: Mapping[str, Answer]) -> Estimates:
    """What is believed of each topic after these answers, at most one for each skill."""
    return estimates(bank, (_observed(bank, bank.skill(skill_id), answer) for skill_id, answer in latest.items()))


def _observed(bank: Bank, skill: Skill, answer: Answer) -> Observation:
    item = bank.items.get(answer.item_id)
    return Observation(skill.topic_id, skill.level, guess(item) if item else USUAL_GUESS, answer.right)
