"""What a launch meets in the database: one query before it is verified, then only what changed is written."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, delete, select, update
from sqlalchemy.orm import Session

from lti_tool import logs
from lti_tool.database import Base, Database, Work, core
from lti_tool.lti import claims
from lti_tool.lti.claims import UnverifiedClaims
from lti_tool.lti.messages import NOTHING_KNOWN, Known, Launch, Recorded
from lti_tool.lti.models import ConsumedState, Context, Deployment, Member, Person, Platform, ResourceLink
from lti_tool.lti.platforms import RECORD_COLUMNS, PlatformRecord, record_of
from lti_tool.lti.refusals import LaunchRefused, Reason
from lti_tool.lti.roles import Standing
from lti_tool.lti.state import LIFETIME
from lti_tool.lti.upsert import insert_or_update, insert_unless_there
from lti_tool.prepared import Prepared

log = logging.getLogger(__name__)

SEEN_AGAIN_AFTER = timedelta(days=1)
"""Dates of last visits are kept to the day, so that most launches write nothing about their person."""


@dataclass(frozen=True, slots=True)
class Found:
    """What there is for the names in a token that nobody has verified yet."""

    platform: PlatformRecord | None
    deployment_pk: int | None = None
    known: Known = NOTHING_KNOWN


_LOOK_UP = Prepared(
    select(
        *RECORD_COLUMNS,
        Deployment.id,
        Person.id,
        Person.given_name,
        Person.family_name,
        Person.launched_at,
        Context.id,
        Context.title,
        Context.memberships_url,
        Context.lineitems_url,
        Context.ags_scopes,
        ResourceLink.id,
        ResourceLink.title,
        ResourceLink.context_pk,
        ResourceLink.lineitem_url,
        Member.is_learner,
        Member.seen_at,
    )
    .select_from(Platform)
    .outerjoin(
        Deployment,
        and_(Deployment.platform_id == Platform.id, Deployment.deployment_id == bindparam("deployment_id")),
    )
    .outerjoin(Person, and_(Person.platform_id == Platform.id, Person.sub == bindparam("sub")))
    .outerjoin(Context, and_(Context.deployment_pk == Deployment.id, Context.context_id == bindparam("context_id")))
    .outerjoin(
        ResourceLink,
        and_(
            ResourceLink.deployment_pk == Deployment.id,
            ResourceLink.resource_link_id == bindparam("resource_link_id"),
        ),
    )
    .outerjoin(Member, and_(Member.context_pk == Context.id, Member.sub == bindparam("sub")))
    .where(Platform.id == bindparam("platform_id"))
)
_RECORD = len(RECORD_COLUMNS)


def look_up(database: Database, platform_id: int, unverified: UnverifiedClaims) -> Found:
    """The login's platform, and what is known of the deployment, person and place that the token names."""
    asked = {
        "platform_id": platform_id,
        "deployment_id": claims.identifier(unverified.get(claims.DEPLOYMENT_ID)),
        "sub": claims.identifier(unverified.get("sub")),
        "context_id": _id_in(unverified.get(claims.CONTEXT)),
        "resource_link_id": _id_in(unverified.get(claims.RESOURCE_LINK)),
    }
    with database.glance() as connection:
        row = _LOOK_UP.first(connection, asked)
    if row is None:
        return Found(None)
    rest: Sequence[Any] = row[_RECORD:]
    (
        deployment_pk,
        person_id,
        given_name,
        family_name,
        launched_at,
        context_pk,
        context_title,
        memberships_url,
        lineitems_url,
        scopes,
        link_pk,
        link_title,
        link_context,
        lineitem_url,
        is_learner,
        seen_at,
    ) = rest
    known = Known(
        person_id=person_id,
        names=(given_name, family_name),
        launched_at=launched_at,
        context_pk=context_pk,
        context=(context_title, memberships_url, lineitems_url, tuple(scopes or ())),
        resource_link_pk=link_pk,
        resource_link=(link_title, link_context, lineitem_url),
        member_is_learner=is_learner,
        member_seen_at=seen_at,
    )
    return Found(record_of(row[:_RECORD]), deployment_pk, known)


def record(session: Session | Work, launch: Launch, now: datetime) -> Recorded:
    """Spend the login, and keep what this launch says anew of its person, course and activity.

    The insert of the nonce comes first and decides every race: a launch posted twice is recorded once.
    Raises `LaunchRefused` (`STATE_SPENT`); the caller's transaction is then rolled back.
    """
    _spend(session, launch, now)
    person_id = _person(session, launch, now)
    context_pk = _context(session, launch, now)
    resource_link_pk = _resource_link(session, launch, context_pk, now)
    _member(session, launch, context_pk, now)
    logs.event(
        log,
        "launch.accepted",
        platform=launch.platform.id,
        deployment=launch.deployment_pk,
        message=launch.message.value,
        standing=launch.standing.value,
        person=person_id,
    )
    return Recorded(person_id, launch.deployment_pk, context_pk, resource_link_pk)


