"""Which column of a gradebook belongs to an activity: taken from the launch, else found, else made if asked for.

The activity's one row in `line_items` is the reservation. It is inserted by the first of two launches that race, and
looked after by one worker at a time, who finds a column again that another made just before dying.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_tool import logs
from lti_tool.campaigns.models import Activity, Campaign
from lti_tool.database import Database, wake_after_commit
from lti_tool.grades import lost_columns, outages
from lti_tool.grades.cells import GRADES_QUEUE, let_go, want, want_all_again
from lti_tool.grades.failures import Failure, service_failure
from lti_tool.grades.models import LineItem, Outage
from lti_tool.grades.reasons import NO_COLUMN, NO_SCOPE, OF_THE_PLATFORM
from lti_tool.grades.retrying import Jitter, back_off, by_chance
from lti_tool.lti.models import ACTIVE, Context, Platform, ResourceLink
from lti_tool.lti.outbound import OutboundError
from lti_tool.lti.platforms import RECORD_COLUMNS, PlatformRecord, record_of
from lti_tool.lti.services import (
    SCOPE_LINE_ITEM,
    SCOPE_LINE_ITEM_READ,
    LineItemValue,
    ServiceRefused,
    Services,
)
from lti_tool.lti.upsert import insert_unless_there

log = logging.getLogger(__name__)

TAG = "pix"
SCORE_MAXIMUM = 100.0

LEASE = timedelta(minutes=2)
SEEK_EVERY = timedelta(minutes=10)
"""A column that was not there is looked for again by a launch that comes so much later."""


def place(session: Session, resource_link_pk: int, now: datetime, *, seek_now: bool = False) -> Context | None:
    """Bring an activity's column up to date with what is known of the activity, and want its grades.

    Nothing happens for an activity without a campaign, or outside a course; the course is returned otherwise. Where
    no launch gave the column, or the gradebook has it no longer, a worker is asked to look for it: with `seek_now` at
    once, else unless it just did.
    """
    row = session.execute(
        select(Context, ResourceLink, Activity, LineItem)
        .select_from(ResourceLink)
        .join(Context, Context.id == ResourceLink.context_pk)
        .join(Activity, Activity.resource_link_pk == ResourceLink.id)
        .outerjoin(LineItem, LineItem.resource_link_pk == ResourceLink.id)
        .where(ResourceLink.id == resource_link_pk)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        return None
    context, link, activity, line_item = row
    if line_item is None:
        if link.lineitem_url is None and context.lineitems_url is None:
            return context
        line_item = _reserve(session, context, activity, now)
    changed = _follow_campaign(session, line_item, activity)
    changed = _follow_url(session, line_item, link.lineitem_url, now) or changed
    if link.lineitem_url is None and context.lineitems_url is not None:
        _look_for_it(session, line_item, context, now, seek_now)
    session.flush()
    if changed:
        want(session, now, context_pk=context.id, campaign_id=activity.campaign_id)
    return context


def seek(database: Database, services: Services, clock: Callable[[], datetime], *, jitter: Jitter = by_chance) -> int:
    """Look for every column that is due, in its course's gradebook; returns how many were looked for.

    Safe to run in many places at once; no transaction is open while a platform is asked.
    """
    looked = 0
    while (sought := _claim(database, clock())) is not None:
        looked += 1
        try:
            found = _find(services, sought) or _create(database, services, sought, clock())
        except (OutboundError, ServiceRefused) as error:
            _put_off(database, sought, service_failure(error), clock(), jitter)
        else:
            _settle(database, sought, found, clock())
    return looked


def due() -> list[ColumnElement[bool]]:
    """What a column that waits to be looked for looks like, apart from time and lease."""
    return [LineItem.url.is_(None), LineItem.next_try_at.is_not(None), Platform.status == ACTIVE]


@dataclass(frozen=True)
class _Sought:
    """A column that this worker looks for; `sought_at` is the look that is its own."""

    id: int
    sought_at: datetime
    attempts: int
    platform: PlatformRecord
    context_pk: int
    lineitems_url: str | None
    scopes: frozenset[str]
    resource_link_id: str
    campaign_id: int
    resource_id: str
    label: str
    wants_column: bool
    points: int
    """Maximum of a column that is made."""
    was_made: bool
    """We made one before, which somebody has deleted since."""


@dataclass(frozen=True)
class _Found:
    """What came of it: a column, or the reason why there is none."""

    line_item: LineItemValue | None
    created: bool = False
    reason: str | None = None


def _reserve(session: Session, context: Context, activity: Activity, now: datetime) -> LineItem:
    values = {
        "platform_id": context.platform_id,
        "context_pk": context.id,
        "resource_link_pk": activity.resource_link_pk,
        "campaign_id": activity.campaign_id,
        "created_at": now,
    }
    insert_unless_there(session, LineItem, values, unique=["resource_link_pk"])
    return session.scalars(select(LineItem).where(LineItem.resource_link_pk == activity.resource_link_pk)).one()


def _follow_campaign(session: Session, line_item: LineItem, activity: Activity) -> bool:
    if line_item.campaign_id == activity.campaign_id:
        return False
    line_item.campaign_id = activity.campaign_id
    session.flush()
    let_go(session, line_item.id)
    return True


def _follow_url(session: Session, line_item: LineItem, url: str | None, now: datetime) -> bool:
    """Take the address that the newest launch gave; a column belongs to one activity, the one launched last."""
    if url is None or url == line_item.url:
        return False
    others = session.scalars(
        update(LineItem)
        .where(LineItem.platform_id == line_item.platform_id, LineItem.url == url, LineItem.id != line_item.id)
        .values(url=None, reason=NO_COLUMN)
        .returning(LineItem.id)
    )
    for other in others.all():
        lost_columns.refuse_waiting(session, other, NO_COLUMN)
    line_item.url = url
    line_item.reason = line_item.next_try_at = None
    session.flush()
    want_all_again(session, now, line_item.id)
    return True


def _worth_seeking(line_item: LineItem, now: datetime) -> bool:
    return line_item.next_try_at is None and (line_item.sought_at is None or line_item.sought_at + SEEK_EVERY <= now)


def _look_for_it(session: Session, line_item: LineItem, context: Context, now: datetime, seek_now: bool) -> None:
    """Where it is not there, or not any more. One that we made and that was deleted is made anew with `seek_now`."""
    if not (seek_now or _worth_seeking(line_item, now)):
        return
    if line_item.url is not None and not lost_columns.is_gone(session, line_item.id, context):
        return
    line_item.url = None
    line_item.next_try_at = now
    line_item.created_by_us = line_item.created_by_us and not seek_now
    wake_after_commit(session, GRADES_QUEUE)


def _claim(database: Database, now: datetime) -> _Sought | None:
    with database.write() as session:
        row = session.execute(
            select(LineItem, Context, ResourceLink.resource_link_id, Campaign, Activity, *RECORD_COLUMNS)
            .join(Platform, Platform.id == LineItem.platform_id)
            .join(Context, Context.id == LineItem.context_pk)
            .join(ResourceLink, ResourceLink.id == LineItem.resource_link_pk)
            .join(Activity, Activity.resource_link_pk == LineItem.resource_link_pk)
            .join(Campaign, Campaign.id == LineItem.campaign_id)
            .outerjoin(Outage, Outage.platform_id == LineItem.platform_id)
            .where(
                *due(),
                outages.may_be_asked(now),
                LineItem.next_try_at <= now,
                or_(LineItem.lease_until.is_(None), LineItem.lease_until < now),
            )
            .order_by(LineItem.next_try_at)
            .limit(1)
            .with_for_update(of=LineItem, skip_locked=True)
        ).first()
        return None if row is None else _take(row, now)


def _take(row: Row[*tuple[Any, ...]], now: datetime) -> _Sought:
    line_item: LineItem = row[0]
    context: Context = row[1]
    campaign: Campaign = row[3]
    line_item.lease_until = now + LEASE
    line_item.sought_at = now
    line_item.attempts += 1
    return _Sought(
        id=line_item.id,
        sought_at=line_item.sought_at,
        attempts=line_item.attempts,
        platform=record_of(row[5:]),
        context_pk=context.id,
        lineitems_url=context.lineitems_url,
        scopes=frozenset(context.ags_scopes),
        resource_link_id=row[2],
        campaign_id=campaign.id,
        resource_id=campaign.resource_id,
        label=campaign.title,
        wants_column=row[4].wants_column,
        points=row[4].points,
        was_made=line_item.created_by_us,
    )


def _find(services: Services, sought: _Sought) -> _Found | None:
    """By our `resourceId` and `tag`, this activity's own first, then one that belongs to none (AGS §3.2.4)."""
    if sought.lineitems_url is None or not sought.scopes & {SCOPE_LINE_ITEM, SCOPE_LINE_ITEM_READ}:
        return _Found(None, reason=NO_SCOPE)
    scope = SCOPE_LINE_ITEM if SCOPE_LINE_ITEM in sought.scopes else SCOPE_LINE_ITEM_READ
    for link in (sought.resource_link_id, None):
        found = services.find_line_item(
            sought.platform,
            sought.lineitems_url,
            resource_id=sought.resource_id,
            tag=TAG,
            resource_link_id=link,
            scope=scope,
        )
        if found is not None and found.resource_link_id in (None, sought.resource_link_id):
            return _Found(found)
    return None


