"""Languages and clocks of the pages: French, or English for a browser that asks for it; the school's own time zone."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, request
from flask_babel import Babel, get_locale

from lti_tool.web import security

LANGUAGES = ("fr", "en")
DEFAULT_TIME_ZONE = "Europe/Paris"
TRANSLATIONS = Path(__file__).with_name("translations")


def page_language() -> str:
    """The language of this page, for its `lang`."""
    locale = get_locale()
    return locale.language if locale else LANGUAGES[0]


def init_app(app: Flask) -> None:
    Babel(
        app,
        default_locale=LANGUAGES[0],
        default_translation_directories=str(TRANSLATIONS),
        default_timezone=DEFAULT_TIME_ZONE,
        locale_selector=_language,
        timezone_selector=_time_zone,
    )
    app.jinja_env.globals["page_language"] = page_language


def _language() -> str:
    return request.accept_languages.best_match(LANGUAGES, default=LANGUAGES[0])


def _time_zone() -> str:
    info = security.visitor()
    return info.school.time_zone if info else DEFAULT_TIME_ZONE
