"""The staff's pages at 320 pixels and without scripts: nothing is wider than the window, everything can be done."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.staffroom import HEAD, OF_A_CAMPAIGN, OTHERS, TEACHER_, Room, staffroom

Person = Callable[..., BrowserContext]
Look = Callable[..., None]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with staffroom(tmp_path_factory.mktemp("staff")) as room:
        yield room


@pytest.mark.parametrize("who", [TEACHER_, HEAD])
def test_nothing_is_wider_than_a_small_window(room: Room, person: Person, who: str) -> None:
    page = room.enter(person(viewport={"width": 320, "height": 640}), who)

    wide = []
    for name in [*OF_A_CAMPAIGN, *OTHERS]:
        page.goto(room.address(name))
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(name)

    assert wide == []


@pytest.mark.parametrize("name", ["campagnes", "resultats", "analyse", "creer"])
def test_axe_finds_nothing_at_320_pixels(room: Room, person: Person, look: Look, name: str) -> None:
    page = room.enter(person(viewport={"width": 320, "height": 640}), TEACHER_)

    page.goto(room.address(name))

    look(page, name)


def test_a_campaign_is_made_and_followed_without_scripts(room: Room, person: Person) -> None:
    page = room.enter(person(java_script_enabled=False), TEACHER_)
    for name in [*OF_A_CAMPAIGN, *OTHERS]:
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
