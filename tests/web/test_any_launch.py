"""Whatever a platform signs or a stranger posts: a page of ours, never a fault of ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from lti_tool.lti.models import Person
from lti_tool.lti.outbound import OutboundError
from lti_tool.lti.services import SCOPE_LINE_ITEM_READ, Services
from lti_tool.lti.tokens import ServiceRefused
from tests.lti import cases
from tests.lti.cases.confusion import ROWS
from tests.lti.desk import Change
from tests.platform.payloads import DL, LTI, MEMBERSHIP
from tests.platform.server import Answer
from tests.web.refused import Scene, check_headers, scene

ANY = hypothesis_settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["", "\x00", "\ud800", "\u202e", "$Var", "javascript:x", "https://x.example/", "x" * 2000]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
CLAIMS = sorted({row.claim for row in ROWS})
HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60)
FORM = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
INJECTIONS = {
    "script": "<script>alert(1)</script>",
    "attribute": '"><img src=x onerror=alert(1)>',
    "template": "{{7*7}}{%raw%}%(name)s%s",
    "bidi": "\u202eeilrahC\u202c \u2066x\u2069\u200f",
    "control-characters": "a\x00b\x1b[31mc\r\nd\u2028e\x85f",
    "lone-surrogate": "Léo\ud83d",
    "10,000-characters": "W" * 10_000,
    "2,500-words": "mot " * 2_500,
    "combining": "Z" + "\u0301" * 1_200,
    "formula": "=HYPERLINK(A1)",
    "sql": "'; DROP TABLE persons; --",
    "zero-width": "\u200b\ufeff\u00ad",
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """Both kinds: what one database takes for a text, the other may not."""
    url = None
    if request.param == "postgresql":
        made_url = request.getfixturevalue("module_postgres_url")
        url = str(made_url)
    with scene(sqlite_template, tmp_path_factory.mktemp("any"), url) as made:
        yield made


def _arrive(shared: Scene, message: str, claims: dict[str, Any]) -> tuple[int, str]:
    """Launch, and open the page that the launch leads to; the status and the page's text."""
    attempt = shared.gate.attempt(message)
    attempt.claims.update(claims)
    response = shared.gate.post(attempt)
    check_headers(response)
    if response.status_code != 303:
        return response.status_code, response.text
    page = shared.gate.client.get(response.headers["Location"])
    check_headers(page)
    return page.status_code, page.text


@ANY
@given(
    changes=st.dictionaries(st.sampled_from(CLAIMS), JSON, min_size=1, max_size=4),
    message=st.sampled_from(["resource", "deep_linking", "submission_review", "data_privacy"]),
)
def test_whatever_is_signed_is_answered_by_a_page(shared: Scene, changes: dict[str, Any], message: str) -> None:
    status, _ = _arrive(shared, message, changes)
    assert status < 500


@ANY
@given(settings=st.dictionaries(st.sampled_from([row.member for row in ROWS if row.claim.startswith(DL)]), JSON))
def test_whatever_a_platform_asks_of_a_selection(shared: Scene, settings: dict[str, Any]) -> None:
    given_settings = {
        "deep_link_return_url": f"{shared.gate.platform.url}/selection",
        "accept_types": ["ltiResourceLink"],
    }
    settings = {name: value for name, value in settings.items() if name}
    status, _ = _arrive(shared, "deep_linking", {DL + "deep_linking_settings": given_settings | settings})
    assert status < 500


@ANY
@given(
    fields=st.dictionaries(st.sampled_from(["state", "id_token", "error", "preuve", "passage", "x"]) | FORM, FORM),
    headers=st.dictionaries(
        st.sampled_from(["Cookie", "Origin", "Referer", "Sec-Fetch-Dest", "Sec-Fetch-Site", "Accept-Language", "Host"]),
        HEADER,
    ),
    path=st.sampled_from(["/lti/login", "/lti/launch", "/lti/fenetre", "/lti/login/x"]),
    method=st.sampled_from(["GET", "POST"]),
    good=st.booleans(),
)
def test_whatever_is_sent_is_answered_by_a_page(
    shared: Scene, fields: dict[str, str], headers: dict[str, str], path: str, method: str, good: bool
) -> None:
    sent = {**(shared.gate.parameters() if good else {}), **fields}
    kind = "query_string" if method == "GET" else "data"
    response = shared.app.test_client().open(path, method=method, headers=headers, **{kind: sent})
    assert response.status_code < 500
    check_headers(response)


@ANY
@given(document=JSON, link=HEADER, status=st.sampled_from([200, 200, 200, 201, 204, 301, 400, 401, 500]))
def test_whatever_a_service_answers_is_read_or_refused(shared: Scene, document: Any, link: str, status: int) -> None:
    services: Services = shared.app.extensions["passerelle"].services
    platform, record = shared.gate.platform, shared.gate.record
    platform.tool_jwks = shared.app.extensions["passerelle"].keyring.public_jwks
    platform.overrides["/any"] = Answer(status, document, headers={"Link": link.encode("latin-1").decode("latin-1")})
    url = f"{platform.url}/any"
    for call in (
        lambda: list(services.members(record, url)),
        lambda: services.results(record, url, "sub-chloe"),
        lambda: services.find_line_item(record, url, resource_id="x"),
        lambda: services.get_line_item(record, url, scope=SCOPE_LINE_ITEM_READ),
    ):
        try:
            call()
        except (OutboundError, ServiceRefused):
            continue


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in INJECTIONS.items()])
@pytest.mark.parametrize("role", ["Learner", "Instructor"])
def test_a_hostile_name_or_title_is_only_a_name_or_a_title(shared: Scene, text: str, role: str) -> None:
    status, page = _arrive(
        shared,
        "resource",
        {
            "given_name": text,
            "family_name": text,
            LTI + "roles": [MEMBERSHIP + role],
            LTI + "context": {"id": f"course-{role}", "title": text},
            LTI + "resource_link": {"id": f"activity-{role}", "title": text},
            LTI + "custom": {"campagne": text[:300], text[:50]: text[:300]},
        },
    )
    assert status == 200
    for raw in ("<script>alert", "<img src=x", "\u202e", "\u2066", "\x1b", "\x00", "W" * 501):
        assert raw not in page
    with shared.gate.town.database.read() as session:
        names = {name for person in session.query(Person) for name in (person.given_name, person.family_name) if name}
    assert all(name.isprintable() and len(name) <= 500 for name in names)


@pytest.mark.parametrize(("message", "change"), cases.HARMLESS[::4])
def test_what_is_optional_and_wrong_does_not_keep_anybody_out(shared: Scene, message: str, change: Change) -> None:
    attempt = shared.gate.attempt(message)
    change(attempt)
    response = shared.gate.post(attempt)
    assert response.status_code in (200, 303, 403)
    if response.status_code == 303:
        assert shared.gate.client.get(response.headers["Location"]).status_code == 200
