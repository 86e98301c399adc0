"""Every kind of question and every sort of practical item on its page: can be answered, and tells nothing before."""

from __future__ import annotations

import html
from dataclasses import replace

import pytest
from sqlalchemy import select

from lti_tool.assessment.engine.checking import Presented, present, to_form
from lti_tool.assessment.engine.items import Item, bank
from lti_tool.assessment.engine.kinds import Choice, Choices, ControlType, Lists, ShortText
from lti_tool.assessment.engine.practical.question import SORTS, Practical
from lti_tool.assessment.models import Answer, Run
from lti_tool.web import taking
from lti_tool.web.text import prose
from tests.web.conftest import Town
from tests.web.pages import Browser, Page

ITEMS = list(bank().items.values())


def named(item: Item) -> str:
    """The kind of an item, or its sort where it is practical."""
    return item.question.sort if isinstance(item.question, Practical) else item.kind


ONE_OF_EACH = {
    (named(item), tuple(part.shape for part in item.question.world.parts), present(item, "1").controls[0].type): item
    for item in ITEMS
}
"""An item of each way that a page can look."""


class Desk:
    """A pupil in a test whose waiting question can be chosen."""

    def __init__(self, browser: Browser, town: Town) -> None:
        self.browser, self.town = browser, town
        self.page = browser.press(browser.get(f"/campagnes/{town.campaign().code}"), "Je commence")

    def ask(self, item: Item) -> Page:
        """The page of that item, as this pupil meets it."""
        with self.town.database.write() as session:
            run = session.scalars(select(Run)).one()
            run.item_id = item.id
            self.seed = str(run.seed)
        return self.browser.get(self.page.path)

    def answers(self) -> list[Answer]:
        with self.town.database.read() as session:
            return list(session.scalars(select(Answer)))


@pytest.fixture
def desk(browser: Browser, town: Town, pupil: int) -> Desk:
    return Desk(browser, town)


def item_of(kind: str) -> Item:
    return next(item for item in ITEMS if named(item) == kind)


def test_the_bank_has_every_kind_and_every_sort() -> None:
    assert {named(item) for item in ITEMS} >= {
        "choice",
        "choices",
        "text",
        "fields",
        "order",
        "match",
        "select",
        *SORTS,
    }


@pytest.mark.parametrize("item", [pytest.param(item, id=item.id) for item in ONE_OF_EACH.values()])
def test_a_right_answer_can_be_given_with_what_stands_on_the_page(desk: Desk, item: Item) -> None:
    page = desk.ask(item)
    right = to_form(item.for_seed(desk.seed).question.right_response())

    assert set(right) <= set(page.root.xpath("//main//form//@name"))
    for name, values in right.items():
        offered = page.root.xpath(f'//input[@name="{name}" and @type!="text"]/@value')
        offered += page.root.xpath(f'//select[@name="{name}"]/option/@value')
        assert not offered or set(values) <= set(offered)
    desk.browser.press(page, "Je valide", right)
    (answer,) = desk.answers()
    assert answer.right


@pytest.mark.parametrize("item", [pytest.param(item, id=item.id) for item in ONE_OF_EACH.values()])
def test_each_control_has_a_name_for_those_who_hear_the_page(desk: Desk, item: Item) -> None:
    root = desk.ask(item).root

    for control in root.xpath('//main//form//*[self::input[@type!="hidden"] or self::select or self::textarea]'):
        labels = root.xpath(f'//label[@for="{control.get("id")}"]')
        assert control.get("aria-label") or "".join(each.text_content() for each in labels).strip(), control.get("name")
    ids = root.xpath("//@id")
    assert len(ids) == len(set(ids))


