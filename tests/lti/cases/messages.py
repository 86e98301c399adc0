"""Messages of which something is missing or means nothing, each of the four that we take."""

from __future__ import annotations

import pytest

from tests.lti import outcomes as o
from tests.lti.changes import claim, inside, no_claim
from tests.platform.payloads import AGS, DL, LTI, MEMBERSHIP, NRPS

MESSAGE = [
    pytest.param(claim(LTI + "version", 1.3), o.VERSION_WRONG, id="version-a-number"),
    pytest.param(claim(LTI + "version", ["1.3.0"]), o.VERSION_WRONG, id="version-a-list"),
    pytest.param(claim(LTI + "message_type", "LtiBadRequest"), o.MESSAGE_TYPE_UNKNOWN, id="unknown-message"),
    *[
        pytest.param(claim(LTI + "version", version), o.VERSION_WRONG, id=f"version-{version!r}")
        for version in ("1.3", "1.3.0 ", "1.3.1", "LTI-1p0", "LTI-1p3", "1.3.0\x00", "1,3,0", "١.3.0")
    ],
    pytest.param(claim(LTI + "deployment_id", " 1"), o.DEPLOYMENT_UNKNOWN, id="deployment-with-a-space"),
    pytest.param(claim(LTI + "deployment_id", "' OR 1=1 --"), o.DEPLOYMENT_UNKNOWN, id="deployment-sql"),
    pytest.param(claim(LTI + "deployment_id", "%"), o.DEPLOYMENT_UNKNOWN, id="deployment-a-pattern"),
    pytest.param(claim(LTI + "deployment_id", "\uff11"), o.DEPLOYMENT_UNKNOWN, id="deployment-a-look-alike"),
    pytest.param(claim("sub", "sub\x00chloe"), o.USER_MISSING, id="sub-with-a-nul"),
    pytest.param(claim("sub", "sub\nchloe"), o.USER_MISSING, id="sub-of-two-lines"),
    pytest.param(no_claim("sub"), o.USER_MISSING.by("CORE §5.3.6.1"), id="anonymous"),
    *[
        pytest.param(claim(LTI + "message_type", name), o.MESSAGE_TYPE_UNKNOWN, id=f"message-{number}")
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
    pytest.param(claim(LTI + "message_type", ["x"]), o.MESSAGE_TYPE_MISSING, id="message-type-a-list"),
    pytest.param(claim(LTI + "deployment_id", "2"), o.DEPLOYMENT_UNKNOWN, id="unknown-deployment"),
    pytest.param(claim(LTI + "deployment_id", 1), o.DEPLOYMENT_MISSING, id="deployment-a-number"),
    pytest.param(claim(LTI + "deployment_id", "1\x00"), o.DEPLOYMENT_MISSING, id="deployment-with-a-nul"),
    pytest.param(claim(LTI + "deployment_id", "d" * 300), o.DEPLOYMENT_MISSING, id="deployment-too-long"),
    pytest.param(claim(LTI + "roles", None), o.ROLES_MISSING, id="roles-null"),
    pytest.param(claim(LTI + "roles", MEMBERSHIP + "Instructor"), o.ROLES_MISSING, id="roles-a-text"),
    pytest.param(claim(LTI + "roles", {"Instructor": 1}), o.ROLES_MISSING, id="roles-an-object"),
    pytest.param(claim(LTI + "roles", [1]), o.ROLES_MISSING, id="roles-of-numbers"),
    pytest.param(claim("sub", ""), o.USER_MISSING, id="sub-empty"),
    pytest.param(claim("sub", 12), o.USER_MISSING, id="sub-a-number"),
    pytest.param(claim("sub", ["sub-chloe"]), o.USER_MISSING, id="sub-a-list"),
    pytest.param(claim("sub", "s" * 256), o.USER_MISSING, id="sub-too-long"),
    pytest.param(claim("sub", "sub\ud800"), o.USER_MISSING, id="sub-no-text"),
    pytest.param(claim(LTI + "resource_link", "x"), o.RESOURCE_LINK_MISSING, id="resource-link-a-text"),
    pytest.param(claim(LTI + "resource_link", {"id": 5}), o.RESOURCE_LINK_MISSING, id="resource-link-id-a-number"),
    pytest.param(claim(LTI + "context", "course"), o.CLAIM_MALFORMED, id="context-a-text"),
    pytest.param(claim(LTI + "context", {"title": "x"}), o.CLAIM_MALFORMED, id="context-without-id"),
    pytest.param(claim(LTI + "custom", ["x"]), o.CLAIM_MALFORMED, id="custom-a-list"),
    pytest.param(claim(AGS, "https://lms.example"), o.CLAIM_MALFORMED, id="gradebook-a-text"),
    pytest.param(claim(NRPS, []), o.CLAIM_MALFORMED, id="memberships-a-list"),
    pytest.param(no_claim(LTI + "target_link_uri"), o.TARGET_WRONG, id="target-missing"),
    pytest.param(claim(LTI + "target_link_uri", 5), o.TARGET_WRONG, id="target-a-number"),
    pytest.param(
        lambda a: a.claims.update({LTI + "target_link_uri": a.claims[LTI + "target_link_uri"] + "?x"}),
        o.TARGET_IS_ANOTHER,
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
    "vbscript:x",
    "file:///etc/passwd",
    "{base}:80/lti/launch",
    "{base}:0/lti/launch",
    "{base}/lti/launch\x00",
    "{base}/lti/%00launch",
    "{base}/lti/launch%0d%0aSet-Cookie:a=b",
    "{base}\t/lti/launch",
    "{base}\r\n/lti/launch",
    " {base}/lti/launch",
    "{base}/lti/launch ",
    "{base}/./../x",
    "{base}/.%2e/x",
    "{base}/%2E%2E/x",
    "{base}/x/..",
    "{base}/%5c%5cevil.example",
    "{base}/lti//launch",
    "{base}\uff0fevil.example",
    "{base}\u3002evil.example",
    "http:/127.0.0.1:8000/lti/launch",
    "http:127.0.0.1:8000/lti/launch",
    "http:///127.0.0.1:8000/lti/launch",
    "http:\\\\127.0.0.1:8000\\lti\\launch",
    "//127.0.0.1:8000/lti/launch",
    "https://127.0.0.1:8000/lti/launch",
    "ftp://127.0.0.1:8000/lti/launch",
    "http://user@127.0.0.1:8000/lti/launch",
    "http://user:word@127.0.0.1:8000/lti/launch",
    "http://@127.0.0.1:8000/lti/launch",
    "http://127.0.0.1:8000@evil.example/",
    "http://127.0.0.1.:8000/lti/launch",
    "http://127.1:8000/lti/launch",
    "http://2130706433:8000/lti/launch",
    "http://0x7f000001:8000/lti/launch",
    "http://localhost:8000/lti/launch",
    "http://[::ffff:127.0.0.1]:8000/lti/launch",
    "http://[::1]:8000/lti/launch",
    "http://127.0.0.1:08000000000/lti/launch",
    "http://127.0.0.1:8000:8000/lti/launch",
    "http://evil.example#127.0.0.1:8000",
    "http://evil.example?127.0.0.1:8000",
    "http://evil.example;127.0.0.1:8000/",
]

DEEP_LINKING = [
    pytest.param(no_claim(DL + "deep_linking_settings"), o.DEEP_LINKING_SETTINGS_WRONG, id="settings-missing"),
    pytest.param(claim(DL + "deep_linking_settings", "x"), o.DEEP_LINKING_SETTINGS_WRONG, id="settings-a-text"),
    *[
        pytest.param(
            inside(DL + "deep_linking_settings", deep_link_return_url=url),
            o.DEEP_LINKING_SETTINGS_WRONG,
            id=f"return-url-{number}",
        )
        for number, url in enumerate(
            [
                "javascript:alert(1)",
                "JaVaScRiPt://x/%0aalert(1)",
                "data:text/html,x",
                "blob:https://lms.example/x",
                "/relative",
                "//lms.example/x",
                "https:lms.example",
                "https://",
                "https://u@lms.example/",
                "https://u:p@lms.example/",
                "https://lms.example\\@evil.example/",
                "https://lms.example/\n",
                "https://lms.example/\x00",
                "https://lms.example/a b",
                "https://lms.example:99999/",
                "https://lms.example:x/",
                "https://[lms.example/",
                "https://lms.example; script-src *",
                "https://lms.ex\u00e4mple/",
                "https://lms.example/" + "x" * 3000,
                "ftp://x/",
                "",
                None,
                5,
                True,
                ["https://lms.example/"],
                {"url": "https://lms.example/"},
            ]
        )
    ],
    pytest.param(
        inside(DL + "deep_linking_settings", accept_types=["link"]),
        o.DEEP_LINKING_SETTINGS_WRONG,
        id="takes-no-activity",
    ),
    pytest.param(
        inside(DL + "deep_linking_settings", accept_types=None),
        o.DEEP_LINKING_SETTINGS_WRONG,
        id="accept-types-null",
    ),
    pytest.param(
        inside(DL + "deep_linking_settings", data={"x": 1}), o.DEEP_LINKING_SETTINGS_WRONG, id="data-an-object"
    ),
    pytest.param(claim(LTI + "roles", [MEMBERSHIP + "Learner"]), o.DEEP_LINKING_NOT_ALLOWED, id="asked-by-a-learner"),
    pytest.param(claim(LTI + "roles", [MEMBERSHIP + "Mentor"]), o.DEEP_LINKING_NOT_ALLOWED, id="asked-by-a-parent"),
]

SUBMISSION_REVIEW = [
    *[
        pytest.param(claim(LTI + "for_user", value), o.FOR_USER_MISSING, id=f"for-user-{name}")
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
    pytest.param(no_claim(LTI + "for_user"), o.FOR_USER_MISSING, id="for-user-missing"),
    pytest.param(no_claim(AGS), o.REVIEW_WITHOUT_LINE_ITEM, id="no-gradebook"),
    pytest.param(claim(AGS, None), o.REVIEW_WITHOUT_LINE_ITEM, id="gradebook-null"),
    pytest.param(claim(AGS, "lineitem"), o.CLAIM_MALFORMED, id="gradebook-a-text"),
    pytest.param(inside(AGS, lineitem=None), o.REVIEW_WITHOUT_LINE_ITEM, id="no-column"),
    pytest.param(inside(AGS, lineitem="javascript:alert(1)"), o.REVIEW_WITHOUT_LINE_ITEM, id="column-a-script"),
    pytest.param(claim(LTI + "resource_link", {"id": 5}), o.RESOURCE_LINK_MISSING, id="resource-link-of-nonsense"),
    pytest.param(no_claim(LTI + "target_link_uri"), o.TARGET_WRONG, id="target-missing"),
]

DATA_PRIVACY = [
    pytest.param(no_claim(LTI + "for_user"), o.FOR_USER_MISSING, id="for-user-missing"),
    pytest.param(claim(LTI + "for_user", {"user_id": ["x"]}), o.FOR_USER_MISSING, id="for-user-a-list"),
    pytest.param(claim(LTI + "resource_link", {"id": "x"}), o.CLAIM_MALFORMED, id="with-a-resource-link"),
    pytest.param(claim(LTI + "context", {"id": "x"}), o.CLAIM_MALFORMED, id="with-a-course"),
    pytest.param(no_claim(LTI + "target_link_uri"), o.TARGET_WRONG, id="target-missing"),
    pytest.param(no_claim(LTI + "roles"), o.ROLES_MISSING, id="roles-missing"),
]
