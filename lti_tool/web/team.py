"""The team: who came as teacher, who is administrator, invitations, the school's ENT, the conditions of use."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.schools import team
from lti_tool.schools.models import ADMINISTRATOR, TEACHER
from lti_tool.schools.team import AddressError
from lti_tool.web import invitations, staff_pages
from lti_tool.web.i18n import gettext
from lti_tool.web.invitations import Invited
from lti_tool.web.security import current
from lti_tool.web.staff_pages import ROW_ID
from lti_tool.web.toolbox import db, now, toolbox

blueprint = Blueprint("team", __name__, url_prefix="/orga")
blueprint.before_request(staff_pages.guard)


@blueprint.get("/equipe")
def members() -> str:
    """Who is in the team; what administrators can change stands beside."""
    return _page()


@blueprint.post("/equipe/invitations")
def invite() -> str | tuple[str, int]:
    """Make a code for somebody, or for each address; what no e-mail brings is shown, once."""
    info, typed = current(), request.form.get("destinataire", "")
    role = ADMINISTRATOR if request.form.get("role") == ADMINISTRATOR else TEACHER
    recipients = invitations.recipients(typed)
    if len(recipients) > invitations.MOST_AT_ONCE:
        sentence = gettext("Invitez %(most)s personnes au plus à la fois.", most=invitations.MOST_AT_ONCE)
        return _page(typed_recipients=typed, faults={"destinataire": sentence}), 422
    with toolbox().database.write() as session:
        codes = [
            (each, team.invite(session, info.school.id, role, each, now(), by=info.person_id)) for each in recipients
        ]
    return _page(invited=invitations.deliver(codes))


@blueprint.post(f"/equipe/invitations/<{ROW_ID}:invitation_id>")
def settle(invitation_id: int) -> str | Response:
    """Send an invitation again, with another code, or cancel it."""
    info = current()
    if request.form.get("geste") == "renvoyer":
        with toolbox().database.write() as session:
            code = team.invite_again(session, info.school.id, invitation_id, now(), by=info.person_id)
        return _page(invited=invitations.deliver([code]))
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


def _page(
    *,
    invited: Sequence[Invited] = (),
    typed: str | None = None,
    typed_recipients: str = "",
    faults: dict[str, str] | None = None,
) -> str:
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
        invited=invited,
        by_mail=toolbox().settings.smtp_url is not None,
        typed_recipients=typed_recipients,
        ent_url=address if typed is None else typed,
        faults=faults or {},
    )
