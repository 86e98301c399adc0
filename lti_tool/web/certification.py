"""Certification: who is certifiable and what the others lack, division by division."""

from __future__ import annotations

from flask import Blueprint, render_template

from lti_tool.assessment.engine.pix import CERTIFIABLE_COMPETENCES, CERTIFIABLE_LEVEL
from lti_tool.campaigns import certification
from lti_tool.schools import divisions
from lti_tool.web import staff_pages
from lti_tool.web.i18n import gettext
from lti_tool.web.security import current
from lti_tool.web.toolbox import db

blueprint = Blueprint("certification", __name__, url_prefix="/orga/certification")
blueprint.before_request(staff_pages.guard)


@blueprint.get("")
def candidates() -> str:
    """The pupils of a division, or of the school a page at a time."""
    school_id, division = current().school.id, staff_pages.filter_text("classe")
    found = certification.candidates(db(), school_id, division=division, page=staff_pages.page_number())
    return render_template(
        "teacher/certification.html",
        page=found,
        division=division,
        divisions=[
            ("", gettext("Toutes les classes")),
            *((name, name) for name in divisions.names(db(), school_id)),
        ],
        needed=CERTIFIABLE_COMPETENCES,
        level=CERTIFIABLE_LEVEL,
    )
