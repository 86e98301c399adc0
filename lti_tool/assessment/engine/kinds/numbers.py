"""Questions answered by a number: compared as numbers, whatever way they are written, with a tolerance and units."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
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
from lti_tool.assessment.engine.kinds.texts import TEXT_CONTROL
from lti_tool.assessment.engine.tables import Table
from lti_tool.assessment.engine.tolerances import folded

_NUMBER = re.compile(r"([+-]?)([0-9]{1,3}(?:[ ][0-9]{3})+|[0-9]+)?(?:[.,]([0-9]+))?[ ]*([^0-9+\-.,]{0,20})")
_MAX_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that can be typed behind the number; `worth` is what one of it is in the unit of the answer."""

    name: str
    worth: Decimal


@dataclass(frozen=True, slots=True)
class RefusedNumber:
    """A wrong number that people really give, and what it shows."""

    value: Decimal
    shows: str


@dataclass(frozen=True, slots=True)
class Number(Question):
    """One number. Typing no unit is right; another unit than those known is wrong."""

    kind = "number"
    answer: Decimal
    tolerance: Decimal = Decimal(0)
    """How far from the answer is still right, in the unit of the answer."""
    units: tuple[Unit, ...] = ()
    """The first one stands behind the control and is worth 1."""
    refuses: tuple[RefusedNumber, ...] = ()

    @classmethod
    def read(cls, table: Table) -> Self:
        question = cls(
            answer=table.number("answer"),
            tolerance=table.number("tolerance", default=Decimal(0)),
            units=tuple(_units(table)),
            refuses=tuple(_refused(table)),
        )
        if question.tolerance < 0:
            table.fault("« tolerance » ne peut pas être négatif")
        if question.units and question.units[0].worth != 1:
            table.fault("la première unité doit valoir 1")
        if len({folded(unit.name, {"t1"}) for unit in question.units}) < len(question.units):
            table.fault("deux unités ont le même nom")
        for refused in question.refuses:
            if question.is_right(refused.value):
                table.fault(f"la réponse refusée « {french(refused.value)} » est acceptée")
        return question

    @property
    def unit(self) -> str:
        """What stands behind the control; empty for a bare number."""
        return self.units[0].name if self.units else ""

    def parse(self, form: Form) -> Response | None:
        text = typed(form, TEXT_CONTROL)
        return Response(text=text) if text.strip() else None

    def controls(self, seed: str) -> tuple[Control, ...]:
        del seed
        return (Control(TEXT_CONTROL, "", ControlType.NUMBER, unit=self.unit),)

    def check(self, response: Response) -> Verdict:
        value = self._value(response.text or "")
        if value is None:
            return Verdict(right=False)
        if self.is_right(value):
            return Verdict(right=True)
        return Verdict(right=False, shows=next((each.shows for each in self.refuses if each.value == value), None))

    def right_response(self) -> Response:
        return Response(text=french(self.answer))

    def correct(self, response: Response | None) -> tuple[CorrectionLine, ...]:
        text = (response and response.text) or ""
        right = response is not None and self.check(response).right
        expected = " ".join(filter(None, (french(self.answer), self.unit)))
        return (CorrectionLine("", (text,) if text.strip() else (), (expected,), right),)

    def is_right(self, value: Decimal) -> bool:
        """Whether a number in the unit of the answer is near enough."""
        return abs(value - self.answer) <= self.tolerance

    def _value(self, text: str) -> Decimal | None:
        """What was typed, in the unit of the answer."""
        read = parse_number(text)
        if read is None:
            return None
        value, unit = read
        if not unit:
            return value
        worth = (each.worth for each in self.units if folded(each.name, {"t1"}) == folded(unit, {"t1"}))
        return next((value * each for each in worth), None)


def parse_number(text: str) -> tuple[Decimal, str] | None:
    """A number as people type it, with what stands behind it; None where it is not one.

    Comma or point before the decimals, spaces between thousands, either minus sign. "1,234.5" and "2e3" are not read.
    """
    if len(text) > _MAX_LENGTH:
        return None
    plain = folded(text, ()).replace("\N{MINUS SIGN}", "-")
    match = _NUMBER.fullmatch(plain)
    if match is None:
        return None
    sign, whole, decimals, unit = match.groups()
    if whole is None and decimals is None:
        return None
    return Decimal(f"{sign}{(whole or '0').replace(' ', '')}.{decimals or '0'}"), unit.strip()


def french(value: Decimal) -> str:
    """A number with a decimal comma, without zeros that say nothing."""
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", ",")


def _units(table: Table) -> Iterator[Unit]:
    unit = table.text("unit", required=False)
    if unit:
        yield Unit(unit, Decimal(1))
    for each in table.tables("units", required=False):
        yield Unit(each.text("name"), each.number("worth", default=Decimal(1)))
        each.end()
        if not unit:
            table.fault("« units » demande « unit »")


def _refused(table: Table) -> Iterator[RefusedNumber]:
    for each in table.tables("refuses", required=False):
        yield RefusedNumber(each.number("value"), each.text("shows"))
        each.end()
