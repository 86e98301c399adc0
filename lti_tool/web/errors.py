"""The one error page: what happened, the one thing to do next, a short code, and a reference that the log also has."""

from __future__ import annotations

import logging
import secrets
import traceback
from dataclasses import dataclass

from flask import Flask, Response, make_response, render_template, request
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from lti_tool import logs
from lti_tool.errors import N_, RefusedError, ToolError, UnavailableError
from lti_tool.web.i18n import gettext
from lti_tool.web.navigation import current_visitor
from lti_tool.web.toolbox import roll_back

log = logging.getLogger(__name__)

HTTP_SENTENCES = {
    404: N_("Cette page n’existe pas."),
    405: N_("Cette page ne s’ouvre pas de cette façon."),
    413: N_("Ce que vous envoyez est trop gros."),
    431: N_("Ce que vous envoyez est trop gros."),
}


class DatabaseDownError(UnavailableError):
    """The database does not answer."""

    code = "BASE"
    sentence = N_("La Passerelle ne répond pas pour le moment.")
    advice = N_("Attendez quelques minutes, puis recommencez.")


class ChangedMeanwhileError(RefusedError):
    """Two people changed the same thing at once; the second is told."""

    code = "MODIFIE"
    status = 409
    sentence = N_("Quelqu’un d’autre a modifié cette page en même temps que vous.")
    advice = N_("Revenez à la page précédente, rechargez-la, puis recommencez.")


def init_app(app: Flask) -> None:
    app.register_error_handler(ToolError, _told)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


@dataclass(frozen=True, slots=True)
class WayOn:
    """The one button of an error page; `leaves_frame` where it leads out of the frame that we are shown in."""

    url: str
    label: str
    leaves_frame: bool = False


def error_page(error: ToolError, way_on: WayOn | None = None) -> Response:
    """The page of an error, logged; also for those who catch it themselves."""
    return _page(error, logging.ERROR if error.status >= 500 else logging.INFO, way_on=way_on)


def _told(error: ToolError) -> Response:
    roll_back(error)
    return error_page(error)


def _http(error: HTTPException) -> Response | HTTPException:
    roll_back(error)
    if error.code is None or error.code < 400:
        return error  # werkzeug's own redirects
    told = RefusedError(code=f"E{error.code}", status=error.code, sentence=HTTP_SENTENCES.get(error.code))
    page = _page(told, logging.INFO, offer_home=True)
    for name in ("Allow", "Retry-After"):
        if name in (given := error.get_response().headers):
            page.headers[name] = given[name]
    return page


def _unexpected(error: Exception) -> Response:
    roll_back(error)
    if isinstance(error, OperationalError):
        return _page(DatabaseDownError(), logging.ERROR, cause=error)
    if isinstance(error, StaleDataError):
        return _page(ChangedMeanwhileError(), logging.INFO)
    return _page(ToolError(code="E500", status=500), logging.ERROR, offer_home=True, cause=error)


def _page(
    error: ToolError,
    level: int,
    *,
    offer_home: bool = False,
    cause: Exception | None = None,
    way_on: WayOn | None = None,
) -> Response:
    reference = secrets.token_hex(4)
    logs.event(
        log,
        "request.refused" if level < logging.ERROR else "request.failed",
        level,
        code=error.code,
        status=error.status,
        reference=reference,
        endpoint=request.endpoint,
        clause=error.clause,
        cause=type(cause).__name__ if cause else None,
        where=_frames(cause) if cause else None,
    )
    visitor = current_visitor() if offer_home else None
    if visitor and visitor.home:
        way_on = WayOn(visitor.home, gettext("Revenir à l’accueil"))
    page = render_template(
        "error.html",
        sentence=gettext(error.sentence) % error.params,
        advice=gettext(error.advice) % error.params,
        code=error.code,
        reference=reference,
        way_on=way_on,
    )
    return make_response(page, error.status)


def _frames(error: Exception) -> str:
    """Where it was raised, without its message: a database error's message holds the values of the statement."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return ">".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames)
