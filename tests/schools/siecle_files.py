"""Writes SIECLE files for the tests: as the application does, or wrong in any wanted way."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from xml.sax.saxutils import escape, quoteattr

UAI = "0251234F"


@dataclass(frozen=True)
class Eleve:
    """One pupil. `fields` are the children of `ELEVE`; one that is None is left out."""

    number: int
    fields: Mapping[str, str | None]
    structures: tuple[tuple[str, str], ...] = (("4A", "D"),)

    def having(self, **changes: str | None) -> Eleve:
        return replace(self, fields={**self.fields, **changes})

    def of(self, *structures: tuple[str, str]) -> Eleve:
        return replace(self, structures=structures)


def eleve(number: int = 1, **changes: str | None) -> Eleve:
    """A pupil in whom nothing is wrong."""
    fields: dict[str, str | None] = {
        "ID_NATIONAL": ine(number),
        "NOM_DE_FAMILLE": "NGUYEN",
        "PRENOM": "Chloé",
        "CODE_SEXE": "2",
        "DATE_NAISS": "14/03/2012",
        "CODE_PAYS": "100",
        "CODE_DEPARTEMENT_NAISS": "025",
        "CODE_COMMUNE_INSEE_NAISS": "25056",
        "CODE_MEF": "10110001110",
        "CODE_STATUT": "ST",
    }
    return Eleve(number, fields | changes)


def ine(number: int) -> str:
    return f"{120000000 + number:09d}AB"


def eleves(count: int, first: int = 1) -> list[Eleve]:
    return [eleve(number) for number in range(first, first + count)]


def xml(
    pupils: Iterable[Eleve],
    *,
    uai: str | None = UAI,
    encoding: str = "ISO-8859-15",
    declared: str | None = None,
    structures_first: bool = False,
    before: str = "",
    inside: str = "",
    bom: bytes = b"",
) -> bytes:
    """A whole file. `before` stands before the root element, `inside` within `DONNEES`."""
    pupils = list(pupils)
    parameters = f"<UAJ>{uai}</UAJ>" if uai is not None else ""
    lists = [_eleves(pupils), _structures(pupils)]
    text = "\n".join(
        [
            f'<?xml version="1.0" encoding="{declared or encoding}"?>{before}',
            '<BEE_ELEVES VERSION="2.1">',
            f"<PARAMETRES>{parameters}<ANNEE_SCOLAIRE>2026</ANNEE_SCOLAIRE></PARAMETRES>",
            "<DONNEES>",
            *(lists[::-1] if structures_first else lists),
            inside,
            "</DONNEES>",
            "</BEE_ELEVES>",
        ]
    )
    return bom + text.encode(encoding)


def zipped(content: bytes, name: str = "ElevesSansAdresses.xml", **others: bytes) -> bytes:
    """A zip with the file and, by name, others."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
        for other, data in others.items():
            archive.writestr(other, data)
    return target.getvalue()


def _eleves(pupils: Iterable[Eleve]) -> str:
    lines = ["<ELEVES>"]
    for pupil in pupils:
        children = "".join(
            f"<{name}>{escape(value)}</{name}>" for name, value in pupil.fields.items() if value is not None
        )
        lines.append(f"<ELEVE ELEVE_ID={quoteattr(str(pupil.number))}>{children}</ELEVE>")
    return "\n".join([*lines, "</ELEVES>"])


def _structures(pupils: Iterable[Eleve]) -> str:
    lines = ["<STRUCTURES>"]
    for pupil in pupils:
        inner = "".join(
            f"<STRUCTURE><CODE_STRUCTURE>{code}</CODE_STRUCTURE><TYPE_STRUCTURE>{kind}</TYPE_STRUCTURE></STRUCTURE>"
            for code, kind in pupil.structures
        )
        lines.append(f"<STRUCTURES_ELEVE ELEVE_ID={quoteattr(str(pupil.number))}>{inner}</STRUCTURES_ELEVE>")
    return "\n".join([*lines, "</STRUCTURES>"])
