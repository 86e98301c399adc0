"""From the browser's form to the verdict, for each kind of question."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.assessment.engine.checking import (
    check,
    correction_lines,
    from_json,
    parse_response,
    present,
    to_form,
    to_json,
)
from lti_tool.assessment.engine.items import Item, Tutorial, bank
from lti_tool.assessment.engine.kinds import (
    Choice,
    Field,
    OneChoice,
    Question,
    Response,
    SeveralChoices,
    SeveralFields,
    ShortText,
)
from lti_tool.assessment.engine.kinds.texts import Expected, Refused

CHOICES = (
    Choice("c1", "un", right=True, shows=None),
    Choice("c2", "deux", right=False, shows="Prend deux pour un."),
    Choice("c3", "trois", right=True, shows=None),
    Choice("c4", "quatre", right=False, shows=None),
)
ONE = OneChoice((CHOICES[0], CHOICES[1], CHOICES[3]))
SEVERAL = SeveralChoices(CHOICES)
BIN = Expected(("corbeille",), frozenset({"t1", "t2", "t3"}), (Refused("dossier", "Confond avec un dossier."),))
ODT = Expected(("odt", ".odt"), frozenset({"t1"}), (Refused("pdf", "Confond les formats."),))
TEXT = ShortText(BIN)
FIELDS = SeveralFields((Field("lieu", "Le lieu", BIN), Field("extension", "L'extension", ODT)))


def item(question: Question) -> Item:
    return Item("sujet-1-a", "sujet-1", "Quoi ?", question, Tutorial("aide", "sujet", "Aide", "Aide."), "Parce que.")


@pytest.mark.parametrize(
    ("question", "form"),
    [
        pytest.param(ONE, {"choice": ["c1"]}, id="choice"),
        pytest.param(ONE, {"choice": ["c1", "c1", "unknown"]}, id="choice: ids of no choice are ignored"),
        pytest.param(SEVERAL, {"choice": ["c3", "c1"]}, id="choices in any order"),
        pytest.param(TEXT, {"answer": [" Corbeile "]}, id="text within the tolerances"),
        pytest.param(FIELDS, {"field-lieu": ["la corbeille"[3:]], "field-extension": [".ODT"]}, id="fields"),
    ],
)
def test_right(question: Question, form: dict[str, list[str]]) -> None:
    response = parse_response(item(question), form)
    assert response is not None
    assert check(item(question), response).right


@pytest.mark.parametrize(
    ("question", "form", "shows"),
    [
        pytest.param(ONE, {"choice": ["c2"]}, "Prend deux pour un.", id="choice"),
        pytest.param(ONE, {"choice": ["c1", "c2"]}, "Prend deux pour un.", id="choice: two ticked by a forged form"),
        pytest.param(ONE, {"choice": ["c4"]}, None, id="choice: what it shows is not known"),
        pytest.param(SEVERAL, {"choice": ["c1"]}, None, id="choices: one is missing"),
        pytest.param(SEVERAL, {"choice": ["c1", "c2", "c3"]}, "Prend deux pour un.", id="choices: one too many"),
        pytest.param(TEXT, {"answer": ["Dossier"]}, "Confond avec un dossier.", id="text: foreseen"),
        pytest.param(TEXT, {"answer": ["nuage"]}, None, id="text: not foreseen"),
        pytest.param(TEXT, {"answer": ["corbeille" * 2000]}, None, id="text: 18,000 characters"),
        pytest.param(TEXT, {"answer": ["corbeille" + "\x00" * 20_000]}, None, id="text: NUL characters"),
        pytest.param(TEXT, {"answer": ["=SOMME(A1:A9)"]}, None, id="text: a formula"),
        pytest.param(TEXT, {"answer": ["корзина"]}, None, id="text: another alphabet"),
        pytest.param(FIELDS, {"field-lieu": ["corbeille"]}, None, id="fields: one left empty"),
        pytest.param(
            FIELDS,
            {"field-lieu": ["corbeille"], "field-extension": ["pdf"]},
            "Confond les formats.",
            id="fields: one wrong",
        ),
    ],
)
def test_wrong(question: Question, form: dict[str, list[str]], shows: str | None) -> None:
    response = parse_response(item(question), form)
    assert response is not None
    verdict = check(item(question), response)
    assert not verdict.right
    assert verdict.shows == shows


@pytest.mark.parametrize(
    ("question", "form"),
    [
        pytest.param(ONE, {}, id="choice: none"),
        pytest.param(ONE, {"choice": ["c3"]}, id="choice: of another question"),
        pytest.param(SEVERAL, {"choice": []}, id="choices: none"),
        pytest.param(TEXT, {"answer": [" \u00a0\t"]}, id="text: blank"),
        pytest.param(FIELDS, {"field-lieu": [""], "other": ["corbeille"]}, id="fields: all blank"),
    ],
)
def test_nothing_answered(question: Question, form: dict[str, list[str]]) -> None:
    assert parse_response(item(question), form) is None


def test_a_question_passed_over_is_wrong() -> None:
    assert not check(item(ONE), None).right


def test_each_kind_shows_what_was_given_beside_what_was_expected() -> None:
    given = Response(fields=(("lieu", "Corbeile"), ("extension", "pdf")))
    place, extension = correction_lines(item(FIELDS), given)
    assert (place.label, place.given, place.expected, place.right) == ("Le lieu", ("Corbeile",), ("corbeille",), True)
    assert (extension.given, extension.expected, extension.right) == (("pdf",), ("odt",), False)
    (choices,) = correction_lines(item(SEVERAL), Response(choices=("c1", "c2")))
    assert (choices.given, choices.expected, choices.right) == (("un", "deux"), ("un", "trois"), False)
    (text,) = correction_lines(item(TEXT), None)
    assert (text.given, text.expected, text.right) == ((), ("corbeille",), False)


@given(st.sampled_from(sorted(bank().items)))
def test_the_right_response_survives_the_form_and_the_database(item_id: str) -> None:
    item = bank().item(item_id)
    response = item.question.right_response()
    assert check(item, response).right
    assert parse_response(item, to_form(response)) == response
    assert from_json(to_json(response)) == response
    assert all(line.right for line in correction_lines(item, response))


@given(
    st.sampled_from((ONE, SEVERAL, TEXT, FIELDS)),
    st.dictionaries(
        st.sampled_from(("choice", "answer", "field-lieu", "field-extension")),
        st.lists(st.text(st.characters()) | st.sampled_from(("c1", "c2", "c3", "corbeille")), max_size=3),
    ),
)
def test_no_form_breaks_a_checker(question: Question, form: dict[str, list[str]]) -> None:
    response = parse_response(item(question), form)
    if response is not None:
        check(item(question), response)
        assert from_json(to_json(response)) == response
        stored = [response.text or "", *(text for _, text in response.fields)]
        assert all("\x00" not in text and text.encode() is not None for text in stored)


def test_choices_are_shown_in_an_order_of_the_seed() -> None:
    orders = {
        tuple(option.value for option in present(item(SEVERAL), str(seed)).controls[0].options) for seed in range(50)
    }
    assert len(orders) > 5
    assert all(sorted(order) == ["c1", "c2", "c3", "c4"] for order in orders)
    assert present(item(SEVERAL), "7") == present(item(SEVERAL), "7")


def test_the_id_of_a_choice_does_not_tell_its_place_in_the_file() -> None:
    firsts = [item.question.choices[0].id for item in bank().items.values() if isinstance(item.question, OneChoice)]
    assert len(set(firsts)) == len(firsts)
