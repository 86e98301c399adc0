"""Numbers, ordering, matching, gaps in a text: what is accepted, what is refused, what the page is given."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.assessment.engine.checking import check, correction_lines, parse_response, present, to_form
from lti_tool.assessment.engine.items import Item, faults, load_bank
from lti_tool.assessment.engine.kinds import ControlType, Form, Number, Response
from lti_tool.assessment.engine.kinds.numbers import french, parse_number
from tests.assessment.authoring import TUTORIAL, item_text, write_topic

HEAD = 'id = "t"\ncompetence = "1.1"\ntitle = "T"\nauthor_note = "N."\n' + TUTORIAL
SKILL = '[[skills]]\nlevel = 1\nname = "A"\n'
NUMBER = """
answer = 2.5
tolerance = 0.1
unit = "Mo"
units = [{ name = "ko", worth = 0.001 }, { name = "Go", worth = 1000 }]
refuses = [{ value = 2500, shows = "Donne des ko." }]
"""
ORDER = """
lines = ["un", "deux", "trois", "quatre"]
also = [{ order = [2, 1, 3, 4] }]
refuses = [{ before = 3, after = 1, shows = "Met trois avant un." }]
"""
MATCH = """
pairs = [
  { left = "photo.jpg", right = "Image" },
  { left = "chant.mp3", right = "Son" },
  { left = "dessin.png", right = "Image" },
]
extra = ["Texte"]
refuses = [{ left = "chant.mp3", right = "Image", shows = "Confond son et image." }]
"""
SELECT = """
text = "Les adresses vont dans {champ}, et\\nla photo en {piece}."
[[skills.items.gaps]]
name = "champ"
label = "Champ des adresses"
choices = [{ text = "Cci", right = true }, { text = "Cc", shows = "Montre les adresses." }, { text = "Objet" }]
[[skills.items.gaps]]
name = "piece"
label = "Où va la photo"
choices = [{ text = "pièce jointe", right = true }, { text = "signature" }]
"""


def text_of(kind: str, body: str) -> str:
    return HEAD + SKILL + item_text("t-1", kind=f'"{kind}"', choices="") + body


def item_of(path: Path, kind: str, body: str) -> Item:
    write_topic(path, "t", text_of(kind, body))
    return load_bank(path).item("t-1-a")


@pytest.fixture(scope="module")
def number(tmp_path_factory: pytest.TempPathFactory) -> Item:
    return item_of(tmp_path_factory.mktemp("number"), "number", NUMBER)


@pytest.fixture(scope="module")
def order(tmp_path_factory: pytest.TempPathFactory) -> Item:
    return item_of(tmp_path_factory.mktemp("order"), "order", ORDER)


@pytest.fixture(scope="module")
def match(tmp_path_factory: pytest.TempPathFactory) -> Item:
    return item_of(tmp_path_factory.mktemp("match"), "match", MATCH)


@pytest.fixture(scope="module")
def select(tmp_path_factory: pytest.TempPathFactory) -> Item:
    return item_of(tmp_path_factory.mktemp("select"), "select", SELECT)


def lists(item: Item, *texts: str | None) -> Form:
    """The form in which these words are chosen, line by line in the file's order; None leaves a line as it is."""
    controls = {control.name: control for control in present(item, "1").controls}
    names = [row.control for row in getattr(item.question, "rows", ())]
    form = {}
    for name, text in zip(names, texts, strict=True):
        value = next((option.value for option in controls[name].options if option.text == text), "")
        form[name] = [value]
    return form


@pytest.mark.parametrize(
    "typed",
    [
        "2,5", "2.5", " 2,50 ", "2,5 Mo", "2.5mo", "2,5\u00a0Mo", "+2,5", "2,45", "2,6", "2500 ko", "2 500 ko",
        "2\u202f500 ko", "0,0025 Go", "2500,0 KO", ",00250 Go",
    ],
)  # fmt: skip
def test_a_number_is_right_however_it_is_written(number: Item, typed: str) -> None:
    response = parse_response(number, {"answer": [typed]})
    assert check(number, response).right


