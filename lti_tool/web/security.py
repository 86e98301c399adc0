"""Who may see a page and send a form: the session's cookies, the guard of each blueprint, every answer's headers."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from functools import lru_cache
from typing import cast

from flask import Flask, Response, current_app, g, request
from flask.globals import app_ctx
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from lti_tool.errors import N_, RefusedError
from lti_tool.lti import hosts
from lti_tool.lti.models import ACTIVE, Platform
from lti_tool.schools import sessions
from lti_tool.schools.sessions import SessionInfo
from lti_tool.web.answers import set_cookie
from lti_tool.web.toolbox import READING, db, now, toolbox

COOKIE, PARTITIONED_COOKIE = "passerelle", "passerelle_p"
CSRF_FIELD = "jeton"
FORM_LIMIT = 1024 * 1024
"""Bytes of the largest form, but for the pages that say otherwise (`accepts_upload`)."""
MOST_FRAMING_PLATFORMS = 50

_NOTHING = "'none'"
_SOURCES = {
    "default-src": _NOTHING,
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "form-action": "'self'",
    "base-uri": _NOTHING,
    "frame-ancestors": "'self'",
}
"""The content security policy of every page, but for what `allow` adds."""


class NobodyError(RefusedError):
    """No valid session came with the request."""

    code = "SESSION"
    status = 401
    sentence = N_("Vous n’êtes pas connecté, ou votre session est terminée.")


class NotForYouError(RefusedError):
    """The session's role does not open this page."""

    code = "ACCES"
    status = 403
    sentence = N_("Cette page n’est pas pour vous.")


class StaleFormError(RefusedError):
    """The form was made for somebody else, or for another browser."""

    code = "FORMULAIRE"
    status = 403
    sentence = N_("Cette page a été ouverte par quelqu’un d’autre, ou a expiré.")


def only(*roles: str) -> Callable[[], None]:
    """The guard of a blueprint (`before_request`): nobody gets 401, other roles 403, a form of another session 403."""

    def guard() -> None:
        info = _identify()
        if info.role not in roles:
            raise NotForYouError
        if request.method not in READING:
            _check_form()

    return guard


def accepts_upload(limit: int) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Let the decorated view receive up to `limit` bytes. It stands above the route's decorator's function."""

    def mark(view: Callable[..., object]) -> Callable[..., object]:
        view.upload_limit = limit  # type: ignore[attr-defined] # read back by the guard below
        return view

    return mark


def current() -> SessionInfo:
    """The session of this request. Raises `NobodyError` where the guard found none, or did not run."""
    info = visitor()
    if info is None:
        raise NobodyError
    return info


def visitor() -> SessionInfo | None:
    """The session that the guard found, if it ran and found one."""
    return cast("SessionInfo | None", g.get("session_info"))


def session_tokens() -> list[str]:
    """The different tokens among the two cookies: one as a rule; two if they disagree, which is nobody."""
    cookies = request.cookies
    given = [token for name in (COOKIE, PARTITIONED_COOKIE) for token in cookies.getlist(name)]
    return list(dict.fromkeys(given))


def set_session(response: Response, token: str) -> None:
    """Give the browser its session, as a plain cookie and as one partitioned by the site that frames us."""
    for name, partitioned in ((COOKIE, False), (PARTITIONED_COOKIE, True)):
        set_cookie(response, name, token, lifetime=sessions.LONGEST, partitioned=partitioned)


def clear_session(response: Response) -> None:
    """Take the session away from the browser."""
    for name, partitioned in ((COOKIE, False), (PARTITIONED_COOKIE, True)):
        response.delete_cookie(name, secure=True, httponly=True, samesite="None", partitioned=partitioned)


def csrf_field() -> Markup:
    """The hidden field that binds a form to whoever the page was made for (`sessions.form_owner`)."""
    token = toolbox().vault.fingerprint(_form_owner(), CSRF_FIELD)
    return Markup(f'<input type="hidden" name="{CSRF_FIELD}" value="{token}">')  # noqa: S704 - 32 hexadecimal digits


def current_token() -> str:
    """The token of the session of this request."""
    current()
    return cast(str, g.session_token)


def allow(directive: str, *sources: str) -> None:
    """Widen the content security policy of this one answer, as `allow("form-action", "https://lms.example")`."""
    g.setdefault("csp", {}).setdefault(directive, []).extend(sources)


def frame_for(origin: str) -> None:
    """Let this platform's pages frame this one answer, on pages that no session guards."""
    allow("frame-ancestors", *hosts.framing(origin))


