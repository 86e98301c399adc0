"""The teacher's campaigns: the list, a new one, its page, its archiving, and who may do what."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from lti_tool.campaigns import ready_made
from lti_tool.campaigns.models import Campaign
from lti_tool.grades.models import ACCEPTED, REFUSED, WAITING
from lti_tool.grades.reasons import CHANGED_BY_TEACHER
from lti_tool.schools.models import ADMINISTRATOR, GUEST, PUPIL, TEACHER, Import
from tests.web.conftest import Town
from tests.web.pages import Browser, Page
from tests.web.staffroom import (
    activity,
    another_school,
    course,
    enter_as,
    grade,
    learner,
    made_by,
    participate,
)

FORM = {"name": "Mme Fontaine 4A", "target_profile": "decouverte", "title": "Découverte", "landing_text": "Bon courage"}


def names(page: Page) -> list[str]:
    return [each.text_content().strip() for each in page.root.xpath("//tbody//th")]


def cells(page: Page, name: str) -> list[str]:
    """The line of the table whose heading is that name."""
    (line,) = page.root.xpath(f'//tbody/tr[normalize-space(th)="{name}"]')
    return [" ".join(each.text_content().split()) for each in line.xpath("td")]


def steps(browser: Browser) -> list[str]:
    """What the list says of each step of a first visit."""
    badges = browser.get("/orga/campagnes").root.xpath('//ol[@class="first-steps"]/li/*[1]')
    return [each.text_content().strip() for each in badges]


def campaigns_made(town: Town) -> int:
    with town.database.read() as session:
        return session.scalar(select(func.count()).select_from(Campaign)) or 0


class TestTheList:
    def test_it_has_the_columns_and_counts_of_the_guide(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        campaign = town.campaign("Parcours de rentrée 3e")
        participate(town, campaign, town.learner("Chloé", "Garnier"), validated=4)
        participate(town, campaign, town.learner("Lou", "Garnier"))

        page = browser.get("/orga")

        assert page.path == "/orga/campagnes"
        assert page.heading == "Campagnes"
        headings = [each.text_content() for each in page.root.xpath("//thead//th")]
        assert headings == ["Campagnes", "Créé par", "Créé le", "Participants", "Résultats reçus"]
        assert cells(page, "Parcours de rentrée 3e") == ["équipe Pix", "23 novembre 2026", "2", "1"]

    def test_it_shows_who_made_a_campaign_and_nothing_of_another_school(self, browser: Browser, town: Town) -> None:
        person_id = enter_as(town, browser)
        made_by(town, person_id, "Ma campagne")
        made_by(town, None, "Ailleurs", another_school(town))

        page = browser.get("/orga/campagnes")

        assert names(page) == ["Ma campagne"]
        assert cells(page, "Ma campagne")[0] == "Claire Fontaine"

    def test_a_search_finds_names_whatever_their_accents(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        town.campaign("Élèves de 3e")
        town.campaign("Découverte")

        assert names(browser.get("/orga/campagnes?nom=ELEVES")) == ["Élèves de 3e"]
        assert "Aucune campagne ne porte ce nom." in browser.get("/orga/campagnes?nom=rien").text

    def test_it_is_shown_a_page_at_a_time_with_the_search_kept(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        for number in range(27):
            town.campaign(f"Campagne {number:02}")

        first = browser.get("/orga/campagnes?nom=campagne")
        second = browser.get(first.link("Page suivante"))

        assert len(names(first)) == 25
        assert names(second) == ["Campagne 01", "Campagne 00"]

    @pytest.mark.parametrize("query", ["page=0", "page=x", "page=99999999999999999999", "etat=autre"])
    def test_an_odd_address_shows_the_list_all_the_same(self, browser: Browser, town: Town, query: str) -> None:
        enter_as(town, browser)
        town.campaign("Découverte")

        assert names(browser.get(f"/orga/campagnes?{query}")) == ["Découverte"]

    def test_before_the_first_campaign_it_says_what_to_do(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)

        page = browser.get("/orga/campagnes")

        assert "Il n’y a pas encore de campagne" in page.text
        assert page.link("Créer une campagne") == "/orga/campagnes/creer"


class TestAFirstVisit:
    def test_three_steps_are_to_do_then_done(self, browser: Browser, town: Town) -> None:
        head = enter_as(town, browser, ADMINISTRATOR)

        assert steps(browser) == ["À faire", "À faire", "À faire"]
        with town.database.write() as session:
            session.add(Import(school_id=town.school_id, at=town.now, counts={}))
        assert steps(browser) == ["Fait", "À faire", "À faire"]
        campaign = made_by(town, head, "La première")
        assert steps(browser) == ["Fait", "Fait", "À faire"]
        participate(town, campaign, town.learner())
        assert steps(browser) == []

    def test_what_is_ready_made_is_nobodys_first_campaign(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        with town.database.write() as session:
            ready_made.ensure(session, town.school_id, town.now)

        assert steps(browser)[1] == "À faire"


class TestCreating:
    def test_the_form_has_the_words_of_the_guide(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)

        page = browser.get("/orga/campagnes/creer")

        labels = [
            " ".join(each.text_content().split()) for each in page.root.xpath("//form//label[not(ancestor::details)]")
        ]
        assert labels == [
            "Nom de la campagne",
            "Évaluer les participants",
            "Collecter les profils Pix des participants aucune question : l’élève envoie son profil tel qu’il est",
            "Que souhaitez-vous tester ?",
            "Titre du parcours",
            "Texte de la page d'accueil",
        ]
        assert page.has_button("Créer la campagne")

    def test_it_leads_to_the_code_to_give(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)

        page = browser.press(browser.get("/orga/campagnes/creer"), "Créer la campagne", FORM)

        assert page.heading == "Mme Fontaine 4A"
        (code,) = page.root.xpath('//*[@class="code-big"]/text()')
        assert len(code) == 9
        assert "Ne transmettez que le code, jamais un lien" in page.text

    def test_all_that_is_wrong_is_said_at_once_and_what_was_typed_stays(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        typed = {"name": "   ", "target_profile": "disparu", "title": "<b>Titre</b>", "landing_text": "x" * 5001}

        page = browser.press(browser.get("/orga/campagnes/creer"), "Créer la campagne", typed)

        assert page.status == 422
        assert page.title.startswith("Erreur :")
        assert [each.get("href") for each in page.root.xpath('//*[@id="erreurs"]//a')] == [
            "#name",
            "#target_profile",
            "#landing_text",
        ]
        form = page.form("Créer la campagne")
        assert form.fields["title"] == "<b>Titre</b>"
        assert form.fields["landing_text"].strip() == typed["landing_text"]
        for field in ("name", "landing_text", "target_profile"):
            (control,) = page.root.xpath(f'//*[@id="{field}"]')
            assert control.get("aria-invalid") == "true"
            assert f"{field}-erreur" in control.get("aria-describedby")
            assert page.root.xpath(f'//*[@id="{field}-erreur"]')
        assert campaigns_made(town) == 0

    def test_html_in_a_text_is_shown_as_typed(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        typed = {**FORM, "name": "<script>alert(1)</script>", "landing_text": "<img src=x>"}

        page = browser.press(browser.get("/orga/campagnes/creer"), "Créer la campagne", typed)

        assert page.heading == "<script>alert(1)</script>"
        assert not page.root.xpath("//main//script")
        assert "<img src=x>" in browser.get(page.link("Paramètres")).text

    def test_who_comes_from_an_activity_goes_back_there(self, browser: Browser, town: Town) -> None:
        link = activity(town, course(town, enter_as(town, browser)))
        page = browser.get(f"/orga/campagnes/creer?activite={link}")
        token = page.form("Créer la campagne").fields["jeton"]

        response = browser.client.post(f"/orga/campagnes/creer?activite={link}", data={**FORM, "jeton": token})

        assert response.status_code == 303
        back = browser.get(response.location)
        assert back.heading == "Quelle campagne pour cette activité ?"
        assert len(back.root.xpath('//input[@name="campagne" and @checked]')) == 1

    def test_a_forged_form_makes_nothing(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)

        response = browser.client.post("/orga/campagnes/creer", data=FORM)

        assert response.status_code == 403
        assert campaigns_made(town) == 0

    def test_a_test_user_looks_and_leaves_no_trace(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser, is_test=True)

        page = browser.press(browser.get("/orga/campagnes/creer"), "Créer la campagne", FORM)

        assert (page.status, page.code) == (403, "APERCU")
        assert campaigns_made(town) == 0


class TestTheCampaign:
    def test_it_shows_each_participant_with_result_and_grade(self, browser: Browser, town: Town) -> None:
        link = activity(town, course(town, enter_as(town, browser)))
        campaign = town.campaign()
        sent, begun = town.learner("Chloé", "Garnier"), town.learner("Lou", "Martin")
        participation = participate(town, campaign, sent, validated=7)
        participate(town, campaign, begun)
        grade(town, campaign, link, sent, participation, state=ACCEPTED, accepted_score=66.67, accepted_at=town.now)

        page = browser.get(f"/orga/campagnes/{campaign.id}")

        assert cells(page, "Garnier") == ["Chloé", "6A", "Résultats reçus", "70 %", "66,67 sur 100"]
        assert cells(page, "Martin") == ["Lou", "6A", "En cours", "–pas encore de résultat", "–pas de note"]
        figures = {dt.text_content(): " ".join(dt.getnext().text_content().split()) for dt in page.root.xpath("//dt")}
        assert figures == {"Code": campaign.code, "Participants": "2", "Résultats reçus": "1", "Moyenne": "70 %"}

    @pytest.mark.parametrize(
        ("cell", "words"),
        [
            pytest.param({"state": WAITING}, "En route vers l’ENT", id="under way"),
            pytest.param(
                {"state": REFUSED, "reason": CHANGED_BY_TEACHER},
                "La note a été modifiée par l’enseignant dans le carnet de notes : elle est conservée.",
                id="changed by the teacher",
            ),
        ],
    )
    def test_a_grade_that_is_not_there_is_told_in_words(
        self, browser: Browser, town: Town, cell: dict[str, object], words: str
    ) -> None:
        link = activity(town, course(town, enter_as(town, browser)))
        campaign = town.campaign()
        learner_id = town.learner()
        grade(town, campaign, link, learner_id, participate(town, campaign, learner_id, validated=7), **cell)

        assert cells(browser.get(f"/orga/campagnes/{campaign.id}"), "Garnier")[-1] == words

    def test_usage_names_stand_first(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        campaign = town.campaign()
        participate(town, campaign, learner(town, "Inès", "Lefebvre", preferred_last_name="Besson"))

        assert names(browser.get(f"/orga/campagnes/{campaign.id}")) == ["Besson"]

    @pytest.mark.parametrize("path", ["", "/parametres"])
    def test_another_schools_is_not_found(self, browser: Browser, town: Town, path: str) -> None:
        enter_as(town, browser, ADMINISTRATOR)
        campaign = made_by(town, None, "Ailleurs", another_school(town))

        page = browser.get(f"/orga/campagnes/{campaign.id}{path}")

        assert page.status == 404
        assert "Ailleurs" not in page.text

    @pytest.mark.parametrize("number", ["999999", "0", "99999999999", "9999999999999999999999"])
    def test_one_that_does_not_exist_is_not_found(self, browser: Browser, town: Town, number: str) -> None:
        enter_as(town, browser)

        assert browser.get(f"/orga/campagnes/{number}").status == 404


class TestArchiving:
    def test_its_owner_archives_it_and_opens_it_again(self, browser: Browser, town: Town) -> None:
        campaign = made_by(town, enter_as(town, browser), "Ma campagne")
        path = f"/orga/campagnes/{campaign.id}/parametres"

        archived = browser.press(browser.get(path), "Archiver la campagne")

        assert "Cette campagne est archivée." in archived.text
        assert names(browser.get("/orga/campagnes?etat=archivees")) == ["Ma campagne"]
        assert "Ma campagne" not in browser.get("/orga/campagnes").text
        opened = browser.press(archived, "Réactiver la campagne")
        assert "Cette campagne est archivée." not in opened.text

    def test_a_colleague_cannot_and_is_told_who_can(self, browser: Browser, town: Town) -> None:
        campaign = made_by(town, town.person("Marc", "Besson"), "La sienne")
        enter_as(town, browser)
        page = browser.get(f"/orga/campagnes/{campaign.id}/parametres")
        assert "Seuls la personne qui a créé cette campagne et les administrateurs" in page.text
        assert not page.has_button("Archiver la campagne")
        token = browser.get("/orga/campagnes/creer").form("Créer la campagne").fields["jeton"]

        response = browser.client.post(f"/orga/campagnes/{campaign.id}/archivage", data={"jeton": token})

        assert response.status_code == 403
        assert names(browser.get("/orga/campagnes")) == ["La sienne"]

    def test_an_administrator_can(self, browser: Browser, town: Town) -> None:
        campaign = made_by(town, town.person("Marc", "Besson"), "La sienne")
        enter_as(town, browser, ADMINISTRATOR)

        page = browser.press(browser.get(f"/orga/campagnes/{campaign.id}/parametres"), "Archiver la campagne")

        assert "Cette campagne est archivée." in page.text

    def test_one_that_a_course_holds_warns(self, browser: Browser, town: Town) -> None:
        person_id = enter_as(town, browser)
        campaign = made_by(town, person_id, "Ma campagne")
        link = activity(town, course(town, person_id))
        choice = browser.get(f"/orga/activites/{link}")
        browser.press(choice, "Choisir cette campagne", {"campagne": str(campaign.id)})

        page = browser.get(f"/orga/campagnes/{campaign.id}/parametres")

        assert "Cette campagne est utilisée dans un cours." in page.text


class TestWhoMayEnter:
    PAGES = (
        "/orga",
        "/orga/campagnes",
        "/orga/campagnes/creer",
        "/orga/campagnes/1",
        "/orga/eleves",
        "/orga/activites/1",
    )

    @pytest.mark.parametrize("path", PAGES)
    def test_nobody_gets_401_by_the_error_page(self, browser: Browser, town: Town, path: str) -> None:
        page = browser.get(path)

        assert (page.status, page.code, page.path) == (401, "SESSION", path)

    @pytest.mark.parametrize("role", [PUPIL, GUEST])
    @pytest.mark.parametrize("path", [*PAGES, "/orga/eleves/importer", "/orga/selection/x"])
    def test_other_roles_get_403(self, browser: Browser, town: Town, role: str, path: str) -> None:
        town.enter(browser, town.person(), role)

        page = browser.get(path)

        assert (page.status, page.code) == (403, "ACCES")

    @pytest.mark.parametrize("role", [TEACHER, ADMINISTRATOR])
    def test_staff_are_led_to_the_campaigns(self, browser: Browser, town: Town, role: str) -> None:
        enter_as(town, browser, role)

        page = browser.get("/orga")

        assert page.status == 200
        (current,) = page.root.xpath('//nav[@class="menu"]//a[@aria-current="page"]')
        assert current.text_content() == "Campagnes"