@pytest.mark.parametrize(
    ("typed", "shows"),
    [
        pytest.param("2500", "Donne des ko.", id="foreseen"),
        pytest.param("2,7", None, id="beyond the tolerance"),
        pytest.param("-2,5", None, id="sign"),
        pytest.param("2,5 Mb", None, id="another unit"),
        pytest.param("2,5 5", None, id="two numbers"),
        pytest.param("2,500.0", None, id="both separators"),
        pytest.param("25 00 ko", None, id="spaces in the wrong place"),
        pytest.param("2.5e0", None, id="scientific"),
        pytest.param("=5/2", None, id="a formula"),
        pytest.param("deux et demi", None, id="words"),
        pytest.param("٢٫٥", None, id="another alphabet"),
        pytest.param("2" * 10_000, None, id="10,000 digits"),
        pytest.param("−", None, id="a sign alone"),
        pytest.param("Mo", None, id="a unit alone"),
    ],
)
def test_a_number_is_wrong(number: Item, typed: str, shows: str | None) -> None:
    verdict = check(number, parse_response(number, {"answer": [typed]}))
    assert (verdict.right, verdict.shows) == (False, shows)


def test_a_number_is_shown_with_a_comma_and_its_unit(number: Item) -> None:
    (line,) = correction_lines(number, Response(text="3"))
    assert (line.given, line.expected, line.right) == (("3",), ("2,5 Mo",), False)
    (control,) = present(number, "1").controls
    assert (control.type, control.unit) == (ControlType.NUMBER, "Mo")


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=4))
def test_a_number_that_is_shown_can_be_typed_back(value: Decimal) -> None:
    assert parse_number(french(value)) == (value, "")
    assert check_of(value, french(value))


def check_of(answer: Decimal, text: str) -> bool:
    return Number(answer).check(Response(text=text)).right


@given(st.text())
def test_no_text_breaks_the_reading_of_numbers(text: str) -> None:
    parse_number(text)


def ranks(item: Item, *order: str) -> Form:
    """The form that gives its rank to each line, these lines being in order."""
    places = {text: str(place) for place, text in enumerate(order, 1)}
    return {control.name: [places.get(control.label, "")] for control in present(item, "1").controls}


@pytest.mark.parametrize(
    ("order_given", "right", "shows"),
    [
        pytest.param(("un", "deux", "trois", "quatre"), True, None, id="right"),
        pytest.param(("deux", "un", "trois", "quatre"), True, None, id="the other right one"),
        pytest.param(("un", "trois", "deux", "quatre"), False, None, id="wrong, not foreseen"),
        pytest.param(("trois", "un", "deux", "quatre"), False, "Met trois avant un.", id="wrong, foreseen"),
    ],
)
def test_an_order(order: Item, order_given: tuple[str, ...], right: bool, shows: str | None) -> None:
    response = parse_response(order, ranks(order, *order_given))
    assert response is not None
    assert order.question.remark(response) is None
    assert (check(order, response).right, check(order, response).shows) == (right, shows)
    (line,) = correction_lines(order, response)
    assert line.given == order_given
    assert line.expected == (order_given if right else ("un", "deux", "trois", "quatre"))


@pytest.mark.parametrize(
    ("changes", "remark"),
    [
        pytest.param({"trois": "2"}, "Deux lignes ont le même numéro.", id="a rank twice"),
        pytest.param({"trois": ""}, "Il reste une ligne sans réponse.", id="a line without rank"),
        pytest.param({"trois": "9"}, "Il reste une ligne sans réponse.", id="a rank that is not offered"),
    ],
)
def test_an_order_that_is_none_is_remarked_and_wrong(order: Item, changes: dict[str, str], remark: str) -> None:
    form = dict(ranks(order, "un", "deux", "trois", "quatre"))
    form |= {
        control.name: [changes[control.label]] for control in present(order, "1").controls if control.label in changes
    }
    response = parse_response(order, form)
    assert response is not None
    assert order.question.remark(response) == remark
    assert not check(order, response).right


@given(st.integers())
def test_lines_are_never_shown_in_the_right_order(order: Item, seed: int) -> None:
    shown = [control.label for control in present(order, str(seed)).controls]
    assert sorted(shown) == sorted(("un", "deux", "trois", "quatre"))
    assert shown != ["un", "deux", "trois", "quatre"]


