"""What only an administrator of the school does: importing the register of learners."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from lti_tool.errors import N_
from lti_tool.schools import faults, imports, register
from lti_tool.schools.imports import ImportReport
from lti_tool.web import staff_pages
from lti_tool.web.i18n import gettext
from lti_tool.web.security import accepts_upload, current
from lti_tool.web.toolbox import db, now, toolbox

blueprint = Blueprint("administrator", __name__, url_prefix="/orga/eleves")
blueprint.before_request(staff_pages.guard)

LARGEST_UPLOAD = 100 * 1024 * 1024
"""Bytes of a request with a file of learners."""
NO_FILE = N_("Choisissez le fichier que SIECLE vous a donné.")


@blueprint.get("/importer")
def import_form() -> str:
    """Where the file comes from, and the field for it."""
    last = register.last_import(db(), current().school.id)
    return render_template("administrator/import.html", last=last, report=None, faults={})


@accepts_upload(LARGEST_UPLOAD)
@blueprint.post("/importer")
def import_file() -> str | tuple[str, int]:
    """Import the file: the register becomes what it says, or stays as it was and every fault is shown.

    The import has transactions of its own, so this view opens none before.
    """
    file, info = request.files.get("fichier"), current()
    if file is None or not file.filename:
        form_faults = {"fichier": gettext(NO_FILE)}
        return render_template("administrator/import.html", last=None, report=None, faults=form_faults), 422
    report = imports.import_file(
        toolbox().database,
        info.school.id,
        file.stream,
        now=now(),
        person_id=info.person_id,
        confirm_deactivations="confirmation" in request.form,
    )
    if report.status == "imported":
        return render_template("administrator/imported.html", report=report)
    page = render_template(
        "administrator/import.html", last=None, report=report, faults={}, unconfirmed=_is_unconfirmed(report)
    )
    return page, 422


def _is_unconfirmed(report: ImportReport) -> bool:
    """Whether the file is good, but more learners than usual would be deactivated."""
    return [fault.code for fault in report.faults] == [faults.TOO_MANY_DEACTIVATIONS]
