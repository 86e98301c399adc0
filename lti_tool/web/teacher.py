"""The teacher's campaigns: the list, a new one, who takes it with which result and grade, its archiving."""

from __future__ import annotations

from babel.numbers import format_decimal
from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.assessment.engine.items import bank
from lti_tool.assessment.engine.profiles import target_profiles
from lti_tool.campaigns import campaigns, courses, follow_up
from lti_tool.campaigns.campaigns import CampaignFaults
from lti_tool.campaigns.models import Campaign
from lti_tool.errors import N_
from lti_tool.grades import views
from lti_tool.web import staff_pages
from lti_tool.web.i18n import page_language
from lti_tool.web.security import NotForYouError, current
from lti_tool.web.staff_pages import ROW_ID, CampaignForm, faults_of
from lti_tool.web.toolbox import db, now

blueprint = Blueprint("teacher", __name__, url_prefix="/orga")
blueprint.before_request(staff_pages.guard)


class NotYoursError(NotForYouError):
    """Only the owner of a campaign and the school's administrators change it (`facts/pix.md` §3.1)."""

    code = "PROPRIETAIRE"
    sentence = N_("Seuls la personne qui a créé cette campagne et les administrateurs peuvent la modifier.")
    advice = N_("Demandez-le-leur, ou créez votre propre campagne.")


@blueprint.get("")
def home() -> Response:
    """The first page of the staff."""
    return redirect(url_for("teacher.campaign_list"), 302)


@blueprint.get("/campagnes")
def campaign_list() -> str:
    """The school's campaigns, active or archived, by name."""
    archived = request.args.get("etat") == "archivees"
    name = staff_pages.filter_text("nom")
    page = campaigns.listing(db(), current().school.id, archived=archived, search=name, page=staff_pages.page_number())
    return render_template("teacher/campaigns.html", page=page, archived=archived, name=name)


@blueprint.get("/campagnes/creer")
def new_campaign() -> str:
    """The form of a new campaign."""
    return render_template("teacher/create.html", form=CampaignForm(), profiles=campaigns.profiles(), faults={})


@blueprint.post("/campagnes/creer")
def create_campaign() -> Response | tuple[str, int]:
    """Make the campaign and show its code, or the form with everything that is wrong.

    Who came from an activity goes back there, to confirm it.
    """
    form = CampaignForm.sent()
    try:
        campaign = form.create(db())
    except CampaignFaults as error:
        faults = faults_of(error)
        return render_template("teacher/create.html", form=form, profiles=campaigns.profiles(), faults=faults), 422
    activity = request.args.get("activite", type=staff_pages.row_id)
    if activity is not None:
        return redirect(url_for("picker.activity", resource_link_pk=activity, campagne=campaign.id), 303)
    return redirect(url_for("teacher.campaign", campaign_id=campaign.id), 303)


@blueprint.get(f"/campagnes/<{ROW_ID}:campaign_id>")
def campaign(campaign_id: int) -> str:
    """The code to give, the figures, and each participant with results and grade."""
    chosen = _campaign(campaign_id)
    page = follow_up.participants(db(), chosen.id, page=staff_pages.page_number())
    return render_template(
        "teacher/campaign.html",
        campaign=chosen,
        overview=follow_up.overview(db(), chosen.id),
        page=page,
        columns=views.columns(db(), chosen.id),
        grades=views.of_participants(db(), chosen.id, [each.learner_id for each in page.items]),
        activity=request.args.get("activite", type=staff_pages.row_id),
    )


@blueprint.get(f"/campagnes/<{ROW_ID}:campaign_id>/parametres")
def settings(campaign_id: int) -> str:
    """What the campaign was made of, and its archiving."""
    chosen, info = _campaign(campaign_id), current()
    return render_template(
        "teacher/settings.html",
        campaign=chosen,
        overview=follow_up.overview(db(), chosen.id),
        profile=target_profiles(bank()).get(chosen.target_profile),
        uses=courses.uses(db(), chosen.id),
        may_edit=campaigns.may_edit(chosen, info.person_id, info.role),
    )


@blueprint.post(f"/campagnes/<{ROW_ID}:campaign_id>/archivage")
def archive(campaign_id: int) -> Response:
    """Archive the campaign: nobody starts or sends any more."""
    campaigns.archive(db(), _own_campaign(campaign_id), now())
    return redirect(url_for("teacher.settings", campaign_id=campaign_id), 303)


@blueprint.post(f"/campagnes/<{ROW_ID}:campaign_id>/reactivation")
def unarchive(campaign_id: int) -> Response:
    """Open the campaign again."""
    campaigns.unarchive(db(), _own_campaign(campaign_id), now())
    return redirect(url_for("teacher.settings", campaign_id=campaign_id), 303)


@blueprint.app_template_filter("points")
def _points(score: float) -> str:
    """A score as one writes it: "66,67"."""
    return format_decimal(score, format="0.##", locale=page_language())


def _campaign(campaign_id: int) -> Campaign:
    return campaigns.get(db(), current().school.id, campaign_id)


def _own_campaign(campaign_id: int) -> Campaign:
    chosen, info = _campaign(campaign_id), current()
    if not campaigns.may_edit(chosen, info.person_id, info.role):
        raise NotYoursError
    return chosen
