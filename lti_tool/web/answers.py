"""Every answer's headers that never change, and the parts of a login's and a launch's: redirection and cookies."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from typing import Any

from flask import Response
from werkzeug.datastructures import Headers
from werkzeug.http import dump_cookie

_OF_ALL = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
)
_UNQUOTED = re.compile(r"[A-Za-z0-9._-]+")


class Answer(Response):
    """An answer of ours, whatever it is: it has the headers `_OF_ALL`, put there where nothing has to check them."""

    def get_wsgi_response(self, environ: dict[str, Any]) -> tuple[Iterable[bytes], str, list[tuple[str, str]]]:
        body, status, headers = super().get_wsgi_response(environ)
        return body, status, [*headers, *_OF_ALL]


class _Redirection(Answer):
    """An address that is complete as it stands; werkzeug would take it apart and put it together again."""

    def get_wsgi_headers(self, environ: dict[str, Any]) -> Headers:  # noqa: ARG002 - werkzeug gives it
        return self.headers


def lead_to(location: str, status: int) -> Response:
    """A redirection without a page, which no browser shows: the address in HTML costs more than all the rest.

    `location` is an address in ASCII, quoted where it has to be. Raises `ValueError` where it is none.
    """
    if not (location.isascii() and location.isprintable()) or " " in location:
        raise ValueError("an address that would need quoting")
    return _Redirection(status=status, headers=[("Location", location), ("Content-Length", "0")])


def set_cookie(
    response: Response, name: str, value: str, *, lifetime: timedelta, partitioned: bool, path: str = "/"
) -> None:
    """A cookie that comes back from a frame (`Secure`, `HttpOnly`, `SameSite=None`).

    `value` is one of our random texts: ASCII letters, digits, `.`, `_`, `-`, which need no quoting.
    Raises `ValueError` where it is anything else.
    """
    if not _UNQUOTED.fullmatch(value):
        raise ValueError("a cookie's value that would need quoting")
    response.headers.add("Set-Cookie", f"{name}={value}{_attributes(name, lifetime, partitioned, path)}")


@cache
def _attributes(name: str, lifetime: timedelta, partitioned: bool, path: str) -> str:
    """What follows the value, the same for every browser."""
    whole = dump_cookie(
        name, max_age=lifetime, path=path, secure=True, httponly=True, samesite="None", partitioned=partitioned
    )
    return whole.removeprefix(f"{name}=")
