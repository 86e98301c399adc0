"""Platforms and their deployments: adding, finding, suspending."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, bindparam, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_tool.database import core
from lti_tool.errors import N_, RefusedError
from lti_tool.lti.models import ACTIVE, PENDING, SUSPENDED, Deployment, Platform
from lti_tool.prepared import Prepared
from lti_tool.settings import origin_of

LONGEST_ID = 255


@dataclass(frozen=True, slots=True)
class PlatformRecord:
    """A platform as the rules need it."""

    id: int
    key: str
    issuer: str
    client_id: str
    auth_url: str
    token_url: str
    jwks_url: str
    token_audience: str | None
    product: str | None
    uai_param: str | None
    profile_param: str | None
    trust_administrators: bool
    status: str
    clock_offset_s: float = 0.0

    @property
    def is_active(self) -> bool:
        return self.status == ACTIVE

    @property
    def origin(self) -> str:
        """Where its pages come from: the origin of its authorization endpoint, which may frame us."""
        return origin_of(self.auth_url) or self.issuer


RECORD_COLUMNS = (
    Platform.id,
    Platform.key,
    Platform.issuer,
    Platform.client_id,
    Platform.auth_url,
    Platform.token_url,
    Platform.jwks_url,
    Platform.token_audience,
    Platform.product,
    Platform.uai_param,
    Platform.profile_param,
    Platform.trust_administrators,
    Platform.status,
    Platform.clock_offset_s,
)
"""What a query selects for `record_of`."""


def record_of(row: Sequence[Any]) -> PlatformRecord:
    """A platform out of `RECORD_COLUMNS`."""
    return PlatformRecord(*row)


class PlatformError(RefusedError):
    """A platform cannot be added, changed or found as asked. `field` names what is wrong."""

    code = "PLATEFORME"

    def __init__(self, sentence: str, *, field: str, status: int = 400) -> None:
        self.field = field
        super().__init__(status=status, sentence=sentence, advice=N_("Corrigez, puis recommencez."), field=field)

    def __str__(self) -> str:
        return self.sentence % self.params


def add(
    session: Session,
    *,
    issuer: str,
    client_id: str,
    auth_url: str,
    token_url: str,
    jwks_url: str,
    now: datetime,
    token_audience: str | None = None,
    product: str | None = None,
    uai_param: str | None = None,
    profile_param: str | None = None,
    trust_administrators: bool = False,
    allow_private: bool = False,
) -> Platform:
    """Register a platform by hand; it is active at once.

    Raises `PlatformError` for a bad field, or where this client of this issuer is registered already.
    """
    _check_text("issuer", issuer)
    _check_text("client_id", client_id)
    for field, url in (("auth_url", auth_url), ("token_url", token_url), ("jwks_url", jwks_url)):
        _check_url(field, url, allow_private)
    platform = Platform(
        key=secrets.token_urlsafe(16),
        issuer=issuer,
        client_id=client_id,
        auth_url=auth_url,
        token_url=token_url,
        jwks_url=jwks_url,
        token_audience=token_audience or None,
        product=product or None,
        uai_param=uai_param or None,
        profile_param=profile_param or None,
        trust_administrators=trust_administrators,
        status=ACTIVE,
        clock_offset_s=0.0,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(platform)
    except IntegrityError:
        raise PlatformError(
            N_("Cette plateforme est déjà enregistrée : même issuer et même client_id."), field="client_id", status=409
        ) from None
    return platform


def deploy(session: Session, platform_id: int, deployment_id: str, now: datetime) -> Deployment:
    """Authorize a deployment of a platform; doing so again changes nothing. Raises `PlatformError`."""
    find(session, platform_id)
    _check_text("deployment_id", deployment_id)
    wanted = select(Deployment).where(Deployment.platform_id == platform_id, Deployment.deployment_id == deployment_id)
    deployment = session.scalars(wanted).one_or_none()
    if deployment is None:
        try:
            with session.begin_nested():
                session.execute(
                    insert(Deployment).values(platform_id=platform_id, deployment_id=deployment_id, created_at=now)
                )
        except IntegrityError:
            pass  # somebody else authorized it a moment ago
        deployment = session.scalars(wanted).one()
    return deployment


def find(session: Session, platform_id: int) -> PlatformRecord:
    """Raises `PlatformError` (404) where there is no such platform."""
    row = session.execute(select(*RECORD_COLUMNS).where(Platform.id == platform_id)).one_or_none()
    if row is None:
        raise PlatformError(N_("Il n’y a pas de plateforme de ce numéro."), field="platform", status=404)
    return record_of(row)


def by_key(session: Session | Connection, key: str) -> PlatformRecord | None:
    """The platform whose own login URL ends with `key`."""
    row = _OF_KEY.first(core(session), {"key": key})
    return None if row is None else record_of(row)


_OF_KEY = Prepared(select(*RECORD_COLUMNS).where(Platform.key == bindparam("key")))
_BY_ISSUER = select(*RECORD_COLUMNS).where(Platform.issuer == bindparam("issuer")).limit(2)
_OF_ISSUER = Prepared(_BY_ISSUER)
_OF_CLIENT = Prepared(_BY_ISSUER.where(Platform.client_id == bindparam("client_id")))


def by_issuer(session: Session | Connection, issuer: str, client_id: str | None) -> list[PlatformRecord]:
    """The platforms of an issuer, or the one with this client of it; at most two, which is enough to doubt."""
    asked = {"issuer": issuer} if client_id is None else {"issuer": issuer, "client_id": client_id}
    statement = _OF_ISSUER if client_id is None else _OF_CLIENT
    return [record_of(row) for row in statement.rows(core(session), asked)]


def listing(session: Session) -> list[PlatformRecord]:
    """All platforms, oldest first."""
    return [record_of(row) for row in session.execute(select(*RECORD_COLUMNS).order_by(Platform.id))]


def count(session: Session) -> int:
    """How many platforms there are."""
    return session.scalar(select(func.count()).select_from(Platform)) or 0


def set_status(session: Session, platform_id: int, status: str) -> None:
    """`pending`, `active` or `suspended`: only an active platform launches. Raises `PlatformError`."""
    if status not in (PENDING, ACTIVE, SUSPENDED):
        raise ValueError(status)
    find(session, platform_id)
    platform = session.get_one(Platform, platform_id)
    platform.status = status


def _check_text(field: str, value: str) -> None:
    if not value or len(value) > LONGEST_ID or not value.isprintable() or value != value.strip():
        raise PlatformError(
            N_("%(field)s doit avoir de 1 à 255 caractères, sans espace au début ni à la fin."), field=field
        )


def _check_url(field: str, url: str, allow_private: bool) -> None:
    origin = origin_of(url)
    if origin is None or not url.isascii() or not url.isprintable() or " " in url or urlsplit(url).fragment:
        raise PlatformError(N_("%(field)s n’est pas une adresse complète."), field=field)
    if not allow_private and not origin.startswith("https://"):
        raise PlatformError(N_("%(field)s doit commencer par https."), field=field)
