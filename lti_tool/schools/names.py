"""What two ways of writing one name have in common. Pure."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# Letters that Unicode does not decompose; dropping them with the accents would lose half a name (`facts/pix.md` §2.1).
_LETTERS = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ß": "ss", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ħ": "h", "ı": "i"}
)

_FRENCH_PARTICLES = frozenset({"a", "d", "de", "des", "du", "et", "l", "la", "le", "les", "st", "ste"})
_OTHER_PARTICLES = frozenset({"al", "ben", "bin", "da", "das", "del", "den", "der", "di", "do", "dos", "e", "el"})
_PARTICLES = _FRENCH_PARTICLES | _OTHER_PARTICLES | {"las", "los", "van", "von", "y"}
"""Words that never tell two families apart by themselves."""


@lru_cache(maxsize=10_000)
def words(name: str) -> tuple[str, ...]:
    """The name's words: no case, accents or ligatures; whatever is neither letter nor digit separates them.

    Letters of any script are kept, so that names that no accent-dropping turns into a–z still differ.
    """
    # Folding case and decomposing can each make work for the other: twice is enough to come to rest.
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold()).casefold()
    bare = "".join(letter for letter in folded if not unicodedata.combining(letter)).translate(_LETTERS)
    return tuple("".join(letter if letter.isalnum() else " " for letter in bare).split())


def normalise(name: str) -> str:
    """The name as letters and digits alone: no case, accents, ligatures, spaces, hyphens or apostrophes."""
    return "".join(words(name))


def telling_words(name: str) -> frozenset[str]:
    """The name's words without particles; a name of particles alone keeps them."""
    every = frozenset(words(name))
    return every - _PARTICLES or every
