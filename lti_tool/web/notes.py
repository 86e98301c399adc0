"""*Notes dans l'ENT*: the class of each course that holds the campaign, what its gradebook has, and sending again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.campaigns import campaigns, follow_up
from lti_tool.campaigns.models import Campaign
from lti_tool.errors import N_, RefusedError
from lti_tool.grades import classes, comparison, desired, views
from lti_tool.grades.views import ColumnView
from lti_tool.web import staff_pages
from lti_tool.web.i18n import gettext, page_language
from lti_tool.web.security import current
from lti_tool.web.staff_pages import ROW_ID
from lti_tool.web.toolbox import db, now, toolbox

blueprint = Blueprint("notes", __name__, url_prefix=f"/orga/campagnes/<{ROW_ID}:campaign_id>/notes")
blueprint.before_request(staff_pages.guard)


class UnknownColumnError(RefusedError):
    """No such column of this campaign."""

    code = "COLONNE"
    status = 404
    sentence = N_("Cette colonne n’est pas celle d’une activité de la campagne.")
    advice = N_("Revenez aux notes de la campagne.")


@blueprint.get("")
def grades(campaign_id: int) -> str:
    """One course's class, pupil by pupil; the first course's where the address names none."""
    campaign = _campaign(campaign_id)
    columns = views.columns(db(), campaign.id)
    column = _chosen(columns, request.args.get("colonne", type=staff_pages.row_id))
    page = never_came = None
    if column is not None:
        school_id = current().school.id
        page = classes.pupils(db(), column.line_item_id, school_id, page=staff_pages.page_number())
        never_came = classes.never_came(db(), column.line_item_id)
    return render_template(
        "teacher/notes.html",
        campaign=campaign,
        overview=follow_up.overview(db(), campaign.id),
        columns=columns,
        column=column,
        page=page,
        never_came=never_came,
        comparison=request.args.get("comparaison"),
    )


@blueprint.post("/renvoi")
def resend(campaign_id: int) -> Response:
    """Send again: one pupil's grade, or all of a column that wait or were refused."""
    campaign = _campaign(campaign_id)
    column = _named_column(campaign)
    learner_id = staff_pages.row_id(request.form.get("eleve", ""))
    desired.resend(db(), now(), campaign_id=campaign.id, learner_id=learner_id, line_item_id=column.line_item_id)
    return _back(campaign, column)


@blueprint.post("/comparaison")
def compare(campaign_id: int) -> Response:
    """Read what the gradebook itself shows. The platform is asked before this request opens its own transaction."""
    tools, info = toolbox(), current()
    with tools.database.read() as session:
        campaign = campaigns.get(session, info.school.id, campaign_id)
        column = _chosen(views.columns(session, campaign.id), staff_pages.row_id(request.form.get("colonne", "")))
    if column is None:
        raise UnknownColumnError
    read = comparison.compare(tools.database, tools.services, column.line_item_id, campaign.id, tools.clock)
    return _back(campaign, column, comparaison="faite" if read else "impossible")


@blueprint.app_template_filter("minute")
def minute(instant: datetime) -> str:
    """Day and minute in the school's zone, without the year: "12 mars à 10 h 04"."""
    language, local = page_language(), instant.astimezone(ZoneInfo(current().school.time_zone))
    time = format_time(local, "H 'h' mm" if language == "fr" else "HH:mm", locale=language)
    return gettext("%(day)s à %(time)s", day=format_date(local, "d MMMM", locale=language), time=time)


def _campaign(campaign_id: int) -> Campaign:
    return campaigns.get(db(), current().school.id, campaign_id)


def _chosen(columns: Sequence[ColumnView], line_item_id: int | None) -> ColumnView | None:
    if line_item_id is None:
        return columns[0] if columns else None
    found = next((column for column in columns if column.line_item_id == line_item_id), None)
    if found is None:
        raise UnknownColumnError
    return found


def _named_column(campaign: Campaign) -> ColumnView:
    line_item_id = staff_pages.row_id(request.form.get("colonne", ""))
    column = _chosen(views.columns(db(), campaign.id), line_item_id)
    if column is None:
        raise UnknownColumnError
    return column


def _back(campaign: Campaign, column: ColumnView, **told: str) -> Response:
    page = request.form.get("page", "")
    query = {"colonne": str(column.line_item_id), **({"page": page} if staff_pages.row_id(page) else {}), **told}
    return redirect(f"{url_for('notes.grades', campaign_id=campaign.id)}?{urlencode(query)}", 303)
