"""Dynamic registration: a platform connects itself by an address that its administrator pastes (DR 1.0).

The address holds a one-time invitation. What the platform tells of itself is believed only as far as its origin goes:
the configuration must come from the issuer's own origin, every call leaves by the one outbound client, and the
platform stays pending until somebody who may has looked at it. Frames that load twice, or at once, register once.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from lti_tool import logs
from lti_tool.database import Database
from lti_tool.errors import N_
from lti_tool.lti import platforms, products
from lti_tool.lti.claims import identifier, service_url
from lti_tool.lti.configurations import (
    Configuration,
    Grant,
    RegistrationError,
    read_configuration,
    read_grant,
    registration_document,
)
from lti_tool.lti.models import PENDING, Platform, RegistrationInvitation
from lti_tool.lti.outbound import Client, Reply
from lti_tool.lti.refusals import LaunchRefused
from lti_tool.lti.token import Token
from lti_tool.settings import origin_of
from lti_tool.vault import hash_secret

__all__ = ["Registered", "RegistrationError", "UnderWayError", "invite", "register"]

log = logging.getLogger(__name__)

GOOD_FOR = timedelta(days=7)
LEASE = timedelta(seconds=60)
"""Longer than the two calls of a registration may take."""
LONGEST_TOKEN = 16 * 1024

_NEW_INVITATION = N_("Demandez une nouvelle invitation à la personne qui vous a donné cette adresse.")


@dataclass(frozen=True, slots=True)
class Registered:
    """A platform that registered itself; `deployment_id` where its answer named one."""

    platform_id: int
    invitation_id: int
    deployment_id: str | None
    is_update: bool
    close_origins: tuple[str, ...]
    """Origins that may be told to close the window: the issuer's, and its configuration's."""


def invite(session: Session, now: datetime) -> tuple[int, str, datetime]:
    """A new invitation: its id, the secret that ends its address, and when it ends. Only a hash is kept."""
    token, expires_at = secrets.token_urlsafe(24), now + GOOD_FOR
    invitation_id = session.scalars(
        insert(RegistrationInvitation)
        .values(token_hash=hash_secret(token), created_at=now, expires_at=expires_at)
        .returning(RegistrationInvitation.id)
    ).one()
    return invitation_id, token, expires_at


class UnderWayError(RegistrationError):
    """The same registration is being made at this very moment: the page asks again by itself."""

    code = "R49"
    status = 409
    sentence = N_("La connexion de votre plateforme est en cours.")
    advice = N_("Attendez quelques secondes : cette page se recharge seule.")


def register(
    database: Database,
    client: Client,
    *,
    token: str,
    configuration_url: str | None,
    registration_token: str | None,
    base_url: str,
    now: datetime,
    assign: Callable[[Session, Registered], None],
) -> Registered:
    """Register the platform behind `configuration_url`, or say again what came of it.

    `assign` is called in the transaction that keeps the platform. Raises `RegistrationError`, `OutboundError`; the
    invitation then serves again.
    """
    url = service_url(configuration_url, allow_http=client.allow_private)
    if url is None:
        raise RegistrationError(code="R41", sentence=N_("L’adresse de configuration de votre plateforme manque."))
    if registration_token is not None and not _is_bearer(registration_token):
        raise RegistrationError(code="R42", sentence=N_("Le jeton d’enregistrement n’a pas de sens."))
    renewed = _renewed_client(registration_token)
    with database.write() as session:
        invitation = _claim(session, token, url, renewed, now)
        if isinstance(invitation, Registered):
            return invitation
    try:
        configuration = read_configuration(client, url)
        with database.read() as session:
            renewable = platforms.by_issuer(session, configuration.issuer, renewed) if renewed else []
        key = renewable[0].key if renewable else secrets.token_urlsafe(16)
        document = registration_document(configuration, base_url=base_url, key=key)
        grant = read_grant(_post(client, configuration, document, registration_token), configuration)
        with database.write() as session:
            platform_id = _keep(session, configuration, grant, key, renewed, now, client.allow_private)
            if grant.deployment_id is not None:
                platforms.deploy(session, platform_id, grant.deployment_id, now)
            _release(session, invitation, platform_id=platform_id)
            origins = _origins(configuration.issuer, url)
            made = Registered(platform_id, invitation, grant.deployment_id, bool(renewable), origins)
            assign(session, made)
    except BaseException:
        with database.write() as session:
            _release(session, invitation)
        raise
    logs.event(log, "platform.registered", platform=made.platform_id, update=made.is_update)
    return made


def _is_bearer(token: str) -> bool:
    return 0 < len(token) <= LONGEST_TOKEN and token.isascii() and token.isprintable() and " " not in token


def _renewed_client(registration_token: str | None) -> str | None:
    """The client_id whose registration is renewed, where the token says so (Moodle's `reg-update`).

    Nobody verified the token: this only says what to expect. The platform's own answer decides.
    """
    try:
        claims = Token.parse(registration_token).claims
    except LaunchRefused:
        return None
    return identifier(claims.get("sub")) if claims.get("scope") == "reg-update" else None


def _claim(session: Session, token: str, url: str, renewed: str | None, now: datetime) -> int | Registered:
    """Take the invitation for this registration: its id; or what it made already, where that is asked for again."""
    row = session.execute(
        select(RegistrationInvitation).where(RegistrationInvitation.token_hash == hash_secret(token))
    ).scalar_one_or_none()
    if row is None:
        raise RegistrationError(
            code="R50", status=404, sentence=N_("Cette invitation n’existe pas."), advice=_NEW_INVITATION
        )
    if row.platform_id is not None:
        platform = session.get_one(Platform, row.platform_id)
        if row.configuration_url != url:
            raise RegistrationError(
                code="R51", status=403, sentence=N_("Cette invitation a déjà servi."), advice=_NEW_INVITATION
            )
        if renewed != platform.client_id or row.expires_at <= now:
            return Registered(platform.id, row.id, None, False, _origins(platform.issuer, url))
    if row.expires_at <= now:
        raise RegistrationError(
            code="R52", status=403, sentence=N_("Cette invitation a expiré."), advice=_NEW_INVITATION
        )
    won = session.execute(
        update(RegistrationInvitation)
        .where(
            RegistrationInvitation.id == row.id,
            or_(RegistrationInvitation.lease_until.is_(None), RegistrationInvitation.lease_until <= now),
            RegistrationInvitation.platform_id.is_(None)
            if row.platform_id is None
            else RegistrationInvitation.platform_id == row.platform_id,
        )
        .values(lease_until=now + LEASE, configuration_url=url)
        .returning(RegistrationInvitation.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if won is None:
        raise UnderWayError
    return won


def _post(client: Client, configuration: Configuration, document: Mapping[str, Any], token: str | None) -> Reply:
    headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    reply = client.request("POST", configuration.registration_endpoint, headers=headers, json=document)
    if reply.status not in (200, 201):
        logs.event(log, "platform.registration_refused", logging.WARNING, status=reply.status)
        sentence = N_("Votre plateforme a refusé l’enregistrement (HTTP %(http_status)s).")
        raise RegistrationError(code="R48", sentence=sentence, http_status=reply.status)
    return reply


def _release(session: Session, invitation_id: int, **values: int) -> None:
    session.execute(
        update(RegistrationInvitation)
        .where(RegistrationInvitation.id == invitation_id)
        .values(lease_until=None, **values)
        .execution_options(synchronize_session=False)
    )


def _keep(
    session: Session,
    configuration: Configuration,
    grant: Grant,
    key: str,
    renewed: str | None,
    now: datetime,
    allow_private: bool,
) -> int:
    """The platform's row: a new one, pending; or the one that is renewed, whose addresses must not have changed."""
    known = platforms.by_issuer(session, configuration.issuer, grant.client_id)
    addresses = (configuration.authorization_endpoint, configuration.token_endpoint, configuration.jwks_uri)
    if known and renewed == grant.client_id and addresses == (known[0].auth_url, known[0].token_url, known[0].jwks_url):
        platform = session.get_one(Platform, known[0].id)
    else:
        # One that is known already is refused here.
        platform = platforms.add(
            session,
            issuer=configuration.issuer,
            client_id=grant.client_id,
            auth_url=addresses[0],
            token_url=addresses[1],
            jwks_url=addresses[2],
            token_audience=configuration.authorization_server
            or products.by_family(configuration.product).token_audience,
            product=configuration.product,
            now=now,
            allow_private=allow_private,
        )
        platform.status = PENDING
        platform.key = key
    platform.granted = {name: list(getattr(grant, name)) for name in ("scopes", "claims", "messages")}
    session.flush()
    return platform.id


def _origins(issuer: str, url: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(origin for each in (issuer, url) if (origin := origin_of(each))))
