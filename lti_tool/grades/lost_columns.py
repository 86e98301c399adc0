"""A column that is gone from its gradebook: it is looked for again once something changed, and what waits is told.

A launch has it found again where somebody moved it; only a teacher's click has it made anew, since somebody deleted it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, or_, select, update
from sqlalchemy.orm import Session

from lti_tool.database import wake_after_commit
from lti_tool.grades.cells import GRADES_QUEUE, in_order
from lti_tool.grades.models import REFUSED, WAITING, Grade, LineItem
from lti_tool.grades.reasons import COLUMN_GONE
from lti_tool.lti.models import Context, ResourceLink
from lti_tool.lti.services import SCOPE_LINE_ITEM, SCOPE_LINE_ITEM_READ

_IS_GONE = exists().where(Grade.line_item_id == LineItem.id, Grade.state == REFUSED, Grade.reason == COLUMN_GONE)


def is_gone(session: Session, line_item_id: int, context: Context) -> bool:
    """Whether the gradebook answered that there is no such column, and may be asked which there are."""
    if not _may_be_searched(context):
        return False
    return session.scalar(select(LineItem.id).where(LineItem.id == line_item_id, _IS_GONE)) is not None


def look_again(session: Session, now: datetime, *, campaign_id: int, line_item_id: int | None = None) -> None:
    """A teacher's click: look for the columns of a campaign, or for one, that are not there or not any more.

    One whose address the last launch gave stays: only the platform can say where it is now, at the next launch.
    """
    lost = (
        select(LineItem, Context)
        .join(ResourceLink, ResourceLink.id == LineItem.resource_link_pk)
        .join(Context, Context.id == LineItem.context_pk)
        .where(
            LineItem.campaign_id == campaign_id,
            ResourceLink.lineitem_url.is_(None),
            Context.lineitems_url.is_not(None),
            or_(LineItem.url.is_(None), _IS_GONE),
        )
    )
    if line_item_id is not None:
        lost = lost.where(LineItem.id == line_item_id)
    for line_item, context in session.execute(lost.execution_options(populate_existing=True)):
        if line_item.url is None or _may_be_searched(context):
            line_item.url = line_item.reason = None
            line_item.created_by_us = False
            line_item.next_try_at = now
            line_item.attempts = 0
            wake_after_commit(session, GRADES_QUEUE)
    session.flush()


def refuse_waiting(session: Session, line_item_id: int, reason: str) -> None:
    """There is no column: what waits for it does so no longer, until there is one."""
    session.execute(
        update(Grade)
        .where(in_order(Grade.line_item_id == line_item_id, Grade.state == WAITING))
        .values(state=REFUSED, reason=reason, version=Grade.version + 1, next_try_at=None)
        .execution_options(synchronize_session=False)
    )


def _may_be_searched(context: Context) -> bool:
    allowed = {SCOPE_LINE_ITEM, SCOPE_LINE_ITEM_READ}.intersection(context.ags_scopes)
    return context.lineitems_url is not None and bool(allowed)
