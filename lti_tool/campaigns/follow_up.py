"""What a teacher follows: who takes a campaign, where they stand, what they sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from lti_tool.campaigns.models import Participation, SharedResult
from lti_tool.campaigns.paging import PER_PAGE, Page, page_of
from lti_tool.schools.models import Learner


@dataclass(frozen=True)
class Participant:
    """One learner's line. `validated` and `targeted` are of the sending that counts, None where nothing was sent."""

    participation_id: int
    learner_id: int
    last_name: str
    first_name: str
    division: str
    status: str
    """`started`, `to_share` or `shared`."""
    started_at: datetime
    shared_at: datetime | None
    sendings: int
    validated: int | None
    targeted: int | None


@dataclass(frozen=True)
class Overview:
    """A campaign in figures. `mean` is the arithmetic mean of mastery from 0 to 1 (facts/pix.md §3.4), or None."""

    participants: int
    received: int
    mean: float | None


def participants(session: Session, campaign_id: int, *, page: int = 1, per_page: int = PER_PAGE) -> Page[Participant]:
    """Who takes the campaign, by name, a page at a time."""
    total = session.scalar(
        select(func.count()).select_from(Participation).where(Participation.campaign_id == campaign_id)
    )
    number, rows = page_of(session, _lines(campaign_id), total or 0, page, per_page)
    return Page(tuple(Participant(*row) for row in rows), total or 0, number, per_page)


def overview(session: Session, campaign_id: int) -> Overview:
    """The campaign's figures, in one query."""
    mastery = 1.0 * SharedResult.validated / func.nullif(SharedResult.targeted, 0)
    row = session.execute(
        select(func.count(), func.count(Participation.shared_at), func.avg(mastery))
        .select_from(Participation)
        .outerjoin(SharedResult, (SharedResult.participation_id == Participation.id) & SharedResult.counts)
        .where(Participation.campaign_id == campaign_id)
    ).one()
    return Overview(row[0], row[1], None if row[2] is None else float(row[2]))


def _lines(campaign_id: int) -> Select[*tuple[Any, ...]]:
    usage_name: ColumnElement[str] = func.coalesce(Learner.preferred_last_name, Learner.last_name)
    sendings = (
        select(func.count()).where(SharedResult.participation_id == Participation.id).correlate(Participation)
    ).scalar_subquery()
    return (
        select(
            Participation.id,
            Learner.id,
            usage_name,
            Learner.first_name,
            Learner.division,
            Participation.status,
            Participation.started_at,
            Participation.shared_at,
            sendings,
            SharedResult.validated,
            SharedResult.targeted,
        )
        .join(Learner, Learner.id == Participation.learner_id)
        .outerjoin(SharedResult, (SharedResult.participation_id == Participation.id) & SharedResult.counts)
        .where(Participation.campaign_id == campaign_id)
        .order_by(usage_name, Learner.first_name, Participation.id)
    )
