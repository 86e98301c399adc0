"""An id_token taken apart, before anything of it is believed."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from lti_tool.lti.claims import UnverifiedClaims
from lti_tool.lti.refusals import LaunchRefused, Reason

LONGEST = 64 * 1024

_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Token:
    """A compact JWS whose header and payload are JSON objects."""

    text: str
    header: dict[str, Any]
    payload: bytes
    claims: UnverifiedClaims

    @classmethod
    def parse(cls, text: str | None) -> Token:
        """Raises `LaunchRefused` where the text is no such thing (SEC §5.1.2)."""
        if not text:
            raise LaunchRefused(Reason.TOKEN_MISSING)
        if len(text) > LONGEST or not _COMPACT.fullmatch(text):
            raise LaunchRefused(Reason.TOKEN_MALFORMED)
        header, payload, _ = text.split(".")
        try:
            decoded = _decode(payload)
            return cls(text, _object(_decode(header)), decoded, UnverifiedClaims(_object(decoded)))
        except (ValueError, RecursionError):
            raise LaunchRefused(Reason.TOKEN_MALFORMED) from None


def _decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a name given twice one reader takes the first, another the last (RFC 7515 §4, RFC 7519 §4)."""
    parsed = dict(pairs)
    if len(parsed) != len(pairs):
        raise ValueError
    return parsed


def _no_constant(name: str) -> NoReturn:
    """`NaN` and `Infinity` are Python's idea, not JSON's, and would make a token that never expires."""
    raise ValueError(name)


_JSON = json.JSONDecoder(parse_constant=_no_constant, object_pairs_hook=_named_once)


def _object(document: bytes) -> dict[str, Any]:
    parsed = _JSON.decode(document.decode())
    if not isinstance(parsed, dict):
        raise ValueError
    return parsed
