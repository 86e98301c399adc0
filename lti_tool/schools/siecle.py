"""Reading SIECLE's `ElevesSansAdresses.xml` (`facts/pix.md` §1.3–1.7) as a stream, in constant memory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from lxml import etree

from lti_tool.errors import N_
from lti_tool.schools import faults
from lti_tool.schools.archives import Readable
from lti_tool.schools.birthdates import is_plausible
from lti_tool.schools.faults import Fault, FileError

ROOT = "BEE_ELEVES"
LONGEST_TEXT = 255
_CHUNK = 64 * 1024
_PIECE = 4 * 1024
_LARGEST_RECORD = 1024 * 1024
"""Bytes; a pupil's record has some two thousand."""
_SPARE = 16 * 1024 * 1024
_LARGEST_SHARE = 32 * 1024
"""Bytes of the file for each pupil or division in it, once there are more bytes than `_SPARE`."""
_SMALLEST_SHARE = 60
_MANY = 10_000
"""Rows from which on each must have had at least that many bytes: a flood of empty ones is no export."""
_RECORD_DEPTH = 3
_TAGS = (ROOT, "PARAMETRES", "ELEVE", "STRUCTURES_ELEVE")
_FIELDS = (
    "ID_NATIONAL",
    "NOM_DE_FAMILLE",
    "NOM",
    "NOM_USAGE",
    "PRENOM",
    "PRENOM2",
    "PRENOM3",
    "CODE_SEXE",
    "DATE_NAISS",
    "CODE_PAYS",
    "CODE_COMMUNE_INSEE_NAISS",
    "CODE_MEF",
    "CODE_STATUT",
)
_FRANCE = "100"
_SEX = {"1": "M", "2": "F"}
_DATE = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")

_DAMAGED = N_(
    "Le fichier est abîmé ou incomplet. Téléchargez-le de nouveau depuis SIECLE, sans l’ouvrir avant l’import."
)
_DOCTYPE = N_("Le fichier contient une déclaration DOCTYPE, que SIECLE n’écrit jamais. Importez l’export tel quel.")
_ENDLESS = N_("Le fichier contient un élément démesuré, que SIECLE n’écrit jamais. Importez l’export tel quel.")


class Pupil(NamedTuple):
    """An `ELEVE` who has neither left nor is still to come. Empty texts are None; wrong ones are in `faults`."""

    eleve_id: str
    """Joins the two lists of the file, nothing else."""
    line: int
    ine: str
    last_name: str | None
    preferred_last_name: str | None
    first_name: str | None
    middle_name: str | None
    third_name: str | None
    birthdate: str | None
    """ISO."""
    sex: str | None
    """`M`, `F`, or None for another code."""
    division: str | None
    """None where the file has it elsewhere: in a `Division` of the same `eleve_id`."""
    mef: str | None
    status: str | None
    faults: str
    """Codes, separated by spaces. They count only if the pupil turns out to have a division."""


class Division(NamedTuple):
    """The division of an `ELEVE`, by their `STRUCTURES_ELEVE`."""

    eleve_id: str
    code: str


class Reader:
    """Iterates over the pupils and divisions of a file, in the file's order.

    `uai`, `skipped` (pupils who have left, or have no INE yet) and `faults` (the UAI is not the school's) are
    complete at the end. Iterating raises `FileError` where the file is no SIECLE file, or damaged, or made to do harm.
    Entities and DTDs are never read, nothing is fetched.
    """

    kind = "siecle"
    empty = ""

    def __init__(self, stream: Readable, today: date, school_uai: str | None = None) -> None:
        self.labels: dict[str, str] = {}
        self.uai: str | None = None
        self._school_uai = school_uai
        self.skipped = 0
        self._stream = stream
        self._today = today

    def __iter__(self) -> Iterator[Pupil | Division]:
        try:
            yield from self._rows()
        except etree.XMLSyntaxError as error:
            if error.code == etree.ErrorTypes.ERR_UNSUPPORTED_ENCODING:
                raise FileError(faults.ENCODING_NOT_SUPPORTED) from None
            raise FileError(faults.INVALID_FILE, _DAMAGED, error.lineno) from None

    @property
    def faults(self) -> list[Fault]:
        """That the file is another school's (`facts/pix.md` §1.4)."""
        return [Fault(faults.UAI_MISMATCHED)] if self._school_uai not in (None, self.uai) else []

    def _rows(self) -> Iterator[Pupil | Division]:
        chunk = self._stream.read(_CHUNK)
        _check_prolog(chunk)
        parser = _parser(("start", "end"), _TAGS)
        root, record, record_size, taken, rows = None, None, 0, 0, 0
        while chunk:
            taken += len(chunk)
            parser.feed(chunk)
            for event, element in parser.read_events():
                if event == "end":
                    row = self._read(element)
                    if row is not None:
                        rows += 1
                        yield row
                elif root is None:
                    root = element
            last = _prune(root)
            record_size = record_size + len(chunk) if last is record else 0
            if record_size > _LARGEST_RECORD or not _is_likely(taken, rows + self.skipped):
                raise FileError(faults.INVALID_FILE, _ENDLESS)
            record = last
            chunk = self._stream.read(_CHUNK)
        parser.close()

    def _read(self, element: etree._Element) -> Pupil | Division | None:
        if element.tag == "PARAMETRES":
            self.uai = _text(element.findtext("UAJ"))
        elif not _is_in_data(element):
            return None
        elif element.tag == "STRUCTURES_ELEVE":
            return _division(element)
        elif element.tag == "ELEVE":
            fields = {child.tag: child.text for child in element}
            if "ID_NATIONAL" not in fields or _text(fields.get("DATE_SORTIE")):
                self.skipped += 1
                return None
            return _pupil(element, fields, self._today)
        return None


