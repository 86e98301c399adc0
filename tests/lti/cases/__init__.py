"""Launches that only an attacker or a sloppy platform would send, as data (facts/lti.md §2).

Each case changes one launch that has nothing wrong; a bad one names the outcome: reason, code, status and clause. The
tests of the room and those of the pages run the same tables, and `docs/conformance.md` lists them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.lti.cases.certification import BAD_LAUNCHES
from tests.lti.cases.confusion import CONFUSED, HARMLESS
from tests.lti.cases.identity import IDENTITY, TIME
from tests.lti.cases.messages import DATA_PRIVACY, DEEP_LINKING, FOREIGN_TARGETS, MESSAGE, SUBMISSION_REVIEW
from tests.lti.cases.state import STATE_AND_NONCE
from tests.lti.cases.tokens import KEY_AND_HEADER_TRICKS, MALFORMED
from tests.lti.cases.tolerated import TEST_USER, TOLERATED

__all__ = ["FOREIGN_TARGETS", "GROUPS", "HARMLESS", "REFUSED", "TEST_USER", "TOLERATED", "Group"]


@dataclass(frozen=True)
class Group:
    """Cases of one kind: parameters of message, change and outcome."""

    title: str
    cases: list[Any]


def _group(title: str, cases: list[Any], message: str = "resource") -> Group:
    return Group(title, [pytest.param(message, *case.values, id=f"{message}-{case.id}") for case in cases])


GROUPS = (
    _group("Certification: bad payloads", BAD_LAUNCHES),
    _group("Algorithms, keys and headers", KEY_AND_HEADER_TRICKS),
    _group("Texts that are no token", MALFORMED),
    _group("Issuer and audience", IDENTITY),
    _group("Times", TIME),
    _group("State, nonce and browser", STATE_AND_NONCE),
    _group("Messages", MESSAGE),
    _group("Deep linking requests", DEEP_LINKING, "deep_linking"),
    _group("Submission reviews", SUBMISSION_REVIEW, "submission_review"),
    _group("Data privacy launches", DATA_PRIVACY, "data_privacy"),
    Group("Type confusion, claim by claim", CONFUSED),
)
REFUSED = [case for group in GROUPS for case in group.cases]
"""Every change of a launch that must be refused."""
