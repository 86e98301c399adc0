"""Pix and levels in each competence, being certifiable, and the nearest way there (`facts/pix.md` §4.3)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from lti_tool.assessment.engine.framework import COMPETENCES, LEVELS, Competence
from lti_tool.assessment.engine.items import Bank, Skill
from lti_tool.assessment.engine.knowledge import KnowledgeElement

PIX_PER_LEVEL = 8
"""Shared by the skills of that level in the competence."""
CERTIFIABLE_COMPETENCES, CERTIFIABLE_LEVEL = 5, 1
"""Certifiable: so many competences at that level at least."""
MOST_PIX = PIX_PER_LEVEL * len(LEVELS)
"""Of one competence."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a child stands in one competence."""

    competence: Competence
    pix: int
    tested: bool

    @property
    def level(self) -> int:
        return self.pix // PIX_PER_LEVEL

    @property
    def towards_next(self) -> float:
        """How much of the way to the next level is done, from 0 to 1; 1 at the highest."""
        return 1.0 if self.pix >= MOST_PIX else self.pix % PIX_PER_LEVEL / PIX_PER_LEVEL

    @property
    def pix_to_certify(self) -> int:
        """Pix missing to the level that counts for being certified; 0 where it is reached."""
        return max(0, CERTIFIABLE_LEVEL * PIX_PER_LEVEL - self.pix)


@dataclass(frozen=True, slots=True)
class Profile:
    """The sixteen competences, in the framework's order."""

    standings: tuple[Standing, ...]

    @property
    def pix(self) -> int:
        return sum(each.pix for each in self.standings)

    @property
    def counting(self) -> tuple[Standing, ...]:
        """Competences at the level that counts for being certified."""
        return tuple(each for each in self.standings if not each.pix_to_certify)

    @property
    def missing(self) -> int:
        """How many more such competences it takes to be certifiable; 0 for who is."""
        return max(0, CERTIFIABLE_COMPETENCES - len(self.counting))

    def of(self, code: str) -> Standing:
        """The standing in the competence with this code; raises KeyError for a code outside the framework."""
        return self.standings[list(COMPETENCES).index(COMPETENCES[code].code)]


@dataclass(frozen=True, slots=True)
class Step:
    """A competence on the way to being certifiable, with the skills that bring it to the level that counts."""

    standing: Standing
    skills: tuple[Skill, ...]
    """The easiest to learn first."""


def profile(bank: Bank, known: Mapping[str, KnowledgeElement]) -> Profile:
    """The profile that this knowledge makes; what the bank no longer has counts for nothing."""
    return Profile(tuple(_standing(bank, each, known) for each in COMPETENCES.values()))


def nearest_way(bank: Bank, known: Mapping[str, KnowledgeElement]) -> tuple[Step, ...]:
    """What is missing to be certifiable, by the fewest skills and then the easiest ones; empty for who is.

    Competences that the bank can't bring to the level are passed over.
    """
    now = profile(bank, known)
    steps = [Step(each, _lacking(bank, each, known)) for each in now.standings if each.pix_to_certify]
    possible = [step for step in steps if step.skills]
    possible.sort(key=lambda step: (len(step.skills), sum(skill.level for skill in step.skills)))
    return tuple(possible[: now.missing])


def _standing(bank: Bank, competence: Competence, known: Mapping[str, KnowledgeElement]) -> Standing:
    skills = bank.skills_of_competence(competence.code)
    worth = _worth(skills)
    pix = sum((worth[skill.level] for skill in skills if _is_validated(skill, known)), Fraction(0))
    return Standing(competence, min(int(pix), MOST_PIX), any(skill.id in known for skill in skills))


def _lacking(bank: Bank, standing: Standing, known: Mapping[str, KnowledgeElement]) -> tuple[Skill, ...]:
    """The easiest skills not yet validated that make up the pix missing to the level that counts."""
    skills = bank.skills_of_competence(standing.competence.code)
    worth = _worth(skills)
    pix = sum((worth[skill.level] for skill in skills if _is_validated(skill, known)), Fraction(0))
    chosen: list[Skill] = []
    for skill in sorted(skills, key=lambda each: (each.level, each.id)):
        if pix >= CERTIFIABLE_LEVEL * PIX_PER_LEVEL:
            return tuple(chosen)
        if not _is_validated(skill, known):
            chosen.append(skill)
            pix += worth[skill.level]
    return tuple(chosen) if pix >= CERTIFIABLE_LEVEL * PIX_PER_LEVEL else ()


def _worth(skills: tuple[Skill, ...]) -> dict[int, Fraction]:
    """Pix of one skill of each level."""
    return {level: Fraction(PIX_PER_LEVEL, count) for level, count in Counter(each.level for each in skills).items()}


def _is_validated(skill: Skill, known: Mapping[str, KnowledgeElement]) -> bool:
    return skill.id in known and known[skill.id].validated