def give_up(session: Session, nonce: str, now: datetime) -> None:
    """Spend a login that its platform refused: no launch can answer it any more."""
    values = {"nonce": nonce, "expires_at": now + LIFETIME}
    insert_unless_there(session, ConsumedState, values, unique=["nonce"])


def forget_spent(session: Session, now: datetime) -> None:
    """Delete the nonces of logins that are too old to be launched anyway."""
    session.execute(delete(ConsumedState).where(ConsumedState.expires_at <= now))


def _spend(session: Session | Work, launch: Launch, now: datetime) -> None:
    values = {"nonce": launch.nonce, "expires_at": now + LIFETIME}
    if not insert_unless_there(session, ConsumedState, values, unique=["nonce"]):
        refused = LaunchRefused(Reason.STATE_SPENT, platform_id=launch.platform.id)
        fields = {"code": refused.code, "reason": refused.reason.name, "clause": refused.clause}
        logs.event(log, "launch.refused", logging.WARNING, **fields, platform=refused.platform_id)
        raise refused


def _person(session: Session | Work, launch: Launch, now: datetime) -> int:
    """(platform, sub) and nothing else is who somebody is; names follow the platform, also when it takes them back."""
    known, names = launch.known, (launch.given_name, launch.family_name)
    values = {"given_name": names[0], "family_name": names[1], "launched_at": now}
    if known.person_id is None:
        new = {"platform_id": launch.platform.id, "sub": launch.sub, "created_at": now, **values}
        return insert_or_update(session, Person, new, unique=["platform_id", "sub"], update=list(values))
    if known.names != names or is_old(known.launched_at, now):
        _update(session, Person, known.person_id, values)
    return known.person_id


def _context(session: Session | Work, launch: Launch, now: datetime) -> int | None:
    """The course; an address that this launch does not give stays as the newest that did gave it (AGS §3.1)."""
    if launch.context is None:
        return None
    known = launch.known
    title, memberships, lineitems, scopes = known.context
    fresh = (
        launch.context.title or title,
        launch.memberships_url or memberships,
        (launch.ags.lineitems if launch.ags else None) or lineitems,
        launch.ags.scopes if launch.ags else scopes,
    )
    names = ("title", "memberships_url", "lineitems_url", "ags_scopes")
    values = dict(zip(names, (*fresh[:3], list(fresh[3])), strict=True))
    if known.context_pk is None:
        new = {
            "deployment_pk": launch.deployment_pk,
            "platform_id": launch.platform.id,
            "context_id": launch.context.id,
            "created_at": now,
            **values,
        }
        return insert_or_update(session, Context, new, unique=["deployment_pk", "context_id"], update=names)
    if known.context != fresh:
        _update(session, Context, known.context_pk, values)
    return known.context_pk


def _resource_link(session: Session | Work, launch: Launch, context_pk: int | None, now: datetime) -> int | None:
    """The activity; its one column is as the newest launch with gradebook services says, also when it has none."""
    if launch.resource_link is None:
        return None
    known = launch.known
    title, _, lineitem = known.resource_link
    fresh = (launch.resource_link.title or title, context_pk, launch.ags.lineitem if launch.ags else lineitem)
    names = ("title", "context_pk", "lineitem_url")
    values = dict(zip(names, fresh, strict=True))
    if known.resource_link_pk is None:
        new = {
            "deployment_pk": launch.deployment_pk,
            "resource_link_id": launch.resource_link.id,
            "created_at": now,
            **values,
        }
        unique = ["deployment_pk", "resource_link_id"]
        return insert_or_update(session, ResourceLink, new, unique=unique, update=names)
    if known.resource_link != fresh:
        _update(session, ResourceLink, known.resource_link_pk, values)
    return known.resource_link_pk


def _member(session: Session | Work, launch: Launch, context_pk: int | None, now: datetime) -> None:
    """That they belong to the course, and as what; a platform's test user leaves no trace."""
    if context_pk is None or launch.is_test_user:
        return
    is_learner = launch.standing is Standing.PUPIL
    if launch.known.member_is_learner == is_learner and not is_old(launch.known.member_seen_at, now):
        return
    values = {"context_pk": context_pk, "sub": launch.sub, "is_learner": is_learner, "seen_at": now}
    insert_or_update(session, Member, values, unique=["context_pk", "sub"], update=["is_learner", "seen_at"])


def _update(session: Session | Work, model: type[Base], pk: int, values: dict[str, Any]) -> None:
    table: Any = model.__table__
    core(session).execute(update(table).where(table.c.id == pk).values(**values))


def is_old(seen_at: datetime | None, now: datetime) -> bool:
    """Whether a date that is kept to the day is to be written anew."""
    return seen_at is None or now - seen_at >= SEEN_AGAIN_AFTER


def _id_in(claim: Any) -> str | None:
    return claims.identifier(claim.get("id")) if isinstance(claim, dict) else None
