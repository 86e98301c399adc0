"""Launches that only an attacker or a sloppy platform would send, as data (facts/lti.md §2, "Security cases").

Each changes one launch that has nothing wrong; the bad ones name the reason for which they must be refused. The tests
of the room and those of the pages run the same tables.
"""

from __future__ import annotations

import hmac
import json
from typing import Any

import pytest

from lti_tool.lti.refusals import Reason
from tests.lti.certification import BAD_LAUNCHES
from tests.lti.changes import attribute, audience, both, claim, header, inside, no_claim, shifted
from tests.lti.desk import Attempt, Change
from tests.platform.payloads import AGS, DL, LTI, MEMBERSHIP, NRPS, SYSTEM
from tests.platform.signing import b64, compact, key_named, ps256, public_jwk, rs256, rs512

TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"


def _unsigned(attempt: Attempt) -> None:
    attempt.token = compact({**attempt.header, "alg": "none"}, attempt.claims, lambda _: b"")


def _hmac_by_public_key(attempt: Attempt) -> None:
    pem = attempt.key.as_pem(private=False)
    attempt.token = compact(
        {**attempt.header, "alg": "HS256"}, attempt.claims, lambda data: hmac.digest(pem, data, "sha256")
    )


def _hmac_by_jwk(attempt: Attempt) -> None:
    jwk = json.dumps(public_jwk(attempt.key)).encode()
    attempt.token = compact(
        {**attempt.header, "alg": "HS256"}, attempt.claims, lambda data: hmac.digest(jwk, data, "sha256")
    )


def _another_algorithm(alg: str, signer: Any) -> Change:
    def change(attempt: Attempt) -> None:
        attempt.token = compact({**attempt.header, "alg": alg}, attempt.claims, signer(attempt.key))

    return change


def _claims_swapped(attempt: Attempt) -> None:
    """The signature of another payload."""
    head, _, signature = attempt.id_token.split(".")
    changed = attempt.claims | {LTI + "roles": [MEMBERSHIP + "Instructor"]}
    attempt.token = f"{head}.{b64(json.dumps(changed).encode())}.{signature}"


def _signature_cut(attempt: Attempt) -> None:
    attempt.token = attempt.id_token.rpartition(".")[0] + "."


def _own_key(**members: Any) -> Change:
    """The attacker's own key, brought in the header under the platform's `kid`."""

    def change(attempt: Attempt) -> None:
        attempt.key = key_named("attacker")
        attempt.header.update(members)

    return change


def _payload(document: bytes) -> Change:
    def change(attempt: Attempt) -> None:
        attempt.token = compact(attempt.header, document, rs256(attempt.key))

    return change


def _in_payload(old: str, new: str) -> Change:
    """Spell a value as `json.dumps` never would."""

    def change(attempt: Attempt) -> None:
        document = json.dumps(attempt.claims).replace(old, new)
        assert new in document
        attempt.token = compact(attempt.header, document.encode(), rs256(attempt.key))

    return change


def _exp_spelled(text: str) -> Change:
    def change(attempt: Attempt) -> None:
        _in_payload(f'"exp": {attempt.claims["exp"]}', f'"exp": {text}')(attempt)

    return change


def _binary(attempt: Attempt) -> None:
    attempt.token = compact(b"\xff\xfe", attempt.claims, rs256(attempt.key))


