"""Files for spreadsheets: what a spreadsheet reads in them, and that nothing in them runs."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odf.opendocument import load
from odf.table import TableCell, TableRow

from lti_tool.campaigns import sheets

TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=20)


def read_csv(rows: list[list[sheets.Cell]]) -> list[list[str]]:
    content = b"".join(sheets.csv(rows))
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def read_ods(rows: list[list[sheets.Cell]]) -> list[list[str]]:
    document = load(io.BytesIO(b"".join(sheets.ods(rows, "Résultats"))))
    lines = document.spreadsheet.getElementsByType(TableRow)
    return [[str(cell) for cell in line.getElementsByType(TableCell)] for line in lines]


def test_csv_is_what_french_spreadsheets_read() -> None:
    content = b"".join(sheets.csv([["Nom", "Part", "Nombre"], ['Élise ; "Lou"', 0.67, 12]]))

    assert content == '\ufeffNom;Part;Nombre\r\n"Élise ; ""Lou""";0,67;12\r\n'.encode()


@pytest.mark.parametrize("text", ["=1+1", "+33", "-2", "@SUM(A1)", "\t=1", "\r=1"])
def test_what_a_spreadsheet_would_run_is_text(text: str) -> None:
    assert read_csv([[text]])[0][0].startswith("'")


@given(st.lists(st.lists(TEXT.filter(lambda t: not t.startswith(("=", "+", "-", "@"))), min_size=2), max_size=5))
def test_a_csv_gives_back_each_text(rows: list[list[sheets.Cell]]) -> None:
    assert read_csv(rows) == rows


def test_an_ods_has_the_same_cells() -> None:
    rows: list[list[sheets.Cell]] = [["Nom", "% <maîtrise>"], ["=1+1", 0.5], ["Zoé & Lou", 3]]

    assert read_ods(rows) == [["Nom", "% <maîtrise>"], ["=1+1", "0,5"], ["Zoé & Lou", "3"]]


def test_files_of_many_rows_come_piece_by_piece() -> None:
    rows = [["Nom", number] for number in range(5 * sheets.ROWS_AT_ONCE)]

    assert len(list(sheets.csv(rows))) == 6
    assert len(list(sheets.ods(rows, "Résultats"))) == 6
    assert len(read_ods([list(row) for row in rows])) == len(rows)
