"""Logins: what is refused, and what a good one makes of itself without writing anything."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from lti_tool.lti import browser, login
from lti_tool.lti.refusals import LaunchRefused, Reason
from tests.lti import cases
from tests.lti.desk import Desk, register
from tests.platform.server import FakePlatform

BASE = "http://127.0.0.1:8000"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def parameters(desk: Desk, **changes: str | None) -> dict[str, list[str]]:
    given = {
        "iss": desk.record.issuer,
        "login_hint": "hint",
        "target_link_uri": f"{BASE}/lti/launch",
        "client_id": desk.record.client_id,
        **changes,
    }
    return {name: [value] for name, value in given.items() if value is not None}


def query_of(desk: Desk, given: dict[str, list[str]], key: str | None = None) -> dict[str, str]:
    with desk.verifier.database.read() as session:
        request = login.check(session, given, key=key, base_url=BASE)
    url = login.redirect_url(request, vault=desk.verifier.vault, base_url=BASE, secret=desk.secret, now=desk.now)
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query, keep_blank_values=True).items()}


def refusal_of(desk: Desk, given: dict[str, list[str]], key: str | None = None) -> LaunchRefused:
    with desk.verifier.database.read() as session, pytest.raises(LaunchRefused) as caught:
        login.check(session, given, key=key, base_url=BASE)
    return caught.value


def test_a_login_goes_to_the_platform_with_all_that_openid_wants(desk: Desk) -> None:
    sent = query_of(desk, parameters(desk))
    assert {name: sent[name] for name in sent if name not in ("state", "nonce")} == {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": desk.record.client_id,
        "redirect_uri": f"{BASE}/lti/launch",
        "login_hint": "hint",
    }
    assert len(sent["nonce"]) > 20


def test_two_logins_share_neither_state_nor_nonce(desk: Desk) -> None:
    first, second = query_of(desk, parameters(desk)), query_of(desk, parameters(desk))
    assert first["state"] != second["state"]
    assert first["nonce"] != second["nonce"]


@pytest.mark.parametrize(
    "hint", ['{"cmid":"5","launchid":"ltilaunch_12"}', "a&b=c#d", "é+% ", "<script>", "=" * 900, "0"]
)
def test_hints_come_back_unaltered(desk: Desk, hint: str) -> None:
    sent = query_of(desk, parameters(desk, login_hint=hint, lti_message_hint=hint))
    assert sent["login_hint"] == sent["lti_message_hint"] == hint


def test_an_authorization_endpoint_keeps_its_own_query(desk: Desk, other_platform: FakePlatform, now: datetime) -> None:
    record = register(desk.verifier.database, other_platform, now, auth_url=f"{other_platform.url}/auth?tenant=7")
    other = Desk(other_platform, record, desk.verifier, now)
    assert query_of(other, parameters(other))["tenant"] == "7"


def test_a_login_is_one_query_and_writes_nothing(desk: Desk, statements: Callable[[], list[str]]) -> None:
    statements().clear()
    query_of(desk, parameters(desk))
    assert len(statements()) == 1
    assert statements()[0].startswith("SELECT")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"iss": None}, Reason.LOGIN_WITHOUT_ISSUER, id="no-iss"),
        pytest.param({"iss": ""}, Reason.LOGIN_WITHOUT_ISSUER, id="empty-iss"),
        pytest.param({"login_hint": None}, Reason.LOGIN_WITHOUT_HINT, id="no-login-hint"),
        pytest.param({"target_link_uri": None}, Reason.LOGIN_WITHOUT_TARGET, id="no-target"),
        pytest.param({"iss": "https://unknown.example"}, Reason.LOGIN_UNKNOWN_PLATFORM, id="unknown-iss"),
        pytest.param({"client_id": "unknown"}, Reason.LOGIN_UNKNOWN_PLATFORM, id="unknown-client"),
        pytest.param({"iss": "i" * 300}, Reason.LOGIN_UNKNOWN_PLATFORM, id="long-iss"),
        pytest.param({"client_id": "c\x00"}, Reason.LOGIN_UNKNOWN_PLATFORM, id="nul-in-client"),
        pytest.param({"lti_message_hint": "h" * 9000}, Reason.LOGIN_PARAMETER_TOO_LONG, id="long-hint"),
    ],
)
def test_a_bad_login_is_refused(desk: Desk, changes: dict[str, str | None], reason: Reason) -> None:
    assert refusal_of(desk, parameters(desk, **changes)).reason is reason
    assert desk.platform.received == []


@pytest.mark.parametrize("target", cases.FOREIGN_TARGETS)
def test_a_foreign_target_is_refused(desk: Desk, target: str) -> None:
    refused = refusal_of(desk, parameters(desk, target_link_uri=target.format(base=BASE)))
    assert refused.reason is Reason.LOGIN_FOREIGN_TARGET


@pytest.mark.parametrize("target", ["/", "", "/lti/launch", "/campagnes/ABC?x=1", "/lti/launch?a=%2F"])
def test_a_target_anywhere_on_our_origin_is_ours(desk: Desk, target: str) -> None:
    query_of(desk, parameters(desk, target_link_uri=BASE + target))


def test_a_parameter_given_twice_with_two_meanings_is_refused(desk: Desk) -> None:
    given = parameters(desk)
    given["target_link_uri"].append(f"{BASE}/x")
    assert refusal_of(desk, given).reason is Reason.LOGIN_REPEATED_PARAMETER
    query_of(desk, {**parameters(desk), "iss": [desk.record.issuer] * 2})


def test_a_login_without_client_needs_an_issuer_with_one_only(
    desk: Desk, other_platform: FakePlatform, now: datetime
) -> None:
    without = parameters(desk, client_id=None)
    assert query_of(desk, without)["client_id"] == desk.record.client_id
    other_platform.issuer = desk.record.issuer
    register(desk.verifier.database, other_platform, now)
    assert refusal_of(desk, without).reason is Reason.LOGIN_AMBIGUOUS_PLATFORM
    assert query_of(desk, without, desk.record.key)["client_id"] == desk.record.client_id


def test_a_key_in_the_address_names_one_platform_which_nothing_may_contradict(
    desk: Desk, other_platform: FakePlatform, now: datetime
) -> None:
    other = register(desk.verifier.database, other_platform, now)
    query_of(desk, parameters(desk), desk.record.key)
    assert refusal_of(desk, parameters(desk), "unknown").reason is Reason.LOGIN_UNKNOWN_ADDRESS
    assert refusal_of(desk, parameters(desk), "unknown").status == 404
    assert refusal_of(desk, parameters(desk), "\x00").reason is Reason.LOGIN_UNKNOWN_ADDRESS
    assert refusal_of(desk, parameters(desk), other.key).reason is Reason.LOGIN_UNKNOWN_PLATFORM
    changed = parameters(desk, client_id="another")
    assert refusal_of(desk, changed, desk.record.key).reason is Reason.LOGIN_UNKNOWN_PLATFORM


@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.dictionaries(st.sampled_from(login.PARAMETERS), st.lists(st.text(max_size=30), max_size=2)),
    key=st.none() | st.text(max_size=30),
)
def test_whatever_is_sent_a_login_goes_on_or_is_refused(
    desk: Desk, changes: dict[str, list[str]], key: str | None
) -> None:
    with contextlib.suppress(LaunchRefused):
        query_of(desk, parameters(desk) | changes, key)


def test_a_browser_s_secret_serves_for_a_day_less_half_an_hour(now: datetime) -> None:
    secret = browser.new_secret(now)
    assert browser.usable([None, secret], now + timedelta(hours=23, minutes=29)) == secret
    assert browser.usable([secret], now + timedelta(hours=23, minutes=30)) is None
    assert browser.usable(["", "x", secret + "x", "9999999999." + "a" * 32], now) is None


def test_a_login_is_bound_to_one_of_the_browser_s_secrets(now: datetime) -> None:
    one, other = browser.new_secret(now), browser.new_secret(now)
    assert browser.is_bound(browser.fingerprint(one), [other, one])
    assert not browser.is_bound(browser.fingerprint(one), [other])
    assert not browser.is_bound(browser.fingerprint(one), [])
