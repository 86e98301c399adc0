"""Telling failures apart: what time will mend, and what it will not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from lti_tool.grades.reasons import (
    COLUMN_GONE,
    CONFLICT,
    FORBIDDEN,
    NO_COLUMN,
    NO_SCOPE,
    NOT_A_PUPIL,
    NOT_TAKEN,
    PLATFORM_ERROR,
    TOKEN,
    TOO_MANY,
    UNREACHABLE,
)
from lti_tool.grades.retrying import LONGEST
from lti_tool.lti.outbound import OutboundError, RefusedAddressError, UnreachableError
from lti_tool.lti.services import ServiceRefused, TokenRefused


@dataclass(frozen=True)
class Failure:
    """Why it did not work: a word of `reasons`. Final ones are not tried again by themselves."""

    reason: str
    final: bool
    status: int | None = None
    wait: timedelta | None = None
    """How long the platform asked us to wait (`Retry-After`), a day at most."""


_FINAL_FOR_A_SCORE: Mapping[int, str] = MappingProxyType(
    {400: NOT_A_PUPIL, 403: FORBIDDEN, 404: COLUMN_GONE, 410: COLUMN_GONE, 422: NOT_TAKEN}
)
_FINAL_FOR_A_LIST: Mapping[int, str] = MappingProxyType(
    {400: NO_COLUMN, 403: NO_SCOPE, 404: NO_COLUMN, 405: NO_SCOPE, 410: NO_COLUMN, 422: NO_COLUMN}
)


def score_failure(status: int, retry_after: timedelta | None) -> Failure:
    """What a status means that a platform gives to a score, and is no success (facts/moodle.md, "Scores")."""
    return _failure(status, retry_after, _FINAL_FOR_A_SCORE)


def service_failure(error: OutboundError | ServiceRefused) -> Failure:
    """What it means that a token, a column, a list of results or of members could not be had."""
    match error:
        case TokenRefused(reason="invalid_scope"):
            return Failure(NO_SCOPE, final=True, status=error.status)
        case TokenRefused():
            return Failure(TOKEN, final=False, status=error.status, wait=_at_most_a_day(error.retry_after))
        case ServiceRefused():
            return _failure(error.status, error.retry_after, _FINAL_FOR_A_LIST)
        case UnreachableError() | RefusedAddressError():
            return Failure(UNREACHABLE, final=False)
    return Failure(PLATFORM_ERROR, final=False)


def _failure(status: int, retry_after: timedelta | None, final: Mapping[int, str]) -> Failure:
    if status in final:
        return Failure(final[status], final=True, status=status)
    reason = {401: TOKEN, 409: CONFLICT, 429: TOO_MANY}.get(status, PLATFORM_ERROR)
    return Failure(reason, final=False, status=status, wait=_at_most_a_day(retry_after))


def _at_most_a_day(wait: timedelta | None) -> timedelta | None:
    return None if wait is None else min(wait, LONGEST)
