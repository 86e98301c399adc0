"""Dynamic registration: what is asked, granted and kept, and kept once (facts/lti.md, "Dynamic registration")."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from lti_tool.lti import platforms
from lti_tool.lti.configurations import PLATFORM_CONFIGURATION, TOOL_CONFIGURATION
from lti_tool.lti.models import ACTIVE, PENDING, Deployment
from lti_tool.lti.platforms import PlatformError
from lti_tool.lti.registration import GOOD_FOR, RegistrationError, UnderWayError
from tests.lti.registrar import ENDPOINT, Counter, Registrar
from tests.platform.server import Answer

SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
TABLES = ("platforms", "registration_invitations", "deployments")


def test_a_platform_registers_and_waits(counter: Counter, registrar: Registrar) -> None:
    made = counter.register(counter.invite(), registrar.url, registrar.token())

    platform = counter.kept()
    assert (platform.id, platform.status, platform.product) == (made.platform_id, PENDING, "moodle")
    assert (platform.issuer, platform.client_id) == (registrar.platform.issuer, registrar.platform.client_id)
    assert platform.granted == {
        "scopes": [SCORE],
        "claims": ["iss", "sub", "given_name"],
        "messages": ["LtiResourceLinkRequest", "LtiDeepLinkingRequest"],
    }
    assert made.deployment_id == "7"
    with counter.database.read() as session:
        assert session.scalars(select(Deployment.deployment_id)).all() == ["7"]


def test_what_is_asked_is_what_moodle_wants(counter: Counter, registrar: Registrar) -> None:
    token = registrar.token()
    counter.register(counter.invite(), registrar.url, token)

    (request,) = registrar.asked
    asked, tool = request.json(), request.json()[TOOL_CONFIGURATION]
    assert request.headers["Authorization"] == f"Bearer {token}"
    assert request.headers["Content-Type"] == "application/json"
    assert asked["redirect_uris"] == [f"{counter.base_url}/lti/launch"]
    assert asked["initiate_login_uri"] == f"{counter.base_url}/lti/login/{counter.kept().key}"
    assert asked["jwks_uri"] == f"{counter.base_url}/lti/jwks.json"
    assert asked["response_types"] == ["id_token"]
    assert asked["token_endpoint_auth_method"] == "private_key_jwt"
    assert asked["scope"] == SCORE, "nothing that the platform does not have"
    assert tool["domain"] == "127.0.0.1:8000", "with its port (facts/moodle.md)"
    assert tool["claims"] == ["iss", "sub", "given_name", "family_name"], "no e-mail"
    assert [message["type"] for message in tool["messages"]] == ["LtiResourceLinkRequest", "LtiDeepLinkingRequest"]


def test_brightspace_sends_no_token_and_wants_its_own_audience(counter: Counter, registrar: Registrar) -> None:
    registrar.configuration[PLATFORM_CONFIGURATION]["product_family_code"] = "desire2learn"
    del registrar.reply[TOOL_CONFIGURATION]
    registrar.publish()

    made = counter.register(counter.invite(), registrar.url)

    assert "Authorization" not in registrar.asked[0].headers
    assert counter.kept().token_audience == "https://api.brightspace.com/auth/token"
    assert made.deployment_id is None
    assert counter.count(Deployment) == 0


def test_canvas_gets_its_placements_and_privacy_level(counter: Counter, registrar: Registrar) -> None:
    registrar.configuration[PLATFORM_CONFIGURATION]["product_family_code"] = "canvas"
    counter.register(counter.invite(), registrar.url, registrar.token())

    tool = registrar.asked[0].json()[TOOL_CONFIGURATION]
    assert tool["https://canvas.instructure.com/lti/privacy_level"] == "name_only"
    assert tool["messages"][0]["placements"] == ["course_navigation"]


def test_a_frame_that_loads_twice_registers_once(counter: Counter, registrar: Registrar) -> None:
    invitation, token = counter.invite(), registrar.token()
    first = counter.register(invitation, registrar.url, token)
    registrar.platform.overrides[ENDPOINT] = Answer(401, {"error": "token_already_used"})

    second = counter.register(invitation, registrar.url, token)

    assert (first.platform_id, len(registrar.asked), counter.count()) == (second.platform_id, 1, 1)
    assert counter.register(invitation, registrar.url, now=counter.now + GOOD_FOR * 2).platform_id == first.platform_id


def test_of_loads_at_once_one_registers(counter: Counter, registrar: Registrar) -> None:
    invitation, token = counter.invite(), registrar.token()
    outcomes: list[object] = []
    barrier = threading.Barrier(4)

    def load() -> None:
        barrier.wait()
        try:
            outcomes.append(counter.register(invitation, registrar.url, token).platform_id)
        except UnderWayError:
            outcomes.append("wait")

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(registrar.asked) == 1
    assert set(outcomes) <= {counter.kept().id, "wait"}


def test_a_registration_that_failed_leaves_the_invitation_good(counter: Counter, registrar: Registrar) -> None:
    invitation = counter.invite()
    registrar.platform.overrides[ENDPOINT] = Answer(500, b"")
    with pytest.raises(RegistrationError) as refused:
        counter.register(invitation, registrar.url)
    assert refused.value.code == "R48"

    registrar.publish()
    counter.register(invitation, registrar.url)
    assert counter.count() == 1


def test_a_renewed_registration_keeps_the_platform(counter: Counter, registrar: Registrar) -> None:
    """Moodle's `reg-update`, by a new invitation: same row, same key, new grants; and it stays as active as it was."""
    first = counter.register(counter.invite(), registrar.url, registrar.token())
    with counter.database.write() as session:
        platforms.set_status(session, first.platform_id, ACTIVE)
    key = counter.kept().key
    registrar.reply["scope"] = ""
    registrar.publish()

    token = registrar.token("reg-update", registrar.platform.client_id)
    again = counter.register(counter.invite(), registrar.url, token)

    platform = counter.kept()
    assert (again.platform_id, again.is_update) == (first.platform_id, True)
    assert (platform.key, platform.status) == (key, ACTIVE)
    assert platform.granted is not None
    assert platform.granted["scopes"] == []
    assert registrar.asked[1].json()["initiate_login_uri"].endswith(key)


