"""What only an administrator of the school does: the pupils' list from a file, checked first, and what imports did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.campaigns import sheets
from lti_tool.errors import N_
from lti_tool.schools import audit, generic, history, reading, register, uploads
from lti_tool.schools.faults import Fault, FileError
from lti_tool.schools.uploads import ConfirmationError, Sight, State
from lti_tool.web import security, staff_pages
from lti_tool.web.i18n import gettext
from lti_tool.web.security import accepts_upload, current
from lti_tool.web.staff_pages import ROW_ID
from lti_tool.web.toolbox import db, now, toolbox

blueprint = Blueprint("administrator", __name__, url_prefix="/orga/eleves")
blueprint.before_request(staff_pages.guard)

LARGEST_UPLOAD = 100 * 1024 * 1024
"""Bytes of a request with a file of learners; what the file may hold is a setting."""
NO_FILE = N_("Choisissez le fichier des élèves.")
NO_TICK = N_("Cochez la case pour confirmer ces départs.")
COLUMN_FIELD = "colonne-"
"""Names of the form's fields that say which column holds what."""


@blueprint.get("/importer")
def import_form() -> str:
    """Where the file comes from, and the field for it."""
    return _form({})


@accepts_upload(LARGEST_UPLOAD)
@blueprint.post("/importer")
def give_file() -> Response | tuple[str, int]:
    """Keep the file for the worker to read, and lead on to where its progress stands."""
    file, info = request.files.get("fichier"), current()
    if file is None or not file.filename:
        return _form({"fichier": gettext(NO_FILE)}), 422
    limits = reading.in_browser(toolbox().settings.largest_import_mb)
    try:
        upload_id = uploads.store(
            db(), info.school.id, info.person_id, file.filename, file.stream, now(), limits=limits
        )
    except FileError as error:
        return _form({"fichier": gettext(error.fault.sentence)}), 422
    return redirect(url_for("administrator.upload", upload_id=upload_id), 303)


@blueprint.get("/importer/modele.csv")
def template() -> Response:
    """The table that other schools fill."""
    headers = {"Content-Disposition": 'attachment; filename="modele-eleves.csv"'}
    return Response(generic.template(), content_type=sheets.CSV_TYPE, headers=headers)


@blueprint.get(f"/importer/<{ROW_ID}:upload_id>")
def upload(upload_id: int) -> str:
    """Where the file stands: being read, refused with its faults, waiting for a yes, or imported."""
    sight = uploads.see(db(), current().school.id, upload_id)
    if sight.state in uploads.WORKING:
        security.allow("connect-src", "'self'")  # the page asks again by itself
    return _page(sight)


@blueprint.post(f"/importer/<{ROW_ID}:upload_id>/colonnes")
def choose_columns(upload_id: int) -> Response | tuple[str, int]:
    """Which column holds what, as the head says."""
    school_id = current().school.id
    sight = uploads.see(db(), school_id, upload_id)
    columns = _columns(len(sight.header))
    missing = [field.name for field in generic.FIELDS if field.required and field.name not in columns]
    faults = {COLUMN_FIELD + name: gettext("Choisissez une colonne.") for name in missing}
    if len(set(columns.values())) < len(columns):
        faults |= {COLUMN_FIELD + name: gettext("Cette colonne est choisie deux fois.") for name in _doubles(columns)}
    if faults:
        return _page(sight, faults, columns), 422
    uploads.choose_columns(db(), school_id, upload_id, columns, now())
    return redirect(url_for("administrator.upload", upload_id=upload_id), 303)


@blueprint.post(f"/importer/<{ROW_ID}:upload_id>/confirmation")
def confirm(upload_id: int) -> Response | tuple[str, int]:
    """Import what was shown."""
    school_id = current().school.id
    try:
        uploads.confirm(db(), school_id, upload_id, now(), deactivations="confirmation" in request.form)
    except ConfirmationError:
        return _page(uploads.see(db(), school_id, upload_id), {"confirmation": gettext(NO_TICK)}), 422
    return redirect(url_for("administrator.upload", upload_id=upload_id), 303)


@blueprint.post(f"/importer/<{ROW_ID}:upload_id>/abandon")
def give_up(upload_id: int) -> Response:
    """Erase the file; nothing was changed."""
    uploads.give_up(db(), current().school.id, upload_id, now())
    return redirect(url_for("administrator.import_form"), 303)