KEY_AND_HEADER_TRICKS = [
    pytest.param(_unsigned, Reason.ALGORITHM_NOT_ALLOWED, id="alg-none"),
    pytest.param(header(alg="None"), Reason.ALGORITHM_NOT_ALLOWED, id="alg-None"),
    pytest.param(header(alg=["RS256"]), Reason.ALGORITHM_NOT_ALLOWED, id="alg-a-list"),
    pytest.param(header(alg=None), Reason.ALGORITHM_NOT_ALLOWED, id="alg-null"),
    pytest.param(lambda a: a.header.pop("alg"), Reason.ALGORITHM_NOT_ALLOWED, id="alg-missing"),
    pytest.param(_hmac_by_public_key, Reason.ALGORITHM_NOT_ALLOWED, id="hs256-by-our-view-of-the-key"),
    pytest.param(_hmac_by_jwk, Reason.ALGORITHM_NOT_ALLOWED, id="hs256-by-the-jwk"),
    pytest.param(_another_algorithm("RS512", rs512), Reason.ALGORITHM_NOT_ALLOWED, id="rs512"),
    pytest.param(_another_algorithm("PS256", ps256), Reason.ALGORITHM_NOT_ALLOWED, id="ps256"),
    pytest.param(_another_algorithm("RS256", rs512), Reason.SIGNATURE_WRONG, id="rs512-called-rs256"),
    pytest.param(_another_algorithm("ES256", rs256), Reason.ALGORITHM_NOT_ALLOWED, id="es256"),
    pytest.param(_own_key(), Reason.SIGNATURE_WRONG, id="another-key-under-our-kid"),
    pytest.param(_own_key(jku="https://evil.example/jwks"), Reason.SIGNATURE_WRONG, id="jku"),
    pytest.param(_own_key(x5u="https://evil.example/x5u"), Reason.SIGNATURE_WRONG, id="x5u"),
    pytest.param(_own_key(x5c=["MIIB"]), Reason.SIGNATURE_WRONG, id="x5c"),
    pytest.param(
        lambda a: _own_key(jwk=public_jwk(key_named("attacker")))(a), Reason.SIGNATURE_WRONG, id="jwk-in-the-header"
    ),
    pytest.param(both(_own_key(), header(kid="attacker")), Reason.KID_UNKNOWN, id="kid-and-key-that-nobody-registered"),
    pytest.param(header(kid=""), Reason.KID_MISSING, id="kid-empty"),
    pytest.param(header(kid=7), Reason.KID_MISSING, id="kid-a-number"),
    pytest.param(header(kid=["lms"]), Reason.KID_MISSING, id="kid-a-list"),
    pytest.param(header(kid="../../etc/passwd"), Reason.KID_UNKNOWN, id="kid-a-path"),
    pytest.param(header(kid="' OR 1=1 --"), Reason.KID_UNKNOWN, id="kid-sql"),
    pytest.param(header(kid="k" * 10_000), Reason.KID_UNKNOWN, id="kid-10-kB"),
    pytest.param(header(kid="\ud800\x00"), Reason.KID_UNKNOWN, id="kid-no-text"),
    pytest.param(header(zip="DEF"), Reason.HEADER_NOT_ALLOWED, id="zip"),
    pytest.param(header(crit=["exp"], exp=1), Reason.HEADER_NOT_ALLOWED, id="crit"),
    pytest.param(header(b64=False, crit=["b64"]), Reason.HEADER_NOT_ALLOWED, id="b64"),
    pytest.param(_claims_swapped, Reason.SIGNATURE_WRONG, id="claims-swapped"),
    pytest.param(_signature_cut, Reason.SIGNATURE_WRONG, id="signature-cut"),
]

MALFORMED = [
    pytest.param(attribute("token", ""), Reason.TOKEN_MISSING, id="empty"),
    pytest.param(attribute("token", "abc"), Reason.TOKEN_MALFORMED, id="no-parts"),
    pytest.param(attribute("token", "a.b"), Reason.TOKEN_MALFORMED, id="two-parts"),
    pytest.param(attribute("token", "a.b.c.d.e"), Reason.TOKEN_MALFORMED, id="encrypted"),
    pytest.param(attribute("token", "é.é.é"), Reason.TOKEN_MALFORMED, id="not-ascii"),
    pytest.param(lambda a: setattr(a, "token", a.id_token + "\n"), Reason.TOKEN_MALFORMED, id="line-break-after"),
    pytest.param(lambda a: setattr(a, "token", a.id_token + "="), Reason.TOKEN_MALFORMED, id="padded"),
    pytest.param(_binary, Reason.TOKEN_MALFORMED, id="binary-header"),
    pytest.param(_payload(b"[]"), Reason.TOKEN_MALFORMED, id="a-list"),
    pytest.param(_payload(b'"text"'), Reason.TOKEN_MALFORMED, id="a-text"),
    pytest.param(_payload(b"null"), Reason.TOKEN_MALFORMED, id="null"),
    pytest.param(_payload(b"{"), Reason.TOKEN_MALFORMED, id="broken-json"),
    pytest.param(_payload(b"\xff"), Reason.TOKEN_MALFORMED, id="not-utf-8"),
    pytest.param(_payload(b'{"x":' + b"[" * 10_000 + b"]" * 10_000 + b"}"), Reason.TOKEN_MALFORMED, id="deep"),
    pytest.param(_payload(b'{"x":' + b"9" * 5_000 + b"}"), Reason.TOKEN_MALFORMED, id="huge-number"),
    pytest.param(_payload(b"{" + b" " * 60_000 + b"}"), Reason.TOKEN_MALFORMED, id="larger-than-64-kB"),
]

