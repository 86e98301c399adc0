"""Whether a log speaks of people: names, birthdates, accounts and identifiers of the demo's school, and tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lti_tool.demo.people import PEOPLE

_SHAPES = {
    "INE": r"\b\d{9}[A-Z]{2}\b|\b\d{10}[A-Z]\b",
    "date de naissance": r"\b\d{1,2}/\d{1,2}/20\d\d\b|\b20[01]\d-\d\d-\d\d\b|date\(20[01]\d",
    "adresse électronique": r"[\w.+-]+@[\w-]+\.\w+",
    "jeton": r"\beyJ[\w-]{10,}|Bearer\s+\S{8,}",
}


def personal(log: Path) -> Iterator[str]:
    """Where a log holds something personal, and of which kind: never what it is."""
    patterns = {kind: re.compile(shape) for kind, shape in _SHAPES.items()} | {"nom": _names()}
    for number, line in enumerate(log.read_text("utf-8", "replace").splitlines(), 1):
        for kind, pattern in patterns.items():
            if pattern.search(line):
                yield f"{log.name}, ligne {number} : {kind}"


def _names() -> re.Pattern[str]:
    """Names, accounts and identifiers, also with their accents written as `ascii()` does."""
    words = {word for person in PEOPLE for word in (person.given_name, person.family_name, person.login, person.sub)}
    words |= {ascii(word)[1:-1] for word in words}
    return re.compile(rf"\b(?:{'|'.join(re.escape(word) for word in sorted(words))})\b", re.IGNORECASE)
