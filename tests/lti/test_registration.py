"""Dynamic registration: what is asked and kept, and every way of abusing an invitation (facts/lti.md, "DR: …")."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from lti_tool.database import Database
from lti_tool.errors import ToolError
from lti_tool.lti import hosts, platforms
from lti_tool.lti.configurations import PLATFORM_CONFIGURATION, TOOL_CONFIGURATION, foreign_hosts
from lti_tool.lti.models import ACTIVE, PENDING, Deployment, Platform
from lti_tool.lti.outbound import Client, RefusedAddressError
from lti_tool.lti.platforms import PlatformError
from lti_tool.lti.registration import GOOD_FOR, RegistrationError, UnderWayError
from lti_tool.settings import Settings
from tests.lti.registrar import ENDPOINT, PATH, Counter, Registrar
from tests.platform.server import Answer, FakePlatform, Received

SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"


@pytest.fixture
def registrar(platform: FakePlatform) -> Registrar:
    return Registrar(platform)


@pytest.fixture
def counter(database: Database, client: Client, settings: Settings, now: datetime) -> Counter:
    return Counter(database, client, settings.base_url, now)


def kept(counter: Counter) -> Platform:
    with counter.database.read() as session:
        return session.scalars(select(Platform)).one()


def count(counter: Counter, model: type[Platform] | type[Deployment] = Platform) -> int:
    with counter.database.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_platform_registers_and_waits(counter: Counter, registrar: Registrar) -> None:
    made = counter.register(counter.invite(), registrar.url, registrar.token())

    platform = kept(counter)
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
    assert asked["initiate_login_uri"] == f"{counter.base_url}/lti/login/{kept(counter).key}"
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
    assert kept(counter).token_audience == "https://api.brightspace.com/auth/token"
    assert made.deployment_id is None
    assert count(counter, Deployment) == 0


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

    assert (first.platform_id, len(registrar.asked), count(counter)) == (second.platform_id, 1, 1)
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
    assert set(outcomes) <= {kept(counter).id, "wait"}


def test_a_registration_that_failed_leaves_the_invitation_good(counter: Counter, registrar: Registrar) -> None:
    invitation = counter.invite()
    registrar.platform.overrides[ENDPOINT] = Answer(500, b"")
    with pytest.raises(RegistrationError) as refused:
        counter.register(invitation, registrar.url)
    assert refused.value.code == "R48"

    registrar.publish()
    counter.register(invitation, registrar.url)
    assert count(counter) == 1


def test_a_renewed_registration_keeps_the_platform(counter: Counter, registrar: Registrar) -> None:
    """Moodle's `reg-update`, by a new invitation: same row, same key, new grants; and it stays as active as it was."""
    first = counter.register(counter.invite(), registrar.url, registrar.token())
    with counter.database.write() as session:
        platforms.set_status(session, first.platform_id, ACTIVE)
    key = kept(counter).key
    registrar.reply["scope"] = ""
    registrar.publish()

    token = registrar.token("reg-update", registrar.platform.client_id)
    again = counter.register(counter.invite(), registrar.url, token)

    platform = kept(counter)
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
    assert kept(counter).jwks_url == f"{registrar.platform.url}/jwks"


def test_a_known_platform_is_refused(counter: Counter, registrar: Registrar) -> None:
    counter.register(counter.invite(), registrar.url)
    with pytest.raises(PlatformError) as refused:
        counter.register(counter.invite(), registrar.url, registrar.token())
    assert refused.value.status == 409
    assert count(counter) == 1


Change = Callable[[Registrar], Any]


def set_in_configuration(**values: Any) -> Change:
    return lambda registrar: registrar.configuration.update(values)


def without(name: str) -> Change:
    return lambda registrar: registrar.configuration.pop(name)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param(set_in_configuration(issuer="https://lms.example.fr"), "R44", id="another-origin"),
        pytest.param(lambda r: r.configuration.update(issuer=r.platform.url + ".evil.org"), "R44", id="prefix-trick"),
        pytest.param(lambda r: r.configuration.update(issuer=r.platform.url + "@evil.org"), "R44", id="userinfo-trick"),
        pytest.param(lambda r: r.configuration.update(issuer=r.platform.url[:-1]), "R44", id="prefix-of-the-port"),
        pytest.param(set_in_configuration(issuer=None), "R44", id="issuer-null"),
        pytest.param(set_in_configuration(issuer=["https://lms"]), "R44", id="issuer-list"),
        pytest.param(without("issuer"), "R44", id="issuer-missing"),
        pytest.param(without("authorization_endpoint"), "R45", id="no-authorization"),
        pytest.param(without("token_endpoint"), "R45", id="no-token"),
        pytest.param(without("jwks_uri"), "R45", id="no-keys"),
        pytest.param(without("registration_endpoint"), "R45", id="no-registration"),
        pytest.param(set_in_configuration(jwks_uri="javascript:alert(1)"), "R45", id="keys-javascript"),
        pytest.param(set_in_configuration(token_endpoint="ftp://lms/token"), "R45", id="token-ftp"),
        pytest.param(set_in_configuration(token_endpoint=7), "R45", id="token-number"),
        pytest.param(
            set_in_configuration(registration_endpoint="https://evil.org/register"), "R46", id="registers-elsewhere"
        ),
        pytest.param(set_in_configuration(id_token_signing_alg_values_supported=["HS256"]), "R47", id="no-rs256"),
        pytest.param(lambda r: setattr(r, "status", 400), "R48", id="refused"),
        pytest.param(lambda r: setattr(r, "status", 302), "R48", id="redirected"),
        pytest.param(lambda r: r.reply.pop("client_id"), "R53", id="no-client-id"),
        pytest.param(lambda r: r.reply.update(client_id=""), "R53", id="empty-client-id"),
        pytest.param(lambda r: r.reply.update(client_id={"id": 1}), "R53", id="client-id-object"),
    ],
)
def test_a_hostile_or_sloppy_platform_is_refused(
    counter: Counter, registrar: Registrar, change: Change, code: str
) -> None:
    change(registrar)
    registrar.publish()
    with pytest.raises(RegistrationError) as refused:
        counter.register(counter.invite(), registrar.url, registrar.token())
    assert refused.value.code == code
    assert count(counter) == 0


