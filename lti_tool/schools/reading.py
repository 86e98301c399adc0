"""Which kind of file of learners is this, told by its content, and the reader for it."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import IO, Protocol

from lti_tool.errors import N_
from lti_tool.schools import agricultural, archives, faults, generic, siecle, tables
from lti_tool.schools.archives import Watch
from lti_tool.schools.faults import Fault, FileError
from lti_tool.schools.siecle import Division, Pupil
from lti_tool.schools.tables import Table

_HEAD = 4096
_DOCUMENTS = (b"%PDF", b"{\\rtf", b"%!PS", b"From ", b"MIME-Version")
_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CONTROL = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b"))

_NOTHING = N_("Le fichier est vide. Exportez-le de nouveau.")
_UNKNOWN = N_(
    "Ce fichier n’est ni l’export XML de SIECLE (« Élèves sans adresses »), ni un tableau CSV. "
    "Exportez-le de nouveau, puis importez-le sans l’ouvrir avant."
)


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest files taken, in bytes, unpacked."""

    xml: int = archives.LARGEST_XML
    csv: int = tables.LARGEST_CSV


_MEBIBYTE = 1024 * 1024
COMMAND_LINE = Limits()


def in_browser(mebibytes: int = 50) -> Limits:
    """What may be given in the browser: so many MiB, and no more than by the command line."""
    return Limits(*(min(mebibytes * _MEBIBYTE, largest) for largest in (COMMAND_LINE.xml, COMMAND_LINE.csv)))


BROWSER = in_browser()


class Rows(Protocol):
    """What every reader gives; `skipped` and `faults` are complete once all rows are read."""

    @property
    def kind(self) -> str:
        """`siecle`, `agricultural` or `generic`."""

    @property
    def skipped(self) -> int: ...

    @property
    def labels(self) -> Mapping[str, str]:
        """The file's own words for the fields, where it has any."""

    @property
    def faults(self) -> Sequence[Fault]:
        """What is wrong with the file as a whole."""

    @property
    def empty(self) -> str:
        """What to say where nobody can be imported."""

    def __iter__(self) -> Iterator[Pupil | Division]: ...


def open_rows(
    file: IO[bytes],
    *,
    uai: str,
    today: date,
    columns: Mapping[str, int] | None = None,
    limits: Limits = COMMAND_LINE,
    watch: Watch | None = None,
) -> Rows:
    """The reader for `file`, told by its content; `file` must be seekable and stays the caller's.

    `uai` is the school's, `columns` which column of a generic file holds which field (else its headings tell).
    Raises `FileError`, also while reading.
    """
    if _is_xml(file):
        return siecle.Reader(archives.open_xml(file, limits.xml, watch), today, uai)
    table = _open_table(file, limits, watch)
    return agricultural.Reader(table, today) if table.is_agricultural else generic.Reader(table, today, columns)


def preview(file: IO[bytes], limits: Limits = COMMAND_LINE) -> generic.Preview | None:
    """The headings and first rows of a generic file; None for any other. Raises `FileError`."""
    if _is_xml(file):
        return None
    table = _open_table(file, limits)
    return None if table.is_agricultural else generic.preview(table)


def _open_table(file: IO[bytes], limits: Limits, watch: Watch | None = None) -> Table:
    """The table in a file that is no XML. Text that has neither columns nor any known heading is no table at all."""
    try:
        return tables.open_table(file, limits.csv, watch)
    except FileError as error:
        if error.fault.code != faults.BAD_CSV_FORMAT:
            raise
        file.seek(0)
        if generic.knows_a_heading(file.read(_HEAD).decode("utf-8", "replace")):
            raise
        raise FileError(faults.INVALID_FILE, _UNKNOWN) from None


def _is_xml(file: IO[bytes]) -> bool:
    """Whether it is a zip or XML rather than a table, whatever its name. Raises `FileError` where it is neither."""
    if archives.is_zip(file):
        return True
    file.seek(0)
    head = file.read(_HEAD)
    if not head:
        raise FileError(faults.INVALID_FILE, _NOTHING)
    bare = head
    for mark in _BOMS:
        bare = bare.removeprefix(mark)
    if bare.replace(b"\0", b"").lstrip().startswith(b"<"):
        return True
    is_utf16 = head.startswith(_BOMS[1:])
    if head.startswith(_DOCUMENTS) or (not is_utf16 and head.translate(None, _CONTROL) != head):
        raise FileError(faults.INVALID_FILE, _UNKNOWN)
    return False
