"""What the story's people do in a real browser, found by the words that they read."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

from playwright.sync_api import BrowserContext, Frame, Page, expect

from lti_tool.assessment.engine.checking import to_form
from lti_tool.assessment.engine.items import bank
from lti_tool.assessment.engine.practical.question import Practical
from lti_tool.demo.people import person_by_login
from lti_tool.demo.stage import Stage

SAMPLE = Path(__file__).parents[2] / "lti_tool" / "demo" / "data" / "ElevesSansAdresses.xml"
COURSE = "technologie-4a"
PAUSE_EVERY = 5

Look = Callable[..., None]


def pass_by(*_: object) -> None:
    """Look at nothing: the story looks at these pages, and axe takes its time."""


def sign_in(stage: Stage, context: BrowserContext, login: str) -> Page:
    """The ENT, with that person signed in."""
    page = context.new_page()
    page.goto(stage.site.ent_url)
    page.locator(f'[data-person="{login}"]').click()
    page.wait_for_load_state()
    return page


def open_pix(stage: Stage, context: BrowserContext, login: str, *, new_window: bool = False) -> Page:
    """Pix from the Médiacentre, in the same window or a new one."""
    page = sign_in(stage, context, login)
    page.goto(f"{stage.site.ent_url}/mediacentre")
    if not new_window:
        page.locator("#open-pix-here").click()
        page.wait_for_url(f"{stage.site.tool_url}/**")
        return page
    with context.expect_page() as opened:
        page.locator("#open-pix").click()
    opened.value.wait_for_url(f"{stage.site.tool_url}/**")
    return opened.value


def open_pix_without_scripts(stage: Stage, context: BrowserContext, login: str) -> Page:
    """The same in the same window, scripts off: each step of the login is a button to press."""
    page = sign_in(stage, context, login)
    page.goto(f"{stage.site.ent_url}/mediacentre")
    page.locator("#open-pix-here").click()
    for _ in range(4):
        if page.url.startswith(stage.site.tool_url):
            break
        with page.expect_navigation():
            page.locator("form[data-auto] button").click()
    page.wait_for_url(f"{stage.site.tool_url}/**")
    return page


def import_register(stage: Stage, context: BrowserContext, look: Look) -> None:
    """The head gives SIECLE's file and reads the list."""
    page = open_pix(stage, context, "helene.garnier")
    page.get_by_role("link", name="Élèves", exact=True).click()
    look(page, "eleves-vide")
    page.get_by_role("link", name="Importer (xml)").first.click()
    look(page, "importer")
    page.get_by_label("Fichier").set_input_files(SAMPLE)
    page.get_by_role("button", name="Vérifier le fichier").click()
    expect(page.get_by_role("heading", name="Ce qui va changer")).to_be_visible()
    look(page, "ce-qui-va-changer")
    page.get_by_role("button", name="Importer", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("La liste a été importée avec succès")
    look(page, "importee")
    page.get_by_role("link", name="Voir les élèves").click()
    expect(page.get_by_role("main")).to_contain_text("96 élèves")
    look(page, "eleves")


def select_content(
    stage: Stage, context: BrowserContext, look: Look, *, name: str, title: str, new_window: bool = False
) -> str:
    """Claire makes a campaign inside the course's own selection; returns its code, read on the campaign's page."""
    page = sign_in(stage, context, "claire.fontaine")
    page.goto(f"{stage.site.ent_url}/cours/{COURSE}?edition=1")
    page.locator("#select-content").click()
    tool: Page | Frame
    if new_window:
        page.locator("a#open-window").click()
        tool = _newest_tool_page(stage, context, page)
    else:
        tool = tool_frame(stage, page)
    look(tool, "selection")
    tool.get_by_role("link", name="Créer une campagne").first.click()
    tool.get_by_role("button", name="Créer la campagne").click()
    expect(tool.get_by_role("alert")).to_be_visible()
    look(tool, "selection-fautes")
    tool.get_by_label("Nom de la campagne").fill(name)
    tool.get_by_label("Titre du parcours").fill(title)
    tool.get_by_label("Que souhaitez-vous tester ?").select_option(label="Parcours découverte")
    tool.get_by_role("button", name="Créer la campagne").click()
    back = page if not new_window else _page_of(tool)
    back.wait_for_url(re.compile(rf"^{stage.site.ent_url}/cours/{COURSE}(\?.*)?$"))
    page.goto(f"{stage.site.ent_url}/cours/{COURSE}")
    expect(page.get_by_role("main")).to_contain_text(title)
    page.get_by_role("link", name=title).click()
    activity = tool_frame(stage, page)
    expect(activity.get_by_role("main")).to_contain_text(name)
    look(activity, "activite-vue-par-la-professeure")
    found = re.search(r"\b[A-Z]{6}\d{3}\b", activity.get_by_role("main").inner_text())
    assert found
    return found.group()


def open_activity(stage: Stage, context: BrowserContext, login: str, title: str, *, new_window: bool) -> Page | Frame:
    """The course's activity, in its frame or in a new window."""
    page = sign_in(stage, context, login)
    page.goto(f"{stage.site.ent_url}/cours/{COURSE}")
    page.get_by_role("link", name=title).click()
    if not new_window:
        return tool_frame(stage, page)
    with context.expect_page() as opened:
        page.locator("a#open-window").click()
    opened.value.wait_for_url(f"{stage.site.tool_url}/**")
    return opened.value


def type_birthdate(tool: Page | Frame, login: str) -> None:
    """Once, the first time; names are there to read, not to type."""
    someone = person_by_login(login)
    assert someone
    assert someone.birthdate
    born: date = someone.birthdate
    expect(tool.get_by_role("heading", name="Un tout petit détail !")).to_be_visible()
    expect(tool.get_by_role("main")).to_contain_text(someone.family_name)
    assert tool.get_by_role("textbox", name="Nom", exact=True).count() == 0
    for label, number in (("Jour", born.day), ("Mois", born.month), ("Année", born.year)):
        tool.get_by_label(label).fill(str(number))
    tool.get_by_role("button", name="C'est parti !").click()


def answer(tool: Page | Frame, *, right: bool) -> None:
    """Answer the question rightly; or wrongly, by passing it, as a practical one, made anew for each run."""
    before = tool.url
    item = bank().item(tool.locator('input[name="question"]').get_attribute("value") or "")
    if not right or isinstance(item.question, Practical):
        tool.get_by_role("button", name="Je passe").click()
    else:
        for name, values in to_form(item.question.right_response()).items():
            _give(tool, name, values)
        tool.get_by_role("button", name="Je valide").click()
    tool.wait_for_url(lambda url: url != before)
    tool.wait_for_load_state()


def _give(tool: Page | Frame, name: str, values: list[str]) -> None:
    """Fill in one control of a question, whatever it is."""
    control = tool.locator(f'[name="{name}"]').first
    if control.get_attribute("type") in ("radio", "checkbox"):
        for value in values:
            tool.locator(f'[name="{name}"][value="{value}"]').check()
    elif control.evaluate("each => each.tagName") == "SELECT":
        control.select_option(values[0])
    else:
        control.fill(values[0])


def take_test(tool: Page | Frame, look: Look | None = None, *, already: int = 0, stop_after: int | None = None) -> int:
    """Answer until the results, or until so many answers, looking once at each kind of page; the answers given.

    Two answers of three are right, but for practical questions.
    """
    tool.wait_for_url("**/parcours/**")
    seen: set[str] = set()
    answered = already
    while True:
        place = tool.url.partition("?")[0].rstrip("/").split("/")
        kind = place[-2] if place[-1].isdigit() else place[-1]
        if look and kind not in seen:
            seen.add(kind)
            look(tool, f"test-{kind}")
        if kind == "questions":
            if answered == stop_after:
                return answered
            answered += 1
            answer(tool, right=answered % 3 != 0)
        elif kind == "pause":
            assert answered % PAUSE_EVERY == 0 or tool.get_by_role("button", name="Voir mes résultats").count()
            before = tool.url
            tool.get_by_role("button", name=re.compile("Je continue|Voir mes résultats")).click()
            tool.wait_for_url(lambda url, before=before: url != before)
            tool.wait_for_load_state()
        else:
            assert kind == "resultats", tool.url
            return answered


def send_results(tool: Page | Frame) -> str:
    """Send; returns the score as the page shows it, as "62 %"."""
    tool.get_by_role("button", name="J'envoie mes résultats").click()
    expect(tool.get_by_role("main")).to_contain_text("Vos résultats sont envoyés")
    return tool.locator(".score strong").inner_text()


def grade_in_gradebook(stage: Stage, context: BrowserContext, login: str, title: str) -> str:
    """The cell of that pupil in the activity's column, once it is filled."""
    page = sign_in(stage, context, "claire.fontaine")
    someone = person_by_login(login)
    assert someone
    for _ in range(60):
        page.goto(f"{stage.site.ent_url}/cours/{COURSE}/notes")
        column = page.locator("th[data-line-item]", has_text=title).first.get_attribute("data-line-item")
        cell = page.locator(f'td[data-sub="{someone.sub}"][data-line-item="{column}"]').first
        grade = cell.get_attribute("data-grade") or ""
        if grade:
            return grade
        page.wait_for_timeout(250)
    raise AssertionError(f"no grade came for {title}")


def tool_frame(stage: Stage, page: Page) -> Frame:
    """The tool in the page's iframe, once it has got there."""
    element = page.locator("iframe#tool-frame").element_handle()
    assert element
    frame = element.content_frame()
    assert frame
    frame.wait_for_url(f"{stage.site.tool_url}/**")
    frame.wait_for_load_state()
    return frame


def _newest_tool_page(stage: Stage, context: BrowserContext, page: Page) -> Page:
    page.wait_for_timeout(500)
    newest = context.pages[-1]
    newest.wait_for_url(f"{stage.site.tool_url}/**")
    return newest


def _page_of(tool: Page | Frame) -> Page:
    return tool.page if isinstance(tool, Frame) else tool
