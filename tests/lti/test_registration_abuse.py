"""Dynamic registration: every way of abusing an invitation, the answers of hostile platforms, and whose word counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from lti_tool.errors import ToolError
from lti_tool.lti import hosts
from lti_tool.lti.configurations import TOOL_CONFIGURATION, foreign_hosts
from lti_tool.lti.outbound import Client, RefusedAddressError
from lti_tool.lti.registration import GOOD_FOR, RegistrationError
from tests.lti.registrar import ENDPOINT, PATH, Counter, Registrar
from tests.platform.server import Answer

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
    assert counter.count() == 0


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
    assert counter.count() == 0


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
    assert counter.kept().client_id == "c"


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
    assert counter.count() == 0


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
