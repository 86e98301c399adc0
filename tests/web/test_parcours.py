"""A pupil takes a test: one question at a time, pauses, results, and their sending, once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lti_tool.assessment.engine.checking import to_form
from lti_tool.assessment.engine.items import bank
from lti_tool.assessment.models import Answer, Run
from lti_tool.campaigns import drafts
from lti_tool.campaigns.bands import BANDS
from lti_tool.campaigns.drafts import Draft
from lti_tool.campaigns.models import COLLECT, Campaign, Participation, SharedResult
from lti_tool.schools.models import Learner
from tests.web.conftest import Town
from tests.web.knowing import know
from tests.web.pages import Browser, Page

QUESTIONS = 5
"""About how many the campaigns here have."""


@pytest.fixture
def first(browser: Browser, town: Town, pupil: int) -> Page:
    """A pupil's first question."""
    return browser.press(browser.get(f"/campagnes/{town.campaign().code}"), "Je commence")


def answer_right(browser: Browser, town: Town, page: Page) -> Page:
    (question,) = page.root.xpath('//input[@name="question"]/@value')
    with town.database.read() as session:
        run = session.scalars(select(Run).order_by(Run.id.desc())).first()
        assert run
        seed = str(run.seed)
    return browser.press(page, "Je valide", to_form(bank().item(question).for_seed(seed).question.right_response()))


def finish(browser: Browser, town: Town, page: Page) -> Page:
    """Answer the first question, pass the others; returns the results page."""
    page = answer_right(browser, town, page)
    while not page.path.endswith("/resultats"):
        button = next(each for each in ("Je passe", "Je continue", "Voir mes résultats") if page.has_button(each))
        page = browser.press(page, button)
    return page


def answers(town: Town) -> list[Answer]:
    with town.database.read() as session:
        return list(session.scalars(select(Answer).order_by(Answer.position)))


def sendings(town: Town) -> list[SharedResult]:
    with town.database.read() as session:
        return list(session.scalars(select(SharedResult)))


def carried_and_asked(town: Town) -> tuple[list[str], list[str]]:
    """Of the newest run: the skills that it carries over, and those that it may ask."""
    with town.database.read() as session:
        run = session.scalars(select(Run).order_by(Run.id.desc())).first()
        assert run
        return run.carried, [skill for skill in run.skills if skill not in run.carried]


