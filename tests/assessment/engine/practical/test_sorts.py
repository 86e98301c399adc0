"""Every sort of practical item and each of its tasks: made from a seed, solvable, different for neighbours, checked."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator

import pytest
from lxml import etree

from lti_tool.assessment.engine.checking import check, from_json, parse_response, present, to_form, to_json
from lti_tool.assessment.engine.items import Item, Tutorial
from lti_tool.assessment.engine.kinds import Response, SeveralFields, ShortText
from lti_tool.assessment.engine.practical.draw import Draw
from lti_tool.assessment.engine.practical.question import SORTS, Practical
from lti_tool.assessment.engine.tables import Table
from lti_tool.assessment.engine.worlds import Spreadsheet

SEEDS = [str(seed) for seed in range(30)]


def tasks() -> Iterator[object]:
    for sort, generator in SORTS.items():
        for task in getattr(generator, "tasks", ()):
            yield pytest.param(sort, task, id=f"{sort} {task}")


def item_of(sort: str, task: str, **more: object) -> Item:
    table = Table({"sort": sort, "task": task, **more}, "t-1-a", [])
    question = Practical.read(table)
    table.end()
    assert table.faults == []
    return Item("t-1-a", "t-1", "Trouvez {right}.", question, Tutorial("a", "t", "A", "A."), "Parce que.")


@pytest.mark.parametrize(("sort", "task"), list(tasks()))
def test_every_seed_can_be_solved_through_the_form(sort: str, task: str) -> None:
    item = item_of(sort, task)
    for seed in SEEDS:
        made = item.for_seed(seed)
        response = made.question.right_response()
        form = to_form(response)
        assert set(form) <= {control.name for control in present(item, seed).controls}
        assert parse_response(item, form, seed) == response
        assert check(item, from_json(to_json(response)), seed).right
        assert all(line.right for line in made.question.correct(response))
        assert parse_response(item, {}, seed) is None
        assert not check(item, Response(text="x" * 10_000), seed).right


@pytest.mark.parametrize(("sort", "task"), list(tasks()))
def test_neighbours_meet_different_worlds_or_answers_and_a_return_the_same(sort: str, task: str) -> None:
    item = item_of(sort, task)
    answers = [tuple(line.expected for line in item.for_seed(seed).question.correct(None)) for seed in SEEDS]
    assert len(set(answers)) >= 3
    for seed in SEEDS[:5]:
        assert present(item, seed) == present(item, seed)
        assert item.for_seed(seed) == item.for_seed(seed)
    assert item.for_seed("1").for_seed("2") == item.for_seed("1")


@pytest.mark.parametrize(("sort", "task"), list(tasks()))
def test_what_is_foreseen_as_wrong_is_refused(sort: str, task: str) -> None:
    """Typed answers only: a wrong choice is one by construction."""
    for seed in SEEDS:
        made = item_of(sort, task).for_seed(seed).question
        assert isinstance(made, Practical)
        question = made.task.question
        if isinstance(question, ShortText):
            for refused in question.expected.refuses:
                assert not question.check(Response(text=refused.text)).right, (seed, refused)
        if isinstance(question, SeveralFields):
            for field in question.fields:
                for refused in field.expected.refuses:
                    assert not field.expected.check(refused.text).right, (seed, refused)


def test_the_words_of_the_item_are_filled_in() -> None:
    item = item_of("csv-search", "lookup").for_seed("3")
    assert "{" not in item.statement
    assert item.statement != "Trouvez {right}."


def test_what_a_seed_draws_never_changes() -> None:
    """Pupils come back to the same world after an upgrade: these draws stay as they are."""
    draw = Draw("graine")
    assert [draw.below(10) for _ in range(5)] == [4, 3, 0, 3, 0]
    assert Draw("graine").shuffled("abcdef") == list("becfda")


@pytest.mark.parametrize("extension", ["csv", "ods"])
def test_the_file_holds_what_is_asked(extension: str) -> None:
    item = item_of("csv-search", "count", format=extension)
    made = item.for_seed("5")
    (file,) = present(item, "5").world.files
    rows = read_csv(file.content) if extension == "csv" else read_ods(file.content)
    genre = dict(made.question.words)["genre"]
    assert len(rows) == 81
    assert str(sum(row[3] == genre for row in rows)) == made.question.right_response().text
    assert present(item, "5").world.file(file.name) == file
    assert present(item, "5").world.file("autre") is None


def read_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def read_ods(content: bytes) -> list[list[str]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist()[0] == "mimetype"
        root = etree.fromstring(archive.read("content.xml"))
    space = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
    return [["".join(cell.itertext()) for cell in row] for row in root.iter(f"{space}table-row")]


@pytest.mark.parametrize(
    ("task", "formula", "right"),
    [
        pytest.param("range", "=SOMME(B2:B{last})", True, id="range: the function"),
        pytest.param("range", "={sum}", True, id="range: one by one"),
        pytest.param("range", "={total}", False, id="range: the result typed"),
        pytest.param("range", "=SOMME(B1:B{last})", True, id="range: the heading too"),
        pytest.param("range", "=SOMME(B2:B{own})", False, id="range: its own cell"),
        pytest.param("range", "SOMME(B2:B{last})", False, id="range: no equals sign"),
        pytest.param("mean", "=SOMME(B2:B{last})/NB(B2:B{last})", True, id="mean: another way"),
        pytest.param("fixed", "={held}*B{own}", True, id="fixed: the other way round"),
        pytest.param("fixed", "=B{own}*${held}", True, id="fixed: column held too"),
        pytest.param("fixed", "=B{own}*{count}", False, id="fixed: not held"),
        pytest.param("test", '=SI(B2<{limit};"{bad}";"{good}")', True, id="test: the contrary"),
        pytest.param("count", '=NB.SI(B$2:B${last};"{yes}")', True, id="count: held"),
        pytest.param(
            "discount", "=B{own}*C{own}*SI(C{own}<{held_least};1;1-{held}%)", True, id="discount: one product"
        ),
    ],
)
def test_any_formula_that_gives_the_right_results_is_right(task: str, formula: str, right: bool) -> None:
    item = item_of("spreadsheet-formula", task)
    for seed in SEEDS[:8]:
        made = item.for_seed(seed)
        words = dict(made.question.words)
        (sheet,) = made.question.world.parts
        assert isinstance(sheet, Spreadsheet)
        own = int(words["cell"][1:])
        values = [row[1] for row in sheet.cells[1 : own - 1]]
        held = words.get("count", words.get("percent", "")) if task in ("fixed", "discount") else ""
        words |= {"held": f"{held[:1]}${held[1:]}", "held_least": "${}${}".format(*(words.get("least") or "AA"))}
        words |= {"last": str(own - 1), "own": str(own), "sum": "+".join(f"B{n}" for n in range(2, own))}
        words["total"] = str(sum(int(value) for value in values if value.isdigit()))
        assert check(made, Response(text=formula.format(**words))).right == right


def test_a_foreseen_formula_shows_its_mistake() -> None:
    made = item_of("spreadsheet-formula", "fixed").for_seed("1")
    right = made.question.right_response().text or ""
    shows = check(made, Response(text=right.replace("=B", "=$B$"))).shows
    assert shows is not None
    assert "Bloque aussi le prix" in shows


def test_a_program_is_right_by_what_it_does() -> None:
    item = item_of("program", "write")
    right = item.for_seed("4").question.right_response().text
    assert right is not None
    assert check(item, Response(text=right.upper().replace("À", "a")), "4").right
    verdict = check(item, Response(text="avancer 1\nsauter"), "4")
    assert (verdict.right, verdict.shows) == (False, "Ligne 2 : Le robot ne connaît pas cette instruction.")
    long = check(item, Response(text="avancer 1\n" * 7), "4")
    assert (long.right, "lignes" in (long.shows or "")) == (False, True)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        pytest.param({"sort": "magie"}, "n'est pas une sorte", id="unknown sort"),
        pytest.param({"sort": "mailbox", "task": "manger"}, "n'est pas une tâche", id="unknown task"),
        pytest.param({"sort": "mailbox"}, "« task » manque", id="no task"),
        pytest.param({"sort": "csv-search", "task": "count", "format": "xls"}, "csv ou ods", id="format"),
        pytest.param({"sort": "csv-search", "task": "count", "lines": 5000}, "de 20 à 200", id="lines"),
    ],
)
def test_a_fault_of_the_author_is_told(table: dict[str, object], message: str) -> None:
    faults = Table(table, "t-1-a", [])
    Practical.read(faults)
    assert any(message in fault.message for fault in faults.faults)
