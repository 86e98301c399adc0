"""The teacher's campaigns: the list, each one's participants with result and grade, its settings and its archiving."""

from __future__ import annotations

from babel.numbers import format_decimal
from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.assessment.engine.items import bank
from lti_tool.assessment.engine.profiles import target_profiles
from lti_tool.campaigns import campaigns, courses, follow_up
from lti_tool.campaigns.campaigns import Order
from lti_tool.campaigns.models import Campaign
from lti_tool.errors import N_
from lti_tool.grades import views
from lti_tool.schools import register, team
from lti_tool.web import security, staff_pages
from lti_tool.web.i18n import gettext, page_language
from lti_tool.web.security import current
from lti_tool.web.staff_pages import ROW_ID
from lti_tool.web.toolbox import db, now

blueprint = Blueprint("teacher", __name__, url_prefix="/orga")
blueprint.before_request(staff_pages.guard)

MINE, ALL, ACTIVE, ARCHIVED = "miennes", "toutes", "actives", "archivees"
STATES = {MINE: N_("Mes campagnes"), ALL: N_("Toutes"), ACTIVE: N_("Actives"), ARCHIVED: N_("Archivées")}
ORDERS = {
    Order.NEWEST: N_("Les plus récentes"),
    Order.OLDEST: N_("Les plus anciennes"),
    Order.NAME: N_("Par nom"),
    Order.OWNER: N_("Par créateur"),
}


@blueprint.get("")
def home() -> Response:
    """The first page of the staff."""
    return redirect(url_for("teacher.campaign_list"), 302)


@blueprint.get("/campagnes")
def campaign_list() -> str:
    """The school's campaigns: one's own, all, active or archived; by name and creator, in the order asked for."""
    info = current()
    asked = request.args.get("etat", ACTIVE)
    state = asked if asked in STATES else ACTIVE
    name, owner = staff_pages.filter_text("nom"), staff_pages.filter_text("createur")
    security.allow("connect-src", "'self'")  # the list is filtered as one types
    page = campaigns.listing(
        db(),
        info.school.id,
        owner_id=info.person_id if state == MINE else None,
        archived=None if state in (ALL, MINE) else state == ARCHIVED,
        search=name,
        owner=owner,
        order=_order(),
        page=staff_pages.page_number(),
    )
    return render_template(
        "teacher/campaigns.html",
        page=page,
        state=state,
        states=[(each, gettext(label)) for each, label in STATES.items()],
        archived=state == ARCHIVED,
        name=name,
        owner_name=owner,
        order=_order(),
        orders=[(each.value, gettext(label)) for each, label in ORDERS.items()],
        steps=_first_steps(),
        accepted=team.has_accepted(db(), info.person_id, info.school.id),
    )


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
    """What the campaign was made of, and what can be done with it."""
    chosen, info = _campaign(campaign_id), current()
    profile = target_profiles(bank()).get(chosen.target_profile)
    return render_template(
        "teacher/settings.html",
        campaign=chosen,
        overview=follow_up.overview(db(), chosen.id),
        tested=chosen.profile_name or (profile.name if profile else ""),
        uses=courses.uses(db(), chosen.id),
        may_edit=campaigns.may_edit(chosen, info.person_id, info.role),
        may_delete=campaigns.may_delete(chosen, info.person_id, info.role),
    )


@blueprint.post(f"/campagnes/<{ROW_ID}:campaign_id>/archivage")
def archive(campaign_id: int) -> Response:
    """Archive the campaign: nobody starts or sends any more."""
    campaigns.archive(db(), _campaign(campaign_id), now())
    return redirect(url_for("teacher.settings", campaign_id=campaign_id), 303)


@blueprint.post(f"/campagnes/<{ROW_ID}:campaign_id>/reactivation")
def unarchive(campaign_id: int) -> Response:
    """Open the campaign again."""
    campaigns.unarchive(db(), _campaign(campaign_id), now())
    return redirect(url_for("teacher.settings", campaign_id=campaign_id), 303)


@blueprint.app_template_filter("points")
def _points(score: float) -> str:
    """A score as one writes it: "66,67"."""
    return format_decimal(score, format="0.##", locale=page_language())


def _campaign(campaign_id: int) -> Campaign:
    return campaigns.get(db(), current().school.id, campaign_id)


def _order() -> Order:
    try:
        return Order(request.args.get("tri", Order.NEWEST))
    except ValueError:
        return Order.NEWEST


def _first_steps() -> list[tuple[str, str, bool]]:
    """The three steps of a first visit: what, where, whether done. Nothing once all are."""
    school_id = current().school.id
    steps = [
        (
            gettext("Importer la liste des élèves"),
            url_for("learners.learner_list"),
            register.last_import(db(), school_id) is not None,
        ),
        (
            gettext("Créer votre première campagne"),
            url_for("making.new_campaign"),
            campaigns.has_own(db(), school_id),
        ),
        (
            gettext("Donner son code aux élèves"),
            url_for("teacher.campaign_list"),
            campaigns.has_participants(db(), school_id),
        ),
    ]
    return [] if all(done for _, _, done in steps) else steps
