"""A birthdate as a pupil types it, in three fields, or as a file writes it."""

from __future__ import annotations

import unicodedata
from datetime import date

from lti_tool.errors import N_, RefusedError

LONGEST_LIFE = 100
"""Years; a birthdate longer ago is a mistake."""

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier janv",
            "fevrier fevr fev",
            "mars",
            "avril avr",
            "mai",
            "juin",
            "juillet juil",
            "aout",
            "septembre sept",
            "octobre oct",
            "novembre nov",
            "decembre dec",
        ),
        start=1,
    )
    for name in names.split()
}


class BirthdateError(RefusedError):
    """What was typed is no birthdate. `field` names what to correct: `day`, `month` or `year`."""

    code = "DATE"
    advice = N_("Corrigez la date, puis continuez.")

    def __init__(self, field: str, sentence: str) -> None:
        self.field = field
        super().__init__(sentence=sentence)


def from_fields(day: str, month: str, year: str, today: date) -> date:
    """The date typed in three fields: `3` or `03`, `3`, `03` or `mars`, `2012`. Raises `BirthdateError`."""
    day_number = _number(day)
    if day_number is None or not 1 <= day_number <= 31:
        raise BirthdateError("day", N_("Le jour est un nombre de 1 à 31."))
    month_number = _number(month) or _MONTHS.get(_plain(month))
    if month_number is None or not 1 <= month_number <= 12:
        raise BirthdateError("month", N_("Le mois est un nombre de 1 à 12."))
    year_number = _number(year)
    if year_number is None or year_number < 1000:
        raise BirthdateError("year", N_("Écrivez l’année avec ses quatre chiffres, par exemple 2012."))
    try:
        birthdate = date(year_number, month_number, day_number)
    except ValueError:
        raise BirthdateError("day", N_("Ce jour n’existe pas dans ce mois.")) from None
    if not is_plausible(birthdate, today):
        raise BirthdateError("year", N_("Vérifiez l’année de naissance."))
    return birthdate


def is_plausible(birthdate: date, today: date) -> bool:
    """Whether somebody born then may be a pupil today: not in the future, not more than a century ago."""
    earliest = (today.year - LONGEST_LIFE, today.month, today.day)
    return earliest <= (birthdate.year, birthdate.month, birthdate.day) and birthdate <= today


def _number(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isdecimal() and len(text) <= 4 else None


def _plain(text: str) -> str:
    """The word without case, accents or a final point."""
    decomposed = unicodedata.normalize("NFD", text.strip().rstrip(".").casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
