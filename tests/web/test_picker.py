"""Choosing a campaign for a course: what is offered, what goes back to the platform, and who may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import func, select

from lti_tool.campaigns.models import Activity, Campaign
from lti_tool.campaigns.paging import PER_PAGE
from lti_tool.grades.models import LineItem
from lti_tool.lti.models import DeepLinkingRequest
from lti_tool.schools.models import ADMINISTRATOR
from lti_tool.web.toolbox import Toolbox
from tests.web.conftest import Town
from tests.web.pages import Browser, Page
from tests.web.staffroom import RETURN_URL, activity, another_school, course, enter_as, made_by, selection

ITEMS = "https://purl.imsglobal.org/spec/lti-dl/claim/content_items"
FORM = {"name": "Mme Fontaine 4A", "target_profile": "decouverte", "title": "Découverte", "landing_text": ""}


@pytest.fixture
def teacher(town: Town, browser: Browser) -> int:
    return enter_as(town, browser)


@pytest.fixture
def picker(town: Town, teacher: int) -> str:
    """The path of a picker that waits for the teacher."""
    return selection(town, teacher, course(town, teacher))


def answer(toolbox: Toolbox, page: Page) -> dict[str, Any]:
    """The claims that the page would bring to the platform, their signature checked with our published keys."""
    form = page.form("Revenir au cours")
    keys = KeySet.import_key_set(toolbox.keyring.public_jwks())
    return jwt.decode(form.fields["JWT"], keys, algorithms=["RS256"]).claims


def number_of(town: Town, model: type) -> int:
    with town.database.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


class TestTaking:
    def test_a_campaign_goes_to_the_course_with_its_column(
        self, browser: Browser, town: Town, toolbox: Toolbox, picker: str
    ) -> None:
        campaign = town.campaign("Parcours de rentrée")
        page = browser.get(picker)
        assert page.heading == "Choisir une campagne"
        assert page.form("Ajouter au cours").fields["colonne"] == "1"
        assert page.form("Ajouter au cours").fields["points"] == "100"

        page = browser.press(page, "Ajouter au cours", {"campagne": str(campaign.id)})

        form = page.form("Revenir au cours")
        assert (form.get("action"), form.method) == (RETURN_URL, "POST")
        claims = answer(toolbox, page)
        assert claims["https://purl.imsglobal.org/spec/lti-dl/claim/data"] == "opaque"
        assert claims[ITEMS] == [
            {
                "type": "ltiResourceLink",
                "title": "Parcours de rentrée",
                "url": "http://127.0.0.1:8000/lti/launch",
                "custom": {"campagne": campaign.code},
                "lineItem": {
                    "label": "Parcours de rentrée",
                    "scoreMaximum": 100,
                    "resourceId": campaign.resource_id,
                    "tag": "pix",
                    "submissionReview": {"reviewableStatus": ["InProgress", "Submitted", "Completed"]},
                },
            }
        ]

    def test_the_page_may_post_to_the_platform_and_nowhere_else(
        self, browser: Browser, town: Town, picker: str
    ) -> None:
        campaign = town.campaign()

        page = browser.press(browser.get(picker), "Ajouter au cours", {"campagne": str(campaign.id)})

        policy = dict(each.split(" ", 1) for each in page.response.headers["Content-Security-Policy"].split("; "))
        assert policy["form-action"].split() == ["'self'", "https://ent.example.fr"]
        (script,) = page.root.xpath("//script")
        assert script.get("src").startswith("/static/return.js")
        assert script.text is None

    def test_its_points_are_the_teachers(self, browser: Browser, town: Town, toolbox: Toolbox, picker: str) -> None:
        values = {"campagne": str(town.campaign().id), "points": " 20 "}

        (item,) = answer(toolbox, browser.press(browser.get(picker), "Ajouter au cours", values))[ITEMS]

        assert item["lineItem"]["scoreMaximum"] == 20

    def test_without_the_box_there_is_no_column(
        self, browser: Browser, town: Town, toolbox: Toolbox, picker: str
    ) -> None:
        token = _token(browser)
        values = {"jeton": token, "campagne": str(town.campaign().id), "points": "x"}

        response = browser.client.post(picker, data=values)

        (item,) = answer(toolbox, Page(response, picker))[ITEMS]
        assert "lineItem" not in item

    def test_a_platform_that_takes_no_column_gets_none(
        self, browser: Browser, town: Town, toolbox: Toolbox, teacher: int
    ) -> None:
        path = selection(town, teacher, course(town, teacher), accepts_line_item=False)
        campaign = town.campaign()
        page = browser.get(path)
        assert "carnet de notes" not in page.text

        values = {"campagne": str(campaign.id), "colonne": "1", "points": "50"}
        (item,) = answer(toolbox, browser.press(page, "Ajouter au cours", values))[ITEMS]

        assert "lineItem" not in item

    def test_several_at_once_where_the_platform_takes_them(
        self, browser: Browser, town: Town, toolbox: Toolbox, teacher: int
    ) -> None:
        path = selection(town, teacher, course(town, teacher), accepts_several=True)
        chosen = [town.campaign("Un"), town.campaign("Deux")]
        page = browser.get(path)
        assert page.root.xpath('//input[@name="campagne"]/@type') == ["checkbox", "checkbox"]

        page = browser.press(page, "Ajouter au cours", {"campagne": [str(each.id) for each in chosen]})

        assert [item["title"] for item in answer(toolbox, page)[ITEMS]] == ["Un", "Deux"]

    def test_it_is_searched(self, browser: Browser, town: Town, picker: str) -> None:
        town.campaign("Rentrée 4e")
        town.campaign("Découverte")

        page = browser.get(f"{picker}?nom=rentree")

        assert "Rentrée 4e" in page.text
        assert "Découverte" not in page.text

    def test_ticks_outlive_searches_and_pages(
        self, browser: Browser, town: Town, toolbox: Toolbox, teacher: int
    ) -> None:
        path = selection(town, teacher, course(town, teacher), accepts_several=True)
        first = town.campaign("Rentrée 4e")
        for number in range(PER_PAGE):
            town.campaign(f"Autre {number}")
        last = town.campaign("Découverte")
        page = browser.press(browser.get(path), "Page suivante", {"campagne": [str(last.id)]})
        assert "Page 2 sur 2" in page.text

        page = browser.press(
            page, "Rechercher", {"campagne": [str(last.id), str(first.id)], "nom": "zzz", "points": "7"}
        )

        assert page.status == 200
        assert page.form("Ajouter au cours").fields["points"] == "7"
        assert page.root.xpath("//fieldset[1]//input[@checked]/@value") == [str(last.id), str(first.id)]
        page = browser.press(page, "Ajouter au cours", {"campagne": [str(last.id), str(first.id)]})
        assert [item["title"] for item in answer(toolbox, page)[ITEMS]] == ["Découverte", "Rentrée 4e"]

    def test_neither_archived_campaigns_nor_another_schools_are_offered(
        self, browser: Browser, town: Town, picker: str
    ) -> None:
        town.archive(town.campaign("Ancienne"))
        made_by(town, None, "Ailleurs", another_school(town))

        page = browser.get(picker)

        assert "Ancienne" not in page.text
        assert "Ailleurs" not in page.text
        assert not page.has_button("Ajouter au cours")

    @pytest.mark.parametrize(
        ("values", "faulty"),
        [
            pytest.param({"campagne": ""}, ["#campagne"], id="nothing chosen"),
            pytest.param({"campagne": "x"}, ["#campagne"], id="a forged choice"),
            pytest.param({"campagne": "9" * 30}, ["#campagne"], id="a number that no database holds"),
            pytest.param({"points": "0"}, ["#points"], id="no points"),
            pytest.param({"points": "101"}, ["#points"], id="too many points"),
            pytest.param({"points": "12,5"}, ["#points"], id="half points"),
            pytest.param({"points": "٣"}, ["#points"], id="foreign digits"),
            pytest.param({"points": ""}, ["#points"], id="points left out"),
            pytest.param({"campagne": "", "points": "-1"}, ["#campagne", "#points"], id="all at once"),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_is_sent(
        self, browser: Browser, town: Town, picker: str, values: dict[str, str], faulty: list[str]
    ) -> None:
        campaign = town.campaign()

        page = browser.press(browser.get(picker), "Ajouter au cours", {"campagne": str(campaign.id), **values})

        assert page.status == 422
        assert page.root.xpath('//*[@id="erreurs"]//a/@href') == faulty
        assert all(page.root.xpath(f'//*[@id="{each[1:]}"]') for each in faulty)
        assert page.form("Ajouter au cours").fields["points"] == values.get("points", "100")
        assert browser.get(picker).status == 200  # it still waits

    def test_an_archived_one_is_refused_in_words(self, browser: Browser, town: Town, picker: str) -> None:
        campaign = town.campaign()
        page = browser.get(picker)
        town.archive(campaign)
        town.campaign()

        page = browser.press(page, "Ajouter au cours", {"campagne": str(campaign.id)})

        assert page.status == 422
        assert "archivée" in page.text

    def test_another_schools_is_not_found(self, browser: Browser, town: Town, picker: str) -> None:
        town.campaign()
        elsewhere = made_by(town, None, "Ailleurs", another_school(town))

        page = browser.press(browser.get(picker), "Ajouter au cours", {"campagne": str(elsewhere.id)})

        assert page.status == 404

    def test_two_where_one_is_taken_are_refused(self, browser: Browser, town: Town, picker: str) -> None:
        both = [str(town.campaign("Un").id), str(town.campaign("Deux").id)]

        page = browser.press(browser.get(picker), "Ajouter au cours", {"campagne": both})

        assert page.status == 422


class TestMakingOneThere:
    def test_it_is_made_and_goes_to_the_course(
        self, browser: Browser, town: Town, toolbox: Toolbox, picker: str
    ) -> None:
        page = browser.get(browser.get(picker).link("Créer une campagne"))

        page = browser.press(page, "Créer la campagne", {**FORM, "points": "10"})

        (item,) = answer(toolbox, page)[ITEMS]
        assert (item["title"], item["lineItem"]["scoreMaximum"]) == ("Découverte", 10)
        assert "Mme Fontaine 4A" in browser.get("/orga/campagnes").text

    def test_what_is_wrong_is_said_at_once_and_nothing_is_made(self, browser: Browser, town: Town, picker: str) -> None:
        page = browser.get(f"{picker}/creer")

        page = browser.press(page, "Créer la campagne", {**FORM, "name": "", "points": "1000"})

        assert page.status == 422
        assert page.root.xpath('//*[@id="erreurs"]//a/@href') == ["#name", "#points"]
        assert page.form("Créer la campagne").fields["title"] == "Découverte"
        assert number_of(town, Campaign) == 0

    def test_bad_points_alone_make_nothing_either(self, browser: Browser, town: Town, picker: str) -> None:
        page = browser.press(browser.get(f"{picker}/creer"), "Créer la campagne", {**FORM, "points": "0"})

        assert page.root.xpath('//*[@id="erreurs"]//a/@href') == ["#points"]
        assert number_of(town, Campaign) == 0


class TestTheRequest:
    def test_cancelling_brings_nothing_back(self, browser: Browser, toolbox: Toolbox, picker: str) -> None:
        response = browser.client.post(f"{picker}/annulation", data={"jeton": _token(browser)})

        page = Page(response, picker)
        assert answer(toolbox, page)[ITEMS] == []
        assert "Rien n’est ajouté à votre cours." in page.text

    @pytest.mark.parametrize("path", ["", "/creer"])
    def test_it_is_answered_once(self, browser: Browser, town: Town, picker: str, path: str) -> None:
        campaign = town.campaign()
        page = browser.get(picker)
        browser.press(page, "Ajouter au cours", {"campagne": str(campaign.id)})

        again = browser.press(page, "Ajouter au cours", {"campagne": str(campaign.id)})

        assert (again.status, again.code) == (404, "SELECTION")
        assert "Revenez à votre cours" in again.text
        assert browser.get(picker + path).code == "SELECTION"

    def test_it_belongs_to_its_teacher(self, browser: Browser, town: Town, teacher: int) -> None:
        path = selection(town, town.person("Marc", "Besson"), course(town, teacher))

        assert browser.get(path).code == "SELECTION"

    def test_it_does_not_last_for_ever(self, browser: Browser, town: Town, picker: str) -> None:
        with town.database.write() as session:
            request = session.scalars(select(DeepLinkingRequest)).one()
            request.created_at -= timedelta(hours=13)

        assert browser.get(picker).code == "SELECTION"

    def test_a_forged_form_answers_nothing(self, browser: Browser, town: Town, picker: str) -> None:
        response = browser.client.post(picker, data={"campagne": str(town.campaign().id)})

        assert response.status_code == 403
        assert browser.get(picker).status == 200


class TestAnActivityWithoutCampaign:
    def test_its_teacher_chooses_one_and_a_column_is_looked_for(
        self, browser: Browser, town: Town, teacher: int
    ) -> None:
        campaign = town.campaign()
        link = activity(town, course(town, teacher))
        page = browser.get(f"/orga/activites/{link}")
        assert "Technologie › Pix en 4e" in page.text

        page = browser.press(page, "Choisir cette campagne", {"campagne": str(campaign.id)})

        assert page.path == f"/orga/campagnes/{campaign.id}"
        assert page.link("Choisir une autre campagne") == f"/orga/activites/{link}"
        with town.database.read() as session:
            chosen = session.get_one(Activity, link)
            assert (chosen.campaign_id, chosen.chosen_by, chosen.wants_column) == (campaign.id, teacher, True)
            line_item = session.scalars(select(LineItem)).one()
            assert line_item.next_try_at is not None

    def test_the_points_of_its_column_are_the_teachers(self, browser: Browser, town: Town, teacher: int) -> None:
        campaign = town.campaign()
        link = activity(town, course(town, teacher))
        path, chosen = f"/orga/activites/{link}", {"campagne": str(campaign.id)}

        refused = browser.press(browser.get(path), "Choisir cette campagne", {**chosen, "points": "0"})
        browser.press(refused, "Choisir cette campagne", {**chosen, "points": "20"})

        assert "Indiquez un nombre de points entier" in refused.text
        assert browser.get(path).form("Choisir cette campagne").fields["points"] == "20"
        with town.database.read() as session:
            assert session.get_one(Activity, link).points == 20

    def test_another_one_may_be_chosen_later(self, browser: Browser, town: Town, teacher: int) -> None:
        first, second = town.campaign("Un"), town.campaign("Deux")
        path = f"/orga/activites/{activity(town, course(town, teacher))}"
        browser.press(browser.get(path), "Choisir cette campagne", {"campagne": str(first.id)})
        page = browser.get(path)
        assert page.form("Choisir cette campagne").fields["campagne"] == str(first.id)

        browser.press(page, "Choisir cette campagne", {"campagne": str(second.id)})

        assert browser.get(path).form("Choisir cette campagne").fields["campagne"] == str(second.id)

    def test_one_with_a_column_is_not_asked_for_another(self, browser: Browser, town: Town, teacher: int) -> None:
        town.campaign()
        link = activity(town, course(town, teacher), lineitem_url="https://ent.example.fr/lineitems/9")

        page = browser.get(f"/orga/activites/{link}")

        assert "L’activité a déjà sa colonne" in page.text
        assert not page.root.xpath('//input[@name="colonne"]')

    def test_nothing_chosen_is_said(self, browser: Browser, town: Town, teacher: int) -> None:
        town.campaign()
        path = f"/orga/activites/{activity(town, course(town, teacher))}"

        page = browser.press(browser.get(path), "Choisir cette campagne", {"campagne": ""})

        assert page.status == 422
        assert "Choisissez une campagne." in page.text
        assert number_of(town, Activity) == 0

    def test_a_colleague_who_does_not_teach_there_finds_nothing(self, browser: Browser, town: Town) -> None:
        link = activity(town, course(town, town.person("Marc", "Besson")))
        enter_as(town, browser)

        assert browser.get(f"/orga/activites/{link}").code == "ACTIVITE"

    def test_an_administrator_may_in_every_course_of_the_school(self, browser: Browser, town: Town) -> None:
        link = activity(town, course(town))
        enter_as(town, browser, ADMINISTRATOR)

        assert browser.get(f"/orga/activites/{link}").status == 200


def _token(browser: Browser) -> str:
    """The form token of whoever is in the browser."""
    token: str = browser.get("/orga/campagnes/creer").form("Créer la campagne").fields["jeton"]
    return token