def _create(database: Database, services: Services, sought: _Sought, now: datetime) -> _Found:
    """A column of our own where the teacher asked for one, unless somebody else is at it by now.

    The lists may have taken long to read: a lease anew outlasts the request, a new token and the request again, so
    that whoever looks next sees what was made.
    """
    if not sought.wants_column or sought.was_made:
        return _Found(None, reason=NO_COLUMN)
    if SCOPE_LINE_ITEM not in sought.scopes or sought.lineitems_url is None:
        return _Found(None, reason=NO_SCOPE)
    with database.write() as session:
        if not _update_ours(session, sought, {"lease_until": now + LEASE}):
            return _Found(None)
    created = services.create_line_item(
        sought.platform,
        sought.lineitems_url,
        label=sought.label,
        score_maximum=float(sought.points),
        resource_id=sought.resource_id,
        tag=TAG,
        resource_link_id=sought.resource_link_id,
    )
    return _Found(created, created=True)


def _settle(database: Database, sought: _Sought, found: _Found, now: datetime) -> None:
    try:
        with database.write() as session:
            _write(session, sought, found, now)
            outages.answered(session, sought.platform.id, now)
    except IntegrityError:  # that column is another activity's already
        found = _Found(None, reason=NO_COLUMN)
        with database.write() as session:
            _write(session, sought, found, now)
    logs.event(
        log,
        "line_item.sought",
        line_item=sought.id,
        platform=sought.platform.id,
        outcome="created" if found.created else found.reason or "found",
    )


