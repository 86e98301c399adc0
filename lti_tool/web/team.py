"""The team: who came as teacher, who is administrator, invitations, the school's ENT, the conditions of use."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.schools import team
from lti_tool.schools.models import ADMINISTRATOR, TEACHER
from lti_tool.schools.team import AddressError
from lti_tool.web import staff_pages
from lti_tool.web.i18n import gettext
from lti_tool.web.security import current
from lti_tool.web.staff_pages import ROW_ID
from lti_tool.web.toolbox import db, now

blueprint = Blueprint("team", __name__, url_prefix="/orga")
blueprint.before_request(staff_pages.guard)


@blueprint.get("/equipe")
def members() -> str:
    """Who is in the team; what administrators can change stands beside."""
    return _page()


@blueprint.post("/equipe/invitations")
def invite() -> str:
    """Make a code for somebody and show it, once."""
    info = current()
    role = ADMINISTRATOR if request.form.get("role") == ADMINISTRATOR else TEACHER
    code = team.invite(db(), info.school.id, role, request.form.get("destinataire", ""), now(), by=info.person_id)
    return _page(code=code)


@blueprint.post(f"/equipe/invitations/<{ROW_ID}:invitation_id>")
def settle(invitation_id: int) -> str | Response:
    """Send an invitation again, with another code, or cancel it."""
    info = current()
    if request.form.get("geste") == "renvoyer":
        code = team.invite_again(db(), info.school.id, invitation_id, now(), by=info.person_id)
        return _page(code=code)
    team.cancel(db(), info.school.id, invitation_id, now(), by=info.person_id)
    return redirect(url_for("team.members"), 303)


@blueprint.post(f"/equipe/<{ROW_ID}:person_id>/administrateur")
def appoint(person_id: int) -> Response:
    """Make a member of the team an administrator."""
    info = current()
    team.name_administrator(db(), info.school.id, person_id, now(), by=info.person_id)
    return redirect(url_for("team.members"), 303)


@blueprint.post(f"/equipe/<{ROW_ID}:person_id>/retrait")
def withdraw(person_id: int) -> Response:
    """Take back a role that was given; one's own too, unless nobody would be left."""
    info = current()
    team.withdraw(db(), info.school.id, person_id, now(), by=info.person_id)
    return redirect(url_for("team.members"), 303)


@blueprint.post("/equipe/ent")
def set_ent_url() -> Response | tuple[str, int]:
    """Where the school's pupils find their ENT."""
    info, typed = current(), request.form.get("ent_url", "")
    try:
        team.set_ent_url(db(), info.school.id, typed, now(), by=info.person_id)
    except AddressError as error:
        return _page(typed=typed, faults={"ent_url": gettext(error.sentence)}), 422
    return redirect(url_for("team.members"), 303)


@blueprint.get("/conditions")
def conditions() -> str:
    """What one agrees to by using this space."""
    info = current()
    return render_template("teacher/conditions.html", accepted=team.has_accepted(db(), info.person_id, info.school.id))


@blueprint.post("/conditions")
def accept_conditions() -> Response:
    """Agree, once."""
    info = current()
    team.accept_conditions(db(), info.person_id, info.school.id, now())
    return redirect(url_for("teacher.campaign_list"), 303)


def _page(*, code: str | None = None, typed: str | None = None, faults: dict[str, str] | None = None) -> str:
    info = current()
    is_administrator = info.role == ADMINISTRATOR
    address = team.ent_url(db(), info.school.id)
    return render_template(
        "teacher/team.html",
        team=team.members(db(), info.school.id, page=staff_pages.page_number()),
        pending=team.pending(db(), info.school.id, now()) if is_administrator else (),
        is_administrator=is_administrator,
        myself=info.person_id,
        advised=team.ADVISED_ADMINISTRATORS,
        code=code,
        ent_url=address if typed is None else typed,
        faults=faults or {},
    )
