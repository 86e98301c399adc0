"""Answers and what each child knows, by the child's opaque id; nothing here names a pupil or a school."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.database import Base


class Run(Base):
    """One test of one child: the skills it is about, and where it stands."""

    __tablename__ = "runs"
    __table_args__ = (Index(None, "child_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[str]
    skills: Mapped[list[str]]
    """Targeted skills, fixed at the start."""
    carried: Mapped[list[str]] = mapped_column(default=list)
    """Targeted skills already validated before it began (an improved test asks only the others)."""
    length: Mapped[int | None]
    """At most that many questions; None for as many as the targets need."""
    seed: Mapped[int]
    item_id: Mapped[str | None]
    """The question that waits for an answer; None once finished."""
    paused_at: Mapped[int] = mapped_column(default=0)
    """Number of answers at the last pause that the pupil has gone on from."""
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class Answer(Base):
    """One answer to one question; the first counts, and there is no second."""

    __tablename__ = "answers"
    __table_args__ = (UniqueConstraint("run_id", "position"), UniqueConstraint("run_id", "item_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"))
    position: Mapped[int]
    """1 for the first question."""
    item_id: Mapped[str]
    skill_id: Mapped[str]
    response: Mapped[dict[str, Any] | None]
    """What was answered; None for "Je passe"."""
    right: Mapped[bool]
    at: Mapped[datetime]


class KnowledgeElement(Base):
    """What a child was last seen to know or not of one skill, from one run (facts/pix.md §4.2)."""

    __tablename__ = "knowledge_elements"
    __table_args__ = (UniqueConstraint("run_id", "skill_id"), Index(None, "child_id", "skill_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[str]
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"))
    skill_id: Mapped[str]
    validated: Mapped[bool]
    direct: Mapped[bool]
    """Seen in an answer; else inferred from the levels of its topic."""
    at: Mapped[datetime]


class Training(Base):
    """A child trains in one competence, outside any campaign; training again is another run."""

    __tablename__ = "trainings"
    __table_args__ = (UniqueConstraint("child_id", "competence"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[str]
    competence: Mapped[str]
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"))
    """The run at work, or the last one."""


class ItemReport(Base):
    """A question that seemed wrong to a child who met it."""

    __tablename__ = "item_reports"
    __table_args__ = (UniqueConstraint("run_id", "item_id"), Index(None, "item_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"))
    item_id: Mapped[str]
    reason: Mapped[str]
    """One of `reports.REASONS`."""
    words: Mapped[str]
    """What was typed besides, empty mostly."""
    at: Mapped[datetime]
