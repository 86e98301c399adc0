"""Reads who belongs to a course from the platform's membership service (NRPS), as far as grades need it.

Only each member's `sub` is kept and whether they are a learner there, and that only while the course holds an open
campaign. The job is asked for by `campaigns.activities`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, exists, select, update
from sqlalchemy.orm import Session

from lti_tool import logs
from lti_tool.campaigns.models import Activity, Campaign
from lti_tool.database import Database
from lti_tool.grades.cells import want
from lti_tool.grades.failures import service_failure
from lti_tool.jobs import Work
from lti_tool.lti import platforms
from lti_tool.lti.models import Context, Member, Person, ResourceLink
from lti_tool.lti.platforms import PlatformRecord
from lti_tool.lti.services import ServiceRefused, Services
from lti_tool.lti.upsert import insert_or_update

log = logging.getLogger(__name__)

STAYS_AFTER_LAUNCH = timedelta(days=2)
"""Whoever came so lately (launches note it to the day) stays though no list has them: a launch may know better."""


@dataclass(frozen=True)
class _Course:
    """A course that is to be read, and where."""

    context_pk: int
    url: str
    platform: PlatformRecord


def refresh_memberships(database: Database, services: Services, work: Work, now: datetime) -> None:
    """The handler of the job `memberships`: read one course's members, then want the grades of those now known.

    A course without an open campaign loses what is kept of members who never came. A platform that refuses for good
    is left alone for some minutes; for other failures the error goes on, and the job is tried again.
    """
    context_pk = int(work.payload["context_pk"])
    with database.write() as session:
        course = _course(session, context_pk)
        if not _holds_open_campaign(session, context_pk):
            _forget(session, context_pk)
            return
    if course is None:
        return
    try:
        learners = {m.sub: m.is_learner for m in services.members(course.platform, course.url) if m.active}
    except ServiceRefused as refusal:
        failure = service_failure(refusal)
        logs.event(log, "members.refused", logging.WARNING, context=context_pk, reason=failure.reason)
        if not failure.final:
            raise
        with database.write() as session:  # or each launch would ask again
            session.execute(update(Context).where(Context.id == context_pk).values(members_read_at=now))
        return
    with database.write() as session:
        _write(session, context_pk, learners, now)
        waiting = want(session, now, context_pk=context_pk, again=True)
    logs.event(log, "members.read", context=context_pk, members=len(learners), wanted=waiting)


def _course(session: Session, context_pk: int) -> _Course | None:
    context = session.get(Context, context_pk)
    if context is None or context.memberships_url is None:
        return None
    platform = platforms.find(session, context.platform_id)
    return _Course(context_pk, context.memberships_url, platform) if platform.is_active else None


def _holds_open_campaign(session: Session, context_pk: int) -> bool:
    statement = (
        select(Activity.resource_link_pk)
        .join(ResourceLink, ResourceLink.id == Activity.resource_link_pk)
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .where(ResourceLink.context_pk == context_pk, Campaign.archived_at.is_(None))
        .limit(1)
    )
    return session.scalar(statement) is not None


def _forget(session: Session, context_pk: int) -> None:
    """Drop the members who never came: nothing needs them any more."""
    came = exists().where(
        and_(Person.sub == Member.sub, Person.platform_id == Context.platform_id, Context.id == Member.context_pk)
    )
    session.execute(
        delete(Member).where(Member.context_pk == context_pk, ~came).execution_options(synchronize_session=False)
    )


def _write(session: Session, context_pk: int, listed: dict[str, bool], now: datetime) -> None:
    """Make the course's members those listed, and those who launched a moment ago though no list has them yet.

    Whoever launched as staff stays staff: Moodle lists its non-editing teachers as learners (facts/moodle.md).
    """
    came = exists().where(
        Person.sub == Member.sub, Person.platform_id == Context.platform_id, Context.id == Member.context_pk
    )
    known = {
        row.sub: row
        for row in session.execute(
            select(Member.id, Member.sub, Member.is_learner, Member.seen_at, came.label("came")).where(
                Member.context_pk == context_pk
            )
        )
    }
    for sub, is_learner in listed.items():
        row = known.get(sub)
        if row is None or (row.is_learner != is_learner and not (row.came and is_learner)):
            values = {"context_pk": context_pk, "sub": sub, "is_learner": is_learner, "seen_at": now}
            insert_or_update(session, Member, values, unique=["context_pk", "sub"], update=["is_learner", "seen_at"])
    still = [known[sub].id for sub in listed if sub in known]
    gone = [row.id for row in known.values() if row.sub not in listed and row.seen_at + STAYS_AFTER_LAUNCH <= now]
    for chunk in _chunks(still):
        session.execute(update(Member).where(Member.id.in_(chunk)).values(seen_at=now))
    for chunk in _chunks(gone):
        session.execute(delete(Member).where(Member.id.in_(chunk)))
    session.execute(update(Context).where(Context.id == context_pk).values(members_read_at=now))


def _chunks(ids: list[int], size: int = 500) -> list[list[int]]:
    return [ids[i : i + size] for i in range(0, len(ids), size)]