@blueprint.get(f"/importer/<{ROW_ID}:upload_id>/erreurs.csv")
def fault_file(upload_id: int) -> Response:
    """Everything that is wrong with the file, to correct it line by line."""
    faults = uploads.faults_of(db(), current().school.id, upload_id, page=None)
    heading = [gettext("Ligne"), gettext("Élève"), gettext("INE"), gettext("Ce qu’il faut faire"), gettext("Code")]
    rows = [[fault.line or "", fault.pupil or "", fault.ine or "", words(fault), fault.code] for fault in faults]
    headers = {"Content-Disposition": 'attachment; filename="erreurs.csv"'}
    return Response(sheets.csv([heading, *rows]), content_type=sheets.CSV_TYPE, headers=headers)


@blueprint.get("/imports")
def import_list() -> str:
    """Who imported what, when, with what effect."""
    school_id, page = current().school.id, staff_pages.page_number()
    total = history.count(db(), school_id)
    pages = staff_pages.pages_of(total, history.PER_PAGE)
    page = min(page, pages)
    imports = history.listing(db(), school_id, page=page)
    return render_template("administrator/imports.html", imports=imports, total=total, page=page, pages=pages)


@blueprint.get(f"/imports/<{ROW_ID}:import_id>")
def import_page(import_id: int) -> str:
    """One import, and what it did to each learner, of one kind of change at a time."""
    done = history.one(db(), current().school.id, import_id)
    kinds = [kind for kind in history.KINDS if done.counts.get(kind)]
    kind = staff_pages.filter_text("changement")
    kind = kind if kind in kinds else kinds[0] if kinds else history.ADDED
    pages = staff_pages.pages_of(done.counts.get(kind, 0), history.PER_PAGE)
    page = min(staff_pages.page_number(), pages)
    return render_template(
        "administrator/import.html",
        done=done,
        kinds=kinds,
        kind=kind,
        changes=history.changes(db(), done, kind, page=page),
        labels={field.name: gettext(field.label) for field in generic.FIELDS},
        page=page,
        pages=pages,
    )


@blueprint.get("/journal")
def trail() -> str:
    """The audit trail of the school: who did what to whom."""
    school_id = current().school.id
    pages = staff_pages.pages_of(audit.count(db(), school_id), audit.PER_PAGE)
    page = min(staff_pages.page_number(), pages)
    events = audit.trail(db(), school_id, page=page)
    return render_template("administrator/trail.html", events=events, page=page, pages=pages)


def words(fault: Fault) -> str:
    """What is wrong and what to do, in the page's language."""
    return gettext(fault.sentence) % {"column": fault.column or ""}


def _form(faults: Mapping[str, str]) -> str:
    school_id = current().school.id
    return render_template(
        "administrator/give.html",
        last=register.last_import(db(), school_id),
        unfinished=uploads.unfinished(db(), school_id),
        largest=toolbox().settings.largest_import_mb,
        faults=faults,
    )


def _page(sight: Sight, faults: Mapping[str, str] | None = None, columns: Mapping[str, int] | None = None) -> str:
    shown = uploads.faults_of(db(), current().school.id, sight.id, page=staff_pages.page_number())
    return render_template(
        "administrator/upload.html",
        upload=sight,
        is_working=sight.state in uploads.WORKING,
        found=[(fault, words(fault)) for fault in shown] if sight.state is State.REFUSED else [],
        page=staff_pages.page_number(),
        pages=staff_pages.pages_of(sight.faults, uploads.PER_PAGE),
        fields=[(COLUMN_FIELD + each.name, gettext(each.label), each.required, each.name) for each in generic.FIELDS],
        options=[("", gettext("aucune")), *enumerate(sight.header)],
        columns=sight.columns if columns is None else columns,
        faults=faults or {},
    )


def _columns(width: int) -> dict[str, int]:
    """Which column the form says for each field; what it leaves open is left out."""
    chosen = {}
    for field in generic.FIELDS:
        place = request.form.get(COLUMN_FIELD + field.name, "")
        if place.isascii() and place.isdigit() and int(place[:6]) < width:
            chosen[field.name] = int(place)
    return chosen


def _doubles(columns: Mapping[str, int]) -> Iterable[str]:
    places = list(columns.values())
    return [name for name, place in columns.items() if places.count(place) > 1]
