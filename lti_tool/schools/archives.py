"""The XML inside what was given: the file itself, or the one XML file of the zip that SIECLE makes."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import IO, Protocol

from lti_tool.errors import N_
from lti_tool.schools.faults import INVALID_FILE, TOO_LARGE, FileError

LARGEST_XML = 500 * 1024 * 1024
"""Bytes, unpacked."""
_MOST_ENTRIES = 1000
_ZIP_MAGIC = b"PK\x03\x04"
_EMPTY_ZIP_MAGIC = b"PK\x05\x06"
_ENCRYPTED = 0x1
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, OSError, ValueError)
"""Whatever reading a damaged or odd zip can raise."""

_DAMAGED_ZIP = N_("Le fichier zip est abîmé. Téléchargez-le de nouveau depuis SIECLE.")
_NOT_ONE_XML = N_("Le fichier zip doit contenir un seul fichier XML : celui de l’export « Élèves sans adresses ».")
_LOCKED_ZIP = N_("Le fichier zip est protégé par un mot de passe. Importez celui que SIECLE a donné.")


class Readable(Protocol):
    """Anything that bytes are read from."""

    def read(self, size: int, /) -> bytes: ...


def open_xml(file: IO[bytes], largest: int = LARGEST_XML) -> Readable:
    """The XML of `file`, which must be seekable; told by its first bytes, whatever its name.

    Raises `FileError`, also while reading, where a zip is damaged or locked or has not exactly one XML file that
    is not hidden (`facts/pix.md` §1.2), and where more than `largest` bytes come out. What is opened here holds
    nothing but `file`, which stays the caller's.
    """
    file.seek(0)
    magic = file.read(4)
    file.seek(0)
    if magic not in (_ZIP_MAGIC, _EMPTY_ZIP_MAGIC):
        return _Bounded(file, largest)
    try:
        archive = zipfile.ZipFile(file)
        return _Bounded(archive.open(_only_xml(archive)), largest)
    except _ZIP_ERRORS:
        raise FileError(INVALID_FILE, _DAMAGED_ZIP) from None


def _only_xml(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    entries = archive.infolist()
    if len(entries) > _MOST_ENTRIES:
        raise FileError(INVALID_FILE, _NOT_ONE_XML)
    eligible = [entry for entry in entries if not entry.is_dir() and _is_eligible(entry.filename)]
    if len(eligible) != 1:
        raise FileError(INVALID_FILE, _NOT_ONE_XML)
    if eligible[0].flag_bits & _ENCRYPTED:
        raise FileError(INVALID_FILE, _LOCKED_ZIP)
    return eligible[0]


def _is_eligible(name: str) -> bool:
    """Whether it ends in `.xml` and neither it nor a folder above it is hidden, as macOS's doubles are."""
    path = PurePosixPath(name.replace("\\", "/"))
    return path.suffix.lower() == ".xml" and not any(part.startswith(".") for part in path.parts)


class _Bounded:
    """Reads at most so many bytes: a small zip can hold a terabyte."""

    def __init__(self, stream: Readable, largest: int) -> None:
        self._stream = stream
        self._left = largest

    def read(self, size: int, /) -> bytes:
        try:
            data = self._stream.read(size)
        except _ZIP_ERRORS:
            raise FileError(INVALID_FILE, _DAMAGED_ZIP) from None
        self._left -= len(data)
        if self._left < 0:
            raise FileError(TOO_LARGE)
        return data
