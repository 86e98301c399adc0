"""One try at one cell, and what may come of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeGuard

from lti_tool.grades.failures import Failure
from lti_tool.grades.reasons import OF_THE_PLATFORM
from lti_tool.grades.scores import Sent
from lti_tool.lti.platforms import PlatformRecord


@dataclass(frozen=True, slots=True)
class Cell:
    """One try at one cell: what to send, and the lease under which."""

    grade_id: int
    learner_id: int
    version: int
    timestamp: datetime
    """By the platform's clock; later than every one before for this cell, and already written down."""
    lease_until: datetime
    attempts: int
    platform: PlatformRecord
    platform_failures: int
    """In a row, before this try."""
    line_item_id: int
    line_item_url: str
    score_maximum: float
    scopes: frozenset[str]
    person_id: int
    sub: str
    sent: Sent
    score: float
    accepted_score: float | None
    sent_scores: tuple[float, ...]
    """What was sent since, this try's included: any of it may stand in the gradebook."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The gradebook has this score."""

    score: float


@dataclass(frozen=True, slots=True)
class PutBack:
    """Not tried: there was no time left. The row is free for the next worker."""


Outcome = Accepted | Failure | PutBack
Tried = Sequence[tuple[Cell, Outcome]]


def says_platform_is_ill(outcome: Outcome) -> TypeGuard[Failure]:
    """Whether a try says something of the platform as a whole."""
    return isinstance(outcome, Failure) and not outcome.final and outcome.reason in OF_THE_PLATFORM
