"""The certification's launches (facts/lti.md §2): twelve bad ones, and eighteen good ones with their standing."""

from __future__ import annotations

from typing import Any

import pytest

from lti_tool.lti.roles import Standing
from tests.lti import outcomes as o
from tests.lti.changes import attribute, both, claim, header, no_claim
from tests.platform.payloads import INSTITUTION, LTI, MEMBERSHIP

STUDENT_SUB_ROLE = "http://purl.imsglobal.org/vocab/lis/v2/membership/Learner#GuestLearner"
GRADER = "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#Grader"


BAD_LAUNCHES = [
    pytest.param(lambda a: a.header.pop("kid"), o.KID_MISSING, id="B1-no-kid"),
    pytest.param(header(kid="imstester_66067"), o.KID_UNKNOWN, id="B2-incorrect-kid"),
    pytest.param(claim(LTI + "version", "11.3"), o.VERSION_WRONG, id="B3-wrong-version"),
    pytest.param(claim(LTI + "version", "2.0"), o.VERSION_WRONG, id="B3-another-wrong-version"),
    pytest.param(no_claim(LTI + "version"), o.VERSION_WRONG, id="B4-no-version"),
    pytest.param(attribute("body", {"name": "badltilaunch"}), o.ISSUER_WRONG, id="B5-invalid-message"),
    pytest.param(
        lambda a: a.without(*[name for name in a.claims if name.startswith(LTI)]),
        o.DEPLOYMENT_MISSING,
        id="B6-missing-lti-claims",
    ),
    pytest.param(both(claim("iat", 11111), claim("exp", 22222)), o.TOKEN_EXPIRED, id="B7-timestamps-incorrect"),
    pytest.param(no_claim(LTI + "message_type"), o.MESSAGE_TYPE_MISSING, id="B8-no-message-type"),
    pytest.param(no_claim(LTI + "roles"), o.ROLES_MISSING, id="B9-no-roles"),
    pytest.param(no_claim(LTI + "deployment_id"), o.DEPLOYMENT_MISSING, id="B10-no-deployment"),
    pytest.param(no_claim(LTI + "resource_link"), o.RESOURCE_LINK_MISSING, id="B11-no-resource-link"),
    pytest.param(
        claim(LTI + "resource_link", {"title": "x"}), o.RESOURCE_LINK_MISSING, id="B11-resource-link-without-id"
    ),
    pytest.param(no_claim("sub"), o.USER_MISSING, id="B12-no-user"),
]

_NAMES = ("name", "given_name", "family_name")


def _good(prefix: str, role: str, standing: Standing, several: list[str]) -> list[Any]:
    roles = LTI + "roles"
    return [
        pytest.param(claim(roles, [MEMBERSHIP + role]), standing, id=f"{prefix}1-valid"),
        pytest.param(claim(roles, several), standing, id=f"{prefix}2-with-roles"),
        pytest.param(claim(roles, [role]), standing, id=f"{prefix}3-short-role"),
        pytest.param(claim(roles, ["http://roles.example/unknown"]), Standing.NONE, id=f"{prefix}4-unknown-role"),
        pytest.param(claim(roles, []), Standing.NONE, id=f"{prefix}5-no-role"),
        pytest.param(claim(roles, [""]), Standing.NONE, id=f"{prefix}5-empty-role"),
        pytest.param(both(claim(roles, [MEMBERSHIP + role]), no_claim(*_NAMES)), standing, id=f"{prefix}6-email-only"),
        pytest.param(both(claim(roles, [MEMBERSHIP + role]), no_claim("email")), standing, id=f"{prefix}7-names-only"),
        pytest.param(
            both(claim(roles, [MEMBERSHIP + role]), no_claim("email", *_NAMES)), standing, id=f"{prefix}8-no-pii"
        ),
        pytest.param(
            both(claim(roles, [MEMBERSHIP + role]), no_claim(LTI + "context", *_NAMES)),
            standing,
            id=f"{prefix}9-email-without-context",
        ),
    ]


GOOD_LAUNCHES = [
    *_good("T", "Instructor", Standing.TEACHER, [MEMBERSHIP + "Instructor", INSTITUTION + "Faculty", GRADER]),
    *_good("S", "Learner", Standing.PUPIL, [MEMBERSHIP + "Learner", INSTITUTION + "Student", STUDENT_SUB_ROLE]),
]
