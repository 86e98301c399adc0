"""Chooses the next question from what is known so far: the one rule behind `next_item`.

A question is worth what it is expected to tell of the number of skills mastered (`docs/engine.md`). Each targeted topic
is asked about once before any is gone into; the first questions don't discourage; competences and kinds vary. Nothing
is drawn by chance: among questions worth about the same the seed decides, so that the same answers lead to the same
question after a break or on another machine, and neighbours meet different ones.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from lti_tool.assessment.engine.estimate import KNOWS, Estimates, Vector, answered, dot, guess
from lti_tool.assessment.engine.items import Bank, Item, Skill
from lti_tool.assessment.engine.kinds.base import ordered
from lti_tool.assessment.engine.knowledge import (
    Answer,
    estimates_of,
    implication,
    latest_answers,
    managed_level,
)

START_LEVEL = 2
"""No harder question than this before the first success."""
DOUBT = 0.25
"""A skill never asked is settled once it is known, or not known, with no more doubt than this."""
NEARLY_BEST = 0.9
"""Questions worth at least this part of the best one are as good: variety and the seed choose among them."""
KIND_AFTER = 2
"""Wrong answers in a row after which a question that will likely be managed comes, if there is one."""
PRACTICAL_AFTER = 3
"""A practical question comes at the earliest after so many others, at the start and since the last one."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a test stands: what was asked, what is believed, and which targeted skills are open."""

    answers: tuple[Answer, ...]
    latest: Mapping[str, Answer]
    believed: Estimates
    managed: int
    """The hardest level at which a question was managed; 0 for none."""
    open: tuple[Skill, ...]
    """Targeted skills of which a question can still change what the test says."""


def next_item(
    bank: Bank,
    targets: Collection[str],
    answers: Sequence[Answer],
    *,
    seed: str,
    length: int | None = None,
    met: Collection[str] = (),
) -> Item | None:
    """The item to ask after these answers; None when nothing more would change the result or `length` is reached.

    `targets` are skill ids; those that the bank no longer has are passed over. No skill is asked twice, and none that
    is settled. Items `met` in earlier tests of the same child are avoided where the skill has another.
    """
    if length is not None and len(answers) >= length:
        return None
    standing = _standing(bank, targets, answers)
    if not standing.open:
        return None
    pool = _bearable(_uncovered(_within_reach(standing), standing), standing)
    last = bank.skills.get(standing.answers[-1].skill_id) if standing.answers else None
    pool = _spaced(_elsewhere(pool, last), _wants_practical(standing, bank))
    worth = _worth(pool, targets, bank, standing)
    least = NEARLY_BEST * max(worth.values())
    nearly_best = [bank.skill(skill_id) for skill_id, value in worth.items() if value >= least]
    return _varied(nearly_best, bank, standing, {*met, *(answer.item_id for answer in answers)}, seed)


def open_skills(bank: Bank, targets: Collection[str], answers: Sequence[Answer]) -> tuple[Skill, ...]:
    """The targeted skills of which a question can still change what the test says.

    Those asked are closed; so is one never asked, where the answers of its topic imply it and the estimate agrees, or
    where they imply nothing and the estimate leaves little doubt. It is not closed as known as long as nothing of its
    level was managed.
    """
    return _standing(bank, targets, answers).open


def questions_left(
    bank: Bank, targets: Collection[str], answers: Sequence[Answer], *, length: int | None = None
) -> int:
    """About how many questions are still to come, for showing progress; 0 only at the end.

    A topic takes about as many as simulated pupils need (`docs/engine.md`): two for six levels, fewer for fewer.
    """
    standing = _standing(bank, targets, answers)
    open_in: dict[str, int] = {}
    for skill in standing.open:
        open_in[skill.topic_id] = open_in.get(skill.topic_id, 0) + 1
    each = (
        0.7 + 0.3 * count if topic_id in standing.believed.touched else max(1, 0.55 + 0.27 * count)
        for topic_id, count in open_in.items()
    )
    left = round(sum(each))
    return left if length is None else max(0, min(left, length - len(answers)))


def estimated_level(bank: Bank, answers: Iterable[Answer]) -> float:
    """The child's ability as these answers show it, on the scale of levels."""
    return estimates_of(bank, latest_answers(bank, answers)).level


def _standing(bank: Bank, targets: Collection[str], answers: Sequence[Answer]) -> Standing:
    latest = latest_answers(bank, answers)
    believed, managed = estimates_of(bank, latest), managed_level(bank, latest)
    asked: dict[str, dict[int, bool]] = {}
    for skill_id, answer in latest.items():
        skill = bank.skill(skill_id)
        asked.setdefault(skill.topic_id, {})[skill.level] = answer.right
    wanted = [bank.skill(target) for target in dict.fromkeys(targets) if target in bank.skills]
    open_skills = tuple(
        skill for skill in wanted if skill.id not in latest and not _is_settled(skill, asked, believed, managed)
    )
    in_time = tuple(sorted(answers, key=lambda answer: answer.position))
    return Standing(in_time, latest, believed, managed, open_skills)


