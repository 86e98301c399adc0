"""What a child is known to know: a knowledge element for each skill that their answers speak of.

`facts/pix.md` §4.2: an answer shows the skill it asked for; in the same topic a success validates the easier skills
and a failure invalidates the harder ones, as long as these were not asked themselves.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from lti_tool.assessment.engine.items import Bank


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, right or not, to an item of a skill. `position` orders the answers in time."""

    position: int
    item_id: str
    skill_id: str
    right: bool


@dataclass(frozen=True, slots=True)
class KnowledgeElement:
    """What the answers say of one skill: `direct` if it was asked, `inferred` from another skill of its topic."""

    skill_id: str
    validated: bool
    source: Literal["direct", "inferred"]


def infer(
    bank: Bank, answers: Iterable[Answer], targets: Collection[str] | None = None
) -> Mapping[str, KnowledgeElement]:
    """What the answers say, by skill id; only of the targeted skills where `targets` are given.

    The latest answer to a skill counts, the earlier ones are forgotten with all that they implied. A skill that was
    asked is never inferred; where two answers imply opposite things, the later one counts. Answers to skills that the
    bank no longer has say nothing. The order in which the answers are given does not matter.
    """
    latest: dict[str, Answer] = {}
    for answer in sorted(answers, key=lambda each: each.position):
        if answer.skill_id in bank.skills:
            latest[answer.skill_id] = answer
    known: dict[str, KnowledgeElement] = {}
    for answer in sorted(latest.values(), key=lambda each: each.position):
        asked = bank.skill(answer.skill_id)
        for skill in bank.topic(asked.topic_id).skills:
            implied = skill.level < asked.level if answer.right else skill.level > asked.level
            if implied and skill.id not in latest:
                known[skill.id] = KnowledgeElement(skill.id, answer.right, "inferred")
        known[asked.id] = KnowledgeElement(asked.id, answer.right, "direct")
    if targets is None:
        return known
    return {skill_id: element for skill_id, element in known.items() if skill_id in targets}