@pytest.mark.parametrize(
    ("chosen", "right", "shows"),
    [
        pytest.param(("Image", "Son", "Image"), True, None, id="right, one of them twice"),
        pytest.param(("Image", "Image", "Image"), False, "Confond son et image.", id="foreseen"),
        pytest.param(("Texte", "Son", "Image"), False, None, id="one that fits nothing"),
        pytest.param(("Image", "Son", None), False, None, id="a line left out"),
    ],
)
def test_a_matching(match: Item, chosen: tuple[str | None, ...], right: bool, shows: str | None) -> None:
    response = parse_response(match, lists(match, *chosen))
    assert response is not None
    assert (check(match, response).right, check(match, response).shows) == (right, shows)
    assert (match.question.remark(response) is None) == (None not in chosen)
    assert [line.expected for line in correction_lines(match, response)] == [("Image",), ("Son",), ("Image",)]


@pytest.mark.parametrize(
    ("chosen", "right", "shows"),
    [
        pytest.param(("Cci", "pièce jointe"), True, None, id="right"),
        pytest.param(("Cc", "pièce jointe"), False, "Montre les adresses.", id="foreseen"),
        pytest.param((None, "pièce jointe"), False, None, id="a gap left"),
    ],
)
def test_gaps(select: Item, chosen: tuple[str | None, ...], right: bool, shows: str | None) -> None:
    response = parse_response(select, lists(select, *chosen))
    assert (check(select, response).right, check(select, response).shows) == (right, shows)


def test_gaps_stand_in_their_text(select: Item) -> None:
    before, first, between, second, after = present(select, "1").passage
    assert (before, between, after) == ("Les adresses vont dans ", ", et\nla photo en ", ".")
    assert (first, second) == present(select, "1").controls


@pytest.mark.parametrize("kind", ["number", "order", "match", "select"])
def test_what_the_page_is_given_tells_nothing(kind: str, request: pytest.FixtureRequest) -> None:
    item: Item = request.getfixturevalue(kind)
    shown = repr(present(item, "7"))
    assert "right" not in shown
    assert "shows" not in shown
    assert "2.5" not in shown
    assert parse_response(item, {}) is None
    assert parse_response(item, to_form(item.question.right_response())) == item.question.right_response()


@pytest.mark.parametrize(
    ("kind", "body", "message"),
    [
        pytest.param("number", 'answer = "2"', "« answer » doit être un nombre", id="number: text"),
        pytest.param("number", "answer = nan", "« answer » doit être un nombre", id="number: not finite"),
        pytest.param("number", "answer = true", "« answer » doit être un nombre", id="number: truth"),
        pytest.param("number", "tolerance = 1", "« answer » manque", id="number: none"),
        pytest.param("number", "answer = 2\ntolerance = -1", "négatif", id="number: tolerance"),
        pytest.param("number", 'answer = 2\nunits = [{ name = "ko", worth = 1 }]', "« unit »", id="units alone"),
        pytest.param(
            "number", 'answer = 2\nrefuses = [{ value = 2.0, shows = "x" }]', "est acceptée", id="number: refuses right"
        ),
        pytest.param("order", 'lines = ["a", "b"]', "trois à huit", id="order: two lines"),
        pytest.param("order", 'lines = ["a", "b", "a"]', "même texte", id="order: line twice"),
        pytest.param("order", 'lines = ["a", "b", "c"]\nalso = [{ order = [1, 2] }]', "chaque numéro", id="also"),
        pytest.param(
            "order", 'lines = ["a", "b", "c"]\nrefuses = [{ before = 1, after = 3, shows = "x" }]', "« before »",
            id="order: a right one refused",
        ),
        pytest.param("match", 'pairs = [{ left = "a", right = "b" }]', "deux à huit lignes", id="match: one line"),
        pytest.param(
            "match", MATCH.replace('"chant.mp3", right = "Image"', '"chant.mp3", right = "Son"'), "mauvaise réponse",
            id="match: a right one refused",
        ),
        pytest.param("select", SELECT.replace("{piece}", "{autre}"), "sous la forme {nom}", id="gap lost"),
        pytest.param("select", SELECT.replace(", right = true", "", 1), "dont un bon", id="select: none right"),
        pytest.param("select", SELECT.replace('"Cc"', '"Cci"'), "même texte", id="select: choice twice"),
    ],
)  # fmt: skip
def test_a_fault_of_the_author_is_told(tmp_path: Path, kind: str, body: str, message: str) -> None:
    write_topic(tmp_path, "t", text_of(kind, body))
    assert any(message in fault.message for fault in faults(tmp_path)), faults(tmp_path)
