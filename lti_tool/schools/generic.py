"""Reading any other school's CSV: its columns are recognised by their names, and a head may correct which is which."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from lti_tool.errors import N_
from lti_tool.schools import faults
from lti_tool.schools.cells import LONGEST_TEXT, pupil, typed_date, unreadable
from lti_tool.schools.faults import Fault
from lti_tool.schools.siecle import Pupil
from lti_tool.schools.tables import Row, Table

EMPTY = N_("Le fichier ne contient aucun élève. Complétez-le, puis importez-le de nouveau.")
SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Field:
    """What a column can hold. `label` is a French message id, and the heading in the template."""

    name: str
    label: str
    required: bool
    synonyms: tuple[str, ...]
    """Headings that mean it, without accents, case and signs; the likeliest first."""


FIELDS = (
    Field(
        "ine",
        N_("Identifiant (INE)"),
        True,
        (
            "identifiant ine",
            "ine",
            "numero ine",
            "n ine",
            "code ine",
            "identifiant national",
            "identifiant national eleve",
            "id national",
            "identifiant",
            "identifiant eleve",
            "numero eleve",
            "n eleve",
            "matricule",
        ),
    ),
    Field(
        "last_name",
        N_("Nom de famille"),
        True,
        ("nom de famille", "nom famille", "nom de famille eleve", "nom de naissance", "nom patronymique", "nom eleve",
         "nom de l eleve", "nom", "last name", "lastname", "surname"),
    ),
    Field(
        "preferred_last_name",
        N_("Nom d’usage"),
        False,
        ("nom d usage", "nom usage", "nom d usage eleve", "nom usuel", "nom prefere"),
    ),
    Field(
        "first_name",
        N_("Prénom"),
        True,
        ("prenom", "prenom 1", "premier prenom", "prenom eleve", "prenom de l eleve", "prenom usuel", "first name",
         "firstname"),
    ),
    Field("middle_name", N_("Deuxième prénom"), False, ("deuxieme prenom", "prenom 2", "second prenom", "2eme prenom")),
    Field("third_name", N_("Troisième prénom"), False, ("troisieme prenom", "prenom 3", "3eme prenom")),
    Field(
        "birthdate",
        N_("Date de naissance"),
        True,
        ("date de naissance", "date naissance", "date naiss", "naissance", "ne e le", "ne le", "nee le", "ddn",
         "date de naissance jj mm aaaa", "birthdate", "birth date", "date of birth"),
    ),
    Field("sex", N_("Sexe"), False, ("sexe", "code sexe", "genre", "civilite")),
    Field(
        "division",
        N_("Classe"),
        True,
        ("classe", "division", "code classe", "code division", "libelle classe", "classe de l eleve", "nom classe",
         "nom de la classe", "groupe classe", "class"),
    ),
    Field("mef", N_("Code MEF"), False, ("code mef", "mef")),
    Field("status", N_("Statut"), False, ("statut", "code statut", "regime")),
)  # fmt: skip
LABELS: Mapping[str, str] = {field.name: field.label for field in FIELDS}
_REQUIRED = tuple(field.name for field in FIELDS if field.required)


@dataclass(frozen=True, slots=True)
class Preview:
    """The headings of a file, which column is proposed for each field (by place, from 0), and its first rows."""

    header: tuple[str, ...]
    proposed: Mapping[str, int]
    samples: tuple[tuple[str, ...], ...]


def template() -> bytes:
    """A file with the headings and nothing else, as French spreadsheets open it."""
    return ("\ufeff" + ";".join(field.label for field in FIELDS) + "\r\n").encode()


def preview(table: Table) -> Preview:
    """What a head is shown to correct the match."""
    samples = tuple(tuple(row.cells) for row in islice(table, SAMPLES))
    return Preview(table.header, propose(table.header), samples)


def propose(header: Sequence[str]) -> dict[str, int]:
    """Which column holds which field, by the headings: each field its likeliest, each column at most one."""
    words = [_words(label) for label in header]
    wishes = sorted(
        (field.synonyms.index(label) if label in field.synonyms else -1, place, field.name)
        for field in FIELDS
        for place, label in enumerate(words)
        if label in (_words(field.label), *field.synonyms)
    )
    found: dict[str, int] = {}
    for _, place, name in wishes:
        if name not in found and place not in found.values():
            found[name] = place
    return found


def knows_a_heading(text: str) -> bool:
    """Whether the first line says the name of a column, however its columns are separated."""
    first = f" {_words(text.strip().partition(chr(10))[0])} "
    return any(f" {name} " in first for field in FIELDS for name in field.synonyms)


def is_possible(columns: Mapping[str, int], width: int) -> bool:
    """Whether a match names known fields, places that exist, and no place twice."""
    places = list(columns.values())
    return columns.keys() <= LABELS.keys() and len(set(places)) == len(places) and all(0 <= p < width for p in places)


class Reader:
    """Iterates over the pupils of a file with these columns, or those its headings propose.

    `labels` names the columns for faults; `faults` holds the required columns that are missing. Other columns are
    passed over.
    """

    kind = "generic"
    skipped = 0
    empty = EMPTY

    def __init__(self, table: Table, today: date, columns: Mapping[str, int] | None = None) -> None:
        if columns is None or not is_possible(columns, len(table.header)):
            columns = propose(table.header)
        self.labels = {name: table.header[place] or LABELS[name] for name, place in columns.items()}
        self.faults = [
            Fault(faults.HEADER_REQUIRED, 1, column=LABELS[name]) for name in _REQUIRED if name not in columns
        ]
        self._columns = columns
        self._table = table
        self._today = today

    def __iter__(self) -> Iterator[Pupil]:
        for row in self._table:
            yield self._pupil(row)

    def _pupil(self, row: Row) -> Pupil:
        values = {field: row.cells[place] for field, place in self._columns.items()}
        found = [faults.BAD_CSV_FORMAT] if row.overflows else []
        found += [f"{faults.FIELD_REQUIRED}={name}" for name in _REQUIRED if values.get(name) == ""]
        found += [f"{faults.FIELD_MAX_LENGTH}={name}" for name, text in values.items() if len(text) > LONGEST_TEXT]
        if unreadable("".join(values.values())):
            found.append(faults.INVALID_CHAR_DETECTED)
        birthdate, wrong = typed_date(values.get("birthdate", ""), self._today)
        found += [f"{wrong}=birthdate"] if wrong else []
        return pupil(row.line, values, birthdate, found)


def _words(label: str) -> str:
    """The heading in small letters without accents and signs."""
    plain = unicodedata.normalize("NFD", label.casefold().replace("°", " "))
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", " ", bare).strip()
