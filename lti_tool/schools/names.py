"""Comparing names: the ENT's or typed ones with those of the register. Pure, and strict: nothing is guessed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# Letters that Unicode does not decompose; dropping them with the accents would lose half a name (`facts/pix.md` §2.1).
_LETTERS = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ß": "ss", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ħ": "h", "ı": "i"}
)

_FRENCH_PARTICLES = frozenset({"a", "d", "de", "des", "du", "et", "l", "la", "le", "les", "st"})
_OTHER_PARTICLES = frozenset(
    {
        "al",
        "ben",
        "bin",
        "da",
        "das",
        "del",
        "den",
        "der",
        "di",
        "do",
        "dos",
        "e",
        "el",
        "las",
        "los",
        "van",
        "von",
        "y",
    }
)
_PARTICLES = _FRENCH_PARTICLES | _OTHER_PARTICLES
"""Words that never tell two families apart by themselves."""


@dataclass(frozen=True, slots=True)
class RegisterNames:
    """A learner's names as the register has them. `key` is the caller's, for the answer."""

    key: int
    last_name: str
    preferred_last_name: str | None
    first_name: str
    middle_name: str | None
    third_name: str | None


def normalise(name: str) -> str:
    """The name as letters and digits alone: no case, accents, ligatures, spaces, hyphens or apostrophes.

    Letters of any script are kept, so that names that no accent-dropping turns into a–z still differ.
    """
    return "".join(_words(name))


def match(given_name: str, family_name: str, candidates: Iterable[RegisterNames]) -> int | None:
    """The key of the one learner who bears these names, or None where none or several do.

    First the whole first name, with the family or usage name. Only where nobody bears these: the second and third
    given names, and parts of compound names (one of the two that a form kept, either way round). Where somebody
    is found at a step, later steps are not tried: an exact name that two bear is not settled by a part of another.
    """
    candidates = tuple(candidates)
    for step in (_bears_exactly, _bears_nearly):
        found = {candidate.key for candidate in candidates if step(given_name, family_name, candidate)}
        if found:
            return found.pop() if len(found) == 1 else None
    return None


def _bears_exactly(given_name: str, family_name: str, candidate: RegisterNames) -> bool:
    return _same(given_name, candidate.first_name) and any(
        _same(family_name, name) for name in _family_names(candidate)
    )


def _bears_nearly(given_name: str, family_name: str, candidate: RegisterNames) -> bool:
    given_names = (candidate.first_name, candidate.middle_name, candidate.third_name)
    return any(_same_or_part(given_name, name) for name in given_names if name) and any(
        _same_or_part(family_name, name) for name in _family_names(candidate)
    )


def _family_names(candidate: RegisterNames) -> Sequence[str]:
    return [name for name in (candidate.last_name, candidate.preferred_last_name) if name]


def _same(one: str, other: str) -> bool:
    normalised = normalise(one)
    return normalised != "" and normalised == normalise(other)


def _same_or_part(one: str, other: str) -> bool:
    """Whether the names are the same, or all words of the one stand in the other, particles aside."""
    if _same(one, other):
        return True
    ours, theirs = _telling_words(one), _telling_words(other)
    return bool(ours and theirs) and (ours <= theirs or theirs <= ours)


def _telling_words(name: str) -> frozenset[str]:
    words = frozenset(_words(name))
    return words - _PARTICLES or words


def _words(name: str) -> list[str]:
    """The name's words, normalised; whatever is neither letter nor digit separates them."""
    # Folding case and decomposing can each make work for the other: twice is enough to come to rest.
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold()).casefold()
    bare = "".join(letter for letter in folded if not unicodedata.combining(letter)).translate(_LETTERS)
    return "".join(letter if letter.isalnum() else " " for letter in bare).split()
