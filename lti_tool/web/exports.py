"""Results to take away: a campaign's or the whole school's, as CSV or for a double click as OpenDocument."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Response

from lti_tool.campaigns import campaigns, exports, sheets
from lti_tool.campaigns.exports import Table
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


@blueprint.post(f"/campagnes/<{ROW_ID}:campaign_id>/resultats.<{FORMATS}:kind>")
def of_campaign(campaign_id: int, kind: str) -> Response:
    """One campaign's results, every sending. That they were taken stands in the audit trail."""
    school = current().school
    campaign = campaigns.get(db(), school.id, campaign_id)
    return _file(Table.of_campaign(school, campaign), f"{campaign.name}-{campaign.id}", kind)


@blueprint.post(f"/campagnes/resultats.<{FORMATS}:kind>")
def of_school(kind: str) -> Response:
    """The results of all campaigns of the school."""
    school = current().school
    return _file(Table.of_school(school), school.uai, kind)


def _file(table: Table, name: str, kind: str) -> Response:
    """The file, written while it is sent, in a transaction of its own that begins once this request's has ended."""
    info = current()
    audit.record(
        db(), "results.exported", now(), school_id=info.school.id, person_id=info.person_id, campaign=table.campaign_id
    )
    pieces = _pieces(toolbox().database, table, kind)
    file_name = f"Resultats-{_plain(name)}-{_day(now(), info.school)}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"', "X-Accel-Buffering": "no"}
    return Response(pieces, content_type=sheets.CSV_TYPE if kind == CSV else sheets.ODS_TYPE, headers=headers)


def _pieces(database: Database, table: Table, kind: str) -> Iterator[bytes]:
    with database.read() as session:
        rows = exports.rows(session, table)
        yield from sheets.csv(rows) if kind == CSV else sheets.ods(rows, "Résultats")


def _plain(name: str) -> str:
    """A part of a file's name that no system stumbles over."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", letters).strip("-")[:LONGEST_NAME] or "campagne"


def _day(instant: datetime, school: SchoolRef) -> str:
    return f"{instant.astimezone(ZoneInfo(school.time_zone)):%Y-%m-%d}"
