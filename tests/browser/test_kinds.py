"""Every kind of question and every sort of practical item in Chromium; a pupil's profile, training and tutorials."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect
from sqlalchemy import select

from lti_tool.assessment.engine.checking import present, to_form
from lti_tool.assessment.engine.items import Item, bank
from lti_tool.assessment.engine.practical.question import Practical
from lti_tool.assessment.models import Answer, Run
from lti_tool.database import Database
from lti_tool.demo.stage import Stage
from tests.browser import people

Person = Callable[..., BrowserContext]
Look = Callable[..., None]
PUPIL = "lou.coeurdevey"


def looks_of(item: Item) -> tuple[str, ...]:
    """What makes its page look as it does: the sort, the shapes of its world, its controls."""
    asked = present(item, "1")
    sort = item.question.sort if isinstance(item.question, Practical) else item.kind
    return (sort, *(part.shape for part in asked.world.parts), *sorted({each.type for each in asked.controls}))


EACH = list({looks_of(item): item for item in bank().items.values()}.values())


@pytest.fixture(scope="module")
def database(stage: Stage) -> Iterator[Database]:
    database = Database(stage.site.database_url)
    yield database
    database.engine.dispose()


@pytest.fixture(scope="module")
def code(stage: Stage, person: Person) -> str:
    """A register and a campaign; the pupil has begun its test."""
    people.import_register(stage, person(), people.pass_by)
    code = people.select_content(stage, person(), people.pass_by, name="Questions", title="Toutes les questions")
    page = people.open_pix(stage, person(), PUPIL)
    page.get_by_label("Code du parcours").fill(code)
    page.get_by_role("button", name="Commencer mon parcours").click()
    people.type_birthdate(page, PUPIL)
    page.get_by_role("button", name="Je commence").click()
    page.wait_for_url("**/questions/1")
    return code


def ask(database: Database, item: Item) -> Item:
    """Let this item be the one that waits in the newest run, its pauses over; returns it as that run meets it."""
    with database.write() as session:
        run = session.scalars(select(Run).order_by(Run.id.desc())).first()
        assert run
        run.item_id, run.finished_at = item.id, None
        run.skills, run.length = list(bank().skills), None  # so that it doesn't end
        run.paused_at = len(session.scalars(select(Answer).where(Answer.run_id == run.id)).all())
        return item.for_seed(str(run.seed))


def last_answer(database: Database) -> Answer:
    with database.read() as session:
        found = session.scalars(select(Answer).order_by(Answer.id.desc())).first()
        assert found
        return found


def resume(stage: Stage, page: Page, code: str) -> None:
    """To the question that waits."""
    page.goto(f"{stage.site.tool_url}/campagnes/{code}")
    page.get_by_role("link", name="Je reprends").click()


def answer_by_keyboard(page: Page, item: Item) -> None:
    """Answer rightly with keys alone, from wherever the page is."""
    for name, values in to_form(item.question.right_response()).items():
        control = page.locator(f'[name="{name}"]').first
        if control.get_attribute("type") in ("radio", "checkbox"):
            for value in values:
                page.locator(f'[name="{name}"][value="{value}"]').focus()
                page.keyboard.press("Space")
        elif control.evaluate("each => each.tagName") == "SELECT":
            options = control.locator("option").evaluate_all("all => all.map(each => each.value)")
            control.focus()
            for _ in range(options.index(values[0])):
                page.keyboard.press("ArrowDown")
        else:
            control.focus()
            page.keyboard.insert_text(values[0])
    page.get_by_role("button", name="Je valide").focus()
    page.keyboard.press("Enter")


def test_each_kind_is_clean_and_fits(stage: Stage, database: Database, code: str, person: Person, look: Look) -> None:
    """axe looks at each at 320 px; a wide window, in which the same page stands, is measured."""
    narrow, wide = ViewportSize(width=320, height=700), ViewportSize(width=1000, height=700)
    page = people.open_pix(stage, person(viewport=narrow), PUPIL)
    for item in EACH:
        ask(database, item)
        resume(stage, page, code)
        for message in page.locator("details summary").all():
            message.click()
        look(page, "-".join(looks_of(item)))
        page.set_viewport_size(wide)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), item.id
        page.set_viewport_size(narrow)


def test_each_kind_can_be_answered_with_the_keyboard_only(
    stage: Stage, database: Database, code: str, person: Person
) -> None:
    page = people.open_pix(stage, person(), PUPIL)
    for item in EACH:
        made = ask(database, item)
        resume(stage, page, code)
        asked = page.url
        answer_by_keyboard(page, made)
        expect(page).not_to_have_url(asked)

        answer = last_answer(database)
        assert (answer.item_id, answer.right) == (item.id, True)


def test_a_file_is_downloaded_and_is_the_pupils_own(
    stage: Stage, database: Database, code: str, person: Person
) -> None:
    with database.read() as session:
        met = set(session.scalars(select(Answer.item_id)))
    item = next(each for each in bank().items.values() if each.question.world.files and each.id not in met)
    made = ask(database, item)
    page = people.open_pix(stage, person(), PUPIL)
    resume(stage, page, code)
    (file, *_) = made.question.world.files

    with page.expect_download() as download:
        page.get_by_role("link", name=f"Télécharger {file.name}").click()

    assert download.value.suggested_filename == file.name
    assert download.value.path().read_bytes() == file.content


def test_two_tabs_and_the_back_button(stage: Stage, database: Database, code: str, person: Person, look: Look) -> None:
    context = person()
    page = people.open_pix(stage, context, PUPIL)
    resume(stage, page, code)
    other = context.new_page()
    other.goto(page.url)
    page.get_by_role("button", name="Je passe").click()
    page.wait_for_load_state()

    other.get_by_role("button", name="Je passe").click()

    expect(other.get_by_role("main")).to_contain_text("Votre première réponse compte.")
    look(other, "deja-repondu")
    answered = last_answer(database).id
    page.go_back()
    page.wait_for_load_state()
    assert last_answer(database).id == answered


def test_profile_training_tutorials_and_certification(stage: Stage, code: str, person: Person, look: Look) -> None:
    page = people.open_pix(stage, person(viewport={"width": 320, "height": 700}), PUPIL)
    page.get_by_role("link", name="Compétences").click()
    look(page, "competences")
    page.get_by_role("link", name="5.2").click()
    look(page, "competence")
    page.get_by_role("button", name="Je m’entraîne").click()
    page.get_by_role("link", name="Signaler un problème avec cette question").click()
    look(page, "signaler")
    page.get_by_role("button", name="J’envoie le signalement").click()
    look(page, "signaler-faute")
    page.get_by_label("Autre chose.").check()
    page.get_by_role("button", name="J’envoie le signalement").click()
    expect(page.get_by_role("main")).to_contain_text("votre signalement est enregistré")
    while "/resultats" not in page.url:
        page.get_by_role("button", name="Je passe").or_(page.get_by_role("button", name="Je continue")).or_(
            page.get_by_role("button", name="Voir mes résultats")
        ).first.click()
        page.wait_for_load_state()
    look(page, "entrainement-fini")
    page.get_by_role("link", name="Mes tutos").first.click()
    look(page, "tutos")
    page.get_by_role("main").get_by_role("listitem").get_by_role("link").first.click()
    look(page, "tuto")
    page.get_by_role("link", name="Certification").click()
    look(page, "certification")
