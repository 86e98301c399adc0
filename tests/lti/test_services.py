"""AGS and NRPS against a platform that refuses what Moodle refuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lti_tool.database import Database
from lti_tool.lti import services as ags
from lti_tool.lti.outbound import UnreachableError, UnreadableError
from lti_tool.lti.platforms import PlatformRecord
from lti_tool.lti.services import MemberValue, Score, ServiceRefused, Services, TokenRefused
from tests.lti.desk import register
from tests.platform.gradebook import Column, Member
from tests.platform.payloads import MEMBERSHIP
from tests.platform.server import Answer, FakePlatform


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The database holds tokens only, which are tested on both kinds."""
    return sqlite_url


@pytest.fixture
def record(database: Database, platform: FakePlatform, now: datetime) -> PlatformRecord:
    return register(database, platform, now)


@pytest.fixture
def column(platform: FakePlatform) -> Column:
    """A column, and the pupil whom it grades."""
    course = platform.courses["course-1"]
    course.members.append(Member("sub-chloe"))
    return course.add_column(resourceId="ABC", tag="pix", resourceLinkId="activity-1")


def score(now: datetime, given: float = 80.0) -> Score:
    return Score(user_id="sub-chloe", timestamp=now, score_given=given, score_maximum=100.0, comment="80 %")


# --- tokens that a service no longer takes


def test_a_token_that_the_platform_forgot_is_replaced_once(
    services: Services, record: PlatformRecord, platform: FakePlatform, column: Column, now: datetime
) -> None:
    url = platform.line_item_url(column)
    assert services.post_score(record, url, score(now)).status == 200
    platform.tokens.clear()
    assert services.post_score(record, url, score(now + timedelta(seconds=2))).status == 200
    assert len(platform.asked("/token")) == 2


def test_a_401_that_no_token_mends_is_an_answer(
    services: Services, record: PlatformRecord, platform: FakePlatform, column: Column, now: datetime
) -> None:
    url = platform.line_item_url(column).replace("type_id=1", "type_id=2")
    assert services.post_score(record, url, score(now)).status == 401
    assert len(platform.asked("/scores")) == 2


# --- scores


def test_a_score_goes_below_the_line_item_with_the_exact_media_type(
    services: Services, record: PlatformRecord, platform: FakePlatform, column: Column, now: datetime
) -> None:
    sent = Score(
        user_id="sub-chloe",
        timestamp=now.replace(microsecond=123456),
        score_given=66.67,
        score_maximum=100.0,
        comment="66,7 %",
        started_at=now - timedelta(hours=1),
        submitted_at=now,
    )
    reply = services.post_score(record, platform.line_item_url(column), sent)

    assert reply.status == 200
    assert reply.date == now
    (request,) = platform.asked("/scores")
    assert request.path == "/courses/course-1/lineitems/1/lineitem/scores"
    assert request.query == {"type_id": ["1"]}
    assert request.headers["Content-Type"] == "application/vnd.ims.lis.v1.score+json"
    assert request.headers["Authorization"].startswith("Bearer token-")
    assert request.json() == {
        "userId": "sub-chloe",
        "timestamp": "2026-11-23T09:30:00.123+00:00",
        "scoreGiven": 66.67,
        "scoreMaximum": 100.0,
        "comment": "66,7 %",
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "submission": {"startedAt": "2026-11-23T08:30:00.000+00:00", "submittedAt": "2026-11-23T09:30:00.000+00:00"},
    }
    assert column.cells["sub-chloe"].score == 66.67


def test_a_refusal_is_the_caller_s_to_read(
    services: Services, record: PlatformRecord, platform: FakePlatform, column: Column, now: datetime
) -> None:
    url = platform.line_item_url(column)
    services.post_score(record, url, score(now))
    conflict = services.post_score(record, url, score(now))
    assert (conflict.status, conflict.reason.partition(" with")[0]) == (409, "Refusing score")
    platform.courses["course-1"].members.clear()
    refused = services.post_score(record, url, score(now + timedelta(seconds=5)))
    assert (refused.status, refused.reason) == (400, "Incorrect score received")
    platform.answers = [Answer(503, headers={"Retry-After": "30"})]
    assert services.post_score(record, url, score(now)).retry_after == timedelta(seconds=30)


def test_a_platform_that_is_down(
    services: Services, record: PlatformRecord, platform: FakePlatform, column: Column, now: datetime
) -> None:
    services.access_token(record, ags.SCOPE_SCORE)
    platform.stop()
    with pytest.raises(UnreachableError):
        services.post_score(record, platform.line_item_url(column), score(now))


