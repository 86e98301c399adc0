"""What every kind of question is made of, and what it must be able to do."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from lti_tool.assessment.engine.tables import Table
from lti_tool.assessment.engine.tolerances import MAX_ANSWER_LENGTH

Form = Mapping[str, Sequence[str]]
"""What the browser sent: each control's name with its values, in any number, none of them to be trusted."""


@dataclass(frozen=True, slots=True)
class Response:
    """What a pupil answered, in the parts that the kind of question uses; the others stay empty.

    `choices` holds ids of choices, `fields` pairs of a field's name and what was typed there.
    """

    choices: tuple[str, ...] = ()
    text: str | None = None
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an answer is right and, where its author foresaw this wrong one, what it shows (for the teacher)."""

    right: bool
    shows: str | None = None


@dataclass(frozen=True, slots=True)
class CorrectionLine:
    """One line of the corrected answer: given beside expected. `label` is empty where there is only one line."""

    label: str
    given: tuple[str, ...]
    expected: tuple[str, ...]
    right: bool


class Question(ABC):
    """One question of a kind. A kind is a frozen dataclass that reads itself from a TOML table and checks responses."""

    kind: ClassVar[str]

    @classmethod
    @abstractmethod
    def read(cls, table: Table) -> Self:
        """Read what the kind needs from the table of the item `table.where`, noting every fault there."""

    @abstractmethod
    def parse(self, form: Form) -> Response | None:
        """The response in a form, or None where nothing was answered."""

    @abstractmethod
    def check(self, response: Response) -> Verdict:
        """Whether the response is right."""

    @abstractmethod
    def right_response(self) -> Response:
        """One response that is right, as a pupil who knows would give it."""

    @abstractmethod
    def correct(self, response: Response | None) -> tuple[CorrectionLine, ...]:
        """The corrected answer, for the page after the answer; None is a question passed over."""


_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


def typed(form: Form, name: str) -> str:
    """What was typed in one control, fit for storage: no NUL, no lone surrogate, cut where too long to be right."""
    values = form.get(name, ())
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", values[0][: MAX_ANSWER_LENGTH + 1]) if values else ""
