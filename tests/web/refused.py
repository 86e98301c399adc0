"""What holds for every refusal, whatever was wrong: read off the page, its headers, the log, the database, the wire."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask
from sqlalchemy import func, literal, select, union_all
from werkzeug.test import TestResponse

from lti_tool.database import Base
from lti_tool.lti.models import LaunchFailure
from lti_tool.schools import schools
from lti_tool.settings import Settings
from lti_tool.web import create_app
from lti_tool.web.toolbox import Toolbox
from tests.conftest import BASE_URL, NOW, SECRET_KEY
from tests.lti.outcomes import Outcome
from tests.platform.server import FakePlatform
from tests.web.conftest import Town, platform_of
from tests.web.launches import Gate, open_gate
from tests.web.pages import Page

AUDIT = LaunchFailure.__tablename__
"""The one table that a refusal writes to: counted by platform and reason, with nobody's name."""


class Lines(logging.Handler):
    """The events that the tool logged, as lines."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@dataclass
class Scene:
    """One application for a whole table, since no refusal may leave anything behind."""

    gate: Gate
    app: Flask
    log: Lines = field(default_factory=Lines)

    def rows(self) -> dict[str, int]:
        """How many lines each table has, but for the audit's."""
        tables = [table for table in Base.metadata.sorted_tables if table.name != AUDIT]
        counted = union_all(*(select(literal(table.name), func.count()).select_from(table) for table in tables))
        with self.gate.town.database.read() as session:
            return {row[0]: row[1] for row in session.execute(counted)}

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Whatever happens here writes nothing and calls nobody."""
        rows, calls = self.rows(), len(self.gate.platform.received)
        self.log.lines.clear()
        yield
        assert self.rows() == rows
        assert self.gate.platform.received[calls:] == []


@contextmanager
def scene(sqlite_template: Path, folder: Path, url: str | None = None) -> Iterator[Scene]:
    """A school whose platform is registered, its keys known, and another platform that has nothing to do with it.

    `url`: the database, where it is not to be a new SQLite file.
    """
    shutil.copyfile(sqlite_template, folder / "passerelle.sqlite3")
    settings = Settings(BASE_URL, url or f"sqlite:///{folder}/passerelle.sqlite3", (SECRET_KEY,), folder, True)
    toolbox = Toolbox.build(settings, lambda: NOW)
    with toolbox.database.write() as session:
        school_id = schools.add(session, "0250001A", "Collège du Pont", NOW).id
        session.add(platform_of("https://other.example.fr", NOW))
    logger = logging.getLogger("lti_tool")
    level = logger.level
    logger.setLevel(logging.INFO)
    with FakePlatform(clock=lambda: NOW) as platform:
        app = create_app(toolbox=toolbox)
        gate = open_gate(Town(toolbox.database, 0, school_id, NOW), platform, app.test_client())
        toolbox.platform_keys.find(gate.record, str(platform.keys[0].kid))
        made = Scene(gate, app)
        logger.addHandler(made.log)
        yield made
        logger.removeHandler(made.log)
    logger.setLevel(level)
    toolbox.database.dispose()


def check_page(response: TestResponse, status: int, code: str) -> Page:
    """One page, with the short code for the person and one thing to do; nobody is let in or led elsewhere."""
    assert response.status_code == status
    page = Page(response, response.request.path)
    assert page.code == code
    assert "Code :" in page.text
    assert page.title.startswith("Erreur :")
    assert page.root.get("lang") == "fr"
    assert len(page.root.xpath("//main//p")) >= 2
    assert "Location" not in response.headers
    assert not [cookie for cookie in response.headers.getlist("Set-Cookie") if "Max-Age=0" not in cookie]
    check_headers(response)
    return page


def check_headers(response: TestResponse, *, kept: bool = False) -> dict[str, list[str]]:
    """What every answer's headers say, unless browsers may keep it; returns the content security policy."""
    headers = response.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert kept or headers["Cache-Control"] == "no-store"
    assert "X-Powered-By" not in headers
    assert not re.search(r"\d", headers.get("Server", ""))
    directives = (each.split() for each in headers["Content-Security-Policy"].split(";"))
    policy = {name: sources for name, *sources in directives}
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == ["'self'"]
    assert policy["base-uri"] == ["'none'"]
    assert "*" not in policy["frame-ancestors"]
    assert not any("unsafe" in source for sources in policy.values() for source in sources)
    return policy


def check_log(log: Lines, outcome: Outcome, event: str = "launch.refused") -> None:
    """One line has the reason's name and its clause; the page's own line the same code."""
    (line,) = [line for line in log.lines if line.startswith(f"{event} ")]
    assert f"code={outcome.code} reason={outcome.reason} clause=" in line
    (page,) = [line for line in log.lines if line.startswith(("request.refused ", "request.failed "))]
    assert f"code={outcome.code} status={outcome.status}" in page
