"""What is wrong with a platform's connection, in words that its administrator can act on.

Looks at what stands in the database, then calls each of the platform's addresses once, and asks it for a token.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select

from lti_tool.database import Database
from lti_tool.errors import N_
from lti_tool.lti import failures, outbound, platforms
from lti_tool.lti.failures import Failure
from lti_tool.lti.keys import KeyRing
from lti_tool.lti.models import PENDING, SUSPENDED, Deployment, Person, Platform
from lti_tool.lti.outbound import CertificateError, Client, OutboundError, RefusedAddressError, Reply
from lti_tool.lti.platform_keys import usable_keys
from lti_tool.lti.platforms import PlatformRecord
from lti_tool.lti.services import SCOPES
from lti_tool.lti.tokens import AccessTokens, TokenRefused
from lti_tool.settings import origin_of
from lti_tool.vault import Vault

LARGEST_SKEW_S = 30.0
"""Half of what a launch allows: beyond, something is about to fail."""
CERTIFICATE_WARNING = timedelta(days=14)
FAILURES_SHOWN = 5
CHECKS: Mapping[str, str] = {
    "status": N_("État"),
    "authorization": N_("Authentification"),
    "keys": N_("Clés publiques"),
    "clock": N_("Horloge"),
    "certificate": N_("Certificat"),
    "token": N_("Jeton"),
    "deployments": N_("Déploiements"),
    "launches": N_("Lancements"),
    "failures": N_("Refus récents"),
}
"""What each check is called on a page."""
CERTIFICATE_WORDS: Mapping[str, str] = {
    outbound.EXPIRED: N_("Le certificat de %(host)s est périmé : renouvelez-le."),
    outbound.SELF_SIGNED: N_("Le certificat de %(host)s est signé par son serveur lui-même : prenez-en un reconnu."),
    outbound.INCOMPLETE: N_(
        "Le certificat de %(host)s vient sans son autorité intermédiaire, ou d’une autorité inconnue : installez la "
        "chaîne complète."
    ),
    outbound.OTHER_NAME: N_("Le certificat de %(host)s est celui d’un autre nom."),
    outbound.UNTRUSTED: N_("Le certificat de %(host)s n’est pas reconnu."),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One check, of `CHECKS`. `words` is a French message id whose places `params` fills."""

    check: str
    ok: bool
    words: str
    params: Mapping[str, object] = field(default_factory=dict)
    deployment_id: str | None = None
    """The unknown deployment that this is about: it can be approved from here."""

    @property
    def message(self) -> str:
        return self.words % self.params