@pytest.mark.parametrize(
    "body",
    [b"", b"not json", b"[]", b'"text"', b"null", b"[" * 100_000],
    ids=["empty", "text", "list", "string", "null", "deep"],
)
@pytest.mark.parametrize("path", [PATH, ENDPOINT])
def test_what_is_no_document_is_refused(counter: Counter, registrar: Registrar, path: str, body: bytes) -> None:
    registrar.platform.overrides[path] = Answer(200, body)
    with pytest.raises(ToolError):
        counter.register(counter.invite(), registrar.url)
    assert count(counter) == 0


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param({TOOL_CONFIGURATION: "text"}, id="tool-configuration-text"),
        pytest.param({TOOL_CONFIGURATION: {"deployment_id": ["7"], "messages": "x", "claims": {}}}, id="odd-shapes"),
        pytest.param({"scope": 7}, id="scope-number"),
        pytest.param({TOOL_CONFIGURATION: {"messages": [None, 3, {"type": 4}]}}, id="odd-messages"),
    ],
)
def test_odd_optional_members_are_as_good_as_absent(
    counter: Counter, registrar: Registrar, reply: dict[str, Any]
) -> None:
    registrar.reply = {"client_id": "c", **reply}
    registrar.publish()
    assert counter.register(counter.invite(), registrar.url).deployment_id is None
    assert kept(counter).client_id == "c"


def test_a_numeric_deployment_id_is_one_too(counter: Counter, registrar: Registrar) -> None:
    registrar.reply[TOOL_CONFIGURATION]["deployment_id"] = 12
    registrar.publish()
    assert counter.register(counter.invite(), registrar.url).deployment_id == "12"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        pytest.param(None, "R41", id="missing"),
        pytest.param("", "R41", id="empty"),
        pytest.param("file:///etc/passwd", "R41", id="file"),
        pytest.param("https://u:p@lms.example.fr/x", "R41", id="userinfo"),
        pytest.param("https://lms.example.fr\\@127.0.0.1/x", "R41", id="backslash"),
        pytest.param("https://" + "a" * 3000, "R41", id="too-long"),
    ],
)
def test_an_address_that_is_none_is_refused(counter: Counter, url: str | None, code: str) -> None:
    with pytest.raises(RegistrationError) as refused:
        counter.register(counter.invite(), url)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/c",
        "https://localhost/c",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/c",
        "https://[::ffff:10.0.0.1]/c",
        "https://10.0.0.7:8443/c",
        "https://0x7f000001/c",
    ],
)
def test_nothing_on_a_private_network_is_called(counter: Counter, now: datetime, url: str) -> None:
    counter.client = Client(allow_private=False, clock=lambda: now)
    with pytest.raises(ToolError):
        counter.register(counter.invite(), url)
    assert count(counter) == 0