def test_a_renewal_takes_no_other_addresses(counter: Counter, registrar: Registrar) -> None:
    counter.register(counter.invite(), registrar.url, registrar.token())
    registrar.configuration["jwks_uri"] = f"{registrar.platform.url}/files/of-a-pupil.json"
    registrar.publish()

    token = registrar.token("reg-update", registrar.platform.client_id)
    with pytest.raises(PlatformError):
        counter.register(counter.invite(), registrar.url, token)
    assert counter.kept().jwks_url == f"{registrar.platform.url}/jwks"


def test_a_known_platform_is_refused(counter: Counter, registrar: Registrar) -> None:
    counter.register(counter.invite(), registrar.url)
    with pytest.raises(PlatformError) as refused:
        counter.register(counter.invite(), registrar.url, registrar.token())
    assert refused.value.status == 409
    assert counter.count() == 1


def test_a_numeric_deployment_id_is_one_too(counter: Counter, registrar: Registrar) -> None:
    registrar.reply[TOOL_CONFIGURATION]["deployment_id"] = 12
    registrar.publish()
    assert counter.register(counter.invite(), registrar.url).deployment_id == "12"


def test_no_secret_is_kept(counter: Counter, registrar: Registrar) -> None:
    """Neither the invitation nor the platform's token stands in the database."""
    invitation, token = counter.invite(), registrar.token()
    counter.register(invitation, registrar.url, token)
    with counter.database.read() as session:
        connection = session.connection()
        rows = [str(connection.exec_driver_sql(f"SELECT * FROM {t}").all()) for t in TABLES]
    assert not any(secret in row for secret in (invitation, token) for row in rows)


def test_the_registration_endpoint_is_asked_once_per_success(counter: Counter, registrar: Registrar) -> None:
    invitation = counter.invite()
    for _ in range(3):
        counter.register(invitation, registrar.url, registrar.token())
    assert len(registrar.asked) == 1
