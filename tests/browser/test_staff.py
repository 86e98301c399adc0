"""The staff's pages in a browser: axe finds nothing on any of them, and the keyboard alone is enough."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.staffroom import (
    HEAD,
    OF_A_CAMPAIGN,
    OF_THE_HEAD,
    STRANGER,
    TEACHER_,
    TEACHERS_PAGES,
    Room,
    staffroom,
)

STOPS = """
() => {
  const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary")];
  const usable = all.filter((each) => each.checkVisibility() && !each.disabled && each.type !== "hidden");
  usable.filter((each) => each.type !== "radio").forEach((each) => (each.dataset.stop = ""));
  document.addEventListener("focusin", (event) => (event.target.dataset.reached = ""));
  return usable.length;
}
"""
"""Marks where the keyboard has to stop, and where it does; of radio buttons, the arrow keys choose."""
MISSED = "() => [...document.querySelectorAll('[data-stop]:not([data-reached])')].map((each) => each.outerHTML)"

Person = Callable[..., BrowserContext]
Look = Callable[..., None]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with staffroom(tmp_path_factory.mktemp("staff")) as room:
        yield room


@pytest.mark.parametrize("name", TEACHERS_PAGES)
def test_a_teachers_pages(room: Room, person: Person, look: Look, name: str) -> None:
    page = room.enter(person(), TEACHER_)

    page.goto(room.address(name))

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    look(page, name)
    _reach_all_by_keyboard(page)


@pytest.mark.parametrize("name", ["equipe", "eleves", "eleve", "parametres", *OF_THE_HEAD])
def test_what_the_head_sees_otherwise(room: Room, person: Person, look: Look, name: str) -> None:
    page = room.enter(person(), HEAD)

    page.goto(room.address(name))

    look(page, name)
    _reach_all_by_keyboard(page)


def test_another_schools_teacher_finds_nothing(room: Room, person: Person, look: Look) -> None:
    page = room.enter(person(), STRANGER)

    for name in OF_A_CAMPAIGN:
        answer = page.goto(room.address(name))
        assert answer
        assert answer.status == 404, name
        expect(page.get_by_role("main")).not_to_contain_text("Fontaine")
    look(page, "pas-trouve")
    page.goto(room.address("campagnes"))
    expect(page.get_by_role("main")).not_to_contain_text("Fontaine")


def test_a_campaign_is_in_the_course_after_three_clicks_at_most(room: Room, person: Person) -> None:
    context = person()
    sent: list[str] = []
    context.route("https://ent.example.fr/**", lambda route: (sent.append(route.request.method), route.fulfill()))
    page = room.enter(context, TEACHER_)
    page.goto(room.address("selection"))

    page.get_by_role("checkbox", name="Mme Fontaine – 4A – découverte").check()
    page.get_by_role("button", name="Ajouter au cours").click()
    page.wait_for_url("https://ent.example.fr/cours/7/selection")  # the answer goes by itself: two clicks

    assert sent == ["POST"]


def test_a_campaign_is_made_changed_and_archived_by_the_keyboard(room: Room, person: Person) -> None:
    page = room.enter(person(), TEACHER_)
    page.goto(room.address("campagnes"))

    _press(page, "Créer une campagne")
    page.get_by_label("Nom de la campagne").focus()
    page.keyboard.type("Au clavier")
    for _ in range(2):  # the radio buttons are one stop, then what is tested
        page.keyboard.press("Tab")
    tested = page.get_by_label("Que souhaitez-vous tester ?")
    expect(tested).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(tested.locator("option:checked")).to_have_text("Parcours découverte")
    page.get_by_label("Titre du parcours").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Au clavier")
    _press(page, "Paramètres")
    _press(page, "Modifier")
    page.get_by_label("Nom de la campagne").focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Encore au clavier")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Encore au clavier")
    _press(page, "Archiver la campagne", role="button")

    expect(page.get_by_role("main")).to_contain_text("Cette campagne est archivée.")


def test_the_list_is_filtered_as_one_types(room: Room, person: Person) -> None:
    page = room.enter(person(), TEACHER_)
    page.goto(room.address("campagnes"))
    rows = page.locator("#liste tbody tr")
    assert rows.count() > 1

    page.get_by_label("Rechercher une campagne").press_sequentially("4a – dec")

    expect(rows).to_have_count(1)
    expect(page.get_by_label("Rechercher une campagne")).to_be_focused()
    expect(page).to_have_url(re.compile("nom=4a"))
    page.get_by_label("Rechercher une campagne").fill("rien de tel")
    expect(page.locator("#liste")).to_contain_text("Aucune campagne ne porte ce nom.")


def _reach_all_by_keyboard(page: Page) -> None:
    """The Tab key stops at all that can be used."""
    stops = page.evaluate(STOPS)
    assert stops > 4
    for _ in range(stops + 5):
        page.keyboard.press("Tab")
    assert page.evaluate(MISSED) == []


def _press(page: Page, name: str, role: str = "link") -> None:
    """Go to it by the keyboard, and press it."""
    target = page.get_by_role(role, name=re.compile(f"^{name}"), exact=True).first  # type: ignore[arg-type]
    target.focus()
    expect(target).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_load_state()
