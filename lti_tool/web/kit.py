"""The kit to give a campaign out: its code, texts to copy, a sheet for the class and slips with the pupils' names."""

from __future__ import annotations

import segno
from flask import Blueprint, render_template
from markupsafe import Markup

from lti_tool.campaigns import campaigns, follow_up
from lti_tool.campaigns.models import Campaign
from lti_tool.schools import divisions, register, team
from lti_tool.web import staff_pages
from lti_tool.web.i18n import gettext
from lti_tool.web.security import current
from lti_tool.web.staff_pages import ROW_ID
from lti_tool.web.toolbox import db

blueprint = Blueprint("kit", __name__, url_prefix=f"/orga/campagnes/<{ROW_ID}:campaign_id>/kit")
blueprint.before_request(staff_pages.guard)

MOST_SLIPS = 200
"""Of one division, on one page to print."""


@blueprint.get("")
def kit(campaign_id: int) -> str:
    """All that there is to give out."""
    campaign, school_id = _campaign(campaign_id), current().school.id
    return render_template(
        "teacher/kit.html",
        campaign=campaign,
        overview=follow_up.overview(db(), campaign.id),
        ent_url=team.ent_url(db(), school_id),
        options=[(name, name) for name in divisions.names(db(), school_id)],
    )


@blueprint.get("/affiche")
def poster(campaign_id: int) -> str:
    """A sheet for the board: the steps, the code, the ENT's address."""
    campaign = _campaign(campaign_id)
    address = team.ent_url(db(), current().school.id)
    return render_template("teacher/poster.html", campaign=campaign, ent_url=address, qr=_qr(address))


@blueprint.get("/etiquettes")
def slips(campaign_id: int) -> str:
    """Slips to cut out, one for each pupil of a division."""
    campaign, school_id = _campaign(campaign_id), current().school.id
    division = staff_pages.filter_text("classe")
    found = register.listing(db(), school_id, division=division, per_page=MOST_SLIPS)
    address = team.ent_url(db(), school_id)
    return render_template(
        "teacher/slips.html", campaign=campaign, ent_url=address, division=division, learners=found.lines
    )


def _campaign(campaign_id: int) -> Campaign:
    return campaigns.get(db(), current().school.id, campaign_id)


def _qr(address: str | None) -> Markup | None:
    """The ENT's address as a drawing; never an address of ours, which would lead around the ENT."""
    if address is None:
        return None
    title = gettext("Code QR de l’adresse de l’ENT")
    drawing = segno.make(address, error="m", micro=False).svg_inline(scale=5, border=2, title=title, svgclass="qr")
    return Markup(drawing)  # noqa: S704 - made of squares by the library, the title escaped by it
