"""Activities: which campaign a resource link of a course was pointed to, and whose courses hold a campaign."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_tool import jobs
from lti_tool.campaigns.models import Activity
from lti_tool.lti.models import Context, ResourceLink
from lti_tool.lti.upsert import insert_unless_there

MEMBERS_JOB = "memberships"
POINTS = 100
"""Maximum of a column where nobody said another."""
MEMBERS_EVERY = timedelta(minutes=5)
"""A course's members are read at most that often."""


def choose(
    session: Session,
    resource_link_pk: int,
    campaign_id: int,
    person_id: int,
    wants_column: bool,
    now: datetime,
    *,
    points: int = POINTS,
) -> Activity:
    """A teacher points an activity to a campaign, whatever its `custom` parameter says.

    `web` calls `grades.desired.point_activity`, which also looks after the gradebook.
    """
    return _put(session, resource_link_pk, campaign_id, person_id, wants_column, points, now)


def note(session: Session, resource_link_pk: int, campaign_id: int, now: datetime) -> Activity:
    """Remember what the link's own `custom` parameter leads to; never over a teacher's choice."""
    activity = session.get(Activity, resource_link_pk)
    if activity is not None and (activity.chosen_by is not None or activity.campaign_id == campaign_id):
        return activity
    return _put(session, resource_link_pk, campaign_id, None, False, POINTS, now)


def ask_for_members(session: Session, campaign_id: int, now: datetime) -> None:
    """Have the members read of all courses that hold the campaign, each at most every few minutes."""
    statement = (
        select(Context.id, Context.members_read_at)
        .join(ResourceLink, ResourceLink.context_pk == Context.id)
        .join(Activity, Activity.resource_link_pk == ResourceLink.id)
        .where(Activity.campaign_id == campaign_id, Context.memberships_url.is_not(None))
        .distinct()
    )
    for context_pk, read_at in session.execute(statement):
        ask_for_members_of(session, context_pk, read_at, now)


def ask_for_members_of(session: Session, context_pk: int, read_at: datetime | None, now: datetime) -> None:
    """Have one course's members read, now or as soon as the last reading is some minutes old."""
    due = now if read_at is None else max(now, read_at + MEMBERS_EVERY)
    jobs.enqueue(session, MEMBERS_JOB, str(context_pk), {"context_pk": context_pk}, now, run_at=due)


def _put(
    session: Session,
    resource_link_pk: int,
    campaign_id: int,
    person_id: int | None,
    wants_column: bool,
    points: int,
    now: datetime,
) -> Activity:
    values: dict[str, object] = {
        "campaign_id": campaign_id,
        "chosen_by": person_id,
        "wants_column": wants_column,
        "points": points,
        "updated_at": now,
    }
    new = {"resource_link_pk": resource_link_pk, **values}
    if not insert_unless_there(session, Activity, new, unique=["resource_link_pk"]):
        session.execute(update(Activity).where(Activity.resource_link_pk == resource_link_pk).values(values))
    return session.get_one(Activity, resource_link_pk, populate_existing=True)
