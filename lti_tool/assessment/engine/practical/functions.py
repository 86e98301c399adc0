"""What a spreadsheet's functions give: a small, bounded part of OpenFormula, with French and English names."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

Value = Fraction | str | bool | None
"""What a cell holds; None is an empty one."""
Cells = Mapping[str, Value]
"""Values by cell name, "B3"."""
MAX_RANGE = 1000
MAX_DIGITS = 400


class FormulaError(ValueError):
    """The formula can't be read, or has no value."""


@dataclass(frozen=True, slots=True)
class Range:
    """A rectangle of cells, given by its first and last column and row."""

    columns: tuple[int, int]
    rows: tuple[int, int]

    def values(self, cells: Cells) -> list[Value]:
        """What its cells hold, row by row. Raises FormulaError where it is too large."""
        width, height = self.columns[1] - self.columns[0] + 1, self.rows[1] - self.rows[0] + 1
        if width * height > MAX_RANGE:
            raise FormulaError("range too large")
        return [
            cells.get(cell_name(column, row))
            for row in range(self.rows[0], self.rows[1] + 1)
            for column in range(self.columns[0], self.columns[1] + 1)
        ]


Argument = Value | Range


def column_number(name: str) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in name.upper():
        number = number * 26 + ord(letter) - 64
    return number


def column_name(number: int) -> str:
    """A for 1, AA for 27."""
    name = ""
    while number > 0:
        number, letter = divmod(number - 1, 26)
        name = chr(65 + letter) + name
    return name


def cell_name(column: int, row: int) -> str:
    """B3 for 2, 3."""
    return column_name(column) + str(row)