IDENTITY = [
    pytest.param(claim("iss", "https://evil.example"), Reason.ISSUER_WRONG, id="iss-of-another"),
    pytest.param(lambda a: a.claims.update(iss=a.claims["iss"] + "/"), Reason.ISSUER_WRONG, id="iss-with-a-slash"),
    pytest.param(no_claim("iss"), Reason.ISSUER_WRONG, id="iss-missing"),
    pytest.param(lambda a: a.claims.update(iss=[a.claims["iss"]]), Reason.ISSUER_WRONG, id="iss-a-list"),
    pytest.param(claim("aud", "another-client"), Reason.AUDIENCE_WRONG, id="aud-of-another"),
    pytest.param(no_claim("aud"), Reason.AUDIENCE_WRONG, id="aud-missing"),
    pytest.param(claim("aud", []), Reason.AUDIENCE_WRONG, id="aud-empty"),
    pytest.param(lambda a: a.claims.update(aud={a.claims["aud"]: 1}), Reason.AUDIENCE_WRONG, id="aud-an-object"),
    pytest.param(lambda a: a.claims.update(aud=a.claims["aud"][:-1]), Reason.AUDIENCE_WRONG, id="aud-a-prefix"),
    pytest.param(audience("other"), Reason.AUDIENCE_WRONG, id="aud-list-of-another"),
    pytest.param(
        lambda a: a.claims.update(aud=[a.claims["aud"], {}]), Reason.AUDIENCE_WRONG, id="aud-list-of-anything"
    ),
    pytest.param(audience("us", "other"), Reason.AUTHORIZED_PARTY_WRONG, id="two-audiences-without-azp"),
    pytest.param(audience("us", "other", azp="other"), Reason.AUTHORIZED_PARTY_WRONG, id="azp-of-another"),
    pytest.param(claim("azp", "other"), Reason.AUTHORIZED_PARTY_WRONG, id="one-audience-azp-of-another"),
    pytest.param(claim("azp", 5), Reason.AUTHORIZED_PARTY_WRONG, id="azp-a-number"),
    pytest.param(claim("azp", ""), Reason.AUTHORIZED_PARTY_WRONG, id="azp-empty"),
]

TIME = [
    pytest.param(no_claim("exp"), Reason.TIME_MISSING, id="no-exp"),
    pytest.param(no_claim("iat"), Reason.TIME_MISSING, id="no-iat"),
    pytest.param(claim("exp", "2099999999"), Reason.TIME_MISSING, id="exp-a-text"),
    pytest.param(claim("exp", True), Reason.TIME_MISSING, id="exp-true"),
    pytest.param(claim("exp", None), Reason.TIME_MISSING, id="exp-null"),
    pytest.param(claim("exp", [9999999999]), Reason.TIME_MISSING, id="exp-a-list"),
    pytest.param(claim("exp", 10**30), Reason.TIME_MISSING, id="exp-beyond-time"),
    pytest.param(_exp_spelled("1e999"), Reason.TIME_MISSING, id="exp-infinite"),
    pytest.param(_exp_spelled("Infinity"), Reason.TOKEN_MALFORMED, id="exp-Infinity"),
    pytest.param(_exp_spelled("NaN"), Reason.TOKEN_MALFORMED, id="exp-NaN"),
    pytest.param(shifted("exp", -60 - 300), Reason.TOKEN_EXPIRED, id="expired-by-five-minutes"),
    pytest.param(shifted("exp", -60 - 60), Reason.TOKEN_EXPIRED, id="expired-by-the-leeway"),
    pytest.param(shifted("iat", 600), Reason.ISSUED_AT_WRONG, id="issued-in-ten-minutes"),
    pytest.param(shifted("iat", 61), Reason.ISSUED_AT_WRONG, id="issued-in-61-seconds"),
    pytest.param(shifted("iat", -2 * 3600), Reason.ISSUED_AT_WRONG, id="issued-two-hours-ago"),
    pytest.param(lambda a: a.claims.update(nbf=a.claims["iat"] + 600), Reason.ISSUED_AT_WRONG, id="not-before-later"),
    pytest.param(claim("nbf", "now"), Reason.TIME_MISSING, id="nbf-a-text"),
]

