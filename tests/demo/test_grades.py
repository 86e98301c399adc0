"""Columns, scores and results, with Moodle's refusals (`facts/moodle.md` "Scores")."""

import time
from datetime import UTC, datetime

import pytest
import requests

from lti_tool.demo.people import person_by_login

LINE_ITEM = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE = "application/vnd.ims.lis.v1.score+json"
COURSE = "technologie-4a"
CHLOE = person_by_login("chloe.nguyen").sub


def iso(seconds):
    return datetime.fromtimestamp(seconds, UTC).isoformat()


# Columns


def test_a_column_is_made_read_changed_and_deleted(services):
    url = services.column(resourceId="ABC", tag="pix")
    assert services.get(url, LINE_ITEM).json() == {
        "id": url,
        "label": "Colonne",
        "scoreMaximum": 20,
        "resourceId": "ABC",
        "tag": "pix",
    }
    services.score(url, scoreGiven=10, scoreMaximum=20)
    changed = services.send("PUT", url, {"label": "Autre", "scoreMaximum": 40}, LINE_ITEM)
    assert (changed.json()["label"], changed.json()["tag"]) == ("Autre", "")
    assert services.shown() == "20.0", "a grade keeps its share of the maximum"
    assert requests.delete(url, headers=services.token, timeout=10).status_code == 204
    assert services.get(url, LINE_ITEM).status_code == 404


def test_columns_are_found_by_what_they_belong_to(services, column):
    link = services.get(column, LINE_ITEM).json()["resourceLinkId"]
    other = services.column(resourceId="XYZ", tag="other")
    second = services.column(resourceLinkId=link)

    def found(**filters):
        return [item["id"] for item in services.get(services.lineitems, LINE_ITEMS, params=filters).json()]

    assert found() == [column, other, second]
    assert found(resource_link_id=link) == [column, second]
    assert found(resource_id="ABC") == [column]
    assert found(tag="other") == [other]
    assert found(tag="nothing") == []


def test_the_claim_names_no_column_where_the_link_has_two(world, services, column):
    link = services.get(column, LINE_ITEM).json()["resourceLinkId"]
    services.column(resourceLinkId=link)
    endpoint = world.launch("chloe.nguyen", "/lancement/activite/1")[
        "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
    ]
    assert "lineitem" not in endpoint


def test_columns_come_by_pages(services):
    made = [services.column() for _ in range(5)]
    url, seen = services.lineitems + "&limit=2", []
    while url:
        answer = services.get(url, LINE_ITEMS)
        seen.append([item["id"] for item in answer.json()])
        url = answer.links.get("next", {}).get("url")
    assert seen == [made[:2], made[2:4], made[4:]]


@pytest.mark.parametrize("accept", ["application/json", "*/*", f"{LINE_ITEMS}, application/json"])
def test_another_accept_is_refused(services, accept):
    assert services.get(services.lineitems, accept).status_code == 400


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param({"label": "A", "scoreMaximum": 1}, "application/json", id="content type"),
        pytest.param({"scoreMaximum": 1}, LINE_ITEM, id="no label"),
        pytest.param({"label": "A"}, LINE_ITEM, id="no maximum"),
        pytest.param({"label": "A", "scoreMaximum": 0}, LINE_ITEM, id="maximum 0"),
        pytest.param({"label": "A", "scoreMaximum": "20"}, LINE_ITEM, id="maximum as text"),
        pytest.param({"label": "A", "scoreMaximum": 1, "tag": 3}, LINE_ITEM, id="tag not text"),
        pytest.param({"label": "A", "scoreMaximum": 1, "resourceLinkId": "x"}, LINE_ITEM, id="no such link"),
        pytest.param([], LINE_ITEM, id="no object"),
    ],
)
def test_a_wrong_column_is_refused(services, body, content_type):
    assert services.send("POST", services.lineitems, body, content_type).status_code == 400
    assert services.get(services.lineitems, LINE_ITEMS).json() == []


@pytest.mark.parametrize("query", ["", "?type_id=2"])
def test_a_wrong_type_id_is_refused(services, column, query):
    path = services.lineitems.split("?")[0]
    assert services.get(path + query, LINE_ITEMS).status_code == 401
    assert services.score(column.split("?")[0] + (query or "?")).status_code == 401


# Scores


def test_a_score_stands_in_the_gradebook(services, column):
    answer = services.score(column)
    assert (answer.status_code, answer.text) == (200, "")
    assert services.shown() == "62.5"
    result = services.result(column)
    assert (result["resultScore"], result["resultMaximum"], result["comment"]) == (62.5, 100, "Bravo")


@pytest.mark.parametrize(
    ("given", "maximum", "shown"),
    [
        pytest.param(1, 4, "5.0", id="rescaled to 20"),
        pytest.param(12, 10, "20.0", id="not above the maximum"),
        pytest.param(0, 100, "0.0", id="zero is a grade"),
    ],
)
def test_a_score_is_brought_to_the_columns_scale(services, given, maximum, shown):
    services.score(services.column(), scoreGiven=given, scoreMaximum=maximum)
    assert services.shown() == shown


