"""The school's pupils for its staff: the register's list, and the bindings that wait for a click."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.errors import N_, RefusedError
from lti_tool.grades import desired
from lti_tool.schools import register
from lti_tool.schools.models import ADMINISTRATOR
from lti_tool.schools.register import Decision
from lti_tool.web import staff_pages
from lti_tool.web.i18n import gettext
from lti_tool.web.security import current
from lti_tool.web.toolbox import db, now

blueprint = Blueprint("learners", __name__, url_prefix="/orga/eleves")
blueprint.before_request(staff_pages.guard)


class UnknownDecisionError(RefusedError):
    """The form says neither yes nor no, or names no request."""

    code = "DECISION"
    sentence = N_("Nous n’avons pas compris votre choix.")
    advice = N_("Revenez à la liste des demandes, puis choisissez de nouveau.")


@blueprint.get("")
def learner_list() -> str:
    """The active learners by division and name; birthdates and INE only for administrators."""
    info = current()
    division, name = staff_pages.filter_text("classe"), staff_pages.filter_text("nom")
    is_administrator = info.role == ADMINISTRATOR
    listing = register.listing(
        db(),
        info.school.id,
        page=staff_pages.page_number(),
        division=division or None,
        search=name,
        confidential=is_administrator,
    )
    return render_template(
        "teacher/learners.html",
        listing=listing,
        divisions=_division_options(),
        division=division,
        name=name,
        is_administrator=is_administrator,
        requests=register.count_requests(db(), info.school.id),
        last_import=register.last_import(db(), info.school.id),
    )


@blueprint.get("/rattachements")
def request_list() -> str:
    """Who waits for a member of staff to say that it is them, oldest first."""
    school_id = current().school.id
    return render_template(
        "teacher/requests.html",
        requests=register.requests(db(), school_id),
        total=register.count_requests(db(), school_id),
    )


@blueprint.post("/rattachements")
def settle() -> Response:
    """Accept or refuse one request; what somebody else settled meanwhile stays as they did it."""
    info = current()
    request_id = request.form.get("demande", type=staff_pages.row_id)
    try:
        decision = Decision(request.form.get("decision", ""))
    except ValueError:
        raise UnknownDecisionError from None
    if request_id is None:
        raise UnknownDecisionError
    for learner_id in register.settle(db(), info.school.id, [request_id], decision, now(), by=info.person_id):
        desired.want(db(), now(), learner_id=learner_id)
    return redirect(url_for("learners.request_list"), 303)


def _division_options() -> list[tuple[str, str]]:
    """The divisions to choose from, each with how many of its learners are bound; nothing for an empty register."""
    divisions = [
        (each.name, gettext("%(name)s (%(bound)s sur %(learners)s rattachés)", **asdict(each)))
        for each in register.divisions(db(), current().school.id)
    ]
    return [("", gettext("Toutes les classes")), *divisions] if divisions else []