class TestNothingAboutRightAnswersReachesTheBrowser:
    def test_no_words_that_come_after_the_answer(self, desk: Desk) -> None:
        for item in ITEMS:
            shown = html.unescape(desk.ask(item).response.get_data(as_text=True))
            item = item.for_seed(desk.seed)

            assert not [secret for secret in _secrets(item) if secret in shown], item.id
            for attribute in ("right", "solution", "accept", "correct", "data-"):
                assert attribute not in _tags_of_the_form(shown, item), item.id

    def test_typed_answers_stand_nowhere_but_in_what_the_pupil_is_to_read(self, desk: Desk) -> None:
        for item in ITEMS[::5]:
            if not isinstance(item.question, ShortText):
                continue
            shown = html.unescape(desk.ask(item).response.get_data(as_text=True))
            form = shown[shown.index("</h1>") : shown.index("</main>")].replace(item.id, "")
            given = html.unescape(str(prose(item.statement)))
            for accepted in item.question.expected.accepts:
                assert len(accepted) < 4 or form.count(accepted) <= given.count(accepted), item.id

    @pytest.mark.parametrize("seed", ["7", "8"])
    def test_the_page_is_the_same_whichever_choice_is_right(self, seed: str) -> None:
        seen = set()
        for item in ITEMS:
            made = item.for_seed(seed)
            question = made.question.task.question if isinstance(made.question, Practical) else made.question
            if isinstance(question, Choices | Lists):
                seen.add(named(item))
                assert present(made, seed) == presented(made, opposite(question), seed), item.id
        assert seen >= {"choice", "choices", "match", "select", "history", "access-rights", "mailbox", "metadata"}


class TestFiles:
    @pytest.fixture
    def item(self) -> Item:
        return next(item for item in ITEMS if item.question.world.files)

    def test_they_are_the_pupils_own_and_are_downloaded(self, desk: Desk, item: Item) -> None:
        page = desk.ask(item)
        (file, *_) = item.for_seed(desk.seed).question.world.files

        response = desk.browser.client.get(page.link(f"Télécharger {file.name}"))

        assert response.data == file.content
        assert response.mimetype == file.media_type
        assert response.headers["Content-Disposition"] == f"attachment; filename={file.name}"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cache-Control"].startswith("no-")

    def test_they_go_with_their_question(self, desk: Desk, item: Item) -> None:
        page = desk.ask(item)
        (address, *_) = page.root.xpath("//a[@download]/@href")
        desk.browser.press(page, "Je passe")

        assert desk.browser.get(address).code == "FICHIER"

    @pytest.mark.parametrize("name", ["autre.csv", "..%2f..%2fetc%2fpasswd", "%00"])
    def test_no_other_file_is_given(self, desk: Desk, item: Item, name: str) -> None:
        assert desk.browser.get(f"{desk.ask(item).path}/fichiers/{name}").status == 404

    def test_nobody_elses(self, desk: Desk, item: Item, town: Town) -> None:
        (address, *_) = desk.ask(item).root.xpath("//a[@download]/@href")
        town.enter(desk.browser, town.pupil("Hélène", "Besson"))

        assert desk.browser.get(address).code == "PARCOURS"


class TestAnswersInOddForms:
    def test_a_line_left_open_is_told_and_then_counts(self, desk: Desk) -> None:
        item = item_of("match")
        page = desk.ask(item)
        (name, values), *_ = to_form(item.question.right_response()).items()

        told = desk.browser.press(page, "Je valide", {name: values[0]})
        desk.browser.press(told, "Je valide")

        assert told.status == 422
        assert "Il reste une ligne sans réponse." in told.text
        assert told.root.xpath(f'//select[@name="{name}"]/option[@selected]/@value') == values
        assert [each.right for each in desk.answers()] == [False]

    @pytest.mark.parametrize("typed", ["é" * 10_000, "שלום 你好 \x00", '=HYPERLINK("http://x.example")', "<b>"])
    @pytest.mark.parametrize("kind", ["text", "csv-search", "program", "spreadsheet-formula", "fields"])
    def test_anything_typed_is_just_wrong(self, desk: Desk, kind: str, typed: str) -> None:
        typing = (ControlType.TEXT, ControlType.AREA, ControlType.NUMBER)
        item = next(each for each in ITEMS if named(each) == kind and present(each, "1").controls[0].type in typing)
        page = desk.ask(item)

        after = desk.browser.press(page, "Je valide", {each.name: typed for each in present(item, desk.seed).controls})

        assert after.path.endswith("/questions/2")
        assert [each.right for each in desk.answers()] == [False]


