"""The platforms' services: line items, scores and results (AGS 2.0), memberships (NRPS 2.0).

PyLTI1p3's `Grade` and `LineItem` write what is sent; connections, tokens, paging and refusals are ours. Media types
are exact, and each request asks only for the scope that it needs (facts/moodle.md, "Scores").
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pylti1p3.grade import Grade
from pylti1p3.lineitem import LineItem

from lti_tool.database import Database
from lti_tool.lti import roles
from lti_tool.lti.claims import identifier, service_url, text
from lti_tool.lti.keys import KeyRing
from lti_tool.lti.outbound import Client, Reply, UnreadableError
from lti_tool.lti.platforms import PlatformRecord
from lti_tool.lti.service_answers import below, is_page, listed, next_link, with_query
from lti_tool.lti.tokens import AccessTokens, ServiceRefused, TokenRefused, printable, refusal
from lti_tool.settings import origin_of
from lti_tool.vault import Vault

__all__ = [
    "LineItemValue",
    "MemberValue",
    "ResultValue",
    "Score",
    "ScoreReply",
    "ServiceRefused",
    "Services",
    "TokenRefused",
]

_AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
SCOPE_LINE_ITEM = _AGS + "lineitem"
SCOPE_LINE_ITEM_READ = _AGS + "lineitem.readonly"
SCOPE_SCORE = _AGS + "score"
SCOPE_RESULT_READ = _AGS + "result.readonly"
SCOPE_MEMBERS = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
SCOPES = (SCOPE_LINE_ITEM, SCOPE_LINE_ITEM_READ, SCOPE_SCORE, SCOPE_RESULT_READ, SCOPE_MEMBERS)
"""All that the tool may ask of a platform."""

LINE_ITEM = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE = "application/vnd.ims.lis.v1.score+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
MEMBERS = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"

MOST_PAGES = 500


@dataclass(frozen=True, slots=True)
class LineItemValue:
    """A column of a gradebook as the platform describes it."""

    url: str
    label: str | None
    score_maximum: float | None
    resource_id: str | None
    tag: str | None
    resource_link_id: str | None


@dataclass(frozen=True, slots=True)
class Score:
    """What a cell should show (AGS §3.4). Instants are aware; the timestamp is sent to the millisecond.

    Without `score_given` the cell is cleared; without `comment` its feedback is.
    """

    user_id: str
    timestamp: datetime
    score_given: float | None = None
    score_maximum: float | None = None
    activity_progress: str = "Completed"
    grading_progress: str = "FullyGraded"
    comment: str | None = None
    started_at: datetime | None = None
    submitted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ScoreReply:
    """The platform's answer to a score, whatever it was."""

    status: int
    reason: str
    """Its status line's phrase: the only explanation that Moodle gives."""
    date: datetime | None
    """The platform's clock when it answered."""
    clock_offset_s: float | None
    """Seconds by which that clock is ahead of ours."""
    retry_after: timedelta | None
    is_plausible: bool = True
    """False where the body is no gradebook's answer but a page: a login, a proxy's error."""


@dataclass(frozen=True, slots=True)
class ResultValue:
    """What a cell shows (AGS §3.3)."""

    user_id: str
    score: float | None
    maximum: float | None
    comment: str | None


@dataclass(frozen=True, slots=True)
class MemberValue:
    """Somebody who belongs to a course; names are not read."""

    sub: str
    is_learner: bool
    active: bool


