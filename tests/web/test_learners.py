"""The school's pupils for its staff: who is shown what, and the bindings that wait for a click."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select

from lti_tool.schools.binding import ALREADY_BOUND, TYPED_NAMES
from lti_tool.schools.models import ADMINISTRATOR, TEACHER, Binding, BindingRequest, Learner
from tests.web.conftest import Town
from tests.web.pages import Browser, Page
from tests.web.staffroom import another_school, enter_as, learner


def names(page: Page) -> list[str]:
    return [" ".join(each.text_content().split()) for each in page.root.xpath("//tbody//th")]


def headings(page: Page) -> list[str]:
    return [each.text_content() for each in page.root.xpath("//thead//th")]


class TestTheList:
    def test_a_teacher_sees_names_class_and_whether_they_are_bound(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        town.pupil("Chloé", "Garnier")
        learner(town, "Lou", "Martin", "4B")

        page = browser.get("/orga/eleves")

        assert page.heading == "Élèves"
        assert headings(page) == ["Nom", "Prénom", "Classe", "Rattachement"]
        lines = [[" ".join(cell.text_content().split()) for cell in line] for line in page.root.xpath("//tbody/tr")]
        assert lines == [["Martin", "Lou", "4B", "Pas encore"], ["Garnier", "Chloé", "6A", "Rattaché"]]
        assert "2014" not in page.text
        assert "ine-" not in page.text
        assert "Importer (xml)" not in page.text

    def test_an_administrator_also_sees_birthdates_and_ine(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser, ADMINISTRATOR)
        town.learner("Chloé", "Garnier")

        page = browser.get("/orga/eleves")

        assert headings(page) == ["Nom", "Prénom", "Classe", "Date de naissance", "INE", "Rattachement"]
        assert "27 mars 2014" in page.text
        assert "ine-Chloé-Garnier" in page.text
        assert page.link("Importer (xml)") == "/orga/eleves/importer"

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            pytest.param("", ["Lefebvre", "Martin", "Garnier"], id="all by class and name"),
            pytest.param("?classe=4A", ["Lefebvre"], id="one class"),
            pytest.param("?nom=garnier", ["Garnier"], id="family name"),
            pytest.param("?nom=INES", ["Lefebvre"], id="first name without accent"),
            pytest.param("?classe=4A&nom=garnier", [], id="both"),
            pytest.param("?page=99", ["Lefebvre", "Martin", "Garnier"], id="a page too far"),
        ],
    )
    def test_it_is_filtered(self, browser: Browser, town: Town, query: str, found: list[str]) -> None:
        enter_as(town, browser)
        learner(town, "Inès", "Lefebvre", "4A")
        learner(town, "Lou", "Martin", "4B")
        learner(town, "Chloé", "Garnier", "5A")
        town.learner("Zoé", "Partie", active=False)

        page = browser.get(f"/orga/eleves{query}")

        assert names(page) == found
        if not found:
            assert "Aucun élève ne correspond à cette recherche." in page.text

    def test_another_schools_pupils_are_not_there(self, browser: Browser, town: Town) -> None:
        elsewhere = town.learner("Lou", "Martin")
        school_id = another_school(town)
        with town.database.write() as session:
            session.get_one(Learner, elsewhere).school_id = school_id
        enter_as(town, browser, ADMINISTRATOR)

        page = browser.get("/orga/eleves?nom=martin")

        assert "Lou" not in page.text

    @pytest.mark.parametrize(
        ("role", "words"), [(TEACHER, "Un administrateur"), (ADMINISTRATOR, "Importez le fichier")]
    )
    def test_an_empty_register_says_what_to_do(self, browser: Browser, town: Town, role: str, words: str) -> None:
        enter_as(town, browser, role)

        page = browser.get("/orga/eleves")

        assert "La liste des élèves est vide." in page.text
        assert words in page.text


class TestRequests:
    def ask(self, town: Town, learner_id: int, *, person: str = "Lou", reason: str = TYPED_NAMES) -> int:
        """A person asks to be that learner; returns the person's id."""
        person_id = town.person(person, None)
        with town.database.write() as session:
            session.add(
                BindingRequest(
                    person_id=person_id,
                    school_id=session.get_one(Learner, learner_id).school_id,
                    learner_id=learner_id,
                    reason=reason,
                    given_name=person,
                    family_name="Martin",
                    created_at=town.now,
                )
            )
        return person_id

    def bound_to(self, town: Town, learner_id: int) -> list[int]:
        with town.database.read() as session:
            return list(session.scalars(select(Binding.person_id).where(Binding.learner_id == learner_id)))

    def test_one_click_accepts(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        learner_id = learner(town, "Lou", "Martin")
        person_id = self.ask(town, learner_id)
        page = browser.get(browser.get("/orga/eleves").link("Voir les demandes"))
        assert "L’ENT ne donne pas son nom : l’élève l’a écrit." in page.text
        assert date(2014, 3, 27).isoformat() not in page.text

        page = browser.press(page, "Accepter Lou Martin")

        assert self.bound_to(town, learner_id) == [person_id]
        assert "Aucune demande ne vous attend." in page.text
        assert "vous attend" not in browser.get("/orga/eleves").text

    def test_one_click_refuses(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        learner_id = learner(town, "Lou", "Martin")
        self.ask(town, learner_id)

        browser.press(browser.get("/orga/eleves/rattachements"), "Refuser Lou Martin")

        assert self.bound_to(town, learner_id) == []
        with town.database.read() as session:
            assert session.scalar(select(func.count()).select_from(BindingRequest)) == 0

    def test_a_conflict_says_who_would_lose_the_place(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        learner_id = learner(town, "Lou", "Martin")
        town.bind(town.person("Zoé", "Besson"), learner_id)
        person_id = self.ask(town, learner_id, reason=ALREADY_BOUND)
        page = browser.get("/orga/eleves/rattachements")
        assert "Si vous acceptez, Zoé Besson ne le sera plus." in page.text

        browser.press(page, "Accepter Lou Martin")

        assert self.bound_to(town, learner_id) == [person_id]

    def test_one_that_a_colleague_settled_stays_settled(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        learner_id = learner(town, "Lou", "Martin")
        self.ask(town, learner_id)
        page = browser.get("/orga/eleves/rattachements")
        browser.press(page, "Refuser Lou Martin")

        browser.press(page, "Accepter Lou Martin")

        assert self.bound_to(town, learner_id) == []

    @pytest.mark.parametrize(
        "values", [{"decision": "peut-être"}, {"decision": "bind"}, {"demande": "x", "decision": "bind"}, {}]
    )
    def test_a_form_that_says_nothing_is_refused(self, browser: Browser, town: Town, values: dict[str, str]) -> None:
        enter_as(town, browser)
        token = browser.get("/orga/campagnes/creer").form("Créer la campagne").fields["jeton"]

        response = browser.client.post("/orga/eleves/rattachements", data={"jeton": token, **values})

        assert response.status_code == 400

    def test_another_schools_requests_are_left_alone(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        learner_id = learner(town, "Lou", "Martin")
        self.ask(town, learner_id)
        page = browser.get("/orga/eleves/rattachements")
        school_id = another_school(town)
        with town.database.write() as session:
            session.scalars(select(BindingRequest)).one().school_id = school_id

        browser.press(page, "Accepter Lou Martin")

        assert self.bound_to(town, learner_id) == []
        assert "Lou" not in browser.get("/orga/eleves/rattachements").text