def test_a_charset_after_the_media_type_is_allowed(services, column):
    assert services.score(column, content_type=SCORE + "; charset=utf-8").status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"content_type": "application/json"}, id="content type"),
        pytest.param({"userId": None}, id="no user"),
        pytest.param({"userId": [CHLOE]}, id="user not text"),
        pytest.param({"userId": "nobody"}, id="unknown user"),
        pytest.param({"userId": person_by_login("claire.fontaine").sub}, id="a teacher"),
        pytest.param({"userId": person_by_login("lou.coeurdevey").sub}, id="a pupil of another course"),
        pytest.param({"timestamp": None}, id="no timestamp"),
        pytest.param({"timestamp": "2026-10-01T10:00:00"}, id="no zone"),
        pytest.param({"timestamp": "hier"}, id="no date"),
        pytest.param({"activityProgress": None}, id="no activityProgress"),
        pytest.param({"gradingProgress": None}, id="no gradingProgress"),
        pytest.param({"gradingProgress": {}}, id="gradingProgress not text"),
        pytest.param({"scoreMaximum": None}, id="scoreGiven without scoreMaximum"),
        pytest.param({"scoreMaximum": 0}, id="scoreMaximum 0"),
        pytest.param({"scoreGiven": -1}, id="negative"),
        pytest.param({"scoreGiven": "12"}, id="score as text"),
        pytest.param({"scoreGiven": float("nan")}, id="not a number"),
        pytest.param({"comment": 3}, id="comment not text"),
    ],
)
def test_an_incorrect_score_is_refused_and_writes_nothing(services, column, changes):
    answer = services.score(column, **changes)
    assert (answer.status_code, answer.text) == (400, "")
    assert answer.reason not in ("", "Bad Request")
    assert services.result(column) is None


def test_two_scores_in_one_second_the_second_is_refused(world, services, column):
    world.stopped = moment = int(time.time())
    assert services.score(column, timestamp=iso(moment)).status_code == 200
    answer = services.score(column, scoreGiven=99, timestamp=iso(moment + 0.9))
    assert (answer.status_code, answer.reason) == (409, "Refusing score with an earlier timestamp")
    assert services.shown() == "62.5"


def test_an_activitys_column_compares_with_the_ents_own_clock(world, services, column):
    """A tool whose clock is ten minutes slow is refused its second score for ten minutes."""
    slow = world.clock() - 600
    assert services.score(column, timestamp=iso(slow)).status_code == 200
    assert services.score(column, timestamp=iso(slow + 60), scoreGiven=99).status_code == 409
    assert services.score(column, timestamp=iso(world.clock() + 2), scoreGiven=99).status_code == 200
    assert services.shown() == "99.0"


def test_a_column_made_by_the_tool_keeps_the_tools_timestamps(world, services):
    column = services.column()
    slow = world.clock() - 600
    assert services.score(column, timestamp=iso(slow)).status_code == 200
    assert services.score(column, timestamp=iso(slow + 60)).status_code == 200
    assert services.score(column, timestamp=iso(slow + 10**6)).status_code == 200
    assert services.score(column, timestamp=iso(world.clock())).status_code == 409, "the future blocks"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"gradingProgress": "Pending"}, id="not fully graded"),
        pytest.param({"scoreGiven": None}, id="no score given"),
    ],
)
def test_a_grade_and_its_comment_are_cleared(world, services, column, changes):
    services.score(column)
    later = iso(world.clock() + 5)
    assert services.score(column, timestamp=later, **changes).status_code == 200
    assert services.shown() == ""
    result = services.result(column)
    assert "resultScore" not in result
    assert "comment" not in result


def test_leaving_the_comment_out_clears_it(world, services, column):
    services.score(column)
    services.score(column, timestamp=iso(world.clock() + 5), comment=None)
    assert "comment" not in services.result(column)


def teacher_writes(world, note):
    browser = world.browser("claire.fontaine")
    (cell,) = browser.get(f"/cours/{COURSE}/notes").all(f"//td[@data-sub='{CHLOE}']")
    browser.post(
        f"/cours/{COURSE}/notes",
        {"eleve": CHLOE, "colonne": cell.get("data-line-item"), "note": note},
    )


def test_what_a_teacher_wrote_stays_though_the_score_is_accepted(world, services, column):
    services.score(column)
    teacher_writes(world, "15")
    assert services.score(column, timestamp=iso(world.clock() - 60)).status_code == 409
    assert services.score(column, timestamp=iso(world.clock() + 5)).status_code == 200
    assert services.shown() == "15.0"
    assert services.result(column)["resultScore"] == 15


def test_an_emptied_cell_is_the_activitys_again(world, services, column):
    teacher_writes(world, "15")
    teacher_writes(world, "")
    assert services.score(column, timestamp=iso(world.clock() + 5)).status_code == 200
    assert services.shown() == "62.5"


def test_a_column_of_the_tool_takes_later_scores_after_a_teacher(world, services):
    column = services.column()
    teacher_writes(world, "15")
    assert services.score(column, timestamp=iso(world.clock() - 60)).status_code == 409
    assert services.score(column, timestamp=iso(world.clock() + 5)).status_code == 200
    assert services.shown() == "12.5"


def test_a_score_for_a_deleted_column_is_not_found(world, services, column):
    world.browser("claire.fontaine").post("/activites/1/supprimer")
    assert services.score(column).status_code == 404
