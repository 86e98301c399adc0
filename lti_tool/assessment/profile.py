"""A child's profile: level and pix in each of the sixteen competences, being certifiable, what to read next.

Everything is worked out from what the child was last seen to know, whatever test showed it (`facts/pix.md` §4.3).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.assessment import models, runs
from lti_tool.assessment.engine.framework import COMPETENCES, LEVELS, Competence
from lti_tool.assessment.engine.items import Bank, Topic, Tutorial, bank
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

    @property
    def nearest(self) -> tuple[Standing, ...]:
        """The missing competences that take the fewest pix, the nearest first; empty for who is certifiable."""
        others = sorted((each for each in self.standings if each.pix_to_certify), key=lambda each: each.pix_to_certify)
        return tuple(others[: self.missing])

    def of(self, code: str) -> Standing:
        """The standing in the competence with this code; raises KeyError for a code outside the framework."""
        return self.standings[list(COMPETENCES).index(COMPETENCES[code].code)]


def of_child(session: Session, child_id: str) -> Profile:
    """What the child's tests have shown so far."""
    return profile(bank(), runs.known(session, child_id))


def profile(bank: Bank, known: Mapping[str, KnowledgeElement]) -> Profile:
    """The profile that this knowledge makes; what the bank no longer has counts for nothing."""
    return Profile(tuple(_standing(bank, each, known) for each in COMPETENCES.values()))


def topics(session: Session, child_id: str, code: str) -> list[tuple[Topic, int]]:
    """The topics of a competence, each with how many of its skills the child has validated."""
    known = runs.known(session, child_id)
    return [
        (topic, sum(skill.id in known and known[skill.id].validated for skill in topic.skills))
        for topic in bank().topics_of_competence(code)
    ]


def tutorials(session: Session, child_id: str) -> list[Tutorial]:
    """What to read after the questions that failed, the latest first; none for what was managed since.

    Only of questions whose correction was shown.
    """
    rows = session.scalars(
        select(models.Answer.item_id)
        .join(models.Run)
        .where(
            models.Run.child_id == child_id,
            models.Answer.right.is_(False),
            models.Answer.position <= models.Run.paused_at,
        )
        .group_by(models.Answer.item_id)
        .order_by(func.max(models.Answer.id).desc())
    )
    known = runs.known(session, child_id)
    items = [bank().items[item_id] for item_id in rows if item_id in bank().items]
    open_ones = [item for item in items if item.skill_id not in known or not known[item.skill_id].validated]
    return list(dict.fromkeys(item.tutorial for item in open_ones))


def _standing(bank: Bank, competence: Competence, known: Mapping[str, KnowledgeElement]) -> Standing:
    skills = bank.skills_of_competence(competence.code)
    sharing = Counter(skill.level for skill in skills)
    validated = [skill for skill in skills if skill.id in known and known[skill.id].validated]
    pix = sum((Fraction(PIX_PER_LEVEL, sharing[skill.level]) for skill in validated), Fraction(0))
    return Standing(competence, min(int(pix), MOST_PIX), any(skill.id in known for skill in skills))
