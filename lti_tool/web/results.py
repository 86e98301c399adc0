"""Following a campaign: its activity, its results, one pupil's, and the analysis by topic."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.campaigns import analysis, bands, campaigns, follow_up, progress, results
from lti_tool.campaigns.models import Campaign
from lti_tool.campaigns.results import Filter
from lti_tool.schools import divisions
from lti_tool.web import staff_pages
from lti_tool.web.i18n import gettext
from lti_tool.web.security import current
from lti_tool.web.staff_pages import ROW_ID
from lti_tool.web.toolbox import db

blueprint = Blueprint("results", __name__, url_prefix=f"/orga/campagnes/<{ROW_ID}:campaign_id>")
blueprint.before_request(staff_pages.guard)


@blueprint.get("/activite")
def activity(campaign_id: int) -> str:
    """Started, finished, sent; by day and by division; who has not begun."""
    campaign, info = _campaign(campaign_id), current()
    division = staff_pages.filter_text("classe")
    may_edit = campaigns.may_edit(campaign, info.person_id, info.role)
    asked = may_edit and "choisir" in request.args
    seen = progress.progress(db(), campaign, info.school.time_zone)
    return render_template(
        "teacher/activity.html",
        campaign=campaign,
        overview=follow_up.overview(db(), campaign.id),
        progress=seen,
        drawn_days=[(each.started, each.sent) for each in seen.days],
        absent=progress.not_begun(db(), campaign, division=division, page=staff_pages.page_number()),
        division=division,
        options=[(name, name) for name in divisions.names(db(), info.school.id)] if asked else (),
        members=progress.unknown_members(db(), campaign.id),
        filter_options=_options(gettext("Toutes les classes"), campaign.divisions),
        may_edit=may_edit,
    )


@blueprint.post("/classes")
def choose_divisions(campaign_id: int) -> Response:
    """Say which divisions are meant to take the campaign."""
    campaign = _campaign(campaign_id)
    known = divisions.names(db(), current().school.id)
    progress.choose_divisions(campaign, request.form.getlist("classes"), known)
    return redirect(url_for("results.activity", campaign_id=campaign_id), 303)


@blueprint.get("/resultats")
def table(campaign_id: int) -> str:
    """The class as a whole, then pupil by pupil."""
    campaign, wanted = _campaign(campaign_id), _filter()
    spread = results.distribution(db(), campaign.id, wanted)
    return render_template(
        "teacher/results.html",
        campaign=campaign,
        overview=follow_up.overview(db(), campaign.id),
        spread=spread,
        columns=[(each.count, f"band-{each.band.stars}") for each in spread.steps],
        page=results.table(db(), campaign.id, wanted, page=staff_pages.page_number()),
        divisions=_options(gettext("Toutes les classes"), results.divisions(db(), campaign.id)),
        stages=[("", gettext("Tous les paliers")), *((str(each.stars), _stage(each)) for each in bands.BANDS)],
        wanted=wanted,
        filtered=wanted != Filter(),
        most_stars=bands.MOST_STARS,
    )


@blueprint.get(f"/resultats/<{ROW_ID}:participation_id>")
def pupil(campaign_id: int, participation_id: int) -> str:
    """One pupil: by competence, from sending to sending, and what to work on."""
    campaign = _campaign(campaign_id)
    who = results.pupil(db(), campaign, participation_id)
    asked = request.args.get("envoi", type=staff_pages.row_id)
    counting = next((each for each in who.sendings if each.counts), None)
    return render_template(
        "teacher/pupil.html",
        campaign=campaign,
        overview=follow_up.overview(db(), campaign.id),
        pupil=who,
        shown=next((each for each in who.sendings if each.number == asked), counting),
        most_stars=bands.MOST_STARS,
    )


@blueprint.get("/analyse")
def analysed(campaign_id: int) -> str:
    """By topic with tutorials, by competence, and what was most missed."""
    campaign = _campaign(campaign_id)
    return render_template(
        "teacher/analysis.html",
        campaign=campaign,
        overview=follow_up.overview(db(), campaign.id),
        analysis=analysis.analyse(db(), campaign),
    )


def _campaign(campaign_id: int) -> Campaign:
    return campaigns.get(db(), current().school.id, campaign_id)


def _filter() -> Filter:
    stars = request.args.get("palier", type=int)
    return Filter(
        division=staff_pages.filter_text("classe"),
        stars=stars if stars in range(len(bands.BANDS)) else None,
        name=staff_pages.filter_text("nom"),
    )


def _options(everything: str, names: list[str]) -> list[tuple[str, str]]:
    return [("", everything), *((name, name) for name in names)]


def _stage(each: bands.Band) -> str:
    return gettext(
        "%(stars)s sur %(most)s : %(name)s", stars=each.stars, most=bands.MOST_STARS, name=gettext(each.name)
    )
