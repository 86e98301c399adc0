"""Languages and clocks of the pages: French, or English for a browser that asks for it; the school's own time zone."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import cast

import flask_babel  # type: ignore[import-untyped] # it ships no types; the other modules use these functions
from babel.support import Translations
from flask import Flask, request
from flask.globals import app_ctx
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from lti_tool.web import security

LANGUAGES = ("fr", "en")
DEFAULT_TIME_ZONE = "Europe/Paris"
TRANSLATIONS = Path(__file__).with_name("translations")


def gettext(message: str, **params: object) -> str:
    """The message in the page's language, its `%(name)s` places filled."""
    said = _catalogue().gettext(message)
    return said % params if params else said


def ngettext(one: str, several: str, number: int, **params: object) -> str:
    """As `gettext`, in the singular or the plural; `%(num)s` is the number."""
    return _catalogue().ngettext(one, several, number) % {"num": number, **params}


def day(instant: datetime | date) -> str:
    """The calendar day in the school's zone: "23 novembre 2026"."""
    return str(flask_babel.format_date(instant, "long"))


def moment(instant: datetime) -> str:
    """Day and minute in the school's zone: "23 novembre 2026 à 10:30"."""
    time = flask_babel.format_time(instant, "HH:mm")
    return gettext("%(day)s à %(time)s", day=day(instant), time=time)


def page_language() -> str:
    """The language of this page, for its `lang`."""
    here = app_ctx.g
    chosen = here.get("language")
    if chosen is None:
        chosen = here.language = request.accept_languages.best_match(LANGUAGES, default=LANGUAGES[0])
    return str(chosen)


def init_app(app: Flask) -> None:
    """Choose language and zone for each request; give the templates `day`, `moment` and `page_language`."""
    flask_babel.Babel(
        app,
        default_locale=LANGUAGES[0],
        default_timezone=DEFAULT_TIME_ZONE,
        locale_selector=page_language,
        timezone_selector=_time_zone,
    )
    app.jinja_env.globals.update({"page_language": page_language, "_": _in_template, "gettext": _in_template})
    app.jinja_env.filters.update(day=day, moment=moment)


def _catalogue() -> NullTranslations:
    """The sentences of this page, found once per request: Flask-Babel would choose among them for each sentence."""
    try:
        here = app_ctx.g
    except RuntimeError:
        return NullTranslations()
    found = here.get("catalogue")
    if found is None:
        found = here.catalogue = _translations(page_language())
    return cast(NullTranslations, found)


@cache
def _translations(language: str) -> NullTranslations:
    return Translations.load(str(TRANSLATIONS), [language])


@pass_eval_context
def _in_template(context: EvalContext, message: str, /, **params: object) -> str:
    """`_` as templates have it: the sentence is safe, what fills its places is escaped, and `%%` is always one `%`."""
    said = _catalogue().gettext(message)
    if context.autoescape:
        said = Markup(said)  # noqa: S704 - a sentence of ours
    return said % params if "%" in said else said


def _time_zone() -> str:
    info = security.visitor()
    return info.school.time_zone if info else DEFAULT_TIME_ZONE