def compare(sign: str, left: Value, right: Value) -> bool:
    """Texts without regard to case; an empty cell is 0 or an empty text; a text comes after any number."""
    left = _filled(left, right)
    right = _filled(right, left)
    if isinstance(left, str) != isinstance(right, str):
        one, other = Fraction(isinstance(left, str)), Fraction(isinstance(right, str))
        return {"=": False, "<>": True, "<": one < other, ">": one > other, "<=": one < other, ">=": one > other}[sign]
    if isinstance(left, str) and isinstance(right, str):
        low, high = left.lower(), right.lower()
        return {
            "=": low == high, "<>": low != high, "<": low < high, ">": low > high, "<=": low <= high, ">=": low >= high,
        }[sign]  # fmt: skip
    a, b = number(left), number(right)
    return {"=": a == b, "<>": a != b, "<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b}[sign]


def _filled(value: Value, other: Value) -> Value:
    if value is not None:
        return value
    return "" if isinstance(other, str) else Fraction(0)


def single(value: Argument) -> Value:
    """The value itself. Raises FormulaError for a range."""
    if isinstance(value, Range):
        raise FormulaError("a range is not a value")
    return value


def number(value: Argument) -> Fraction:
    """The value as a number. Raises FormulaError for a text or a range."""
    value = single(value)
    if value is None:
        return Fraction(0)
    if isinstance(value, str):
        raise FormulaError("a text is not a number")
    return Fraction(value)


def bounded(value: Fraction) -> Fraction:
    """The number, unless it is too long to go on with. Raises FormulaError."""
    if max(abs(value.numerator), value.denominator) > 10**MAX_DIGITS:
        raise FormulaError("too large")
    return value


def shown(value: Value) -> str:
    """The value as a cell shows it."""
    if isinstance(value, bool):
        return "VRAI" if value else "FAUX"
    if isinstance(value, Fraction):
        return str(value.numerator) if value.denominator == 1 else f"{float(value):.10g}".replace(".", ",")
    return value or ""


def _numbers(arguments: list[Argument], cells: Cells) -> list[Fraction]:
    """Numbers of the arguments; in ranges, texts, logical values and empty cells are passed over."""
    found: list[Fraction] = []
    for argument in arguments:
        if isinstance(argument, Range):
            found += [value for value in argument.values(cells) if isinstance(value, Fraction)]
        else:
            found.append(number(argument))
    return found


def _mean(arguments: list[Argument], cells: Cells) -> Value:
    numbers = _numbers(arguments, cells)
    if not numbers:
        raise FormulaError("mean of nothing")
    return sum(numbers, Fraction(0)) / len(numbers)


def _product_of(arguments: list[Argument], cells: Cells) -> Value:
    product = Fraction(1)
    for each in _numbers(arguments, cells):
        product = bounded(product * each)
    return product


def _filled_cells(arguments: list[Argument], cells: Cells) -> Value:
    values = [each for argument in arguments for each in _spread(argument, cells)]
    return Fraction(sum(value is not None for value in values))


def _spread(argument: Argument, cells: Cells) -> list[Value]:
    return argument.values(cells) if isinstance(argument, Range) else [argument]


def _count_if(arguments: list[Argument], cells: Cells) -> Value:
    where, wanted = _arity(arguments, 2, 2)[:2]
    test = _criterion(single(wanted))
    return Fraction(sum(test(value) for value in _spread(where, cells)))


def _sum_if(arguments: list[Argument], cells: Cells) -> Value:
    where, wanted, *added = _arity(arguments, 2, 3)
    test = _criterion(single(wanted))
    tested, values = _spread(where, cells), _spread(added[0] if added else where, cells)
    if len(tested) != len(values):
        raise FormulaError("ranges of different sizes")
    pairs = zip(tested, values, strict=True)
    return sum((value for each, value in pairs if test(each) and isinstance(value, Fraction)), Fraction(0))


def _criterion(wanted: Value) -> Callable[[Value], bool]:
    """The test that a criterion such as `"oui"`, `">=10"` or `10` stands for."""
    sign, text = "=", wanted
    if isinstance(wanted, str):
        match = re.match(r"\s*(<=|>=|<>|=|<|>)?\s*(.*?)\s*$", wanted, re.DOTALL)
        sign, text = (match[1] or "=", match[2]) if match else ("=", wanted)
        if re.fullmatch(r"-?[0-9]{1,15}([.,][0-9]{1,15})?", text):
            text = Fraction(Decimal(text.replace(",", ".")))

    def test(value: Value) -> bool:
        if isinstance(value, str) != isinstance(text, str) or value is None:
            return sign == "<>"
        return compare(sign, value, text)

    return test


def _if(arguments: list[Argument], cells: Cells) -> Value:
    del cells
    condition, *branches = _arity(arguments, 2, 3)
    condition = single(condition)
    if isinstance(condition, str):
        raise FormulaError("a text is not a condition")
    if condition:
        return single(branches[0])
    return single(branches[1]) if len(branches) > 1 else False


def _round(arguments: list[Argument], cells: Cells) -> Value:
    del cells
    value, *digits = _arity(arguments, 1, 2)
    places = number(digits[0]) if digits else Fraction(0)
    if places.denominator != 1 or abs(places) > 15:
        raise FormulaError("digits")
    scale = Fraction(10) ** int(places)
    scaled = abs(number(value)) * scale
    rounded = Fraction((2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)) / scale
    return rounded if number(value) >= 0 else -rounded


def _arity(arguments: list[Argument], least: int, most: int) -> list[Argument]:
    if not least <= len(arguments) <= most:
        raise FormulaError("arguments")
    return arguments


def _truths(arguments: list[Argument], cells: Cells) -> list[bool]:
    return [bool(number(value)) for argument in arguments for value in _spread(argument, cells)]


def _extreme(choose: Callable[..., Fraction]) -> Callable[[list[Argument], Cells], Value]:
    return lambda arguments, cells: choose(_numbers(arguments, cells), default=Fraction(0))


_FRENCH: dict[str, Callable[[list[Argument], Cells], Value]] = {
    "SOMME": lambda arguments, cells: sum(_numbers(arguments, cells), Fraction(0)),
    "MOYENNE": _mean,
    "PRODUIT": _product_of,
    "MIN": _extreme(min),
    "MAX": _extreme(max),
    "NB": lambda arguments, cells: Fraction(len(_numbers(arguments, cells))),
    "NBVAL": _filled_cells,
    "NB.SI": _count_if,
    "SOMME.SI": _sum_if,
    "SI": _if,
    "ARRONDI": _round,
    "ET": lambda arguments, cells: all(_truths(arguments, cells)),
    "OU": lambda arguments, cells: any(_truths(arguments, cells)),
    "NON": lambda arguments, cells: not all(_truths(_arity(arguments, 1, 1), cells)),
}
_ENGLISH = {
    "SUM": "SOMME", "AVERAGE": "MOYENNE", "PRODUCT": "PRODUIT", "COUNT": "NB", "COUNTA": "NBVAL", "COUNTIF": "NB.SI",
    "SUMIF": "SOMME.SI", "IF": "SI", "ROUND": "ARRONDI", "AND": "ET", "OR": "OU", "NOT": "NON",
}  # fmt: skip
FUNCTIONS = {**_FRENCH, **{name: _FRENCH[french] for name, french in _ENGLISH.items()}}
"""Functions by their French and English names."""
