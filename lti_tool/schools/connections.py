"""Which platforms serve which schools: invitations that name one, and deployments that are approved for some."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, case, insert, select
from sqlalchemy.orm import Session

from lti_tool.errors import N_, RefusedError
from lti_tool.lti import failures, platforms, registration
from lti_tool.lti.configurations import foreign_hosts
from lti_tool.lti.failures import Failure
from lti_tool.lti.models import (
    ACTIVE,
    PENDING,
    SUSPENDED,
    Deployment,
    LaunchFailure,
    Platform,
    RegistrationInvitation,
)
from lti_tool.lti.platforms import PlatformRecord
from lti_tool.lti.registration import Registered
from lti_tool.schools import audit, schools, sessions
from lti_tool.schools.models import DeploymentSchool, InvitationSchool, School


class ConnectingError(RefusedError):
    """The platform or the deployment cannot be connected as asked."""

    code = "CONNEXION"
    sentence = N_("Cette plateforme ne peut pas être reliée ainsi.")
    advice = N_("Revenez à la page précédente, vérifiez vos choix, puis recommencez.")


@dataclass(frozen=True, slots=True)
class DeploymentLine:
    """A deployment that is authorized, and the schools that it serves."""

    id: int
    deployment_id: str
    schools: tuple[tuple[int, str], ...]
    """Id and name."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A platform as its operator sees it."""

    platform: PlatformRecord
    deployments: tuple[DeploymentLine, ...]
    unknown: tuple[Failure, ...]
    """Deployments that launched and wait for approval."""
    failures: tuple[Failure, ...]
    foreign_hosts: tuple[str, ...]
    """Hosts of its addresses that are not its issuer's: to be looked at before it is activated."""


def invite(session: Session, uai: str | None, now: datetime) -> tuple[str, datetime]:
    """An invitation to register a platform, for one school or none: its secret, and when it ends."""
    invitation_id, token, expires_at = registration.invite(session, now)
    school_id = None if uai is None else schools.by_uai(session, uai).id
    if school_id is not None:
        session.execute(insert(InvitationSchool).values(invitation_id=invitation_id, school_id=school_id))
    audit.record(session, "platform.invited", now, school_id=school_id, person_id=None, invitation=invitation_id)
    return token, expires_at


def after_registration(session: Session, made: Registered, now: datetime) -> None:
    """The deployment that came with a registration serves the school that the invitation named."""
    school_id = session.scalar(
        select(InvitationSchool.school_id).where(InvitationSchool.invitation_id == made.invitation_id)
    )
    if school_id is not None and made.deployment_id is not None and not made.is_update:
        deployment = platforms.deploy(session, made.platform_id, made.deployment_id, now)
        schools.assign(session, deployment.id, [school_id])
    audit.record(
        session,
        "platform.registered",
        now,
        school_id=school_id,
        person_id=None,
        platform=made.platform_id,
        update="yes" if made.is_update else "no",
    )


def of_platform(session: Session, platform_id: int) -> Connection:
    """Raises `PlatformError` (404)."""
    platform = platforms.find(session, platform_id)
    served: dict[int, list[tuple[int, str]]] = {}
    for deployment_pk, school_id, name in session.execute(
        select(DeploymentSchool.deployment_pk, School.id, School.name)
        .join(School, School.id == DeploymentSchool.school_id)
        .join(Deployment, Deployment.id == DeploymentSchool.deployment_pk)
        .where(Deployment.platform_id == platform_id)
        .order_by(School.name)
    ):
        served.setdefault(deployment_pk, []).append((school_id, name))
    rows = session.scalars(select(Deployment).where(Deployment.platform_id == platform_id).order_by(Deployment.id))
    failed = failures.of_platform(session, platform_id)
    urls = (platform.auth_url, platform.token_url, platform.jwks_url)
    return Connection(
        platform=platform,
        deployments=tuple(DeploymentLine(row.id, row.deployment_id, tuple(served.get(row.id, ()))) for row in rows),
        unknown=tuple(failure for failure in failed if failure.deployment_id is not None),
        failures=tuple(failed),
        foreign_hosts=tuple(foreign_hosts(platform.issuer, platform.product, *urls)),
    )


def waiting_first() -> Select[int]:
    """The ids of all platforms: those that wait for activation, then those with an unknown deployment, then others."""
    authorized = select(Deployment.id).where(
        Deployment.platform_id == LaunchFailure.platform_id, Deployment.deployment_id == LaunchFailure.deployment_id
    )
    unknown = select(LaunchFailure.id).where(
        LaunchFailure.platform_id == Platform.id, LaunchFailure.deployment_id != "", ~authorized.exists()
    )
    rank = case((Platform.status == PENDING, 0), (unknown.exists(), 1), else_=2)
    return select(Platform.id).order_by(rank, Platform.id)


