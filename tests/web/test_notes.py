"""*Notes dans l'ENT*: a class beside its gradebook, refusals in words, sending again; and what the pupil reads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lti_tool.campaigns.models import Campaign
from lti_tool.grades.delivery import Deliverer
from lti_tool.grades.models import Grade, LineItem
from lti_tool.lti.keys import ensure_key
from lti_tool.lti.models import Context, Member, Platform
from lti_tool.schools.models import Binding, Learner
from lti_tool.web.toolbox import Toolbox
from tests.conftest import NOW
from tests.grades.conftest import Clock, Course, open_course
from tests.grades.gradebook import Gradebook, Plan
from tests.web.conftest import Town
from tests.web.pages import Browser, Page
from tests.web.staffroom import another_school, enter_as, made_by


@pytest.fixture
def clock() -> Clock:
    """The application's; it moves when told."""
    return Clock(NOW)


@pytest.fixture
def gradebook(clock: Clock) -> Iterator[Gradebook]:
    book = Gradebook(clock)
    yield book
    book.stop()


@pytest.fixture
def course(town: Town, gradebook: Gradebook, clock: Clock, toolbox: Toolbox) -> Course:
    """A course of the town's school whose column is number 1."""
    ensure_key(town.database, toolbox.vault, clock())
    return open_course(town.database, gradebook, clock, school_id=town.school_id, lists_members=False)


@pytest.fixture
def deliverer(toolbox: Toolbox, clock: Clock) -> Deliverer:
    return Deliverer(toolbox.database, toolbox.services, clock, jitter=lambda: 0.0)


@pytest.fixture
def teacher(town: Town, browser: Browser, course: Course) -> int:
    return enter_as(town, browser)


def name_of(course: Course, learner_id: int) -> str:
    with course.database.read() as session:
        return session.get_one(Learner, learner_id).last_name


def line(page: Page, name: str) -> list[str]:
    (row,) = page.root.xpath(f'//tbody/tr[normalize-space(th)="{name}"]')
    return [" ".join(each.text_content().split()) for each in row.xpath("td")]


def notes(browser: Browser, course: Course) -> Page:
    return browser.get(f"/orga/campagnes/{course.campaign_id}/notes")


def press_for(browser: Browser, page: Page, learner_id: int) -> Page:
    """The button *Renvoyer* of one pupil."""
    (button,) = page.root.xpath(f'//button[@name="eleve" and @value="{learner_id}"]')
    form = {each.get("name"): each.get("value") for each in button.getparent().xpath(".//input")}
    response = browser.client.post(button.getparent().get("action"), data={**form, "eleve": str(learner_id)})
    assert response.status_code == 303
    return browser.get(response.location)


@pytest.mark.usefixtures("teacher")
class TestTheClass:
    def test_each_pupil_of_the_course_with_where_they_stand(
        self, browser: Browser, course: Course, deliverer: Deliverer, clock: Clock
    ) -> None:
        idle, _ = course.pupil()
        busy, _ = course.pupil()
        done, _ = course.pupil()
        there, _ = course.pupil()
        under_way, _ = course.pupil()
        with course.writing() as (session, yard):
            yard.begun(session.get_one(Campaign, course.campaign_id), session.get_one(Learner, busy))
            yard.finished(session.get_one(Campaign, course.campaign_id), session.get_one(Learner, done), 4)
        course.send(there, 6)
        clock.advance(minutes=34)
        deliverer.drain()
        course.send(under_way, 5)

        page = notes(browser, course)

        assert page.heading == "Rentrée"
        assert "Technologie 5e B – Pix" in page.text
        nothing = "–pas de note"
        assert line(page, name_of(course, idle))[2:4] == ["Pas commencé", nothing]
        assert line(page, name_of(course, busy))[2:4] == ["En cours", nothing]
        assert line(page, name_of(course, done))[2:4] == ["Terminé, pas envoyé", nothing]
        assert line(page, name_of(course, there))[2:4] == [
            "Résultats envoyés",
            "Dans le carnet 60 sur 100 depuis le 23 novembre à 11 h 04",
        ]
        assert line(page, name_of(course, under_way))[2:4] == ["Résultats envoyés", "En route"]
        assert "5 élèves du cours" in page.text
        assert "Dans le carnet : 1. En route ou en attente : 1. Refusées : 0." in page.text

    def test_who_is_not_bound_yet_and_who_never_came(self, browser: Browser, course: Course) -> None:
        with course.writing() as (session, yard):
            context = session.get_one(Context, course.context_pk)
            stranger = yard.person(session.get_one(Platform, course.platform_id))
            stranger.family_name, stranger.given_name = "Dupont", "Lina"
            yard.member(context, stranger)
            for number in range(2):
                yard.add(Member(context_pk=context.id, sub=f"listed-{number}", is_learner=True, seen_at=course.time()))

        page = notes(browser, course)

        assert line(page, "Dupont")[:3] == ["Lina", "", "Pas encore rattaché à un élève"]
        assert "2 autres élèves du cours n’ont jamais ouvert Pix." in page.text

    def test_learners_of_another_school_are_not_shown(self, browser: Browser, town: Town, course: Course) -> None:
        learner, _ = course.pupil()
        name, elsewhere = name_of(course, learner), another_school(town)
        with course.database.write() as session:
            session.get_one(Learner, learner).school_id = elsewhere
            session.query(Binding).one().school_id = elsewhere
        assert name not in notes(browser, course).text

    def test_a_campaign_in_no_gradebook_says_what_to_do(self, browser: Browser, town: Town) -> None:
        page = browser.get(f"/orga/campagnes/{made_by(town, None, 'Libre').id}/notes")
        assert "La campagne n’est dans le carnet de notes d’aucun cours." in page.text

    def test_another_schools_campaign_is_not_there(self, browser: Browser, town: Town) -> None:
        other = made_by(town, None, "Ailleurs", another_school(town))
        assert browser.get(f"/orga/campagnes/{other.id}/notes").status == 404

    def test_another_campaigns_column_is_not_there(self, browser: Browser, town: Town, course: Course) -> None:
        other = made_by(town, None, "Libre")
        with course.database.read() as session:
            column = session.query(LineItem).one().id
        page = browser.get(f"/orga/campagnes/{other.id}/notes?colonne={column}")
        assert (page.status, page.code) == (404, "COLONNE")


