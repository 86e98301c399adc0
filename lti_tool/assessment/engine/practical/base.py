"""What every sort of practical item is: a world and a question made from a seed, one per pupil."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import ClassVar, Self

from lti_tool.assessment.engine.kinds.base import Answerable, opaque
from lti_tool.assessment.engine.kinds.choices import Choice, OneChoice, SeveralChoices
from lti_tool.assessment.engine.kinds.numbers import Number, RefusedNumber, Unit
from lti_tool.assessment.engine.kinds.texts import Expected, Refused, ShortText
from lti_tool.assessment.engine.practical.draw import Draw
from lti_tool.assessment.engine.tables import Table
from lti_tool.assessment.engine.typography import typographic
from lti_tool.assessment.engine.worlds import World

Foreseen = tuple[str, str]
"""A wrong answer that people really give, and what it shows."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a seed made: the world to show, the question about it, the words that the item's texts leave open."""

    world: World
    question: Answerable
    words: tuple[tuple[str, str], ...] = ()


class Generator(ABC):
    """One sort of practical item: a frozen dataclass of an item's parameters that makes its tasks."""

    sort: ClassVar[str]

    @classmethod
    @abstractmethod
    def read(cls, table: Table) -> Self:
        """Read the parameters from the item's table, noting every fault there."""

    @abstractmethod
    def make(self, where: str, draw: Draw) -> Task:
        """The task of this draw; `where` makes the ids of choices."""


@dataclass(frozen=True, slots=True)
class TaskGenerator(Generator):
    """A sort whose only parameter is which of its tasks to set."""

    tasks: ClassVar[tuple[str, ...]]
    task: str

    @classmethod
    def read(cls, table: Table) -> Self:
        return cls(read_task(table, cls.tasks))


def read_task(table: Table, tasks: Iterable[str]) -> str:
    """The task named in the item's table, one of `tasks`."""
    task = table.text("task")
    if task and task not in tasks:
        table.fault(f"« {task} » n'est pas une tâche de cette sorte ({', '.join(tasks)})")
    return task


def one_of(where: str, right: str, *wrong: Foreseen) -> OneChoice:
    """A question of one right choice among those wrong ones."""
    texts = [(right, True, ""), *((text, False, shows) for text, shows in wrong)]
    return OneChoice(_choices(where, texts))


def several_of(where: str, *texts: tuple[str, bool, str]) -> SeveralChoices:
    """A question of several choices, each with whether it is right and what choosing it shows where it is not."""
    return SeveralChoices(_choices(where, texts))


def short_text(accepts: Iterable[str], tolerances: Iterable[str], *refuses: Foreseen) -> ShortText:
    """A short text; foreseen wrong answers that this seed makes right, or the same as another, are dropped."""
    expected = Expected(tuple(accepts), frozenset(tolerances), ())
    wrong = {text: shows for text, shows in refuses if text and not expected.check(text).right}
    return ShortText(
        Expected(expected.accepts, expected.tolerances, tuple(Refused(text, shows) for text, shows in wrong.items()))
    )


def number(answer: Decimal | int, *refuses: tuple[Decimal | int, str], unit: str = "", near: str = "0") -> Number:
    """A number within `near` of the answer; foreseen wrong ones that this seed makes right are dropped."""
    question = Number(Decimal(answer), Decimal(near), (Unit(unit, Decimal(1)),) if unit else ())
    wrong = {Decimal(value): shows for value, shows in refuses if not question.is_right(Decimal(value))}
    return replace(question, refuses=tuple(RefusedNumber(value, shows) for value, shows in wrong.items()))


def _choices(where: str, texts: Iterable[tuple[str, bool, str]]) -> tuple[Choice, ...]:
    return tuple(
        Choice(opaque(where, index), typographic(text), right, None if right else shows or None)
        for index, (text, right, shows) in enumerate(texts)
    )
