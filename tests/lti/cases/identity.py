"""Who signed, for whom, and when: issuers, audiences and times that are not those of this launch."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.lti import outcomes as o
from tests.lti.changes import audience, claim, no_claim, shifted
from tests.lti.desk import Attempt, Change
from tests.platform.signing import compact, rs256


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


def _issuer_changed(change: Callable[[str], str]) -> Change:
    return lambda attempt: attempt.claims.update(iss=change(attempt.claims["iss"]))


def _audience_changed(change: Callable[[str], Any]) -> Change:
    return lambda attempt: attempt.claims.update(aud=change(attempt.claims["aud"]))


IDENTITY = [
    pytest.param(claim("iss", "https://evil.example"), o.ISSUER_WRONG, id="iss-of-another"),
    pytest.param(lambda a: a.claims.update(iss=a.claims["iss"] + "/"), o.ISSUER_WRONG, id="iss-with-a-slash"),
    pytest.param(no_claim("iss"), o.ISSUER_WRONG, id="iss-missing"),
    pytest.param(lambda a: a.claims.update(iss=[a.claims["iss"]]), o.ISSUER_WRONG, id="iss-a-list"),
    pytest.param(claim("aud", "another-client"), o.AUDIENCE_WRONG, id="aud-of-another"),
    *[
        pytest.param(_issuer_changed(change), o.ISSUER_WRONG, id=f"iss-{name}")
        for name, change in {
            "in-capitals": str.upper,
            "of-another-scheme": lambda url: url.replace("http:", "https:"),
            "of-another-port": lambda url: url[:-1] + str((int(url[-1]) + 1) % 10),
            "with-a-path": lambda url: url + "/x",
            "with-a-query": lambda url: url + "?x",
            "with-a-space": lambda url: url + " ",
            "with-a-nul": lambda url: url + "\x00",
            "with-a-user": lambda url: url.replace("//", "//user@"),
            "with-a-dot": lambda url: url.replace("127.0.0.1", "127.0.0.1."),
            "as-a-look-alike": lambda url: url.replace("127.0.0.1", "127.0.0.\u0661"),
            "a-prefix": lambda url: url[:-1],
        }.items()
    ],
    pytest.param(no_claim("aud"), o.AUDIENCE_WRONG, id="aud-missing"),
    pytest.param(claim("aud", []), o.AUDIENCE_WRONG, id="aud-empty"),
    pytest.param(lambda a: a.claims.update(aud={a.claims["aud"]: 1}), o.AUDIENCE_WRONG, id="aud-an-object"),
    pytest.param(lambda a: a.claims.update(aud=a.claims["aud"][:-1]), o.AUDIENCE_WRONG, id="aud-a-prefix"),
    pytest.param(audience("other"), o.AUDIENCE_WRONG, id="aud-list-of-another"),
    pytest.param(lambda a: a.claims.update(aud=[a.claims["aud"], {}]), o.AUDIENCE_WRONG, id="aud-list-of-anything"),
    *[
        pytest.param(_audience_changed(change), o.AUDIENCE_WRONG, id=f"aud-{name}")
        for name, change in {
            "in-capitals": str.upper,
            "with-a-space": lambda us: us + " ",
            "with-a-nul": lambda us: us + "\x00",
            "two-in-one-text": lambda us: f"{us} other",
            "with-a-comma": lambda us: f"{us},other",
            "a-list-in-a-list": lambda us: [[us]],
            "list-with-null": lambda us: [us, None],
            "list-with-true": lambda us: [us, True],
            "a-pattern": lambda _: "*",
        }.items()
    ],
    pytest.param(audience("us", "other"), o.AUTHORIZED_PARTY_WRONG, id="two-audiences-without-azp"),
    pytest.param(audience("us", "other", azp="other"), o.AUTHORIZED_PARTY_WRONG, id="azp-of-another"),
    pytest.param(claim("azp", "other"), o.AUTHORIZED_PARTY_WRONG, id="one-audience-azp-of-another"),
    pytest.param(claim("azp", 5), o.AUTHORIZED_PARTY_WRONG, id="azp-a-number"),
    pytest.param(claim("azp", ["client-of-lms"]), o.AUTHORIZED_PARTY_WRONG, id="azp-a-list"),
    pytest.param(audience("us", *"abc", azp="a"), o.AUTHORIZED_PARTY_WRONG, id="one-of-many-audiences-authorized"),
    pytest.param(claim("azp", ""), o.AUTHORIZED_PARTY_WRONG, id="azp-empty"),
]

TIME = [
    pytest.param(no_claim("exp"), o.TIME_MISSING, id="no-exp"),
    pytest.param(no_claim("iat"), o.TIME_MISSING, id="no-iat"),
    pytest.param(claim("exp", "2099999999"), o.TIME_MISSING, id="exp-a-text"),
    pytest.param(claim("exp", True), o.TIME_MISSING, id="exp-true"),
    pytest.param(claim("exp", None), o.TIME_MISSING, id="exp-null"),
    pytest.param(claim("exp", [9999999999]), o.TIME_MISSING, id="exp-a-list"),
    pytest.param(claim("exp", 10**30), o.TIME_MISSING, id="exp-beyond-time"),
    pytest.param(_exp_spelled("1e999"), o.TIME_MISSING, id="exp-infinite"),
    pytest.param(_exp_spelled("Infinity"), o.TOKEN_MALFORMED, id="exp-Infinity"),
    pytest.param(_exp_spelled("NaN"), o.TOKEN_MALFORMED, id="exp-NaN"),
    pytest.param(shifted("exp", -60 - 300), o.TOKEN_EXPIRED, id="expired-by-five-minutes"),
    pytest.param(shifted("exp", -60 - 60), o.TOKEN_EXPIRED, id="expired-by-the-leeway"),
    pytest.param(shifted("iat", 600), o.ISSUED_AT_WRONG, id="issued-in-ten-minutes"),
    pytest.param(shifted("iat", 61), o.ISSUED_AT_WRONG, id="issued-in-61-seconds"),
    pytest.param(shifted("iat", -2 * 3600), o.ISSUED_AT_WRONG, id="issued-two-hours-ago"),
    pytest.param(lambda a: a.claims.update(nbf=a.claims["iat"] + 600), o.ISSUED_AT_WRONG, id="not-before-later"),
    pytest.param(claim("nbf", "now"), o.TIME_MISSING, id="nbf-a-text"),
    pytest.param(claim("nbf", 10**30), o.TIME_MISSING, id="nbf-beyond-time"),
    pytest.param(claim("exp", -1), o.TOKEN_EXPIRED, id="exp-before-1970"),
    pytest.param(claim("exp", 0), o.TOKEN_EXPIRED, id="exp-zero"),
    pytest.param(shifted("exp", -60 - 60.5), o.TOKEN_EXPIRED, id="expired-by-half-a-second-more-than-the-leeway"),
    pytest.param(claim("iat", -(10**12)), o.ISSUED_AT_WRONG, id="iat-before-all-time"),
    pytest.param(claim("iat", 10**13), o.ISSUED_AT_WRONG, id="iat-in-milliseconds"),
    pytest.param(shifted("iat", -3600 - 61), o.ISSUED_AT_WRONG, id="issued-an-hour-and-a-leeway-ago"),
    pytest.param(_exp_spelled("-1e999"), o.TIME_MISSING, id="exp-minus-infinite"),
    pytest.param(_exp_spelled("0x7fffffff"), o.TOKEN_MALFORMED, id="exp-in-hexadecimal"),
    pytest.param(_exp_spelled("+4102444800"), o.TOKEN_MALFORMED, id="exp-with-a-plus"),
    pytest.param(_exp_spelled("04102444800"), o.TOKEN_MALFORMED, id="exp-with-a-zero"),
]
