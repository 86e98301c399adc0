"""Importing the register: what a head reads when it worked, and what when it did not."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from sqlalchemy import func, select

from lti_tool.schools.models import ADMINISTRATOR, Learner
from lti_tool.web import administrator
from tests.schools.siecle_files import eleve, eleves, ine, xml, zipped
from tests.web.conftest import Town
from tests.web.pages import Browser, Page
from tests.web.staffroom import enter_as, learner

UAI = "0250001A"


@pytest.fixture
def head(town: Town, browser: Browser) -> int:
    return enter_as(town, browser, ADMINISTRATOR)


def send(browser: Browser, content: bytes, name: str = "ElevesSansAdresses.xml", **values: str) -> Page:
    """Choose the file on the page, and press its button."""
    form = browser.get("/orga/eleves/importer").form("Importer")
    assert form.get("enctype") == "multipart/form-data"
    data = {"jeton": form.fields["jeton"], "fichier": (io.BytesIO(content), name), **values}
    response = browser.client.post("/orga/eleves/importer", data=data)
    return Page(response, "/orga/eleves/importer")


def active(town: Town) -> int:
    with town.database.read() as session:
        return session.scalar(select(func.count()).select_from(Learner).where(Learner.active)) or 0


def rows(page: Page) -> Sequence[list[str]]:
    return [[" ".join(cell.text_content().split()) for cell in line] for line in page.root.xpath("//tbody/tr")]


@pytest.mark.usefixtures("head")
class TestImporting:
    @pytest.mark.parametrize("pack", [bytes, zipped], ids=["xml", "zip"])
    def test_the_list_is_imported_and_counted(self, browser: Browser, town: Town, pack: type) -> None:
        page = send(browser, pack(xml([*eleves(3), eleve(4).of()], uai=UAI)))

        assert page.status == 200
        assert "La liste a été importée avec succès" in page.text
        figures = {dt.text_content(): dt.getnext().text_content() for dt in page.root.xpath("//dt")}
        assert (figures["Élèves ajoutés"], figures["Non repris du fichier"]) == ("3", "1")
        listed = browser.get(page.link("Voir les élèves"))
        assert len(rows(listed)) == 3
        assert ine(2) in listed.text

    def test_every_fault_is_shown_with_its_line_and_nothing_changes(self, browser: Browser, town: Town) -> None:
        bad = [eleve(1), eleve(2, DATE_NAISS="31/02/2012"), eleve(3), eleve(3), eleve(4, PRENOM=None)]

        page = send(browser, xml(bad, uai=UAI))

        assert page.status == 422
        assert page.title.startswith("Erreur :")
        assert "La liste n’a pas été importée : rien n’a changé." in page.text
        found = {line[3]: line for line in rows(page)}
        assert set(found) == {"INVALID_BIRTHDATE_FORMAT", "INE_UNIQUE", "FIRST_NAME_REQUIRED"}
        assert found["INVALID_BIRTHDATE_FORMAT"][1] == ine(2)
        assert all(line[0].isdigit() for line in found.values())
        assert "Corrigez-la dans SIECLE" in found["INVALID_BIRTHDATE_FORMAT"][2]
        assert active(town) == 0

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            pytest.param(b"pas du xml", "INVALID_FILE", id="not xml"),
            pytest.param(b"", "INVALID_FILE", id="an empty file"),
            pytest.param(xml(eleves(1), uai="0259999Z"), "UAI_MISMATCHED", id="another school's"),
            pytest.param(xml([], uai=UAI), "EMPTY", id="nobody in it"),
        ],
    )
    def test_a_foreign_file_is_refused_in_words(self, browser: Browser, content: bytes, code: str) -> None:
        page = send(browser, content)

        assert page.status == 422
        assert code in [line[3] for line in rows(page)]

    def test_without_a_file_the_field_says_so(self, browser: Browser) -> None:
        page = browser.press(browser.get("/orga/eleves/importer"), "Importer")

        assert page.status == 422
        assert page.root.xpath('//*[@id="erreurs"]//a/@href') == ["#fichier"]

    def test_many_leavers_need_a_tick(self, browser: Browser, town: Town) -> None:
        send(browser, xml(eleves(10), uai=UAI))
        fewer = xml(eleves(5), uai=UAI)

        page = send(browser, fewer)

        assert page.status == 422
        assert "elle demande votre accord" in page.text
        assert "5 élèves ne seraient plus dans la liste" in page.text
        assert active(town) == 10
        assert page.root.xpath('//input[@name="confirmation"]')
        assert send(browser, fewer, confirmation="1").status == 200
        assert active(town) == 5

    def test_a_file_too_large_is_told(self, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(administrator.import_file, "upload_limit", 2000)

        page = send(browser, xml(eleves(100), uai=UAI))

        assert (page.status, page.code) == (413, "E413")

    def test_one_larger_than_other_forms_is_taken(self, browser: Browser) -> None:
        content = xml([eleve()], uai=UAI, inside="<AUTRE/>\n" * 200_000)

        assert send(browser, content).status == 200


def test_a_teacher_neither_sees_the_form_nor_imports(browser: Browser, town: Town) -> None:
    enter_as(town, browser)
    token = browser.get("/orga/campagnes/creer").form("Créer la campagne").fields["jeton"]
    data = {"jeton": token, "fichier": (io.BytesIO(xml(eleves(1), uai=UAI)), "x.xml")}

    response = browser.client.post("/orga/eleves/importer", data=data)

    assert (response.status_code, browser.get("/orga/eleves/importer").status) == (403, 403)
    assert active(town) == 0


def test_a_forged_form_imports_nothing(browser: Browser, town: Town, head: int) -> None:
    learner(town, "Lou", "Martin")

    response = browser.client.post(
        "/orga/eleves/importer", data={"fichier": (io.BytesIO(xml(eleves(1), uai=UAI)), "x.xml")}
    )

    assert response.status_code == 403
    assert active(town) == 1
