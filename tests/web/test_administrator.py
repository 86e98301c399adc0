"""The pupils' list from a file: checked and shown first, imported by the worker, and what imports did."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

import lti_tool
from lti_tool import jobs
from lti_tool.schools import audit, importing, uploads
from lti_tool.schools.models import ADMINISTRATOR, Learner, Upload, UploadPart
from lti_tool.web import administrator
from tests.schools.csv_files import GENERIC
from tests.schools.siecle_files import eleve, eleves, ine, xml, zipped
from tests.web.conftest import Town
from tests.web.pages import Browser, Page
from tests.web.staffroom import another_school, enter_as, learner

UAI = "0250001A"
RECORDED = re.compile(r'(?:\baudit\.record\(\s*[\w()]+,|\baction=)\s*"([a-z]+\.[\w-]+)"')


@pytest.fixture
def head(town: Town, browser: Browser) -> int:
    return enter_as(town, browser, ADMINISTRATOR, "Hélène")


def work(town: Town) -> None:
    """What the worker does when it is woken."""
    handlers = {uploads.JOB: lambda job: importing.work(town.database, job, lambda: town.now)}
    jobs.drain(town.database, handlers, lambda: town.now)


def give(browser: Browser, content: bytes, name: str = "ElevesSansAdresses.xml") -> Page:
    """Choose the file on the page, and press its button."""
    form = browser.get("/orga/eleves/importer").form("Vérifier le fichier")
    assert form.get("enctype") == "multipart/form-data"
    data = {"jeton": form.fields["jeton"], "fichier": (io.BytesIO(content), name)}
    response = browser.client.post("/orga/eleves/importer", data=data, follow_redirects=True)
    return Page(response, response.request.path)


def check(browser: Browser, town: Town, content: bytes) -> Page:
    """Give the file, let the worker read it, and look again."""
    given = give(browser, content)
    work(town)
    return browser.get(given.path)


def import_(browser: Browser, town: Town, content: bytes) -> Page:
    """All the way; returns the page that says what was done."""
    checked = check(browser, town, content)
    if checked.root.xpath('//input[@name="confirmation"]'):
        browser.press(checked, "Importer", {"confirmation": "1"})
    else:
        browser.press(checked, "Importer")
    work(town)
    return browser.get(checked.path)


def active(town: Town) -> int:
    with town.database.read() as session:
        return session.scalar(select(func.count()).select_from(Learner).where(Learner.active)) or 0


def rows(page: Page) -> Sequence[list[str]]:
    return [[" ".join(cell.text_content().split()) for cell in line] for line in page.root.xpath("//tbody/tr")]


def figures(page: Page) -> dict[str, str]:
    return {dt.text_content(): dt.getnext().text_content() for dt in page.root.xpath("//dl[@class='stats']//dt")}


@pytest.mark.usefixtures("head")
class TestImporting:
    @pytest.mark.parametrize("pack", [bytes, zipped], ids=["xml", "zip"])
    def test_from_the_file_to_the_list(self, browser: Browser, town: Town, pack: type) -> None:
        given = give(browser, pack(xml([*eleves(3), eleve(4).of()], uai=UAI)))
        assert "Vérification du fichier" in given.text
        assert given.root.xpath("//progress/@value") == ["0"]
        assert given.link("Actualiser") == given.path
        assert given.root.xpath("//noscript/meta/@content") == ["3"]
        assert "connect-src 'self'" in given.response.headers["Content-Security-Policy"]

        work(town)
        checked = browser.get(given.path)
        assert "Rien n’a encore changé" in checked.text
        assert (figures(checked)["Élèves ajoutés"], figures(checked)["Non repris du fichier"]) == ("3", "1")
        assert active(town) == 0

        waiting = browser.press(checked, "Importer")
        assert "Import en cours" in waiting.text
        work(town)
        done = browser.get(waiting.path)

        assert "La liste a été importée avec succès" in done.text
        assert figures(done)["Élèves ajoutés"] == "3"
        listed = browser.get(done.link("Voir les élèves"))
        assert len(rows(listed)) == 3
        assert ine(2) in listed.text

    def test_every_fault_is_shown_with_its_line_and_nothing_changes(self, browser: Browser, town: Town) -> None:
        bad = [eleve(1), eleve(2, DATE_NAISS="31/02/2012"), eleve(3), eleve(3), eleve(4, PRENOM=None)]

        page = check(browser, town, xml(bad, uai=UAI))

        assert "La liste n’a pas été importée : rien n’a changé." in page.text
        found = {line[4]: line for line in rows(page)}
        assert set(found) == {"INVALID_BIRTHDATE_FORMAT", "INE_UNIQUE", "FIRST_NAME_REQUIRED"}
        assert found["INVALID_BIRTHDATE_FORMAT"][1:3] == ["Chloé NGUYEN", ine(2)]
        assert all(line[0].isdigit() for line in found.values())
        assert "Corrigez-la dans SIECLE" in found["INVALID_BIRTHDATE_FORMAT"][3]
        assert active(town) == 0

        file = browser.client.get(page.link("Télécharger les erreurs"))
        lines = file.get_data().decode("utf-8-sig").splitlines()
        assert lines[0] == "Ligne;Élève;INE;Ce qu’il faut faire;Code"
        assert len(lines) == 4
        assert lines[1].startswith(f"{found['INVALID_BIRTHDATE_FORMAT'][0]};Chloé NGUYEN;{ine(2)};")

    def test_many_faults_come_in_pages(self, browser: Browser, town: Town) -> None:
        page = check(browser, town, xml([eleve(n, PRENOM=None) for n in range(1, 61)], uai=UAI))
        assert "60 erreurs" in page.text
        assert (len(rows(page)), len(rows(browser.get(page.link("Page suivante"))))) == (50, 10)

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            pytest.param(b"pas du xml", "INVALID_FILE", id="not xml"),
            pytest.param(b"", "INVALID_FILE", id="an empty file"),
            pytest.param(xml(eleves(1), uai="0259999Z"), "UAI_MISMATCHED", id="another school's"),
            pytest.param(xml([], uai=UAI), "EMPTY", id="nobody in it"),
            pytest.param(GENERIC.replace(";", "|").encode(), "BAD_CSV_FORMAT", id="a table without columns"),
        ],
    )
    def test_a_foreign_file_is_refused_in_words(self, browser: Browser, town: Town, content: bytes, code: str) -> None:
        page = check(browser, town, content)

        assert code in [line[4] for line in rows(page)]
        assert active(town) == 0

    def test_without_a_file_the_field_says_so(self, browser: Browser) -> None:
        page = browser.get("/orga/eleves/importer")
        assert "50 Mo au plus." in page.text
        page = browser.press(page, "Vérifier le fichier")

        assert page.status == 422
        assert page.root.xpath('//*[@id="erreurs"]//a/@href') == ["#fichier"]

    def test_many_leavers_need_a_tick_by_their_number(self, browser: Browser, town: Town) -> None:
        import_(browser, town, xml(eleves(10), uai=UAI))

        page = check(browser, town, xml(eleves(5), uai=UAI))

        assert "5 élèves ne seraient plus dans la liste" in page.text
        assert "ces 5 élèves ont quitté l’établissement" in page.text
        untold = browser.press(page, "Importer")
        assert untold.status == 422
        assert untold.root.xpath('//*[@id="erreurs"]//a/@href') == ["#confirmation"]
        assert active(town) == 10
        browser.press(untold, "Importer", {"confirmation": "1"})
        work(town)
        assert "succès" in browser.get(page.path).text
        assert active(town) == 5

    def test_not_importing_erases_the_file(self, browser: Browser, town: Town) -> None:
        page = check(browser, town, xml(eleves(2), uai=UAI))

        browser.press(page, "Ne pas importer")

        assert "rien n’a changé" in browser.get(page.path).text
        assert active(town) == 0
        with town.database.read() as session:
            assert session.scalars(select(UploadPart.position)).all() == []

    def test_an_unfinished_import_is_found_again(self, browser: Browser, town: Town) -> None:
        page = check(browser, town, xml(eleves(2), uai=UAI))

        form = browser.get("/orga/eleves/importer")

        assert "Un import est déjà commencé." in form.text
        assert form.link("Voir où il en est") == page.path

    def test_a_second_click_on_importer_says_where_it_stands(self, browser: Browser, town: Town) -> None:
        page = check(browser, town, xml(eleves(2), uai=UAI))
        browser.press(page, "Importer")
        assert browser.press(page, "Importer").status == 409
        work(town)
        assert active(town) == 2

    def test_a_file_too_large_is_told(self, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(administrator.give_file, "upload_limit", 2000)

        page = give(browser, xml(eleves(100), uai=UAI))

        assert (page.status, page.code) == (413, "E413")

    def test_one_larger_than_other_forms_is_taken(self, browser: Browser, town: Town) -> None:
        content = xml([eleve()], uai=UAI, inside="<AUTRE/>\n" * 200_000)

        assert "Ce qui va changer" in check(browser, town, content).text


@pytest.mark.usefixtures("head")
class TestTables:
    def test_columns_are_shown_and_corrected(self, browser: Browser, town: Town) -> None:
        page = check(browser, town, GENERIC.replace("Nom", "Machin").encode("cp1252"))
        assert "Quelles sont les colonnes ?" in page.text
        assert rows(page) == [["120000001AB", "NGUYEN", "Chloé", "14/03/2012", "4A"]]
        assert page.form("Continuer").fields["colonne-first_name"] == "2"

        missing = browser.press(page, "Continuer")
        assert missing.status == 422
        assert missing.root.xpath('//*[@id="erreurs"]//a/@href') == ["#colonne-last_name"]
        twice = browser.press(page, "Continuer", {"colonne-last_name": "2"})
        assert "Cette colonne est choisie deux fois." in twice.text

        browser.press(twice, "Continuer", {"colonne-last_name": "1"})
        work(town)
        checked = browser.get(page.path)
        assert figures(checked)["Élèves ajoutés"] == "1"
        browser.press(checked, "Vérifier de nouveau")
        work(town)
        browser.press(browser.get(page.path), "Importer")
        work(town)
        assert "succès" in browser.get(page.path).text
        assert "NGUYEN" in browser.get("/orga/eleves").text

    def test_the_template_is_what_is_recognised(self, browser: Browser, town: Town) -> None:
        form = browser.get("/orga/eleves/importer")
        template = browser.client.get(form.link("Télécharger un modèle"))
        assert template.headers["Content-Disposition"] == 'attachment; filename="modele-eleves.csv"'
        page = check(browser, town, template.get_data() + "X1;Roux;;Zoé;;;14/03/2012;;4A;;\r\n".encode())
        browser.press(page, "Continuer")
        work(town)
        assert figures(browser.get(page.path))["Élèves ajoutés"] == "1"


@pytest.mark.usefixtures("head")
class TestHistory:
    def test_says_who_imported_what_and_shows_each_change(self, browser: Browser, town: Town) -> None:
        import_(browser, town, xml(eleves(6), uai=UAI))
        town = Town(town.database, town.platform_id, town.school_id, town.now + timedelta(minutes=1))
        done = import_(browser, town, xml([*eleves(4), eleve(5).of(("4B", "D")), eleve(9)], uai=UAI))

        page = browser.get(done.link("Voir ce qui a changé"))
        assert "Hélène Fontaine" in page.text
        assert rows(page) == [["Chloé NGUYEN", "4A"]]
        moved = browser.get(page.link("Mis à jour (1)"))
        assert rows(moved) == [["Chloé NGUYEN", "4B", "Classe : 4A → 4B"]]
        left = browser.get(page.link("Partis (1)"))
        assert len(rows(left)) == 1

        every = browser.get("/orga/eleves/imports")
        assert [line[3:] for line in rows(every)] == [["1", "1", "1", "0"], ["6", "0", "0", "0"]]

    def test_nothing_yet(self, browser: Browser) -> None:
        assert "jamais été importée" in browser.get("/orga/eleves/imports").text
        assert browser.get("/orga/eleves/imports/1").status == 404

    def test_the_trail_of_the_school(self, browser: Browser, town: Town) -> None:
        import_(browser, town, xml(eleves(2), uai=UAI))
        assert [line[1:3] for line in rows(browser.get("/orga/eleves/journal"))] == [
            ["Liste des élèves importée", "Hélène Fontaine"]
        ]


def test_every_event_of_the_trail_is_told_in_words(browser: Browser, town: Town, head: int) -> None:
    """Whatever the tool's sources record."""
    sources = Path(lti_tool.__file__).parent.rglob("*.py")
    actions = {each for path in sources for each in RECORDED.findall(path.read_text("utf-8"))}
    assert len(actions) > 15
    with town.database.write() as session:
        for each in actions:
            audit.record(session, each, town.now, school_id=town.school_id, person_id=head)

    assert not [line[1] for line in rows(browser.get("/orga/eleves/journal")) if line[1] in actions]


