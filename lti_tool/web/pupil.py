"""The pupil's way to a test: the code, the one-time question of the birthdate, the landing page; and the profile."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from lti_tool.assessment import runs
from lti_tool.assessment.engine.framework import COMPETENCES
from lti_tool.assessment.engine.items import bank
from lti_tool.assessment.engine.scoring import score
from lti_tool.campaigns import campaigns, participations
from lti_tool.campaigns.campaigns import ArchivedCampaignError, UnknownCampaignError
from lti_tool.campaigns.models import SHARED, Campaign
from lti_tool.errors import ToolError
from lti_tool.schools import binding, birthdates
from lti_tool.schools.models import PUPIL
from lti_tool.web import security
from lti_tool.web.parcours import PreviewError
from lti_tool.web.security import current
from lti_tool.web.toolbox import db, now

blueprint = Blueprint("pupil", __name__)
blueprint.before_request(security.only(PUPIL))

LONGEST_NAME = 100

@blueprint.get("/campagnes")
def codes() -> str:
    """The code to type, and what was begun and sent."""
    return _code_page()


@blueprint.post("/campagnes")
def enter_code() -> Response | tuple[str, int]:
    """A code was typed: to its campaign, or the same page with what is wrong."""
    typed = request.form.get("code", "")
    try:
        campaign = campaigns.by_code(db(), current().school.id, typed)
    except UnknownCampaignError as error:
        return _code_page(typed, error), error.status
    return redirect(url_for("pupil.landing", code=campaign.code), 303)


@blueprint.get("/campagnes/<code>")
def landing(code: str) -> Response | str | tuple[str, int]:
    """What the campaign is about, and how a test goes. Who is not bound yet is asked for the birthdate first."""
    info = current()
    try:
        campaign = campaigns.by_code(db(), info.school.id, code)
    except UnknownCampaignError as error:
        return _code_page(code, error), error.status
    archived = campaign.archived_at is not None
    learner = info.learner
    participation = participations.of_campaign(db(), campaign.id, learner.id) if learner else None
    if archived and participation is None:
        raise ArchivedCampaignError
    if learner is None and not info.is_test:
        return redirect(url_for("pupil.ask_birthdate", code=campaign.code), 303)
    return render_template(
        "pupil/landing.html",
        campaign=campaign,
        participation=participation,
        preview=info.is_test,
        inactive=learner is not None and not learner.active,
        archived=archived,
    )


@blueprint.post("/campagnes/<code>")
def begin(code: str) -> Response:
    """Begin the test, or go on where it was begun."""
    info = current()
    if info.is_test:
        raise PreviewError
    campaign = campaigns.by_code(db(), info.school.id, code)
    if info.learner is None:
        return redirect(url_for("pupil.ask_birthdate", code=campaign.code), 303)
    participation = participations.begin(db(), campaign, info.learner, now())
    return redirect(url_for("parcours.resume", participation_id=participation.id), 303)


@blueprint.get("/campagnes/<code>/rattachement")
def ask_birthdate(code: str) -> Response | str:
    """Which learner is this? Names come from the ENT; the birthdate is asked once."""
    campaign = campaigns.by_code(db(), current().school.id, code)
    if current().learner is not None or current().is_test:
        return redirect(url_for("pupil.landing", code=campaign.code), 303)
    return _birthdate_page(campaign)