def _write(session: Session, sought: _Sought, found: _Found, now: datetime) -> None:
    values: dict[str, object] = {"lease_until": None, "next_try_at": None, "attempts": 0, "reason": found.reason}
    if found.line_item is not None:
        values |= {
            "url": found.line_item.url,
            "score_maximum": found.line_item.score_maximum or float(sought.points),
            "created_by_us": found.created or sought.was_made,
        }
    if not _update_ours(session, sought, values):
        return
    if found.line_item is None:
        lost_columns.refuse_waiting(session, sought.id, found.reason or NO_COLUMN)
    else:
        want_all_again(session, now, sought.id)
        want(session, now, context_pk=sought.context_pk, campaign_id=sought.campaign_id)


def _put_off(database: Database, sought: _Sought, failure: Failure, now: datetime, jitter: Jitter) -> None:
    wait = failure.wait or back_off(sought.attempts, jitter)
    with database.write() as session:
        next_try_at = None if failure.final else now + wait
        values: dict[str, object] = {"lease_until": None, "reason": failure.reason, "next_try_at": next_try_at}
        if _update_ours(session, sought, values) and failure.final:
            lost_columns.refuse_waiting(session, sought.id, failure.reason)
        if not failure.final and failure.reason in OF_THE_PLATFORM:
            of_column = None if failure.status is None else -sought.id  # an error may be of this column alone
            outages.failed(session, sought.platform.id, of_column, now, jitter, asked_to_wait=failure.wait)
    logs.event(
        log,
        "line_item.failed",
        logging.WARNING,
        line_item=sought.id,
        platform=sought.platform.id,
        reason=failure.reason,
        status=failure.status,
        final=failure.final,
    )


def _update_ours(session: Session, sought: _Sought, values: dict[str, object]) -> bool:
    """Only while nobody has looked since, the campaign is the same, and no launch has brought the column."""
    ours = and_(
        LineItem.id == sought.id,
        LineItem.sought_at == sought.sought_at,
        LineItem.campaign_id == sought.campaign_id,
        LineItem.url.is_(None),
    )
    return session.execute(update(LineItem).where(ours).values(values).returning(LineItem.id)).first() is not None