def _is_settled(skill: Skill, asked: Mapping[str, Mapping[int, bool]], believed: Estimates, managed: int) -> bool:
    """Whether a skill never asked is known either way; as `open_skills` says."""
    in_topic = asked.get(skill.topic_id)
    if not in_topic:
        return False
    chance = believed.chance(skill)
    implied = implication(skill.level, in_topic)
    if implied is not None:
        return (chance >= 0.5) == implied
    return chance <= DOUBT or (chance >= 1 - DOUBT and skill.level <= managed)


def _within_reach(standing: Standing) -> list[Skill]:
    """Open skills at most one level above what was already managed; where there are none, the easiest there are."""
    reach = max(START_LEVEL, standing.managed + 1)
    easiest = min(skill.level for skill in standing.open)
    return [skill for skill in standing.open if skill.level <= max(reach, easiest)]


def _uncovered(skills: list[Skill], standing: Standing) -> list[Skill]:
    """Those of topics of which nothing was asked yet, else all."""
    return [skill for skill in skills if skill.topic_id not in standing.believed.touched] or skills


def _bearable(skills: list[Skill], standing: Standing) -> list[Skill]:
    """After wrong answers in a row, those that will likelier than not be managed; if there are none, the likeliest."""
    lately = standing.answers[-KIND_AFTER:]
    if len(lately) < KIND_AFTER or any(answer.right for answer in lately):
        return skills
    chances = {skill.id: round(standing.believed.chance(skill), 9) for skill in skills}
    least = min(0.5, max(chances.values()))
    return [skill for skill in skills if chances[skill.id] >= least]


def _elsewhere(skills: list[Skill], last: Skill | None) -> list[Skill]:
    """Those of another competence than the last question's, else of another topic, else all."""
    if last is None:
        return skills
    elsewhere = [skill for skill in skills if skill.competence != last.competence]
    return elsewhere or [skill for skill in skills if skill.topic_id != last.topic_id] or skills


def _spaced(skills: list[Skill], wants_practical: bool) -> list[Skill]:
    """Those that have a question of another sort where it is too early for a practical one; else all."""
    plain = [skill for skill in skills if any(item.kind != "practical" for item in skill.items)]
    return skills if wants_practical else plain or skills


def _wants_practical(standing: Standing, bank: Bank) -> bool:
    lately = [
        bank.items[answer.item_id].kind
        for answer in standing.answers[-PRACTICAL_AFTER:]
        if answer.item_id in bank.items
    ]
    return len(standing.answers) >= PRACTICAL_AFTER and "practical" not in lately


def _worth(skills: list[Skill], targets: Collection[str], bank: Bank, standing: Standing) -> dict[str, float]:
    """By how much the answer is expected to narrow the variance of the number of targeted skills mastered in the topic.

    With R the chance of a right answer and M the expected number mastered, both functions of the ability: the variance
    that a right or wrong answer explains is Cov(R, M)² / (E[R] (1 - E[R])).
    """
    worth: dict[str, float] = {}
    mastered: dict[str, tuple[Vector, float]] = {}
    targets = targets if isinstance(targets, set | frozenset) else frozenset(targets)
    for skill in skills:
        believed = standing.believed.topics[skill.topic_id]
        if skill.topic_id not in mastered:
            levels = [KNOWS[each.level] for each in bank.topic(skill.topic_id).skills if each.id in targets]
            number = tuple(map(sum, zip(*levels, strict=True)))
            weighted = tuple([chance * count for chance, count in zip(believed, number, strict=True)])
            mastered[skill.topic_id] = weighted, sum(weighted)
        weighted, expected = mastered[skill.topic_id]
        right = answered(skill.level, _usual_guess(skill))
        chance = dot(believed, right)
        covariance = dot(weighted, right) - chance * expected
        worth[skill.id] = round(covariance**2 / (chance * (1 - chance)), 9)
    return worth


def _usual_guess(skill: Skill) -> float:
    return sum(map(guess, skill.items)) / len(skill.items)


def _varied(skills: list[Skill], bank: Bank, standing: Standing, met: Collection[str], seed: str) -> Item:
    """One item of these skills: one never met, of the wanted sort, of another kind than the last; then by the seed."""
    wants_practical = _wants_practical(standing, bank)
    last = bank.items.get(standing.answers[-1].item_id) if standing.answers else None
    return min(
        (item for skill in skills for item in skill.items),
        key=lambda item: (
            item.id in met,
            (item.kind == "practical") != wants_practical,
            last is not None and item.kind == last.kind,
            ordered(seed, item.skill_id),
            ordered(seed, item.id),
        ),
    )
