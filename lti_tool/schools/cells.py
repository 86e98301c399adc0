"""What stands in the cells of a learners' table, as the register keeps it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache

from lti_tool.schools import faults
from lti_tool.schools.birthdates import is_plausible
from lti_tool.schools.siecle import Pupil

LONGEST_TEXT = 255
_DATE = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})")
_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]00:00(?::00)?)?")
_SEXES = {
    "m": "M",
    "h": "M",
    "1": "M",
    "masculin": "M",
    "homme": "M",
    "garçon": "M",
    "garcon": "M",
    "f": "F",
    "2": "F",
    "féminin": "F",
    "feminin": "F",
    "femme": "F",
    "fille": "F",
}


def pupil(line: int, values: Mapping[str, str], birthdate: str | None, found: Iterable[str]) -> Pupil:
    """The pupil of a row, by the register's names of the fields. Their division stands with them, empty or not."""
    return Pupil(
        eleve_id="",
        line=line,
        ine=values.get("ine", "").replace(" ", "").upper(),
        last_name=values.get("last_name") or None,
        preferred_last_name=values.get("preferred_last_name") or None,
        first_name=values.get("first_name") or None,
        middle_name=values.get("middle_name") or None,
        third_name=values.get("third_name") or None,
        birthdate=birthdate,
        sex=sex_of(values.get("sex", "")),
        division=values.get("division", ""),
        mef=values.get("mef") or None,
        status=values.get("status") or None,
        faults=" ".join(found),
    )


def sex_of(text: str) -> str | None:
    """`M`, `F`, or None for anything else."""
    return _SEXES.get(text.casefold())


def unreadable(text: str) -> bool:
    """Whether the text holds a character that no name has: a control character, or one that could not be decoded."""
    return not text.isprintable() or "\ufffd" in text


@lru_cache(maxsize=10_000)
def typed_date(text: str, today: date, *, separators: str = "/.-") -> tuple[str | None, str]:
    """A birthdate as ISO, and the code of what is wrong with it; nothing is wrong with an empty one.

    Day first; a year of two digits is the latest that is not to come. With `-` among the separators, ISO dates too.
    """
    if not text:
        return None, ""
    birthdate = _read(text, today, separators)
    if birthdate is None:
        return None, faults.FIELD_DATE_FORMAT
    if not is_plausible(birthdate, today):
        return None, faults.INVALID_BIRTHDATE
    return birthdate.isoformat(), ""


def _read(text: str, today: date, separators: str) -> date | None:
    iso = _ISO_DATE.fullmatch(text) if "-" in separators else None
    parts = _DATE.fullmatch(text)
    try:
        if iso:
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
        if parts is None or parts[2] not in separators:
            return None
        day, month, year = int(parts[1]), int(parts[3]), int(parts[4])
        if len(parts[4]) == 2:
            year += 2000
            if date(year, month, day) > today:
                year -= 100
        return date(year, month, day)
    except ValueError:
        return None
