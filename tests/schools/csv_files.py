"""Writes tables of learners for the tests: the agricultural one as it is exported, others as schools make them."""

from __future__ import annotations

AGRICULTURAL = (
    "Identifiant unique",
    "Premier prénom",
    "Deuxième prénom",
    "Troisième prénom",
    "Nom de famille",
    "Nom d’usage",
    "Code sexe",
    "Date de naissance (jj/mm/aaaa)",
    "Code commune naissance",
    "Libellé commune naissance",
    "Code département naissance",
    "Code pays naissance",
    "Statut",
    "Code MEF",
    "Division",
)
CHLOE = dict(
    zip(
        AGRICULTURAL,
        ("120000001AB", "Chloé", "Linh", "", "NGUYEN", "", "Féminin", "14/03/2012", "25056", "", "25", "99100", "ST",
         "10110001110", "4A"),
        strict=True,
    )
)  # fmt: skip


def pupil(number: int = 1, **changes: str) -> dict[str, str]:
    """A pupil in whom nothing is wrong; `changes` by the beginning of a heading, with `_` for a space."""
    row = {**CHLOE, "Identifiant unique": f"{120000000 + number:09d}AB"}
    for name, value in changes.items():
        (heading,) = [each for each in AGRICULTURAL if each.startswith(name.replace("_", " "))]
        row[heading] = value
    return row


def table(*rows: dict[str, str], header=AGRICULTURAL, separator=";", end="\r\n", encoding="utf-8") -> bytes:
    """A file with these headings; a cell that holds the separator is quoted."""
    cells = [list(header), *([row.get(name, "") for name in header] for row in rows)]
    lines = [separator.join(f'"{cell}"' if separator in cell else cell for cell in line) for line in cells]
    return (end.join(lines) + end).encode(encoding)


def without(*names: str) -> tuple[str, ...]:
    return tuple(name for name in AGRICULTURAL if name not in names)


GENERIC = "INE;Nom;Prénom;Né(e) le;Classe\r\n120000001AB;NGUYEN;Chloé;14/03/2012;4A\r\n"
