"""Assignment and Grade Services: columns, scores and results, with Moodle's refusals (`facts/moodle.md` "Scores")."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, request

from lti_tool.demo.gradebook import EarlierScoreError, NoSuchColumnError, Score, accept_score
from lti_tool.demo.messages import (
    SCOPE_LINE_ITEM,
    SCOPE_LINE_ITEM_READ,
    SCOPE_RESULT_READ,
    SCOPE_SCORE,
    line_item_url,
)
from lti_tool.demo.people import Course, pupils_of
from lti_tool.demo.state import current_ent
from lti_tool.demo.store import LineItem, NewItem
from lti_tool.demo.wire import (
    ServiceRefusalError,
    demand_accept,
    demand_json,
    enter_course,
    install_refusals,
    json_answer,
    one_page,
)

LINE_ITEM = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE = "application/vnd.ims.lis.v1.score+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
LARGEST_PAGE = 10
_TOO_LARGE = 1_000_000_000

_ACTIVITY_PROGRESS = ("Initialized", "Started", "InProgress", "Submitted", "Completed")
_GRADING_PROGRESS = ("FullyGraded", "Pending", "PendingManual", "Failed", "NotReady")

blueprint = Blueprint("ags", __name__)
install_refusals(blueprint)


@blueprint.before_request
def check_type_id() -> None:
    """Every address of the service carries the tool's `type_id`."""
    if request.args.get("type_id") != current_ent().tool.deployment_id:
        raise ServiceRefusalError(401, "Unknown type_id")


@blueprint.get("/ags/<course_id>/lineitems")
def line_items(course_id: str) -> Response:
    """The tool's columns, by pages, filtered by `resource_link_id`, `resource_id` and `tag` (AGS §3.2.4)."""
    course = enter_course(course_id, SCOPE_LINE_ITEM, SCOPE_LINE_ITEM_READ)
    demand_accept(LINE_ITEMS)
    wanted = request.args
    found = [
        _as_json(course, item)
        for item in current_ent().store.line_items(course.id)
        if wanted.get("resource_link_id") in (None, item.resource_link_id)
        and wanted.get("resource_id") in (None, item.resource_id)
        and wanted.get("tag") in (None, item.tag)
    ]
    page, headers = one_page(found, f"/ags/{course.id}/lineitems", largest=LARGEST_PAGE)
    return json_answer(page, LINE_ITEMS, headers)


@blueprint.post("/ags/<course_id>/lineitems")
def add_line_item(course_id: str) -> Response:
    """Make a column; it belongs to an activity if `resourceLinkId` names one."""
    course = enter_course(course_id, SCOPE_LINE_ITEM)
    document = demand_json(LINE_ITEM)
    item = _checked_line_item(document)
    store = current_ent().store
    activity = None
    if document.get("resourceLinkId") is not None:
        activity = store.activity_of_link(course.id, str(document["resourceLinkId"]))
        if activity is None:
            raise ServiceRefusalError(400, "No such resource link in this course")
    made = _line_item(course, store.add_line_item(course.id, item, activity.id if activity else None))
    answer = _as_json(course, made)
    return json_answer(answer, LINE_ITEM, {"Location": answer["id"]}, status=201)


@blueprint.get("/ags/<course_id>/lineitems/<int:line_item_id>/lineitem")
def line_item(course_id: str, line_item_id: int) -> Response:
    """One column."""
    course = enter_course(course_id, SCOPE_LINE_ITEM, SCOPE_LINE_ITEM_READ)
    demand_accept(LINE_ITEM)
    return json_answer(_as_json(course, _line_item(course, line_item_id)), LINE_ITEM)


@blueprint.put("/ags/<course_id>/lineitems/<int:line_item_id>/lineitem")
def update_line_item(course_id: str, line_item_id: int) -> Response:
    """Change a column's label, maximum, `resourceId` and `tag`."""
    course = enter_course(course_id, SCOPE_LINE_ITEM)
    item = _checked_line_item(demand_json(LINE_ITEM))
    current_ent().store.update_line_item(_line_item(course, line_item_id), item)
    return json_answer(_as_json(course, _line_item(course, line_item_id)), LINE_ITEM)


@blueprint.delete("/ags/<course_id>/lineitems/<int:line_item_id>/lineitem")
def delete_line_item(course_id: str, line_item_id: int) -> Response:
    """Delete a column, also an activity's own."""
    course = enter_course(course_id, SCOPE_LINE_ITEM)
    current_ent().store.delete_line_item(_line_item(course, line_item_id).id)
    return Response(status=204)