@dataclass(frozen=True, slots=True)
class _Known:
    """What stands in the database about the platform."""

    platform: PlatformRecord
    deployments: int
    last_launch: datetime | None
    scopes: tuple[str, ...]
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Doctor:
    """Examines platforms. For any thread; holds no transaction while it calls."""

    database: Database
    vault: Vault
    client: Client
    keyring: KeyRing
    clock: Callable[[], datetime]

    def examine(self, platform_id: int) -> list[Finding]:
        """All checks of one platform. Raises `PlatformError` (404)."""
        known = self._known(platform_id)
        found = [_status(known.platform), self._authorization(known.platform)]
        found += self._keys(known.platform)
        found += self._certificates(known.platform)
        found.append(self._token(known))
        found += [_deployments(known), _last_launch(known), *_failures(known)]
        return found

    def _known(self, platform_id: int) -> _Known:
        with self.database.read() as session:
            platform = platforms.find(session, platform_id)
            granted = session.scalar(select(Platform.granted).where(Platform.id == platform_id)) or {}
            return _Known(
                platform=platform,
                deployments=session.scalar(
                    select(func.count()).select_from(Deployment).where(Deployment.platform_id == platform_id)
                )
                or 0,
                last_launch=session.scalar(
                    select(Person.launched_at)
                    .where(Person.platform_id == platform_id)
                    .order_by(Person.launched_at.desc())
                    .limit(1)
                ),
                scopes=tuple(granted.get("scopes") or SCOPES),
                failures=tuple(failures.of_platform(session, platform_id)),
            )

    def _authorization(self, platform: PlatformRecord) -> Finding:
        """Any answer but a server's error will do: nobody logs in here."""
        reply = self._call(platform.auth_url)
        if isinstance(reply, Reply) and reply.status < 500 and reply.status != 404:
            return Finding("authorization", True, N_("L’adresse d’authentification répond."))
        return _unreachable("authorization", platform.auth_url, reply)

    def _keys(self, platform: PlatformRecord) -> Iterator[Finding]:
        reply = self._call(platform.jwks_url)
        if not isinstance(reply, Reply) or not reply.ok:
            yield _unreachable("keys", platform.jwks_url, reply)
            return
        try:
            count = len(usable_keys(reply.json()))
            yield Finding("keys", True, N_("Nombre de clés qui conviennent : %(count)s."), {"count": count})
        except OutboundError:
            yield Finding("keys", False, N_("L’adresse des clés publiques ne donne aucune clé RSA qui convienne."))
        offset = reply.clock_offset_s
        if offset is not None:
            words = N_("L’horloge de la plateforme a %(seconds)s s d’écart avec la nôtre.")
            yield Finding("clock", abs(offset) <= LARGEST_SKEW_S, words, {"seconds": round(offset)})

    def _certificates(self, platform: PlatformRecord) -> Iterator[Finding]:
        now = self.clock()
        urls = (platform.auth_url, platform.token_url, platform.jwks_url)
        for origin in dict.fromkeys(origin_of(url) or url for url in urls):
            params: dict[str, object] = {"host": origin.partition("://")[2]}
            if not origin.startswith("https:"):
                words = N_("%(host)s n’est pas en https : acceptable pour un essai seulement.")
                yield Finding("certificate", self.client.allow_private, words, params)
                continue
            try:
                until = self.client.certificate_end(origin)
            except CertificateError as error:
                yield Finding("certificate", False, CERTIFICATE_WORDS[error.fault], params)
                continue
            except OutboundError:
                yield Finding("certificate", False, N_("Le certificat de %(host)s n’a pas pu être vérifié."), params)
                continue
            if until - now > CERTIFICATE_WARNING:
                words = N_("Le certificat de %(host)s est valable encore %(days)s jours.")
                yield Finding("certificate", True, words, {**params, "days": (until - now).days})
            else:
                words = N_("Le certificat de %(host)s se termine le %(day)s. Renouvelez-le dès maintenant.")
                yield Finding("certificate", False, words, {**params, "day": until.strftime("%d/%m/%Y")})

    def _token(self, known: _Known) -> Finding:
        """A new token, for one scope that the platform says it grants: the proof that it has our keys."""
        tokens = AccessTokens(self.database, self.vault, self.client, self.keyring, self.clock)
        platform, scope = known.platform, known.scopes[0]
        try:
            tokens.drop(platform, [scope], tokens.get(platform, [scope]))
            tokens.get(platform, [scope])
        except TokenRefused as refused:
            words = N_(
                "La plateforme refuse de nous donner un jeton (HTTP %(status)s, %(reason)s). Vérifiez l’adresse de nos "
                "clés publiques, l’identifiant client et les services autorisés."
            )
            return Finding("token", False, words, {"status": refused.status, "reason": refused.reason})
        except OutboundError as error:
            return _unreachable("token", platform.token_url, error)
        return Finding("token", True, N_("La plateforme nous donne un jeton pour ses services."))

    def _call(self, url: str) -> Reply | OutboundError:
        try:
            return self.client.request("GET", url, headers={"Accept": "application/json"})
        except OutboundError as error:
            return error


def _status(platform: PlatformRecord) -> Finding:
    if platform.status == PENDING:
        return Finding("status", False, N_("La plateforme attend d’être activée."))
    if platform.status == SUSPENDED:
        return Finding("status", False, N_("La plateforme est suspendue : personne n’en vient."))
    return Finding("status", True, N_("La plateforme est active."))


def _deployments(known: _Known) -> Finding:
    if known.deployments:
        words = N_("Nombre de déploiements autorisés : %(count)s.")
        return Finding("deployments", True, words, {"count": known.deployments})
    return Finding(
        "deployments", False, N_("Aucun déploiement n’est autorisé : ouvrez Pix une fois, puis autorisez-le.")
    )


def _last_launch(known: _Known) -> Finding:
    if known.last_launch is None:
        return Finding("launches", False, N_("Aucun lancement n’a encore abouti."))
    return Finding(
        "launches", True, N_("Dernier lancement reçu le %(day)s."), {"day": known.last_launch.strftime("%d/%m/%Y")}
    )


def _failures(known: _Known) -> Iterator[Finding]:
    for failure in known.failures[:FAILURES_SHOWN]:
        params: dict[str, object] = {
            "code": failure.code,
            "times": failure.times,
            "at": failure.last_at.strftime("%d/%m/%Y %H:%M UTC"),
        }
        if failure.deployment_id is not None:
            params["deployment"] = failure.deployment_id
            words = N_("Le déploiement %(deployment)s est inconnu (%(times)s fois, dernière le %(at)s) : autorisez-le.")
            yield Finding("failures", False, words, params, failure.deployment_id)
        else:
            words = N_("Refus %(code)s, %(times)s fois, dernière le %(at)s.")
            yield Finding("failures", False, words, params)
            yield Finding("failures", False, failure.words)


def _unreachable(check: str, url: str, met: Reply | OutboundError) -> Finding:
    params: dict[str, object] = {"url": url}
    if isinstance(met, RefusedAddressError):
        return Finding(check, False, N_("Cette adresse est sur un réseau privé : %(url)s."), params)
    if isinstance(met, Reply):
        words = N_("Cette adresse répond mal (HTTP %(status)s) : %(url)s.")
        return Finding(check, False, words, {**params, "status": met.status})
    return Finding(check, False, N_("Cette adresse ne répond pas : %(url)s."), params)
