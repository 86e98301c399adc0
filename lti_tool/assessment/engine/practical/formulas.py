"""Reads and evaluates spreadsheet formulas as a French spreadsheet does.

Numbers (exact, comma or point), texts, cells, ranges, `+ - * / ^ & = <> < > <= >= %`, parentheses and the functions
of `functions.py`, with `;` between arguments. Nothing else is run; whatever can't be read raises FormulaError.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from lti_tool.assessment.engine.practical.functions import (
    FUNCTIONS,
    Argument,
    Cells,
    FormulaError,
    Range,
    Value,
    bounded,
    cell_name,
    column_name,
    column_number,
    compare,
    number,
    shown,
    single,
)

MAX_LENGTH = 200
MAX_DEPTH = 30
MAX_POWER = 64

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>[0-9]{1,15}(?:[.,][0-9]{1,15})?)|"(?P<text>[^"]*)"|(?P<cell>\$?[A-Za-z]{1,2}\$?[1-9][0-9]{0,3})(?![\w.(])
    |(?P<name>[A-Za-zÀ-ÿ_][\w.]*)|(?P<sign><=|>=|<>|[-+*/^&=<>%();:]))""",
    re.VERBOSE,
)
_CELL = re.compile(r"\$?([A-Za-z]{1,2})\$?([1-9][0-9]{0,3})")
_REFERENCE = re.compile(r'"[^"]*"|(?<![\w.])(\$?)([A-Za-z]{1,2})(\$?)([1-9][0-9]{0,3})(?![\w.(])')


def evaluate(formula: str, cells: Cells) -> Value:
    """The value of a formula, which begins with `=`. Raises FormulaError."""
    text = formula.replace("\u00a0", " ").strip()
    if not text.startswith("=") or len(text) > MAX_LENGTH:
        raise FormulaError("not a formula")
    parser = _Parser(_tokens(text[1:]), cells)
    value = parser.comparison()
    parser.end()
    return single(value)


def copied(formula: str, *, down: int = 0, right: int = 0) -> str:
    """The formula as it is once copied so many rows down and columns to the right; `$` holds what it stands before."""

    def moved(match: re.Match[str]) -> str:
        if match[4] is None:
            return match[0]
        column = match[2] if match[1] else column_name(column_number(match[2]) + right)
        row = match[4] if match[3] else str(int(match[4]) + down)
        return f"{match[1]}{column}{match[3]}{row}"

    return _REFERENCE.sub(moved, formula)


@dataclass(frozen=True, slots=True)
class _Token:
    sort: str
    text: str


def _tokens(text: str) -> list[_Token]:
    tokens, place = [], 0
    text = text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise FormulaError("unreadable")
        tokens.append(_Token(match.lastgroup, match[match.lastgroup]))
        place = match.end()
    return tokens


class _Parser:
    """Recursive descent over the tokens, evaluating on the way; SI evaluates all its branches, which costs nothing."""

    def __init__(self, tokens: list[_Token], cells: Cells) -> None:
        self.tokens, self.cells, self.place, self.depth = tokens, cells, 0, 0

    def end(self) -> None:
        if self.place < len(self.tokens):
            raise FormulaError("something follows the formula")

    def comparison(self) -> Argument:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise FormulaError("too deep")
        left = self._joined()
        while sign := self._sign("=", "<>", "<=", ">=", "<", ">"):
            left = compare(sign, single(left), single(self._joined()))
        self.depth -= 1
        return left

    def _joined(self) -> Argument:
        left = self._sum()
        while self._sign("&"):
            left = shown(single(left)) + shown(single(self._sum()))
        return left

    def _sum(self) -> Argument:
        left = self._product()
        while sign := self._sign("+", "-"):
            right = number(self._product())
            left = number(left) + (right if sign == "+" else -right)
        return left

    def _product(self) -> Argument:
        left = self._power()
        while sign := self._sign("*", "/"):
            right = number(self._power())
            if sign == "/" and not right:
                raise FormulaError("division by zero")
            left = bounded(number(left) * right if sign == "*" else number(left) / right)
        return left

    def _power(self) -> Argument:
        left = self._signed()
        while self._sign("^"):
            exponent = number(self._signed())
            if exponent.denominator != 1 or abs(exponent) > MAX_POWER or (not number(left) and exponent < 0):
                raise FormulaError("power")
            left = bounded(number(left) ** int(exponent))
        return left

    def _signed(self) -> Argument:
        signs = 0
        while sign := self._sign("+", "-"):
            signs += sign == "-"
        value = self._primary()
        while self._sign("%"):
            value = number(value) / 100
        return -number(value) if signs % 2 else value

    def _primary(self) -> Argument:
        token = self._take()
        if token.sort == "number":
            return Fraction(Decimal(token.text.replace(",", ".")))
        if token.sort == "text":
            return token.text
        if token.sort == "cell":
            return self._reference(token.text)
        if token.sort == "name":
            return self._call(token.text.upper())
        if token.text != "(":
            raise FormulaError("unexpected sign")
        value = self.comparison()
        self._expect(")")
        return value

    def _reference(self, first: str) -> Argument:
        column, row = _position(first)
        if not self._sign(":"):
            return self.cells.get(cell_name(column, row))
        token = self._take()
        if token.sort != "cell":
            raise FormulaError("range")
        other_column, other_row = _position(token.text)
        return Range((min(column, other_column), max(column, other_column)), (min(row, other_row), max(row, other_row)))

    def _call(self, name: str) -> Argument:
        function = FUNCTIONS.get(name)
        if function is None:
            raise FormulaError("unknown function")
        self._expect("(")
        arguments = [self.comparison()]
        while self._sign(";"):
            arguments.append(self.comparison())
        self._expect(")")
        return function(arguments, self.cells)

    def _take(self) -> _Token:
        if self.place >= len(self.tokens):
            raise FormulaError("unfinished")
        self.place += 1
        return self.tokens[self.place - 1]

    def _sign(self, *signs: str) -> str:
        """The next sign if it is one of these, taken; else empty."""
        if self.place < len(self.tokens):
            token = self.tokens[self.place]
            if token.sort == "sign" and token.text in signs:
                self.place += 1
                return token.text
        return ""

    def _expect(self, sign: str) -> None:
        if not self._sign(sign):
            raise FormulaError(f"{sign} expected")


def _position(cell: str) -> tuple[int, int]:
    match = _CELL.fullmatch(cell)
    if match is None:
        raise FormulaError("cell")
    return column_number(match[1]), int(match[2])
