"""Codes: easy to copy, hard to mistake, taken however they are typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.campaigns.codes import DIGITS, LETTERS, new_code, normalise


def test_a_code_has_six_letters_and_three_digits_without_those_that_look_alike() -> None:
    for _ in range(200):
        code = new_code()
        assert len(code) == 9
        assert set(code[:6]) <= set(LETTERS)
        assert set(code[6:]) <= set(DIGITS)
    assert not set("ILO01") & (set(LETTERS) | set(DIGITS))


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("ABCDEF234", id="as given"),
        pytest.param("abcdef234", id="small letters"),
        pytest.param("  ABC DEF 234 ", id="spaces"),
        pytest.param("abc-def-234", id="dashes"),
        pytest.param("ABC DEF 234\n", id="pasted with a no-break space and a line end"),
        pytest.param("ＡＢＣＤＥＦ２３４", id="full width"),
    ],
)
def test_what_was_meant_is_understood(typed: str) -> None:
    assert normalise(typed) == "ABCDEF234"


@pytest.mark.parametrize("typed", ["", "ABCDEF23", "ABCDEF2345", "ABCDEO234", "ABCDEF204", "234ABCDEF", "é" * 9])
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert normalise(typed) is None


@given(st.text())
def test_anything_may_be_typed(typed: str) -> None:
    code = normalise(typed)
    assert code is None or normalise(code) == code
