"""Compares a typed answer with an accepted one, with the tolerances of `facts/pix.md` §4.5.

Before anything: NFC, non-breaking spaces to spaces, typographic apostrophes to plain ones, outer spaces dropped.
Then those of three that the item asks for: t1 = lower case, no accents (œ and æ as two letters), no whitespace;
t2 = no special characters; t3 = edit distance at most a quarter of the length of what was typed.
"""

import re
import unicodedata
from collections.abc import Collection

TOLERANCES = ("t1", "t2", "t3")
MAX_ANSWER_LENGTH = 300
"""Characters. A longer answer is wrong without being looked at, so that its length costs nothing."""

_SPACES = re.compile(r"[\u00a0\u2007\u2009\u202f]")
_PLAIN = str.maketrans({"’": "'", "ʼ": "'"})
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae"})


def matches(answer: str, accepted: str, tolerances: Collection[str]) -> bool:
    """Whether what was typed counts as this accepted answer. An answer of which nothing is left never does."""
    if len(answer) > MAX_ANSWER_LENGTH:
        return False
    typed, wanted = folded(answer, tolerances), folded(accepted, tolerances)
    if not typed or not wanted:
        return False
    return typed == wanted or ("t3" in tolerances and _is_near(typed, wanted))


def folded(text: str, tolerances: Collection[str]) -> str:
    """What of a text is compared under t1 and t2, always in this order."""
    text = _SPACES.sub(" ", unicodedata.normalize("NFC", text)).translate(_PLAIN).strip()
    if "t1" in tolerances:
        letters = unicodedata.normalize("NFD", text.lower().translate(_LIGATURES))
        text = "".join(char for char in letters if not unicodedata.combining(char) and not char.isspace())
    if "t2" in tolerances:
        text = "".join(char for char in text if char.isalnum() or char.isspace()).strip()
    return text


def _is_near(typed: str, wanted: str) -> bool:
    allowed = len(typed) // 4
    return abs(len(typed) - len(wanted)) <= allowed and _distance(typed, wanted) <= allowed


def _distance(one: str, other: str) -> int:
    """Levenshtein distance: the least number of letters to add, drop or change."""
    previous = list(range(len(other) + 1))
    for row, char in enumerate(one, start=1):
        current = [row]
        for column, wanted in enumerate(other, start=1):
            change = previous[column - 1] + (char != wanted)
            current.append(min(change, previous[column] + 1, current[-1] + 1))
        previous = current
    return previous[-1]
