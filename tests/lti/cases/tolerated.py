"""Launches that look odd and mean no harm: they are taken, and what means nothing in them is left out."""

from __future__ import annotations

import pytest

from tests.lti.changes import audience, claim, header, inside, shifted
from tests.platform.payloads import AGS, LTI, MEMBERSHIP, SYSTEM

TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"

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
