"""Stages of a campaign and thematic results, as Pix counts them (`facts/pix.md` §3.4)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from lti_tool.assessment.engine.items import Bank
from lti_tool.assessment.engine.knowledge import KnowledgeElement
from lti_tool.assessment.engine.scoring import round_half_up


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a campaign: reached by a share of skills or by a first skill."""

    name: str
    threshold: int = 0
    """Per cent of the targeted skills; 0 is always reached."""
    first_skill: bool = False
    """Reached with the first skill validated, whatever the share."""


@dataclass(frozen=True, slots=True)
class Reached:
    """The stage that was reached. `stars` of `most` are shown: the first stage earns none."""

    stage: Stage
    stars: int
    most: int


def level_threshold(bank: Bank, targets: Collection[str], level: int) -> int:
    """Per cent of the targeted skills that are of this level or easier: the threshold of a stage given by a level."""
    levels = [bank.skill(target).level for target in set(targets) if target in bank.skills]
    easier = sum(each <= level for each in levels)
    return round_half_up(Fraction(100 * easier, len(levels))) if levels else 0


def stage_reached(stages: Iterable[Stage], validated: int, targeted: int) -> Reached:
    """The highest stage reached with so many validated of so many targeted skills.

    Raises ValueError unless a first stage is always reached: threshold 0, not waiting for a first skill.
    """
    ordered = sorted(stages, key=lambda stage: (stage.threshold, stage.first_skill))
    if not ordered or ordered[0].threshold or ordered[0].first_skill:
        raise ValueError("the first stage must be reached by everybody")
    share = round_half_up(Fraction(100 * validated, targeted)) if targeted else 0
    got = [stage for stage in ordered if (validated > 0 if stage.first_skill else stage.threshold <= share)]
    return Reached(got[-1], len(got) - 1, len(ordered) - 1)


@dataclass(frozen=True, slots=True)
class Criterion:
    """A share of some skills that a thematic result asks for."""

    threshold: int
    """Per cent of the skills, from 1 to 100."""
    skills: frozenset[str]

    def acquisition(self, known: Mapping[str, KnowledgeElement]) -> int:
        """How much of what is asked for is there, from 0 to 100."""
        if not self.skills:
            return 0
        validated = sum(skill in known and known[skill].validated for skill in self.skills)
        return min(100, round_half_up(Fraction(100 * 100 * validated, len(self.skills) * self.threshold)))


@dataclass(frozen=True, slots=True)
class ThematicResult:
    """Something that a campaign rewards besides its stages: obtained when every criterion is fulfilled."""

    name: str
    criteria: tuple[Criterion, ...]

    def acquisition(self, known: Mapping[str, KnowledgeElement]) -> int:
        """The mean of its criteria, from 0 to 100."""
        shares = [criterion.acquisition(known) for criterion in self.criteria]
        return round_half_up(Fraction(sum(shares), len(shares))) if shares else 0

    def is_obtained(self, known: Mapping[str, KnowledgeElement]) -> bool:
        """Whether each criterion is at 100."""
        return bool(self.criteria) and all(criterion.acquisition(known) == 100 for criterion in self.criteria)
