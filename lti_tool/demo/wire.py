"""What the two services share: refusals in the reason phrase, exact media types, pages with a `next` link."""

from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from authlib.oauth2 import OAuth2Error
from flask import Blueprint, Response, json, request

from lti_tool.demo.oidc import make_protector
from lti_tool.demo.people import Course, course_by_id
from lti_tool.demo.state import current_ent

Item = TypeVar("Item")

_PROTECTOR = make_protector()


class ServiceRefusalError(Exception):
    """A refusal of a service: a status and a reason that stands in the reason phrase, as in Moodle."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def install_refusals(blueprint: Blueprint) -> None:
    """Let a service's blueprint answer refusals without a page."""

    @blueprint.errorhandler(ServiceRefusalError)
    def refused(refusal: ServiceRefusalError) -> Response:
        return Response(status=f"{refusal.status} {refusal.reason}")

    @blueprint.errorhandler(OAuth2Error)
    def unauthorized(error: OAuth2Error) -> Response:
        return Response(status=f"{error.status_code} {error.error}", headers={"WWW-Authenticate": "Bearer"})


def enter_course(course_id: str, *scopes: str) -> Course:
    """Check the access token against any of these scopes, then find the course.

    Raises Authlib's errors (401, 403) and `ServiceRefusalError` 404.
    """
    _PROTECTOR.acquire_token(list(scopes))
    course = course_by_id(course_id)
    if course is None:
        raise ServiceRefusalError(404, "No such course")
    return course


def demand_accept(media_type: str) -> None:
    """Refuse (400) an `Accept` that is not this media type alone."""
    if request.headers.get("Accept", "").strip().lower() != media_type:
        raise ServiceRefusalError(400, f"Accept must be {media_type}")


def demand_json(media_type: str) -> dict[str, Any]:
    """The JSON object of the body; refuses (400) another `Content-Type`, of which only a charset may follow."""
    if request.mimetype != media_type:
        raise ServiceRefusalError(400, f"Content-Type must be {media_type}")
    document = request.get_json(force=True, silent=True)
    if not isinstance(document, dict):
        raise ServiceRefusalError(400, "The body must be a JSON object")
    return document


def one_page(items: Sequence[Item], path: str, *, largest: int) -> tuple[Sequence[Item], dict[str, str]]:
    """The page asked for by `limit` and `from`, with the header that names the next one.

    `limit` is a wish: no page is larger than `largest`. Other parameters of the request travel along.
    """
    limit = min(_whole_number("limit", largest, least=1), largest)
    start = _whole_number("from", 0, least=0)
    page = items[start : start + limit]
    if start + limit >= len(items):
        return page, {}
    query = {**request.args.to_dict(), "limit": str(limit), "from": str(start + limit)}
    return page, {"Link": f'<{current_ent().url(path)}?{urlencode(query)}>; rel="next"'}


def json_answer(
    document: object, media_type: str, headers: dict[str, str] | None = None, status: int = 200
) -> Response:
    """A JSON answer under its own media type."""
    return Response(json.dumps(document), status=status, headers=headers, content_type=media_type)


def _whole_number(name: str, default: int, *, least: int) -> int:
    text = request.args.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10) or int(text) < least:
        raise ServiceRefusalError(400, f"{name} must be a whole number")
    return int(text)