class TestQuestions:
    def test_one_at_a_time_with_its_place_in_the_test(self, first: Page) -> None:
        assert first.path.endswith("/questions/1")
        assert first.heading == f"Question 1 sur {QUESTIONS} environ"
        assert first.title.startswith("Question 1")
        assert first.root.xpath("//progress/@max") == [str(QUESTIONS)]

    def test_an_answer_leads_to_the_next(self, browser: Browser, town: Town, first: Page) -> None:
        page = answer_right(browser, town, first)

        assert page.path.endswith("/questions/2")
        assert [each.right for each in answers(town)] == [True]

    def test_passing_is_an_answer_too(self, browser: Browser, town: Town, first: Page) -> None:
        page = browser.press(first, "Je passe")

        assert page.path.endswith("/questions/2")
        assert [(each.right, each.response) for each in answers(town)] == [(False, None)]

    def test_nothing_answered_is_asked_again(self, browser: Browser, town: Town, first: Page) -> None:
        blank = dict.fromkeys(first.root.xpath('//main//input[@type="text"]/@name'), "")

        page = browser.press(first, "Je valide", blank)

        assert page.status == 422
        assert page.title.startswith("Erreur :")
        assert "Répondez à la question, ou cliquez sur « Je passe »." in page.text
        (href,) = page.root.xpath('//li/a[starts-with(@href, "#")]/@href')
        assert page.root.get_element_by_id(href[1:]).tag == "input"
        assert answers(town) == []

    def test_the_back_button_and_a_double_click_change_nothing(self, browser: Browser, town: Town, first: Page) -> None:
        answer_right(browser, town, first)

        again = browser.press(first, "Je passe")

        assert again.path.endswith("/questions/2")
        assert "Vous avez déjà répondu à la question 1. Votre première réponse compte." in again.text
        assert [each.right for each in answers(town)] == [True]
        assert browser.get(first.path).path.endswith("/questions/2")

    def test_a_second_tab_left_at_a_pause_is_told_there(self, browser: Browser, town: Town, first: Page) -> None:
        page = first
        for _ in range(4):
            page = browser.press(page, "Je passe")
        fifth = page
        browser.press(fifth, "Je passe")

        again = browser.press(fifth, "Je passe")

        assert again.path.endswith("/pause/5")
        assert "Vous avez déjà répondu à la question 5." in again.text
        assert len(answers(town)) == 5

    @pytest.mark.parametrize("place", ["", "/questions/7", "/pause/5", "/resultats"])
    def test_any_other_place_of_the_test_leads_to_where_it_stands(
        self, browser: Browser, first: Page, place: str
    ) -> None:
        assert browser.get(first.path.partition("/questions")[0] + place).path == first.path

    def test_closing_the_browser_loses_nothing(self, browser: Browser, town: Town, pupil: int, first: Page) -> None:
        answer_right(browser, town, first)
        browser.client.delete_cookie("passerelle")
        browser.client.delete_cookie("passerelle_p")
        town.enter(browser, pupil)

        page = browser.get(browser.get("/campagnes").link("Je reprends"))

        assert page.path.endswith("/questions/2")

    def test_nobody_sees_anothers_test(self, browser: Browser, town: Town, first: Page) -> None:
        town.enter(browser, town.pupil("Hélène", "Besson"))

        page = browser.get(first.path)

        assert page.status == 404
        assert page.code == "PARCOURS"


class TestPauses:
    @pytest.fixture
    def pause(self, browser: Browser, town: Town, first: Page) -> Page:
        page = answer_right(browser, town, first)
        for _ in range(4):
            page = browser.press(page, "Je passe")
        return page

    def test_every_five_questions_they_show_right_and_wrong_in_words(self, pause: Page) -> None:
        assert pause.path.endswith("/pause/5")
        assert "1 bonne réponse sur 5." in pause.text
        verdicts = [each.text_content() for each in pause.root.xpath('//h2//span[contains(@class, "badge")]')]
        assert verdicts == ["Réussie", "Passée", "Passée", "Passée", "Passée"]
        assert pause.text.count("La bonne réponse") + pause.text.count("il fallait") >= 4

    def test_what_failed_comes_with_something_to_learn_from(self, pause: Page) -> None:
        assert len(pause.root.xpath("//details")) == 4
        assert all(each.text_content().startswith("Pour progresser") for each in pause.root.xpath("//summary"))

    def test_the_test_goes_on_after_them(self, browser: Browser, pause: Page) -> None:
        elsewhere = browser.get(pause.path.replace("/pause/5", "/questions/6"))
        page = browser.press(pause, "Je continue")

        assert elsewhere.path == pause.path
        assert page.path.endswith("/questions/6")
        assert browser.press(pause, "Je continue").path == page.path
        assert browser.get(pause.path).path == page.path


