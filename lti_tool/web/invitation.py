"""The one thing that somebody without a known role can do: type the one-time code that makes them staff."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from lti_tool.schools import sessions, staff
from lti_tool.schools.models import ADMINISTRATOR, GUEST, TEACHER
from lti_tool.schools.staff import InvitationError
from lti_tool.web import security
from lti_tool.web.i18n import gettext
from lti_tool.web.security import current
from lti_tool.web.toolbox import db, now

blueprint = Blueprint("invitation", __name__, url_prefix="/invitation")
blueprint.before_request(security.only(GUEST, TEACHER, ADMINISTRATOR))


@blueprint.get("")
def form() -> str:
    """Says that the role is unknown, shows nothing of the school, and asks for the code."""
    return _page("", None)


@blueprint.post("")
def redeem() -> Response | tuple[str, int]:
    """Spend the code and go on as staff, in a new session; or say that it is no good."""
    info, typed = current(), request.form.get("code", "")
    try:
        role = staff.redeem(db(), typed, info, now())
    except InvitationError as error:
        if error.status != InvitationError.status:
            raise
        return _page(typed, error), 422
    token = sessions.open_session(
        db(),
        person_id=info.person_id,
        school_id=info.school.id,
        role=role,
        is_test=False,
        now=now(),
        current_token=security.current_token(),
    )
    answer = make_response(redirect(url_for("teacher.campaign_list"), 303))
    if token is not None:
        security.set_session(answer, token)
    return answer


def _page(typed: str, error: InvitationError | None) -> str:
    faults = {"code": f"{gettext(error.sentence)} {gettext(error.advice)}"} if error else {}
    return render_template("invitation/code.html", is_guest=current().role == GUEST, code=typed, faults=faults)
