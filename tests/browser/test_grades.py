"""A grade that the ENT refuses: the teacher reads why, the cause is removed, and one click brings it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from lti_tool.demo.stage import Stage
from tests.browser import people

Person = Callable[..., BrowserContext]
Look = Callable[..., None]
TITLE = "Parcours à noter"


def move_column(stage: Stage, to: str) -> None:
    """As somebody who puts the course's column into the ENT's bin, and takes it out again."""
    with sqlite3.connect(next(stage.site.data.rglob("ent.sqlite")), timeout=30) as ent:
        changed = ent.execute("UPDATE line_item SET course = ? WHERE label = ?", (to, TITLE))
        assert changed.rowcount == 1
    ent.close()


def row_of(page: Page, name: str) -> str:
    return page.get_by_role("row").filter(has_text=name).inner_text()


def until_row_says(page: Page, name: str, words: str) -> None:
    for _ in range(80):
        if words in row_of(page, name):
            return
        page.wait_for_timeout(250)
        page.reload()
    raise AssertionError(row_of(page, name))


def test_a_refusal_is_read_its_cause_removed_and_one_click_brings_the_grade(
    stage: Stage, person: Person, look: Look
) -> None:
    """The teacher has a small tablet, 320 px wide, whose browser runs no scripts."""
    people.import_register(stage, person(), people.pass_by)
    people.select_content(stage, person(), people.pass_by, name="4A Notes", title=TITLE)
    hugo = people.open_activity(stage, person(), "hugo.martin", TITLE, new_window=True)
    people.type_birthdate(hugo, "hugo.martin")
    hugo.get_by_role("button", name="Je commence").click()
    people.take_test(hugo)
    move_column(stage, "corbeille")
    score = people.send_results(hugo)

    small = {"width": 320, "height": 640}
    claire = people.open_pix_without_scripts(
        stage, person(viewport=small, java_script_enabled=False), "claire.fontaine"
    )
    claire.get_by_role("link", name="4A Notes").click()
    claire.get_by_role("link", name="Notes dans l’ENT").click()
    until_row_says(claire, "Martin", "La colonne du carnet de notes n’existe plus.")
    with_scripts = people.open_pix(stage, person(viewport=small), "claire.fontaine")
    with_scripts.goto(claire.url)
    look(with_scripts, "refusee")
    hugo.reload()
    expect(hugo.get_by_role("main")).to_contain_text("Montrez cette page à votre enseignant.")

    move_column(stage, people.COURSE)
    claire.get_by_role("button", name="Renvoyer Hugo").click()
    until_row_says(claire, "Martin", "Dans le carnet")
    claire.get_by_role("button", name="Comparer avec le carnet de notes").click()
    expect(claire.get_by_role("main")).to_contain_text("Le carnet de notes a été lu.")
    with_scripts.goto(claire.url)
    look(with_scripts, "comparee")
    grade = people.grade_in_gradebook(stage, person(), "hugo.martin", TITLE)
    assert round(float(grade)) == int(score.split()[0])
    hugo.reload()
    expect(hugo.get_by_role("main")).to_contain_text("est dans le carnet de notes depuis le")
    look(hugo, "dans-le-carnet")
