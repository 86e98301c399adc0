"""Logins and bodies that no honest platform or browser makes, through the application."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.conftest import BASE_URL
from tests.lti import outcomes as o
from tests.lti.cases.logins import BAD_LOGINS, GOOD_HINTS, Parameters
from tests.lti.desk import Attempt
from tests.lti.outcomes import Outcome
from tests.web.launches import Gate
from tests.web.refused import Scene, check_headers, check_log, check_page, scene


@pytest.fixture(scope="module")
def shared(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(sqlite_template, tmp_path_factory.mktemp("hostile")) as made:
        yield made


# --- logins


def _sent(gate: Gate, changes: Parameters) -> dict[str, list[str]]:
    good = gate.parameters()
    words = {"iss": good["iss"], "ISS": good["iss"].upper(), "client": good["client_id"], "base": BASE_URL}
    words["CLIENT"] = good["client_id"].upper()
    sent = {name: [value] for name, value in good.items()}
    for name, values in changes.items():
        sent[name] = [each.format(good=good.get(name, ""), **words) if "{" in each else each for each in values]
    return sent


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(("changes", "outcome"), BAD_LOGINS)
def test_a_bad_login_is_one_page_with_the_code_and_changes_nothing(
    shared: Scene, changes: Parameters, outcome: Outcome, method: str
) -> None:
    fields = _sent(shared.gate, changes)
    with shared.watched():
        sent: dict[str, Any] = {"query_string" if method == "GET" else "data": fields}
        response = shared.app.test_client().open("/lti/login", method=method, **sent)
    check_page(response, outcome.status, outcome.code)
    check_log(shared.log, outcome, "login.refused")


@pytest.mark.parametrize("hint", GOOD_HINTS)
def test_a_hint_goes_back_as_it_came(shared: Scene, hint: str) -> None:
    with shared.watched():
        response = shared.gate.log_in(login_hint=hint, lti_message_hint=hint)
    sent = parse_qs(urlsplit(response.headers["Location"]).query, keep_blank_values=True)
    assert sent["login_hint"] == sent["lti_message_hint"] == [hint]


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"X-Forwarded-Host": "evil.example"},
        {"Forwarded": "host=evil.example"},
        {"X-Forwarded-For": "127.0.0.1", "X-Real-Ip": "127.0.0.1"},
        {"Referer": "https://evil.example/", "Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Cookie": "passerelle_login=" + "x" * 5000},
        {"Cookie": "passerelle_login=é\xff; passerelle_login_p=\x01; ; =;"},
        {"Sec-Fetch-Dest": "x" * 1000},
        {"Accept-Language": "x" * 5000 + ",,,;q=é"},
        {"Content-Type": "application/x-www-form-urlencoded; charset=utf-7"},
    ],
    ids=lambda headers: "-".join(headers),
)
def test_headers_lead_a_login_nowhere_else(shared: Scene, headers: dict[str, str]) -> None:
    with shared.watched():
        response = shared.app.test_client().post("/lti/login", data=shared.gate.parameters(), headers=headers)
    assert response.status_code == 302
    target = urlsplit(response.headers["Location"])
    assert f"{target.scheme}://{target.netloc}" == shared.gate.platform.url
    assert parse_qs(target.query)["redirect_uri"] == [f"{BASE_URL}/lti/launch"]


# --- bodies


def _form(attempt: Attempt) -> dict[str, Any]:
    return {"state": attempt.state, "id_token": attempt.id_token}


BODIES: list[Any] = [
    pytest.param(lambda a: {"data": {**_form(a), "id_token": [a.id_token, "x"]}}, o.TOKEN_MISSING, id="two-tokens"),
    pytest.param(lambda a: {"data": {**_form(a), "state": ["x", a.state]}}, o.STATE_MISSING, id="two-states"),
    pytest.param(lambda a: {"query_string": _form(a)}, o.STATE_MISSING, id="in-the-address"),
    pytest.param(lambda a: {"json": _form(a)}, o.STATE_MISSING, id="json"),
    pytest.param(
        lambda a: {"data": json.dumps(_form(a)), "content_type": "text/plain"}, o.STATE_MISSING, id="plain-text"
    ),
    pytest.param(lambda a: {"data": b"\xff\xfe&state=%ff%00&id_token=%ff"}, o.STATE_MISSING, id="binary"),
    pytest.param(
        lambda a: {"data": b"state=%ff%00&id_token=%ff", "content_type": "application/x-www-form-urlencoded"},
        o.STATE_UNKNOWN,
        id="not-utf-8",
    ),
    pytest.param(lambda a: {"data": {"state[]": a.state, "id_token[0]": "x"}}, o.STATE_MISSING, id="brackets"),
    pytest.param(lambda a: {"data": {"State": a.state, "ID_TOKEN": a.id_token}}, o.STATE_MISSING, id="capitals"),
    pytest.param(
        lambda a: {"data": b"x", "content_type": "multipart/form-data"}, o.STATE_MISSING, id="multipart-without-border"
    ),
    pytest.param(
        lambda a: {"data": b"--a\r\n" * 500, "content_type": "multipart/form-data; boundary=a"},
        o.STATE_MISSING,
        id="multipart-of-nothing",
    ),
    pytest.param(
        lambda a: {"data": {"id_token": a.id_token, "error": ""}}, o.PLATFORM_SENT_ERROR, id="error-beside-a-token"
    ),
    pytest.param(lambda a: {"data": {"error": "<script>"}}, o.PLATFORM_SENT_ERROR, id="error-without-state"),
    pytest.param(lambda a: {"data": {}}, o.STATE_MISSING, id="nothing"),
]


@pytest.mark.parametrize(("request_of", "outcome"), BODIES)
def test_a_body_that_is_no_launch(
    shared: Scene, request_of: Callable[[Attempt], dict[str, Any]], outcome: Outcome
) -> None:
    attempt = shared.gate.attempt()
    with shared.watched():
        response = shared.gate.client.post("/lti/launch", **request_of(attempt))
    page = check_page(response, outcome.status, outcome.code)
    assert "<script>" not in page.response.text
    check_log(shared.log, outcome)


@pytest.mark.parametrize("path", ["/lti/login", "/lti/launch"])
@pytest.mark.parametrize(
    ("fields", "status"),
    [
        pytest.param({"data": {"state": "x" * 70_000}}, 413, id="70-kB"),
        pytest.param({"data": {f"f{n}": ["x"] for n in range(20_000)}}, 413, id="20,000-fields"),
        pytest.param({"data": {f"f{n}": ["x"] for n in range(5_000)}}, 400, id="5,000-fields"),
        pytest.param({"data": {"x": ["1"] * 9_000}}, 400, id="one-field-9,000-times"),
        pytest.param(
            {
                "data": b"".join(b'--a\r\nContent-Disposition: form-data; name="f"\r\n\r\nx\r\n' for _ in range(1_100))
                + b"--a--",
                "content_type": "multipart/form-data; boundary=a",
            },
            413,
            id="1,100-parts",
        ),
        pytest.param(
            {"data": b"&" * 60_000, "content_type": "application/x-www-form-urlencoded"}, 400, id="60,000-empty-fields"
        ),
    ],
)
def test_what_is_too_much_is_not_read(shared: Scene, path: str, fields: dict[str, Any], status: int) -> None:
    with shared.watched():
        response = shared.app.test_client().post(path, **fields)
    assert response.status_code == status
    check_headers(response)


def test_a_body_without_a_length_is_cut_off_too(shared: Scene) -> None:
    environ = {"wsgi.input_terminated": True, "CONTENT_TYPE": "application/x-www-form-urlencoded"}
    body = BytesIO(b"state=" + b"x" * 10_000_000)
    with shared.watched():
        response = shared.app.test_client().post("/lti/launch", input_stream=body, environ_overrides=environ)
    assert response.status_code == 413
    assert body.tell() < 1_000_000
