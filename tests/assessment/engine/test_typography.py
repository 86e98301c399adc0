"""French spaces where no line may break, and elision before the words of a practical item."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lti_tool.assessment.engine.items import bank
from lti_tool.assessment.engine.typography import typographic


@pytest.mark.parametrize(
    ("typed", "set_"),
    [
        pytest.param("Où ?", "Où\u00a0?", id="a question mark"),
        pytest.param("« oui » : non ; 5 %", "«\u00a0oui\u00a0»\u00a0: non\u00a0; 5\u00a0%", id="guillemets and others"),
        pytest.param("4 000 pixels", "4\u00a0000 pixels", id="thousands"),
        pytest.param("1 000 000 octets", "1\u00a0000\u00a0000 octets", id="millions"),
        pytest.param("8 €", "8\u00a0€", id="euros"),
        pytest.param("le 12 mai 2026", "le 12 mai 2026", id="a date is no number"),
        pytest.param("12 1234", "12 1234", id="four digits are another number"),
        pytest.param("`a ? 1 000`", "`a ? 1 000`", id="code is left alone"),
    ],
)
def test_no_line_breaks_there(typed: str, set_: str) -> None:
    assert typographic(typed) == set_


def test_words_are_elided_before_a_vowel() -> None:
    item = next(item for item in bank().items.values() if item.kind == "practical" and "{person}" in item.statement)
    item = replace(item, statement="La note de {person}, ce que {person} a fait, avec {person}.")
    made = {item.for_seed(str(seed)).statement for seed in range(40)}
    assert any(text.startswith("La note d'A") for text in made)
    assert any(text.startswith("La note de N") for text in made)
    for text in made:
        vowel = text.partition("avec ")[2][0] in "AEIOÉ"
        assert ("d'" in text, "qu'" in text) == (vowel, vowel), text
