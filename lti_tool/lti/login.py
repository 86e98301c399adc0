"""The third-party initiated login (SEC §5.1.1.1): checked, answered by a redirection, and nothing written."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from urllib.parse import urlencode

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from lti_tool import logs
from lti_tool.lti import browser, platforms
from lti_tool.lti.claims import identifier, own_target
from lti_tool.lti.platforms import PlatformRecord
from lti_tool.lti.refusals import LaunchRefused, Reason
from lti_tool.lti.state import new_state, seal
from lti_tool.lti.storage import Deposit, frame_name, key_for
from lti_tool.vault import Vault

log = logging.getLogger(__name__)

PARAMETERS = (
    "iss",
    "login_hint",
    "target_link_uri",
    "lti_message_hint",
    "lti_deployment_id",
    "client_id",
    "lti_storage_target",
)
"""All that a login may carry for us; whatever else comes is dropped."""
LAUNCH_PATH = "/lti/launch"
LONGEST_PARAMETER = 8000
_ALWAYS = "scope=openid&response_type=id_token&response_mode=form_post&prompt=none"


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """The parameters of a login that was found in order, as they came."""

    platform: PlatformRecord
    target_link_uri: str
    login_hint: str
    message_hint: str | None
    deployment_id: str | None
    storage_target: str | None = None
    """The platform's frame that offers to keep things for us (storage.py); None where none does."""


def check(
    session: Session | Connection, parameters: Mapping[str, list[str]], *, key: str | None, base_url: str
) -> LoginRequest:
    """Check a login by GET or POST. `parameters` holds every value that each name came with.

    `key` is the last part of the address where the platform has its own (issuers that many tenants share).
    One query. Raises `LaunchRefused`.
    """
    try:
        return _check(session, parameters, key, base_url)
    except LaunchRefused as refused:
        fields = {"code": refused.code, "reason": refused.reason.name, "clause": refused.clause}
        logs.event(log, "login.refused", logging.WARNING, **fields, platform=refused.platform_id)
        raise


def redirect_url(request: LoginRequest, *, vault: Vault, base_url: str, secret: str, now: datetime) -> str:
    """Where the browser goes next: the platform's authorization endpoint (SEC §5.1.1.2).

    `secret` is what this browser keeps in its cookies (`browser.py`); the launch must come from the same browser.
    """
    return _redirect_url(request, None, vault=vault, base_url=base_url, secret=secret, now=now)


def deposit(request: LoginRequest, *, vault: Vault, base_url: str, secret: str, now: datetime) -> Deposit | None:
    """What the platform's frame is asked to keep before this login goes on; None where it offers no storage."""
    if request.storage_target is None:
        return None
    url = _redirect_url(request, request.storage_target, vault=vault, base_url=base_url, secret=secret, now=now)
    return Deposit(request.storage_target, request.platform.origin, key_for(browser.fingerprint(secret)), secret, url)


def _redirect_url(
    request: LoginRequest, storage: str | None, *, vault: Vault, base_url: str, secret: str, now: datetime
) -> str:
    state = new_state(
        platform_id=request.platform.id,
        target=request.target_link_uri,
        deployment_id=request.deployment_id,
        browser=browser.fingerprint(secret),
        now=now,
        storage=storage,
    )
    query = {"login_hint": request.login_hint}
    if request.message_hint is not None:
        query["lti_message_hint"] = request.message_hint
    auth_url = request.platform.auth_url
    fresh = f"state={seal(state, vault)}&nonce={state.nonce}"  # base64url and dots: nothing to quote
    ours = _ours(request.platform.client_id, base_url + LAUNCH_PATH)
    return f"{auth_url}{'&' if '?' in auth_url else '?'}{_ALWAYS}&{ours}&{fresh}&{urlencode(query, errors='replace')}"


@lru_cache(512)
def _ours(client_id: str, redirect_uri: str) -> str:
    """The part of the address that is the same for every login of a platform."""
    return urlencode({"client_id": client_id, "redirect_uri": redirect_uri})


def _check(
    session: Session | Connection, parameters: Mapping[str, list[str]], key: str | None, base_url: str
) -> LoginRequest:
    given = {name: parameters[name] for name in PARAMETERS if parameters.get(name)}
    if any(len(set(values)) > 1 for values in given.values()):
        raise LaunchRefused(Reason.LOGIN_REPEATED_PARAMETER)
    if any(len(values[0]) > LONGEST_PARAMETER for values in given.values()):
        raise LaunchRefused(Reason.LOGIN_PARAMETER_TOO_LONG)
    value = {name: values[0] for name, values in given.items() if values[0]}
    for name, reason in (
        ("iss", Reason.LOGIN_WITHOUT_ISSUER),
        ("login_hint", Reason.LOGIN_WITHOUT_HINT),
        ("target_link_uri", Reason.LOGIN_WITHOUT_TARGET),
    ):
        if name not in value:
            raise LaunchRefused(reason)
    target = own_target(value["target_link_uri"], base_url)
    if target is None:
        raise LaunchRefused(Reason.LOGIN_FOREIGN_TARGET)
    platform = _platform(session, value["iss"], value.get("client_id"), key)
    if not platform.is_active:
        raise LaunchRefused(Reason.PLATFORM_NOT_ACTIVE, platform_id=platform.id)
    return LoginRequest(
        platform,
        target,
        value["login_hint"],
        value.get("lti_message_hint"),
        value.get("lti_deployment_id"),
        frame_name(value.get("lti_storage_target")),
    )


def _platform(session: Session | Connection, issuer: str, client_id: str | None, key: str | None) -> PlatformRecord:
    """The platform that the address, or the issuer and client, name; never one that any of them contradicts."""
    if key is not None:
        platform = platforms.by_key(session, key) if identifier(key) else None
        if platform is None:
            raise LaunchRefused(Reason.LOGIN_UNKNOWN_ADDRESS)
        if platform.issuer != issuer or client_id not in (None, platform.client_id):
            raise LaunchRefused(Reason.LOGIN_UNKNOWN_PLATFORM, platform_id=platform.id)
        return platform
    if not identifier(issuer) or (client_id is not None and not identifier(client_id)):
        raise LaunchRefused(Reason.LOGIN_UNKNOWN_PLATFORM)
    found = platforms.by_issuer(session, issuer, client_id)
    if not found:
        raise LaunchRefused(Reason.LOGIN_UNKNOWN_PLATFORM)
    if len(found) > 1:
        raise LaunchRefused(Reason.LOGIN_AMBIGUOUS_PLATFORM)
    return found[0]
