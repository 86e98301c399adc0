"""Questions answered by ticking: one choice, or several."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from lti_tool.assessment.engine.kinds.base import (
    Control,
    ControlType,
    CorrectionLine,
    Form,
    Option,
    Question,
    Response,
    Verdict,
    opaque,
    ordered,
)
from lti_tool.assessment.engine.tables import Table
from lti_tool.assessment.engine.typography import typographic

CHOICE_CONTROL = "choice"
"""Name of the radio buttons or boxes in the form; their values are the ids of the choices."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One proposed answer. The id comes from the item's id and the place in the file, and tells neither."""

    id: str
    text: str
    right: bool
    shows: str | None


@dataclass(frozen=True, slots=True)
class Choices(Question):
    """What both kinds share: the answer is a set of choices, right when it is exactly the set of right ones."""

    control_type: ClassVar[ControlType]
    choices: tuple[Choice, ...]

    @classmethod
    def read(cls, table: Table) -> Self:
        question = cls(tuple(_choices(table)))
        if len({choice.text for choice in question.choices}) < len(question.choices):
            table.fault("deux choix ont le même texte")
        cls.note_faults(table, question.choices)
        return question

    @classmethod
    @abstractmethod
    def note_faults(cls, table: Table, choices: tuple[Choice, ...]) -> None:
        """Note what the kind forbids: too many right choices, too few."""

    def parse(self, form: Form) -> Response | None:
        """The known choices that were ticked, in the file's order; ids of no choice of this question are ignored."""
        ticked = frozenset(form.get(CHOICE_CONTROL, ()))
        chosen = tuple(choice.id for choice in self.choices if choice.id in ticked)
        return Response(choices=chosen) if chosen else None

    def controls(self, seed: str) -> tuple[Control, ...]:
        options = tuple(Option(choice.id, choice.text) for choice in self.presented(seed))
        return (Control(CHOICE_CONTROL, "", self.control_type, options),)

    def presented(self, seed: str) -> tuple[Choice, ...]:
        """The choices in an order of this seed."""
        return tuple(sorted(self.choices, key=lambda choice: ordered(seed, choice.id)))

    def check(self, response: Response) -> Verdict:
        chosen = frozenset(response.choices)
        if chosen == {choice.id for choice in self.choices if choice.right}:
            return Verdict(right=True)
        shown = (choice.shows for choice in self.choices if choice.id in chosen and not choice.right)
        return Verdict(right=False, shows=next((shows for shows in shown if shows), None))

    def right_response(self) -> Response:
        return Response(choices=tuple(choice.id for choice in self.choices if choice.right))

    def correct(self, response: Response | None) -> tuple[CorrectionLine, ...]:
        chosen = frozenset(response.choices) if response else frozenset()
        return (
            CorrectionLine(
                label="",
                given=tuple(choice.text for choice in self.choices if choice.id in chosen),
                expected=tuple(choice.text for choice in self.choices if choice.right),
                right=response is not None and self.check(response).right,
            ),
        )


@dataclass(frozen=True, slots=True)
class OneChoice(Choices):
    """Exactly one of three to five choices is right."""

    kind = "choice"
    control_type = ControlType.RADIO

    @classmethod
    def note_faults(cls, table: Table, choices: tuple[Choice, ...]) -> None:
        if not 3 <= len(choices) <= 5:
            table.fault("il faut de trois à cinq choix")
        if sum(choice.right for choice in choices) != 1:
            table.fault("il faut exactement un bon choix")


@dataclass(frozen=True, slots=True)
class SeveralChoices(Choices):
    """Any number of choices but none and all can be right, and all of them are to be ticked."""

    kind = "choices"
    control_type = ControlType.BOXES

    @classmethod
    def note_faults(cls, table: Table, choices: tuple[Choice, ...]) -> None:
        if not 3 <= len(choices) <= 8:
            table.fault("il faut de trois à huit choix")
        if len({choice.right for choice in choices}) != 2:
            table.fault("il faut au moins un bon choix et un mauvais")
        if not table.text("statement").endswith("(plusieurs réponses)"):
            table.fault("l'énoncé doit finir par « (plusieurs réponses) »")


def _choices(table: Table) -> Iterator[Choice]:
    for index, each in enumerate(table.tables("choices")):
        yield Choice(
            id=opaque(table.where, index),
            text=typographic(each.text("text")),
            right=each.truth("right"),
            shows=each.text("shows", required=False) or None,
        )
        each.end()
