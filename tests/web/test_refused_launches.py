"""Every bad launch through the application: one page each, with the code, and nothing else happens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lti import cases
from tests.lti.desk import Change
from tests.lti.outcomes import Outcome
from tests.web.refused import Scene, check_headers, check_log, check_page, scene

SENT = [case for case in cases.REFUSED if case.id != "resource-cookies-of-nonsense"]
"""All but the cookie that no browser sends."""
FORM_LIMIT = 64 * 1024
NO_STATE = ("STATE_MISSING", "STATE_UNKNOWN")


@pytest.fixture(scope="module")
def shared(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(sqlite_template, tmp_path_factory.mktemp("refusals")) as made:
        yield made


@pytest.mark.parametrize(("message", "change", "outcome"), SENT)
def test_a_bad_launch_is_one_page_with_the_code_and_changes_nothing(
    shared: Scene, message: str, change: Change, outcome: Outcome
) -> None:
    gate = shared.gate
    attempt = gate.attempt(message)
    change(attempt)

    with shared.watched():
        response = gate.post(attempt)

    if len(attempt.id_token) > FORM_LIMIT:
        check_page(response, 413, "E413")
        return
    check_page(response, outcome.status, outcome.code)
    check_log(shared.log, outcome)
    if outcome.reason not in NO_STATE:
        assert check_headers(response)["frame-ancestors"] == ["'self'", gate.platform.url]
