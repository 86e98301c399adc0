"""The pupil's way to a test: the code, the birthdate asked once, the landing page, the profile."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import func, select

from lti_tool.campaigns.models import Participation
from lti_tool.schools.models import Binding, BindingRequest
from tests.web.conftest import Town
from tests.web.pages import Browser, Page

BIRTHDATE = {"day": "27", "month": "3", "year": "2014"}
NOT_FOUND = "Nous ne vous trouvons pas dans la liste des élèves."


def count(town: Town, model: type) -> int:
    with town.database.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def type_code(browser: Browser, code: str) -> Page:
    return browser.press(browser.get("/campagnes"), "Commencer mon parcours", {"code": code})


def type_birthdate(browser: Browser, page: Page, **typed: str) -> Page:
    return browser.press(page, "C'est parti !", {**BIRTHDATE, **typed})


class TestTheCode:
    def test_it_is_asked_in_the_words_of_the_guide(self, browser: Browser, pupil: int) -> None:
        page = browser.get("/campagnes")

        assert page.heading == "Saisissez le code du parcours"
        assert "Vous souhaitez participer à un parcours de test" in page.text
        assert page.has_button("Commencer mon parcours")

    @pytest.mark.parametrize(
        "written",
        [
            pytest.param("{0}", id="as given"),
            pytest.param(" {1} ", id="small letters and spaces"),
            pytest.param("{2}-{3}", id="with a dash"),
        ],
    )
    def test_it_leads_to_the_campaign(self, browser: Browser, town: Town, pupil: int, written: str) -> None:
        code = town.campaign(title="Réseaux et données").code

        page = type_code(browser, written.format(code, code.lower(), code[:6], code[6:]))

        assert page.path == f"/campagnes/{code}"
        assert page.heading == "Réseaux et données"

    @pytest.mark.parametrize("code", ["ABCDEF234", "", "n'importe quoi", "<b>", "\x00"])
    def test_an_unknown_one_is_told_beside_the_field(self, browser: Browser, town: Town, pupil: int, code: str) -> None:
        page = type_code(browser, code)

        assert page.status == 404
        assert page.title.startswith("Erreur :")
        assert "Ce code ne correspond à aucun parcours de votre établissement." in page.text
        assert page.root.xpath('//*[@id="code" and @aria-invalid="true"]/@aria-describedby') == [
            "code-aide code-erreur"
        ]
        assert page.has_button("Commencer mon parcours")

    def test_an_unknown_one_in_the_address_asks_for_another(self, browser: Browser, pupil: int) -> None:
        page = browser.get("/campagnes/ABCDEF234")

        assert page.status == 404
        assert page.heading == "Saisissez le code du parcours"

    def test_an_archived_campaign_begins_for_nobody(self, browser: Browser, town: Town, pupil: int) -> None:
        campaign = town.campaign()
        town.archive(campaign)

        page = type_code(browser, campaign.code)

        assert page.status == 403
        assert page.code == "ARCHIVE"
        assert count(town, Participation) == 0


class TestTheBirthdate:
    @pytest.fixture
    def asked(self, browser: Browser, town: Town) -> Page:
        """A pupil of the register, not bound yet, has typed a code."""
        town.learner("Chloé", "Garnier")
        town.enter(browser, town.person("Chloe", "GARNIER"))
        return type_code(browser, town.campaign().code)

    def test_names_come_from_the_ent_and_cannot_be_changed(self, asked: Page) -> None:
        assert asked.heading == "Un tout petit détail !"
        assert "Prénom Chloe" in asked.text
        assert "Nom GARNIER" in asked.text
        assert asked.root.xpath('//main//input[@type="text"]/@name') == ["day", "month", "year"]
        assert "Ce n'est pas vous ?" in asked.text

    def test_its_fields_can_be_filled_and_read_by_machines(self, asked: Page) -> None:
        inputs = asked.root.xpath("//fieldset//input")

        assert [each.get("autocomplete") for each in inputs] == ["bday-day", "bday-month", "bday-year"]
        assert {each.get("inputmode") for each in inputs} == {"numeric"}
        assert asked.root.xpath("//fieldset/legend")[0].text_content().startswith("Date de naissance")

    def test_the_right_one_opens_the_campaign(self, browser: Browser, town: Town, asked: Page) -> None:
        page = type_birthdate(browser, asked)

        assert page.has_button("Je commence")
        assert count(town, Binding) == 1

    def test_it_is_asked_once(self, browser: Browser, town: Town, asked: Page) -> None:
        type_birthdate(browser, asked)

        page = type_code(browser, town.campaign(title="Un autre").code)

        assert page.heading == "Un autre"
        assert browser.get(f"{page.path}/rattachement").heading == "Un autre"

    def test_a_wrong_one_never_says_which_part_was_wrong(self, browser: Browser, town: Town, asked: Page) -> None:
        page = type_birthdate(browser, asked, day="28")

        assert page.status == 422
        assert page.title.startswith("Erreur :")
        assert NOT_FOUND in page.text
        assert "Il vous reste 4 essais." in page.text
        assert not page.root.xpath("//*[@aria-invalid]")
        assert count(town, Binding) == 0

    def test_after_five_tries_a_teacher_has_to_help(self, browser: Browser, town: Town, asked: Page) -> None:
        page = asked
        for day in ("1", "2", "3", "4"):
            page = type_birthdate(browser, page, day=day)
        stopped = type_birthdate(browser, page, day="5")

        assert stopped.status == 429
        assert stopped.code == "R40"
        assert "Allez voir votre enseignant." in stopped.text
        assert type_birthdate(browser, page).code == "R40"  # the right one, too late
        assert browser.get(f"{asked.path}").status == 429
        assert count(town, Binding) == 0

    @pytest.mark.parametrize(
        ("typed", "field", "sentence"),
        [
            pytest.param({"day": "32"}, "day", "Le jour est un nombre de 1 à 31.", id="no such day"),
            pytest.param({"month": "mai-juin"}, "month", "Le mois est un nombre de 1 à 12.", id="no month"),
            pytest.param({"year": "14"}, "year", "Écrivez l’année avec ses quatre chiffres", id="two digits"),
            pytest.param({"day": "", "month": "", "year": ""}, "day", "Le jour est un nombre", id="nothing"),
        ],
    )
    def test_what_is_no_date_is_no_try(
        self, browser: Browser, asked: Page, typed: dict[str, str], field: str, sentence: str
    ) -> None:
        page = type_birthdate(browser, asked, **typed)

        assert page.status == 422
        assert sentence in page.text
        assert page.root.xpath("//input[@aria-invalid]/@id") == [field]
        assert page.root.xpath(f'//a[@href="#{field}"]')
        assert "Il vous reste 4 essais." in type_birthdate(browser, page, day="28").text

    def test_what_was_typed_is_still_there(self, browser: Browser, asked: Page) -> None:
        page = type_birthdate(browser, asked, day="28")

        assert page.root.xpath("//fieldset//input/@value") == ["28", "3", "2014"]

    def test_a_learner_who_is_somebody_else_already_stays_so(self, browser: Browser, town: Town) -> None:
        person, other = town.person("Hélène", "Besson"), town.person("Helene", "Besson")
        town.bind(person, town.learner("Hélène", "Besson"))
        town.enter(browser, other)

        page = type_birthdate(browser, type_code(browser, town.campaign().code))

        assert page.status == 409
        assert page.code == "R30"
        assert "Hélène" not in page.text
        assert count(town, Binding) == 1
        assert count(town, BindingRequest) == 1

    def test_names_are_typed_where_the_ent_gives_none(self, browser: Browser, town: Town) -> None:
        town.learner("Chloé", "Garnier")
        town.enter(browser, town.person(None, None))
        asked = type_code(browser, town.campaign().code)

        missing = type_birthdate(browser, asked, given_name="Chloé", family_name=" ")
        page = type_birthdate(browser, missing, given_name="Chloé", family_name="Garnier")

        assert missing.status == 422
        assert "Écrivez votre nom." in missing.text
        assert page.heading == "Votre demande est envoyée"
        assert count(town, Binding) == 0
        assert count(town, BindingRequest) == 1
        assert browser.get(page.link("Corriger")).has_button("C'est parti !")


class TestTheLandingPage:
    def test_it_says_how_the_test_goes(self, browser: Browser, town: Town, pupil: int) -> None:
        page = browser.get(f"/campagnes/{town.campaign().code}?activite=1")

        assert "Bienvenue." in page.text
        assert "Toutes les 5 questions, une pause" in page.text
        assert "J'envoie mes résultats" in page.text
        assert page.has_button("Je commence")

    def test_what_a_teacher_wrote_stays_text(self, browser: Browser, town: Town, pupil: int) -> None:
        campaign = town.campaign(title="<script>alert(1)</script>")

        page = browser.get(f"/campagnes/{campaign.code}")

        assert page.heading == "<script>alert(1)</script>"
        assert not page.root.xpath("//script")

    def test_a_test_begun_is_found_again(self, browser: Browser, town: Town, pupil: int, now: datetime) -> None:
        campaign = town.campaign()
        browser.press(browser.get(f"/campagnes/{campaign.code}"), "Je commence")

        codes, landing = browser.get("/campagnes"), browser.get(f"/campagnes/{campaign.code}")

        assert "Parcours commencés Parcours de rentrée Commencé le 23 novembre 2026 Je reprends" in codes.text
        assert browser.get(codes.link("Je reprends")).heading.startswith("Question 1")
        assert browser.get(landing.link("Je reprends")).heading.startswith("Question 1")

    def test_beginning_twice_is_beginning_once(self, browser: Browser, town: Town, pupil: int) -> None:
        landing = browser.get(f"/campagnes/{town.campaign().code}")

        pages = [browser.press(landing, "Je commence") for _ in range(2)]

        assert pages[0].path == pages[1].path
        assert count(town, Participation) == 1

    def test_who_left_the_register_cannot_begin(self, browser: Browser, town: Town) -> None:
        town.enter(browser, town.pupil(active=False))

        page = browser.get(f"/campagnes/{town.campaign().code}")

        assert "Vous n’êtes plus dans la liste des élèves de l’établissement." in page.text
        assert not page.has_button("Je commence")

    def test_a_test_user_previews_and_leaves_no_trace(self, browser: Browser, town: Town) -> None:
        campaign = town.campaign()
        town.enter(browser, town.person(), is_test=True)

        page = browser.get(f"/campagnes/{campaign.code}")

        assert "rien n’est enregistré" in page.text
        assert not page.has_button("Je commence")
        assert count(town, Participation) == 0


class TestTheProfile:
    def test_it_says_who_the_pupil_is_here(self, browser: Browser, pupil: int) -> None:
        page = browser.get("/profil")

        assert "Prénom Chloé Nom Garnier Classe 6A Établissement Collège du Pont" in page.text

    def test_it_opens_for_who_is_not_bound_yet(self, browser: Browser, town: Town) -> None:
        town.enter(browser, town.person())

        page = browser.get("/profil")

        assert page.status == 200
        assert page.link("Saisir un code") == "/campagnes"
