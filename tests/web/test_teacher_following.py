"""Following a campaign: activity, results, one pupil, analysis, files to take away; queries do not grow."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from odf.opendocument import load
from odf.table import TableCell, TableRow
from sqlalchemy import event, select

from lti_tool.campaigns import activities
from lti_tool.campaigns.models import Campaign
from lti_tool.lti.models import Member
from lti_tool.schools.models import ADMINISTRATOR, AuditLine
from tests.web.conftest import Town
from tests.web.pages import Browser, Page
from tests.web.staffroom import activity, another_school, course, enter_as, learner, made_by, participate

ONE_PUPIL = "/orga/campagnes/{id}/resultats/1"
OTHERS = ("/orga/campagnes", "/orga/campagnes?nom=ma", "/orga/certification", "/orga/eleves", "/orga/equipe")
PAGES = ("", "/activite", "/resultats", "/analyse", "/kit", "/kit/affiche", "/kit/etiquettes?classe=4A", "/parametres")


@contextmanager
def queries(town: Town) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(town.database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(town.database.engine, "before_cursor_execute", note)


@pytest.fixture
def campaign(town: Town, browser: Browser) -> Campaign:
    """Of the teacher in the browser: four results, one of each band, and one pupil under way."""
    campaign = made_by(town, enter_as(town, browser), "Ma 4e")
    for number, validated in enumerate((1, 4, 7, 10)):
        participate(town, campaign, learner(town, "Lou", f"Durand{number}", "4A"), validated=validated)
    participate(town, campaign, learner(town, "Zoé", "Petit", "4B"))
    return campaign


def table(page: Page, caption: str) -> list[list[str]]:
    (found,) = [t for t in page.root.xpath("//table") if caption in t.findtext("caption", "")]
    return [[" ".join(c.text_content().split()) for c in line.xpath("th|td")] for line in found.xpath("tbody/tr")]


class TestResults:
    def test_the_mean_and_the_four_bands(self, browser: Browser, campaign: Campaign) -> None:
        page = browser.get(f"/orga/campagnes/{campaign.id}/resultats")

        assert "55 % de moyenne sur 4 résultats reçus" in page.text
        assert [(line[1], line[2]) for line in table(page, "Par palier")] == [
            ("de 0 à 20 %", "1"),
            ("de 21 à 50 %", "1"),
            ("de 51 à 80 %", "1"),
            ("de 81 à 100 %", "1"),
        ]
        assert "très bonne maîtrise" in page.text
        assert [line[1] for line in table(page, "par tranche de 10 %")] == list("0100100101")

    def test_filters_by_stage_division_and_name(self, browser: Browser, town: Town, campaign: Campaign) -> None:
        at = f"/orga/campagnes/{campaign.id}/resultats"

        assert [line[0] for line in table(browser.get(f"{at}?palier=3"), "1 élève")] == ["Durand3 Lou"]
        assert [line[0] for line in table(browser.get(f"{at}?nom=durand1"), "1 élève")] == ["Durand1 Lou"]
        assert "Aucun résultat ne correspond" in browser.get(f"{at}?classe=4B").text
        assert browser.get(f"{at}?palier=99&classe=%00").status == 200

    def test_one_pupil_by_competence_and_sending(self, browser: Browser, campaign: Campaign) -> None:
        page = browser.get(browser.get(f"/orga/campagnes/{campaign.id}/resultats").link("Durand2"))

        assert page.heading == "Lou Durand2"
        assert "70 %" in page.text
        assert "7 acquis validés" in page.text
        assert table(page, "1 envoi")[0][0] == "Envoi 1 (compte)"

    def test_who_is_not_in_this_campaign_is_not_found(self, browser: Browser, town: Town, campaign: Campaign) -> None:
        other = town.campaign("Autre")
        elsewhere = participate(town, other, town.learner(), validated=3)

        assert browser.get(f"/orga/campagnes/{campaign.id}/resultats/{elsewhere}").status == 404


class TestActivity:
    def test_where_everybody_stands(self, browser: Browser, campaign: Campaign) -> None:
        page = browser.get(f"/orga/campagnes/{campaign.id}/activite")

        assert [line[:2] for line in table(page, "5 participants")] == [
            ["En cours", "1"],
            ["Terminé, pas envoyé", "0"],
            ["Résultats reçus", "4"],
        ]
        assert table(page, "par jour") == [["23 novembre 2026", "5", "4"]]
        assert table(page, "2 classes") == [["4A", "4", "0", "0", "0", "4"], ["4B", "1", "0", "1", "0", "0"]]

    def test_who_has_not_begun_in_the_chosen_divisions(self, browser: Browser, town: Town, campaign: Campaign) -> None:
        learner(town, "Noé", "Absent", "4A")
        learner(town, "Eva", "Ailleurs", "3C")
        at = f"/orga/campagnes/{campaign.id}/activite"

        asked = browser.get(browser.get(at).link("Choisir les classes concernées"))
        page = browser.press(asked, "Enregistrer les classes", {"classes": ["4A", "9Z"]})

        assert [line[0] for line in table(page, "1 élève attendu")] == ["Absent"]

    def test_members_of_the_course_who_never_came_are_counted(
        self, browser: Browser, town: Town, campaign: Campaign
    ) -> None:
        context = course(town)
        link = activity(town, context)
        with town.database.write() as session:
            activities.note(session, link, campaign.id, town.now)
            for number in range(2):
                session.add(Member(context_pk=context, sub=f"s{number}", is_learner=True, seen_at=town.now))

        page = browser.get(f"/orga/campagnes/{campaign.id}/activite")

        assert "2 élèves des cours qui contiennent la campagne n’ont jamais ouvert Pix" in page.text


class TestAnalysis:
    def test_topics_are_told_in_words_with_their_tutorials(self, browser: Browser, campaign: Campaign) -> None:
        page = browser.get(f"/orga/campagnes/{campaign.id}/analyse")

        lines = table(page, "Sujets (")
        assert lines
        assert {line[1] for line in lines} <= {
            "fortement recommandé",
            "très recommandé",
            "recommandé",
            "moyennement recommandé",
        }
        assert all("tuto" in line[3] for line in lines)


class TestExports:
    def test_the_csv_and_its_line_in_the_audit_trail(self, browser: Browser, town: Town, campaign: Campaign) -> None:
        page = browser.get(f"/orga/campagnes/{campaign.id}")

        taken = browser.press(page, "Exporter les résultats (.csv)")

        assert taken.response.content_type == "text/csv; charset=utf-8"
        assert f"Resultats-Ma-4e-{campaign.id}-2026-11-23.csv" in taken.response.headers["Content-Disposition"]
        assert taken.response.data.startswith(b"\xef\xbb\xbf")
        rows = list(csv.reader(io.StringIO(taken.response.data.decode("utf-8-sig")), delimiter=";"))
        assert rows[0][:7] == [
            "Nom de l'organisation",
            "ID Campagne",
            "Code",
            "Nom de la campagne",
            "Parcours",
            "Nom du Participant",
            "Prénom du Participant",
        ]
        assert [row[5] for row in rows[1:]] == ["Durand0", "Durand1", "Durand2", "Durand3", "Petit"]
        with town.database.read() as session:
            lines = session.scalars(select(AuditLine).where(AuditLine.action == "results.exported")).all()
        assert [line.detail for line in lines] == [{"campaign": campaign.id}]

    def test_the_file_for_a_double_click_has_the_same_lines(self, browser: Browser, campaign: Campaign) -> None:
        token = browser.get("/orga/campagnes/creer").form("Créer la campagne").fields["jeton"]

        at = f"/orga/campagnes/{campaign.id}/resultats"
        ods, text = (browser.client.post(f"{at}.{kind}", data={"jeton": token}).data for kind in ("ods", "csv"))

        lines = load(io.BytesIO(ods)).spreadsheet.getElementsByType(TableRow)
        told = [[str(cell) for cell in line.getElementsByType(TableCell)] for line in lines]
        assert told == list(csv.reader(io.StringIO(text.decode("utf-8-sig")), delimiter=";"))
        assert len(told) == 6

    def test_the_whole_school_in_one_file(self, browser: Browser, town: Town, campaign: Campaign) -> None:
        participate(town, town.campaign("Autre"), town.learner(), validated=5)

        taken = browser.press(browser.get("/orga/campagnes"), "Exporter les résultats de toutes les campagnes (.csv)")

        assert len(taken.response.data.decode().splitlines()) == 7

    def test_a_forged_form_takes_nothing(self, browser: Browser, campaign: Campaign) -> None:
        assert browser.client.post(f"/orga/campagnes/{campaign.id}/resultats.csv").status_code == 403


class TestKit:
    def test_texts_to_copy_hold_the_code_and_no_link(self, browser: Browser, campaign: Campaign) -> None:
        page = browser.get(f"/orga/campagnes/{campaign.id}/kit")

        for text in page.root.xpath("//textarea"):
            assert campaign.code in text.text_content()
            assert "http" not in text.text_content()

    def test_the_sheet_has_a_qr_of_the_ent_only_where_the_school_says_it(self, browser: Browser, town: Town) -> None:
        campaign = made_by(town, enter_as(town, browser, ADMINISTRATOR), "Ma 4e")
        at = f"/orga/campagnes/{campaign.id}/kit/affiche"
        assert not browser.get(at).root.xpath('//svg[@class="qr"]')

        browser.press(browser.get("/orga/equipe"), "Enregistrer l’adresse", {"ent_url": "https://ent.example.fr"})

        page = browser.get(at)
        assert page.root.xpath('//svg[@class="qr"]')
        assert "https://ent.example.fr" in page.text

    def test_slips_have_each_name_of_the_division(self, browser: Browser, campaign: Campaign) -> None:
        page = browser.get(f"/orga/campagnes/{campaign.id}/kit/etiquettes?classe=4B")

        assert [li.findtext("p/b") for li in page.root.xpath('//ul[@class="slips"]/li')] == ["Zoé Petit"]


@pytest.mark.parametrize("path", [*(f"/orga/campagnes/{{id}}{path}" for path in PAGES), ONE_PUPIL, *OTHERS])
def test_the_number_of_queries_does_not_grow(browser: Browser, town: Town, campaign: Campaign, path: str) -> None:
    at = path.format(id=campaign.id)
    browser.get(at)
    with queries(town) as few:
        assert browser.get(at).status == 200
    for number in range(30):
        town.campaign(f"Encore {number}")
        participate(town, campaign, learner(town, "Max", f"Neuf{number}", "4A"), validated=number % 11)

    with queries(town) as many:
        assert browser.get(at).status == 200

    assert len(many) == len(few)


@pytest.mark.parametrize("path", PAGES)
def test_another_schools_campaign_is_not_found(browser: Browser, town: Town, path: str) -> None:
    enter_as(town, browser, ADMINISTRATOR)
    campaign = made_by(town, None, "Ailleurs", another_school(town))

    page = browser.get(f"/orga/campagnes/{campaign.id}{path}")

    assert page.status == 404
    assert "Ailleurs" not in page.text


class TestCertification:
    def test_the_list_by_division_and_its_files(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        learner(town, "Lou", "Durand", "3A")
        learner(town, "=HYPERLINK(1)", "Petit", "3B")

        page = browser.get("/orga/certification?classe=3B")
        file = browser.press(page, "Exporter la liste (.csv)").response
        fields = dict(page.form("Exporter pour un tableur (.ods)").form_values())
        sheet = browser.client.post("/orga/certification.ods", data=fields)

        assert [line[:5] for line in table(page, "1 élève")] == [
            ["Petit =HYPERLINK(1)", "=HYPERLINK(1)", "3B", "Pas encore", "0 sur 5"]
        ]
        headings, line = csv.reader(io.StringIO(file.get_data().decode("utf-8-sig")), delimiter=";")
        assert headings[:4] == ["Nom", "Prénom", "Classe", "Certifiable (O/N)"]
        assert line[:5] == ["Petit", "'=HYPERLINK(1)", "3B", "Non", "0"]
        assert len(load(io.BytesIO(sheet.get_data())).getElementsByType(TableRow)) == 2
        assert "Certification-3B-2026-11-23.ods" in sheet.headers["Content-Disposition"]
        with town.database.read() as session:
            assert session.scalars(select(AuditLine.action)).all() == ["certification.exported"] * 2
