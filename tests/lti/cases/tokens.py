"""Tokens that are not what they say: tricks with keys, algorithms and headers, and texts that are no token."""

from __future__ import annotations

import hmac
import json
from typing import Any

import pytest

from tests.lti import outcomes as o
from tests.lti.changes import attribute, both, header
from tests.lti.desk import Attempt, Change
from tests.platform.payloads import LTI, MEMBERSHIP
from tests.platform.signing import b64, compact, key_named, ps256, public_jwk, rs256, rs512


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


def _signature_of_zeros(attempt: Attempt) -> None:
    attempt.token = compact(attempt.header, attempt.claims, lambda _: bytes(256))


def _signature_changed(attempt: Attempt) -> None:
    sign = rs256(attempt.key)
    attempt.token = compact(attempt.header, attempt.claims, lambda data: bytes([sign(data)[0] ^ 1]) + sign(data)[1:])


def _around(before: str, after: str = "") -> Change:
    """The good token, with something before and after it."""
    return lambda attempt: setattr(attempt, "token", before + attempt.id_token + after)


def _twice(between: str) -> Change:
    return lambda attempt: setattr(attempt, "token", attempt.id_token + between + attempt.id_token)


def _as_json(attempt: Attempt) -> None:
    """The other serialization of a JWS (RFC 7515 §7.2), which no launch uses."""
    head, payload, signature = attempt.id_token.split(".")
    attempt.token = json.dumps({"protected": head, "payload": payload, "signature": signature})


def _standard_base64(attempt: Attempt) -> None:
    """With the letters `+` and `/`, which stand for others in a token."""
    attempt.claims["given_name"] = "???>>>"
    head, payload, signature = attempt.id_token.split(".")
    spelled = payload.replace("-", "+").replace("_", "/")
    attempt.token = f"{head}.{spelled}.{signature}+/"


def _header_twice(name: str, first: str) -> Change:
    """A header with the same member twice: two readers may read two things."""

    def change(attempt: Attempt) -> None:
        document = json.dumps(attempt.header).replace("{", f'{{"{name}": "{first}", ', 1)
        attempt.token = compact(document.encode(), attempt.claims, rs256(attempt.key))

    return change


def _claim_twice(attempt: Attempt) -> None:
    document = json.dumps(attempt.claims)
    attempt.token = compact(attempt.header, f'{{"sub": "sub-hugo", {document[1:]}'.encode(), rs256(attempt.key))


def _claim_twice_inside(attempt: Attempt) -> None:
    document = json.dumps(attempt.claims).replace('{"id": "activity-1"', '{"id": "activity-2", "id": "activity-1"')
    assert "activity-2" in document
    attempt.token = compact(attempt.header, document.encode(), rs256(attempt.key))


def _encoded(encoding: str) -> Change:
    def change(attempt: Attempt) -> None:
        attempt.token = compact(attempt.header, json.dumps(attempt.claims).encode(encoding), rs256(attempt.key))

    return change


def _header_of(document: bytes) -> Change:
    return lambda attempt: setattr(attempt, "token", compact(document, attempt.claims, rs256(attempt.key)))


def _binary(attempt: Attempt) -> None:
    attempt.token = compact(b"\xff\xfe", attempt.claims, rs256(attempt.key))