PAGES = ["importer", "importer/1", "importer/1/erreurs.csv", "imports", "imports/1", "journal"]


@pytest.mark.parametrize("path", PAGES)
def test_a_teacher_sees_none_of_it(browser: Browser, town: Town, path: str) -> None:
    enter_as(town, browser)

    assert browser.get(f"/orga/eleves/{path}").status == 403


def test_a_teacher_imports_nothing(browser: Browser, town: Town) -> None:
    enter_as(town, browser)
    token = browser.get("/orga/campagnes/creer").form("Créer la campagne").fields["jeton"]
    data = {"jeton": token, "fichier": (io.BytesIO(xml(eleves(1), uai=UAI)), "x.xml")}

    assert browser.client.post("/orga/eleves/importer", data=data).status_code == 403
    assert browser.client.post("/orga/eleves/importer/1/confirmation", data={"jeton": token}).status_code == 403


def test_another_school_s_file_is_out_of_reach(browser: Browser, town: Town, head: int) -> None:
    page = check(browser, town, xml(eleves(1), uai=UAI))
    token = page.form("Importer").fields["jeton"]
    elsewhere = another_school(town)
    with town.database.write() as session:
        session.scalars(select(Upload)).one().school_id = elsewhere

    assert browser.get(page.path).status == 404
    for action in ("confirmation", "abandon", "colonnes"):
        response = browser.client.post(f"{page.path}/{action}", data={"jeton": token})
        assert response.status_code == 404


def test_a_forged_form_imports_nothing(browser: Browser, town: Town, head: int) -> None:
    learner(town, "Lou", "Martin")

    response = browser.client.post(
        "/orga/eleves/importer", data={"fichier": (io.BytesIO(xml(eleves(1), uai=UAI)), "x.xml")}
    )

    assert response.status_code == 403
    assert active(town) == 1