@pytest.mark.usefixtures("teacher")
class TestSendingAgain:
    def test_a_refusal_is_read_its_cause_removed_and_one_click_brings_the_grade(
        self, browser: Browser, course: Course, deliverer: Deliverer
    ) -> None:
        learner, sub = course.pupil()
        course.gradebook.pupils.clear()
        course.send(learner, 6)
        deliverer.drain()
        page = notes(browser, course)
        assert line(page, name_of(course, learner))[3].startswith(
            "Refusée L’ENT répond que cette personne n’est pas élève de ce cours."
        )

        course.gradebook.pupils.add(sub)
        page = press_for(browser, page, learner)
        assert line(page, name_of(course, learner))[3] == "En route"
        deliverer.drain()
        assert line(notes(browser, course), name_of(course, learner))[3].startswith("Dans le carnet 60 sur 100")
        assert course.shown(sub) == 60.0

    def test_all_at_once(self, browser: Browser, course: Course, deliverer: Deliverer) -> None:
        pupils = [course.pupil() for _ in range(3)]
        course.gradebook.pupils.clear()
        for learner, _ in pupils:
            course.send(learner, 6)
        deliverer.drain()
        course.gradebook.pupils.update(sub for _, sub in pupils)

        browser.press(notes(browser, course), "Tout renvoyer")
        deliverer.drain()

        assert [course.shown(sub) for _, sub in pupils] == [60.0] * 3

    def test_a_platform_that_is_down_is_told_with_the_next_try(
        self, browser: Browser, course: Course, deliverer: Deliverer
    ) -> None:
        learner, _ = course.pupil()
        course.send(learner, 6)
        course.gradebook.chance = lambda _kind: Plan(None)
        deliverer.drain()
        words = line(notes(browser, course), name_of(course, learner))[3]
        assert words == (
            "En attente L’ENT ne répond pas pour le moment : la note sera renvoyée d’elle-même."
            " Prochain essai : 23 novembre à 10 h 30."
        )


