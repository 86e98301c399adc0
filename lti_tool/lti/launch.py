"""A launch: everything that is checked before the tool believes that somebody is who the platform says.

PyLTI1p3's `MessageLaunch` is the frame; `StrictLaunch` closes what it leaves open (facts/lti.md §4), in the order
of SEC §5.1.3. A `Verifier` runs it with one query, writes nothing, and returns a `Launch`; `record` (record.py)
then spends the login and keeps what changed.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from pylti1p3.exception import LtiException
from pylti1p3.message_launch import MessageLaunch
from pylti1p3.session import SessionService

from lti_tool import logs
from lti_tool.database import Database
from lti_tool.lti import browser, claims, platforms, roles
from lti_tool.lti.claims import VerifiedClaims
from lti_tool.lti.library import NO_HTTP, NoCookies, NoRequest, OnePlatform, registration_of
from lti_tool.lti.messages import Launch, MessageType, Recorded
from lti_tool.lti.platform_keys import PlatformKeys
from lti_tool.lti.platforms import PlatformRecord
from lti_tool.lti.record import Found, give_up, look_up, record
from lti_tool.lti.refusals import LaunchRefused, Reason
from lti_tool.lti.state import LoginState, unseal
from lti_tool.lti.storage import Kept, key_for
from lti_tool.lti.token import Token
from lti_tool.vault import Vault

__all__ = ["Launch", "LaunchRefused", "MessageType", "Recorded", "Verifier", "record"]

log = logging.getLogger(__name__)

LEEWAY = timedelta(seconds=60)
OLDEST_TOKEN = timedelta(hours=1)
"""No login lasts so long; a token issued before that was not made for it (SEC §5.1.3 (8))."""
ALGORITHMS = ["RS256"]
_REGISTRY = jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
_REGISTRY.max_header_length = 16 * 1024  # some platforms send their certificate chain, which we ignore


class KeptElsewhereError(Exception):
    """No cookie came with the launch, but the platform's frame was given the secret to keep: it can be asked back."""

    def __init__(self, kept: Kept) -> None:
        super().__init__(kept.key)
        self.kept = kept


@dataclass(frozen=True, slots=True)
class Verifier:
    """Verifies launches. `allow_http`: services of platforms may be on plain http (a demo)."""

    database: Database
    vault: Vault
    keys: PlatformKeys
    base_url: str
    allow_http: bool = False

    def verify(
        self, *, state: str | None, id_token: str | None, secrets: list[str], now: datetime, may_ask: bool = False
    ) -> Launch:
        """The launch that the form's `state` and `id_token` make, in the browser that holds these secrets.

        Raises `LaunchRefused`, after one line in the log. With `may_ask`, raises `KeptElsewhereError` where the browser
        showed no secret of the login's, and the platform's frame was given it to keep.
        """
        try:
            login = unseal(state, self.vault, now)
            if may_ask and login.storage is not None and not browser.is_bound(login.browser, secrets):
                raise KeptElsewhereError(self._kept(login, login.storage))
            return self._verify(login, id_token, secrets, now)
        except LaunchRefused as refused:
            fields = {"code": refused.code, "reason": refused.reason.name, "clause": refused.clause}
            logs.event(log, "launch.refused", logging.WARNING, **fields, platform=refused.platform_id)
            raise

    def refused_by_platform(
        self, *, state: str | None, secrets: list[str], now: datetime, is_posted: bool
    ) -> LaunchRefused:
        """The page for a platform's own refusal (`error` instead of a token, SEC §5.1.1.5).

        `is_posted`: as `form_post` wants it; the login is then spent, if it was begun in this browser. By a link it is
        not, since nothing is ever written for a link.
        """
        platform_id = None
        with suppress(LaunchRefused):
            login = unseal(state, self.vault, now)
            _check_browser(login, secrets)
            platform_id = login.platform_id
            if is_posted:
                with self.database.write() as session:
                    give_up(session, login.nonce, now)
        refused = LaunchRefused(Reason.PLATFORM_SENT_ERROR, platform_id=platform_id)
        fields = {"code": refused.code, "reason": refused.reason.name, "clause": refused.clause}
        logs.event(log, "launch.refused", logging.INFO, **fields, platform=platform_id)
        return refused

    def _kept(self, login: LoginState, frame: str) -> Kept:
        with self.database.read() as session:
            platform = platforms.find(session, login.platform_id)
        return Kept(platform, frame, key_for(login.browser))

    def _verify(self, login: LoginState, id_token: str | None, secrets: list[str], now: datetime) -> Launch:
        _check_browser(login, secrets)
        try:
            token = Token.parse(id_token)
            found = look_up(self.database, login.platform_id, token.claims)
            if found.platform is None:
                raise LaunchRefused(Reason.STATE_UNKNOWN)
            launch = StrictLaunch(token, login, found.platform, found, self, now)
            launch.validate()
            return launch.value()
        except LaunchRefused as refused:
            refused.platform_id = login.platform_id
            raise


