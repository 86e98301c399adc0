"""Four bands of mastery, which are the stages that stars show; and the words for a topic's relevance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement

from lti_tool.assessment.engine.stages import Stage, stage_reached
from lti_tool.errors import N_


@dataclass(frozen=True)
class Band:
    """Mastery from `first` to `last` whole per cent. `stars` of three are what the stage earns."""

    stars: int
    first: int
    last: int
    name: str
    """A message id."""


BANDS = (
    Band(0, 0, 20, N_("maîtrise insuffisante")),
    Band(1, 21, 50, N_("maîtrise fragile")),
    Band(2, 51, 80, N_("maîtrise satisfaisante")),
    Band(3, 81, 100, N_("très bonne maîtrise")),
)
"""The bands that schools know. The first stage is always reached and earns no star (facts/pix.md §3.4)."""
MOST_STARS = len(BANDS) - 1
_STAGES = tuple(Stage(each.name, each.first) for each in BANDS)


def percent(validated: int, targeted: int) -> int:
    """Mastery in whole per cent, half up; 0 where nothing is targeted."""
    return (200 * validated + targeted) // (2 * targeted) if targeted else 0


def percent_column(validated: Any, targeted: Any) -> ColumnElement[int]:
    """`percent`, for the database; null where nothing is targeted."""
    column: ColumnElement[int] = (200 * validated + targeted) // (2 * targeted)
    return column


def band(share: int) -> Band:
    """The band of a mastery in whole per cent."""
    return BANDS[stage_reached(_STAGES, share, 100).stars]


STRONGLY, VERY, RECOMMENDED, MODERATELY = (
    N_("fortement recommandé"),
    N_("très recommandé"),
    N_("recommandé"),
    N_("moyennement recommandé"),
)
_WORDS = ((75, MODERATELY), (50, RECOMMENDED), (25, VERY), (0, STRONGLY))


def relevance(scores: Iterable[float]) -> tuple[float, str]:
    """The mean of a topic's scores, from 0 to 100 (facts/pix.md §3.6), and its word: the less is known, the stronger.

    Pix's own cut-offs are not public: ours cut the scale in four.
    """
    known = list(scores)
    mean = sum(known) / len(known) if known else 0.0
    return mean, next(word for least, word in _WORDS if mean >= least)
