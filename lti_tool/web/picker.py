"""Choosing a campaign for a course: the picker inside an LMS (deep linking), and an activity that has none yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.campaigns import campaigns, courses
from lti_tool.campaigns.campaigns import CampaignFaults, CampaignSummary
from lti_tool.campaigns.courses import CourseActivity
from lti_tool.campaigns.models import Campaign
from lti_tool.campaigns.paging import Page
from lti_tool.errors import N_
from lti_tool.grades import desired
from lti_tool.grades.line_items import TAG
from lti_tool.lti import deep_linking
from lti_tool.lti.deep_linking import Item, ItemLineItem
from lti_tool.lti.login import LAUNCH_PATH
from lti_tool.lti.models import DeepLinkingRequest
from lti_tool.settings import origin_of
from lti_tool.web import security, staff_pages
from lti_tool.web.campaign_form import CampaignForm, faults_of
from lti_tool.web.i18n import gettext
from lti_tool.web.launching import CAMPAIGN_PARAMETER
from lti_tool.web.security import current
from lti_tool.web.staff_pages import ROW_ID
from lti_tool.web.toolbox import db, now, toolbox

blueprint = Blueprint("picker", __name__, url_prefix="/orga")
blueprint.before_request(staff_pages.guard)

LEAST_POINTS, MOST_POINTS = 1, 100
MOST_AT_ONCE = 25
NOTHING_CHOSEN = N_("Choisissez une campagne.")
ONE_ONLY = N_("Choisissez une seule campagne : votre ENT n’en prend qu’une à la fois.")
TOO_MANY = N_("Choisissez moins de campagnes à la fois.")
ARCHIVED = N_("La campagne choisie est archivée. Choisissez-en une autre.")
BAD_POINTS = N_("Indiquez un nombre de points entier, de 1 à 100.")

Answer = Response | str | tuple[str, int]
NO_FAULTS: Mapping[str, str] = {}


@dataclass(frozen=True)
class Column:
    """What was said of the gradebook's column. Before anything was: one is wanted, of 100 points."""

    wanted: bool = True
    points: str = "100"

    @classmethod
    def sent(cls, *, possible: bool) -> Column:
        """What came with this request; no column where none can be made."""
        return cls(possible and "colonne" in request.form, request.form.get("points", "").strip())

    def maximum(self) -> int | None:
        """The points of the column, or None where none is wanted or they are no whole number from 1 to 100."""
        typed = self.points if self.points.isascii() and self.points.isdigit() else "0"
        points = int(typed[:4])
        return points if self.wanted and LEAST_POINTS <= points <= MOST_POINTS else None

    def faults(self) -> dict[str, str]:
        return {"points": gettext(BAD_POINTS)} if self.wanted and self.maximum() is None else {}


@blueprint.get("/selection/<request_id>")
def pick(request_id: str) -> Answer:
    """The school's campaigns, to take one (or several) into the course that the teacher comes from."""
    return _picker_page(_asked(request_id), Column())


@blueprint.post("/selection/<request_id>")
def take(request_id: str) -> Answer:
    """Bring what was chosen to the course; whatever is wrong is said at once."""
    asked = _asked(request_id)
    column = Column.sent(possible=asked.accepts_line_item)
    if _looks_around():
        return _picker_page(asked, column)
    chosen, faults = _chosen(MOST_AT_ONCE if asked.accepts_several else 1)
    faults |= column.faults()
    if faults:
        return _picker_page(asked, column, faults), 422
    return _bring(asked, chosen, column)


@blueprint.get("/selection/<request_id>/creer")
def new(request_id: str) -> Answer:
    """The form of a campaign that goes straight into the course."""
    return _new_page(_asked(request_id), CampaignForm(), Column())


@blueprint.post("/selection/<request_id>/creer")
def create(request_id: str) -> Answer:
    """Make a campaign and bring it to the course: both, or neither and all that is wrong."""
    asked, form = _asked(request_id), CampaignForm.sent()
    column = Column.sent(possible=asked.accepts_line_item)
    try:
        with db().begin_nested():
            campaign = form.create(db())
            if column.faults():
                raise CampaignFaults(())
    except CampaignFaults as error:
        return _new_page(asked, form, column, {**faults_of(error), **column.faults()}), 422
    return _bring(asked, [campaign], column)


@blueprint.post("/selection/<request_id>/annulation")
def cancel(request_id: str) -> Answer:
    """Back to the course with nothing."""
    return _bring(_asked(request_id), [], Column())


@blueprint.get(f"/activites/<{ROW_ID}:resource_link_pk>")
def activity(resource_link_pk: int) -> Answer:
    """Which campaign does this activity of a course open? Asked once, and whenever a teacher wants another."""
    found = courses.activity(db(), resource_link_pk, current())
    return _activity_page(found, Column(found.wants_column, str(found.points)))


