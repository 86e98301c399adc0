"""The whole story at each platform: login, launch, a campaign chosen for a course, a pupil's test, the grade."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import update

from lti_tool.grades.delivery import Deliverer
from lti_tool.schools.models import School
from lti_tool.web.toolbox import Toolbox
from tests.platform.gradebook import Member
from tests.platform.payloads import AGS, LTI
from tests.platform.personalities import IN_EVERY_RUN, PERSONALITIES, PUPIL, TEACHER, Personality
from tests.platform.server import FakePlatform
from tests.web.conftest import Town
from tests.web.launches import TARGET, Gate, open_gate
from tests.web.pages import Browser, Page

ITEMS = "https://purl.imsglobal.org/spec/lti-dl/claim/content_items"
DATA = "https://purl.imsglobal.org/spec/lti-dl/claim/data"
SUBS = {TEACHER: "sub-claire", PUPIL: "sub-chloe"}
MOST_PAGES = 60
"""Of one test: more would be a circle."""
NAMES = {TEACHER: ("Claire", "Fontaine"), PUPIL: ("Chloé", "Nguyen")}


@dataclass
class Stage:
    """One platform and the tool, with a browser for each person."""

    personality: Personality
    platform: FakePlatform
    gate: Gate
    app: Flask
    link: Mapping[str, Any] = field(default_factory=dict)
    """The content item that the teacher put into the course."""

    def log_in(self, browser: Browser, role: str) -> dict[str, str]:
        """What the platform is asked."""
        who = self.personality
        parameters = {**self.gate.parameters(login_hint=SUBS[role]), **who.login}
        path = f"/lti/login/{self.gate.record.key}" if who.keyed else "/lti/login"
        sent: dict[str, Any] = {"query_string" if who.login_by == "GET" else "data": parameters}
        response = browser.client.open(path, method=who.login_by, **sent)
        assert response.status_code == 302
        asked = {name: values[0] for name, values in parse_qs(urlsplit(response.headers["Location"]).query).items()}
        assert asked["client_id"] == who.client_id
        assert asked.get("lti_message_hint") == who.login.get("lti_message_hint")
        return asked

    def launch(self, role: str, message: str = "resource", *, mediacentre: bool = False) -> tuple[Browser, Page]:
        """Launch somebody in a browser of their own; the page that they see."""
        browser = Browser(self.app.test_client())
        asked = self.log_in(browser, role)
        claims = self.platform.claims(nonce=asked["nonce"], target=TARGET, sub=SUBS[role], message=message)
        claims["given_name"], claims["family_name"] = NAMES[role]
        claims = self.personality.speak(claims, role, self.link.get("custom", {}))
        columns = list(self.platform.courses["course-1"].columns.values())
        if self.personality.gives_line_item and len(columns) == 1 and message == "resource":
            claims[AGS]["lineitem"] = self.platform.line_item_url(columns[0])
        if mediacentre:
            claims = self.personality.in_mediacentre(claims, role)
        form = {"state": asked["state"], "id_token": self.platform.id_token(claims)}
        response = browser.client.post("/lti/launch", data=form)
        assert response.status_code == 303, response.text
        return browser, browser.get(response.headers["Location"])

    def choose(self, campaign_id: int, toolbox: Toolbox) -> None:
        """The teacher puts a campaign into the course, and the platform takes it."""
        browser, page = self.launch(TEACHER, "deep_linking")
        page = browser.press(page, "Ajouter au cours", {"campagne": str(campaign_id)})
        form = page.form("Revenir au cours")
        assert form.get("action") == f"{self.platform.url}/selection"
        keys = KeySet.import_key_set(toolbox.keyring.public_jwks())
        claims = jwt.decode(form.fields["JWT"], keys, algorithms=["RS256"]).claims
        assert (claims["iss"], claims["aud"]) == (self.personality.client_id, self.platform.issuer)
        assert claims[LTI + "deployment_id"] == self.personality.deployment_id
        assert (DATA in claims) == (self.personality.settings.get("data") != "")
        (self.link,) = claims[ITEMS]
        self.personality.place(self.platform, self.link)


@pytest.fixture(
    params=[
        pytest.param(each, id=each.slug, marks=[] if each in IN_EVERY_RUN else [pytest.mark.soak])
        for each in PERSONALITIES
    ]
)
def stage(
    request: pytest.FixtureRequest, town: Town, toolbox: Toolbox, app: Flask, clock: Callable[[], datetime]
) -> Iterator[Stage]:
    personality: Personality = request.param
    with FakePlatform(personality.slug, clock) as platform:
        personality.furnish(platform)
        platform.tool_jwks = toolbox.keyring.public_jwks
        platform.courses["course-1"].members = [
            Member(SUBS[role], list(personality.member_roles[role])) for role in (TEACHER, PUPIL)
        ] + [Member(f"sub-{number}", list(personality.member_roles[PUPIL])) for number in range(4)]
        uais = ["0350002B"] if "uai_param" in personality.registration else []
        gate = open_gate(town, platform, app.test_client(), *uais, **personality.registration)
        yield Stage(personality, platform, gate, app)


def take(browser: Browser, page: Page) -> Page:
    """From the campaign's first page to the results sent, skipping every question."""
    for _ in range(MOST_PAGES):
        if page.has_button("J'envoie mes résultats"):
            break
        buttons = ("Commencer mon parcours", "Je commence", "Je passe", "Je continue", "Voir mes résultats")
        page = browser.press(page, next(each for each in buttons if page.has_button(each)))
    return browser.press(page, "J'envoie mes résultats")


def test_from_the_login_to_the_grade(stage: Stage, town: Town, toolbox: Toolbox, clock: Callable[[], datetime]) -> None:
    campaign = town.campaign("Parcours de rentrée")
    town.learner(*NAMES[PUPIL])
    with town.database.write() as session:
        session.execute(update(School).values(trusts_typed_names=not stage.personality.shares_names))
    if stage.personality.starts_in_mediacentre:
        assert stage.launch(TEACHER, mediacentre=True)[1].path == "/orga/campagnes"
        assert stage.launch(PUPIL, mediacentre=True)[1].path == "/campagnes"

    stage.choose(campaign.id, toolbox)
    browser, page = stage.launch(PUPIL)
    assert page.path.startswith(f"/campagnes/{campaign.code}")
    born = {"day": "27", "month": "mars", "year": "2014"}
    names = {} if stage.personality.shares_names else {"given_name": NAMES[PUPIL][0], "family_name": NAMES[PUPIL][1]}
    for _ in range(2):
        if page.has_button("Je commence"):
            break
        button = next(each for each in ("C'est parti !", "Commencer mon parcours") if page.has_button(each))
        page = browser.press(page, button, {**born, **names} if button == "C'est parti !" else {})
    page = take(browser, page)
    assert "Vos résultats sont envoyés." in page.text

    Deliverer(toolbox.database, toolbox.services, clock, jitter=lambda: 0.0).drain()
    (column,) = stage.platform.courses["course-1"].columns.values()
    assert column.cells[SUBS[PUPIL]].score == 0
    assert column.document["resourceId"] == campaign.resource_id
    members = toolbox.services.members(stage.gate.record, stage.platform.members_url())
    assert [member.is_learner for member in members] == [False, True, True, True, True, True]
