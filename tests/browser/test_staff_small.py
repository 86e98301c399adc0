"""The staff's pages in small windows and without scripts: nothing is wider than the window, everything can be done."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.staffroom import HEAD, HEADS_PAGES, TEACHER_, TEACHERS_PAGES, WIDTHS, Room, staffroom

Person = Callable[..., BrowserContext]
Look = Callable[..., None]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with staffroom(tmp_path_factory.mktemp("staff")) as room:
        yield room


@pytest.mark.parametrize(("who", "names"), [(TEACHER_, TEACHERS_PAGES), (HEAD, HEADS_PAGES)], ids=["teacher", "head"])
def test_nothing_is_wider_than_the_window(room: Room, person: Person, who: str, names: tuple[str, ...]) -> None:
    page = room.enter(person(), who)

    wide = []
    for name in names:
        page.goto(room.address(name))
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 640})
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                wide.append(f"{name} at {width} pixels")

    assert wide == []


@pytest.mark.parametrize("name", ["campagnes", "resultats", "analyse", "creer"])
def test_axe_finds_nothing_at_320_pixels(room: Room, person: Person, look: Look, name: str) -> None:
    page = room.enter(person(viewport={"width": 320, "height": 640}), TEACHER_)

    page.goto(room.address(name))

    look(page, name)


def test_a_campaign_is_made_and_followed_without_scripts(room: Room, person: Person) -> None:
    page = room.enter(person(java_script_enabled=False), TEACHER_)
    for name in TEACHERS_PAGES:
        page.goto(room.address(name))
        expect(page.get_by_role("contentinfo")).to_be_visible()

    page.goto(room.address("campagnes"))
    page.get_by_label("Rechercher une campagne").fill("decouverte")
    page.get_by_role("button", name="Rechercher").click()
    expect(page.locator("#liste tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Créer une campagne", exact=True).click()
    page.get_by_label("Nom de la campagne").fill("Sans script")
    page.get_by_label("Que souhaitez-vous tester ?").select_option(label="Parcours découverte")
    page.get_by_role("button", name="Créer la campagne").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Sans script")
