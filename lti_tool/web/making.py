"""Making campaigns: a new one, a personalised one, changing, duplicating and deleting."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.assessment.engine.framework import LEVELS
from lti_tool.campaigns import campaigns, drafts
from lti_tool.campaigns.drafts import CampaignFaults, ChangedMeanwhileError
from lti_tool.campaigns.models import Campaign
from lti_tool.errors import N_, RefusedError
from lti_tool.grades import deletion
from lti_tool.web import staff_pages
from lti_tool.web.campaign_form import CampaignForm, faults_of, topics_by_competence
from lti_tool.web.i18n import gettext
from lti_tool.web.security import current
from lti_tool.web.staff_pages import ROW_ID
from lti_tool.web.toolbox import db, now

blueprint = Blueprint("making", __name__, url_prefix="/orga/campagnes")
blueprint.before_request(staff_pages.guard)

NO_FAULTS: Mapping[str, str] = {}


class CannotDeleteError(RefusedError):
    """Those that are ready from the first day can be archived, not deleted."""

    code = "SUPPRESSION"
    status = 403
    sentence = N_("Les campagnes de l’équipe Pix ne se suppriment pas.")
    advice = N_("Vous pouvez l’archiver : elle quittera la liste des campagnes actives.")


@blueprint.get("/creer")
def new_campaign() -> str:
    """The form of a new campaign; for whoever has just tried a target profile, with that one."""
    return _form_page(CampaignForm(target_profile=request.args.get("profil", "")))


@blueprint.post("/creer")
def create_campaign() -> Response | tuple[str, int]:
    """Make the campaign and show its code, or the form with everything that is wrong."""
    form = CampaignForm.sent()
    try:
        campaign = form.create(db())
    except CampaignFaults as error:
        return _form_page(form, faults_of(error)), 422
    return _made(campaign)


@blueprint.get("/creer-sur-mesure")
def new_personalised() -> str:
    """The form of a campaign with a test of one's own: topics and levels to pick."""
    return _form_page(CampaignForm(), personalised=True)


@blueprint.post("/creer-sur-mesure")
def create_personalised() -> Response | tuple[str, int]:
    """Make the campaign, or show the form with everything that is wrong."""
    form = CampaignForm.sent()
    try:
        campaign = form.create(db(), personalised=True)
    except CampaignFaults as error:
        return _form_page(form, faults_of(error), personalised=True), 422
    return _made(campaign)


@blueprint.get(f"/<{ROW_ID}:campaign_id>/modifier")
def edit(campaign_id: int) -> str:
    """The form of what may change."""
    campaign = _campaign(campaign_id)
    return _edit_page(campaign, CampaignForm.of(campaign), campaign.version)


@blueprint.post(f"/<{ROW_ID}:campaign_id>/modifier")
def change(campaign_id: int) -> Response | tuple[str, int]:
    """Change the campaign. Where somebody else was faster, both texts stand on the page and nothing is lost."""
    campaign, form = _campaign(campaign_id), CampaignForm.sent()
    version = request.form.get("version", type=staff_pages.row_id) or 0
    try:
        drafts.change(db(), campaign, form.draft(), version)
    except ChangedMeanwhileError as error:
        return _edit_page(campaign, form, campaign.version, theirs=CampaignForm.of(campaign)), error.status
    except CampaignFaults as error:
        return _edit_page(campaign, form, version, faults_of(error)), 422
    return redirect(url_for("teacher.settings", campaign_id=campaign_id), 303)


@blueprint.post(f"/<{ROW_ID}:campaign_id>/duplication")
def duplicate(campaign_id: int) -> Response:
    """A campaign of one's own like this one, whosever it is."""
    campaign, info = _campaign(campaign_id), current()
    name = gettext("Copie de %(name)s", name=campaign.name)
    copy = drafts.duplicate(db(), campaign, name, owner_id=info.person_id, now=now())
    return redirect(url_for("making.edit", campaign_id=copy.id), 303)


@blueprint.post(f"/<{ROW_ID}:campaign_id>/suppression")
def delete(campaign_id: int) -> Response:
    """Delete the campaign with its participations and results, once the box is ticked."""
    campaign, info = _campaign(campaign_id), current()
    if not campaigns.may_delete(campaign, info.person_id, info.role):
        raise CannotDeleteError
    if "confirmation" not in request.form:
        return redirect(url_for("teacher.settings", campaign_id=campaign_id, confirmer=1, _anchor="supprimer"), 303)
    deletion.delete_campaign(db(), campaign, now(), by=info.person_id)
    return redirect(url_for("teacher.campaign_list"), 303)


def _campaign(campaign_id: int) -> Campaign:
    return campaigns.get(db(), current().school.id, campaign_id)


def _made(campaign: Campaign) -> Response:
    """Who came from an activity goes back there, to confirm it."""
    activity = request.args.get("activite", type=staff_pages.row_id)
    if activity is not None:
        return redirect(url_for("picker.activity", resource_link_pk=activity, campagne=campaign.id), 303)
    return redirect(url_for("teacher.campaign", campaign_id=campaign.id), 303)


def _form_page(form: CampaignForm, faults: Mapping[str, str] = NO_FAULTS, *, personalised: bool = False) -> str:
    return render_template(
        "teacher/create.html",
        form=form,
        profiles=campaigns.profiles(),
        faults=faults,
        personalised=personalised,
        topics=topics_by_competence() if personalised else (),
        levels=[(level, level) for level in LEVELS],
        activity=request.args.get("activite", type=staff_pages.row_id),
    )


def _edit_page(
    campaign: Campaign,
    form: CampaignForm,
    version: int,
    faults: Mapping[str, str] = NO_FAULTS,
    *,
    theirs: CampaignForm | None = None,
) -> str:
    return render_template(
        "teacher/edit.html",
        campaign=campaign,
        form=form,
        version=version,
        faults=faults,
        theirs=theirs,
        begun=drafts.is_begun(db(), campaign.id),
    )