def test_a_zero_is_a_score_and_none_clears(
    services: Services, record: PlatformRecord, platform: FakePlatform, column: Column, now: datetime
) -> None:
    url = platform.line_item_url(column)
    services.post_score(record, url, score(now, given=0.0))
    assert column.cells["sub-chloe"].score == 0.0
    services.post_score(record, url, Score("sub-chloe", now + timedelta(seconds=2)))
    assert column.cells["sub-chloe"].score is None


def test_times_are_sent_in_utc(
    services: Services, record: PlatformRecord, platform: FakePlatform, column: Column
) -> None:
    paris = datetime.fromisoformat("2026-07-01T12:00:00+02:00")
    services.post_score(record, platform.line_item_url(column), score(paris))
    assert platform.asked("/scores")[0].json()["timestamp"] == "2026-07-01T10:00:00.000+00:00"
    assert paris.astimezone(UTC).hour == 10


# --- line items


@pytest.mark.parametrize("filters", [True, False])
def test_a_column_is_found_by_our_names_over_all_pages(
    services: Services, record: PlatformRecord, platform: FakePlatform, filters: bool
) -> None:
    platform.rules.filters = filters
    course = platform.courses["course-1"]
    for number in range(5):
        course.add_column(resourceId=f"R{number}", tag="pix", resourceLinkId=f"activity-{number}")

    def find(**wanted: str) -> str | None:
        found = services.find_line_item(record, platform.line_items_url(), **wanted)
        return found.url if found else None

    assert find(resource_id="R4", tag="pix") == platform.line_item_url(course.columns[5])
    assert find(resource_id="R4", tag="pix", resource_link_id="activity-4") is not None
    assert find(resource_id="R4", tag="pix", resource_link_id="activity-1") is None
    assert find(resource_id="R4", tag="other") is None


def test_a_column_is_made_as_asked(services: Services, record: PlatformRecord, platform: FakePlatform) -> None:
    made = services.create_line_item(
        record,
        platform.line_items_url(),
        label="Rentrée",
        score_maximum=100.0,
        resource_id="ABC",
        tag="pix",
        resource_link_id="activity-1",
    )
    assert platform.courses["course-1"].columns[1].document == {
        "label": "Rentrée",
        "scoreMaximum": 100.0,
        "resourceId": "ABC",
        "tag": "pix",
        "resourceLinkId": "activity-1",
    }
    assert made.url == platform.line_item_url(platform.courses["course-1"].columns[1])
    assert services.get_line_item(record, made.url) == made


def test_a_column_is_changed_and_keeps_the_rest(
    services: Services, record: PlatformRecord, platform: FakePlatform
) -> None:
    """Also what we do not know of: a date that the teacher set, a vendor's extension."""
    column = platform.courses["course-1"].add_column(
        label="Rentrée", scoreMaximum=100, resourceId="ABC", tag="pix", endDateTime="2027-01-01T00:00:00Z", x={"y": 1}
    )
    kept = {name: column.document[name] for name in ("resourceId", "tag", "endDateTime", "x")}
    changed = services.update_line_item(record, platform.line_item_url(column), label="Rentrée 2", score_maximum=20.0)
    assert (changed.label, changed.score_maximum, changed.resource_id) == ("Rentrée 2", 20.0, "ABC")
    assert column.document == kept | {"label": "Rentrée 2", "scoreMaximum": 20.0}


def test_a_column_that_is_gone_is_not_changed(
    services: Services, record: PlatformRecord, platform: FakePlatform
) -> None:
    with pytest.raises(ServiceRefused) as caught:
        services.update_line_item(record, f"{platform.url}/courses/course-1/lineitems/9/lineitem?type_id=1", label="x")
    assert caught.value.status == 404


def test_no_scope_is_asked_for_that_is_not_needed(
    services: Services, record: PlatformRecord, platform: FakePlatform
) -> None:
    services.find_line_item(record, platform.line_items_url(), tag="pix", scope=ags.SCOPE_LINE_ITEM_READ)
    assert [request.form()["scope"] for request in platform.asked("/token")] == [ags.SCOPE_LINE_ITEM_READ]


def test_a_refused_list_says_why(services: Services, record: PlatformRecord, platform: FakePlatform) -> None:
    with pytest.raises(ServiceRefused) as caught:
        services.find_line_item(record, f"{platform.url}/courses/unknown/lineitems", tag="pix")
    assert caught.value.status == 404
    assert not isinstance(caught.value, TokenRefused)


@pytest.mark.parametrize(
    "document", [{}, {"id": "javascript:alert(1)"}, {"id": 5}, [], "x", {"id": "/relative"}, {"id": "ftp://x/y"}]
)
def test_a_column_without_an_address_is_none(
    services: Services, record: PlatformRecord, platform: FakePlatform, document: object
) -> None:
    services.access_token(record, ags.SCOPE_LINE_ITEM)
    platform.answers = [Answer(201, document), Answer(200, [document])]
    with pytest.raises(UnreadableError):
        services.create_line_item(
            record, platform.line_items_url(), label="x", score_maximum=1, resource_id="x", tag="pix"
        )
    assert services.find_line_item(record, platform.line_items_url(), tag="pix") is None


