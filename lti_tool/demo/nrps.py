"""Names and Role Provisioning Services: who is enrolled in a course."""

from typing import Any

from flask import Blueprint, Response, request

from lti_tool.demo.messages import MEMBERSHIP, SCOPE_MEMBERS, members_url
from lti_tool.demo.people import Person, members_of, teaches
from lti_tool.demo.state import current_ent
from lti_tool.demo.wire import (
    ServiceRefusalError,
    demand_accept,
    enter_course,
    install_refusals,
    json_answer,
    one_page,
)

MEMBERS = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
LARGEST_PAGE = 3
"""Smaller than either course, so that whoever does not follow `next` misses somebody."""

blueprint = Blueprint("nrps", __name__)
install_refusals(blueprint)


@blueprint.get("/nrps/<course_id>/members")
def members(course_id: str) -> Response:
    """The members of a course, by pages, with short role names as Moodle's."""
    course = enter_course(course_id, SCOPE_MEMBERS)
    demand_accept(MEMBERS)
    link = request.args.get("rlid")
    if link and current_ent().store.activity_of_link(course.id, link) is None:
        raise ServiceRefusalError(404, "No such resource link in this course")
    wanted = request.args.get("role", "").removeprefix(MEMBERSHIP)
    found = []
    for person in members_of(course):
        role = "Instructor" if teaches(person, course) else "Learner"
        if wanted in ("", role):
            found.append(_member(person, role))
    page, headers = one_page(found, f"/nrps/{course.id}/members", largest=LARGEST_PAGE)
    container = {
        "id": members_url(current_ent(), course.id),
        "context": {"id": course.id, "label": course.label, "title": course.title},
        "members": page,
    }
    return json_answer(container, MEMBERS, headers)


def _member(person: Person, role: str) -> dict[str, Any]:
    return {
        "user_id": person.sub,
        "status": "Active",
        "roles": [role],
        "name": person.full_name,
        "given_name": person.given_name,
        "family_name": person.family_name,
    }