def of_school(session: Session, school_id: int) -> list[Connection]:
    """The platforms that an invitation naming this school made."""
    ids = session.scalars(
        select(RegistrationInvitation.platform_id)
        .join(InvitationSchool, InvitationSchool.invitation_id == RegistrationInvitation.id)
        .where(InvitationSchool.school_id == school_id, RegistrationInvitation.platform_id.is_not(None))
        .distinct()
        .order_by(RegistrationInvitation.platform_id)
    )
    return [of_platform(session, platform_id) for platform_id in ids if platform_id is not None]


def named_school(session: Session, platform_id: int) -> int | None:
    """The school that the platform's newest invitation named, if it named one."""
    return session.scalar(
        select(InvitationSchool.school_id)
        .join(RegistrationInvitation, RegistrationInvitation.id == InvitationSchool.invitation_id)
        .where(RegistrationInvitation.platform_id == platform_id)
        .order_by(RegistrationInvitation.id.desc())
        .limit(1)
    )


def activate(session: Session, platform_id: int, now: datetime, *, by: int | None, confirmed: bool) -> None:
    """Let the platform launch. `confirmed`: somebody has read which other hosts it uses, where it uses any.

    `by` is the administrator who acts, None for the operator. Raises `ConnectingError`.
    """
    connection = of_platform(session, platform_id)
    if connection.foreign_hosts and not confirmed and not connection.platform.is_active:
        raise ConnectingError(
            code="ADRESSES",
            sentence=N_("Certaines adresses de cette plateforme sont sur un autre site : %(hosts)s."),
            advice=N_("Revenez à la page précédente et cochez la case si ces sites sont bien les siens."),
            hosts=", ".join(connection.foreign_hosts),
        )
    platforms.set_status(session, platform_id, ACTIVE)
    audit.record(session, "platform.activated", now, school_id=None, person_id=by, platform=platform_id)


def activate_for_school(session: Session, platform_id: int, now: datetime, *, by: int, confirmed: bool) -> None:
    """As `activate`, for an administrator of the school: what the operator suspended stays so."""
    if platforms.find(session, platform_id).status == SUSPENDED:
        raise ConnectingError(status=403, sentence=N_("L’opérateur a suspendu cette plateforme."))
    activate(session, platform_id, now, by=by, confirmed=confirmed)


def suspend(session: Session, platform_id: int, now: datetime, *, by: int | None) -> None:
    """Refuse the platform's launches, and end its people's sessions."""
    platforms.set_status(session, platform_id, SUSPENDED)
    sessions.end_of_platform(session, platform_id)
    audit.record(session, "platform.suspended", now, school_id=None, person_id=by, platform=platform_id)


def approve(
    session: Session,
    platform_id: int,
    deployment_id: str,
    school_ids: Iterable[int],
    now: datetime,
    *,
    by: int | None,
) -> None:
    """Authorize a deployment for exactly these schools. Raises `ConnectingError` for none, or one that is not."""
    wanted = sorted(set(school_ids))
    found: Sequence[int] = session.scalars(select(School.id).where(School.id.in_(wanted))).all() if wanted else []
    if not wanted or len(found) != len(wanted):
        raise ConnectingError(code="ETAB", sentence=N_("Choisissez au moins un établissement."))
    deployment = platforms.deploy(session, platform_id, deployment_id, now)
    schools.assign(session, deployment.id, wanted)
    audit.record(
        session,
        "deployment.approved",
        now,
        school_id=wanted[0] if len(wanted) == 1 else None,
        person_id=by,
        platform=platform_id,
        deployment=deployment.id,
    )


def approve_for_school(
    session: Session, platform_id: int, deployment_id: str, school_id: int, now: datetime, *, by: int
) -> None:
    """As `approve`, for an administrator of the school; a deployment of others stays theirs."""
    connection = of_platform(session, platform_id)
    known = next((line for line in connection.deployments if line.deployment_id == deployment_id), None)
    seen = known is not None or any(failure.deployment_id == deployment_id for failure in connection.unknown)
    if not seen or (known is not None and known.schools):
        raise ConnectingError
    approve(session, platform_id, deployment_id, [school_id], now, by=by)


def check_named(session: Session, platform_id: int, school_id: int) -> None:
    """Raises `ConnectingError` (404) unless an invitation naming this school made the platform."""
    if all(connection.platform.id != platform_id for connection in of_school(session, school_id)):
        raise ConnectingError(status=404, sentence=N_("Cette plateforme n’est pas reliée par votre établissement."))
