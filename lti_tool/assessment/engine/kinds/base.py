"""What every kind of question is made of, and what it must be able to do."""

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Self

from lti_tool.assessment.engine.tables import Table
from lti_tool.assessment.engine.tolerances import MAX_ANSWER_LENGTH
from lti_tool.assessment.engine.worlds import World

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


class ControlType(StrEnum):
    """What a control is on the page. A NUMBER is a text control for a decimal: a number control refuses the comma."""

    RADIO = "radio"
    BOXES = "checkbox"
    LIST = "select"
    TEXT = "text"
    NUMBER = "number"
    AREA = "textarea"


@dataclass(frozen=True, slots=True)
class Option:
    """What can be chosen in a control: the value to send and the words to show."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Control:
    """One place to answer, as the page needs it; it tells nothing of what is right."""

    name: str
    """Its name in the form."""
    label: str
    """Plain text; empty where the page's own words do ("Votre réponse")."""
    type: ControlType
    options: tuple[Option, ...] = ()
    """What radio buttons, boxes and lists offer, in the order to show; a list begins with an empty one besides."""
    unit: str = ""
    """What stands behind a number."""


Passage = tuple["str | Control", ...]
"""A text with controls in it, in reading order; line breaks count, and there is no CommonMark in it."""


class Answerable(ABC):
    """Something that can be asked: where to answer, what was answered, whether it is right."""

    @abstractmethod
    def parse(self, form: Form) -> Response | None:
        """The response in a form, or None where nothing was answered."""

    @abstractmethod
    def controls(self, seed: str) -> tuple[Control, ...]:
        """Where to answer, in an order of this seed, the same at every showing."""

    def passage(self, seed: str) -> Passage:
        """The text in which the controls stand, for the kinds that have one; else empty."""
        del seed
        return ()

    def remark(self, response: Response) -> str | None:
        """What to tell the pupil, before it counts, of an answer whose very form cannot be right; None mostly."""
        del response
        return None

    @abstractmethod
    def check(self, response: Response) -> Verdict:
        """Whether the response is right."""

    @abstractmethod
    def right_response(self) -> Response:
        """One response that is right, as a pupil who knows would give it."""

    @abstractmethod
    def correct(self, response: Response | None) -> tuple[CorrectionLine, ...]:
        """The corrected answer, for the page after the answer; None is a question passed over."""


class Question(Answerable):
    """One question of a kind. A kind is a frozen dataclass that reads itself from a TOML table and checks responses."""

    kind: ClassVar[str]

    @classmethod
    @abstractmethod
    def read(cls, table: Table) -> Self:
        """Read what the kind needs from the table of the item `table.where`, noting every fault there."""

    def for_seed(self, seed: str) -> "Question":
        """The question as it is for this seed; itself for the kinds that are the same for everybody."""
        del seed
        return self

    @property
    def world(self) -> World:
        """What the page shows besides the question; empty but for practical items."""
        return World()

    @property
    def words(self) -> tuple[tuple[str, str], ...]:
        """Names that stand as `{name}` in the item's texts, with what they stand for."""
        return ()


def ordered(seed: str, name: str) -> bytes:
    """A sort key that puts things by name in an order of this seed."""
    return hashlib.sha256(f"{seed}/{name}".encode()).digest()


def opaque(where: str, index: int | str) -> str:
    """An id made from an item's id and a place in its file, that tells neither."""
    return hashlib.sha256(f"{where}/{index}".encode()).hexdigest()[:8]


_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


def typed(form: Form, name: str, limit: int = MAX_ANSWER_LENGTH) -> str:
    """What was typed in one control, fit for storage: no NUL, no lone surrogate, cut where too long to be right."""
    values = form.get(name, ())
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", values[0][: limit + 1]) if values else ""
