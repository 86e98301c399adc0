"""What is held about somebody: to read, to take away as JSON, and whom to ask about it."""

from __future__ import annotations

from flask import Blueprint, jsonify, render_template
from werkzeug.wrappers import Response

from lti_tool.grades import held
from lti_tool.grades.held import Section
from lti_tool.schools.models import ADMINISTRATOR, GUEST, PUPIL, TEACHER
from lti_tool.web import security
from lti_tool.web.i18n import gettext
from lti_tool.web.security import NotForYouError, current
from lti_tool.web.staff_pages import ROW_ID
from lti_tool.web.toolbox import db

blueprint = Blueprint("held", __name__, url_prefix="/donnees")
blueprint.before_request(security.only(PUPIL, TEACHER, ADMINISTRATOR, GUEST))


@blueprint.get("")
@blueprint.get(f"/<{ROW_ID}:person_id>")
def page(person_id: int | None = None) -> str:
    """One's own data; an administrator's look at a pupil of the school."""
    return render_template(
        "held.html",
        sections=_sections(person_id),
        labels=_labels(),
        person_id=person_id,
        school=current().school.name if current().role != GUEST else None,
    )


@blueprint.get("/export.json")
@blueprint.get(f"/<{ROW_ID}:person_id>/export.json")
def export(person_id: int | None = None) -> Response:
    """The same, complete, as a file."""
    answer = jsonify(held.as_json(_sections(person_id)))
    answer.headers["Content-Disposition"] = 'attachment; filename="donnees-pix.json"'
    return answer


def _labels() -> dict[str, str]:
    """The columns that are read on the page itself, in their order."""
    return {
        "given_name": gettext("Prénom"),
        "family_name": gettext("Nom"),
        "first_name": gettext("Prénom"),
        "last_name": gettext("Nom"),
        "preferred_last_name": gettext("Nom d’usage"),
        "birthdate": gettext("Date de naissance"),
        "division": gettext("Classe"),
        "ine": gettext("INE"),
        "sub": gettext("Identifiant donné par l’ENT"),
    }


def _sections(person_id: int | None) -> tuple[Section, ...]:
    info = current()
    if person_id in (None, info.person_id):
        return held.of_person(db(), info.person_id)
    if info.role != ADMINISTRATOR:
        raise NotForYouError
    return held.for_school(db(), person_id or 0, info.school.id)