class TestResults:
    @pytest.fixture
    def results(self, browser: Browser, town: Town, first: Page) -> Page:
        return finish(browser, town, first)

    def test_they_are_told_by_competence_and_are_not_sent_yet(self, town: Town, results: Page) -> None:
        assert results.heading == "Vos résultats"
        assert "Vos résultats ne sont pas encore envoyés." in results.text
        assert "Envoyez vos résultats à l'organisateur du parcours pour qu'il puisse vous accompagner." in results.text
        assert len(results.root.xpath('//section//li//*[local-name()="svg"]')) > 1
        assert sendings(town) == []

    def test_they_say_the_stage_reached_and_what_the_teacher_wrote(
        self, browser: Browser, town: Town, results: Page
    ) -> None:
        with town.database.write() as session:
            session.execute(update(Campaign).values(result_text="Bravo à tous !"))

        page = browser.get(results.path)

        assert "étoile" in page.text
        assert any(each.name in page.text for each in BANDS)
        assert "Bravo à tous !" in page.text

    def test_thematic_results_are_shown_with_what_is_there_of_them(
        self, browser: Browser, town: Town, results: Page
    ) -> None:
        assert "Résultats thématiques" not in results.text
        with town.database.write() as session:
            session.execute(update(Campaign).values(target_profile="rentree-6e"))

        assert "Résultats thématiques Je me protège en ligne" in browser.get(results.path).text

    def test_they_wait_in_the_list_until_sent(self, browser: Browser, results: Page) -> None:
        assert browser.get(browser.get("/campagnes").link("Envoyer mes résultats")).path == results.path

    def test_sending_says_so_and_is_kept(self, browser: Browser, town: Town, results: Page) -> None:
        page = browser.press(results, "J'envoie mes résultats")

        assert "Vos résultats sont envoyés. Envoyés le 23 novembre 2026 à 10:30." in page.text
        assert not page.has_button("J'envoie mes résultats")
        (sent,) = sendings(town)
        assert f"{sent.validated} acquis" in page.text
        assert "Parcours envoyés" in browser.get("/campagnes").text

    def test_a_second_click_sends_nothing_twice(self, browser: Browser, town: Town, results: Page) -> None:
        pages = [browser.press(results, "J'envoie mes résultats") for _ in range(2)]

        assert pages[0].text == pages[1].text
        assert len(sendings(town)) == 1

    def test_unfinished_tests_cannot_be_sent(self, browser: Browser, town: Town, first: Page) -> None:
        place = first.path.partition("/questions")[0]

        response = browser.client.post(f"{place}/envoi", data=dict(first.form("Je valide").form_values()))

        assert response.status_code == 409
        assert sendings(town) == []

    def test_an_archived_campaign_takes_no_results(self, browser: Browser, town: Town, results: Page) -> None:
        with town.database.write() as session:
            session.execute(update(Campaign).values(archived_at=town.now))

        page = browser.press(results, "J'envoie mes résultats")

        assert page.status == 403
        assert page.code == "ARCHIVE"
        assert "Ce parcours est archivé." in browser.get(results.path).text
        assert sendings(town) == []

    def test_who_left_the_register_sends_nothing(self, browser: Browser, town: Town, results: Page) -> None:
        with town.database.write() as session:
            session.execute(update(Learner).values(active=False))

        page = browser.press(results, "J'envoie mes résultats")

        assert page.status == 403
        assert page.code == "INACTIF"
        assert sendings(town) == []

    def test_they_can_be_improved_after_four_days(self, browser: Browser, town: Town, results: Page) -> None:
        sent = browser.press(results, "J'envoie mes résultats")
        assert "Vous pourrez améliorer vos résultats à partir du 27 novembre 2026." in sent.text
        with town.database.write() as session:
            session.execute(update(Participation).values(shared_at=town.now - timedelta(days=4)))

        page = browser.press(browser.get(results.path), "Je retente")

        assert page.path.endswith("/questions/1")
        assert len(sendings(town)) == 1

    def test_the_list_says_when_and_offers_it_then(self, browser: Browser, town: Town, results: Page) -> None:
        browser.press(results, "J'envoie mes résultats")
        before = browser.get("/campagnes")
        with town.database.write() as session:
            session.execute(update(Participation).values(shared_at=town.now - timedelta(days=4)))

        page = browser.press(browser.get("/campagnes"), "Je retente : Parcours de rentrée")

        assert "Vous pourrez retenter ce parcours à partir du 27 novembre 2026." in before.text
        assert page.path.endswith("/questions/1")
        carried, asked = carried_and_asked(town)
        assert carried
        assert asked

    def test_all_of_it_can_be_taken_again_where_the_campaign_allows_it(
        self, browser: Browser, town: Town, results: Page
    ) -> None:
        browser.press(results, "J'envoie mes résultats")
        with town.database.write() as session:
            session.execute(update(Participation).values(shared_at=town.now - timedelta(days=4)))
        assert not browser.get(results.path).has_button("Je recommence tout")
        with town.database.write() as session:
            session.execute(update(Campaign).values(allows_reset=True))

        page = browser.press(browser.get(results.path), "Je recommence tout")

        assert page.path.endswith("/questions/1")
        assert carried_and_asked(town)[0] == []
        assert len(sendings(town)) == 1

    def test_it_cannot_be_taken_again_before(self, browser: Browser, town: Town, results: Page) -> None:
        sent = browser.press(results, "J'envoie mes résultats")
        form = dict(results.form("J'envoie mes résultats").form_values())

        for way in ("amelioration", "recommencement"):
            assert browser.client.post(sent.path.replace("resultats", way), data=form).status_code == 403


