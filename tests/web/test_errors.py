"""The one error page: in words, with a code and one thing to do; the log has its reference and nothing personal."""

from __future__ import annotations

import logging
import re

import pytest
from flask import Blueprint, Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from lti_tool.errors import RefusedError, UnavailableError
from lti_tool.lti.models import Platform
from lti_tool.web import create_app, security
from lti_tool.web.toolbox import Toolbox, db, now
from tests.web.conftest import Town, platform_of
from tests.web.pages import Browser


@pytest.fixture
def app(toolbox: Toolbox) -> Flask:
    """The application with views that fail, each in its way."""
    app = create_app(toolbox=toolbox)
    failing = Blueprint("failing", __name__, url_prefix="/failing")

    @failing.post("/late")
    def late() -> str:
        db().add(platform_of("https://other.example.fr", now()))
        db().flush()
        raise RefusedError(code="TARD", status=409, sentence="Trop tard, %(name)s.", advice="Allez-y.", name="<b>")

    @failing.get("/bug")
    def bug() -> str:
        raise ValueError("Chloé Garnier, 27/03/2014")

    @failing.get("/statement")
    def statement() -> str:
        db().execute(text("SELECT nothing FROM nowhere"))
        return ""

    @failing.get("/down")
    def down() -> str:
        raise UnavailableError

    app.register_blueprint(failing)
    return app


def test_it_says_what_happened_and_what_to_do(browser: Browser, town: Town) -> None:
    response = browser.client.post("/failing/late")

    assert response.status_code == 409
    assert "<h1>Trop tard, &lt;b&gt;.</h1>" in response.text
    assert "Allez-y." in response.text
    assert "Code : <code>TARD</code>" in response.text


def test_nothing_of_a_request_that_failed_is_kept(browser: Browser, town: Town) -> None:
    browser.client.post("/failing/late")

    with town.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Platform)) == 1


@pytest.mark.parametrize("path", ["/failing/bug", "/failing/statement"])
def test_a_fault_of_ours_shows_no_trace(browser: Browser, path: str, caplog: pytest.LogCaptureFixture) -> None:
    page = browser.get(path)

    assert page.status in (500, 503)
    assert page.title.startswith("Erreur :")
    assert "Traceback" not in page.response.text
    assert "Garnier" not in page.response.text + caplog.text
    assert "nowhere" not in page.response.text + caplog.text


def test_its_reference_stands_in_the_log(browser: Browser, caplog: pytest.LogCaptureFixture) -> None:
    page = browser.get("/failing/bug")

    (reference,) = re.findall(r"Référence : (\w+)", page.text)
    (record,) = [record for record in caplog.records if reference in record.message]
    assert record.levelno == logging.ERROR
    assert "code=E500" in record.message
    assert "cause=ValueError" in record.message
    assert "test_errors.py:" in record.message


def test_an_ent_that_is_down_is_not_our_fault(browser: Browser) -> None:
    page = browser.get("/failing/down")

    assert page.status == 503
    assert "Votre ENT ne répond pas pour le moment." in page.text


def test_a_database_that_is_down_is_told_as_such(
    browser: Browser, toolbox: Toolbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("no"))

    for way in ("read", "snapshot"):
        monkeypatch.setattr(toolbox.database, way, refuse)
    browser.client.set_cookie(security.COOKIE, "token")

    page = browser.get("/campagnes")

    assert page.status == 503
    assert page.code == "BASE"


@pytest.mark.parametrize(
    ("method", "path", "status", "sentence"),
    [
        pytest.param("GET", "/nulle-part", 404, "Cette page n’existe pas.", id="unknown"),
        pytest.param("GET", "/static/nothing.css", 404, "Cette page n’existe pas.", id="unknown file"),
        pytest.param("DELETE", "/campagnes", 405, "Cette page ne s’ouvre pas de cette façon.", id="method"),
    ],
)
def test_what_the_web_refuses_is_told_in_the_same_page(
    browser: Browser, method: str, path: str, status: int, sentence: str
) -> None:
    response = browser.client.open(path, method=method)

    assert response.status_code == status
    assert f"<h1>{sentence}</h1>" in response.text
    assert f"<code>E{status}</code>" in response.text
    assert ("Allow" in response.headers) == (status == 405)


def test_the_page_speaks_english_to_who_asks_for_it(browser: Browser) -> None:
    response = browser.client.get("/campagnes", headers={"Accept-Language": "en-GB,en;q=0.9"})

    assert '<html lang="en">' in response.text
    assert "<h1>You are not signed in, or your session has ended.</h1>" in response.text
    assert "Code : <code>SESSION</code>" in response.text
