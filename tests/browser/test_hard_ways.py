"""The hard ways: no JavaScript, 320 px, only the keyboard, no cookie in the frame, a shared computer, bad input."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from lti_tool.assessment.engine.checking import to_form
from lti_tool.assessment.engine.items import bank
from lti_tool.demo.stage import Stage
from tests.browser import people

Person = Callable[..., BrowserContext]
Look = Callable[..., None]
TITLE = "Parcours de la classe"


@pytest.fixture(scope="module")
def code(stage: Stage, person: Person) -> str:
    """A register and a campaign that is an activity of the course."""
    people.import_register(stage, person(), people.pass_by)
    return people.select_content(stage, person(), people.pass_by, name="4A", title=TITLE)


def begin(stage: Stage, context: BrowserContext, login: str, code: str) -> Page:
    """To the first question of the campaign, with a birthdate if it is asked."""
    page = people.open_pix(stage, context, login)
    page.get_by_label("Code du parcours").fill(code)
    page.get_by_role("button", name="Commencer mon parcours").click()
    if page.get_by_role("heading", name="Un tout petit détail !").count():
        people.type_birthdate(page, login)
    page.get_by_role("button", name="Je commence").click()
    return page


def error_code(page: Page) -> str:
    return page.get_by_role("main").locator("code").first.inner_text()


def test_a_whole_test_on_a_small_old_tablet_without_javascript(
    stage: Stage, code: str, person: Person, look: Look
) -> None:
    """320 px wide, scripts off: a pupil of the other division goes all the way."""
    login = "ines.lefebvre-dubois"
    tablet = person(viewport={"width": 320, "height": 640}, java_script_enabled=False)
    page = people.open_pix_without_scripts(stage, tablet, login)
    page.get_by_label("Code du parcours").fill(code)
    page.get_by_role("button", name="Commencer mon parcours").click()
    people.type_birthdate(page, login)
    page.get_by_role("button", name="Je commence").click()
    people.take_test(page)
    score = people.send_results(page)
    assert people.grade_in_gradebook(stage, person(), login, TITLE)
    assert score.endswith("%")


def test_every_page_of_a_pupil_fits_320_pixels(stage: Stage, code: str, person: Person, look: Look) -> None:
    narrow = person(viewport={"width": 320, "height": 640})
    page = people.open_pix(stage, narrow, "lou.coeurdevey")
    look(page, "code")
    page.get_by_label("Code du parcours").fill(code)
    page.get_by_role("button", name="Commencer mon parcours").click()
    look(page, "un-tout-petit-detail")
    people.type_birthdate(page, "lou.coeurdevey")
    look(page, "consignes")
    page.get_by_role("button", name="Je commence").click()
    people.take_test(page, look)
    people.send_results(page)
    look(page, "envoye")
    page.goto(f"{stage.site.tool_url}/profil")
    look(page, "profil")


def test_every_page_of_the_staff_fits_320_pixels(stage: Stage, code: str, person: Person, look: Look) -> None:
    page = people.open_pix(stage, person(viewport={"width": 320, "height": 640}), "helene.garnier")
    look(page, "campagnes")
    page.get_by_role("link", name="4A", exact=True).click()
    look(page, "campagne")
    for path, name in (
        ("/orga/campagnes/creer", "creer"),
        ("/orga/eleves", "eleves"),
        ("/orga/eleves/importer", "importer"),
        ("/orga/eleves/rattachements", "rattachements"),
    ):
        page.goto(f"{stage.site.tool_url}{path}")
        look(page, name)


def test_a_whole_test_with_the_keyboard_only(stage: Stage, code: str, person: Person) -> None:
    """From the code to the results sent, by Tab, arrows, Space and Enter; the focus is always somewhere to be seen."""
    page = people.open_pix(stage, person(), "jean-baptiste.le-goff")
    _tab_to(page, "Code du parcours")
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    page.wait_for_url("**/rattachement")
    for label, number in (("Jour", "8"), ("Mois", "5"), ("Année", "2013")):
        _tab_to(page, label)
        page.keyboard.type(number)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/campagnes/{code}")
    _press(page, "Je commence")
    asked = 0
    while "/resultats" not in page.url:
        if "/pause/" in page.url:
            _press(
                page, "Je continue" if page.get_by_role("button", name="Je continue").count() else "Voir mes résultats"
            )
        elif asked == 1:
            _press(page, "Je passe")
        else:
            _fill_with_keys(page)
            _press(page, "Je valide")
        asked += "/questions/" in page.url
    _press(page, "J'envoie mes résultats")
    expect(page.get_by_role("main")).to_contain_text("Vos résultats sont envoyés")
    assert page.locator(".score strong").inner_text() != "0 %"


def test_no_cookie_at_all_in_the_frame_offers_a_new_window(
    stage: Stage, code: str, person_without_cookies: Person, look: Look
) -> None:
    """As with strict settings: nothing that the frame is given comes back. The login is not spent on it."""
    context = person_without_cookies()
    page = people.sign_in(stage, context, "hugo.martin")
    page.goto(f"{stage.site.ent_url}/cours/{people.COURSE}")
    page.get_by_role("link", name=TITLE).click()
    frame = people.tool_frame(stage, page)
    button = frame.get_by_role("button", name="nouvelle fenêtre")
    expect(button).to_be_visible()
    look(frame, "nouvelle-fenetre")
    with context.expect_page() as opened:
        button.click()
    opened.value.wait_for_url("**/campagnes/**")
    expect(opened.value.get_by_role("heading", level=1)).to_be_visible()


def test_a_second_pupil_on_the_same_computer(stage: Stage, code: str, person: Person, look: Look) -> None:
    """The second is let in and takes over; what the first left open does nothing any more."""
    shared = person()
    chloe = begin(stage, shared, "chloe.nguyen", code)
    page = shared.new_page()
    page.goto(stage.site.ent_url)
    if page.get_by_role("button", name="Changer de personne").count():
        page.get_by_role("button", name="Changer de personne").click()
    page.locator('[data-person="hugo.martin"]').click()
    page.goto(f"{stage.site.ent_url}/mediacentre")
    page.locator("#open-pix-here").click()
    page.wait_for_url(f"{stage.site.tool_url}/**")
    expect(page.locator(".who")).to_contain_text("Hugo Martin")
    chloe.get_by_role("button", name="Je passe").click()
    expect(chloe.get_by_role("main")).to_contain_text("Code")
    assert error_code(chloe) == "FORMULAIRE"
    look(chloe, "onglet-oublie")


def test_what_is_typed_wrong_is_said_in_words(stage: Stage, code: str, person: Person, look: Look) -> None:
    """An unknown code; a birthdate that is no date; a parent; nobody."""
    page = people.open_pix(stage, person(), "chloe.nguyen")
    page.get_by_label("Code du parcours").fill("ABCDEF999")
    page.get_by_role("button", name="Commencer mon parcours").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.title().startswith("Erreur")
    look(page, "code-inconnu")

    parent = people.open_pix(stage, person(), "nadia.martin")
    assert error_code(parent) == "PARENT"
    look(parent, "parent")

    unknown = people.open_pix(stage, person(), "paul.durand")
    look(unknown, "role-inconnu")

    nobody = person().new_page()
    answer = nobody.goto(f"{stage.site.tool_url}/orga/campagnes")
    assert answer
    assert answer.status == 401
    look(nobody, "personne")

    teacher = people.open_pix(stage, person(), "claire.fontaine")
    answer = teacher.goto(f"{stage.site.tool_url}/campagnes")
    assert answer
    assert answer.status == 403
    look(teacher, "pas-pour-vous")


def _press(page: Page, button: str) -> None:
    """Tab to the button, press Enter, and wait for the page that comes."""
    _tab_to(page, button)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def _fill_with_keys(page: Page) -> None:
    """The right answer, typed and ticked without a mouse."""
    item = bank().item(page.locator('input[name="question"]').get_attribute("value") or "")
    for name, values in to_form(item.question.right_response()).items():
        control = page.locator(f'[name="{name}"]').first
        sort = control.get_attribute("type") or control.evaluate("each => each.tagName")
        if sort == "checkbox":
            for value in values:
                _tab_until(page, f"each => each.name === '{name}' && each.value === '{value}'", f"{name} {value}")
                page.keyboard.press("Space")
            continue
        _tab_until(page, f"each => each.name === '{name}'", name)
        if sort in ("radio", "SELECT"):
            page.keyboard.press("Space" if sort == "radio" else "Home")
            while page.evaluate("document.activeElement.value") != values[0]:
                page.keyboard.press("ArrowDown")
        else:
            page.keyboard.insert_text(values[0])


def _tab_to(page: Page, name: str) -> None:
    """Press Tab until what bears this name has the focus, and see that it shows."""
    said = "((each.labels && each.labels[0]) || each).textContent.trim()"
    _tab_until(page, f"each => {said}.startsWith({json.dumps(name)})", name)


def _tab_until(page: Page, reached: str, name: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            f"""() => {{ const each = document.activeElement; const shows = [each, ...(each.labels || [])];
                 return [({reached})(each), shows.map(one => getComputedStyle(one)).some(
                     seen => seen.outlineStyle !== "none" || seen.boxShadow !== "none")] }}"""
        )
        if focused[0]:
            assert focused[1], f"the focus on {name} is not to be seen"
            return
    raise AssertionError(f"Tab never reaches {name}")
