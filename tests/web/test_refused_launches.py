"""Every bad launch through the application: one page each, with the code, and nothing else happens."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from lti_tool.database import Base
from lti_tool.lti.models import ConsumedState, Person
from lti_tool.lti.refusals import Reason
from lti_tool.schools import schools
from lti_tool.schools.models import WebSession
from lti_tool.settings import Settings
from lti_tool.web import create_app
from lti_tool.web.toolbox import Toolbox
from tests.conftest import BASE_URL, NOW, SECRET_KEY
from tests.lti import cases
from tests.lti.desk import Change
from tests.platform.server import FakePlatform
from tests.web.conftest import Town
from tests.web.launches import Gate, open_gate
from tests.web.pages import Page

SENT = [case for case in cases.REFUSED if case.id != "cookies-of-nonsense"]
"""All but the cookie that no browser sends."""


@pytest.fixture(scope="module")
def shared_gate(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    """One application for the whole table, since no refusal may leave anything behind."""
    folder = tmp_path_factory.mktemp("refusals")
    shutil.copyfile(sqlite_template, folder / "passerelle.sqlite3")
    settings = Settings(BASE_URL, f"sqlite:///{folder}/passerelle.sqlite3", (SECRET_KEY,), folder, True)
    toolbox = Toolbox.build(settings, lambda: NOW)
    with toolbox.database.write() as session:
        school_id = schools.add(session, "0250001A", "Collège du Pont", NOW).id
    with FakePlatform(clock=lambda: NOW) as platform:
        client = create_app(toolbox=toolbox).test_client()
        yield open_gate(Town(toolbox.database, 0, school_id, NOW), platform, client)
    toolbox.database.dispose()


def count(gate: Gate, model: type[Base]) -> int:
    with gate.town.database.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.parametrize(("change", "reason"), SENT)
def test_a_bad_launch_is_one_page_with_the_code_and_changes_nothing(
    shared_gate: Gate, change: Change, reason: Reason
) -> None:
    gate = shared_gate
    attempt = gate.attempt()
    change(attempt)
    if len(attempt.id_token) > 64 * 1024:
        assert gate.post(attempt).status_code == 413
        return

    response = gate.post(attempt)

    assert response.status_code == reason.value.status
    page = Page(response, response.request.path)
    assert page.code == reason.value.code
    assert "Code :" in page.text
    assert "Location" not in response.headers
    assert response.headers.getlist("Set-Cookie") == []
    assert count(gate, WebSession) == count(gate, Person) == count(gate, ConsumedState) == 0
