"""Parts of an answer that every login and launch has: a redirection, and the cookies that it sets."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from flask import Response
from werkzeug.http import dump_cookie

_MARKS = str.maketrans("", "", "._-")


def lead_to(location: str, status: int) -> Response:
    """A redirection without a page, which no browser shows: the address in HTML costs more than all the rest."""
    return Response(status=status, headers=[("Location", location)])


def set_cookie(
    response: Response, name: str, value: str, *, lifetime: timedelta, partitioned: bool, path: str = "/"
) -> None:
    """A cookie that comes back from a frame (`Secure`, `HttpOnly`, `SameSite=None`).

    `value` is one of our random texts: ASCII letters, digits, `.`, `_`, `-`, which need no quoting.
    Raises `ValueError` where it is anything else.
    """
    if not (value.isascii() and value.translate(_MARKS).isalnum()):
        raise ValueError("a cookie's value that would need quoting")
    response.headers.add("Set-Cookie", f"{name}={value}{_attributes(name, lifetime, partitioned, path)}")


@cache
def _attributes(name: str, lifetime: timedelta, partitioned: bool, path: str) -> str:
    """What follows the value, the same for every browser."""
    whole = dump_cookie(
        name, max_age=lifetime, path=path, secure=True, httponly=True, samesite="None", partitioned=partitioned
    )
    return whole.removeprefix(f"{name}=")