class Services:
    """The client of all platforms' services, for any thread. `clock` tells when tokens run out.

    Every method raises `OutboundError` where there was no usable answer and `TokenRefused` where the platform gives
    no access token; all but `post_score` raise `ServiceRefused` for an answer that is not a success.
    """

    def __init__(
        self, database: Database, vault: Vault, client: Client, keyring: KeyRing, clock: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._tokens = AccessTokens(database, vault, client, keyring, clock)

    def access_token(self, platform: PlatformRecord, *scopes: str) -> str:
        """A token for these scopes, kept and renewed for all workers."""
        return self._tokens.get(platform, scopes)

    def find_line_item(
        self,
        platform: PlatformRecord,
        lineitems_url: str,
        *,
        resource_id: str | None = None,
        tag: str | None = None,
        resource_link_id: str | None = None,
        scope: str = SCOPE_LINE_ITEM,
    ) -> LineItemValue | None:
        """The first column with these of our names and this link, where given; None where there is none (AGS §3.2.4).

        `scope`: `SCOPE_LINE_ITEM_READ` where the platform granted no more.
        """
        names = {"resource_id": resource_id, "tag": tag, "resource_link_id": resource_link_id}
        wanted = {name: value for name, value in names.items() if value is not None}
        for page in self._pages(platform, scope, with_query(lineitems_url, wanted), LINE_ITEMS):
            for document in listed(page):
                found = self._line_item(document)
                # Platforms may ignore the filters: look again.
                if found is not None and all(getattr(found, name) == value for name, value in wanted.items()):
                    return found
        return None

    def get_line_item(
        self, platform: PlatformRecord, lineitem_url: str, *, scope: str = SCOPE_LINE_ITEM
    ) -> LineItemValue:
        reply = self._call(platform, scope, "GET", lineitem_url, headers={"Accept": LINE_ITEM})
        return self._one_line_item(reply)

    def create_line_item(
        self,
        platform: PlatformRecord,
        lineitems_url: str,
        *,
        label: str,
        score_maximum: float,
        resource_id: str,
        tag: str,
        resource_link_id: str | None = None,
    ) -> LineItemValue:
        """Make a column (AGS §3.2.5); look for it first, since the platform would make another."""
        wanted = {
            "label": label,
            "scoreMaximum": score_maximum,
            "resourceId": resource_id,
            "tag": tag,
            "resourceLinkId": resource_link_id,
        }
        headers = {"Accept": LINE_ITEM, "Content-Type": LINE_ITEM}
        body = LineItem(wanted).get_value()
        reply = self._call(platform, SCOPE_LINE_ITEM, "POST", lineitems_url, headers=headers, data=body)
        return self._one_line_item(reply)

    def update_line_item(
        self,
        platform: PlatformRecord,
        lineitem_url: str,
        *,
        label: str | None = None,
        score_maximum: float | None = None,
        resource_id: str | None = None,
        tag: str | None = None,
    ) -> LineItemValue:
        """Change what is given of a column (AGS §3.2.6). It is read first: a PUT says all that there is to keep."""
        reply = self._call(platform, SCOPE_LINE_ITEM, "GET", lineitem_url, headers={"Accept": LINE_ITEM})
        document = reply.json()
        if not isinstance(document, dict):
            raise UnreadableError
        given = {"label": label, "scoreMaximum": score_maximum, "resourceId": resource_id, "tag": tag}
        document |= {name: value for name, value in given.items() if value is not None}
        headers = {"Accept": LINE_ITEM, "Content-Type": LINE_ITEM}
        reply = self._call(platform, SCOPE_LINE_ITEM, "PUT", lineitem_url, headers=headers, data=json.dumps(document))
        return self._one_line_item(reply)

    def post_score(
        self,
        platform: PlatformRecord,
        lineitem_url: str,
        score: Score,
        *,
        before_each: Callable[[], Score] | None = None,
    ) -> ScoreReply:
        """Send a score; any answer is returned, also a refusal. The caller sees to it that timestamps only grow.

        `before_each` is called, with a token in hand, before the score goes out, and again before it does so a second
        time after a 401: what it returns is sent in the place of `score`, what it raises ends the call.
        """
        reply = self._send(
            platform,
            SCOPE_SCORE,
            "POST",
            below(lineitem_url, "scores"),
            headers={"Content-Type": SCORE, "Accept": "application/json"},
            data=_grade(score).get_value() if before_each is None else lambda: _grade(before_each()).get_value(),
        )
        return ScoreReply(
            reply.status,
            printable(reply.reason),
            reply.date,
            reply.clock_offset_s,
            reply.retry_after,
            not is_page(reply),
        )

    def results(self, platform: PlatformRecord, lineitem_url: str, user_id: str | None = None) -> list[ResultValue]:
        """What the column shows, of one person or of all."""
        url = with_query(below(lineitem_url, "results"), {"user_id": user_id} if user_id is not None else {})
        found = []
        for page in self._pages(platform, SCOPE_RESULT_READ, url, RESULTS):
            for document in listed(page):
                result = _result(document)
                if result is not None and user_id in (None, result.user_id):
                    found.append(result)
        return found

    def members(
        self, platform: PlatformRecord, memberships_url: str, *, resource_link_id: str | None = None
    ) -> Iterator[MemberValue]:
        """Who belongs to the course, page by page; only those who may open the link, where its id is given."""
        url = with_query(memberships_url, {"rlid": resource_link_id} if resource_link_id is not None else {})
        for page in self._pages(platform, SCOPE_MEMBERS, url, MEMBERS):
            listed = page.get("members") if isinstance(page, dict) else None
            if not isinstance(listed, list):
                raise UnreadableError
            for document in listed:
                member = _member(document)
                if member is not None:
                    yield member

    def _pages(self, platform: PlatformRecord, scope: str, url: str, media_type: str) -> Iterator[Any]:
        """The pages of a list; a `next` link is followed only on the service's own origin, and never in a circle."""
        origin, seen = origin_of(url), set[str]()
        next_url: str | None = url
        while next_url is not None and next_url not in seen and len(seen) < MOST_PAGES:
            seen.add(next_url)
            reply = self._call(platform, scope, "GET", next_url, headers={"Accept": media_type})
            yield reply.json()
            next_url = next_link(reply)
            if next_url is not None and origin_of(next_url) != origin:
                raise UnreadableError

    def _call(
        self, platform: PlatformRecord, scope: str, method: str, url: str, *, headers: dict[str, str], data: str = ""
    ) -> Reply:
        reply = self._send(platform, scope, method, url, headers=headers, data=data)
        if not reply.ok:
            raise refusal(reply)
        return reply

    def _send(
        self,
        platform: PlatformRecord,
        scope: str,
        method: str,
        url: str,
        *,
        headers: dict[str, str],
        data: str | Callable[[], str],
    ) -> Reply:
        """One request with a token; after a 401 once more with a new one, since a token can end before its time."""
        for is_last in (False, True):
            token = self._tokens.get(platform, [scope])
            reply = self._authorized(token, method, url, headers, data() if callable(data) else data)
            if is_last or reply.status != 401:
                break
            self._tokens.drop(platform, [scope], token)
        return reply

    def _authorized(self, token: str, method: str, url: str, headers: dict[str, str], data: str) -> Reply:
        sent = {**headers, "Authorization": f"Bearer {token}"}
        return self._client.request(method, url, headers=sent, data=data or None)

    def _one_line_item(self, reply: Reply) -> LineItemValue:
        found = self._line_item(reply.json())
        if found is None:
            raise UnreadableError
        return found

    def _line_item(self, document: Any) -> LineItemValue | None:
        if not isinstance(document, dict):
            return None
        url = service_url(document.get("id"), allow_http=self._client.allow_private)
        if url is None:
            return None
        return LineItemValue(
            url=url,
            label=text(document.get("label")),
            score_maximum=_number(document.get("scoreMaximum")),
            resource_id=identifier(document.get("resourceId")),
            tag=identifier(document.get("tag")),
            resource_link_id=identifier(document.get("resourceLinkId")),
        )


def _grade(score: Score) -> Grade:
    grade = Grade().set_user_id(score.user_id).set_timestamp(_instant(score.timestamp))
    grade.set_activity_progress(score.activity_progress).set_grading_progress(score.grading_progress)
    if score.score_given is not None:
        grade.set_score_given(score.score_given).set_score_maximum(score.score_maximum)
    if score.comment is not None:
        grade.set_comment(score.comment)
    times = {"startedAt": score.started_at, "submittedAt": score.submitted_at}
    submission = {name: _instant(time) for name, time in times.items() if time is not None}
    return grade.set_extra_claims({"submission": submission}) if submission else grade


def _instant(time: datetime) -> str:
    """ISO 8601 with a zone, to the millisecond (AGS §3.4.9)."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds")


def _result(document: Any) -> ResultValue | None:
    user_id = identifier(document.get("userId")) if isinstance(document, dict) else None
    if user_id is None:
        return None
    score, maximum = (_number(document.get(name)) for name in ("resultScore", "resultMaximum"))
    return ResultValue(user_id, score, maximum, text(document.get("comment")))


def _member(document: Any) -> MemberValue | None:
    sub = identifier(document.get("user_id")) if isinstance(document, dict) else None
    if sub is None:
        return None
    listed = document.get("roles")
    names = [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
    return MemberValue(sub, roles.is_learner(names), document.get("status", "Active") == "Active")


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) < 1e9 else None