KEY_AND_HEADER_TRICKS = [
    pytest.param(_unsigned, o.ALGORITHM_NOT_ALLOWED, id="alg-none"),
    pytest.param(header(alg="None"), o.ALGORITHM_NOT_ALLOWED, id="alg-None"),
    pytest.param(header(alg=["RS256"]), o.ALGORITHM_NOT_ALLOWED, id="alg-a-list"),
    pytest.param(header(alg=None), o.ALGORITHM_NOT_ALLOWED, id="alg-null"),
    pytest.param(lambda a: a.header.pop("alg"), o.ALGORITHM_NOT_ALLOWED, id="alg-missing"),
    pytest.param(_hmac_by_public_key, o.ALGORITHM_NOT_ALLOWED, id="hs256-by-our-view-of-the-key"),
    pytest.param(_hmac_by_jwk, o.ALGORITHM_NOT_ALLOWED, id="hs256-by-the-jwk"),
    pytest.param(_another_algorithm("RS512", rs512), o.ALGORITHM_NOT_ALLOWED, id="rs512"),
    pytest.param(_another_algorithm("PS256", ps256), o.ALGORITHM_NOT_ALLOWED, id="ps256"),
    pytest.param(_another_algorithm("RS256", rs512), o.SIGNATURE_WRONG, id="rs512-called-rs256"),
    pytest.param(_another_algorithm("ES256", rs256), o.ALGORITHM_NOT_ALLOWED, id="es256"),
    pytest.param(_own_key(), o.SIGNATURE_WRONG, id="another-key-under-our-kid"),
    pytest.param(_own_key(jku="https://evil.example/jwks"), o.SIGNATURE_WRONG, id="jku"),
    pytest.param(_own_key(x5u="https://evil.example/x5u"), o.SIGNATURE_WRONG, id="x5u"),
    pytest.param(_own_key(x5c=["MIIB"]), o.SIGNATURE_WRONG, id="x5c"),
    pytest.param(
        lambda a: _own_key(jwk=public_jwk(key_named("attacker")))(a), o.SIGNATURE_WRONG, id="jwk-in-the-header"
    ),
    pytest.param(both(_own_key(), header(kid="attacker")), o.KID_UNKNOWN, id="kid-and-key-that-nobody-registered"),
    pytest.param(header(kid=""), o.KID_MISSING, id="kid-empty"),
    pytest.param(header(kid=7), o.KID_MISSING, id="kid-a-number"),
    pytest.param(header(kid=["lms"]), o.KID_MISSING, id="kid-a-list"),
    pytest.param(header(kid="../../etc/passwd"), o.KID_UNKNOWN, id="kid-a-path"),
    pytest.param(header(kid="' OR 1=1 --"), o.KID_UNKNOWN, id="kid-sql"),
    pytest.param(header(kid="k" * 10_000), o.KID_UNKNOWN, id="kid-10-kB"),
    pytest.param(header(kid="\ud800\x00"), o.KID_UNKNOWN, id="kid-no-text"),
    pytest.param(header(zip="DEF"), o.HEADER_NOT_ALLOWED, id="zip"),
    pytest.param(header(crit=["exp"], exp=1), o.HEADER_NOT_ALLOWED, id="crit"),
    pytest.param(header(b64=False, crit=["b64"]), o.HEADER_NOT_ALLOWED, id="b64"),
    pytest.param(_claims_swapped, o.SIGNATURE_WRONG, id="claims-swapped"),
    pytest.param(_signature_cut, o.SIGNATURE_WRONG, id="signature-cut"),
    pytest.param(_signature_of_zeros, o.SIGNATURE_WRONG, id="signature-of-zeros"),
    pytest.param(_signature_changed, o.SIGNATURE_WRONG, id="signature-off-by-one-bit"),
    *[
        pytest.param(header(alg=alg), o.ALGORITHM_NOT_ALLOWED.by("SEC §6.1"), id=f"alg-{name}")
        for name, alg in {
            "empty": "",
            "small-letters": "rs256",
            "mixed-letters": "nOnE",
            "space-after": "RS256 ",
            "nul-after": "RS256\x00",
            "number": 256,
            "true": True,
            "object": {"RS256": 1},
            "hs384": "HS384",
            "hs512": "HS512",
            "rs384": "RS384",
            "ps512": "PS512",
            "es384": "ES384",
            "eddsa": "EdDSA",
            "es256k": "ES256K",
            "rsa-oaep": "RSA-OAEP",
            "rsa1-5": "RSA1_5",
            "dir": "dir",
            "pbes2": "PBES2-HS256+A128KW",
            "10-kB": "A" * 10_000,
        }.items()
    ],
    *[
        pytest.param(header(kid=kid), o.KID_MISSING.by("SEC §6.3"), id=f"kid-{name}")
        for name, kid in {"null": None, "true": True, "an-object": {"lms": 1}, "zero": 0}.items()
    ],
    *[
        pytest.param(header(kid=kid), o.KID_UNKNOWN.by("RFC 7515 §4.1.4"), id=f"kid-{name}")
        for name, kid in {
            "absolute-path": "/dev/null",
            "windows-path": "..\\..\\windows\\win.ini",
            "file-url": "file:///etc/passwd",
            "address": "http://169.254.169.254/latest/meta-data/",
            "command": "lms; sleep 9 |",
            "template": "{{7*7}}${7*7}%s%n",
            "sql-union": "x' UNION SELECT 'AA' --",
            "json": '{"kid":"lms"}',
            "nul-after": "lms\x00",
            "space-after": "lms ",
            "capitals": "LMS",
            "line-breaks": "lms\r\nSet-Cookie: a=b",
            "look-alike": "lm\u0455",
            "bidi": "\u202elms",
            "__class__": "__class__",
        }.items()
    ],
    pytest.param(header(crit=[]), o.HEADER_NOT_ALLOWED.by("RFC 7515 §4.1.11"), id="crit-empty"),
    pytest.param(header(crit=None), o.HEADER_NOT_ALLOWED.by("RFC 7515 §4.1.11"), id="crit-null"),
    pytest.param(
        header(crit=["http://evil.example/x"]), o.HEADER_NOT_ALLOWED.by("RFC 7515 §4.1.11"), id="crit-of-nobody"
    ),
    pytest.param(header(b64=True), o.HEADER_NOT_ALLOWED.by("RFC 7797 §3"), id="b64-true"),
    pytest.param(header(enc="A128GCM"), o.HEADER_NOT_ALLOWED.by("RFC 7516 §4.1.2"), id="enc"),
    pytest.param(header(zip=None), o.HEADER_NOT_ALLOWED.by("RFC 7516 §4.1.3"), id="zip-null"),
]

