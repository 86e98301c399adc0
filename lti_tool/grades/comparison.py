"""What the gradebooks themselves show, read at a teacher's request and set beside what we sent (AGS §3.3)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, select, update
from sqlalchemy.orm import Session

from lti_tool import logs
from lti_tool.campaigns import activities
from lti_tool.database import Database
from lti_tool.grades import outages
from lti_tool.grades.failures import service_failure
from lti_tool.grades.models import LOCKING_ORDER, Grade, LineItem, Outage
from lti_tool.lti.models import ACTIVE, Context, Person, Platform
from lti_tool.lti.outbound import OutboundError
from lti_tool.lti.platforms import RECORD_COLUMNS, PlatformRecord, record_of
from lti_tool.lti.services import SCOPE_RESULT_READ, ServiceRefused, Services

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Column:
    line_item_id: int
    url: str
    score_maximum: float
    platform: PlatformRecord


def compare(
    database: Database, services: Services, line_item_id: int, school_campaign_id: int, clock: Callable[[], datetime]
) -> bool:
    """Read a column of the campaign and note what each cell shows; False where the platform does not let us or answer.

    Its course's members are read anew by a job besides. No transaction is open while the platform is asked.
    """
    asked_at = clock()
    with database.write() as session:
        _ask_for_members(session, line_item_id, school_campaign_id, asked_at)
        column = _readable(session, line_item_id, school_campaign_id, asked_at)
    if column is None:
        return False
    try:
        results = services.results(column.platform, column.url)
    except (OutboundError, ServiceRefused) as error:
        reason = service_failure(error).reason
        logs.event(log, "column.unread", logging.WARNING, line_item=line_item_id, reason=reason)
        return False
    shown = {
        result.user_id: result.score * column.score_maximum / (result.maximum or column.score_maximum)
        for result in results
        if result.score is not None
    }
    with database.write() as session:
        _note(session, column, shown, asked_at)
    return True


def _readable(session: Session, line_item_id: int, campaign_id: int, now: datetime) -> _Column | None:
    row = session.execute(
        select(LineItem.url, LineItem.score_maximum, Context.ags_scopes, *RECORD_COLUMNS)
        .join(Context, Context.id == LineItem.context_pk)
        .join(Platform, and_(Platform.id == LineItem.platform_id, Platform.status == ACTIVE))
        .outerjoin(Outage, Outage.platform_id == LineItem.platform_id)
        .where(LineItem.id == line_item_id, LineItem.campaign_id == campaign_id, outages.may_be_asked(now))
    ).one_or_none()
    if row is None or row.url is None or SCOPE_RESULT_READ not in row.ags_scopes:
        return None
    return _Column(line_item_id, row.url, row.score_maximum, record_of(row[3:]))


def _ask_for_members(session: Session, line_item_id: int, campaign_id: int, now: datetime) -> None:
    context = session.execute(
        select(Context.id, Context.members_read_at)
        .join(LineItem, LineItem.context_pk == Context.id)
        .where(LineItem.id == line_item_id, LineItem.campaign_id == campaign_id, Context.memberships_url.is_not(None))
    ).one_or_none()
    if context is not None:
        activities.ask_for_members_of(session, context.id, context.members_read_at, now)


def _note(session: Session, column: _Column, shown: Mapping[str, float], at: datetime) -> None:
    rows: list[dict[str, Any]] = [
        {"grade": grade_id, "score": shown.get(sub)}
        for grade_id, sub in session.execute(
            select(Grade.id, Person.sub)
            .join(Person, Person.id == Grade.person_id)
            .where(Grade.line_item_id == column.line_item_id)
            .order_by(*LOCKING_ORDER)
        )
    ]
    if rows:
        session.connection().execute(
            update(Grade).where(Grade.id == bindparam("grade")).values(shown_score=bindparam("score"), shown_at=at),
            rows,
        )
