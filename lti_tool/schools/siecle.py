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
from lti_tool.schools.faults import FileError

ROOT = "BEE_ELEVES"
LONGEST_TEXT = 255
_CHUNK = 64 * 1024
_PIECE = 4 * 1024
_LARGEST_RECORD = 1024 * 1024
"""Bytes; a pupil's record has some two thousand."""
_RECORD_DEPTH = 3
_TAGS = (ROOT, "PARAMETRES", "ELEVE", "STRUCTURES_ELEVE")
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

    `uai` and `skipped` (pupils who have left, or have no INE yet) are complete at the end. Iterating raises
    `FileError` where the file is no SIECLE file, or damaged, or made to do harm. Entities and DTDs are never read,
    nothing is fetched.
    """

    def __init__(self, stream: Readable, today: date) -> None:
        self.uai: str | None = None
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

    def _rows(self) -> Iterator[Pupil | Division]:
        chunk = self._stream.read(_CHUNK)
        _check_prolog(chunk)
        parser = _parser(("start", "end"), _TAGS)
        root, record, record_size = None, None, 0
        while chunk:
            parser.feed(chunk)
            for event, element in parser.read_events():
                if event == "end":
                    row = self._read(element)
                    if row is not None:
                        yield row
                elif root is None:
                    root = element
            last = _prune(root)
            record_size = record_size + len(chunk) if last is record else 0
            if record_size > _LARGEST_RECORD:
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
    ine = (_text(fields["ID_NATIONAL"]) or "").replace(" ", "").upper()
    last_name = _text(fields.get("NOM_DE_FAMILLE")) or _text(fields.get("NOM"))
    preferred_last_name = _text(fields.get("NOM_USAGE"))
    first_name = _text(fields.get("PRENOM"))
    middle_name, third_name = _text(fields.get("PRENOM2")), _text(fields.get("PRENOM3"))
    birthdate, found = _birthdate(_text(fields.get("DATE_NAISS")), today)
    sex_code = _text(fields.get("CODE_SEXE"))
    mef, status = _text(fields.get("CODE_MEF")), _text(fields.get("CODE_STATUT"))
    if not ine:
        found += f" {faults.INE_REQUIRED}"
    if last_name is None:
        found += f" {faults.LAST_NAME_REQUIRED}"
    if first_name is None:
        found += f" {faults.FIRST_NAME_REQUIRED}"
    if sex_code is None:
        found += f" {faults.SEX_CODE_REQUIRED}"
    if _text(fields.get("CODE_PAYS")) == _FRANCE and not _text(fields.get("CODE_COMMUNE_INSEE_NAISS")):
        found += f" {faults.BIRTH_CITY_CODE_REQUIRED}"
    texts = (ine, last_name, preferred_last_name, first_name, middle_name, third_name, mef, status)
    together = "".join([text for text in texts if text])
    if not together.isprintable() or "\ufffd" in together:
        found += f" {faults.INVALID_CHAR_DETECTED}"
    if len(together) > LONGEST_TEXT and any(text and len(text) > LONGEST_TEXT for text in texts):
        found += f" {faults.FIELD_MAX_LENGTH}"
    return Pupil(
        element.get("ELEVE_ID", ""),
        element.sourceline or 0,
        ine,
        last_name,
        preferred_last_name,
        first_name,
        middle_name,
        third_name,
        birthdate,
        _SEX.get(sex_code or ""),
        mef,
        status,
        found.strip(),
    )


def _division(element: etree._Element) -> Division | None:
    """The last division that is not `Inactifs`, or None; groups (`G`) are no divisions."""
    code = None
    for structure in element:
        if _text(structure.findtext("TYPE_STRUCTURE")) == "D":
            candidate = _text(structure.findtext("CODE_STRUCTURE"))
            if candidate is not None and candidate.casefold() != "inactifs":
                code = candidate
    return Division(element.get("ELEVE_ID", ""), code) if code is not None else None


@lru_cache(maxsize=10_000)
def _birthdate(text: str | None, today: date) -> tuple[str | None, str]:
    """The date as ISO, and the code of what is wrong with it."""
    if text is None:
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