def test_a_public_platform_cannot_send_us_to_a_private_one(
    counter: Counter, registrar: Registrar, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The configuration's own addresses leave by the same client: plain http is refused before any connection."""
    counter.client = Client(allow_private=False, clock=lambda: now)
    with pytest.raises(RegistrationError) as refused:
        counter.register(counter.invite(), registrar.url)
    assert refused.value.code == "R41"
    with pytest.raises(RefusedAddressError):
        counter.register(counter.invite(), "https://127.0.0.1:1/c")


@pytest.mark.parametrize(
    ("prepare", "code", "status"),
    [
        pytest.param(lambda c, r: "never-given", "R50", 404, id="unknown"),
        pytest.param(lambda c, r: "x" * 10_000, "R50", 404, id="huge"),
        pytest.param(lambda c, r: used_elsewhere(c, r), "R51", 403, id="used-by-another-platform"),
        pytest.param(lambda c, r: expired(c), "R52", 403, id="expired"),
    ],
)
def test_an_invitation_that_is_not_good(
    counter: Counter, registrar: Registrar, prepare: Callable[[Counter, Registrar], str], code: str, status: int
) -> None:
    invitation = prepare(counter, registrar)
    before = len(registrar.platform.received)
    with pytest.raises(RegistrationError) as refused:
        counter.register(invitation, registrar.url + "?other=1")
    assert (refused.value.code, refused.value.status) == (code, status)
    assert len(registrar.platform.received) == before, "no call was needed to know"


def used_elsewhere(counter: Counter, registrar: Registrar) -> str:
    invitation = counter.invite()
    counter.register(invitation, registrar.url)
    return invitation


def expired(counter: Counter) -> str:
    then, counter.now = counter.now, counter.now - GOOD_FOR - timedelta(seconds=1)
    invitation, counter.now = counter.invite(), then
    return invitation


@pytest.mark.parametrize(
    "token", ["a b", "é", "x" * 20_000, "a\r\nX-Evil: 1"], ids=["space", "accent", "huge", "header"]
)
def test_a_registration_token_that_is_no_token_goes_nowhere(counter: Counter, registrar: Registrar, token: str) -> None:
    with pytest.raises(RegistrationError) as refused:
        counter.register(counter.invite(), registrar.url, token)
    assert refused.value.code == "R42"
    assert registrar.platform.received == []


def test_no_secret_is_kept(counter: Counter, registrar: Registrar) -> None:
    """Neither the invitation nor the platform's token stands in the database."""
    invitation, token = counter.invite(), registrar.token()
    counter.register(invitation, registrar.url, token)
    with counter.database.read() as session:
        connection = session.connection()
        rows = [str(connection.exec_driver_sql(f"SELECT * FROM {t}").all()) for t in TABLES]
    assert not any(secret in row for secret in (invitation, token) for row in rows)


TABLES = ("platforms", "registration_invitations", "deployments")


@pytest.mark.parametrize(
    ("issuer", "family", "url", "expected"),
    [
        pytest.param("https://lms.fr", "moodle", "https://lms.fr/auth", [], id="same-origin"),
        pytest.param("https://lms.fr", "moodle", "https://lms.fr:443/auth", [], id="default-port"),
        pytest.param("https://lms.fr/moodle", "moodle", "https://lms.fr/auth", [], id="issuer-with-a-path"),
        pytest.param("https://lms.fr", "moodle", "https://lms.fr:8443/a", ["lms.fr"], id="another-port"),
        pytest.param("https://lms.fr", "moodle", "https://lms.fr.evil.org/a", ["lms.fr.evil.org"], id="prefix"),
        pytest.param("https://lms.fr", "moodle", "https://evil.org/a", ["evil.org"], id="elsewhere"),
        pytest.param(
            "https://canvas.instructure.com", "canvas", "https://sso.canvaslms.com/a", [], id="the-product-s-own"
        ),
        pytest.param(
            "https://lms.fr", "moodle", "https://sso.canvaslms.com/a", ["sso.canvaslms.com"], id="another-product-s"
        ),
    ],
)
def test_hosts_to_look_at_before_activation(issuer: str, family: str, url: str, expected: list[str]) -> None:
    assert foreign_hosts(issuer, family, url) == expected


@pytest.mark.parametrize(
    ("issuer", "url", "one"),
    [
        pytest.param("https://lms.fr", "https://lms.fr/conf", True, id="one-origin"),
        pytest.param("https://canvas.instructure.com", "https://sso.canvaslms.com/conf", True, id="one-product"),
        pytest.param("https://canvas.instructure.com", "http://sso.canvaslms.com/conf", False, id="not-https"),
        pytest.param("https://canvas.instructure.com", "https://lms.fr/conf", False, id="stranger"),
        pytest.param("https://canvas.instructure.com", "https://api.brightspace.com/c", False, id="two-products"),
        pytest.param("https://sso.canvaslms.com.evil.org", "https://sso.canvaslms.com/c", False, id="prefix"),
        pytest.param("canvas.instructure.com", "https://sso.canvaslms.com/c", False, id="no-address"),
    ],
)
def test_who_may_speak_for_an_issuer(issuer: str, url: str, one: bool) -> None:
    assert hosts.of_one_house(issuer, url) is one


def test_the_answer_may_drip_or_grow(counter: Counter, registrar: Registrar) -> None:
    """A configuration larger than any platform has reason to send is not swallowed."""
    registrar.platform.overrides[PATH] = Answer(200, b" " * (2 * 1024 * 1024))
    with pytest.raises(ToolError) as refused:
        counter.register(counter.invite(), registrar.url)
    assert refused.value.code == "S53"


def test_the_registration_endpoint_is_asked_once_per_success(counter: Counter, registrar: Registrar) -> None:
    invitation = counter.invite()
    for _ in range(3):
        counter.register(invitation, registrar.url, registrar.token())
    received: list[Received] = registrar.asked
    assert len(received) == 1