STATE_AND_NONCE = [
    pytest.param(no_claim("nonce"), Reason.NONCE_MISSING, id="nonce-missing"),
    pytest.param(claim("nonce", ""), Reason.NONCE_MISSING, id="nonce-empty"),
    pytest.param(claim("nonce", 42), Reason.NONCE_MISSING, id="nonce-a-number"),
    pytest.param(claim("nonce", "never-issued"), Reason.NONCE_WRONG, id="nonce-that-we-never-issued"),
    pytest.param(lambda a: a.claims.update(nonce=a.claims["nonce"] + " "), Reason.NONCE_WRONG, id="nonce-nearly"),
    pytest.param(attribute("state", None), Reason.STATE_MISSING, id="state-missing"),
    pytest.param(attribute("state", ""), Reason.STATE_MISSING, id="state-empty"),
    pytest.param(attribute("state", "made-up"), Reason.STATE_UNKNOWN, id="state-made-up"),
    pytest.param(attribute("state", "é" * 50), Reason.STATE_UNKNOWN, id="state-not-ascii"),
    pytest.param(
        lambda a: setattr(a, "state", str(a.state)[:-2] + "AA"), Reason.STATE_UNKNOWN, id="state-signature-changed"
    ),
    pytest.param(attribute("secrets", []), Reason.BROWSER_WITHOUT_COOKIE, id="no-cookie"),
    pytest.param(attribute("secrets", ["another"]), Reason.BROWSER_IS_ANOTHER, id="login-of-another-browser"),
    pytest.param(attribute("secrets", ["", "é\ud800"]), Reason.BROWSER_IS_ANOTHER, id="cookies-of-nonsense"),
]

MESSAGE = [
    pytest.param(claim(LTI + "version", 1.3), Reason.VERSION_WRONG, id="version-a-number"),
    pytest.param(claim(LTI + "version", ["1.3.0"]), Reason.VERSION_WRONG, id="version-a-list"),
    pytest.param(claim(LTI + "message_type", "LtiBadRequest"), Reason.MESSAGE_TYPE_UNKNOWN, id="unknown-message"),
    *[
        pytest.param(claim(LTI + "message_type", name), Reason.MESSAGE_TYPE_UNKNOWN, id=f"message-{number}")
        for number, name in enumerate(
            (
                "ltiresourcelinkrequest",
                "LtiResourceLinkRequest ",
                "LtiDeepLinkingResponse",
                "LtiStartProctoring",
                "x" * 900,
            )
        )
    ],
    pytest.param(claim(LTI + "message_type", ["x"]), Reason.MESSAGE_TYPE_MISSING, id="message-type-a-list"),
    pytest.param(claim(LTI + "deployment_id", "2"), Reason.DEPLOYMENT_UNKNOWN, id="unknown-deployment"),
    pytest.param(claim(LTI + "deployment_id", 1), Reason.DEPLOYMENT_MISSING, id="deployment-a-number"),
    pytest.param(claim(LTI + "deployment_id", "1\x00"), Reason.DEPLOYMENT_MISSING, id="deployment-with-a-nul"),
    pytest.param(claim(LTI + "deployment_id", "d" * 300), Reason.DEPLOYMENT_MISSING, id="deployment-too-long"),
    pytest.param(claim(LTI + "roles", None), Reason.ROLES_MISSING, id="roles-null"),
    pytest.param(claim(LTI + "roles", MEMBERSHIP + "Instructor"), Reason.ROLES_MISSING, id="roles-a-text"),
    pytest.param(claim(LTI + "roles", {"Instructor": 1}), Reason.ROLES_MISSING, id="roles-an-object"),
    pytest.param(claim(LTI + "roles", [1]), Reason.ROLES_MISSING, id="roles-of-numbers"),
    pytest.param(claim("sub", ""), Reason.USER_MISSING, id="sub-empty"),
    pytest.param(claim("sub", 12), Reason.USER_MISSING, id="sub-a-number"),
    pytest.param(claim("sub", ["sub-chloe"]), Reason.USER_MISSING, id="sub-a-list"),
    pytest.param(claim("sub", "s" * 256), Reason.USER_MISSING, id="sub-too-long"),
    pytest.param(claim("sub", "sub\ud800"), Reason.USER_MISSING, id="sub-no-text"),
    pytest.param(claim(LTI + "resource_link", "x"), Reason.RESOURCE_LINK_MISSING, id="resource-link-a-text"),
    pytest.param(claim(LTI + "resource_link", {"id": 5}), Reason.RESOURCE_LINK_MISSING, id="resource-link-id-a-number"),
    pytest.param(claim(LTI + "context", "course"), Reason.CLAIM_MALFORMED, id="context-a-text"),
    pytest.param(claim(LTI + "context", {"title": "x"}), Reason.CLAIM_MALFORMED, id="context-without-id"),
    pytest.param(claim(LTI + "custom", ["x"]), Reason.CLAIM_MALFORMED, id="custom-a-list"),
    pytest.param(claim(AGS, "https://lms.example"), Reason.CLAIM_MALFORMED, id="gradebook-a-text"),
    pytest.param(claim(NRPS, []), Reason.CLAIM_MALFORMED, id="memberships-a-list"),
    pytest.param(no_claim(LTI + "target_link_uri"), Reason.TARGET_WRONG, id="target-missing"),
    pytest.param(claim(LTI + "target_link_uri", 5), Reason.TARGET_WRONG, id="target-a-number"),
    pytest.param(
        lambda a: a.claims.update({LTI + "target_link_uri": a.claims[LTI + "target_link_uri"] + "?x"}),
        Reason.TARGET_IS_ANOTHER,
        id="target-not-the-login-s",
    ),
]

