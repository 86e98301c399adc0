"""Fields with characters that a database refuses: the page answers as to any other odd text, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from lti_tool.schools.models import BindingRequest
from tests.web.conftest import Town
from tests.web.pages import Browser
from tests.web.staffroom import enter_as

NAMES = {"given_name": "Chl\0oé", "family_name": "Garnier", "day": "27", "month": "3", "year": "2014"}


@pytest.fixture(params=["sqlite_url", "postgres_url"])
def database_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(request.param)
    return url


def test_a_name_with_a_nul_waits_for_staff_like_any_other(browser: Browser, town: Town) -> None:
    code = town.campaign().code
    town.learner("Chloé", "Garnier")
    town.enter(browser, town.person(None, None))

    page = browser.press(browser.get(f"/campagnes/{code}"), "C'est parti !", NAMES)

    assert page.status == 200
    with town.database.read() as session:
        (kept,) = session.scalars(select(BindingRequest.given_name))
    assert kept == "Chl\ufffdoé"


@pytest.mark.parametrize(
    "path", ["/orga/eleves?nom=%00", "/orga/eleves/classe?classe=%00", "/orga/campagnes?nom=a%00b"]
)
def test_a_search_with_a_nul_finds_nobody(browser: Browser, town: Town, path: str) -> None:
    enter_as(town, browser)
    assert browser.get(path).status == 200
