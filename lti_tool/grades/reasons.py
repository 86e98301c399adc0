"""Why a grade or a column is not there: stable words, and the sentence that a teacher or a pupil reads for each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from lti_tool.errors import N_

# Waiting: tried again by itself.
UNREACHABLE = "unreachable"
PLATFORM_ERROR = "platform-error"
TOO_MANY = "too-many-requests"
TOKEN = "token"  # noqa: S105 - a word
CONFLICT = "conflict"
OUR_ERROR = "our-error"

# Final, until something changes: a launch, a membership, a click.
NOT_A_PUPIL = "not-a-pupil"
FORBIDDEN = "forbidden"
COLUMN_GONE = "column-gone"
NO_SCOPE = "no-scope"
NOT_TAKEN = "not-taken"
NO_COLUMN = "no-column"
LOCKED = "locked"

# Final, until a teacher says otherwise.
CHANGED_BY_TEACHER = "changed-by-teacher"
NEWER_ELSEWHERE = "newer-elsewhere"

REMOVED_BY_A_LAUNCH = frozenset({NOT_A_PUPIL, FORBIDDEN, COLUMN_GONE, NO_SCOPE, NOT_TAKEN, LOCKED})
"""Refusals that a new launch or membership may have put right."""
OF_THE_PLATFORM = frozenset({UNREACHABLE, PLATFORM_ERROR, TOO_MANY, TOKEN})
"""Failures that say something of the platform, not of one grade."""
BY_A_TEACHER = frozenset({CHANGED_BY_TEACHER, NEWER_ELSEWHERE})
"""Only a teacher's own click sends these again."""

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        UNREACHABLE: N_("L’ENT ne répond pas pour le moment : la note sera renvoyée d’elle-même."),
        PLATFORM_ERROR: N_("L’ENT a rencontré une erreur : la note sera renvoyée d’elle-même."),
        TOO_MANY: N_("L’ENT demande d’attendre : la note sera renvoyée d’elle-même."),
        TOKEN: N_("L’ENT ne nous laisse pas entrer pour le moment : la note sera renvoyée d’elle-même."),
        CONFLICT: N_("Le carnet de notes a été modifié au même moment : la note sera renvoyée d’elle-même."),
        OUR_ERROR: N_("Une erreur s’est produite de notre côté : la note sera renvoyée d’elle-même."),
        NOT_A_PUPIL: N_("L’ENT répond que cette personne n’est pas élève de ce cours."),
        FORBIDDEN: N_("L’ENT refuse la note : la colonne est peut-être verrouillée."),
        COLUMN_GONE: N_("La colonne du carnet de notes n’existe plus."),
        NO_SCOPE: N_("L’ENT ne permet pas à Pix d’écrire dans ce carnet de notes."),
        NOT_TAKEN: N_("L’ENT n’a pas accepté la note."),
        NO_COLUMN: N_("Cette activité n’a pas de colonne dans le carnet de notes."),
        LOCKED: N_("L’ENT refuse cette note alors qu’il prend celles des autres : elle est peut-être verrouillée."),
        CHANGED_BY_TEACHER: N_("La note a été modifiée par l’enseignant dans le carnet de notes : elle est conservée."),
        NEWER_ELSEWHERE: N_("Le carnet de notes contient une note plus récente : elle est conservée."),
    }
)


def sentence(reason: str | None) -> str | None:
    """The French sentence of a reason, as a message id; None where there is none to give."""
    return None if reason is None else SENTENCES.get(reason, SENTENCES[NOT_TAKEN])


def pupil_sentence(reason: str | None) -> str:
    """What a pupil whose grade is refused may do, as a message id."""
    if reason in BY_A_TEACHER:
        return N_("Votre enseignant a mis une autre note : c’est elle qui compte.")
    if reason == NOT_A_PUPIL:
        return N_("Votre ENT ne vous connaît pas comme élève de ce cours. Parlez-en à votre enseignant.")
    return N_("Votre résultat n’a pas pu entrer dans le carnet de notes. Montrez cette page à votre enseignant.")
