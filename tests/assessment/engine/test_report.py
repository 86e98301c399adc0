"""Looking over the bank: its numbers, and what is seen beyond reading it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lti_tool.assessment.engine.items import bank, load_bank
from lti_tool.assessment.engine.report import ItemsReport, report
from tests.assessment.authoring import TUTORIAL, item_text, topic_text, write_topic

HEAD = 'id = "t"\ncompetence = "1.1"\ntitle = "T"\nauthor_note = "N."\n'
SKILL = '[[skills]]\nlevel = 1\nname = "A"\n'
PRACTICAL = {"kind": '"practical"', "choices": "", "sort": '"history"', "task": '"who"'}
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0"/></svg>'
WITH_PICTURE = TUTORIAL + 'picture = "dessin.svg"\nalternative = "Un trait."\n'


def looked_over(path: Path, text: str, picture: str | None = None) -> ItemsReport:
    profiles = path / "profiles"
    profiles.mkdir(exist_ok=True)
    write_topic(path / "bank", "t", text)
    if picture is not None:
        (path / "bank" / "1.1" / "dessin.svg").write_text(picture, encoding="utf-8")
    return report(path / "bank", profiles)


def messages(found: ItemsReport) -> list[tuple[str, str]]:
    return [(fault.item, fault.message) for fault in found.faults]


def test_the_bank_that_comes_with_the_tool_has_its_numbers_and_no_fault() -> None:
    found = report()
    assert found.faults == ()
    assert (found.skills, found.items) == (len(bank().skills), len(bank().items))
    assert found.skills >= 192
    assert found.items >= 240
    assert found.practical >= 36


def test_a_bank_that_cannot_be_loaded_counts_for_nothing(tmp_path: Path) -> None:
    found = looked_over(tmp_path, "nothing")
    assert (found.skills, found.items, found.practical) == (0, 0, 0)
    assert [fault.item for fault in found.faults] == ["bank", "t.toml"]


def test_a_word_that_no_task_fills_is_a_fault(tmp_path: Path) -> None:
    found = looked_over(
        tmp_path,
        HEAD + TUTORIAL + SKILL + item_text("t-1", **PRACTICAL, statement='"Qui, {personne}, a supprimé {part} ?"'),
    )
    assert found.practical == 1
    assert messages(found) == [("t-1-a", "le mot {personne} n'est pas remplacé")]


def test_a_tutorial_that_no_question_leads_to_is_a_fault(tmp_path: Path) -> None:
    other = TUTORIAL.replace('"aide"', '"autre"')
    found = looked_over(tmp_path, topic_text("t", (1,), head=other))
    assert messages(found) == [("t", "aucune question ne mène au tutoriel « autre »")]


def test_the_same_question_under_another_typography_is_a_fault(tmp_path: Path) -> None:
    one, other = item_text("t-1", statement='"Où est-il ?"'), item_text("t-1", "b", statement='"Ou est il?"')
    found = looked_over(tmp_path, HEAD + TUTORIAL + SKILL + one + other)
    assert messages(found) == [("t-1-b", "même question que t-1-a")]


def test_a_broken_profile_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "p.toml").write_text('position = 1\nname = "P"\ndescription = "D."\ntopics = ["gone"]\n')
    found = looked_over(tmp_path, topic_text("t", (1,)))
    assert messages(found) == [("p", "« gone » n'est pas un sujet")]


def test_a_picture_comes_with_its_words(tmp_path: Path) -> None:
    found = looked_over(tmp_path, HEAD + WITH_PICTURE + SKILL + item_text("t-1"), DRAWING)
    assert found.faults == ()
    picture = load_bank(tmp_path / "bank").item("t-1-a").tutorial.picture
    assert picture is not None
    assert (picture.name, picture.alternative, picture.svg) == ("dessin.svg", "Un trait.", DRAWING.encode())
    assert load_bank(tmp_path / "bank").item("t-1-a").picture is None


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        pytest.param(None, "n'existe pas", id="no file"),
        pytest.param("<svg", "ne se lit pas", id="not XML"),
        pytest.param("<svg/>", "viewBox", id="no size"),
        pytest.param(DRAWING.replace("<path", "<script"), "« script »", id="a script"),
        pytest.param(DRAWING.replace("<path", '<path onclick="x"'), "« onclick »", id="a handler"),
        pytest.param(
            DRAWING.replace("<path", '<use href="https://x.example/a"'), "« href »", id="something from elsewhere"
        ),
        pytest.param(f"<!DOCTYPE svg>{DRAWING}", "DOCTYPE", id="a DOCTYPE"),
        pytest.param(DRAWING + " " * 70_000, "dépasse", id="too large"),
    ],
)
def test_a_picture_that_does_more_than_draw_is_a_fault(tmp_path: Path, picture: str | None, message: str) -> None:
    found = looked_over(tmp_path, HEAD + WITH_PICTURE + SKILL + item_text("t-1"), picture)
    assert any(message in fault.message for fault in found.faults), found.faults


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        pytest.param('picture = "dessin.svg"\n', "demande « alternative »", id="no words"),
        pytest.param('alternative = "Un trait."\n', "sans « picture »", id="words without picture"),
        pytest.param('picture = "../dessin.svg"\nalternative = "Un."\n', "le nom d'une image", id="from elsewhere"),
    ],
)
def test_a_picture_and_its_words_go_together(tmp_path: Path, keys: str, message: str) -> None:
    found = looked_over(tmp_path, HEAD + TUTORIAL + keys + SKILL + item_text("t-1"), DRAWING)
    assert any(message in fault.message for fault in found.faults), found.faults


def test_a_picture_that_nothing_shows_is_a_fault(tmp_path: Path) -> None:
    found = looked_over(tmp_path, topic_text("t", (1,)), DRAWING)
    assert messages(found) == [("dessin.svg", "cette image n'est montrée nulle part")]
