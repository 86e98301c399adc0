"""Line items, and for each learner what the gradebook should show and what it last accepted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.campaigns.models import Campaign, SharedResult
from lti_tool.database import Base
from lti_tool.lti.models import Context, Person, Platform, ResourceLink
from lti_tool.schools.models import Learner

WAITING, ACCEPTED, REFUSED, NOT_NEEDED = "waiting", "accepted", "refused", "not_needed"


class LineItem(Base):
    """A column of a course's gradebook that belongs to a campaign: one per activity, also while it is being sought.

    The row is the reservation: of two launches that race, one inserts it, and one worker at a time looks.
    """

    __tablename__ = "line_items"
    __table_args__ = (
        UniqueConstraint("resource_link_pk"),
        UniqueConstraint("platform_id", "url"),
        Index(None, "campaign_id"),
        Index(None, "context_pk"),
        Index(None, "next_try_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey(Platform.id))
    context_pk: Mapped[int] = mapped_column(ForeignKey(Context.id))
    resource_link_pk: Mapped[int] = mapped_column(ForeignKey(ResourceLink.id))
    """The activity whose column it is."""
    campaign_id: Mapped[int] = mapped_column(ForeignKey(Campaign.id))
    url: Mapped[str | None]
    """None while it is still to be found or created."""
    score_maximum: Mapped[float] = mapped_column(default=100.0)
    created_by_us: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str | None]
    """Why there is no `url` (yet): a stable word."""
    sought_at: Mapped[datetime | None]
    """When a worker last looked for it."""
    next_try_at: Mapped[datetime | None]
    """When to look for it; None where nobody needs to."""
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]


class Grade(Base):
    """A cell: desired, and accepted. Workers make them equal."""

    __tablename__ = "grades"
    __table_args__ = (
        UniqueConstraint("line_item_id", "learner_id"),
        Index(None, "state", "next_try_at", "id"),
        Index(None, "learner_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    line_item_id: Mapped[int] = mapped_column(ForeignKey("line_items.id"))
    learner_id: Mapped[int] = mapped_column(ForeignKey(Learner.id))
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    """Bound to the learner on the line item's platform: their `sub` is the score's `userId`."""
    shared_result_id: Mapped[int] = mapped_column(ForeignKey(SharedResult.id))
    """The sending that counts, from which the desired score is computed."""
    version: Mapped[int] = mapped_column(default=1)
    """Grows with each change of what is desired; a worker that finishes with an older one changes nothing."""
    state: Mapped[str]
    """`waiting`, `accepted`, `refused` or `not_needed`."""
    reason: Mapped[str | None]
    """Why it was refused or waits: a stable word."""
    wanted_at: Mapped[datetime]
    """Since when it should show what it should now."""
    next_try_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_timestamp: Mapped[datetime | None]
    """The newest score timestamp ever sent for this cell; the next is strictly later (AGS §3.4.9)."""
    sent_scores: Mapped[list[float]] = mapped_column(JSON, default=list)
    """Values sent since the last one that was accepted: any of them may stand in the gradebook without our knowing."""
    accepted_version: Mapped[int | None]
    accepted_score: Mapped[float | None]
    accepted_at: Mapped[datetime | None]
    shown_score: Mapped[float | None]
    """What the gradebook itself showed when it was last compared, on the line item's maximum; None for nothing."""
    shown_at: Mapped[datetime | None]


LOCKING_ORDER = (Grade.line_item_id, Grade.learner_id)
"""In which whoever writes several cells takes them, so that no two writers ever wait for each other."""


class Outage(Base):
    """A platform that did not answer as it should, time after time: no row where the last answer was a good one."""

    __tablename__ = "platform_outages"

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey(Platform.id), unique=True)
    failures: Mapped[int]
    """In a row, since the last good answer."""
    last_cell: Mapped[int | None]
    """The grade that failed last, or a column with a minus: one that a platform always stumbles over is no outage."""
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    """Nothing is asked of the platform before; None while there is still hope."""
