"""A CSV file as rows of cells, whatever a computer did to it: its encoding, separator and line ends are found out."""

from __future__ import annotations

import codecs
import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from lti_tool.schools import archives, faults
from lti_tool.schools.archives import Source, Watch
from lti_tool.schools.faults import FileError

LARGEST_CSV = 50 * 1024 * 1024
"""Bytes."""
MOST_LINES = 500_000
AGRICULTURAL_MARK = "Identifiant unique"
"""The heading that tells the agricultural CSV from any other."""
_AGRICULTURAL_PROOF = "Premier prénom"
"""The heading whose accent tells its encoding (`facts/pix.md` §1.9)."""
_ENCODINGS = ("utf-8-sig", "cp1252", "mac_roman")
_MARKS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SEPARATORS = ";,\t"
_FRENCH = frozenset("àâäçéèêëîïôöùûüÿœæñÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŸŒÆÑ’«»°\xa0")
_ASCII = bytes(range(128))
_CHUNK = 64 * 1024
_LONGEST_LINE = 64 * 1024
_MOST_COLUMNS = 300
_SAMPLE = 20_000
"""Accents that are looked at to tell one old encoding from another."""
_SAYS_SEPARATOR = re.compile(r"sep=(.)", re.IGNORECASE)
_KEPT_AS_TEXT = re.compile(r'="(.*)"')


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line of the file where it begins, and its cells, as many as there are headings."""

    line: int
    cells: list[str]
    overflows: bool
    """More cells than headings: a separator stands within a cell, and every cell after it is displaced."""


class Table:
    """The rows below the headings; iterate once. Raises `FileError` where the file cannot be read on."""

    def __init__(self, source: Source, encoding: str) -> None:
        self._lines = _lines(source, encoding)
        first = next((line for line in self._lines if line.text.strip()), None)
        if first is None:
            raise FileError(faults.EMPTY)
        said = _SAYS_SEPARATOR.fullmatch(first.text.strip())
        if said:
            first = next(self._lines, _Line(first.number, ""))
        separator = said[1] if said else max(_SEPARATORS, key=lambda each: len(_cells(first.text, each)))
        self.header = tuple(heading(cell) for cell in _cells(first.text, separator))
        """The headings as written, without spaces and stars around them."""
        if not 2 <= len(self.header) <= _MOST_COLUMNS:
            raise FileError(faults.BAD_CSV_FORMAT, line=first.number)
        self._separator = separator
        self._line = first.number

    @property
    def is_agricultural(self) -> bool:
        """Whether it is the agricultural schools' file rather than any other."""
        return same_heading(AGRICULTURAL_MARK) in {same_heading(each) for each in self.header}

    def __iter__(self) -> Iterator[Row]:
        begins, width = self._line + 1, len(self.header)
        reader = csv.reader((line.text + "\n" for line in self._lines), delimiter=self._separator, strict=False)
        try:
            for cells in reader:
                line, begins = begins, self._line + 1 + reader.line_num
                cells = [_tidy(cell) for cell in cells]
                if any(cells):
                    cells += [""] * (width - len(cells))
                    yield Row(line, cells[:width], any(cells[width:]))
        except csv.Error:
            raise FileError(faults.BAD_CSV_FORMAT, line=begins) from None


def open_table(file: IO[bytes], largest: int = LARGEST_CSV, watch: Watch | None = None) -> Table:
    """The table in `file`, which must be seekable and stays the caller's.

    The agricultural file is read in the first of UTF-8, windows-1252 and macintosh in which a heading with an accent
    can be read; any other in the encoding that its accents make likely. Raises `FileError`.
    """
    head = archives.open_plain(file, largest).read(_CHUNK)
    marked = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)
    if marked is None and b"\0" in head:
        raise FileError(faults.INVALID_FILE)
    line = re.split(rb"[\r\n]", head.lstrip(b"\r\n"), maxsplit=1)[0]
    words = head.decode("utf-16", "replace") if marked else line.decode("latin-1")
    if AGRICULTURAL_MARK.lower() in words.lower():
        encoding = _encoding_of_agricultural(line) if marked is None else None
        if encoding is None:
            raise FileError(faults.ENCODING_NOT_SUPPORTED)
    else:
        encoding = marked or _likely_encoding(archives.open_plain(file, largest))
    return Table(archives.open_plain(file, largest, watch), encoding)


def heading(cell: str) -> str:
    """A heading without the stars that mark required columns, in composed letters."""
    return unicodedata.normalize("NFC", cell).strip("* ")


def same_heading(text: str) -> str:
    """What two ways of writing one heading have in common."""
    return heading(text).casefold().replace("’", "'")


def _encoding_of_agricultural(line: bytes) -> str | None:
    proof = same_heading(_AGRICULTURAL_PROOF)
    for encoding in _ENCODINGS:
        text = unicodedata.normalize("NFC", line.decode(encoding, "replace")).casefold()
        if proof in " ".join(text.split()):
            return encoding
    return None


def _likely_encoding(source: Source) -> str:
    """UTF-8 where the whole file is; else the old encoding in which its accents are those of French."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, accents = True, bytearray()
    while chunk := source.read(_CHUNK):
        if is_utf8:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                is_utf8 = False
        if len(accents) < _SAMPLE:
            accents += chunk.translate(None, _ASCII)
        elif not is_utf8:
            break
    if is_utf8:
        return "utf-8-sig"
    sample = bytes(accents[:_SAMPLE])
    return max(_ENCODINGS[1:], key=lambda each: sum(letter in _FRENCH for letter in sample.decode(each, "replace")))


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    text: str


def _lines(source: Source, encoding: str) -> Iterator[_Line]:
    """The lines, however they end. Letters that cannot be read become U+FFFD."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    pending, number, more = "", 0, True
    while more:
        chunk = source.read(_CHUNK)
        more = bool(chunk)
        pending += decoder.decode(chunk, not more)
        held = "\r" if more and pending.endswith("\r") else ""  # its "\n" may come with the next chunk
        text = pending.removesuffix("\r") if held else pending
        *whole, rest = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        pending = rest + held
        if len(pending) > _LONGEST_LINE:
            raise FileError(faults.BAD_CSV_FORMAT, line=number + len(whole) + 1)
        if number + len(whole) > MOST_LINES:
            raise FileError(faults.TOO_LARGE)
        for text in whole:
            number += 1
            yield _Line(number, text)
    if pending:
        yield _Line(number + 1, pending)


def _cells(line: str, separator: str) -> Sequence[str]:
    try:
        return [_tidy(cell) for cell in next(csv.reader([line], delimiter=separator), [])]
    except csv.Error:
        return []


def _tidy(cell: str) -> str:
    """The cell with single spaces, and without what keeps a spreadsheet from taking it for a number (`="0123"`)."""
    cell = " ".join(cell.split())
    kept = _KEPT_AS_TEXT.fullmatch(cell)
    return kept[1].strip() if kept else cell
