"""What stands inside what was given: a file as it is, or the one XML file of the zip that SIECLE makes."""

from __future__ import annotations

import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import IO, Protocol

from lti_tool.errors import N_
from lti_tool.schools.faults import INVALID_FILE, TOO_LARGE, FileError

LARGEST_XML = 500 * 1024 * 1024
"""Bytes, unpacked."""
ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
_MOST_ENTRIES = 1000
_LARGEST_DIRECTORY = _MOST_ENTRIES * 1024
"""Bytes; checked before the directory is read into memory."""
_DENSEST = 200
"""Bytes out for one in: SIECLE's zips give some thirty, a bomb a thousand."""
_END_SIZE = 22
_END_REACH = _END_SIZE + 0xFFFF
"""The end record, and the longest comment after it."""
_ENCRYPTED = 0x1
_OFFICE_ENTRIES = {"[content_types].xml", "content.xml"}
"""An office file is a zip too; these entries tell it."""
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    OSError,
    ValueError,
    RuntimeError,
)
"""Whatever reading a damaged or odd zip can raise."""

_DAMAGED_ZIP = N_("Le fichier zip est abîmé. Téléchargez-le de nouveau depuis SIECLE.")
_NOT_ONE_XML = N_("Le fichier zip doit contenir un seul fichier XML : celui de l’export « Élèves sans adresses ».")
_LOCKED_ZIP = N_("Le fichier zip est protégé par un mot de passe. Importez celui que SIECLE a donné.")
_OFFICE = N_(
    "C’est un classeur ou un document de bureautique. Importez l’export XML de SIECLE ; pour un tableau, "
    "enregistrez-le d’abord au format CSV."
)


class Readable(Protocol):
    """Anything that bytes are read from."""

    def read(self, size: int, /) -> bytes: ...


Watch = Callable[[int, int], None]
"""Told how many bytes have been read, of how many about."""


class Source:
    """Reads at most `largest` bytes: a small zip can hold a terabyte."""

    def __init__(self, stream: Readable, size: int, largest: int, watch: Watch | None = None) -> None:
        self._stream = stream
        self._size = size
        self._taken = 0
        self._largest = largest
        self._watch = watch

    def read(self, size: int, /) -> bytes:
        """The next bytes, none at the end. Raises `FileError` where a zip is damaged, or too much comes out."""
        try:
            data = self._stream.read(size)
        except _ZIP_ERRORS:
            raise FileError(INVALID_FILE, _DAMAGED_ZIP) from None
        self._taken += len(data)
        if self._taken > self._largest:
            raise FileError(TOO_LARGE)
        if self._watch is not None:
            self._watch(self._taken, self._size)
        return data


def is_zip(file: IO[bytes]) -> bool:
    """Whether the file, which must be seekable, is a zip by its first bytes, whatever its name."""
    file.seek(0)
    return file.read(4) in ZIP_MAGICS


def open_plain(file: IO[bytes], largest: int, watch: Watch | None = None) -> Source:
    """The file as it is, from its start. Raises `FileError` where it is larger than allowed."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if size > largest:
        raise FileError(TOO_LARGE)
    return Source(file, size, largest, watch)


def open_xml(file: IO[bytes], largest: int = LARGEST_XML, watch: Watch | None = None) -> Source:
    """The XML of `file`, which must be seekable; told by its first bytes, whatever its name.

    Raises `FileError`, also while reading, where a zip is damaged or locked or has not exactly one XML file that
    is not hidden (`facts/pix.md` §1.2), and where more than `largest` bytes come out. What is opened here holds
    nothing but `file`, which stays the caller's.
    """
    if not is_zip(file):
        return open_plain(file, largest, watch)
    try:
        _check_directory(file)
        archive = zipfile.ZipFile(file)
        entry = _only_xml(archive)
        if entry.file_size > largest or entry.file_size > _DENSEST * max(entry.compress_size, 1024):
            raise FileError(TOO_LARGE)
        return Source(archive.open(entry), entry.file_size, largest, watch)
    except _ZIP_ERRORS:
        raise FileError(INVALID_FILE, _DAMAGED_ZIP) from None


def _check_directory(file: IO[bytes]) -> None:
    """Refuse a zip whose directory is far larger than that of an export (APPNOTE §4.3.16), before it is read."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END_REACH))
    tail = file.read()
    start = tail.rfind(b"PK\x05\x06")
    if start < 0 or len(tail) < start + _END_SIZE:
        raise FileError(INVALID_FILE, _DAMAGED_ZIP)
    (directory_size,) = struct.unpack_from("<L", tail, start + 12)
    if directory_size > _LARGEST_DIRECTORY or b"PK\x06\x07" in tail[max(0, start - 20) : start]:
        raise FileError(INVALID_FILE, _NOT_ONE_XML)


def _only_xml(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    entries = archive.infolist()
    if len(entries) > _MOST_ENTRIES:
        raise FileError(INVALID_FILE, _NOT_ONE_XML)
    if any(entry.filename.lower() in _OFFICE_ENTRIES for entry in entries):
        raise FileError(INVALID_FILE, _OFFICE)
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
