"""The school's pupils for its staff: who is shown what, and the bindings that wait for a click."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from lti_tool.lti.models import Person
from lti_tool.schools.models import ADMINISTRATOR, TEACHER, Binding, BindingCandidate, BindingRequest, Learner
from lti_tool.schools.waiting import ALREADY_BOUND, SEVERAL, TYPED_NAMES
from tests.web.conftest import Town, platform_of
from tests.web.pages import Browser, Page
from tests.web.staffroom import another_school, enter_as, learner, participate

DID = ("Participations", "Certifiable")


def on_another_platform(town: Town, given_name: str, family_name: str) -> Person:
    """Somebody whom another ENT knows by that name."""
    with town.database.write() as session:
        platform = platform_of("https://autre.example.fr", town.now)
        session.add(platform)
        session.flush()
        person = Person(
            platform_id=platform.id,
            sub="other",
            given_name=given_name,
            family_name=family_name,
            created_at=town.now,
            launched_at=town.now,
        )
        session.add(person)
        session.flush()
        session.expunge(person)
        return person


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
        assert headings(page) == ["Nom", "Prénom", "Classe", "Rattachement", *DID]
        lines = [[" ".join(cell.text_content().split()) for cell in line] for line in page.root.xpath("//tbody/tr")]
        assert [line[:4] for line in lines] == [
            ["Martin", "Lou", "4B", "Pas encore"],
            ["Garnier", "Chloé", "6A", "Rattaché"],
        ]
        assert "2014" not in page.text
        assert "ine-" not in page.text
        assert "Importer (xml)" not in page.text

    def test_an_administrator_also_sees_birthdates_and_ine(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser, ADMINISTRATOR)
        town.learner("Chloé", "Garnier")

        page = browser.get("/orga/eleves")

        assert headings(page) == ["Nom", "Prénom", "Classe", "Date de naissance et INE", "Rattachement", *DID]
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
        assert re.search(r"Zoé Besson, rattaché le \d", page.text)

        unexplained = browser.press(page, "Accepter Lou Martin")
        assert unexplained.status == 422
        assert "Dites pourquoi cet élève change de compte." in unexplained.text
        browser.press(unexplained, "Accepter Lou Martin", {"raison": "wrong-person"})

        assert self.bound_to(town, learner_id) == [person_id]
        trail = browser.get(f"/orga/eleves/{learner_id}").text
        assert "Rattachement à la place d’un autre compte (Lou), par Claire Fontaine" in trail
        assert "Quelqu’un d’autre a été rattaché par erreur" in trail

    def test_a_class_is_accepted_at_once(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        ids = [learner(town, name, "Martin") for name in ("Ana", "Lou")]
        other = learner(town, "Tom", "Martin", "4B")
        for learner_id, name in zip([*ids, other], ("Ana", "Lou", "Tom"), strict=True):
            self.ask(town, learner_id, person=name)

        page = browser.press(browser.get("/orga/eleves/rattachements?classe=4A"), "Accepter les 2 demandes")

        assert [len(self.bound_to(town, each)) for each in (*ids, other)] == [1, 1, 0]
        assert "Aucune demande ne vous attend." in page.text

    def test_of_several_one_is_chosen(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        lila, lina = learner(town, "Lila", "Martin"), learner(town, "Lina", "Martin", "4B")
        person_id = self.ask(town, lila, person="Lyla", reason=SEVERAL)
        with town.database.write() as session:
            request = session.scalars(select(BindingRequest)).one()
            request.learner_id = None
            session.add_all(BindingCandidate(request_id=request.id, learner_id=each) for each in (lila, lina))
        page = browser.get("/orga/eleves/rattachements")
        assert "Plusieurs élèves ont presque le même nom" in page.text

        browser.press(page, "Accepter Lyla Martin")
        assert self.bound_to(town, lila) == self.bound_to(town, lina) == []
        browser.press(page, "Accepter Lyla Martin", {f"eleve-{request.id}": str(lina)})

        assert self.bound_to(town, lina) == [person_id]

    def test_the_head_may_trust_the_names_that_pupils_type(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser, ADMINISTRATOR)
        words = "Rattacher sans attendre les élèves qui écrivent leur nom"
        page = browser.get("/orga/eleves/rattachements")
        assert words in page.text

        page = browser.press(page, "Enregistrer", {"confiance": "1"})

        assert page.root.xpath('//input[@name="confiance"]/@checked')
        code, learner_id = town.campaign().code, town.learner("Chloé", "Garnier")
        town.enter(browser, town.person(None, None))
        typed = {"given_name": "Chloe", "family_name": "GARNIER", "day": "27", "month": "3", "year": "2014"}
        page = browser.press(browser.get(f"/campagnes/{code}"), "C'est parti !", typed)
        assert page.has_button("Je commence")
        assert len(self.bound_to(town, learner_id)) == 1

        enter_as(town, browser, ADMINISTRATOR, "Hélène")
        page = browser.press(browser.get("/orga/eleves/rattachements"), "Enregistrer", {"confiance": []})
        assert not page.root.xpath('//input[@name="confiance"]/@checked')
        trail = browser.get("/orga/eleves/journal").text
        assert "Noms écrits par les élèves : acceptés sans attendre Claire Fontaine" in trail
        assert "Noms écrits par les élèves : à accepter Hélène Fontaine" in trail
        enter_as(town, browser, name="Paul")
        assert words not in browser.get("/orga/eleves/rattachements").text

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


class TestNewAccounts:
    """In September the ENT is new: the head lets the new accounts take over, all at once."""

    def september(self, town: Town, *names: str) -> list[int]:
        """Pupils bound under accounts of last year ask under new ones; returns the new persons' ids."""
        new = []
        for name in names:
            learner_id = learner(town, name, "Martin")
            old = town.person(name, "Martin")
            town.bind(old, learner_id)
            new.append(town.person(name.upper(), "MARTIN"))
            with town.database.write() as session:
                session.get_one(Person, old).launched_at = town.now - timedelta(days=90)
                session.add(
                    BindingRequest(
                        person_id=new[-1],
                        school_id=town.school_id,
                        learner_id=learner_id,
                        reason=ALREADY_BOUND,
                        given_name=name.upper(),
                        family_name="MARTIN",
                        created_at=town.now,
                    )
                )
        return new

    def bound(self, town: Town) -> set[int]:
        with town.database.read() as session:
            return set(session.scalars(select(Binding.person_id)))

    def test_those_that_stay_ticked_take_over(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser, ADMINISTRATOR)
        ana, lou = self.september(town, "Ana", "Lou")
        page = browser.get(browser.get("/orga/eleves/rattachements").link("Régler ces comptes"))
        assert "2 élèves" in page.text
        boxes = page.root.xpath('//input[@name="demande"]/@value')

        page = browser.press(page, "Rattacher les nouveaux comptes", {"demande": boxes[:1]})

        assert ana in self.bound(town)
        assert lou not in self.bound(town)
        assert "1 élève" in page.text

    def test_are_the_head_s(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        self.september(town, "Ana")
        assert "nouveau compte de l’ENT" not in browser.get("/orga/eleves/rattachements").text
        assert browser.get("/orga/eleves/rattachements/comptes").status == 403


class TestOneLearner:
    def test_a_teacher_sees_who_is_bound_and_nothing_more(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        town.pupil("Chloé", "Garnier")

        page = browser.get(browser.get("/orga/eleves").link("Garnier"))

        assert page.heading == "Chloé Garnier"
        assert "Rattaché depuis le" in page.text
        assert "2014" not in page.text
        assert "ine-" not in page.text

    def test_an_administrator_sees_birthdate_and_ine(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser, ADMINISTRATOR)
        learner_id = town.learner("Chloé", "Garnier")

        page = browser.get(f"/orga/eleves/{learner_id}")

        assert "27 mars 2014" in page.text
        assert "ine-Chloé-Garnier" in page.text

    def test_another_school_s_is_not_there(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser, ADMINISTRATOR)
        learner_id = learner(town, "Lou", "Martin", school_id=another_school(town))
        for path in ("", "/rattachement"):
            page = browser.get(f"/orga/eleves/{learner_id}{path}")
            assert (page.status, page.code) == (404, "ELEVE")

    def test_unbinding_by_hand(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        town.pupil("Chloé", "Garnier")
        page = browser.get(browser.get("/orga/eleves").link("Garnier"))

        page = browser.press(page, "Supprimer ce rattachement", {"raison": "wrong-person"})

        assert "Personne n’est encore rattaché à cet élève." in page.text
        assert "Rattachement supprimé (Chloé Garnier), par Claire Fontaine" in page.text

    def test_one_of_two_accounts_is_unbound_and_why_is_kept(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        learner_id = town.learner("Chloé", "Garnier")
        town.bind(town.person("Chloé", "Garnier"), learner_id)
        other = on_another_platform(town, "Chlo", "G.")
        town.bind(other.id, learner_id)
        page = browser.get(f"/orga/eleves/{learner_id}")
        ids = page.root.xpath("//@id")
        assert len(ids) == len(set(ids))
        token = page.root.xpath('//input[@name="jeton"]/@value')[0]

        sent = {"jeton": token, "personne": str(other.id), "raison": "new-account"}
        browser.client.post(f"/orga/eleves/{learner_id}/detachement", data=sent)

        page = browser.get(f"/orga/eleves/{learner_id}")
        assert "Chlo G.), par Claire Fontaine. L’élève a un nouveau compte" in page.text
        assert page.text.count("Rattaché depuis le") == 1

    def test_binding_by_hand(self, browser: Browser, town: Town) -> None:
        person_id = town.person("Chlo", "G.")
        town.enter(browser, person_id)
        enter_as(town, browser)
        learner_id = town.learner("Chloé", "Garnier")
        page = browser.get(browser.get(f"/orga/eleves/{learner_id}").link("Rattacher à la main"))
        assert "Chlo G." in page.text

        missing = browser.press(page, "Rattacher")
        assert missing.root.xpath('//*[@id="erreurs"]//a/@href') == ["#personne", "#raison"]
        page = browser.press(missing, "Rattacher", {"personne": str(person_id), "raison": "known-to-me"})

        assert "Rattaché depuis le" in page.text
        assert "Rattachement à la main (Chlo G.), par Claire Fontaine. Je connais cet élève" in page.text

    def test_whom_to_bind_is_searched_by_name(self, browser: Browser, town: Town) -> None:
        for first_name in ("Chlo", "Hugo"):
            town.enter(browser, town.person(first_name, "G."))
        enter_as(town, browser)
        page = browser.get(f"/orga/eleves/{town.learner('Chloé', 'Garnier')}/rattachement")

        assert page.form("Rechercher").method == "GET"
        found = browser.get(f"{page.path}?nom=hugo")

        assert "Hugo G." in found.text
        assert "Chlo G." not in found.text
        assert page.form("Rechercher").fields.keys() == ["nom"]

    def test_nobody_to_bind(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        learner_id = town.learner("Chloé", "Garnier")
        assert "Aucun compte ne convient." in browser.get(f"/orga/eleves/{learner_id}/rattachement").text


class TestPaper:
    def test_a_class_with_who_is_bound(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        town.pupil("Chloé", "Garnier")
        learner(town, "Lou", "Martin", "6A")
        page = browser.get(browser.get("/orga/eleves?classe=6A").link("Liste de la classe à imprimer"))
        lines = [[" ".join(cell.text_content().split()) for cell in line] for line in page.root.xpath("//tbody/tr")]
        assert lines == [["Garnier", "Chloé", "Rattaché"], ["Martin", "Lou", "Pas encore"]]
        assert "1 sur 2 rattachés" in page.text

    def test_no_such_class(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        assert "n’a pas d’élève" in browser.get("/orga/eleves/classe?classe=9Z").text


def test_those_who_left_can_be_shown(browser: Browser, town: Town) -> None:
    enter_as(town, browser)
    town.learner("Zoé", "Partie", active=False)
    assert names(browser.get("/orga/eleves")) == []
    assert names(browser.get("/orga/eleves?partis=1")) == ["Partie"]


class TestWhatPupilsDid:
    def test_the_list_has_participations_and_who_is_certifiable(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        busy, idle = learner(town, "Lou", "Martin", "6A"), learner(town, "Ana", "Abel", "6B")
        for title in ("Un", "Deux"):
            participate(town, town.campaign(title), busy, validated=5)
        town.bind(town.person("Ana", "Abel"), idle)

        def names(query: str) -> list[str]:
            page = browser.get(f"/orga/eleves{query}")
            return [" ".join(th.text_content().split()) for th in page.root.xpath("//tbody/tr/th")]

        line = browser.get("/orga/eleves?nom=martin").root.xpath("//tbody/tr/td")
        told = [" ".join(cell.text_content().split()) for cell in line]
        assert told[-2:] == ["2 dernière le 23 novembre 2026", "Pas encore"]
        assert names("?tri=nom") == ["Abel", "Martin"]
        assert names("?tri=classe") == ["Martin", "Abel"]
        learner(town, "Eva", "Adam", "6A")
        assert names("?classe=6A&tri=nom") == ["Adam", "Martin"]
        assert names("?classe=6A&tri=participations") == ["Martin", "Adam"]
        assert names("?rattachement=oui") == ["Abel"]
        assert names("?rattachement=non") == ["Adam", "Martin"]
        assert names("?nom=a&tri=nom&rattachement=non") == ["Adam", "Martin"]
        assert "1 sur 1 rattachés" in browser.get("/orga/eleves?classe=6B").text

    def test_a_pupils_page_has_every_participation(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        learner_id = learner(town, "Lou", "Martin", "6A")
        participate(town, town.campaign("Ancienne"), learner_id)
        campaign = town.campaign("Récente")
        participation = participate(town, campaign, learner_id, validated=7)

        page = browser.get(f"/orga/eleves/{learner_id}")

        assert page.link("Récente") == f"/orga/campagnes/{campaign.id}/resultats/{participation}"
        assert "70 %" in page.text
        assert "Ancienne" in page.text
        assert "Pas encore certifiable : il manque 5 compétences." in page.text