FOREIGN_TARGETS = [
    "https://evil.example/lti/launch",
    "//evil.example/lti/launch",
    "{base}@evil.example/lti/launch",
    "{base}.evil.example/lti/launch",
    "{base}evil/lti/launch",
    "{base}\\@evil.example",
    "{base}/\\evil.example",
    "{base}/%5cevil.example",
    "{base}//evil.example",
    "{base}/%2fevil.example",
    "{base}/../x",
    "{base}/lti/%2e%2e/x",
    "{base}/lti launch",
    "{base}/lti/launch\n",
    "{base}/\u202egpj",
    "javascript:alert(1)",
    "data:text/html,x",
    "/lti/launch",
    "x" * 3000,
]

DEEP_LINKING = [
    pytest.param(no_claim(DL + "deep_linking_settings"), Reason.DEEP_LINKING_SETTINGS_WRONG, id="settings-missing"),
    pytest.param(claim(DL + "deep_linking_settings", "x"), Reason.DEEP_LINKING_SETTINGS_WRONG, id="settings-a-text"),
    *[
        pytest.param(
            inside(DL + "deep_linking_settings", deep_link_return_url=url),
            Reason.DEEP_LINKING_SETTINGS_WRONG,
            id=f"return-url-{number}",
        )
        for number, url in enumerate(
            ["javascript:alert(1)", "data:text/html,x", "/relative", "https://u@lms.example/", "ftp://x/", "", None, 5]
        )
    ],
    pytest.param(
        inside(DL + "deep_linking_settings", accept_types=["link"]),
        Reason.DEEP_LINKING_SETTINGS_WRONG,
        id="takes-no-activity",
    ),
    pytest.param(
        inside(DL + "deep_linking_settings", accept_types=None),
        Reason.DEEP_LINKING_SETTINGS_WRONG,
        id="accept-types-null",
    ),
    pytest.param(
        inside(DL + "deep_linking_settings", data={"x": 1}), Reason.DEEP_LINKING_SETTINGS_WRONG, id="data-an-object"
    ),
    pytest.param(
        claim(LTI + "roles", [MEMBERSHIP + "Learner"]), Reason.DEEP_LINKING_NOT_ALLOWED, id="asked-by-a-learner"
    ),
    pytest.param(
        claim(LTI + "roles", [MEMBERSHIP + "Mentor"]), Reason.DEEP_LINKING_NOT_ALLOWED, id="asked-by-a-parent"
    ),
]

