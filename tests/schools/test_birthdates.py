"""Birthdates as people type them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.schools.birthdates import BirthdateError, from_fields, is_plausible

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param(("14", "3", "2012"), date(2012, 3, 14), id="short month"),
        pytest.param(("03", "03", "2012"), date(2012, 3, 3), id="zeros"),
        pytest.param((" 3 ", "3\t", " 2012 "), date(2012, 3, 3), id="spaces"),
        pytest.param(("14", "mars", "2012"), date(2012, 3, 14), id="month in letters"),
        pytest.param(("14", "Févr.", "2012"), date(2012, 2, 14), id="month shortened, accent, point"),
        pytest.param(("1", "AOUT", "2012"), date(2012, 8, 1), id="month in capitals"),
        pytest.param(("29", "2", "2012"), date(2012, 2, 29), id="leap day"),
        pytest.param(("23", "11", "2026"), TODAY, id="today"),
        pytest.param(("٣", "٣", "٢٠١٢"), date(2012, 3, 3), id="digits of another script"),
    ],
)
def test_read(typed, expected):
    assert from_fields(*typed, today=TODAY) == expected


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        pytest.param(("", "3", "2012"), "day", id="no day"),
        pytest.param(("0", "3", "2012"), "day", id="day 0"),
        pytest.param(("32", "3", "2012"), "day", id="day 32"),
        pytest.param(("-1", "3", "2012"), "day", id="minus"),
        pytest.param(("1er", "3", "2012"), "day", id="letters"),
        pytest.param(("31", "4", "2012"), "day", id="31 April"),
        pytest.param(("29", "2", "2013"), "day", id="29 February of a common year"),
        pytest.param(("14", "13", "2012"), "month", id="month 13"),
        pytest.param(("14", "0", "2012"), "month", id="month 0"),
        pytest.param(("14", "marsu", "2012"), "month", id="unknown month"),
        pytest.param(("14", "3", "12"), "year", id="two digits"),
        pytest.param(("14", "3", "012"), "year", id="three digits"),
        pytest.param(("14", "3", "20122"), "year", id="five digits"),
        pytest.param(("14", "3", "²012"), "year", id="a superscript"),
        pytest.param(("14", "3", "0000"), "year", id="year 0"),
        pytest.param(("24", "11", "2026"), "year", id="tomorrow"),
        pytest.param(("22", "11", "1926"), "year", id="more than a century ago"),
    ],
)
def test_refused(typed, field):
    with pytest.raises(BirthdateError) as refused:
        from_fields(*typed, today=TODAY)
    assert refused.value.field == field


@given(st.dates(min_value=date(1927, 1, 1), max_value=TODAY))
def test_every_plausible_date_is_read_back(birthdate):
    assert from_fields(str(birthdate.day), f"{birthdate.month:02}", str(birthdate.year), TODAY) == birthdate


@given(st.text(max_size=8), st.text(max_size=8), st.text(max_size=8))
def test_nothing_typed_does_harm(day, month, year):
    try:
        birthdate = from_fields(day, month, year, TODAY)
    except BirthdateError:
        return
    assert is_plausible(birthdate, TODAY)


@pytest.mark.parametrize(
    ("birthdate", "today", "plausible"),
    [
        pytest.param(date(1926, 11, 23), TODAY, True, id="a century ago today"),
        pytest.param(date(1926, 11, 22), TODAY, False, id="a century and a day"),
        pytest.param(date(1928, 2, 29), date(2028, 2, 29), True, id="leap day to leap day"),
        pytest.param(date(2026, 11, 24), TODAY, False, id="tomorrow"),
    ],
)
def test_plausible(birthdate, today, plausible):
    assert is_plausible(birthdate, today) is plausible
