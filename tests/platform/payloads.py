"""The claims of launches as platforms send them (CORE Appendix E, DL Appendix A): complete, to be changed by tests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#"
SYSTEM = "http://purl.imsglobal.org/vocab/lis/v2/system/person#"
SCOPES = [
    "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem",
    "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly",
    "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly",
    "https://purl.imsglobal.org/spec/lti-ags/scope/score",
]


def base(
    *, issuer: str, client_id: str, nonce: str, now: datetime, deployment_id: str, target: str, sub: str
) -> dict[str, Any]:
    """What every message has; the token lives 60 s, as Moodle's."""
    issued = int(now.timestamp())
    return {
        "iss": issuer,
        "aud": client_id,
        "sub": sub,
        "iat": issued,
        "exp": issued + 60,
        "nonce": nonce,
        "given_name": "Chloé",
        "family_name": "Nguyen",
        "name": "Chloé Nguyen",
        "email": "chloe@ecole.example",
        LTI + "version": "1.3.0",
        LTI + "deployment_id": deployment_id,
        LTI + "target_link_uri": target,
        LTI + "roles": [MEMBERSHIP + "Learner"],
        LTI + "tool_platform": {"guid": "lms", "name": "Un LMS", "product_family_code": "moodle", "version": "4.5"},
        LTI + "launch_presentation": {"document_target": "iframe", "locale": "fr", "return_url": f"{issuer}/retour"},
        LTI + "lis": {"person_sourcedid": "", "course_section_sourcedid": ""},
        LTI + "custom": {},
    }


def resource_link(claims: dict[str, Any], service: str) -> dict[str, Any]:
    """A course's activity, with the gradebook and membership services at `service`."""
    return claims | {
        LTI + "message_type": "LtiResourceLinkRequest",
        LTI + "resource_link": {"id": "activity-1", "title": "Parcours de rentrée"},
        LTI + "context": {
            "id": "course-1",
            "label": "4A",
            "title": "Technologie 4e",
            "type": ["http://purl.imsglobal.org/vocab/lis/v2/course#CourseSection"],
        },
        AGS: {"scope": list(SCOPES), "lineitems": f"{service}/courses/course-1/lineitems?type_id=1"},
        NRPS: {"context_memberships_url": f"{service}/courses/course-1/members", "service_versions": ["2.0"]},
    }


def submission_review(claims: dict[str, Any], service: str) -> dict[str, Any]:
    """Somebody opens a pupil's cell in the gradebook of that course; here the pupil their own."""
    activity = resource_link(claims, service)
    column = f"{service}/courses/course-1/lineitems/1/lineitem?type_id=1"
    return activity | {
        LTI + "message_type": "LtiSubmissionReviewRequest",
        LTI + "for_user": {"user_id": claims["sub"], "roles": [MEMBERSHIP + "Learner"]},
        AGS: {**activity[AGS], "lineitem": column},
    }


def data_privacy(claims: dict[str, Any], service: str) -> dict[str, Any]:
    """Somebody asks what the tool holds about them."""
    return claims | {
        LTI + "message_type": "DataPrivacyLaunchRequest",
        LTI + "roles": [INSTITUTION + "Student"],
        LTI + "for_user": {"user_id": claims["sub"]},
    }


def deep_linking(claims: dict[str, Any], service: str) -> dict[str, Any]:
    """A teacher selects content for that course."""
    course = {name: value for name, value in resource_link(claims, service).items() if "resource_link" not in name}
    return course | {
        LTI + "message_type": "LtiDeepLinkingRequest",
        LTI + "roles": [MEMBERSHIP + "Instructor"],
        DL + "deep_linking_settings": {
            "deep_link_return_url": f"{service}/selection",
            "accept_types": ["ltiResourceLink"],
            "accept_presentation_document_targets": ["iframe", "window"],
            "accept_multiple": True,
            "accept_lineitem": True,
            "data": "opaque=42&x=<é>",
        },
    }


MESSAGES = {
    "resource": resource_link,
    "deep_linking": deep_linking,
    "submission_review": submission_review,
    "data_privacy": data_privacy,
}
