"""Reading the CSV of agricultural schools ("Fregata", `facts/pix.md` §1.9)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from lti_tool.errors import N_
from lti_tool.schools import faults
from lti_tool.schools.cells import LONGEST_TEXT, pupil, sex_of, typed_date, unreadable
from lti_tool.schools.faults import Fault
from lti_tool.schools.siecle import Pupil
from lti_tool.schools.tables import Row, Table, same_heading

EMPTY = N_("Le fichier ne contient aucun élève. Exportez-le de nouveau.")
_FRANCE = "99100"
_INSEE_COUNTRY = re.compile(r"99[0-9]{3}")
_INSEE_COMMUNE = re.compile(r"[0-9][0-9AB][0-9]{3}", re.IGNORECASE)
_STATUSES = frozenset({"ST", "AP"})


class _Column(NamedTuple):
    label: str
    required: bool


_COLUMNS = {
    "ine": _Column("Identifiant unique", True),
    "first_name": _Column("Premier prénom", True),
    "middle_name": _Column("Deuxième prénom", False),
    "third_name": _Column("Troisième prénom", False),
    "last_name": _Column("Nom de famille", True),
    "preferred_last_name": _Column("Nom d’usage", False),
    "sex": _Column("Code sexe", True),
    "birthdate": _Column("Date de naissance (jj/mm/aaaa)", True),
    "commune": _Column("Code commune naissance", False),
    "birth_city": _Column("Libellé commune naissance", False),
    "province": _Column("Code département naissance", True),
    "country": _Column("Code pays naissance", True),
    "status": _Column("Statut", True),
    "mef": _Column("Code MEF", True),
    "division": _Column("Division", True),
}


class Reader:
    """Iterates over the pupils of an agricultural file.

    `labels` names the columns for faults; `faults` holds what is wrong with the headings: an unknown column, a
    required one that is missing, one that stands there twice. What is wrong with a pupil stands in `Pupil.faults`.
    """

    kind = "agricultural"
    skipped = 0
    empty = EMPTY

    def __init__(self, table: Table, today: date) -> None:
        self.labels = {field: column.label for field, column in _COLUMNS.items()}
        self.faults: list[Fault] = []
        self._table = table
        self._today = today
        self._places: dict[str, int] = {}
        fields = {same_heading(column.label): field for field, column in _COLUMNS.items()}
        for place, label in enumerate(table.header):
            field = fields.get(same_heading(label))
            if field is None:
                self._complain(faults.HEADER_UNKNOWN, label or "–")
            elif field in self._places:
                self._complain(faults.HEADER_TWICE, label)
            else:
                self._places[field] = place
        for field, column in _COLUMNS.items():
            if column.required and field not in self._places:
                self._complain(faults.HEADER_REQUIRED, column.label)

    def __iter__(self) -> Iterator[Pupil]:
        for row in self._table:
            yield self._pupil(row)

    def _complain(self, code: str, label: str) -> None:
        self.faults.append(Fault(code, 1, column=label[:LONGEST_TEXT]))

    def _pupil(self, row: Row) -> Pupil:
        values = {field: row.cells[place] for field, place in self._places.items()}
        found = [faults.BAD_CSV_FORMAT] if row.overflows else []
        for field, value in values.items():
            if not value and _COLUMNS[field].required:
                found.append(f"{faults.FIELD_REQUIRED}={field}")
            elif len(value) > LONGEST_TEXT:
                found.append(f"{faults.FIELD_MAX_LENGTH}={field}")
        if unreadable("".join(values.values())):
            found.append(faults.INVALID_CHAR_DETECTED)
        values["status"] = values.get("status", "").upper()
        birthdate, wrong = typed_date(values.get("birthdate", ""), self._today, separators="/")
        found += [f"{wrong}=birthdate"] if wrong else []
        found += _wrong_codes(values)
        return pupil(row.line, values, birthdate, found)


def _wrong_codes(values: dict[str, str]) -> Iterator[str]:
    """What is wrong with the codes of a pupil; of an empty required one nothing more is said."""
    sex, status = values.get("sex"), values.get("status")
    if sex and sex_of(sex) is None:
        yield f"{faults.FIELD_BAD_VALUES}=sex"
    if status and status not in _STATUSES:
        yield f"{faults.FIELD_BAD_VALUES}=status"
    province = values.get("province")
    if province and len(province) < 2:
        yield f"{faults.FIELD_MIN_LENGTH}=province"
    if province and 3 < len(province) <= LONGEST_TEXT:
        yield f"{faults.FIELD_MAX_LENGTH}=province"
    country = values.get("country")
    if country and not _INSEE_COUNTRY.fullmatch(country):
        yield f"{faults.INSEE_CODE_INVALID}=country"
    elif country == _FRANCE:
        commune = values.get("commune")
        if not commune:
            yield f"{faults.FIELD_REQUIRED}=commune"
        elif not _INSEE_COMMUNE.fullmatch(commune):
            yield f"{faults.INSEE_CODE_INVALID}=commune"
    elif country and not values.get("birth_city"):
        yield f"{faults.FIELD_REQUIRED}=birth_city"
