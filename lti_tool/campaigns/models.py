"""Campaigns, the activities that lead to them, participations, and the results that pupils sent."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.assessment.models import Run
from lti_tool.database import Base
from lti_tool.lti.models import Person, ResourceLink
from lti_tool.schools.models import Learner, School

STARTED, TO_SHARE, SHARED = "started", "to_share", "shared"
BEST, LAST = "best", "last"
ASSESS, COLLECT = "assess", "collect"


class Campaign(Base):
    """A test that a teacher gives: a target profile, a code, and words for the pupils."""

    __tablename__ = "campaigns"
    __table_args__ = (Index(None, "school_id", "created_at"), UniqueConstraint("school_id", "ready_made"))

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey(School.id))
    code: Mapped[str] = mapped_column(unique=True)
    """Nine characters: six letters, three digits (facts/pix.md §3.2)."""
    name: Mapped[str]
    """For the staff."""
    title: Mapped[str]
    """For the pupils."""
    landing_text: Mapped[str] = mapped_column(default="")
    result_text: Mapped[str] = mapped_column(default="")
    """What pupils read beside their results."""
    purpose: Mapped[str] = mapped_column(default=ASSESS)
    """`assess` (a test of these skills) or `collect` (the profile as it stands, no question asked)."""
    target_profile: Mapped[str]
    """Id of the target profile it was made from; empty for a personalised one and for a collection."""
    profile_name: Mapped[str] = mapped_column(default="")
    """Its name when the campaign was made, or what the teacher called a personalised one."""
    skills: Mapped[list[str]]
    """The targeted skills, fixed when the campaign was made."""
    length: Mapped[int | None]
    multiple_sendings: Mapped[bool] = mapped_column(default=True)
    allows_reset: Mapped[bool] = mapped_column(default=False)
    """Whether the test may be taken again from its first question (facts/pix.md §3.3)."""
    counts: Mapped[str] = mapped_column(default=BEST)
    """Which sending counts: `best` or `last`."""
    identifier_label: Mapped[str | None]
    """What pupils are asked to type before they begin, as "Numéro d’élève"; None to ask nothing."""
    opens_on: Mapped[date | None]
    """First day, in the school's zone, on which it can be begun."""
    closes_on: Mapped[date | None]
    """Last day, in the school's zone, on which it can be begun and results sent."""
    divisions: Mapped[list[str]] = mapped_column(default=list)
    """Divisions that are meant to take it, to say who has not begun; empty where nobody said."""
    ready_made: Mapped[str | None]
    """Which of the campaigns that each school has from the first day; None for the others."""
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
    points: Mapped[int] = mapped_column(default=100)
    """Maximum of that column."""
    updated_at: Mapped[datetime]


class Participation(Base):
    """A learner takes a campaign's test. Improving it later is the same participation with another run."""

    __tablename__ = "participations"
    __table_args__ = (
        UniqueConstraint("campaign_id", "learner_id"),
        Index(None, "learner_id"),
        Index(None, "campaign_id", "shared_at"),
    )

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
    identifier: Mapped[str | None]
    """What the pupil typed where the campaign asks for an identifier."""


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
    validated_skills: Mapped[list[str]] = mapped_column(default=list)
    """Which of the targeted skills are validated: what the analysis by topic reads."""
    profile: Mapped[dict[str, Any] | None]
    """Of a collected profile: `pix`, and per competence code, level and pix."""
    started_at: Mapped[datetime]
    shared_at: Mapped[datetime]
    counts: Mapped[bool]
    """Whether this is the sending that counts for the campaign: one per participation is."""