class TestCollections:
    @pytest.fixture
    def collection(self, town: Town) -> Campaign:
        draft = Draft(name="Collecte", title="Mon profil Pix", purpose=COLLECT)
        with town.database.write() as session:
            return drafts.make(session, draft, school_id=town.school_id, owner_id=None, now=town.now)

    def test_a_pupil_sees_what_will_be_sent_then_sends_it(
        self, browser: Browser, town: Town, pupil: int, collection: Campaign
    ) -> None:
        know(town, "1.1", "2.1", "3.1", "4.1", "5.1")
        landing = browser.get(f"/campagnes/{collection.code}")
        page = browser.press(landing, "Voir mon profil")

        assert "Aucune question ne vous est posée." in landing.text
        assert page.heading == "Votre profil"
        assert "Voici ce que votre enseignant recevra." in page.text
        assert "40 pix" in page.text
        assert "Certifiable" in page.text
        assert len(page.root.xpath('//ul[@class="circles"]/li')) == 16
        assert sendings(town) == []

        sent = browser.press(page, "J’envoie mon profil")

        assert "Votre profil est envoyé." in sent.text
        assert [each.profile and each.profile["pix"] for each in sendings(town)] == [40]
        assert not browser.get("/campagnes").has_button("Je retente : Mon profil Pix")

    def test_what_was_sent_stays_and_a_grown_profile_can_be_sent_at_once(
        self, browser: Browser, town: Town, pupil: int, collection: Campaign
    ) -> None:
        page = browser.press(browser.get(f"/campagnes/{collection.code}"), "Voir mon profil")
        sent = browser.press(page, "J’envoie mon profil")
        know(town, "1.1")
        assert "8 pix sur 48" not in browser.get(sent.path).text

        again = browser.press(browser.get(sent.path), "Voir mon profil d’aujourd’hui")

        assert "8 pix sur 48" in again.text
        browser.press(again, "J’envoie mon profil")
        assert [(each.profile and each.profile["pix"], each.counts) for each in sendings(town)] == [
            (0, False),
            (8, True),
        ]

    def test_it_waits_in_the_list_until_sent(
        self, browser: Browser, town: Town, pupil: int, collection: Campaign
    ) -> None:
        browser.press(browser.get(f"/campagnes/{collection.code}"), "Voir mon profil")

        page = browser.get(browser.get("/campagnes").link("Envoyer mon profil"))

        assert page.heading == "Votre profil"


class TestIdentifiers:
    def test_what_the_campaign_asks_for_is_typed_before_the_test(
        self, browser: Browser, town: Town, pupil: int
    ) -> None:
        code = town.campaign().code
        with town.database.write() as session:
            session.execute(update(Campaign).values(identifier_label="Numéro d’élève"))
        landing = browser.get(f"/campagnes/{code}")

        nothing = browser.press(landing, "Je commence", {"identifiant": "  "})
        page = browser.press(nothing, "Je commence", {"identifiant": " 12  B "})

        assert nothing.status == 422
        assert "Écrivez ce qui vous est demandé." in nothing.text
        assert page.path.endswith("/questions/1")
        with town.database.read() as session:
            assert session.scalars(select(Participation.identifier)).one() == "12 B"