@pytest.mark.usefixtures("teacher")
class TestComparing:
    def test_what_a_teacher_changed_is_said_and_respected_until_a_click_for_that_pupil(
        self, browser: Browser, course: Course, deliverer: Deliverer, clock: Clock
    ) -> None:
        changed, changed_sub = course.pupil()
        same, _ = course.pupil()
        for learner in (changed, same):
            course.send(learner, 6)
        deliverer.drain()
        clock.advance(minutes=1)
        course.gradebook.write(1, changed_sub, 75.0)

        page = browser.press(notes(browser, course), "Comparer avec le carnet de notes")
        assert "Le carnet de notes a été lu." in page.text
        assert line(page, name_of(course, changed))[3] == (
            "Modifiée La note a été modifiée par l’enseignant :"
            " le carnet de notes montre 75 sur 100. Elle est conservée."
        )
        assert line(page, name_of(course, same))[3].startswith("Dans le carnet 60 sur 100")
        assert deliverer.drain() == 0
        assert course.shown(changed_sub) == 75.0

        clock.advance(minutes=1)
        page = press_for(browser, page, changed)
        deliverer.drain()
        assert course.shown(changed_sub) == 60.0
        assert line(notes(browser, course), name_of(course, changed))[3].startswith("Dans le carnet 60 sur 100")

    def test_a_grade_that_was_removed(
        self, browser: Browser, course: Course, deliverer: Deliverer, clock: Clock
    ) -> None:
        learner, _ = course.pupil()
        course.send(learner, 6)
        deliverer.drain()
        clock.advance(minutes=1)
        course.gradebook.cells.clear()
        page = browser.press(notes(browser, course), "Comparer avec le carnet de notes")
        assert line(page, name_of(course, learner))[3].startswith("Effacée")

    def test_another_maximum_is_rescaled(
        self, browser: Browser, course: Course, deliverer: Deliverer, clock: Clock
    ) -> None:
        course.gradebook.columns[1]["scoreMaximum"] = 20.0
        learner, _ = course.pupil()
        course.send(learner, 6)
        deliverer.drain()
        clock.advance(minutes=1)
        page = browser.press(notes(browser, course), "Comparer avec le carnet de notes")
        assert line(page, name_of(course, learner))[3].startswith("Dans le carnet 60 sur 100")

    @pytest.mark.parametrize("plan", [Plan(None), Plan(403), Plan(None, way="an error page")])
    def test_a_gradebook_that_cannot_be_read_is_told(
        self, browser: Browser, course: Course, deliverer: Deliverer, plan: Plan
    ) -> None:
        learner, _ = course.pupil()
        course.send(learner, 6)
        deliverer.drain()
        course.gradebook.plans["results"] = [plan] * 2
        page = browser.press(notes(browser, course), "Comparer avec le carnet de notes")
        assert "Le carnet de notes n’a pas pu être lu." in page.text
        assert line(page, name_of(course, learner))[3].startswith("Dans le carnet")


def test_a_test_user_sends_nothing_again(browser: Browser, town: Town, course: Course, deliverer: Deliverer) -> None:
    enter_as(town, browser, is_test=True)
    learner, _ = course.pupil()
    course.gradebook.pupils.clear()
    course.send(learner, 6)
    deliverer.drain()
    page = browser.press(notes(browser, course), "Tout renvoyer")
    assert (page.status, page.code) == (403, "APERCU")
    with course.database.read() as session:
        assert session.query(Grade).one().state == "refused"


class TestWhatThePupilReads:
    def page(self, town: Town, browser: Browser, course: Course, learner_id: int, participation_id: int) -> str:
        with course.database.read() as session:
            person_id = session.query(Binding).filter_by(learner_id=learner_id).one().person_id
        town.enter(browser, person_id)
        return browser.get(f"/parcours/{participation_id}/resultats").text

    def test_in_the_gradebook_since_when(
        self, town: Town, browser: Browser, course: Course, deliverer: Deliverer, clock: Clock
    ) -> None:
        learner, _ = course.pupil()
        participation = course.send(learner, 6)
        words = self.page(town, browser, course, learner, participation)
        assert "Votre résultat (60 %) est en route vers le carnet de notes." in words.replace("\xa0", " ")
        clock.advance(minutes=34)
        deliverer.drain()
        words = self.page(town, browser, course, learner, participation)
        expected = "Votre résultat (60 %) est dans le carnet de notes depuis le 23 novembre à 11 h 04."
        assert expected in words.replace("\xa0", " ")

    def test_slow_is_no_worry(self, town: Town, browser: Browser, course: Course, deliverer: Deliverer) -> None:
        learner, _ = course.pupil()
        participation = course.send(learner, 6)
        course.gradebook.fail("score", 503)
        deliverer.drain()
        assert "vous n’avez rien à faire" in self.page(town, browser, course, learner, participation)

    def test_what_to_do_where_it_was_refused(
        self, town: Town, browser: Browser, course: Course, deliverer: Deliverer
    ) -> None:
        learner, _ = course.pupil()
        course.gradebook.pupils.clear()
        participation = course.send(learner, 6)
        deliverer.drain()
        words = self.page(town, browser, course, learner, participation)
        assert "Votre ENT ne vous connaît pas comme élève de ce cours. Parlez-en à votre enseignant." in words

    def test_what_to_do_where_the_course_does_not_know_them(self, town: Town, browser: Browser, course: Course) -> None:
        learner, _ = course.pupil(member=False)
        participation = course.send(learner, 6)
        words = self.page(town, browser, course, learner, participation)
        assert "ouvrez l’activité dans votre cours" in words
