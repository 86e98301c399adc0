"""A pupil's competences, training, tutorials, and whether they can be certified."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lti_tool.assessment.engine.checking import to_form
from lti_tool.assessment.engine.items import bank
from lti_tool.assessment.models import Run, Training
from lti_tool.schools.models import Learner
from tests.web.conftest import Town
from tests.web.knowing import know
from tests.web.pages import Browser, Page

CODE = "5.2"


def run_of_training(town: Town) -> Run:
    with town.database.read() as session:
        training = session.scalars(select(Training)).one()
        return session.get_one(Run, training.run_id)


def finish(browser: Browser, town: Town, page: Page, *, right: bool) -> Page:
    """Answer every question, all rightly or none; returns the results page."""
    while not page.path.endswith("/resultats"):
        if page.has_button("Je passe"):
            (question,) = page.root.xpath('//input[@name="question"]/@value')
            item = bank().item(question).for_seed(str(run_of_training(town).seed))
            form = to_form(item.question.right_response()) if right else {}
            page = browser.press(page, "Je valide" if right else "Je passe", form)
        else:
            page = browser.press(page, "Je continue" if page.has_button("Je continue") else "Voir mes résultats")
    return page


class TestCompetences:
    def test_the_menu_names_the_pupils_pages(self, browser: Browser, pupil: int) -> None:
        page = browser.get("/profil")

        assert page.root.xpath('//nav[contains(@class, "menu")]//a/text()') == [
            "Parcours",
            "Compétences",
            "Mes tutos",
            "Certification",
        ]
        assert page.root.xpath('//a[@aria-current="page"]/text()') == ["Compétences"]

    def test_each_has_a_circle_that_can_be_heard(self, browser: Browser, town: Town, pupil: int) -> None:
        know(town, "1.1", level=2)

        page = browser.get("/profil")

        circles = page.root.xpath('//*[local-name()="svg" and @role="img"]/@aria-label')
        assert len(circles) == 16
        assert circles[0] == "Niveau 2, 16 pix"
        assert set(circles[1:]) == {"Niveau 0, 0 pix"}
        assert "Votre score Pix 16 pix" in page.text
        assert page.text.count("Pas encore commencée") == 15

    def test_who_is_not_bound_sees_what_there_is_to_learn(self, browser: Browser, town: Town) -> None:
        town.enter(browser, town.person())

        page = browser.get(browser.get("/profil").link("5.2"))

        assert page.status == 200
        assert page.link("Saisir un code") == "/campagnes"

    @pytest.mark.parametrize("path", ["competences/9.9", "competences/9.9/entrainement", "tutos/a/b"])
    def test_what_does_not_exist_is_told(self, browser: Browser, pupil: int, path: str) -> None:
        page = browser.get(f"/profil/{path}")

        assert page.status == 404
        assert page.code in ("ENTRAINEMENT", "TUTO")


class TestTraining:
    @pytest.fixture
    def first(self, browser: Browser, pupil: int) -> Page:
        return browser.press(browser.get(f"/profil/competences/{CODE}"), "Je m’entraîne")

    def test_what_counts_counts(self, browser: Browser, town: Town, first: Page) -> None:
        page = finish(browser, town, first, right=True)

        assert first.path == f"/profil/competences/{CODE}/entrainement/questions/1"
        assert page.heading == "Votre entraînement est terminé"
        assert "Niveau 6, 48 pix sur 48" in page.text
        assert "Votre score Pix 48 pix" in browser.get("/profil").text
        assert "Vous avez réussi toute cette compétence" in browser.get(f"/profil/competences/{CODE}").text

    def test_it_goes_on_where_it_was_left(self, browser: Browser, first: Page) -> None:
        second = browser.press(first, "Je passe")

        again = browser.press(browser.get(f"/profil/competences/{CODE}"), "Je reprends l’entraînement")

        assert again.path == second.path
        assert "Vous avez déjà répondu à la question 1." in browser.press(first, "Je passe").text

    def test_it_can_be_tried_again_after_four_days(self, browser: Browser, town: Town, first: Page) -> None:
        finish(browser, town, first, right=False)
        place, form = f"/profil/competences/{CODE}", dict(first.form("Je passe").form_values())

        assert "Vous pourrez retenter cette compétence à partir du 27 novembre 2026." in browser.get(place).text
        assert browser.client.post(place, data=form).status_code == 403
        with town.database.write() as session:
            session.execute(update(Run).values(finished_at=town.now - timedelta(days=4)))
        assert browser.press(browser.get(place), "Je m’entraîne").path.endswith("/questions/1")

    def test_it_asks_nothing_that_is_known_from_elsewhere(self, browser: Browser, town: Town, pupil: int) -> None:
        know(town, CODE, level=3)

        browser.press(browser.get(f"/profil/competences/{CODE}"), "Je m’entraîne")

        run = run_of_training(town)
        assert {bank().skill(skill).level for skill in run.carried} == {1, 2, 3}
        assert run.item_id
        assert bank().skill(bank().item(run.item_id).skill_id).level > 3

    def test_nobody_sees_anothers(self, browser: Browser, town: Town, first: Page) -> None:
        town.enter(browser, town.pupil("Hélène", "Besson"))

        assert browser.get(first.path).code == "ENTRAINEMENT"

    def test_who_left_the_register_trains_no_more(self, browser: Browser, town: Town, pupil: int) -> None:
        page = browser.get(f"/profil/competences/{CODE}")
        with town.database.write() as session:
            session.execute(update(Learner).values(active=False))

        assert browser.press(page, "Je m’entraîne").code == "INACTIF"
        assert not browser.get(f"/profil/competences/{CODE}").has_button("Je m’entraîne")


class TestTutorials:
    def test_they_come_with_what_failed_and_go_with_what_was_managed(
        self, browser: Browser, town: Town, pupil: int
    ) -> None:
        empty = browser.get("/profil/tutos")
        finish(browser, town, browser.press(browser.get(f"/profil/competences/{CODE}"), "Je m’entraîne"), right=False)

        page = browser.get("/profil/tutos")
        links = page.root.xpath("//main//li/a/@href")
        tutorial = browser.get(links[0])

        assert "Vous n’avez pas encore de tuto." in empty.text
        assert links
        assert tutorial.heading in page.text
        know(town, CODE, level=6)
        assert not browser.get("/profil/tutos").root.xpath("//main//li/a")

    def test_a_drawing_comes_with_its_words(self, browser: Browser, town: Town, pupil: int) -> None:
        page = browser.get("/profil/tutos/guider-un-robot/avancer-tourner")

        (drawing,) = page.root.xpath("//main//img")
        assert "sa gauche à votre droite" in drawing.get("alt")
        got = browser.client.get(drawing.get("src"))
        assert (got.status_code, got.mimetype) == (200, "image/svg+xml")
        assert browser.client.get("/images/gone.svg").status_code == 404


class TestCertification:
    def test_what_is_missing_is_told_with_the_nearest_way(self, browser: Browser, town: Town, pupil: int) -> None:
        know(town, "1.1", "2.1", "3.1")

        page = browser.get("/profil/certification")

        assert "Vous n’êtes pas encore certifiable. Il faut au moins 5 compétences au niveau 1." in page.text
        assert "Il vous manque 2 compétences." in page.text
        way = page.root.xpath('//section[@aria-labelledby="chemin"]//a/@href')
        assert way == ["/profil/competences/2.2", "/profil/competences/2.4"]
        first = bank().topics_of_competence("2.2")[0].skills[0]
        assert first.name in page.text
        assert len(page.root.xpath('//section[@aria-labelledby="atteintes"]//li')) == 3

    def test_five_competences_at_level_one_are_enough(self, browser: Browser, town: Town, pupil: int) -> None:
        know(town, "1.1", "2.1", "3.1", "4.1", "5.1")

        page = browser.get("/profil/certification")

        assert "Vous êtes certifiable !" in page.text
        assert "Il vous manque" not in page.text
