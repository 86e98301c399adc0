"""Tables as files for spreadsheets, written piece by piece: CSV as French spreadsheets read it, and OpenDocument.

A cell that a spreadsheet would run as a formula is text here, whatever a pupil or a colleague typed.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from io import RawIOBase
from itertools import islice
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from typing_extensions import Buffer

Cell = str | int | float
Rows = Iterable[Sequence[Cell]]

CSV_TYPE = "text/csv; charset=utf-8"
ODS_TYPE: Final = "application/vnd.oasis.opendocument.spreadsheet"
BOM = "\ufeff"
ROWS_AT_ONCE = 200
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_QUOTED = frozenset(';"\n\r')


def csv(rows: Rows) -> Iterator[bytes]:
    """The rows in UTF-8 with a byte order mark, `;` between cells, decimals with a comma."""
    yield BOM.encode()
    for some in _in_batches(rows):
        yield "".join(f"{';'.join(map(_csv_cell, row))}\r\n" for row in some).encode()


def ods(rows: Rows, name: str) -> Iterator[bytes]:
    """The rows as the one sheet of an OpenDocument file; `name` is the sheet's."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), ODS_TYPE)  # first and stored as it is, as the format asks
        archive.writestr("META-INF/manifest.xml", _MANIFEST)
        with archive.open("content.xml", "w") as content:
            content.write(_OPENING.format(name=escape(name, {'"': "&quot;"})).encode())
            for some in _in_batches(rows):
                content.write("".join(map(_ods_row, some)).encode())
                yield sink.taken()
            content.write(_CLOSING.encode())
    yield sink.taken()


def _in_batches(rows: Rows) -> Iterator[tuple[Sequence[Cell], ...]]:
    left = iter(rows)
    while some := tuple(islice(left, ROWS_AT_ONCE)):
        yield some


def _csv_cell(cell: Cell) -> str:
    if not isinstance(cell, str):
        return f"{cell:g}".replace(".", ",") if isinstance(cell, float) else str(cell)
    text = f"'{cell}" if cell.startswith(_STARTS_A_FORMULA) else cell
    return '"{}"'.format(text.replace('"', '""')) if _QUOTED & set(text) else text


def _ods_row(row: Sequence[Cell]) -> str:
    return f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>"


def _ods_cell(cell: Cell) -> str:
    if isinstance(cell, str):
        words = escape("".join(c for c in cell if c >= " " or c in "\t\n"))
        return f'<table:table-cell office:value-type="string"><text:p>{words}</text:p></table:table-cell>'
    value = f'<table:table-cell office:value-type="float" office:value="{cell}">'
    return f"{value}<text:p>{_csv_cell(cell)}</text:p></table:table-cell>"


class _Sink(RawIOBase):
    """Where the archive writes: it only goes on, and what was written since the last time is taken away."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer, /) -> int:
        self._written.append(bytes(data))
        return len(self._written[-1])

    def taken(self) -> bytes:
        written, self._written = b"".join(self._written), []
        return written


_NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns"
_MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    f'<manifest:manifest xmlns:manifest="{_NAMESPACE}:manifest:1.0" manifest:version="1.2">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS_TYPE}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
    "</manifest:manifest>"
)
_OPENING = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    f'<office:document-content xmlns:office="{_NAMESPACE}:office:1.0" xmlns:table="{_NAMESPACE}:table:1.0"'
    f' xmlns:text="{_NAMESPACE}:text:1.0" office:version="1.2">'
    '<office:body><office:spreadsheet><table:table table:name="{name}">'
)
_CLOSING = "</table:table></office:spreadsheet></office:body></office:document-content>"
