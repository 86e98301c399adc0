"""The register as the head lives it: a faulty file, a good one seen before it counts, what it did; a pupil who is
bound to the wrong line, and how that is settled. At 320 px, and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from lti_tool.demo.stage import WORKER, Stage
from tests.browser import people

Person = Callable[..., BrowserContext]
Look = Callable[..., None]
NARROW = {"viewport": {"width": 320, "height": 640}}
HEAD = "helene.garnier"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """SIECLE's list; with two faults; without most of the pupils; and a school's own table."""
    good = people.SAMPLE.read_bytes()
    pupils = re.findall(rb"<ELEVE .*?</ELEVE>\s*", good, re.DOTALL)
    contents = {
        "faulty": good.replace(b"<PRENOM>Chlo\xe9</PRENOM>", b"<PRENOM></PRENOM>").replace(
            b"<DATE_NAISS>02/07/2012", b"<DATE_NAISS>32/07/2012"
        ),
        "short": good.replace(b"".join(pupils), b"".join(pupils[: len(pupils) // 2])),
        "table": "INE;Nom;Prénom usuel;Né(e) le;Groupe\r\n123456789AB;ROUX;Zoé;01/02/2012;4C\r\n".encode(),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return {"good": people.SAMPLE, **{name: tmp_path / name for name in contents}}


def give(page: Page, stage: Stage, file: Path) -> None:
    page.goto(f"{stage.site.tool_url}/orga/eleves/importer")
    page.get_by_label("Fichier").set_input_files(file)
    page.get_by_role("button", name="Vérifier le fichier").click()


def until(page: Page, heading: str) -> None:
    """Without scripts the page refreshes by itself; a hand may be faster."""
    for _ in range(60):
        if not page.get_by_role("link", name="Actualiser").count():
            break
        page.wait_for_timeout(250)
        page.goto(page.url)
    expect(page.get_by_role("main")).to_contain_text(heading)


def test_a_file_is_seen_before_it_counts_and_remembered_after(
    stage: Stage, person: Person, look: Look, files: dict[str, Path]
) -> None:
    page = people.open_pix(stage, person(**NARROW), HEAD)
    main = page.get_by_role("main")

    give(page, stage, files["faulty"])
    expect(main).to_contain_text("La liste n’a pas été importée : rien n’a changé.")
    expect(main).to_contain_text("FIRST_NAME_REQUIRED")
    expect(main).to_contain_text("INVALID_BIRTHDATE_FORMAT")
    look(page, "refuse")
    with page.expect_download() as download:
        page.get_by_role("link", name="Télécharger les erreurs (.csv)").click()
    assert "Le prénom manque" in download.value.path().read_text("utf-8-sig")

    stage.kill(WORKER)
    page.get_by_role("link", name="Choisir un autre fichier").click()
    page.get_by_label("Fichier").set_input_files(files["good"])
    page.get_by_role("button", name="Vérifier le fichier").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    look(page, "en-cours")
    stage.start(WORKER)
    expect(page.get_by_role("heading", name="Ce qui va changer")).to_be_visible()
    expect(main).to_contain_text("Rien n’a encore changé")
    look(page, "ce-qui-va-changer")
    page.get_by_role("button", name="Importer", exact=True).click()
    expect(main).to_contain_text("La liste a été importée avec succès")
    page.get_by_role("link", name="Voir ce qui a changé").click()
    expect(page.get_by_role("link", name="Ajoutés (96)")).to_be_visible()
    look(page, "un-import")
    page.get_by_role("link", name="Imports de la liste des élèves").click()
    expect(main).to_contain_text("Hélène Garnier")
    look(page, "imports")


def test_without_javascript_leavers_are_confirmed_by_their_number_and_come_back(
    stage: Stage, person: Person, files: dict[str, Path]
) -> None:
    page = people.open_pix_without_scripts(stage, person(java_script_enabled=False, **NARROW), HEAD)
    give(page, stage, files["short"])
    until(page, "Ce qui va changer")
    page.get_by_role("button", name="Importer", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("Cochez la case pour confirmer ces départs.")
    page.get_by_role("checkbox", name=re.compile(r"ces \d+ élèves ont quitté l’établissement")).check()
    page.get_by_role("button", name="Importer", exact=True).click()
    until(page, "La liste a été importée avec succès")
    give(page, stage, files["good"])
    until(page, "Ce qui va changer")
    page.get_by_role("button", name="Importer", exact=True).click()
    until(page, "La liste a été importée avec succès")
    page.get_by_role("link", name="Voir ce qui a changé").click()
    expect(page.get_by_role("navigation", name="Changements")).to_contain_text("Revenus")


def test_the_columns_of_a_table_are_corrected(stage: Stage, person: Person, look: Look, files: dict[str, Path]) -> None:
    page = people.open_pix(stage, person(**NARROW), HEAD)
    give(page, stage, files["table"])
    expect(page.get_by_role("heading", name="Quelles sont les colonnes ?")).to_be_visible()
    look(page, "colonnes")
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_role("main")).to_contain_text("Choisissez une colonne.")
    look(page, "colonnes-fautes")
    page.get_by_label("Classe", exact=True).select_option(label="Groupe")
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_role("heading", name="Ce qui va changer")).to_be_visible()
    look(page, "tableau-ce-qui-va-changer")
    page.get_by_role("button", name="Ne pas importer").click()
    expect(page.get_by_role("heading", name="Importer la liste des élèves")).to_be_visible()
    look(page, "importer")


def test_a_pupil_bound_to_the_wrong_line_gets_it_back(stage: Stage, person: Person, look: Look) -> None:
    """The head ties Hugo's account to Chloé's line by mistake; Chloé comes, and the head settles it."""
    head = people.open_pix(stage, person(**NARROW), HEAD)
    main = head.get_by_role("main")
    code = _campaign(stage, head)
    people.open_pix(stage, person(), "hugo.martin")

    head.goto(f"{stage.site.tool_url}/orga/eleves?nom=nguyen")
    look(head, "eleves")
    head.get_by_role("row", name=re.compile("Chloé")).get_by_role("link").click()
    look(head, "une-eleve")
    head.get_by_role("link", name="Rattacher à la main").click()
    look(head, "rattacher-a-la-main")
    head.get_by_label("Hugo Martin").check()
    head.get_by_label("Je connais cet élève").check()
    head.get_by_role("button", name="Rattacher", exact=True).click()
    expect(main).to_contain_text("Rattaché depuis le")

    chloe = people.open_pix(stage, person(**NARROW), "chloe.nguyen")
    chloe.goto(f"{stage.site.tool_url}/campagnes/{code}")
    people.type_birthdate(chloe, "chloe.nguyen")
    expect(chloe.get_by_role("main").locator("code").first).to_have_text("R30")
    assert "Hugo" not in chloe.get_by_role("main").inner_text()
    look(chloe, "a-regler")

    head.goto(f"{stage.site.tool_url}/orga/eleves")
    head.get_by_role("link", name="Voir les demandes").click()
    expect(main).to_contain_text("Si vous acceptez, Hugo Martin ne le sera plus.")
    look(head, "eleves-a-rattacher")
    head.get_by_role("button", name="Accepter Chloé Nguyen").click()
    expect(main).to_contain_text("Dites pourquoi cet élève change de compte.")
    head.get_by_label("Pourquoi changer de compte ?").select_option(label="Quelqu’un d’autre a été rattaché par erreur")
    head.get_by_role("button", name="Accepter Chloé Nguyen").click()
    expect(main).to_contain_text("Aucune demande ne vous attend.")

    chloe.goto(f"{stage.site.tool_url}/campagnes/{code}")
    expect(chloe.get_by_role("button", name="Je commence")).to_be_visible()
    head.goto(f"{stage.site.tool_url}/orga/eleves/journal")
    expect(main).to_contain_text("Rattachement à la place d’un autre compte")
    look(head, "journal")
    head.goto(f"{stage.site.tool_url}/orga/eleves/classe?classe=4A")
    look(head, "classe-a-imprimer")


def _campaign(stage: Stage, page: Page) -> str:
    page.goto(f"{stage.site.tool_url}/orga/campagnes/creer")
    page.get_by_label("Nom de la campagne").fill("4A")
    page.get_by_label("Titre du parcours").fill("Parcours")
    page.get_by_label("Que souhaitez-vous tester ?").select_option(label="Parcours découverte")
    page.get_by_role("button", name="Créer la campagne").click()
    main = page.get_by_role("main")
    expect(main).to_contain_text(re.compile(r"\b[A-Z]{6}\d{3}\b"))
    found = re.search(r"\b[A-Z]{6}\d{3}\b", main.inner_text())
    assert found
    return found.group()
