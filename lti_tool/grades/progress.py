"""Tells a gradebook that a pupil has begun, where that cannot cost them a grade.

AGS lets a score without `scoreGiven` clear the cell (§3.4.4), and Moodle does so (facts/moodle.md, "Scores"): progress
goes only to products known to keep what the cell shows, and only while no grade of ours is wanted there.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, exists, func, select
from sqlalchemy.orm import Session

from lti_tool import jobs, logs
from lti_tool.campaigns.models import Participation
from lti_tool.database import Database
from lti_tool.grades import outages
from lti_tool.grades.failures import service_failure
from lti_tool.grades.models import Grade, LineItem, Outage
from lti_tool.jobs import Work
from lti_tool.lti.models import ACTIVE, Context, Member, Person, Platform
from lti_tool.lti.outbound import OutboundError
from lti_tool.lti.platforms import RECORD_COLUMNS, PlatformRecord, record_of
from lti_tool.lti.services import SCOPE_SCORE, Score, ServiceRefused, Services
from lti_tool.schools.models import Binding, Learner

log = logging.getLogger(__name__)

PROGRESS_JOB = "progress"
KEEPS_GRADE = frozenset({"canvas"})
"""Product family codes, in small letters. Canvas documents of its Score service that `Pending` scores are ignored."""
TRIES = 5
"""It is a courtesy: after so many tries it is let go."""


@dataclass(frozen=True)
class _Begun:
    """One cell to tell of."""

    url: str
    platform: PlatformRecord
    sub: str
    started_at: datetime


def begun(session: Session, participation: Participation, now: datetime) -> None:
    """A pupil began a campaign: have the gradebooks told, in the caller's transaction, where there are any to tell."""
    if session.execute(_cells(participation.id, now).limit(1)).first() is not None:
        jobs.enqueue(session, PROGRESS_JOB, str(participation.id), {"participation_id": participation.id}, now)


def tell(database: Database, services: Services, work: Work, now: datetime) -> None:
    """The handler of the job `progress`. The score's time is when the test was begun: any grade comes later."""
    with database.read() as session:
        rows = session.execute(_cells(int(work.payload["participation_id"]), now)).all()
    cells = [
        _Begun(row.url, record_of(row[4:]), row.sub, row.started_at) for row in rows if SCOPE_SCORE in row.ags_scopes
    ]
    for cell in cells:
        score = Score(
            user_id=cell.sub,
            timestamp=cell.started_at + timedelta(seconds=cell.platform.clock_offset_s),
            activity_progress="InProgress",
            grading_progress="Pending",
            started_at=cell.started_at,
        )
        try:
            status = services.post_score(cell.platform, cell.url, score).status
        except (OutboundError, ServiceRefused) as error:
            reason = service_failure(error).reason
            logs.event(log, "progress.failed", logging.WARNING, platform=cell.platform.id, reason=reason)
            if work.attempts + 1 < TRIES:
                raise
        else:
            logs.event(log, "progress.told", platform=cell.platform.id, status=status)


def _cells(participation_id: int, now: datetime) -> Select[*tuple[Any, ...]]:
    wanted = exists().where(Grade.line_item_id == LineItem.id, Grade.learner_id == Participation.learner_id)
    return (
        select(LineItem.url, Person.sub, Participation.started_at, Context.ags_scopes, *RECORD_COLUMNS)
        .select_from(Participation)
        .join(LineItem, and_(LineItem.campaign_id == Participation.campaign_id, LineItem.url.is_not(None)))
        .join(Context, Context.id == LineItem.context_pk)
        .join(Platform, and_(Platform.id == LineItem.platform_id, Platform.status == ACTIVE))
        .join(Learner, and_(Learner.id == Participation.learner_id, Learner.active))
        .join(Binding, and_(Binding.learner_id == Learner.id, Binding.platform_id == Platform.id))
        .join(Person, Person.id == Binding.person_id)
        .join(Member, and_(Member.context_pk == Context.id, Member.sub == Person.sub, Member.is_learner))
        .outerjoin(Outage, Outage.platform_id == Platform.id)
        .where(
            Participation.id == participation_id,
            func.lower(Platform.product).in_(KEEPS_GRADE),
            outages.may_be_asked(now),
            ~wanted,
        )
    )
