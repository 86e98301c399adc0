"""Making, changing, duplicating and deleting campaigns, and two who change one at once."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from lti_tool.assessment.engine.checking import present
from lti_tool.assessment.engine.items import bank
from lti_tool.assessment.engine.rehearsal import SEED, rehearse
from lti_tool.assessment.models import Answer, Run
from lti_tool.campaigns import ready_made
from lti_tool.campaigns.models import COLLECT, Campaign, Participation, SharedResult
from lti_tool.grades.models import Grade
from tests.web.conftest import Town
from tests.web.pages import Browser, Page
from tests.web.staffroom import activity, course, enter_as, grade, made_by, participate


def the_campaign(town: Town, name: str) -> Campaign:
    with town.database.read() as session:
        return session.scalars(select(Campaign).where(Campaign.name == name)).one()


def names(page: Page) -> list[str]:
    return [each.text_content().strip() for each in page.root.xpath("//tbody//th/a")]


class TestTrying:
    def test_a_profile_is_tried_as_a_pupil_would_and_leaves_no_trace(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        page = browser.get(browser.get("/orga/campagnes/creer").link("Essayer : Parcours découverte"))
        asked = []

        while page.has_button("Je passe"):
            asked.append(page.heading)
            corrected = browser.press(page, "Je passe")
            assert "Passée" in corrected.text
            page = browser.get(corrected.link("Question suivante"))

        assert asked[0].startswith("Question 1 sur")
        assert len(asked) > 1
        assert f"Après {len(asked)} questions, un élève lirait ici ses résultats : 0 acquis validé" in page.text
        with town.database.read() as session:
            assert session.scalar(select(func.count()).select_from(Run)) == 0
            assert session.scalar(select(func.count()).select_from(Answer)) == 0

    def test_an_empty_answer_is_asked_again(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        page = browser.get("/orga/essais/decouverte")

        again = browser.press(page, "Je valide")

        assert again.status == 422
        assert again.heading == page.heading

    def test_a_campaign_made_to_measure_is_tried_too(self, browser: Browser, town: Town) -> None:
        campaign = made_by(town, enter_as(town, browser), "La mienne")

        page = browser.get(browser.get(f"/orga/campagnes/{campaign.id}/parametres").link("Essayer comme un élève"))

        assert page.heading.startswith("Question 1 sur")
        assert "rien n’est enregistré" in page.text

    def test_what_was_tried_is_chosen_in_the_form(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        page = browser.get(browser.get("/orga/essais/rentree-6e").link("Créer une campagne avec ce parcours"))

        assert page.form("Créer la campagne").fields["target_profile"] == "rentree-6e"

    def test_the_file_of_a_question_is_there_to_download(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        skills = tuple(skill.id for skill in bank().skills.values() if skill.competence == "1.3")
        outcomes = next(
            "1" * answered
            for answered in range(len(skills))
            if (item := rehearse(skills, None, "1" * answered).waiting) and present(item, SEED).world.files
        )
        page = browser.get(f"/orga/essais/competence-1.3?reponses={outcomes}")

        (address,) = page.root.xpath('//a[contains(@href, "/fichiers/")]/@href')
        answer = browser.client.get(address)

        assert answer.status_code == 200
        assert "attachment" in answer.headers["Content-Disposition"]
        assert answer.data

    def test_a_profile_that_is_not_offered(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        page = browser.get("/orga/essais/disparu")

        assert (page.status, page.code) == (404, "PARCOURS")


class TestPersonalised:
    def test_topics_and_levels_make_the_test(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        topic = bank().topics[0]
        typed = {"name": "La mienne", "profile_name": "Moteurs", "topics": [topic.id], "lowest": "2", "highest": "4"}

        page = browser.press(browser.get("/orga/campagnes/creer-sur-mesure"), "Créer la campagne", typed)

        made = the_campaign(town, "La mienne")
        assert made.skills == [skill.id for skill in topic.skills if 2 <= skill.level <= 4]
        assert made.title == "Moteurs"
        assert "Moteurs" in browser.get(page.link("Paramètres")).text

    def test_a_whole_competence_is_one_tick(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        typed = {"name": "Tout", "profile_name": "Tout 1.1", "topics": ["1.1"], "lowest": "1", "highest": "2"}

        browser.press(browser.get("/orga/campagnes/creer-sur-mesure"), "Créer la campagne", typed)

        skills = [skill.id for skill in bank().skills.values() if skill.competence == "1.1" and skill.level <= 2]
        assert the_campaign(town, "Tout").skills == skills

    def test_all_that_is_wrong_is_said_at_once(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        typed = {"name": "", "profile_name": "", "topics": ["disparu"], "lowest": "5", "highest": "2", "length": "x"}

        page = browser.press(browser.get("/orga/campagnes/creer-sur-mesure"), "Créer la campagne", typed)

        told = [each.get("href") for each in page.root.xpath('//*[@id="erreurs"]//a')]
        assert told == ["#name", "#profile_name", "#highest", "#length"]
        assert all(page.root.xpath(f'//*[@id="{each[1:]}"]') for each in told)


class TestGone:
    def test_a_campaign_goes_on_though_its_profile_and_skills_are_gone(self, browser: Browser, town: Town) -> None:
        campaign = made_by(town, enter_as(town, browser), "Ancienne")
        participation = participate(town, campaign, town.learner(), validated=3)
        with town.database.write() as session:
            row = session.get_one(Campaign, campaign.id)
            row.target_profile, row.profile_name, row.skills = "disparu", "", [*campaign.skills, "acquis-disparu-1"]
        at = f"/orga/campagnes/{campaign.id}"

        assert "un choix qui n’est plus proposé" in browser.get(f"{at}/parametres").text
        for path in ("", "/activite", "/resultats", f"/resultats/{participation}", "/analyse", "/modifier", "/essai"):
            assert browser.get(f"{at}{path}").status == 200, path
        taken = browser.press(browser.get(at), "Exporter les résultats (.csv)")
        assert len(taken.response.data.decode().splitlines()) == 2
        copy = browser.press(browser.get(f"{at}/parametres"), "Dupliquer")
        assert copy.form("Enregistrer").fields["name"] == "Copie de Ancienne"


class TestSettings:
    def test_dates_reversed_are_told(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        typed = {"name": "X", "target_profile": "decouverte", "opens_on": "2027-03-12", "closes_on": "01/03/2027"}

        page = browser.press(browser.get("/orga/campagnes/creer"), "Créer la campagne", typed)

        assert page.status == 422
        assert "Le dernier jour est avant le premier" in page.text

    def test_a_collection_needs_no_target(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)

        browser.press(browser.get("/orga/campagnes/creer"), "Créer la campagne", {"name": "P", "purpose": "collect"})

        made = the_campaign(town, "P")
        assert (made.purpose, made.skills, made.title) == (COLLECT, [], "P")

    def test_what_may_change_is_changed(self, browser: Browser, town: Town) -> None:
        campaign = made_by(town, enter_as(town, browser), "Avant")
        form = browser.get(f"/orga/campagnes/{campaign.id}/modifier")

        page = browser.press(form, "Enregistrer", {"name": "Après", "sendings": "un", "closes_on": "2027-06-30"})

        assert page.heading == "Après"
        assert "un seul" in page.text
        assert "30 juin 2027" in page.text

    def test_the_second_of_two_who_change_it_is_told_and_loses_nothing(self, browser: Browser, town: Town) -> None:
        campaign = made_by(town, enter_as(town, browser), "Avant")
        at = f"/orga/campagnes/{campaign.id}/modifier"
        mine, theirs = browser.get(at), browser.get(at)
        browser.press(theirs, "Enregistrer", {"name": "La leur"})

        told = browser.press(mine, "Enregistrer", {"name": "La mienne"})

        assert told.status == 409
        assert "La leur" in told.text
        assert told.form("Enregistrer").fields["name"] == "La mienne"
        assert browser.press(told, "Enregistrer").heading == "La mienne"

    def test_a_copy_is_ones_own_and_empty(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        campaign = town.campaign("Rentrée")
        participate(town, campaign, town.learner(), validated=3)

        page = browser.press(browser.get(f"/orga/campagnes/{campaign.id}/parametres"), "Dupliquer")

        assert page.form("Enregistrer").fields["name"] == "Copie de Rentrée"
        copy = the_campaign(town, "Copie de Rentrée")
        assert (copy.skills, copy.owner_id is None, copy.code == campaign.code) == (campaign.skills, False, False)


class TestDeleting:
    def test_it_takes_results_with_it_once_confirmed(self, browser: Browser, town: Town) -> None:
        person_id = enter_as(town, browser)
        campaign = made_by(town, person_id, "À jeter")
        learner_id = town.learner()
        participation = participate(town, campaign, learner_id, validated=3)
        link = activity(town, course(town, person_id))
        grade(town, campaign, link, learner_id, participation, state="accepted")
        page = browser.get(f"/orga/campagnes/{campaign.id}/parametres")

        unsure = browser.press(page, "Supprimer la campagne")
        assert "Cochez la case" in unsure.text
        done = browser.press(unsure, "Supprimer la campagne", {"confirmation": "1"})

        assert done.heading == "Campagnes"
        with town.database.read() as session:
            for model in (Campaign, Participation, SharedResult, Grade):
                assert session.scalar(select(func.count()).select_from(model)) == 0


class TestReadyMade:
    def test_each_school_has_them_once(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        with town.database.write() as session:
            made = ready_made.ensure(session, town.school_id, town.now)
            assert ready_made.ensure(session, town.school_id, town.now) == 0

        page = browser.get("/orga/campagnes?createur=équipe+pix")

        assert made >= 5
        assert len(names(page)) == made
        assert "Parcours de rentrée 3e" in names(page)


class TestTheList:
    @pytest.mark.parametrize(
        ("query", "shown"),
        [
            pytest.param("etat=miennes", ["B"], id="mine"),
            pytest.param("etat=toutes&tri=nom", ["A", "B", "C"], id="all by name"),
            pytest.param("etat=actives&tri=anciennes", ["A", "B"], id="active, oldest first"),
            pytest.param("etat=archivees", ["C"], id="archived"),
            pytest.param("createur=fontaine", ["B"], id="by creator"),
            pytest.param("tri=autre&createur=personne", [], id="nothing"),
        ],
    )
    def test_its_states_filters_and_orders(self, browser: Browser, town: Town, query: str, shown: list[str]) -> None:
        person_id = enter_as(town, browser)
        town.campaign("A")
        made_by(town, person_id, "B")
        town.archive(town.campaign("C"))

        assert names(browser.get(f"/orga/campagnes?{query}")) == shown
