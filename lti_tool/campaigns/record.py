"""What one learner did: every participation in the school's campaigns, and of many learners how many and the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from lti_tool.campaigns.bands import Band, band, percent
from lti_tool.campaigns.models import COLLECT, Campaign, Participation, SharedResult
from lti_tool.schools.models import Learner

MOST = 200
"""Participations shown of one learner, the newest ones."""


@dataclass(frozen=True)
class RecordLine:
    """One participation. `validated` and `targeted` are of the sending that counts, None where nothing was sent."""

    participation_id: int
    campaign_id: int
    campaign: str
    purpose: str
    status: str
    started_at: datetime
    shared_at: datetime | None
    sendings: int
    validated: int | None
    targeted: int | None

    @property
    def is_collection(self) -> bool:
        return self.purpose == COLLECT

    @property
    def percent(self) -> int | None:
        """Mastery in whole per cent, where a test was sent."""
        if self.validated is None or self.targeted is None or self.is_collection:
            return None
        return percent(self.validated, self.targeted)

    @property
    def band(self) -> Band | None:
        return None if self.percent is None else band(self.percent)


@dataclass(frozen=True)
class Activity:
    """A learner's participations in figures."""

    participations: int = 0
    last_at: datetime | None = None
    """Their last beginning or sending."""


def participations() -> ColumnElement[int]:
    """How many participations a line of the register has, to sort a list of learners by."""
    counted = select(func.count()).select_from(Participation).where(Participation.learner_id == Learner.id)
    return counted.correlate(Learner).scalar_subquery()


def of_learner(session: Session, learner_id: int) -> list[RecordLine]:
    """The learner's participations, the newest first, in one query."""
    every = SharedResult.__table__.alias("every_sending")
    sendings = select(func.count()).select_from(every).where(every.c.participation_id == Participation.id)
    rows = session.execute(
        select(
            Participation.id,
            Campaign.id,
            Campaign.name,
            Campaign.purpose,
            Participation.status,
            Participation.started_at,
            Participation.shared_at,
            sendings.correlate(Participation).scalar_subquery(),
            SharedResult.validated,
            SharedResult.targeted,
        )
        .join(Campaign, Campaign.id == Participation.campaign_id)
        .outerjoin(SharedResult, (SharedResult.participation_id == Participation.id) & SharedResult.counts)
        .where(Participation.learner_id == learner_id)
        .order_by(Participation.started_at.desc(), Participation.id.desc())
        .limit(MOST)
    )
    return [RecordLine(*row) for row in rows]


def of_learners(session: Session, learner_ids: Sequence[int]) -> Mapping[int, Activity]:
    """What these learners did, in one query; those who did nothing are left out."""
    last = func.max(func.coalesce(Participation.shared_at, Participation.started_at))
    rows = session.execute(
        select(Participation.learner_id, func.count(), last)
        .where(Participation.learner_id.in_(learner_ids))
        .group_by(Participation.learner_id)
    )
    return {learner_id: Activity(count, at) for learner_id, count, at in rows}
