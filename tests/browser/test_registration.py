"""A platform connects itself by one pasted address, is activated, has a deployment approved, and launches.

All of it as its people do: the head in the ENT, the operator by the one-time link, the administrator of the school.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from lti_tool.demo.people import SCHOOL_UAI
from lti_tool.demo.stage import Stage
from tests.browser import people
from tests.platform.framed import FramedPlatform

Person = Callable[..., BrowserContext]
Look = Callable[..., None]
NARROW = {"width": 320, "height": 700}


@pytest.fixture(scope="module")
def operator(stage: Stage, person: Person, look: Look) -> Page:
    """The operator, come in by the command line's link; in a narrow window, where most goes wrong."""
    page = person(viewport=NARROW).new_page()
    page.goto(stage.command("operator", "link")["url"])
    look(page, "lien")
    page.get_by_role("button", name="Entrer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Plateformes")
    return page


@pytest.fixture(scope="module")
def administrator(stage: Stage, person: Person) -> Page:
    """The head, named administrator by the ENT that was connected by hand; in a narrow window too."""
    return people.open_pix(stage, person(viewport=NARROW), "helene.garnier")


@pytest.fixture(scope="module")
def framed(stage: Stage) -> Iterator[FramedPlatform]:
    """A platform that was added by hand, none of its deployments authorized."""
    with FramedPlatform(stage.site.tool_url) as platform:
        options = {f"--{name.replace('_', '-')}": value for name, value in platform.addresses.items()}
        stage.command("platform", "add", *(word for option in options.items() for word in option))
        yield platform


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts-operator", "no-scripts-administrator"])
def test_pasting_one_address(
    stage: Stage, person: Person, operator: Page, administrator: Page, look: Look, scripts: bool
) -> None:
    """The operator activates the first, the administrator of the school that the invitation names the second."""
    before = len(stage.command("platform", "list"))
    invitation = stage.command("platform", "invite", "--school", SCHOOL_UAI)["url"]
    head = people.sign_in(stage, person(java_script_enabled=scripts), "helene.garnier")
    head.goto(f"{stage.site.ent_url}/administration/outils")
    head.get_by_label("Adresse de l’outil").fill(invitation)
    head.get_by_role("button", name="Ajouter LTI Advantage").click()
    if scripts:
        head.wait_for_url("**/administration/outils")  # the tool's message closed its frame
    else:
        head.get_by_role("link", name="Ouvrir la page de l’outil").click()
        expect(head.get_by_role("heading", level=1)).to_have_text("Votre plateforme est enregistrée")
        head.goto(f"{stage.site.ent_url}/administration/outils")
    waiting = head.get_by_role("listitem").filter(has_text="En attente")
    expect(waiting).to_have_count(1)
    waiting.get_by_role("button", name="Activer").click()

    platforms = stage.command("platform", "list")
    assert len(platforms) == before + 1, "once, though the frame loaded twice"
    assert platforms[-1]["status"] == "pending"
    pupil = person()
    refused = people.sign_in(stage, pupil, "chloe.nguyen")
    refused.goto(f"{stage.site.ent_url}/mediacentre")
    refused.locator("#open-pix-here").click()
    expect(refused.get_by_role("heading", level=1)).to_have_text("Votre ENT n’est pas encore relié à Pix.")

    if scripts:
        operator.goto(f"{stage.site.tool_url}/operateur")
        look(operator, "plateformes")
        operator.get_by_role("row").filter(has_text="À activer").get_by_role("link").click()
        look(operator, "plateforme")
        operator.get_by_role("button", name="Activer la plateforme").click()
        operator.get_by_role("button", name="Examiner la connexion").click()
        expect(operator.get_by_role("main")).to_contain_text("La plateforme nous donne un jeton pour ses services.")
        look(operator, "diagnostic")
    else:
        administrator.goto(f"{stage.site.tool_url}/orga/connexions")
        look(administrator, "connexions")
        administrator.get_by_role("button", name="Activer la plateforme").click()
        expect(administrator.get_by_role("button", name="Activer la plateforme")).to_have_count(0)

    page = people.open_pix(stage, pupil, "chloe.nguyen")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("code du parcours"))


def test_an_unknown_deployment_is_approved_in_one_click(
    stage: Stage, framed: FramedPlatform, person: Person, operator: Page, look: Look
) -> None:
    pupil = person().new_page()
    framed.deployment_id = "77"
    pupil.goto(framed.start_url())
    expect(pupil.get_by_role("heading", level=1)).to_have_text("Cette installation de Pix n’est pas encore autorisée.")

    operator.goto(f"{stage.site.tool_url}/operateur")
    operator.get_by_role("row").filter(has_text="à autoriser").get_by_role("link").click()
    expect(operator.get_by_role("main")).to_contain_text("Déploiement 77, inconnu")
    look(operator, "deploiement-inconnu")
    operator.get_by_role("button", name="Autoriser ce déploiement").click()
    expect(operator.get_by_role("main")).not_to_contain_text("inconnu")

    pupil.goto(framed.start_url())
    pupil.wait_for_url(f"{stage.site.tool_url}/**")
    expect(pupil.locator(".who")).to_contain_text("Chloe")


def test_each_product_s_page_is_good_to_read(stage: Stage, person: Person, look: Look) -> None:
    page = person(viewport=NARROW).new_page()
    for name in ("", "/moodle", "/itslearning", "/canvas", "/brightspace", "/blackboard", "/sakai", "/ent"):
        page.goto(f"{stage.site.tool_url}/connexion{name}")
        look(page, f"connexion{name.replace('/', '-')}")
