"""The story in Chromium: in an iframe and in a new window, with third-party cookies blocked and allowed.

In the frame with third-party cookies blocked, only our partitioned cookie comes back (facts/moodle.md, last section).
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from lti_tool.demo.stage import Stage
from tests.browser import people

Person = Callable[..., BrowserContext]
Look = Callable[..., None]


@pytest.fixture(scope="module")
def imported() -> set[str]:
    """Whether the head has been; and who has typed their birthdate."""
    return set()


@pytest.mark.parametrize("new_window", [False, True], ids=["iframe", "window"])
@pytest.mark.parametrize("cookies", ["blocked", "allowed"])
def test_the_story(
    cookies: str,
    new_window: bool,
    stage: Stage,
    imported: set[str],
    person: Person,
    person_with_cookies: Person,
    look: Look,
) -> None:
    make = person if cookies == "blocked" else person_with_cookies
    if "register" not in imported:
        people.import_register(stage, make(), look)
        imported.add("register")
    title = f"Premiers pas ({cookies}, {'window' if new_window else 'iframe'})"
    code = people.select_content(stage, make(), look, name=f"4A {title}", title=title, new_window=False)

    # Chloé by the Médiacentre, with the code; she closes the browser in the middle and comes back.
    chloe = people.open_pix(stage, make(), "chloe.nguyen", new_window=new_window)
    look(chloe, "code")
    chloe.get_by_label("Code du parcours").fill(code.lower())
    chloe.get_by_role("button", name="Commencer mon parcours").click()
    _first_time(chloe, "chloe.nguyen", imported, look)
    look(chloe, "consignes")
    chloe.get_by_role("button", name="Je commence").click()
    people.take_test(chloe, look, stop_after=3)
    left_at = chloe.locator('input[name="question"]').get_attribute("value")
    chloe.context.close()
    chloe = people.open_pix(stage, make(), "chloe.nguyen", new_window=new_window)
    expect(chloe.get_by_role("main")).to_contain_text("Parcours commencés")
    look(chloe, "parcours-commences")
    chloe.get_by_role("listitem").filter(has_text=title).get_by_role("link").click()
    assert chloe.locator('input[name="question"]').get_attribute("value") == left_at
    people.take_test(chloe, already=3)
    look(chloe, "resultats")
    scores = {"chloe.nguyen": people.send_results(chloe)}
    look(chloe, "resultats-envoyes")

    # Hugo by the course's activity: no code is asked.
    hugo = people.open_activity(stage, make(), "hugo.martin", title, new_window=new_window)
    _first_time(hugo, "hugo.martin", imported, None)
    hugo.get_by_role("button", name="Je commence").click()
    people.take_test(hugo, look)
    scores["hugo.martin"] = people.send_results(hugo)

    # Both stand in the gradebook, and on the campaign's page.
    teacher = make()
    for login, score in scores.items():
        grade = people.grade_in_gradebook(stage, teacher, login, title)
        assert round(float(grade)) == int(score.split()[0]), (grade, score)
    campaigns = people.open_pix(stage, teacher, "claire.fontaine")
    look(campaigns, "campagnes")
    campaigns.get_by_role("link", name=f"4A {title}").click()
    for score in scores.values():
        expect(campaigns.get_by_role("main")).to_contain_text(score)
    look(campaigns, "campagne")


def _first_time(tool: Page, login: str, imported: set[str], look: Look | None) -> None:
    if login in imported:
        return
    if look:
        look(tool, "un-tout-petit-detail")
    people.type_birthdate(tool, login)
    imported.add(login)
