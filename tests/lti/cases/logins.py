"""Logins of which something is missing, foreign or too much: what replaces a good one's parameters."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lti import outcomes as o
from tests.lti.cases.messages import FOREIGN_TARGETS

Parameters = dict[str, list[str]]
"""Every value of each parameter that is changed; none: the parameter is left out."""

BAD_LOGINS: list[Any] = [
    *[
        pytest.param({name: values}, outcome, id=f"{name}-{'missing' if not values else 'empty'}")
        for name, outcome in {
            "iss": o.LOGIN_WITHOUT_ISSUER,
            "login_hint": o.LOGIN_WITHOUT_HINT,
            "target_link_uri": o.LOGIN_WITHOUT_TARGET,
        }.items()
        for values in ([], [""])
    ],
    *[
        pytest.param({"iss": [issuer]}, o.LOGIN_UNKNOWN_PLATFORM, id=f"iss-{name}")
        for name, issuer in {
            "unknown": "https://unknown.example",
            "private": "http://169.254.169.254",
            "with-a-slash": "{iss}/",
            "in-capitals": "{ISS}",
            "with-a-space": "{iss} ",
            "with-a-nul": "{iss}\x00",
            "a-pattern": "%",
            "sql": "' OR 1=1 --",
            "markup": "<script>alert(1)</script>",
            "long": "i" * 300,
        }.items()
    ],
    *[
        pytest.param({"client_id": [client]}, o.LOGIN_UNKNOWN_PLATFORM, id=f"client-{name}")
        for name, client in {
            "unknown": "unknown",
            "of-the-other-platform": "client-of-other",
            "with-a-nul": "{client}\x00",
            "in-capitals": "{CLIENT}",
            "a-pattern": "%",
            "long": "c" * 300,
        }.items()
    ],
    *[
        pytest.param({name: ["h" * 9000]}, o.LOGIN_PARAMETER_TOO_LONG, id=f"{name}-9-kB")
        for name in ("iss", "client_id", "login_hint", "lti_message_hint", "lti_deployment_id", "target_link_uri")
    ],
    *[
        pytest.param({name: ["{good}", "other"]}, o.LOGIN_REPEATED_PARAMETER, id=f"{name}-twice")
        for name in ("iss", "client_id", "login_hint", "target_link_uri")
    ],
    *[
        pytest.param({"target_link_uri": [target]}, o.LOGIN_FOREIGN_TARGET, id=f"target-{number}")
        for number, target in enumerate(FOREIGN_TARGETS)
    ],
]
GOOD_HINTS = [
    pytest.param(hint, id=name)
    for name, hint in {
        "json": '{"cmid":5,"launchid":"ltilaunch5_1234","x":null}',
        "query": "a=b&c=d#e?f",
        "percent": "100%25%zz+ +",
        "unicode": "élève·漢字·🎒",
        "markup": "<script>alert(1)</script>\"'",
        "a-token": "eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2ln",
        "control-characters": "a\r\nb\tc\x00d",
        "eight-kB": "x" * 8000,
        "zero": "0",
    }.items()
]
"""Hints come back to the platform as they came."""
