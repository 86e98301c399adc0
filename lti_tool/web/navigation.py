"""What the head of each page says: who is there, in which school, and where they can go."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from urllib.parse import urlencode

from flask import Flask, request, url_for

from lti_tool.schools.models import ADMINISTRATOR, GUEST, PUPIL, TEACHER
from lti_tool.web import security
from lti_tool.web.i18n import gettext


@dataclass(frozen=True)
class Entry:
    """One entry of the menu; `section` is what a page of that part sets."""

    section: str
    label: str
    url: str


@dataclass(frozen=True)
class Visitor:
    """Who the page is for, as its head shows it."""

    name: str
    school: str
    home: str | None
    menu: tuple[Entry, ...]


def current_visitor() -> Visitor | None:
    """Who the guard let in; None on public pages and for nobody."""
    info = security.visitor()
    if info is None:
        return None
    menu = _menu(info.role)
    name = " ".join(part for part in (info.given_name, info.family_name) if part)
    school = "" if info.role == GUEST else info.school.name  # who has no role here is shown nothing of the school
    return Visitor(name, school, menu[0].url if menu else None, menu)


def page_url(number: int) -> str:
    """The address of another page of the list that is shown, its filters kept."""
    return f"{request.path}?{urlencode({**request.args, 'page': str(number)})}"


def init_app(app: Flask) -> None:
    """Give the templates `current_visitor`, `page_url` and `static_file`, a file's address, which never changes."""

    @cache
    def static_file(name: str) -> str:
        return url_for("static", filename=name)

    app.jinja_env.globals.update(current_visitor=current_visitor, page_url=page_url, static_file=static_file)


def _menu(role: str) -> tuple[Entry, ...]:
    if role == PUPIL:
        return (
            Entry("parcours", gettext("Parcours"), "/campagnes"),
            Entry("profil", gettext("Compétences"), "/profil"),
            Entry("tutos", gettext("Mes tutos"), "/profil/tutos"),
            Entry("certification", gettext("Certification"), "/profil/certification"),
        )
    if role in (TEACHER, ADMINISTRATOR):
        entries = (
            Entry("campagnes", gettext("Campagnes"), "/orga/campagnes"),
            Entry("eleves", gettext("Élèves"), "/orga/eleves"),
            Entry("certification", gettext("Certification"), "/orga/certification"),
            Entry("equipe", gettext("Équipe"), "/orga/equipe"),
        )
        connections = Entry("connexions", gettext("Connexions"), "/orga/connexions")
        return (*entries, connections) if role == ADMINISTRATOR else entries
    return ()
