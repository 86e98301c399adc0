"""Turns knowledge into numbers: mastery, results per competence, the grade (`facts/pix.md` §3.4, `DESIGN.md`)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from lti_tool.assessment.engine.framework import COMPETENCES
from lti_tool.assessment.engine.items import Bank
from lti_tool.assessment.engine.knowledge import KnowledgeElement


@dataclass(frozen=True, slots=True)
class CompetenceResult:
    """Skills of one competence: how many the test targets, how many of these are known either way, and validated."""

    code: str
    targeted: int
    tested: int
    validated: int

    @property
    def percentage(self) -> int:
        """Mastery of the competence, a whole number from 0 to 100, half up."""
        return round_half_up(Fraction(100 * self.validated, self.targeted)) if self.targeted else 0


@dataclass(frozen=True, slots=True)
class Score:
    """The result of a test over its targeted skills; `competences` in the framework's order, only those targeted."""

    targeted: int
    tested: int
    validated: int
    competences: tuple[CompetenceResult, ...]

    @property
    def mastery(self) -> Decimal:
        """Mastery rate from 0 to 1, as `mastery` rounds it."""
        return mastery(self.validated, self.targeted)


def score(bank: Bank, targets: Collection[str], knowledge: Mapping[str, KnowledgeElement]) -> Score:
    """What the knowledge is worth over the targeted skills; targets that the bank no longer has do not count."""
    skills = [bank.skill(target) for target in set(targets) if target in bank.skills]
    results = []
    for code in COMPETENCES:
        targeted = [skill.id for skill in skills if skill.competence == code]
        known = [knowledge[skill_id] for skill_id in targeted if skill_id in knowledge]
        if targeted:
            validated = sum(element.validated for element in known)
            results.append(CompetenceResult(code, len(targeted), len(known), validated))
    return Score(
        targeted=sum(result.targeted for result in results),
        tested=sum(result.tested for result in results),
        validated=sum(result.validated for result in results),
        competences=tuple(results),
    )


def mastery(validated: int, targeted: int) -> Decimal:
    """Validated over targeted skills, from 0 to 1, rounded half up to two significant digits; 0 where none is targeted.

    `facts/pix.md` §3.4. Raises ValueError unless 0 <= validated <= targeted.
    """
    rate = _rate(validated, targeted)
    digits = 1
    while rate and rate * 10**digits < 10:
        digits += 1
    return Decimal(round_half_up(rate * 10**digits)).scaleb(-digits)


def display_percentage(validated: int, targeted: int) -> Decimal:
    """Mastery in per cent with two significant digits, as pages and exports show it: 67, 100, 5.3, 0.52."""
    percentage = 100 * mastery(validated, targeted)
    return percentage.quantize(Decimal(1)) if percentage == percentage.to_integral_value() else percentage.normalize()


def score_given(validated: int, targeted: int, maximum: Decimal | int = 100) -> Decimal:
    """The grade: validated / targeted x maximum, half up to two decimals, nothing rounded before (`DESIGN.md`).

    Raises ValueError unless 0 <= validated <= targeted and 0 <= maximum.
    """
    if maximum < 0:
        raise ValueError("a maximum cannot be negative")
    return Decimal(round_half_up(_rate(validated, targeted) * Fraction(maximum) * 100)).scaleb(-2)


def round_half_up(value: Fraction) -> int:
    """The nearest whole number of a value that is not negative; a half goes up."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def _rate(validated: int, targeted: int) -> Fraction:
    if not 0 <= validated <= targeted:
        raise ValueError("validated skills must be between 0 and the targeted ones")
    return Fraction(validated, targeted) if targeted else Fraction(0)
