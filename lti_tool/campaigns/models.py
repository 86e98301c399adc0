"""Campaigns, the activities that lead to them, participations, and the results that pupils sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.assessment.models import Run
from lti_tool.database import Base
from lti_tool.lti.models import Person, ResourceLink
from lti_tool.schools.models import Learner, School

STARTED, TO_SHARE, SHARED = "started", "to_share", "shared"
BEST, LAST = "best", "last"


class Campaign(Base):
    """A test that a teacher gives: a target profile, a code, and words for the pupils."""

    __tablename__ = "campaigns"
    __table_args__ = (Index(None, "school_id", "created_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey(School.id))
    code: Mapped[str] = mapped_column(unique=True)
    """Nine characters: six letters, three digits (facts/pix.md §3.2)."""
    name: Mapped[str]
    """For the staff."""
    title: Mapped[str]
    """For the pupils."""
    landing_text: Mapped[str] = mapped_column(default="")
    target_profile: Mapped[str]
    """Id of the target profile it was made from."""
    skills: Mapped[list[str]]
    """The targeted skills, fixed when the campaign was made."""
    length: Mapped[int | None]
    multiple_sendings: Mapped[bool] = mapped_column(default=True)
    counts: Mapped[str] = mapped_column(default=BEST)
    """Which sending counts: `best` or `last`."""
    resource_id: Mapped[str] = mapped_column(unique=True)
    """`resourceId` of its line items (AGS §3.1.4): ours, opaque, and the same in every course."""
    owner_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    """Who made it; None for those ready from the first day."""
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    """For two who edit at once: the second is told."""

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own form


class Activity(Base):
    """What a resource link of a course leads to, where a teacher or the link's own parameter said so."""

    __tablename__ = "activities"

    resource_link_pk: Mapped[int] = mapped_column(ForeignKey(ResourceLink.id), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    chosen_by: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    """The teacher who pointed it there; None where the link's `custom` says it. A teacher's choice counts."""
    wants_column: Mapped[bool]
    """Whether a column of the gradebook may be created if the activity has none."""
    updated_at: Mapped[datetime]


class Participation(Base):
    """A learner takes a campaign's test. Improving it later is the same participation with another run."""

    __tablename__ = "participations"
    __table_args__ = (UniqueConstraint("campaign_id", "learner_id"), Index(None, "learner_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    learner_id: Mapped[int] = mapped_column(ForeignKey(Learner.id))
    run_id: Mapped[int] = mapped_column(ForeignKey(Run.id))
    """The run at work, or the last one."""
    status: Mapped[str]
    """`started`, `to_share` (finished, not sent) or `shared`, of the present run."""
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    shared_at: Mapped[datetime | None]
    """Last sending."""


class SharedResult(Base):
    """Results as they were when the pupil sent them; each sending is kept."""

    __tablename__ = "shared_results"
    __table_args__ = (
        UniqueConstraint("participation_id", "run_id"),
        Index(
            "uq_shared_results_that_count",
            "participation_id",
            unique=True,
            sqlite_where=text("counts"),
            postgresql_where=text("counts"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    participation_id: Mapped[int] = mapped_column(ForeignKey("participations.id"))
    run_id: Mapped[int] = mapped_column(ForeignKey(Run.id))
    validated: Mapped[int]
    """Skills validated, of `targeted`."""
    targeted: Mapped[int]
    competences: Mapped[list[dict[str, Any]]]
    """Per competence: code, targeted, tested, validated."""
    started_at: Mapped[datetime]
    shared_at: Mapped[datetime]
    counts: Mapped[bool]
    """Whether this is the sending that counts for the campaign: one per participation is."""
