"""What the rest of the tool asks of this room: results were sent, somebody launched, a teacher chose a campaign.

Each function acts in the caller's transaction, so that what happened and the grade that follows are one.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from lti_tool.campaigns import activities, participations
from lti_tool.campaigns.activities import MEMBERS_EVERY
from lti_tool.campaigns.models import STARTED, Activity, Campaign, Participation, SharedResult
from lti_tool.database import Work, orm
from lti_tool.grades import arrivals, cells, line_items, lost_columns, progress
from lti_tool.grades.arrivals import Arrival
from lti_tool.grades.cells import want as want
from lti_tool.lti.messages import Recorded
from lti_tool.lti.models import Context, Member, Person, ResourceLink
from lti_tool.schools.models import Binding
from lti_tool.schools.sessions import LearnerRef
from lti_tool.schools.standing import Standing


def begin(
    session: Session, campaign: Campaign, learner: LearnerRef, now: datetime, *, identifier: str | None = None
) -> Participation:
    """ "Je commence": take up the campaign's test, and have those gradebooks told that lose nothing by it.

    Raises what `participations.begin` raises.
    """
    participation = participations.begin(session, campaign, learner, now, identifier=identifier)
    if participation.status == STARTED:
        progress.begun(session, participation, now)
    return participation


def send_results(session: Session, participation_id: int, learner_id: int, now: datetime) -> SharedResult:
    """ "J'envoie mes résultats": share the results and want the grade, in every course where the learner is known.

    A second click gives the same snapshot and sends nothing twice. Where the learner belongs to no course that holds
    the campaign, as far as is known, the courses' members are read. Raises what `participations.of_learner` and
    `participations.share` raise.
    """
    participation = participations.of_learner(session, participation_id, learner_id)
    result = participations.share(session, participation, now)
    want(session, now, campaign_id=participation.campaign_id, learner_id=learner_id)
    _ask_where_unknown(session, participation.campaign_id, learner_id, now)
    return result


def arrive(
    session: Session | Work, recorded: Recorded, standing: Standing, custom_code: str | None, now: datetime
) -> Arrival:
    """Where a launch of an activity or a Médiacentre leads, the gradebook being brought up to date on the way.

    One statement where nothing has changed since the last launch. A Médiacentre's link leads to no campaign but that
    of `custom_code`. A test user leaves no trace.
    """
    if standing.school is None or recorded.resource_link_pk is None:
        return arrivals.NOWHERE
    arrival = arrivals.look(
        session,
        resource_link_pk=recorded.resource_link_pk,
        custom_code=custom_code,
        school_id=standing.school.id,
        learner_id=standing.learner_id,
        now=now,
    )
    if custom_code is None and recorded.context_pk is None:
        arrival = replace(arrival, campaign_id=None, campaign_code=None)
    if not (arrival.is_settled or standing.is_test):
        _bring_up_to_date(orm(session), recorded.resource_link_pk, arrival, standing.learner_id, now)
    return arrival


def point_activity(
    session: Session,
    resource_link_pk: int,
    campaign_id: int,
    person_id: int,
    wants_column: bool,
    now: datetime,
    *,
    points: int = activities.POINTS,
) -> Activity:
    """A teacher points an activity to a campaign: from now on that one's results are the column's grades.

    `points` is the maximum of a column that is made for it.
    """
    activity = activities.choose(session, resource_link_pk, campaign_id, person_id, wants_column, now, points=points)
    context = line_items.place(session, resource_link_pk, now, seek_now=True)
    if context is not None:
        _ask_for_members(session, context, now)
    return activity


def resend(
    session: Session,
    now: datetime,
    *,
    campaign_id: int,
    learner_id: int | None = None,
    line_item_id: int | None = None,
) -> int:
    """A teacher's click *Renvoyer*: look for columns that are gone, and try grades again as `cells.resend` says."""
    lost_columns.look_again(session, now, campaign_id=campaign_id, line_item_id=line_item_id)
    return cells.resend(session, now, campaign_id=campaign_id, learner_id=learner_id, line_item_id=line_item_id)


def _bring_up_to_date(
    session: Session, resource_link_pk: int, arrival: Arrival, learner_id: int | None, now: datetime
) -> None:
    """What a launch tells of the gradebook: the activity's column, who belongs to the course, grades now possible."""
    if arrival.campaign_id is not None:
        activities.note(session, resource_link_pk, arrival.campaign_id, now)
        context = line_items.place(session, resource_link_pk, now)
        if context is not None and not arrival.is_archived:
            _ask_for_members(session, context, now)
    if learner_id is not None:
        want(session, now, learner_id=learner_id, again=True)


def _ask_for_members(session: Session, context: Context, now: datetime) -> None:
    if context.memberships_url is None:
        return
    if context.members_read_at is None or context.members_read_at + MEMBERS_EVERY <= now:
        activities.ask_for_members_of(session, context.id, context.members_read_at, now)


def _ask_where_unknown(session: Session, campaign_id: int, learner_id: int, now: datetime) -> None:
    """Courses of platforms where the learner is bound, that hold the campaign and may list them by now."""
    statement = (
        select(Context.id, Context.members_read_at)
        .join(ResourceLink, ResourceLink.context_pk == Context.id)
        .join(Activity, Activity.resource_link_pk == ResourceLink.id)
        .join(Binding, and_(Binding.learner_id == learner_id, Binding.platform_id == Context.platform_id))
        .join(Person, Person.id == Binding.person_id)
        .outerjoin(Member, and_(Member.context_pk == Context.id, Member.sub == Person.sub))
        .where(Activity.campaign_id == campaign_id, Context.memberships_url.is_not(None), Member.id.is_(None))
        .distinct()
    )
    for context_pk, read_at in session.execute(statement):
        activities.ask_for_members_of(session, context_pk, read_at, now)
