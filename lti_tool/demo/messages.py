"""The claims of a launch: what the ENT says to the tool about the person, the place and the services."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from lti_tool.demo.people import (
    SCHOOL_NAME,
    SCHOOL_UAI,
    Course,
    Person,
    course_by_id,
    teaches,
)
from lti_tool.demo.state import Ent
from lti_tool.demo.store import Activity, PendingLaunch

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
DEEP_LINKING_CLAIM = "https://purl.imsglobal.org/spec/lti-dl/claim/"
AGS_CLAIM = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS_CLAIM = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"

_AGS_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/"
SCOPE_LINE_ITEM = _AGS_SCOPE + "lineitem"
SCOPE_LINE_ITEM_READ = _AGS_SCOPE + "lineitem.readonly"
SCOPE_RESULT_READ = _AGS_SCOPE + "result.readonly"
SCOPE_SCORE = _AGS_SCOPE + "score"
SCOPE_MEMBERS = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
SCOPES = (SCOPE_LINE_ITEM, SCOPE_LINE_ITEM_READ, SCOPE_RESULT_READ, SCOPE_SCORE, SCOPE_MEMBERS)


class LaunchKind(StrEnum):
    """What a launch is for."""

    MEDIACENTRE = "mediacentre"
    ACTIVITY = "activity"
    SELECTION = "selection"


class GoneError(Exception):
    """The activity or the course of a started launch does not exist any more."""


def launch_claims(ent: Ent, launch: PendingLaunch, person: Person) -> dict[str, Any]:
    """The LTI claims of an id_token, beside those of OpenID (Core §5.3, §5.4; Deep Linking §4.4).

    Raises `GoneError`.
    """
    claims: dict[str, Any] = {
        "sub": person.sub,
        CLAIM + "version": "1.3.0",
        CLAIM + "deployment_id": ent.tool.deployment_id,
        CLAIM + "roles": list(person.institution_roles),
        CLAIM + "tool_platform": {
            "guid": SCHOOL_UAI,
            "name": f"ENT du {SCHOOL_NAME}",
            "product_family_code": "demo-ent",
            "version": "1",
        },
        CLAIM + "lis": {"person_sourcedid": person.login, "course_section_sourcedid": ""},
    }
    if ent.tool.gives_names:
        names = {"given_name": person.given_name, "family_name": person.family_name, "name": person.full_name}
        claims.update(names)
    course = _course(launch)
    if launch.kind == LaunchKind.SELECTION and course:
        claims.update(_selection_claims(ent, course))
        activity = None
    else:
        activity = _activity(ent, launch)
        claims.update(_resource_claims(ent, activity))
    if course:
        claims.update(_course_claims(ent, person, course, activity))
    where = course.id if course else "mediacentre"
    claims[CLAIM + "launch_presentation"] = {
        "locale": "fr",
        "document_target": launch.target,
        "return_url": ent.url(f"/retour/{where}"),
    }
    claims[CLAIM + "custom"] = _custom(person, course, activity)
    return claims


def line_items_url(ent: Ent, course_id: str) -> str:
    """The course's line items, as given in a launch: with `type_id`, as Moodle does."""
    return ent.url(f"/ags/{course_id}/lineitems?type_id={ent.tool.deployment_id}")


def line_item_url(ent: Ent, course_id: str, line_item_id: int, below: str = "") -> str:
    """A line item, or what is below it (`/results`): the path ends before the query."""
    path = f"/ags/{course_id}/lineitems/{line_item_id}/lineitem{below}"
    return ent.url(f"{path}?type_id={ent.tool.deployment_id}")


def members_url(ent: Ent, course_id: str) -> str:
    """The course's memberships."""
    return ent.url(f"/nrps/{course_id}/members")


def _course(launch: PendingLaunch) -> Course | None:
    if launch.course is None:
        return None
    course = course_by_id(launch.course)
    if course is None:
        raise GoneError
    return course


def _activity(ent: Ent, launch: PendingLaunch) -> Activity | None:
    if launch.activity is None:
        return None
    activity = ent.store.activity(launch.activity)
    if activity is None:
        raise GoneError
    return activity


def _resource_claims(ent: Ent, activity: Activity | None) -> dict[str, Any]:
    tool = ent.tool
    link = {"id": activity.resource_link_id, "title": activity.title} if activity else None
    return {
        CLAIM + "message_type": "LtiResourceLinkRequest",
        CLAIM + "target_link_uri": (activity.url if activity else None) or tool.target_link_uri,
        CLAIM + "resource_link": link or {"id": "mediacentre-pix", "title": "Pix"},
    }


def _selection_claims(ent: Ent, course: Course) -> dict[str, Any]:
    return {
        CLAIM + "message_type": "LtiDeepLinkingRequest",
        CLAIM + "target_link_uri": ent.tool.target_link_uri,
        DEEP_LINKING_CLAIM + "deep_linking_settings": {
            "deep_link_return_url": ent.url(f"/cours/{course.id}/selection/retour"),
            "accept_types": ["ltiResourceLink"],
            "accept_presentation_document_targets": ["iframe", "window"],
            "accept_multiple": True,
            "accept_lineitem": True,
            "auto_create": False,
            "data": ent.store.start_selection(course.id),
        },
    }


def _course_claims(ent: Ent, person: Person, course: Course, activity: Activity | None) -> dict[str, Any]:
    role = "Instructor" if teaches(person, course) else "Learner"
    endpoint: dict[str, Any] = {
        "scope": [scope for scope in SCOPES if scope != SCOPE_MEMBERS],
        "lineitems": line_items_url(ent, course.id),
    }
    if activity:
        columns = [item for item in ent.store.line_items(course.id) if item.activity == activity.id]
        if len(columns) == 1:
            endpoint["lineitem"] = line_item_url(ent, course.id, columns[0].id)
    return {
        CLAIM + "roles": [MEMBERSHIP + role, *person.institution_roles],
        CLAIM + "context": {
            "id": course.id,
            "label": course.label,
            "title": course.title,
            "type": ["http://purl.imsglobal.org/vocab/lis/v2/course#CourseSection"],
        },
        AGS_CLAIM: endpoint,
        NRPS_CLAIM: {"context_memberships_url": members_url(ent, course.id), "service_versions": ["2.0"]},
    }


def _custom(person: Person, course: Course | None, activity: Activity | None) -> dict[str, str]:
    """The activity's parameters, below those fixed in the tool's settings, which no activity can change.

    As in Moodle, a name is also given in its normalised form, and an unknown variable stays as it is.
    """
    known = {
        "$User.id": person.sub,
        "$Person.name.given": person.given_name,
        "$Person.name.family": person.family_name,
        "$Person.name.full": person.full_name,
    }
    if course:
        known |= {"$Context.id": course.id, "$Context.title": course.title, "$Context.label": course.label}
    if activity:
        known |= {"$ResourceLink.id": activity.resource_link_id, "$ResourceLink.title": activity.title}
    given: Mapping[str, str] = activity.custom if activity else {}
    custom = {}
    for name, value in given.items():
        custom[re.sub(r"[^a-z0-9]", "_", name.lower())] = known.get(value, value)
        custom[name] = known.get(value, value)
    return custom | {"uai": SCHOOL_UAI, "profil": person.profile}
