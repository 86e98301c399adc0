"""A platform that is down is left alone for a while, so that it costs the others nothing (a breaker per platform).

After some failures in a row nothing is asked of it until a time that moves further away with each; then one try at a
time, until a good answer ends the outage and brings forward everything that waited because of it.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from lti_tool import logs
from lti_tool.grades.cells import in_order
from lti_tool.grades.models import WAITING, Grade, LineItem, Outage
from lti_tool.grades.reasons import OF_THE_PLATFORM, TOO_MANY
from lti_tool.grades.retrying import Jitter, back_off
from lti_tool.lti.upsert import insert_or_update

log = logging.getLogger(__name__)

OPENS_AFTER = 3
"""Failures in a row."""
LONGEST = timedelta(minutes=5)
_MENDED = OF_THE_PLATFORM - {TOO_MANY}
"""What an outage's end puts right; who was asked to wait waits."""


def may_be_asked(now: datetime) -> ColumnElement[bool]:
    """For a query that outer-joins `Outage`: the platform is not being left alone."""
    return or_(Outage.until.is_(None), Outage.until <= now)


def failed(
    session: Session,
    platform_id: int,
    cell_id: int | None,
    now: datetime,
    jitter: Jitter,
    *,
    asked_to_wait: timedelta | None = None,
) -> None:
    """The platform did not answer as it should. The same cell's failure counts once, no cell's always.

    Where the platform asked to wait, it is left alone at once.
    """
    outage = session.execute(
        select(Outage.failures, Outage.last_cell, Outage.since).where(Outage.platform_id == platform_id)
    ).one_or_none()
    failures = outage.failures if outage is not None else 0
    if outage is None or cell_id is None or outage.last_cell != cell_id:
        failures += 1
    wait = back_off(failures - OPENS_AFTER + 1, jitter) if failures >= OPENS_AFTER else timedelta(0)
    wait = min(max(wait, asked_to_wait or timedelta(0)), LONGEST)
    values = {
        "platform_id": platform_id,
        "failures": failures,
        "last_cell": cell_id,
        "since": outage.since if outage is not None else now,
        "until": now + wait if wait else None,
    }
    insert_or_update(session, Outage, values, unique=["platform_id"], update=["failures", "last_cell", "until"])
    if wait:
        logs.event(log, "platform.down", logging.WARNING, platform=platform_id, failures=failures, for_s=wait.seconds)


def answered(session: Session, platform_id: int, now: datetime) -> None:
    """The platform gave a good answer: the outage is over, and whatever waited because of it is due now."""
    ended = session.execute(
        delete(Outage).where(Outage.platform_id == platform_id).returning(Outage.failures)
    ).scalar_one_or_none()
    if ended is None or ended < OPENS_AFTER:
        return
    of_platform = select(LineItem.id).where(LineItem.platform_id == platform_id)
    session.execute(
        update(Grade)
        .where(
            in_order(
                Grade.state == WAITING,
                Grade.reason.in_(_MENDED),
                Grade.line_item_id.in_(of_platform),
                Grade.next_try_at > now,
                skip_locked=True,  # we hold others already
            )
        )
        .values(next_try_at=now)
        .execution_options(synchronize_session=False)
    )
    logs.event(log, "platform.back", platform=platform_id)
