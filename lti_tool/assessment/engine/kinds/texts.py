"""Questions answered by typing: one short text, or several fields."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from lti_tool.assessment.engine.kinds.base import (
    Control,
    ControlType,
    CorrectionLine,
    Form,
    Question,
    Response,
    Verdict,
    typed,
)
from lti_tool.assessment.engine.tables import Table
from lti_tool.assessment.engine.tolerances import TOLERANCES, matches
from lti_tool.assessment.engine.typography import typographic

TEXT_CONTROL = "answer"
"""Name of the control of a short text."""
FIELD_CONTROL = "field-"
"""Begins the name of the control of each of several fields; the field's own name follows."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A wrong answer that people really give, and what it shows."""

    text: str
    shows: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What counts as right in one place to type, and the wrong answers that were foreseen."""

    accepts: tuple[str, ...]
    tolerances: frozenset[str]
    refuses: tuple[Refused, ...]

    @classmethod
    def read(cls, table: Table) -> Self:
        """Read the lists of answers; each accepted one must be accepted, each refused one refused."""
        names = table.texts("tolerances", required=False)
        for name in names:
            if name not in TOLERANCES:
                table.fault(f"« {name} » n'est pas une tolérance ({', '.join(TOLERANCES)})")
        expected = cls(table.texts("accepts"), frozenset(names), tuple(_refused(table)))
        for accepted in expected.accepts:
            if not expected.check(accepted).right:
                table.fault(f"la réponse acceptée « {accepted} » n'est pas acceptée")
        for refused in expected.refuses:
            if expected.check(refused.text).right:
                table.fault(f"la réponse refusée « {refused.text} » est acceptée")
        return expected

    def check(self, text: str) -> Verdict:
        """Whether what was typed is one of the accepted answers, within the tolerances."""
        if any(matches(text, accepted, self.tolerances) for accepted in self.accepts):
            return Verdict(right=True)
        exactly = self.tolerances - {"t3"}
        foreseen = (refused.shows for refused in self.refuses if matches(text, refused.text, exactly))
        return Verdict(right=False, shows=next(foreseen, None))

    def correct(self, label: str, text: str) -> CorrectionLine:
        """One line of the corrected answer: the first accepted answer stands for all."""
        return CorrectionLine(label, (text,) if text.strip() else (), self.accepts[:1], self.check(text).right)


@dataclass(frozen=True, slots=True)
class ShortText(Question):
    """One short text, compared with a list of accepted answers."""

    kind = "text"
    expected: Expected

    @classmethod
    def read(cls, table: Table) -> Self:
        return cls(Expected.read(table))

    def parse(self, form: Form) -> Response | None:
        text = typed(form, TEXT_CONTROL)
        return Response(text=text) if text.strip() else None

    def controls(self, seed: str) -> tuple[Control, ...]:
        del seed
        return (Control(TEXT_CONTROL, "", ControlType.TEXT),)

    def check(self, response: Response) -> Verdict:
        return self.expected.check(response.text or "")

    def right_response(self) -> Response:
        return Response(text=self.expected.accepts[0])

    def correct(self, response: Response | None) -> tuple[CorrectionLine, ...]:
        return (self.expected.correct("", (response and response.text) or ""),)


@dataclass(frozen=True, slots=True)
class Field:
    """One of several places to type, with its own accepted answers."""

    name: str
    label: str
    expected: Expected

    @property
    def control(self) -> str:
        """Name of its control in the form."""
        return FIELD_CONTROL + self.name


@dataclass(frozen=True, slots=True)
class SeveralFields(Question):
    """Several fields, each checked against its own list; the answer is right when all are."""

    kind = "fields"
    fields: tuple[Field, ...]

    @classmethod
    def read(cls, table: Table) -> Self:
        question = cls(tuple(_fields(table)))
        if len(question.fields) < 2:
            table.fault("il faut au moins deux champs")
        if len({field.name for field in question.fields}) < len(question.fields):
            table.fault("deux champs ont le même nom")
        return question

    def parse(self, form: Form) -> Response | None:
        """What was typed in every field, the empty ones too; None where all are blank."""
        values = tuple((field.name, typed(form, field.control)) for field in self.fields)
        return Response(fields=values) if any(text.strip() for _, text in values) else None

    def controls(self, seed: str) -> tuple[Control, ...]:
        del seed
        return tuple(Control(field.control, field.label, ControlType.TEXT) for field in self.fields)

    def check(self, response: Response) -> Verdict:
        given = dict(response.fields)
        verdicts = [field.expected.check(given.get(field.name, "")) for field in self.fields]
        shown = (verdict.shows for verdict in verdicts if verdict.shows)
        return Verdict(all(verdict.right for verdict in verdicts), next(shown, None))

    def right_response(self) -> Response:
        return Response(fields=tuple((field.name, field.expected.accepts[0]) for field in self.fields))

    def correct(self, response: Response | None) -> tuple[CorrectionLine, ...]:
        given = dict(response.fields) if response else {}
        return tuple(field.expected.correct(field.label, given.get(field.name, "")) for field in self.fields)


def _refused(table: Table) -> Iterator[Refused]:
    for each in table.tables("refuses", required=False):
        yield Refused(each.text("text"), each.text("shows"))
        each.end()


def _fields(table: Table) -> Iterator[Field]:
    for each in table.tables("fields"):
        field = Field(each.text("name"), typographic(each.text("label")), Expected.read(each))
        if not re.fullmatch(r"[a-z][a-z-]*", field.name):
            each.fault(f"le nom de champ « {field.name} » ne doit avoir que a-z et -")
        each.end()
        yield field