class TestWhatGetsLost:
    def test_an_answer_whose_page_never_arrived_counts_and_the_test_goes_on(self, desk: Desk) -> None:
        page = desk.page
        form = dict(page.form("Je passe").form_values()) | {"action": "passer"}
        desk.browser.client.post(page.path, data=form)  # the connection breaks before the next page

        again = desk.browser.client.post(page.path, data=form, follow_redirects=True)

        assert again.request.path.endswith("/questions/2")
        assert "Votre première réponse compte." in html.unescape(again.text)
        assert len(desk.answers()) == 1

    def test_a_crash_in_the_midst_of_an_answer_leaves_the_question_waiting(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as broken:
            broken.setattr(taking.runs, "_choose_next", _crash)
            crashed = desk.browser.press(desk.page, "Je passe")

        assert crashed.status == 500
        assert desk.answers() == []
        assert desk.browser.press(desk.browser.get(desk.page.path), "Je passe").path.endswith("/questions/2")
        assert len(desk.answers()) == 1


class TestReports:
    def test_a_question_that_seems_wrong_is_reported_and_the_test_goes_on(self, desk: Desk) -> None:
        page = desk.browser.get(desk.page.link("Signaler un problème avec cette question"))

        after = desk.browser.press(page, "J’envoie le signalement", {"raison": "autre", "mots": "Il manque un mot."})

        assert page.heading == "Signaler un problème avec la question 1"
        assert after.path == desk.page.path
        assert "Merci, votre signalement est enregistré. La question 1 sera relue." in after.text
        assert desk.answers() == []

    def test_a_reason_is_asked_for(self, desk: Desk) -> None:
        page = desk.browser.get(desk.page.link("Signaler un problème avec cette question"))

        again = desk.browser.press(page, "J’envoie le signalement", {"mots": "Il manque un mot."})

        assert again.status == 422
        assert "Choisissez ce qui ne va pas." in again.text
        assert "Il manque un mot." in again.text

    def test_one_can_be_reported_after_its_correction(self, desk: Desk) -> None:
        page = desk.page
        for _ in range(5):
            page = desk.browser.press(page, "Je passe")

        report = desk.browser.get(page.root.xpath('//a[contains(., "avec la question 2")]/@href')[0])

        assert report.heading == "Signaler un problème avec la question 2"

    def test_a_question_to_come_has_no_such_page(self, desk: Desk) -> None:
        assert desk.browser.get(f"{desk.page.path[:-1]}4/signalement").path == desk.page.path


def _crash(*_: object) -> None:
    raise OSError("the machine went away")


def presented(item: Item, question: Choices | Lists, seed: str) -> Presented:
    made = present(item, seed)
    return replace(made, controls=question.controls(seed), passage=question.passage(seed))


def opposite(question: Choices | Lists) -> Choices | Lists:
    """The question with right and wrong the other way round."""
    if isinstance(question, Choices):
        return replace(question, choices=tuple(_turned(each) for each in question.choices))
    return replace(
        question, rows=tuple(replace(row, choices=tuple(map(_turned, row.choices))) for row in question.rows)
    )


def _turned(choice: Choice) -> Choice:
    return replace(choice, right=not choice.right, shows="x")


def _secrets(item: Item) -> list[str]:
    """Texts that are made for after the answer."""
    question = item.question.task.question if isinstance(item.question, Practical) else item.question
    choices = list(question.choices) if isinstance(question, Choices) else []
    if isinstance(question, Lists):
        choices = [choice for row in question.rows for choice in row.choices]
    told = [each.shows for each in choices if each.shows]
    return [
        *told,
        item.tutorial.title,
        *(html.unescape(str(prose(each))) for each in (item.explanation, item.tutorial.text)),
    ]


def _tags_of_the_form(shown: str, item: Item) -> str:
    """The names of attributes and classes in the form, without any of the item's own words."""
    form = shown[shown.index('<form class="card"') : shown.index('<div class="actions">')]
    tags = [part.partition(">")[0] for part in form.split("<")[1:] if part.startswith(("input", "option", "select"))]
    return " ".join(tags).replace(item.id, "")