def _is_likely(taken: int, rows: int) -> bool:
    """Whether so many bytes with so many rows can be an export: what is neither is refused early, not read for long."""
    return taken < _SPARE + _LARGEST_SHARE * rows and (rows < _MANY or taken > _SMALLEST_SHARE * rows)


def _parser(events: Sequence[Literal["start", "end"]], tags: Sequence[str] | None) -> etree.XMLPullParser:
    return etree.XMLPullParser(
        events,
        tag=tags,
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )


def _check_prolog(first: bytes) -> None:
    """Refuse what does not begin like a SIECLE file, before the rest is read."""
    parser = _parser(("start",), None)
    for start in range(0, len(first), _PIECE):
        try:
            parser.feed(first[start : start + _PIECE])
        except etree.XMLSyntaxError as error:
            if error.code == etree.ErrorTypes.ERR_UNSUPPORTED_ENCODING:
                raise
            raise FileError(faults.INVALID_FILE) from None
        for _, root in parser.read_events():
            if root.getroottree().docinfo.internalDTD is not None:
                raise FileError(faults.INVALID_FILE, _DOCTYPE)
            if root.tag != ROOT:
                raise FileError(faults.INVALID_FILE)
            return
    raise FileError(faults.INVALID_FILE)


def _prune(root: etree._Element | None) -> etree._Element | None:
    """Forget all records but the last, which may still be growing; returns it.

    What is open is always the last child of what is open above it, so everything before it is finished.
    """
    node = root
    for _ in range(_RECORD_DEPTH):
        if node is None or len(node) == 0:
            break
        del node[:-1]
        node = node[-1]
    return node


def _is_in_data(element: etree._Element) -> bool:
    """Whether the element is a grandchild of `DONNEES`."""
    above = element.getparent()
    data = above.getparent() if above is not None else None
    return data is not None and data.tag == "DONNEES"


def _pupil(element: etree._Element, fields: dict[Any, str | None], today: date) -> Pupil:
    found = ""
    values = [fields.get(name) or "" for name in _FIELDS]
    together = f"|{'|'.join(values)}|"
    if not _is_tidy(together):
        values = [" ".join(value.split()) for value in values]
        together = "".join(values)
        if not together.isprintable() or "\ufffd" in together:
            found = f" {faults.INVALID_CHAR_DETECTED}"
    ine, last_name, old_last_name, usage_name, first, second, third, sex, born, country, commune, mef, status = values
    ine = ine.replace(" ", "").upper()
    last_name = last_name or old_last_name
    birthdate, wrong_birthdate = _birthdate(born, today)
    if wrong_birthdate:
        found += f" {wrong_birthdate}"
    if not (ine and last_name and first and sex):
        found += _missing(ine, last_name, first, sex)
    if country == _FRANCE and not commune:
        found += f" {faults.BIRTH_CITY_CODE_REQUIRED}"
    if len(together) > LONGEST_TEXT and any(len(value) > LONGEST_TEXT for value in values):
        found += f" {faults.FIELD_MAX_LENGTH}"
    return Pupil(
        element.get("ELEVE_ID", ""),
        element.sourceline or 0,
        ine,
        last_name or None,
        usage_name or None,
        first or None,
        second or None,
        third or None,
        birthdate,
        _SEX.get(sex),
        None,
        mef or None,
        status or None,
        found.lstrip(),
    )


def _is_tidy(together: str) -> bool:
    """Whether no value has a space too many or an odd character; told in one go, since nearly all are tidy."""
    return (
        together.isprintable()
        and "  " not in together
        and "| " not in together
        and " |" not in together
        and "\ufffd" not in together
    )


def _missing(ine: str, last_name: str, first_name: str, sex_code: str) -> str:
    required = (
        (ine, faults.INE_REQUIRED),
        (last_name, faults.LAST_NAME_REQUIRED),
        (first_name, faults.FIRST_NAME_REQUIRED),
        (sex_code, faults.SEX_CODE_REQUIRED),
    )
    return "".join(f" {code}" for value, code in required if not value)


def _division(element: etree._Element) -> Division | None:
    """The last division that is not `Inactifs`, or None; groups (`G`) are no divisions."""
    code = ""
    for structure in element:
        fields = {child.tag: child.text for child in structure}
        if _text(fields.get("TYPE_STRUCTURE")) == "D":
            candidate = _text(fields.get("CODE_STRUCTURE"))
            if candidate and candidate.casefold() != "inactifs":
                code = candidate
    eleve_id = element.get("ELEVE_ID", "")
    return Division(eleve_id, code) if code and eleve_id else None


@lru_cache(maxsize=10_000)
def _birthdate(text: str, today: date) -> tuple[str | None, str]:
    """The date as ISO, and the code of what is wrong with it."""
    if not text:
        return None, faults.BIRTHDATE_REQUIRED
    parts = _DATE.fullmatch(text)
    try:
        birthdate = date(int(parts[3]), int(parts[2]), int(parts[1])) if parts else None
    except ValueError:
        birthdate = None
    if birthdate is None:
        return None, faults.INVALID_BIRTHDATE_FORMAT
    if not is_plausible(birthdate, today):
        return None, faults.INVALID_BIRTHDATE
    return birthdate.isoformat(), ""


def _text(value: str | None) -> str | None:
    """The text with spaces of any kind made single; None where nothing is left."""
    return (" ".join(value.split()) or None) if value else None
