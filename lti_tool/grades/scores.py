"""The score that a gradebook should show, in numbers and in the words that the pupil reads beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from lti_tool.assessment.engine.scoring import display_percentage, score_given
from lti_tool.campaigns import bands

_MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)


SAME_WITHIN = 0.011
"""Gradebooks round to two decimals, some after rescaling."""


@dataclass(frozen=True)
class Sent:
    """The sending that counts, as a gradebook needs it. Instants are in UTC; `time_zone` is the school's."""

    validated: int
    targeted: int
    started_at: datetime
    shared_at: datetime
    time_zone: str

    def given(self, maximum: float) -> float:
        """The score on a column's maximum: half up to two decimals, nothing rounded before."""
        return float(score_given(self.validated, self.targeted, Decimal(str(maximum))))

    def comment(self) -> str:
        """Plain text, in French: platforms show it as it is, to the pupil and to the teacher."""
        percentage = str(display_percentage(self.validated, self.targeted)).replace(".", ",")
        skills = "acquis validés" if self.validated > 1 else "acquis validé"
        stage = bands.band(bands.percent(self.validated, self.targeted))
        return (
            f"{percentage}\u00a0% — {self.validated} {skills} sur {self.targeted}. "
            f"Palier atteint : {stage.stars} sur {bands.MOST_STARS}. "
            f"Résultats envoyés le {_in_words(self.shared_at.astimezone(ZoneInfo(self.time_zone)))}."
        )


def same_score(shown: float, shown_maximum: float | None, score: float, maximum: float) -> bool:
    """Whether a gradebook's value is this score, once rescaled and rounded as gradebooks do."""
    scale = (shown_maximum or maximum) / maximum
    return abs(shown - score * scale) < SAME_WITHIN


def _in_words(moment: datetime) -> str:
    day = "1er" if moment.day == 1 else str(moment.day)
    return f"{day} {_MONTHS[moment.month - 1]} {moment.year} à {moment.hour} h {moment.minute:02}"
