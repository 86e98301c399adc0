"""What one query tells of a launch: the campaign it leads to, and whether anything of the gradebook is left to do.

Most launches change nothing here; they cost this one statement. The others go the long way, through `desired`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, String, and_, bindparam, cast, exists, or_, select
from sqlalchemy.orm import Session, aliased

from lti_tool.campaigns.activities import MEMBERS_EVERY, MEMBERS_JOB
from lti_tool.campaigns.codes import normalise
from lti_tool.campaigns.models import Activity, Campaign, Participation, SharedResult
from lti_tool.database import Work, core
from lti_tool.grades.line_items import SEEK_EVERY
from lti_tool.grades.models import NOT_NEEDED, REFUSED, Grade, LineItem
from lti_tool.grades.reasons import REMOVED_BY_A_LAUNCH
from lti_tool.jobs import Job
from lti_tool.lti.models import Context, Member, Person, ResourceLink
from lti_tool.prepared import Prepared
from lti_tool.schools.models import Binding, Learner


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where a launch leads, and whether its activity, column, members and grades stand as they should."""

    campaign_id: int | None
    campaign_code: str | None
    is_archived: bool
    is_settled: bool


NOWHERE = Arrival(None, None, is_archived=False, is_settled=True)


def look(
    session: Session | Work,
    *,
    resource_link_pk: int,
    custom_code: str | None,
    school_id: int,
    learner_id: int | None,
    now: datetime,
) -> Arrival:
    """The campaign that a launch leads to, and whether the launch leaves nothing to be done.

    What a teacher chose for the activity counts; else the code in the link's own `custom` parameter, which travels
    with a copied course; else what that parameter said last. A campaign of another school is none.
    `learner_id`: whose grades this launch may make possible, if anybody's. One query; writes nothing.
    """
    asked = {
        "link": resource_link_pk,
        "code": normalise(custom_code) if custom_code is not None else None,
        "school": school_id,
        "learner": learner_id,
    }
    (row,) = _ARRIVAL.rows(core(session), asked)
    campaign_id, code, archived_at = _campaign(row, custom_code)
    settled = not row.has_grades_to_want
    if campaign_id is not None:
        settled = settled and _activity_stands(row, campaign_id)
        settled = settled and _column_stands(row, now)
        settled = settled and (archived_at is not None or _members_stand(row, now))
    return Arrival(campaign_id, code, archived_at is not None, settled)


def _campaign(row: Row[*tuple[Any, ...]], custom_code: str | None) -> tuple[int | None, str | None, datetime | None]:
    """Id, code, and when it was archived."""
    if row.held_id is not None and (row.chosen_by is not None or custom_code is None):
        return row.held_id, row.held_code, row.held_archived_at
    return row.coded_id, row.coded_code, row.coded_archived_at


def _activity_stands(row: Row[*tuple[Any, ...]], campaign_id: int) -> bool:
    return row.activity_pk is not None and (row.chosen_by is not None or row.activity_campaign_id == campaign_id)


def _column_stands(row: Row[*tuple[Any, ...]], now: datetime) -> bool:
    """The column has the newest address and the activity's campaign, or is being sought, or cannot be."""
    if row.context_pk is None:
        return True
    if row.line_item_pk is None:
        return row.link_lineitem_url is None and row.lineitems_url is None
    if row.column_campaign_id != row.activity_campaign_id or row.link_lineitem_url not in (None, row.column_url):
        return False
    if row.column_url is not None or row.lineitems_url is None or row.next_try_at is not None:
        return True
    return row.sought_at is not None and now < row.sought_at + SEEK_EVERY


def _members_stand(row: Row[*tuple[Any, ...]], now: datetime) -> bool:
    """The course's members were read lately, are about to be, or are not to be had."""
    if row.context_pk is None or row.memberships_url is None or row.has_members_job:
        return True
    return row.members_read_at is not None and now < row.members_read_at + MEMBERS_EVERY


_HELD = aliased(Campaign, name="held")
_CODED = aliased(Campaign, name="coded")

_GRADES_TO_WANT = (
    exists()
    .where(
        Participation.learner_id == bindparam("learner"),
        SharedResult.participation_id == Participation.id,
        SharedResult.counts,
        LineItem.campaign_id == Participation.campaign_id,
        LineItem.url.is_not(None),
        Learner.id == Participation.learner_id,
        Learner.active,
        Binding.learner_id == Learner.id,
        Binding.platform_id == LineItem.platform_id,
        Person.id == Binding.person_id,
        Member.context_pk == LineItem.context_pk,
        Member.sub == Person.sub,
        Member.is_learner,
        ~exists()
        .where(
            Grade.line_item_id == LineItem.id,
            Grade.learner_id == Participation.learner_id,
            Grade.shared_result_id == SharedResult.id,
            Grade.person_id == Binding.person_id,
            Grade.state != NOT_NEEDED,
            # one by one: SQLAlchemy writes the text of an IN anew for each launch
            or_(Grade.state != REFUSED, and_(*(Grade.reason != each for each in sorted(REMOVED_BY_A_LAUNCH)))),
        )
        .correlate(LineItem, Participation, SharedResult, Binding),
    )
    .correlate(None)
)
"""Whether `cells.want(…, again=True)` would find a cell of the learner to change."""

_ARRIVAL = Prepared(
    select(
        _HELD.id.label("held_id"),
        _HELD.code.label("held_code"),
        _HELD.archived_at.label("held_archived_at"),
        _CODED.id.label("coded_id"),
        _CODED.code.label("coded_code"),
        _CODED.archived_at.label("coded_archived_at"),
        Activity.resource_link_pk.label("activity_pk"),
        Activity.campaign_id.label("activity_campaign_id"),
        Activity.chosen_by,
        ResourceLink.lineitem_url.label("link_lineitem_url"),
        Context.id.label("context_pk"),
        Context.lineitems_url,
        Context.memberships_url,
        Context.members_read_at,
        LineItem.id.label("line_item_pk"),
        LineItem.campaign_id.label("column_campaign_id"),
        LineItem.url.label("column_url"),
        LineItem.next_try_at,
        LineItem.sought_at,
        exists()
        .where(Job.kind == MEMBERS_JOB, Job.key == cast(Context.id, String))
        .correlate(Context)
        .label("has_members_job"),
        _GRADES_TO_WANT.label("has_grades_to_want"),
    )
    .select_from(ResourceLink)
    .outerjoin(Context, Context.id == ResourceLink.context_pk)
    .outerjoin(Activity, Activity.resource_link_pk == ResourceLink.id)
    .outerjoin(_HELD, and_(_HELD.id == Activity.campaign_id, _HELD.school_id == bindparam("school")))
    .outerjoin(_CODED, and_(_CODED.code == bindparam("code"), _CODED.school_id == bindparam("school")))
    .outerjoin(LineItem, LineItem.resource_link_pk == ResourceLink.id)
    .where(ResourceLink.id == bindparam("link"))
)
