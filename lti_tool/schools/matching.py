"""Which line of the register bears these names? Pure: exactly one, or nobody is chosen (`facts/pix.md` §2.1, stricter).

A name is first taken as it is written, whatever the case, accents, hyphens, apostrophes and spaces. Only where nobody
bears it so, near ones count: a part of a compound name, another given name, particles left out, given and family
name swapped, and last a slip of the pen. All near ones together must be one: two near learners are asked apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import DamerauLevenshtein

from lti_tool.schools.names import normalise, telling_words

LETTERS_PER_EDIT = 4
"""One slip is allowed for each full four letters of the name given; in three letters or fewer, none."""
_MOST_WORDS_BEYOND = 2
"""Words given beyond those of the register: somebody who lists many names is not taken at any of them."""

Same = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True)
class RegisterNames:
    """A learner's names as the register has them. `key` is the caller's, for the answer."""

    key: int
    last_name: str
    preferred_last_name: str | None
    first_name: str
    middle_name: str | None
    third_name: str | None
    active: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """Whom the names may mean: the one `learner`, or `several`, or nobody."""

    learner: RegisterNames | None = None
    several: tuple[int, ...] = ()
    """Keys, where more than one is near."""


def find(given_name: str, family_name: str, candidates: Iterable[RegisterNames]) -> Found:
    """The one learner whom these names mean, among those of one birthdate, active or not.

    A line that is no longer active counts for nothing beside an active one of the same names: it is the same child.
    """
    if not (normalise(given_name) and normalise(family_name)):
        return Found()
    candidates = tuple(candidates)
    exact = [each for each in candidates if _bears_exactly(given_name, family_name, each)]
    if exact:
        return _only(exact)
    strict = [each for each in candidates if _bears_nearly(given_name, family_name, each, _same)]
    near = [each for each in candidates if _bears_nearly(given_name, family_name, each, _near)]
    found = _only(near)
    if found.learner is not None and found.learner not in strict:
        twins = [each for each in candidates if each is not found.learner and _are_alike(found.learner, each)]
        if twins:
            return _only([found.learner, *twins])
    return found


def match(given_name: str, family_name: str, candidates: Iterable[RegisterNames]) -> int | None:
    """The key of the one learner whom these names mean, or None where none or several do."""
    learner = find(given_name, family_name, candidates).learner
    return None if learner is None else learner.key


def are_same(names: tuple[str | None, str | None], others: tuple[str | None, str | None]) -> bool:
    """Whether two pairs of given and family name are the same; those without a name never are."""
    return all(_same(name or "", other or "") for name, other in zip(names, others, strict=True))


def _only(found: Sequence[RegisterNames]) -> Found:
    here = {_identity(each) for each in found if each.active}
    remaining = [each for each in found if each.active or _identity(each) not in here]
    if len(remaining) == 1:
        return Found(remaining[0])
    return Found(None, tuple(each.key for each in remaining))


def _identity(line: RegisterNames) -> tuple[str, str]:
    return normalise(line.first_name), normalise(line.last_name)


def _bears_exactly(given_name: str, family_name: str, line: RegisterNames) -> bool:
    return _same(given_name, line.first_name) and any(_same(family_name, name) for name in _family_names(line))


def _bears_nearly(given_name: str, family_name: str, line: RegisterNames, same: Same) -> bool:
    given_names = (*_called(line), *(name for name in (line.middle_name, line.third_name) if name))
    family_names = _family_names(line)
    if any(_same_or_part(given_name, name, same) for name in given_names) and any(
        _same_or_part(family_name, name, same) for name in family_names
    ):
        return True
    swapped = any(same(given_name, name) for name in family_names)
    return swapped and any(same(family_name, name) for name in _called(line))


def _are_alike(one: RegisterNames, other: RegisterNames) -> bool:
    """Whether two learners of one birthdate could be twins whose names a slip of the pen confuses."""
    return any(_same_or_part(a, b, _same) for a in _family_names(one) for b in _family_names(other)) and (
        _near(one.first_name, other.first_name) or _near(other.first_name, one.first_name)
    )


def _called(line: RegisterNames) -> list[str]:
    """The first given name, and the given names together as some forms join them."""
    names = [name for name in (line.first_name, line.middle_name, line.third_name) if name]
    return [" ".join(names[:count]) for count in range(1, len(names) + 1)]


def _family_names(line: RegisterNames) -> list[str]:
    return [name for name in (line.last_name, line.preferred_last_name) if name]


def _same(given: str, registered: str) -> bool:
    normalised = normalise(given)
    return normalised != "" and normalised == normalise(registered)


def _near(given: str, registered: str) -> bool:
    """Whether the name given is the registered one, or a slip of the pen away."""
    given, registered = normalise(given), normalise(registered)
    most = len(given) // LETTERS_PER_EDIT
    return given != "" and DamerauLevenshtein.distance(given, registered, score_cutoff=most) <= most


def _same_or_part(given: str, registered: str, same: Same) -> bool:
    """Whether the names are the same, or all telling words of the one stand in the other."""
    if same(given, registered):
        return True
    ours, theirs = telling_words(given), telling_words(registered)
    if not ours or not theirs or len(ours) > len(theirs) + _MOST_WORDS_BEYOND:
        return False
    ours_stand = all(any(same(our, their) for their in theirs) for our in ours)
    return ours_stand or all(any(same(our, their) for our in ours) for their in theirs)