@blueprint.post("/ags/<course_id>/lineitems/<int:line_item_id>/lineitem/scores")
def add_score(course_id: str, line_item_id: int) -> Response:
    """Take a score; success has an empty body."""
    course = enter_course(course_id, SCOPE_SCORE)
    score = _checked_score(demand_json(SCORE), course)
    ent = current_ent()
    try:
        accept_score(ent.store, course.id, line_item_id, score, now=int(ent.clock()))
    except EarlierScoreError:
        raise ServiceRefusalError(409, "Refusing score with an earlier timestamp") from None
    except NoSuchColumnError:
        raise ServiceRefusalError(404, "No such line item") from None
    return Response(status=200)


@blueprint.get("/ags/<course_id>/lineitems/<int:line_item_id>/lineitem/results")
def results(course_id: str, line_item_id: int) -> Response:
    """What the column's cells show; a cleared cell has no `resultScore` (AGS §3.3)."""
    course = enter_course(course_id, SCOPE_RESULT_READ)
    demand_accept(RESULTS)
    column = _line_item(course, line_item_id)
    url = line_item_url(current_ent(), course.id, column.id)
    found: list[dict[str, Any]] = []
    for grade in current_ent().store.grades(column.id).values():
        if request.args.get("user_id") not in (None, grade.sub):
            continue
        result: dict[str, Any] = {
            "id": line_item_url(current_ent(), course.id, column.id, f"/results/{grade.sub}"),
            "scoreOf": url,
            "userId": grade.sub,
            "resultMaximum": column.score_maximum,
            "timestamp": datetime.fromtimestamp(grade.modified, UTC).isoformat(),
        }
        if grade.value is not None:
            result["resultScore"] = grade.value
        if grade.comment:
            result["comment"] = grade.comment
        found.append(result)
    path = f"/ags/{course.id}/lineitems/{column.id}/lineitem/results"
    page, headers = one_page(found, path, largest=LARGEST_PAGE)
    return json_answer(page, RESULTS, headers)


def _line_item(course: Course, line_item_id: int) -> LineItem:
    found = current_ent().store.line_item(course.id, line_item_id)
    if found is None:
        raise ServiceRefusalError(404, "No such line item")
    return found


def _as_json(course: Course, item: LineItem) -> dict[str, Any]:
    document = {
        "id": line_item_url(current_ent(), course.id, item.id),
        "label": item.label,
        "scoreMaximum": item.score_maximum,
        "resourceId": item.resource_id or "",
        "tag": item.tag or "",
    }
    if item.resource_link_id:
        document["resourceLinkId"] = item.resource_link_id
    return document


def _checked_line_item(document: dict[str, Any]) -> NewItem:
    label, maximum = document.get("label"), _number(document, "scoreMaximum")
    if not isinstance(label, str) or not label.strip() or maximum is None or maximum <= 0:
        raise ServiceRefusalError(400, "label and scoreMaximum are required")
    resource_id, tag = document.get("resourceId") or None, document.get("tag") or None
    for text in (resource_id, tag):
        if text is not None and not isinstance(text, str):
            raise ServiceRefusalError(400, "resourceId and tag must be text")
    return NewItem(title=label.strip(), score_maximum=maximum, resource_id=resource_id, tag=tag)


def _checked_score(document: dict[str, Any], course: Course) -> Score:
    """Refuse what Moodle calls an incorrect score, or a user who cannot be graded here."""
    incorrect = ServiceRefusalError(400, "Incorrect score received")
    activity, grading, user = (document.get(n) for n in ("activityProgress", "gradingProgress", "userId"))
    if activity not in _ACTIVITY_PROGRESS or grading not in _GRADING_PROGRESS:
        raise incorrect
    given, maximum = _number(document, "scoreGiven"), _number(document, "scoreMaximum")
    if given is not None and (given < 0 or maximum is None or maximum <= 0):
        raise incorrect
    comment = document.get("comment")
    if comment is not None and not isinstance(comment, str):
        raise incorrect
    if user not in [pupil.sub for pupil in pupils_of(course)]:
        raise incorrect
    if grading != "FullyGraded":
        given = None
    return Score(str(user), _second(document.get("timestamp")), given, maximum, comment)


def _number(document: dict[str, Any], name: str) -> float | None:
    value = document.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _TOO_LARGE:
        raise ServiceRefusalError(400, f"{name} must be a number")
    return float(value)


def _second(timestamp: object) -> int:
    """The whole second of an ISO 8601 date and time; without a zone it means nothing."""
    try:
        moment = datetime.fromisoformat(str(timestamp))
    except ValueError:
        raise ServiceRefusalError(400, "timestamp must be ISO 8601") from None
    if moment.tzinfo is None:
        raise ServiceRefusalError(400, "timestamp must have a zone")
    return int(moment.timestamp())
