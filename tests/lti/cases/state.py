"""Logins that this launch does not answer: state, nonce and the browser's secret."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from lti_tool.vault import Vault
from tests.conftest import SECRET_KEY
from tests.lti import outcomes as o
from tests.lti.changes import attribute, claim, no_claim
from tests.lti.desk import Attempt, Change
from tests.platform.signing import b64


def _state_changed(change: Callable[[str], str]) -> Change:
    return lambda attempt: setattr(attempt, "state", change(str(attempt.state)))


def _said(state: str) -> tuple[dict[str, Any], str]:
    """What a state says, which anybody may read, and its signature."""
    payload, _, signature = state.partition(".")
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))), signature


def _rewritten(member: str, value: Any) -> Callable[[str], str]:
    """What the state says, changed under the signature of what it said."""

    def change(state: str) -> str:
        said, signature = _said(state)
        assert member in said
        return f"{b64(json.dumps(said | {member: value}).encode())}.{signature}"

    return change


def _signed_again(attempt: Attempt, vault: Vault, purpose: str) -> None:
    attempt.state = vault.sign(_said(str(attempt.state))[0], purpose)


def _state_signed_for_something_else(attempt: Attempt) -> None:
    _signed_again(attempt, Vault([SECRET_KEY]), "jeton")


def _state_signed_by_another_tool(attempt: Attempt) -> None:
    _signed_again(attempt, Vault(["another-secret-key-that-is-long-enough"]), "lti.state")


STATE_AND_NONCE = [
    pytest.param(no_claim("nonce"), o.NONCE_MISSING, id="nonce-missing"),
    pytest.param(claim("nonce", ""), o.NONCE_MISSING, id="nonce-empty"),
    pytest.param(claim("nonce", 42), o.NONCE_MISSING, id="nonce-a-number"),
    pytest.param(claim("nonce", "never-issued"), o.NONCE_WRONG, id="nonce-that-we-never-issued"),
    pytest.param(lambda a: a.claims.update(nonce=a.claims["nonce"] + " "), o.NONCE_WRONG, id="nonce-nearly"),
    pytest.param(attribute("state", None), o.STATE_MISSING, id="state-missing"),
    pytest.param(attribute("state", ""), o.STATE_MISSING, id="state-empty"),
    pytest.param(attribute("state", "made-up"), o.STATE_UNKNOWN, id="state-made-up"),
    pytest.param(attribute("state", "é" * 50), o.STATE_UNKNOWN, id="state-not-ascii"),
    pytest.param(
        lambda a: setattr(a, "state", str(a.state)[:-2] + "AA"), o.STATE_UNKNOWN, id="state-signature-changed"
    ),
    *[
        pytest.param(_state_changed(change), o.STATE_UNKNOWN, id=f"state-{name}")
        for name, change in {
            "cut": lambda state: state[:-1],
            "with-a-space": lambda state: state + " ",
            "with-a-nul": lambda state: state + "\x00",
            "twice": lambda state: state + state,
            "without-signature": lambda state: state.rpartition(".")[0],
            "signed-by-nobody": lambda state: state.rpartition(".")[0] + ".",
            "of-another-platform": _rewritten("p", 999_999),
            "of-another-nonce": _rewritten("n", "chosen-by-an-attacker"),
            "of-another-browser": _rewritten("b", "0" * 64),
            "that-never-ends": _rewritten("e", 4_102_444_800),
            "compressed": lambda _: ".eJyrVkpUslIqSy0qzszPU7JSMlCqBQA9ZAXG.aaaaaa.bbbbbb",
            "a-token": lambda _: "eyJhbGciOiJub25lIn0.e30.",
            "json": lambda _: '{"p":1}',
            "60-kB": lambda _: "s" * 40_000,
        }.items()
    ],
    pytest.param(_state_signed_for_something_else, o.STATE_UNKNOWN, id="state-signed-for-something-else"),
    pytest.param(_state_signed_by_another_tool, o.STATE_UNKNOWN, id="state-signed-by-another-tool"),
    pytest.param(attribute("secrets", []), o.BROWSER_WITHOUT_COOKIE, id="no-cookie"),
    pytest.param(attribute("secrets", ["another"]), o.BROWSER_IS_ANOTHER, id="login-of-another-browser"),
    pytest.param(attribute("secrets", ["", "é\ud800"]), o.BROWSER_IS_ANOTHER, id="cookies-of-nonsense"),
]
