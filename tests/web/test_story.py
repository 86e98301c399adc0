"""A pupil from the code to the results sent, by what stands on the pages alone, on both kinds of database."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from lti_tool.campaigns.models import SHARED, Participation, SharedResult
from tests.web.conftest import Town
from tests.web.pages import Browser


@pytest.fixture(params=["sqlite_url", "postgres_url"])
def database_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(request.param)
    return url


def test_from_the_code_to_the_results_sent(browser: Browser, town: Town) -> None:
    campaign = town.campaign(title="Parcours de rentrée")
    learner_id = town.learner("Chloé", "Garnier")
    town.enter(browser, town.person("Chloé", "Garnier"))

    page = browser.press(browser.get("/campagnes"), "Commencer mon parcours", {"code": campaign.code})
    page = browser.press(page, "C'est parti !", {"day": "27", "month": "mars", "year": "2014"})
    page = browser.press(page, "Je commence")
    headings = []
    while not page.has_button("J'envoie mes résultats"):
        headings.append(page.heading.partition(" sur ")[0])
        button = next(each for each in ("Je passe", "Je continue", "Voir mes résultats") if page.has_button(each))
        page = browser.press(page, button)
    page = browser.press(page, "J'envoie mes résultats")

    assert headings[:7] == [*(f"Question {number}" for number in range(1, 6)), "Une petite pause", "Question 6"]
    assert headings[-1] == "C’était la dernière question !"
    assert "Vos résultats sont envoyés." in page.text
    with town.database.read() as session:
        participation = session.scalars(select(Participation)).one()
        sent = session.scalars(select(SharedResult)).one()
    assert (participation.learner_id, participation.status) == (learner_id, SHARED)
    assert (sent.participation_id, sent.validated, sent.counts) == (participation.id, 0, True)
