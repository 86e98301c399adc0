"""`platform replace`: everything that hangs on a platform that was deleted and added again moves to the new one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, aliased

from lti_tool.campaigns.models import Activity, Campaign
from lti_tool.grades.models import Grade, LineItem, Outage
from lti_tool.lti import platforms
from lti_tool.lti.models import SUSPENDED, Context, Deployment, Member, ResourceLink
from lti_tool.schools import audit
from lti_tool.schools import replacing as people
from lti_tool.schools.models import DeploymentSchool
from lti_tool.schools.replacing import MovedPeople, repoint


@dataclass(frozen=True, slots=True)
class Replaced:
    """What `replace` did, in numbers."""

    people: int
    """Who moved as they are."""
    merged: int
    """Who was known on both platforms."""
    conflicts: int
    """Bindings for which a member of staff must decide."""
    deployments: int
    line_items: int


def replace(session: Session, old_id: int, new_id: int, now: datetime) -> Replaced:
    """Move people, deployments and line items of `old_id` to `new_id`, of the same issuer; suspend the old.

    Doing so again moves nothing. Raises `PlatformError`.
    """
    people.check_pair(session, old_id, new_id)
    moved = people.move_people(session, old_id, new_id, now)
    _move_pointers(session, moved)
    line_items = _move_line_items(session, old_id, new_id)
    deployments = _move_deployments(session, old_id, new_id)
    people.forget_merged(session, moved)
    session.execute(delete(Outage).where(Outage.platform_id == old_id))
    platforms.set_status(session, old_id, SUSPENDED)
    audit.record(session, "platform.replaced", now, school_id=None, person_id=None, platform=old_id, by=new_id)
    return Replaced(moved.people, len(moved.merged), moved.conflicts, deployments, line_items)


def _move_pointers(session: Session, moved: MovedPeople) -> None:
    for old, new in moved.merged:
        repoint(session, Grade.person_id, old, new)
        repoint(session, Campaign.owner_id, old, new)
        repoint(session, Activity.chosen_by, old, new)


def _move_line_items(session: Session, old_id: int, new_id: int) -> int:
    """A column that both know by its address is the new one's, with the old one's cells that it lacks."""
    twin = aliased(LineItem)
    for old, new in session.execute(
        select(LineItem.id, twin.id)
        .join(twin, (twin.url == LineItem.url) & (twin.platform_id == new_id))
        .where(LineItem.platform_id == old_id)
    ).all():
        _merge_line_items(session, old, new)
    moved = session.execute(
        update(LineItem)
        .where(LineItem.platform_id == old_id)
        .values(platform_id=new_id)
        .returning(LineItem.id)
        .execution_options(synchronize_session=False)
    )
    return len(moved.all())


def _move_deployments(session: Session, old_id: int, new_id: int) -> int:
    """Deployments with their courses and activities; those of one id on both become one."""
    twin = aliased(Deployment)
    for old, new in session.execute(
        select(Deployment.id, twin.id)
        .join(twin, (twin.deployment_id == Deployment.deployment_id) & (twin.platform_id == new_id))
        .where(Deployment.platform_id == old_id)
    ).all():
        _merge_deployments(session, old, new)
    session.execute(
        update(Context)
        .where(Context.platform_id == old_id)
        .values(platform_id=new_id)
        .execution_options(synchronize_session=False)
    )
    moved = session.execute(
        update(Deployment)
        .where(Deployment.platform_id == old_id)
        .values(platform_id=new_id)
        .returning(Deployment.id)
        .execution_options(synchronize_session=False)
    )
    return len(moved.all())


def _merge_deployments(session: Session, old: int, new: int) -> None:
    repoint(session, DeploymentSchool.deployment_pk, old, new, unique_with=["school_id"])
    course, link = aliased(Context), aliased(ResourceLink)
    for one, other in session.execute(
        select(Context.id, course.id)
        .join(course, (course.context_id == Context.context_id) & (course.deployment_pk == new))
        .where(Context.deployment_pk == old)
    ).all():
        _merge_contexts(session, one, other)
    for one, other in session.execute(
        select(ResourceLink.id, link.id)
        .join(link, (link.resource_link_id == ResourceLink.resource_link_id) & (link.deployment_pk == new))
        .where(ResourceLink.deployment_pk == old)
    ).all():
        _merge_links(session, one, other)
    for column in (Context.deployment_pk, ResourceLink.deployment_pk):
        repoint(session, column, old, new)
    session.execute(delete(Deployment).where(Deployment.id == old))


def _merge_contexts(session: Session, old: int, new: int) -> None:
    repoint(session, Member.context_pk, old, new, unique_with=["sub"])
    repoint(session, ResourceLink.context_pk, old, new)
    repoint(session, LineItem.context_pk, old, new)
    session.execute(delete(Context).where(Context.id == old))


def _merge_links(session: Session, old: int, new: int) -> None:
    of_link = select(LineItem.id).where(LineItem.resource_link_pk == new)
    own, other = session.scalar(of_link), session.scalar(select(LineItem.id).where(LineItem.resource_link_pk == old))
    if own is not None and other is not None:
        _merge_line_items(session, other, own)
    repoint(session, LineItem.resource_link_pk, old, new)
    has_activity = session.scalar(select(Activity.campaign_id).where(Activity.resource_link_pk == new))
    if has_activity is None:
        repoint(session, Activity.resource_link_pk, old, new)
    session.execute(delete(Activity).where(Activity.resource_link_pk == old))
    session.execute(delete(ResourceLink).where(ResourceLink.id == old))


def _merge_line_items(session: Session, old: int, new: int) -> None:
    repoint(session, Grade.line_item_id, old, new, unique_with=["learner_id"])
    session.execute(delete(LineItem).where(LineItem.id == old))
