"""Every claim with values of every wrong type: refused by the claim's own clause, or as good as absent.

Where a value of some type is right after all, or means no harm, the table says so: `takes` names those that a launch
survives, `instead` those that are refused for another reason than the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.lti import outcomes as o
from tests.lti.changes import claim, inside
from tests.lti.outcomes import Outcome
from tests.platform.payloads import AGS, DL, LTI, NRPS

NESTED: Any = "x"
for _ in range(300):
    NESTED = {"id": NESTED, "x": [NESTED]} if _ < 3 else {"id": [NESTED]}

VALUES: Mapping[str, Any] = {
    "null": None,
    "int": 7,
    "float": 7.5,
    "true": True,
    "false": False,
    "empty-text": "",
    "empty-list": [],
    "empty-object": {},
    "text": "x",
    "huge-text": "x" * 10_000,
    "list-of-null": [None],
    "list-of-numbers": [7, 8.5],
    "list-of-objects": [{"id": "x"}],
    "nested": NESTED,
}


@dataclass(frozen=True)
class Row:
    """One claim, or one member of a claim that is an object."""

    claim: str
    wrong: Outcome | None
    """None: whatever it is, the launch is taken."""
    member: str | None = None
    takes: tuple[str, ...] = ()
    instead: Mapping[str, Outcome] = field(default_factory=dict)
    message: str = "resource"

    def cases(self) -> Iterator[tuple[str, Any, Outcome | None]]:
        name = self.claim.rpartition("/")[2] + (f".{self.member}" if self.member else "")
        for kind, value in VALUES.items():
            change = inside(self.claim, **{self.member: value}) if self.member else claim(self.claim, value)
            outcome = None if kind in self.takes else self.instead.get(kind, self.wrong)
            yield f"{self.message}-{name}-{kind}", change, outcome


_NUMBERS, _TEXTS, _EMPTY = ("int", "float"), ("text", "huge-text"), ("null", "empty-object")
_OBJECTS = ("empty-object", "nested")
_SETTINGS, _FOR_USER = DL + "deep_linking_settings", LTI + "for_user"

ROWS = [
    Row("iss", o.ISSUER_WRONG),
    Row("aud", o.AUDIENCE_WRONG),
    Row("azp", o.AUTHORIZED_PARTY_WRONG, takes=("null",)),
    Row("sub", o.USER_MISSING, takes=("text",)),
    Row("exp", o.TIME_MISSING, instead=dict.fromkeys(_NUMBERS, o.TOKEN_EXPIRED)),
    Row("iat", o.TIME_MISSING, instead=dict.fromkeys(_NUMBERS, o.ISSUED_AT_WRONG)),
    Row("nbf", o.TIME_MISSING, takes=_NUMBERS),
    Row("nonce", o.NONCE_MISSING, instead=dict.fromkeys(_TEXTS, o.NONCE_WRONG)),
    Row(LTI + "version", o.VERSION_WRONG),
    Row(LTI + "message_type", o.MESSAGE_TYPE_MISSING, instead=dict.fromkeys(_TEXTS, o.MESSAGE_TYPE_UNKNOWN)),
    Row(LTI + "deployment_id", o.DEPLOYMENT_MISSING, instead={"text": o.DEPLOYMENT_UNKNOWN}),
    Row(LTI + "target_link_uri", o.TARGET_WRONG),
    Row(LTI + "roles", o.ROLES_MISSING, takes=("empty-list",)),
    Row(LTI + "resource_link", o.RESOURCE_LINK_MISSING),
    Row(LTI + "resource_link", o.RESOURCE_LINK_MISSING, "id", takes=("text",)),
    Row(LTI + "resource_link", None, "title"),
    Row(LTI + "context", o.CLAIM_MALFORMED, takes=("null",)),
    Row(LTI + "context", o.CLAIM_MALFORMED, "id", takes=("text",)),
    Row(LTI + "context", None, "title"),
    Row(LTI + "context", None, "type"),
    Row(LTI + "custom", o.CLAIM_MALFORMED, takes=("null", *_OBJECTS)),
    Row(LTI + "custom", None, "campagne"),
    Row(LTI + "launch_presentation", None),
    Row(LTI + "launch_presentation", None, "document_target"),
    Row(LTI + "launch_presentation", None, "return_url"),
    Row(LTI + "launch_presentation", None, "locale"),
    Row(LTI + "tool_platform", None),
    Row(LTI + "lis", None),
    Row(LTI + "role_scope_mentor", None),
    Row(AGS, o.CLAIM_MALFORMED, takes=("null", *_OBJECTS)),
    Row(AGS, None, "lineitems"),
    Row(AGS, None, "lineitem"),
    Row(AGS, None, "scope"),
    Row(NRPS, o.CLAIM_MALFORMED, takes=("null", *_OBJECTS)),
    Row(NRPS, None, "context_memberships_url"),
    Row(NRPS, None, "service_versions"),
    *[Row(name, None) for name in ("name", "given_name", "family_name", "email", "locale", "picture", "jti", "acr")],
    Row(_SETTINGS, o.DEEP_LINKING_SETTINGS_WRONG, message="deep_linking"),
    Row(_SETTINGS, o.DEEP_LINKING_SETTINGS_WRONG, "deep_link_return_url", message="deep_linking"),
    Row(_SETTINGS, o.DEEP_LINKING_SETTINGS_WRONG, "accept_types", message="deep_linking"),
    Row(
        _SETTINGS,
        o.DEEP_LINKING_SETTINGS_WRONG,
        "data",
        takes=("null", "empty-text", *_TEXTS),
        message="deep_linking",
    ),
    Row(_SETTINGS, None, "accept_multiple", message="deep_linking"),
    Row(_SETTINGS, None, "accept_lineitem", message="deep_linking"),
    Row(_SETTINGS, None, "auto_create", message="deep_linking"),
    Row(_SETTINGS, None, "title", message="deep_linking"),
    Row(LTI + "target_link_uri", o.TARGET_WRONG, takes=("null",), message="deep_linking"),
    Row(_FOR_USER, o.FOR_USER_MISSING, message="submission_review"),
    Row(_FOR_USER, o.FOR_USER_MISSING, "user_id", takes=("text",), message="submission_review"),
    Row(AGS, o.REVIEW_WITHOUT_LINE_ITEM, "lineitem", message="submission_review"),
    Row(_FOR_USER, o.FOR_USER_MISSING, message="data_privacy"),
    Row(_FOR_USER, o.FOR_USER_MISSING, "user_id", takes=("text",), message="data_privacy"),
]

_ALL = [(row.message, *case) for row in ROWS for case in row.cases()]
CONFUSED = [
    pytest.param(message, change, outcome, id=name) for message, name, change, outcome in _ALL if outcome is not None
]
"""Message, change, and how it must end."""
HARMLESS = [pytest.param(message, change, id=name) for message, name, change, outcome in _ALL if outcome is None]
"""Message and change of launches that are taken."""