def init_app(app: Flask) -> None:
    """Set limits, headers and the template function `csrf_field`."""
    app.config["MAX_CONTENT_LENGTH"] = FORM_LIMIT
    app.jinja_env.globals["csrf_field"] = csrf_field
    app.after_request(_add_headers)


def _identify() -> SessionInfo:
    tokens = session_tokens()
    if not tokens:
        raise NobodyError
    if request.method in READING:
        info = sessions.find(db(), tokens, now())
    else:  # a short session of its own: the view may have to work without an open transaction
        with toolbox().database.read() as session:
            info = sessions.find(session, tokens, now())
    if info is None:
        raise NobodyError
    g.session_info, g.session_token = info, tokens[0]
    return info


def _check_form() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    request.max_content_length = getattr(view, "upload_limit", FORM_LIMIT)
    given = request.form.get(CSRF_FIELD, "")
    expected = toolbox().vault.fingerprints(_form_owner(), CSRF_FIELD)
    if not any(hmac.compare_digest(given.encode(), each.encode()) for each in expected):
        raise StaleFormError


def _form_owner() -> str:
    return sessions.form_owner(current(), current_token())


def _add_headers(response: Response) -> Response:
    headers = response.headers
    if request.endpoint == "static" and response.status_code < 400:
        headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
    headers.setdefault("Cache-Control", "no-store")
    headers.add("Content-Security-Policy", _policy())
    if toolbox().settings.base_url.startswith("https:"):
        headers.add("Strict-Transport-Security", "max-age=31536000")
    headers.add("Vary", "Accept-Language")
    return response


def _policy() -> str:
    """Only our own files, nothing inline; framed by the platform that the person came from and by no one else."""
    added: dict[str, list[str]] = app_ctx.g.get("csp", {})
    framing = added["frame-ancestors"] if "frame-ancestors" in added else _platform_origins()
    changed = {**added, "frame-ancestors": [*toolbox().settings.frame_ancestors, *framing]}
    return _written(tuple((name, *sources) for name, sources in changed.items()))


@lru_cache(512)
def _written(changed: tuple[tuple[str, ...], ...]) -> str:
    """The policy with these directives, each with the sources that it has beside our own: few, one per platform."""
    names = {name for name, *_ in changed}
    kept = [f"{directive} {source}" for directive, source in _SOURCES.items() if directive not in names]
    return "; ".join([*kept, *(_directive(name, sources) for name, *sources in changed)])


def _directive(name: str, more: list[str]) -> str:
    present = _SOURCES.get(name, _NOTHING)
    return " ".join(dict.fromkeys([name, *([] if present == _NOTHING else [present]), *more]))


def _platform_origins() -> list[str]:
    """Origins of the session's platform.

    A page for nobody is an error page that holds no data and no form; so that it can be read in the frame where it
    appears, any active platform may frame it.
    """
    info = visitor()
    if info is not None:
        return list(hosts.framing(info.platform_auth_url))
    active = select(Platform.auth_url).where(Platform.status == ACTIVE).limit(MOST_FRAMING_PLATFORMS)
    try:
        with toolbox().database.read() as session:
            urls = session.scalars(active).all()
    except SQLAlchemyError:
        return []
    return [source for url in urls for source in hosts.framing(url)]