SUBMISSION_REVIEW = [
    *[
        pytest.param(claim(LTI + "for_user", value), Reason.FOR_USER_MISSING, id=f"for-user-{name}")
        for name, value in {
            "null": None,
            "a-text": "sub-chloe",
            "a-list": ["sub-chloe"],
            "empty": {},
            "id-empty": {"user_id": ""},
            "id-a-number": {"user_id": 5},
            "id-too-long": {"user_id": "s" * 256},
            "id-no-text": {"user_id": "s\ud800"},
        }.items()
    ],
    pytest.param(no_claim(LTI + "for_user"), Reason.FOR_USER_MISSING, id="for-user-missing"),
    pytest.param(no_claim(AGS), Reason.REVIEW_WITHOUT_LINE_ITEM, id="no-gradebook"),
    pytest.param(claim(AGS, None), Reason.REVIEW_WITHOUT_LINE_ITEM, id="gradebook-null"),
    pytest.param(claim(AGS, "lineitem"), Reason.CLAIM_MALFORMED, id="gradebook-a-text"),
    pytest.param(inside(AGS, lineitem=None), Reason.REVIEW_WITHOUT_LINE_ITEM, id="no-column"),
    pytest.param(inside(AGS, lineitem="javascript:alert(1)"), Reason.REVIEW_WITHOUT_LINE_ITEM, id="column-a-script"),
    pytest.param(claim(LTI + "resource_link", {"id": 5}), Reason.RESOURCE_LINK_MISSING, id="resource-link-of-nonsense"),
    pytest.param(no_claim(LTI + "target_link_uri"), Reason.TARGET_WRONG, id="target-missing"),
]
DATA_PRIVACY = [
    pytest.param(no_claim(LTI + "for_user"), Reason.FOR_USER_MISSING, id="for-user-missing"),
    pytest.param(claim(LTI + "for_user", {"user_id": ["x"]}), Reason.FOR_USER_MISSING, id="for-user-a-list"),
    pytest.param(claim(LTI + "resource_link", {"id": "x"}), Reason.CLAIM_MALFORMED, id="with-a-resource-link"),
    pytest.param(claim(LTI + "context", {"id": "x"}), Reason.CLAIM_MALFORMED, id="with-a-course"),
    pytest.param(no_claim(LTI + "target_link_uri"), Reason.TARGET_WRONG, id="target-missing"),
    pytest.param(no_claim(LTI + "roles"), Reason.ROLES_MISSING, id="roles-missing"),
]

REFUSED = [
    *BAD_LAUNCHES,
    *KEY_AND_HEADER_TRICKS,
    *MALFORMED,
    *IDENTITY,
    *TIME,
    *STATE_AND_NONCE,
    *MESSAGE,
]
"""Every change of an activity's launch that must be refused."""

TOLERATED = [
    pytest.param(shifted("exp", -60 - 30), id="expired-30-seconds-ago"),
    pytest.param(shifted("iat", 2), id="issued-in-two-seconds"),
    pytest.param(shifted("iat", 59), id="issued-in-59-seconds"),
    pytest.param(lambda a: a.claims.update(iat=a.claims["iat"] + 0.5), id="issued-at-half-a-second"),
    pytest.param(audience("us"), id="aud-a-list"),
    pytest.param(audience("us", "us"), id="aud-twice"),
    pytest.param(audience("other", "us", azp="us"), id="two-audiences-we-are-the-authorized-one"),
    pytest.param(audience("us", azp="us"), id="azp-is-us"),
    pytest.param(claim("https://vendor.example/claim", {"x": [1]}), id="unknown-claims"),
    pytest.param(claim("given_name", {"x": 1}), id="a-name-that-is-none"),
    pytest.param(claim("given_name", "\x00\ud800"), id="a-name-of-nothing"),
    pytest.param(claim(LTI + "launch_presentation", {"return_url": "javascript:alert(1)"}), id="hostile-return-url"),
    pytest.param(claim(LTI + "launch_presentation", "x"), id="presentation-a-text"),
    pytest.param(claim(LTI + "context", None), id="context-null"),
    pytest.param(claim(LTI + "custom", None), id="custom-null"),
    pytest.param(claim(AGS, None), id="gradebook-null"),
    pytest.param(inside(AGS, lineitems="javascript:alert(1)", scope="x y"), id="gradebook-of-nonsense"),
    pytest.param(inside(LTI + "resource_link", title=["x"]), id="title-a-list"),
    pytest.param(lambda a: a.header.pop("typ"), id="no-typ"),
    pytest.param(header(typ="whatever", x5t="x", jku="https://evil.example"), id="headers-that-mean-nothing"),
    pytest.param(claim(LTI + "roles", [MEMBERSHIP + "Learner", SYSTEM + "Administrator"]), id="system-role-too"),
]
"""Changes that a launch survives."""
