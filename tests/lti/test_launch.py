"""Launches that must be taken, and refusals that take more than a changed claim; on one kind of database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from lti_tool.lti import platforms
from lti_tool.lti.launch import LaunchRefused
from lti_tool.lti.messages import MessageType
from lti_tool.lti.models import (
    SUSPENDED,
)
from lti_tool.lti.refusals import Reason
from lti_tool.lti.roles import Standing
from tests.lti import cases
from tests.lti.cases import certification
from tests.lti.desk import Attempt, Change, Desk, register
from tests.platform.payloads import AGS, DL, INSTITUTION, LTI, MEMBERSHIP, NRPS
from tests.platform.server import FakePlatform


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def refusal_of(desk: Desk, attempt: Attempt) -> LaunchRefused:
    with pytest.raises(LaunchRefused) as caught:
        desk.launch(attempt)
    return caught.value


@pytest.mark.parametrize(("change", "standing"), certification.GOOD_LAUNCHES)
def test_a_good_launch_is_taken_with_the_standing_of_its_roles(desk: Desk, change: Change, standing: Standing) -> None:
    attempt = desk.attempt()
    change(attempt)
    launch, recorded = desk.launch(attempt)
    assert launch.standing is standing
    assert recorded.resource_link_pk is not None


@pytest.mark.parametrize("change", cases.TOLERATED)
def test_what_means_no_harm_does_none(desk: Desk, change: Change) -> None:
    attempt = desk.attempt()
    change(attempt)
    launch, _ = desk.launch(attempt)
    assert launch.sub == "sub-chloe"
    assert launch.standing is Standing.PUPIL


def test_the_value_of_a_complete_launch(desk: Desk, platform: FakePlatform) -> None:
    attempt = desk.attempt()
    attempt.claims[LTI + "custom"] = {"campagne": "ABCDEF123", "naissance": "$Person.birthdate", "n": 5, "vide": ""}
    attempt.claims[AGS]["lineitem"] = f"{platform.url}/courses/course-1/lineitems/3/lineitem?type_id=1"

    launch = desk.verify(attempt)

    assert launch.platform == desk.record
    assert launch.message is MessageType.RESOURCE_LINK
    assert (launch.given_name, launch.family_name) == ("Chloé", "Nguyen")
    assert launch.deployment_id == "1"
    assert launch.context is not None
    assert (launch.context.id, launch.context.title) == ("course-1", "Technologie 4e")
    assert launch.resource_link is not None
    assert launch.resource_link.id == "activity-1"
    assert launch.custom == {"campagne": "ABCDEF123"}
    assert launch.ags is not None
    assert launch.ags.lineitems == platform.line_items_url()
    assert launch.ags.lineitem == attempt.claims[AGS]["lineitem"]
    assert len(launch.ags.scopes) == 4
    assert launch.memberships_url == platform.members_url()
    assert (launch.document_target, launch.locale) == ("iframe", "fr")
    assert launch.deep_linking is None


@pytest.mark.parametrize(
    ("several", "expected"),
    [(True, True), (False, False), ("false", False), ("true", True), ("True", True), (None, False)],
)
def test_the_value_of_a_selection_of_content(desk: Desk, several: object, expected: bool) -> None:
    attempt = desk.attempt("deep_linking")
    attempt.claims[DL + "deep_linking_settings"]["accept_multiple"] = several
    attempt.without(LTI + "target_link_uri")

    settings = desk.verify(attempt).deep_linking

    assert settings is not None
    assert settings.return_url == f"{desk.platform.url}/selection"
    assert settings.accepts_several is expected
    assert settings.accepts_line_item
    assert settings.data == "opaque=42&x=<é>"


def test_a_launch_posted_again_is_refused(desk: Desk) -> None:
    attempt = desk.attempt()
    desk.launch(attempt)
    refused = refusal_of(desk, attempt)
    assert refused.reason is Reason.STATE_SPENT
    assert refused.status == 401


def test_the_same_login_cannot_be_launched_with_another_token(desk: Desk) -> None:
    attempt = desk.attempt()
    desk.launch(attempt)
    attempt.claims["sub"] = "sub-hugo"
    assert refusal_of(desk, attempt).reason is Reason.STATE_SPENT


def test_a_refused_token_does_not_spend_the_login(desk: Desk) -> None:
    attempt = desk.attempt()
    attempt.claims["aud"] = "another"
    refusal_of(desk, attempt)
    attempt.claims["aud"] = desk.platform.client_id
    desk.launch(attempt)


@pytest.mark.parametrize(
    ("late", "reason"),
    [
        pytest.param(timedelta(minutes=9, seconds=59), None, id="in-time"),
        pytest.param(timedelta(minutes=10), Reason.STATE_EXPIRED, id="ten-minutes-later"),
    ],
)
def test_a_login_waits_ten_minutes(desk: Desk, now: datetime, late: timedelta, reason: Reason | None) -> None:
    attempt = desk.attempt()
    attempt.now = now + late
    attempt.claims["exp"] += late.total_seconds()
    if reason is None:
        desk.launch(attempt)
    else:
        assert refusal_of(desk, attempt).reason is reason


def test_another_tenants_key_signs_nothing_here(desk: Desk, other_platform: FakePlatform, now: datetime) -> None:
    """Neither by its own kid nor under ours: keys are looked up in the platform of the state only."""
    register(desk.verifier.database, other_platform, now)
    other = other_platform.keys[0]
    for kid, reason in ((other.kid, Reason.KID_UNKNOWN), (desk.platform.keys[0].kid, Reason.SIGNATURE_WRONG)):
        attempt = desk.attempt()
        attempt.key, attempt.header["kid"] = other, kid
        assert refusal_of(desk, attempt).reason is reason
    assert other_platform.received == []


def test_another_tenants_token_is_nothing_for_this_login(
    desk: Desk, other_platform: FakePlatform, now: datetime
) -> None:
    other = Desk(other_platform, register(desk.verifier.database, other_platform, now), desk.verifier, now)
    attempt, theirs = desk.attempt(), other.attempt()
    attempt.token = theirs.id_token
    assert refusal_of(desk, attempt).reason is Reason.KID_UNKNOWN
    theirs.state, theirs.secrets = desk.log_in()[0], [desk.secret]
    assert refusal_of(desk, theirs).reason is Reason.KID_UNKNOWN


def test_two_tenants_of_one_issuer_are_apart(
    desk: Desk, platform: FakePlatform, other_platform: FakePlatform, now: datetime
) -> None:
    """One issuer for many, as Canvas does: the client tells whose launch it is, the deployment belongs to one."""
    other_platform.issuer = platform.issuer
    other_platform.deployment_id = "2"
    other = Desk(other_platform, register(desk.verifier.database, other_platform, now), desk.verifier, now)
    first, second = desk.launch(desk.attempt()), other.launch(other.attempt())
    assert first[1].person_id != second[1].person_id
    attempt = desk.attempt()
    attempt.claims[LTI + "deployment_id"] = "2"
    assert refusal_of(desk, attempt).reason is Reason.DEPLOYMENT_UNKNOWN


def test_the_launch_must_name_the_login_s_deployment(desk: Desk) -> None:
    desk.launch(desk.attempt(lti_deployment_id="1"))
    assert refusal_of(desk, desk.attempt(lti_deployment_id="7")).reason is Reason.DEPLOYMENT_IS_ANOTHER


def test_a_platform_that_is_not_active_launches_nobody(desk: Desk, now: datetime) -> None:
    attempt = desk.attempt()
    with desk.verifier.database.write() as session:
        platforms.set_status(session, desk.record.id, SUSPENDED)
    assert refusal_of(desk, attempt).reason is Reason.PLATFORM_NOT_ACTIVE
    with pytest.raises(LaunchRefused) as caught:
        desk.log_in()
    assert caught.value.reason is Reason.PLATFORM_NOT_ACTIVE
    assert desk.platform.received == []


def test_a_platform_whose_keys_cannot_be_had_is_a_503(desk: Desk) -> None:
    attempt = desk.attempt()
    desk.platform.stop()
    refused = refusal_of(desk, attempt)
    assert refused.reason is Reason.KEYS_UNREACHABLE
    assert refused.status == 503


@pytest.mark.parametrize("message", ["LtiStartAssessment", "LtiContextUpdateRequest"])
def test_a_message_that_we_do_not_take_is_refused_in_words(desk: Desk, message: str) -> None:
    attempt = desk.attempt()
    attempt.claims[LTI + "message_type"] = message
    assert refusal_of(desk, attempt).reason is Reason.MESSAGE_TYPE_UNKNOWN


def test_services_on_plain_http_are_no_services_where_that_is_not_allowed(desk: Desk) -> None:
    attempt = desk.attempt()
    object.__setattr__(desk.verifier, "allow_http", False)
    launch = desk.verify(attempt)
    assert launch.ags is not None
    assert launch.ags.lineitems is None
    assert launch.memberships_url is None


def test_a_warm_launch_is_two_statements_and_no_call(desk: Desk, statements: Callable[[], list[str]]) -> None:
    desk.launch(desk.attempt())
    calls = len(desk.platform.received)
    attempt = desk.attempt()
    statements().clear()

    desk.launch(attempt)

    assert [statement.split()[0] for statement in statements()] == ["SELECT", "INSERT"]
    assert len(desk.platform.received) == calls


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_CLAIMS = [
    "iss",
    "aud",
    "azp",
    "sub",
    "exp",
    "iat",
    "nbf",
    "nonce",
    "given_name",
    "family_name",
    "locale",
    *(
        LTI + name
        for name in (
            "version",
            "message_type",
            "deployment_id",
            "target_link_uri",
            "roles",
            "context",
            "resource_link",
            "custom",
            "launch_presentation",
        )
    ),
    AGS,
    NRPS,
    DL + "deep_linking_settings",
]


@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.dictionaries(st.sampled_from(_CLAIMS), _json, min_size=1, max_size=4), deep=st.booleans())
def test_whatever_claims_are_signed_the_launch_is_taken_or_refused(
    desk: Desk, changes: dict[str, object], deep: bool
) -> None:
    attempt = desk.attempt("deep_linking" if deep else "resource")
    attempt.claims.update(changes)
    refused = None
    try:
        desk.launch(attempt)
    except LaunchRefused as error:
        refused = error
    assert refused is None or 400 <= refused.status < 500


@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(token=st.text(max_size=200), state=st.text(max_size=200), secrets=st.lists(st.text(max_size=60), max_size=3))
def test_whatever_is_posted_is_refused(desk: Desk, token: str, state: str, secrets: list[str]) -> None:
    real, _ = desk.log_in()
    for posted in (state, real):
        with pytest.raises(LaunchRefused):
            desk.verifier.verify(state=posted, id_token=token, secrets=[*secrets, desk.secret], now=desk.now)


def test_institution_roles_alone_in_a_course_grant_nothing(desk: Desk) -> None:
    attempt = desk.attempt()
    attempt.claims[LTI + "roles"] = [INSTITUTION + "Faculty"]
    assert desk.verify(attempt).standing is Standing.NONE
    attempt = desk.attempt()
    attempt.claims[LTI + "roles"] = [INSTITUTION + "Faculty"]
    attempt.without(LTI + "context")
    assert desk.verify(attempt).standing is Standing.TEACHER


def test_a_test_user_is_known_as_one(desk: Desk) -> None:
    attempt = desk.attempt()
    attempt.claims[LTI + "roles"] = [MEMBERSHIP + "Learner", cases.TEST_USER]
    assert desk.verify(attempt).is_test_user
