"""Campaigns in courses, as a teacher sees them: the activity to be pointed to one, and where one is used already."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import Session

from lti_tool.campaigns.activities import POINTS
from lti_tool.campaigns.models import Activity
from lti_tool.errors import N_, RefusedError
from lti_tool.lti.models import Context, Deployment, Member, Person, ResourceLink
from lti_tool.schools.models import ADMINISTRATOR, DeploymentSchool
from lti_tool.schools.sessions import SessionInfo


class UnknownActivityError(RefusedError):
    """No such activity in a course of this person's."""

    code = "ACTIVITE"
    status = 404
    sentence = N_("Cette activité n’est pas dans l’un de vos cours.")
    advice = N_("Rouvrez l’activité depuis votre cours.")


@dataclass(frozen=True, slots=True)
class CourseActivity:
    """An activity of a course. `campaign_id` is where it leads so far, None where nobody has said."""

    resource_link_pk: int
    title: str | None
    course: str | None
    has_column: bool
    """Whether its launches bring a column of the gradebook along."""
    campaign_id: int | None
    wants_column: bool
    points: int
    """Maximum wanted for a column that is made."""


def activity(session: Session, resource_link_pk: int, info: SessionInfo) -> CourseActivity:
    """The activity that this member of staff may point to a campaign, in one query.

    A teacher may where they teach, as far as the platform said so; an administrator in every course of a deployment
    that serves the school. What is outside a course, as a Médiacentre's resource, belongs to everybody and leads to
    no campaign. Raises `UnknownActivityError`.
    """
    teaches = exists().where(
        Member.context_pk == ResourceLink.context_pk,
        Member.sub == Person.sub,
        Person.id == info.person_id,
        Member.is_learner.is_(False),
    )
    row = session.execute(
        select(
            ResourceLink.title,
            Context.title.label("course"),
            ResourceLink.lineitem_url,
            Activity.campaign_id,
            Activity.wants_column,
            Activity.points,
        )
        .join(Context, Context.id == ResourceLink.context_pk)
        .join(Deployment, Deployment.id == ResourceLink.deployment_pk)
        .join(
            DeploymentSchool,
            and_(DeploymentSchool.deployment_pk == Deployment.id, DeploymentSchool.school_id == info.school.id),
        )
        .outerjoin(Activity, Activity.resource_link_pk == ResourceLink.id)
        .where(
            ResourceLink.id == resource_link_pk,
            Deployment.platform_id == info.platform_id,
            *(() if info.role == ADMINISTRATOR else (teaches,)),
        )
    ).one_or_none()
    if row is None:
        raise UnknownActivityError
    return CourseActivity(
        resource_link_pk=resource_link_pk,
        title=row.title,
        course=row.course,
        has_column=row.lineitem_url is not None,
        campaign_id=row.campaign_id,
        wants_column=True if row.wants_column is None else row.wants_column,
        points=POINTS if row.points is None else row.points,
    )


def uses(session: Session, campaign_id: int) -> int:
    """How many activities of courses lead to the campaign."""
    return session.scalar(select(func.count()).select_from(Activity).where(Activity.campaign_id == campaign_id)) or 0