def _check_browser(login: LoginState, secrets: list[str]) -> None:
    """That the login was begun in this browser (SEC §7.3.1)."""
    if not secrets:
        raise LaunchRefused(Reason.BROWSER_WITHOUT_COOKIE, platform_id=login.platform_id)
    if not browser.is_bound(login.browser, secrets):
        raise LaunchRefused(Reason.BROWSER_IS_ANOTHER, platform_id=login.platform_id)


class StrictLaunch(MessageLaunch):
    """PyLTI1p3's launch with every check closed; each `validate_…` raises `LaunchRefused`."""

    _said: claims.MessageClaims

    def __init__(
        self,
        token: Token,
        login: LoginState,
        platform: PlatformRecord,
        found: Found,
        verifier: Verifier,
        now: datetime,
    ) -> None:
        request = NoRequest()
        super().__init__(
            request,
            OnePlatform(platform, found.deployment_pk is not None),
            session_service=SessionService(request),
            cookie_service=NoCookies(),
            requests_session=NO_HTTP,
        )
        self._token = token
        self._login = login
        self._platform = platform
        self._found = found
        self._verifier = verifier
        self._now = now

    def validate(self) -> StrictLaunch:
        """All checks, in the order of SEC §5.1.3: the state was checked before there was anything to look up."""
        self._validated = True
        self.validate_registration()
        self.validate_jwt_format()
        self.validate_jwt_signature()
        self.validate_issuer_and_audience()
        self.validate_times()
        self.validate_nonce()
        self.validate_deployment()
        self.validate_message()
        return self

    def validate_registration(self) -> StrictLaunch:
        """The platform is the one that the login was sent to, whatever the token says."""
        if not self._platform.is_active:
            raise LaunchRefused(Reason.PLATFORM_NOT_ACTIVE)
        self._registration = registration_of(self._platform)
        return self

    def validate_jwt_format(self) -> StrictLaunch:
        """RS256 with a `kid`, and no header that would change what is signed (SEC §5.4, §6.1, §6.3)."""
        header = self._token.header
        if header.get("alg") not in ALGORITHMS:
            raise LaunchRefused(Reason.ALGORITHM_NOT_ALLOWED)
        if any(name in header for name in ("zip", "crit", "b64", "enc")):
            raise LaunchRefused(Reason.HEADER_NOT_ALLOWED)
        if not isinstance(header.get("kid"), str) or not header["kid"]:
            raise LaunchRefused(Reason.KID_MISSING)
        return self

    def get_public_key(self) -> RSAKey:
        """A key of this platform's own set; keys that the header itself brings (jku, jwk, x5u, x5c) are nothing."""
        return self._verifier.keys.find(self._platform, self._token.header["kid"])

    def validate_jwt_signature(self) -> StrictLaunch:
        try:
            signed = jws.deserialize_compact(self._token.text, self.get_public_key(), registry=_REGISTRY)
        except (JoseError, ValueError, TypeError):
            raise LaunchRefused(Reason.SIGNATURE_WRONG) from None
        if signed.payload != self._token.payload:
            raise LaunchRefused(Reason.SIGNATURE_WRONG)
        self._jwt = {"header": self._token.header, "body": self._token.claims}
        return self

    def validate_issuer_and_audience(self) -> StrictLaunch:
        """`iss` and `aud` are the registration's own; more than one audience needs an `azp` that is us."""
        body, client_id = self._body(), self._registration.get_client_id()
        if body.get("iss") != self._registration.get_issuer():
            raise LaunchRefused(Reason.ISSUER_WRONG)
        given = body.get("aud")
        audience = given if isinstance(given, list) else [given]
        if client_id not in audience or not all(isinstance(name, str) for name in audience):
            raise LaunchRefused(Reason.AUDIENCE_WRONG)
        azp = body.get("azp")
        if (azp is None and len(set(audience)) > 1) or azp not in (None, client_id):
            raise LaunchRefused(Reason.AUTHORIZED_PARTY_WRONG)
        return self

    def validate_times(self) -> StrictLaunch:
        """`exp` and `iat`, both required, with 60 s of leeway both ways; `nbf` where there is one."""
        body, now, leeway = self._body(), self._now.timestamp(), LEEWAY.total_seconds()
        expires, issued, not_before = (_seconds(body.get(name)) for name in ("exp", "iat", "nbf"))
        if expires is None or issued is None or ("nbf" in body and not_before is None):
            raise LaunchRefused(Reason.TIME_MISSING)
        if expires <= now - leeway:
            raise LaunchRefused(Reason.TOKEN_EXPIRED)
        if max(issued, not_before or 0) > now + leeway or issued < now - OLDEST_TOKEN.total_seconds() - leeway:
            raise LaunchRefused(Reason.ISSUED_AT_WRONG)
        return self

    def validate_nonce(self) -> StrictLaunch:
        """The login's own; `record` makes sure that it is spent once."""
        nonce = self._body().get("nonce")
        if not isinstance(nonce, str) or not nonce:
            raise LaunchRefused(Reason.NONCE_MISSING)
        if nonce != self._login.nonce:
            raise LaunchRefused(Reason.NONCE_WRONG)
        return self

    def validate_deployment(self) -> StrictLaunch:
        """One that was authorized, of this platform, and the login's where that named one (CORE §3.1.3)."""
        deployment_id = claims.deployment_id(self._body())
        if self._login.deployment_id not in (None, deployment_id):
            raise LaunchRefused(Reason.DEPLOYMENT_IS_ANOTHER)
        try:
            super().validate_deployment()
        except LtiException:
            raise LaunchRefused(Reason.DEPLOYMENT_UNKNOWN) from None
        return self

    def validate_message(self) -> StrictLaunch:
        """Version, type, roles and user, then the library's own checks of that message."""
        self._said = claims.of_message(self._body(), allow_http=self._verifier.allow_http)
        try:
            super().validate_message()
        except LtiException:
            raise LaunchRefused(Reason.CLAIM_MALFORMED) from None
        return self

    def value(self) -> Launch:
        """The launch as a value. Raises `LaunchRefused` where an optional claim has a shape that means nothing."""
        body, found, said, allow_http = self._body(), self._found, self._said, self._verifier.allow_http
        if found.deployment_pk is None:
            raise LaunchRefused(Reason.DEPLOYMENT_UNKNOWN)
        context = claims.context(body)
        judged = roles.read(said.roles, in_context=context is not None)
        if said.type is MessageType.DEEP_LINKING and judged.standing in (roles.Standing.PUPIL, roles.Standing.MENTOR):
            raise LaunchRefused(Reason.DEEP_LINKING_NOT_ALLOWED)
        return Launch(
            platform=self._platform,
            deployment_pk=found.deployment_pk,
            deployment_id=claims.deployment_id(body),
            message=said.type,
            nonce=self._login.nonce,
            browser=self._login.browser,
            sub=said.sub,
            roles=said.roles,
            standing=judged.standing,
            given_name=claims.text(body.get("given_name")),
            family_name=claims.text(body.get("family_name")),
            is_test_user=judged.is_test_user,
            is_institution_administrator=judged.is_institution_administrator,
            context=context,
            resource_link=said.resource_link,
            for_user=said.for_user,
            ags=claims.ags(body, allow_http=allow_http),
            memberships_url=claims.memberships_url(body, allow_http=allow_http),
            custom=claims.custom(body),
            deep_linking=said.deep_linking,
            document_target=claims.document_target(body),
            locale=claims.locale(body),
            target_link_uri=claims.target_link_uri(body, said.type, self._login.target, self._verifier.base_url),
            known=found.known,
        )

    def _body(self) -> VerifiedClaims:
        return VerifiedClaims(self._jwt["body"])


def _seconds(value: Any) -> float | None:
    """A NumericDate (RFC 7519 §2), which JSON may spell in ways that are no time."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e15:
        return None
    return float(value)
