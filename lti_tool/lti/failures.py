"""Launches that were refused, counted by platform and reason, so that an administrator can be told what to mend.

A flood of refusals is one row that counts; what is old is forgotten. No person is named in any of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from lti_tool.errors import N_
from lti_tool.lti import claims
from lti_tool.lti.models import Deployment, LaunchFailure, Platform
from lti_tool.lti.refusals import LaunchRefused, Reason
from lti_tool.lti.token import Token
from lti_tool.lti.upsert import insert_unless_there

KEPT_FOR = timedelta(days=30)
MOST_DEPLOYMENTS = 50
"""Unknown deployments kept per platform: a platform can name any number."""

_KEYS = N_("Les clés de la plateforme ne conviennent pas. Vérifiez l’adresse de ses clés publiques, et qu’elle répond.")
_IDENTITY = N_("L’émetteur ou l’identifiant client ne sont pas ceux qui sont enregistrés ici. Comparez-les.")
_CLOCK = N_("L’heure de la plateforme ou celle de la Passerelle n’est pas juste. Mettez les deux à l’heure.")
_FORM = N_("La plateforme envoie un message LTI incomplet. Mettez-la à jour, ou montrez ce code à son éditeur.")
_ADDRESSES = N_("Une adresse de l’outil n’est pas la bonne dans la plateforme. Comparez-les avec la page /connexion.")
_BROWSER = N_("Le navigateur n’a pas gardé le cookie, ou la page a servi deux fois. Rien à régler dans la plateforme.")

WORDS: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.LOGIN_FOREIGN_TARGET: _ADDRESSES,
        Reason.TARGET_WRONG: _ADDRESSES,
        Reason.TARGET_IS_ANOTHER: _ADDRESSES,
        Reason.PLATFORM_NOT_ACTIVE: N_("La plateforme n’est pas activée. Activez-la quand elle est vérifiée."),
        Reason.PLATFORM_SENT_ERROR: N_("La plateforme a refusé : session terminée, ou adresse de redirection."),
        Reason.BROWSER_WITHOUT_COOKIE: _BROWSER,
        Reason.BROWSER_IS_ANOTHER: _BROWSER,
        Reason.STATE_SPENT: _BROWSER,
        Reason.STATE_EXPIRED: _BROWSER,
        Reason.STATE_UNKNOWN: _BROWSER,
        Reason.KID_MISSING: _KEYS,
        Reason.KID_UNKNOWN: _KEYS,
        Reason.SIGNATURE_WRONG: _KEYS,
        Reason.KEYS_UNREACHABLE: _KEYS,
        Reason.ALGORITHM_NOT_ALLOWED: N_("La plateforme doit signer ses messages en RS256."),
        Reason.ISSUER_WRONG: _IDENTITY,
        Reason.AUDIENCE_WRONG: _IDENTITY,
        Reason.AUTHORIZED_PARTY_WRONG: _IDENTITY,
        Reason.LOGIN_UNKNOWN_PLATFORM: _IDENTITY,
        Reason.TOKEN_EXPIRED: _CLOCK,
        Reason.ISSUED_AT_WRONG: _CLOCK,
        Reason.DEPLOYMENT_UNKNOWN: N_("Un déploiement n’est pas autorisé. Autorisez-le si vous le reconnaissez."),
        Reason.USER_MISSING: N_("La plateforme ne dit pas qui est la personne. Autorisez l’envoi de son identifiant."),
        Reason.DEEP_LINKING_NOT_ALLOWED: N_("Un élève a voulu choisir un contenu. Rien à régler dans la plateforme."),
    }
)
"""What an administrator of the platform does about it; `words_for` has a sentence for all others."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Refusals of one kind. `deployment_id` where an unknown one is what failed."""

    code: str
    words: str
    """A French message id."""
    clause: str
    deployment_id: str | None
    times: int
    last_at: datetime


def words_for(reason: Reason) -> str:
    return WORDS.get(reason, _FORM)


def note(session: Session, refused: LaunchRefused, id_token: str | None, now: datetime) -> None:
    """Count a refused launch, in a transaction of its own; nothing where its platform is not known.

    The deployment is read off the token only where the reason says that everything before it was verified.
    """
    if refused.platform_id is None or session.get(Platform, refused.platform_id) is None:
        return
    deployment_id = ""
    if refused.reason is Reason.DEPLOYMENT_UNKNOWN:
        deployment_id = claims.identifier(Token.parse(id_token).claims.get(claims.DEPLOYMENT_ID)) or ""
        if len(_unknown_ids(session, refused.platform_id) - {deployment_id}) >= MOST_DEPLOYMENTS:
            deployment_id = ""
    row = {"platform_id": refused.platform_id, "reason": refused.reason.name, "deployment_id": deployment_id}
    counted = session.execute(
        update(LaunchFailure)
        .where(*(getattr(LaunchFailure, name) == value for name, value in row.items()))
        .values(times=LaunchFailure.times + 1, last_at=now)
        .returning(LaunchFailure.id)
        .execution_options(synchronize_session=False)
    )
    if counted.first() is None:
        values = {**row, "times": 1, "last_at": now}
        insert_unless_there(session, LaunchFailure, values, unique=["platform_id", "reason", "deployment_id"])


def of_platform(session: Session, platform_id: int) -> list[Failure]:
    """What failed of late, newest first; an unknown deployment that was authorized since is no failure any more."""
    known = select(Deployment.deployment_id).where(Deployment.platform_id == platform_id)
    rows = session.scalars(
        select(LaunchFailure)
        .where(LaunchFailure.platform_id == platform_id, LaunchFailure.deployment_id.not_in(known))
        .order_by(LaunchFailure.last_at.desc(), LaunchFailure.id)
    )
    found = []
    for row in rows:
        reason = Reason[row.reason]
        failure = Failure(
            code=reason.value.code,
            words=words_for(reason),
            clause=reason.value.clause,
            deployment_id=row.deployment_id or None,
            times=row.times,
            last_at=row.last_at,
        )
        found.append(failure)
    return found


def unknown_deployments(session: Session, platform_id: int) -> list[Failure]:
    """The deployments that launched and wait for approval."""
    return [failure for failure in of_platform(session, platform_id) if failure.deployment_id is not None]


def forget_old(session: Session, now: datetime) -> None:
    """Delete what nobody needs to know any more."""
    session.execute(delete(LaunchFailure).where(LaunchFailure.last_at < now - KEPT_FOR))


def _unknown_ids(session: Session, platform_id: int) -> set[str]:
    rows = session.scalars(
        select(LaunchFailure.deployment_id).where(
            LaunchFailure.platform_id == platform_id, func.length(LaunchFailure.deployment_id) > 0
        )
    )
    return set(rows)