@blueprint.post(f"/activites/<{ROW_ID}:resource_link_pk>")
def point(resource_link_pk: int) -> Answer:
    """Point the activity to a campaign of the school."""
    info = current()
    found = courses.activity(db(), resource_link_pk, info)
    column = Column.sent(possible=not found.has_column)
    if _looks_around():
        return _activity_page(found, column)
    chosen, faults = _chosen(1)
    faults |= column.faults()
    if faults:
        return _activity_page(found, column, faults), 422
    desired.point_activity(
        db(),
        resource_link_pk,
        chosen[0].id,
        info.person_id,
        column.wanted,
        now(),
        points=column.maximum() or found.points,
    )
    return redirect(url_for("teacher.campaign", campaign_id=chosen[0].id, activite=resource_link_pk), 303)


def _asked(request_id: str) -> DeepLinkingRequest:
    """The selection that waits for this person; raises `SelectionError`."""
    return deep_linking.find_request(db(), request_id, current().person_id, now())


def _chosen(most: int) -> tuple[list[Campaign], dict[str, str]]:
    """The campaigns that were ticked, at most so many, or what is wrong with them."""
    ids = dict.fromkeys(filter(None, map(staff_pages.row_id, request.form.getlist("campagne"))))
    if not 1 <= len(ids) <= most:
        too_many = ONE_ONLY if most == 1 else TOO_MANY
        return [], {"campagne": gettext(too_many if ids else NOTHING_CHOSEN)}
    chosen = [campaigns.get(db(), current().school.id, each) for each in ids]
    if any(each.archived_at is not None for each in chosen):
        return [], {"campagne": gettext(ARCHIVED)}
    return chosen, {}


def _looks_around() -> bool:
    """Whether the form was sent to search or to see another page of the list: what was ticked stays ticked."""
    return not {"chercher", "page"}.isdisjoint(request.form)


def _search() -> str:
    return staff_pages.one_line(request.values.get("nom", ""))


def _offered() -> Page[CampaignSummary]:
    page = 1 if "chercher" in request.form else staff_pages.page_number()
    return campaigns.listing(db(), current().school.id, search=_search(), page=page)


def _elsewhere(page: Page[CampaignSummary], ids: Sequence[str]) -> Sequence[CampaignSummary]:
    """What was ticked and stands on another page of the list, or is not found by this search."""
    shown = {each.id for each in page.items}
    wanted = [found for each in ids if (found := staff_pages.row_id(each)) is not None and found not in shown]
    return campaigns.summaries(db(), current().school.id, wanted[:MOST_AT_ONCE])


def _bring(asked: DeepLinkingRequest, chosen: Sequence[Campaign], column: Column) -> Answer:
    """The page that posts the signed answer to the platform, by itself or by its button."""
    items = [_item(each, column) for each in chosen]
    token = deep_linking.answer(db(), asked, items, toolbox().keyring, now())
    security.allow("form-action", origin_of(asked.return_url) or "'none'")
    return render_template("picker/return.html", url=asked.return_url, token=token, chosen=chosen)


def _item(campaign: Campaign, column: Column) -> Item:
    """The activity for the course. Pupils see its title; the campaign's code travels with it."""
    maximum = column.maximum()
    line_item = ItemLineItem(campaign.title, maximum, campaign.resource_id, TAG) if maximum is not None else None
    url = toolbox().settings.base_url + LAUNCH_PATH
    return Item(campaign.title, url, custom={CAMPAIGN_PARAMETER: campaign.code}, line_item=line_item)


def _picker_page(asked: DeepLinkingRequest, column: Column, faults: Mapping[str, str] = NO_FAULTS) -> str:
    page, chosen = _offered(), request.form.getlist("campagne")
    return render_template(
        "picker/pick.html",
        asked=asked,
        page=page,
        name=_search(),
        chosen=chosen,
        elsewhere=_elsewhere(page, chosen),
        column=column,
        faults=faults,
    )


def _new_page(
    asked: DeepLinkingRequest, form: CampaignForm, column: Column, faults: Mapping[str, str] = NO_FAULTS
) -> str:
    return render_template(
        "picker/create.html", asked=asked, form=form, profiles=campaigns.profiles(), column=column, faults=faults
    )


def _activity_page(found: CourseActivity, column: Column, faults: Mapping[str, str] = NO_FAULTS) -> str:
    before = request.args.get("campagne", found.campaign_id, type=staff_pages.row_id)
    page, chosen = _offered(), request.form.getlist("campagne") or [str(before)]
    return render_template(
        "picker/activity.html",
        activity=found,
        page=page,
        name=_search(),
        chosen=chosen,
        elsewhere=_elsewhere(page, chosen),
        column=column,
        faults=faults,
    )
