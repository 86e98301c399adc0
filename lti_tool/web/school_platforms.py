"""For a school's administrators: the platforms that an invitation naming their school connected."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.schools import connections
from lti_tool.web import staff_pages
from lti_tool.web.security import current
from lti_tool.web.staff_pages import ROW_ID
from lti_tool.web.toolbox import db, now

blueprint = Blueprint("school_platforms", __name__, url_prefix="/orga/connexions")
blueprint.before_request(staff_pages.guard)


@blueprint.get("")
def connection_list() -> str:
    """What waits to be activated or authorized, and what works."""
    school = current().school
    return render_template("administrator/connections.html", connections=connections.of_school(db(), school.id))


@blueprint.post(f"/<{ROW_ID}:platform_id>/activation")
def activate(platform_id: int) -> Response:
    """Let a platform launch that the school's own invitation made and that nobody suspended."""
    info = current()
    connections.check_named(db(), platform_id, info.school.id)
    connections.activate_for_school(db(), platform_id, now(), by=info.person_id, confirmed="adresses" in request.form)
    return redirect(url_for("school_platforms.connection_list"), 303)


@blueprint.post(f"/<{ROW_ID}:platform_id>/deploiements")
def approve(platform_id: int) -> Response:
    """Authorize a deployment of it for this school."""
    info, deployment_id = current(), request.form.get("deploiement", "")
    connections.check_named(db(), platform_id, info.school.id)
    connections.approve_for_school(db(), platform_id, deployment_id, info.school.id, now(), by=info.person_id)
    return redirect(url_for("school_platforms.connection_list"), 303)