# --- results and members


def test_results_of_one_and_of_all(
    services: Services, record: PlatformRecord, platform: FakePlatform, column: Column, now: datetime
) -> None:
    course, url = platform.courses["course-1"], platform.line_item_url(column)
    for name in ("hugo", "ines"):
        course.members.append(Member(f"sub-{name}"))
    for member in course.members:
        services.post_score(record, url, Score(member.sub, now, 40.0, 50.0))
    (mine,) = services.results(record, url, "sub-hugo")
    assert (mine.user_id, mine.score, mine.maximum, mine.comment) == ("sub-hugo", 80.0, 100.0, None)
    assert [result.user_id for result in services.results(record, url)] == [member.sub for member in course.members]


def test_members_of_all_pages_with_short_and_long_roles(
    services: Services, record: PlatformRecord, platform: FakePlatform
) -> None:
    platform.courses["course-1"].members = [
        Member("sub-1", ["Learner"], names={"name": "Chloé Nguyen", "email": "c@ecole.example"}),
        Member("sub-2", [MEMBERSHIP + "Learner"], status=None),
        Member("sub-3", ["Instructor"]),
        Member("sub-4", ["Learner"], status="Inactive"),
        Member("sub-5", [], status="Deleted"),
    ]
    assert list(services.members(record, platform.members_url())) == [
        MemberValue("sub-1", True, True),
        MemberValue("sub-2", True, True),
        MemberValue("sub-3", False, True),
        MemberValue("sub-4", True, False),
        MemberValue("sub-5", False, False),
    ]
    requests = platform.asked("/members")
    assert len(requests) == 3
    assert "Limit" in requests[1].query  # as the platform wrote it
    accept = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
    assert {request.headers["Accept"] for request in requests} == {accept}
    assert platform.asked("/token")[0].form()["scope"] == ags.SCOPE_MEMBERS


def test_members_of_one_activity(services: Services, record: PlatformRecord, platform: FakePlatform) -> None:
    list(services.members(record, platform.members_url() + "?a=1", resource_link_id="activity 1"))
    assert platform.asked("/members")[0].query == {"a": ["1"], "rlid": ["activity 1"]}


@pytest.mark.parametrize("body", [b"<html>", [], {"members": "x"}, {}, {"members": None}])
def test_a_list_of_members_that_is_none(
    services: Services, record: PlatformRecord, platform: FakePlatform, body: object
) -> None:
    services.access_token(record, ags.SCOPE_MEMBERS)
    platform.answers = [Answer(body=body)]
    with pytest.raises(UnreadableError):
        list(services.members(record, platform.members_url()))


def test_odd_members_are_left_out(services: Services, record: PlatformRecord, platform: FakePlatform) -> None:
    services.access_token(record, ags.SCOPE_MEMBERS)
    odd = [None, 5, {}, {"user_id": 5}, {"user_id": ""}, {"user_id": "sub-1", "roles": "Learner"}]
    platform.answers = [Answer(body={"members": [*odd, {"user_id": "sub-2", "roles": ["Learner", 5]}]})]
    assert list(services.members(record, platform.members_url())) == [
        MemberValue("sub-1", False, True),
        MemberValue("sub-2", True, True),
    ]


@pytest.mark.parametrize("link", ["https://evil.example/next", "//evil.example/next", "file:///etc/passwd"])
def test_a_next_page_elsewhere_is_not_read(
    services: Services, record: PlatformRecord, platform: FakePlatform, link: str
) -> None:
    services.access_token(record, ags.SCOPE_MEMBERS)
    platform.answers = [Answer(body={"members": []}, headers={"Link": f'<{link}>; rel="next"'})]
    with pytest.raises(UnreadableError):
        list(services.members(record, platform.members_url()))


def test_pages_in_a_circle_end(services: Services, record: PlatformRecord, platform: FakePlatform) -> None:
    link = {"Link": f'<{platform.members_url()}>; rel="next", <{platform.url}/x>; rel="differences"'}
    platform.overrides["/courses/course-1/members"] = Answer(body={"members": []}, headers=link)
    assert list(services.members(record, platform.members_url())) == []
    assert len(platform.asked("/members")) == 1


def test_a_relative_next_page_is_read(services: Services, record: PlatformRecord, platform: FakePlatform) -> None:
    services.access_token(record, ags.SCOPE_MEMBERS)
    platform.courses["course-1"].members = [Member("sub-9")]
    platform.answers = [Answer(body={"members": []}, headers={"Link": '<members?from=0>; rel="next"'})]
    assert [member.sub for member in services.members(record, platform.members_url())] == ["sub-9"]