MALFORMED = [
    pytest.param(attribute("token", ""), o.TOKEN_MISSING, id="empty"),
    pytest.param(attribute("token", "abc"), o.TOKEN_MALFORMED, id="no-parts"),
    pytest.param(attribute("token", "a.b"), o.TOKEN_MALFORMED, id="two-parts"),
    pytest.param(attribute("token", "a.b.c.d.e"), o.TOKEN_MALFORMED, id="encrypted"),
    pytest.param(attribute("token", "é.é.é"), o.TOKEN_MALFORMED, id="not-ascii"),
    pytest.param(lambda a: setattr(a, "token", a.id_token + "\n"), o.TOKEN_MALFORMED, id="line-break-after"),
    pytest.param(lambda a: setattr(a, "token", a.id_token + "="), o.TOKEN_MALFORMED, id="padded"),
    pytest.param(_binary, o.TOKEN_MALFORMED, id="binary-header"),
    pytest.param(_payload(b"[]"), o.TOKEN_MALFORMED, id="a-list"),
    pytest.param(_payload(b'"text"'), o.TOKEN_MALFORMED, id="a-text"),
    pytest.param(_payload(b"null"), o.TOKEN_MALFORMED, id="null"),
    pytest.param(_payload(b"{"), o.TOKEN_MALFORMED, id="broken-json"),
    pytest.param(_payload(b"\xff"), o.TOKEN_MALFORMED, id="not-utf-8"),
    pytest.param(_payload(b'{"x":' + b"[" * 10_000 + b"]" * 10_000 + b"}"), o.TOKEN_MALFORMED, id="deep"),
    pytest.param(_payload(b'{"x":' + b"9" * 5_000 + b"}"), o.TOKEN_MALFORMED, id="huge-number"),
    *[
        pytest.param(change, o.TOKEN_MALFORMED.by("RFC 7515 §3.1"), id=name)
        for name, change in {
            "space-before": _around(" "),
            "space-after": _around("", " "),
            "tab-before": _around("\t"),
            "carriage-return-after": _around("", "\r\n"),
            "nul-before": _around("\x00"),
            "nul-after": _around("", "\x00"),
            "byte-order-mark-before": _around("\ufeff"),
            "bearer-before": _around("Bearer "),
            "in-quotes": _around('"', '"'),
            "in-brackets": _around("[", "]"),
            "dot-before": _around("."),
            "dot-after": _around("", "."),
            "fragment-after": _around("", "#"),
            "two-tokens": _twice(" "),
            "two-tokens-by-a-comma": _twice(","),
            "two-tokens-by-a-dot": _twice("."),
            "two-tokens-by-a-line": _twice("\n"),
            "json-serialization": _as_json,
            "standard-base64": _standard_base64,
        }.items()
    ],
    *[
        pytest.param(change, o.TOKEN_MALFORMED.by("RFC 7515 §4"), id=name)
        for name, change in {
            "alg-twice": _header_twice("alg", "none"),
            "kid-twice": _header_twice("kid", "attacker"),
            "claim-twice": _claim_twice,
            "claim-twice-inside": _claim_twice_inside,
            "header-a-list": _header_of(b'["RS256"]'),
            "header-a-number": _header_of(b"7"),
            "header-null": _header_of(b"null"),
            "header-broken": _header_of(b'{"alg":"RS256"'),
            "header-not-utf-8": _header_of(b'{"alg":"RS256","kid":"\xff"}'),
            "header-deep": _header_of(b'{"x":' + b"[" * 9_000 + b"]" * 9_000 + b"}"),
            "header-with-NaN": _header_of(b'{"alg":"RS256","kid":"lms","x":NaN}'),
            "utf-16": _encoded("utf-16"),
            "utf-32": _encoded("utf-32"),
            "byte-order-mark": _encoded("utf-8-sig"),
            "utf-7": _payload(b"+AHsAfQ-"),
            "comments": _payload(b'{"iss":1/* */}'),
            "comma-at-the-end": _payload(b'{"iss":1,}'),
            "single-quotes": _payload(b"{'iss':1}"),
            "two-documents": _payload(b"{}{}"),
            "true": _payload(b"true"),
            "a-number": _payload(b"1"),
            "nested-token": _payload(b"eyJhbGciOiJub25lIn0.e30."),
            "deep-objects": _payload(b'{"x":' * 9_000 + b"1" + b"}" * 9_000),
            "raw-control-characters": _payload(b'{"iss":"a\x00\x01"}'),
        }.items()
    ],
    pytest.param(_payload(b"{" + b" " * 60_000 + b"}"), o.TOKEN_MALFORMED, id="larger-than-64-kB"),
]
