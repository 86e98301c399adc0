"""Files to take away, as CSV or for a double click as OpenDocument: results, and who can be certified."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from lti_tool.campaigns import campaigns, certification, exports, sheets
from lti_tool.campaigns.exports import Table
from lti_tool.campaigns.sheets import Rows
from lti_tool.database import Database
from lti_tool.schools import audit
from lti_tool.schools.schools import SchoolRef
from lti_tool.web import staff_pages
from lti_tool.web.security import current
from lti_tool.web.staff_pages import ROW_ID
from lti_tool.web.toolbox import db, now, toolbox

blueprint = Blueprint("exports", __name__, url_prefix="/orga")
blueprint.before_request(staff_pages.guard)

LONGEST_NAME = 60
CSV, ODS = "csv", "ods"
FORMATS = f"any({CSV},{ODS})"
SHEETS = {"Resultats": "Résultats", "Certification": "Certification"}
"""The one sheet of an OpenDocument file, by how the file's name begins."""


@blueprint.post(f"/campagnes/<{ROW_ID}:campaign_id>/resultats.<{FORMATS}:kind>")
def of_campaign(campaign_id: int, kind: str) -> Response:
    """One campaign's results, every sending. That they were taken stands in the audit trail."""
    school = current().school
    campaign = campaigns.get(db(), school.id, campaign_id)
    table, name = Table.of_campaign(school, campaign), f"Resultats-{_plain(campaign.name)}-{campaign.id}"
    return _file(lambda session: exports.rows(session, table), name, kind, "results.exported", campaign=campaign.id)


@blueprint.post(f"/campagnes/resultats.<{FORMATS}:kind>")
def of_school(kind: str) -> Response:
    """The results of all campaigns of the school."""
    table = Table.of_school(current().school)
    name = f"Resultats-{table.school.uai}"
    return _file(lambda session: exports.rows(session, table), name, kind, "results.exported", campaign=None)


@blueprint.post(f"/certification.<{FORMATS}:kind>")
def of_certification(kind: str) -> Response:
    """Who of a division, or of the school, is certifiable, and what the others lack."""
    school_id, division = current().school.id, staff_pages.one_line(request.form.get("classe", ""))
    name = f"Certification-{_plain(division or current().school.uai)}"
    return _file(lambda session: certification.rows(session, school_id, division), name, kind, "certification.exported")


def _file(rows: Callable[[Session], Rows], name: str, kind: str, action: str, **detail: int | str | None) -> Response:
    """The file, written while it is sent, in a transaction of its own that begins once this request's has ended.

    That it was taken stands in the audit trail.
    """
    info = current()
    audit.record(db(), action, now(), school_id=info.school.id, person_id=info.person_id, **detail)
    pieces = _pieces(toolbox().database, rows, kind, name.partition("-")[0])
    file_name = f"{name}-{_day(now(), info.school)}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"', "X-Accel-Buffering": "no"}
    return Response(pieces, content_type=sheets.CSV_TYPE if kind == CSV else sheets.ODS_TYPE, headers=headers)


def _pieces(database: Database, rows: Callable[[Session], Rows], kind: str, sheet: str) -> Iterator[bytes]:
    with database.snapshot() as session:
        found = rows(session)
        yield from sheets.csv(found) if kind == CSV else sheets.ods(found, SHEETS[sheet])


def _plain(name: str) -> str:
    """A part of a file's name that no system stumbles over."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", letters).strip("-")[:LONGEST_NAME] or "campagne"


def _day(instant: datetime, school: SchoolRef) -> str:
    return f"{instant.astimezone(ZoneInfo(school.time_zone)):%Y-%m-%d}"
