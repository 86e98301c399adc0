"""What a login leaves behind: nothing but a signed text that travels through the browser and comes back once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lti_tool.lti.refusals import LaunchRefused, Reason
from lti_tool.vault import BadTokenError, Vault

LIFETIME = timedelta(minutes=10)

_PURPOSE = "lti.state"


@dataclass(frozen=True, slots=True)
class LoginState:
    """One login that waits for its launch."""

    nonce: str
    platform_id: int
    target: str
    deployment_id: str | None
    """The login's `lti_deployment_id`: the launch must then name the same."""
    browser: str
    """Fingerprint of the secret that this browser keeps: in its cookies, or in the platform's storage."""
    expires: datetime
    storage: str | None = None
    """The platform's frame that was asked to keep the secret, where no cookie lives (storage.py)."""


def new_state(
    *,
    platform_id: int,
    target: str,
    deployment_id: str | None,
    browser: str,
    now: datetime,
    storage: str | None = None,
) -> LoginState:
    return LoginState(secrets.token_urlsafe(24), platform_id, target, deployment_id, browser, now + LIFETIME, storage)


def seal(state: LoginState, vault: Vault) -> str:
    """The `state` parameter. It is signed, not secret: whoever sees it learns nothing of a person."""
    return vault.sign(
        {
            "n": state.nonce,
            "p": state.platform_id,
            "t": state.target,
            "d": state.deployment_id,
            "b": state.browser,
            "e": int(state.expires.timestamp()),
            "s": state.storage,
        },
        _PURPOSE,
    )


def unseal(text: str | None, vault: Vault, now: datetime) -> LoginState:
    """Raises `LaunchRefused` where the text is missing, not ours, or too old."""
    if not text:
        raise LaunchRefused(Reason.STATE_MISSING)
    try:
        sealed: dict[str, Any] = vault.verify(text, _PURPOSE)
    except BadTokenError:
        raise LaunchRefused(Reason.STATE_UNKNOWN) from None
    expires = datetime.fromtimestamp(sealed["e"], tz=now.tzinfo)
    if now >= expires:
        raise LaunchRefused(Reason.STATE_EXPIRED, platform_id=sealed["p"])
    return LoginState(sealed["n"], sealed["p"], sealed["t"], sealed["d"], sealed["b"], expires, sealed.get("s"))
