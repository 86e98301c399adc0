"""The school's pupils for its staff: the register's list, one pupil, a class on paper."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from lti_tool.assessment.engine.pix import CERTIFIABLE_COMPETENCES
from lti_tool.campaigns import bands, certification, record
from lti_tool.schools import audit, by_hand, divisions, register, settling
from lti_tool.schools.models import ADMINISTRATOR, Learner
from lti_tool.web import staff_pages
from lti_tool.web.i18n import gettext
from lti_tool.web.security import current
from lti_tool.web.staff_pages import ROW_ID
from lti_tool.web.toolbox import db

blueprint = Blueprint("learners", __name__, url_prefix="/orga/eleves")
blueprint.before_request(staff_pages.guard)

BOUND = {"oui": True, "non": False}
BY_DIVISION, BY_NAME, BY_PARTICIPATIONS = "classe", "nom", "participations"


@blueprint.get("")
def learner_list() -> str:
    """The active learners by division and name; birthdates and INE only for administrators."""
    info = current()
    division, name = staff_pages.filter_text("classe"), staff_pages.filter_text("nom")
    is_administrator = info.role == ADMINISTRATOR
    bound, order = request.args.get("rattachement", ""), request.args.get("tri", BY_DIVISION)
    listing = register.listing(
        db(),
        info.school.id,
        page=staff_pages.page_number(),
        division=division or None,
        search=name,
        with_inactive="partis" in request.args,
        bound=BOUND.get(bound),
        sorted_by=_sorted_by(order, division),
        confidential=is_administrator,
    )
    ids = [each.id for each in listing.lines]
    return render_template(
        "teacher/learners.html",
        listing=listing,
        divisions=_division_options(),
        division=division,
        figures=register.divisions(db(), info.school.id, name=division) if division else (),
        bound=bound,
        order=order,
        did=record.of_learners(db(), ids),
        outlooks=certification.of_learners(db(), ids),
        name=name,
        with_inactive="partis" in request.args,
        is_administrator=is_administrator,
        requests=settling.count_requests(db(), info.school.id),
        last_import=register.last_import(db(), info.school.id),
    )


@blueprint.get(f"/<{ROW_ID}:learner_id>")
def learner_page(learner_id: int) -> str:
    """One pupil: what they did, whether they can be certified, who is bound to them, and what happened to that."""
    info = current()
    return render_template(
        "teacher/learner.html",
        learner=register.learner(db(), info.school.id, learner_id),
        record=record.of_learner(db(), learner_id),
        outlook=certification.of_learners(db(), [learner_id])[learner_id],
        needed=CERTIFIABLE_COMPETENCES,
        most_stars=bands.MOST_STARS,
        holders=by_hand.holders(db(), info.school.id, learner_id),
        events=audit.trail(db(), info.school.id, learner_id=learner_id),
        is_administrator=info.role == ADMINISTRATOR,
    )


@blueprint.get("/classe")
def class_list() -> str:
    """A class to print: who is bound and who is not yet."""
    info, division = current(), staff_pages.filter_text("classe")
    lines = register.class_list(db(), info.school.id, division)
    bound = sum(line.is_bound for line in lines)
    return render_template("teacher/class.html", division=division, lines=lines, bound=bound, school=info.school)


def _division_options() -> list[tuple[str, str]]:
    """The divisions to choose from; nothing for an empty register."""
    names = divisions.names(db(), current().school.id)
    return [("", gettext("Toutes les classes")), *((name, name) for name in names)] if names else []


def _sorted_by(order: str, division: str) -> tuple[Any, ...]:
    """By participations within a division only: those of a whole great school would all have to be counted."""
    if order == BY_PARTICIPATIONS and division:
        return (record.participations().desc(),)
    return () if order == BY_NAME else (Learner.division,)
