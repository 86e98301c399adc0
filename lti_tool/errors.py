"""One tree of exceptions: what went wrong, in a word for machines and a sentence for the person.

    ToolError
    ├── SettingsError        the environment is wrong; the program does not start
    ├── RefusedError         the request is not allowed or makes no sense: 4xx
    └── UnavailableError     something we depend on does not answer: 503

Each room derives its own from these. Sentences are French message ids marked with `N_`; the page that shows
them translates them.
"""

from __future__ import annotations

from typing import Any


def N_(message: str) -> str:  # noqa: N802 - gettext's own name, which its extractor looks for
    """Mark `message` for translation without translating it yet."""
    return message


class ToolError(Exception):
    """Anything that a person is told about.

    `code` is stable and short; it stands on the error page and in the log. `status` is the HTTP status.
    `sentence` says what happened and `advice` the one thing to do next, both as message ids that may hold
    `%(name)s` places filled from `params`. `clause` names the rule that was broken, where a specification
    has one. None of them ever holds personal data, since all of them are logged.
    """

    code = "E00"
    status = 500
    sentence = N_("Une erreur est survenue.")
    advice = N_("Fermez cette page et rouvrez Pix depuis votre ENT.")
    clause: str | None = None

    def __init__(
        self,
        *,
        code: str | None = None,
        status: int | None = None,
        sentence: str | None = None,
        advice: str | None = None,
        clause: str | None = None,
        **params: Any,
    ) -> None:
        self.code = code or self.code
        self.status = status or self.status
        self.sentence = sentence or self.sentence
        self.advice = advice or self.advice
        self.clause = clause or self.clause
        self.params = params
        super().__init__(self.code)


class SettingsError(ToolError):
    """A setting is missing or bad. `sentence` names it, in English: the operator reads it."""

    code = "SETTINGS"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence=sentence)

    def __str__(self) -> str:
        return self.sentence


class RefusedError(ToolError):
    """The request is not allowed, or makes no sense; nothing was changed."""

    code = "E40"
    status = 400
    sentence = N_("Cette demande ne peut pas être acceptée.")


class UnavailableError(ToolError):
    """Something that the request depends on does not answer; trying again later may help."""

    code = "E50"
    status = 503
    sentence = N_("Votre ENT ne répond pas pour le moment.")
    advice = N_("Attendez quelques minutes, puis rouvrez Pix depuis votre ENT.")
