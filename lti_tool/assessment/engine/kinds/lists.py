"""Questions answered by choosing in one list per line: matching, ordering, gaps in a text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from lti_tool.assessment.engine.kinds.base import (
    Control,
    ControlType,
    CorrectionLine,
    Form,
    Option,
    Passage,
    Question,
    Response,
    Verdict,
    opaque,
    ordered,
    typed,
)
from lti_tool.assessment.engine.kinds.choices import Choice
from lti_tool.assessment.engine.kinds.texts import FIELD_CONTROL
from lti_tool.assessment.engine.tables import Table
from lti_tool.assessment.engine.typography import typographic
from lti_tool.errors import N_


@dataclass(frozen=True, slots=True)
class Row:
    """One line with a list of its own. Its name in the form tells nothing."""

    name: str
    label: str
    choices: tuple[Choice, ...]

    @property
    def control(self) -> str:
        """Name of its control in the form."""
        return FIELD_CONTROL + self.name

    def chosen(self, choice_id: str) -> Choice | None:
        """The choice with this id; None for nothing chosen, or for an id of no choice of this line."""
        return next((choice for choice in self.choices if choice.id == choice_id), None)


@dataclass(frozen=True, slots=True)
class Lists(Question):
    """What the kinds share: the answer is one choice for each line, right when every line is."""

    rows: tuple[Row, ...]

    def parse(self, form: Form) -> Response | None:
        """What was chosen on every line, empty where nothing was; None where nothing was anywhere."""
        values = tuple((row.name, typed(form, row.control)) for row in self.rows)
        known = tuple(
            (name, value if row.chosen(value) else "") for row, (name, value) in zip(self.rows, values, strict=True)
        )
        return Response(fields=known) if any(value for _, value in known) else None

    def controls(self, seed: str) -> tuple[Control, ...]:
        return tuple(Control(row.control, row.label, ControlType.LIST, options(row, seed)) for row in self.rows)

    def check(self, response: Response) -> Verdict:
        chosen = self.chosen(response)
        right = all(choice is not None and choice.right for choice in chosen)
        shown = (choice.shows for choice in chosen if choice and not choice.right and choice.shows)
        return Verdict(right, next(shown, None))

    def right_response(self) -> Response:
        return Response(
            fields=tuple((row.name, next(each.id for each in row.choices if each.right)) for row in self.rows)
        )

    def correct(self, response: Response | None) -> tuple[CorrectionLine, ...]:
        chosen = self.chosen(response or Response())
        return tuple(
            CorrectionLine(
                label=row.label,
                given=(choice.text,) if choice else (),
                expected=tuple(each.text for each in row.choices if each.right)[:1],
                right=choice is not None and choice.right,
            )
            for row, choice in zip(self.rows, chosen, strict=True)
        )

    def chosen(self, response: Response) -> list[Choice | None]:
        """The choice made on each line, in the order of the lines."""
        given = dict(response.fields)
        return [row.chosen(given.get(row.name, "")) for row in self.rows]

    def remark(self, response: Response) -> str | None:
        return None if all(self.chosen(response)) else N_("Il reste une ligne sans réponse.")


Pairs = tuple[tuple[str, str], ...]
"""What stands on the left of each line, with what goes with it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A wrong pair that people really make, and what it shows."""

    left: str
    right: str
    shows: str


@dataclass(frozen=True, slots=True)
class Matching(Lists):
    """Each line goes with one of the things in the list; several lines may go with the same one."""

    kind = "match"

    @classmethod
    def of(cls, where: str, pairs: Pairs, extra: tuple[str, ...] = (), refuses: tuple[Refusal, ...] = ()) -> Self:
        """The question that asks which of the right sides, and of the `extra` ones, goes with each left side."""
        rights = tuple(dict.fromkeys([right for _, right in pairs] + [*extra]))
        shows = {(each.left, each.right): each.shows for each in refuses}
        return cls(
            tuple(
                Row(
                    opaque(where, f"line {index}"),
                    typographic(left),
                    tuple(
                        Choice(opaque(where, place), typographic(each), each == right, shows.get((left, each)))
                        for place, each in enumerate(rights)
                    ),
                )
                for index, (left, right) in enumerate(pairs)
            )
        )

    @classmethod
    def read(cls, table: Table) -> Self:
        pairs, extra = tuple(_pairs(table)), table.texts("extra", required=False)
        refuses = tuple(_refusals(table))
        lefts, rights = [left for left, _ in pairs], {right for _, right in pairs} | {*extra}
        if not 2 <= len(pairs) <= 8:
            table.fault("il faut de deux à huit lignes")
        if not 2 <= len(rights) <= 8:
            table.fault("il faut de deux à huit réponses à associer")
        if len(set(lefts)) < len(lefts):
            table.fault("deux lignes ont le même texte")
        for each in refuses:
            if each.left not in lefts or each.right not in rights or (each.left, each.right) in pairs:
                table.fault(f"« {each.left} » avec « {each.right} » n'est pas une mauvaise réponse possible")
        return cls.of(table.where, pairs, extra, refuses)


@dataclass(frozen=True, slots=True)
class Inversion:
    """Two lines that people put the wrong way round, and what that shows."""

    before: str
    after: str
    shows: str


@dataclass(frozen=True, slots=True)
class Ordering(Lists):
    """Lines to be put in order: each gets its rank, which works without a pointer. `rows` stand in the right order."""

    kind = "order"
    also: tuple[tuple[str, ...], ...] = ()
    """Other orders that are right, as names of lines."""
    inversions: tuple[Inversion, ...] = ()

    @classmethod
    def of(cls, where: str, lines: tuple[str, ...]) -> Self:
        """The question that asks for these lines in this order."""
        return cls(
            tuple(
                Row(
                    opaque(where, f"line {index}"),
                    typographic(line),
                    tuple(Choice(str(rank), str(rank), rank == index, None) for rank in range(1, len(lines) + 1)),
                )
                for index, line in enumerate(lines, start=1)
            )
        )

    @classmethod
    def read(cls, table: Table) -> Self:
        lines = table.texts("lines")
        if not 3 <= len(lines) <= 8:
            table.fault("il faut de trois à huit lignes")
        if len(set(lines)) < len(lines):
            table.fault("deux lignes ont le même texte")
        question = cls.of(table.where, lines)
        return cls(question.rows, tuple(_orders(table, question.rows)), tuple(_inversions(table, question.rows)))

    def controls(self, seed: str) -> tuple[Control, ...]:
        """The lines in an order of this seed, which is not a right one, each with its ranks."""
        rows = sorted(self.rows, key=lambda row: ordered(seed, row.name))
        if tuple(row.name for row in rows) in self._right_orders():
            rows.reverse()
        ranks = [Option(str(rank), str(rank)) for rank in range(1, len(rows) + 1)]
        return tuple(Control(row.control, row.label, ControlType.LIST, tuple(ranks)) for row in rows)

    def check(self, response: Response) -> Verdict:
        given = self._order(response)
        if given in self._right_orders():
            return Verdict(right=True)
        shown = (each.shows for each in self.inversions if given and given.index(each.before) < given.index(each.after))
        return Verdict(right=False, shows=next(shown, None))

    def correct(self, response: Response | None) -> tuple[CorrectionLine, ...]:
        """The lines in the order given beside the right one; those of a right order as they were given."""
        labels = {row.name: row.label for row in self.rows}
        given = self._order(response) if response else ()
        right = given in self._right_orders()
        expected = given if right else tuple(labels)
        return (
            CorrectionLine("", tuple(map(labels.__getitem__, given)), tuple(map(labels.__getitem__, expected)), right),
        )

    def remark(self, response: Response) -> str | None:
        if blank := super(Ordering, self).remark(response):
            return blank
        return None if self._order(response) else N_("Deux lignes ont le même numéro.")

    def _right_orders(self) -> tuple[tuple[str, ...], ...]:
        return (tuple(row.name for row in self.rows), *self.also)

    def _order(self, response: Response) -> tuple[str, ...]:
        """Names of the lines in the order given; empty unless each rank was given once."""
        ranks = {name: rank for name, rank in response.fields if any(row.name == name for row in self.rows)}
        if sorted(ranks.values()) != sorted(str(rank) for rank in range(1, len(self.rows) + 1)):
            return ()
        return tuple(sorted(ranks, key=lambda name: int(ranks[name])))


@dataclass(frozen=True, slots=True)
class Gaps(Lists):
    """A text with gaps, each filled from a list of its own."""

    kind = "select"
    text: str = ""
    """The text with `{name}` where the gap of that name is."""

    @classmethod
    def read(cls, table: Table) -> Self:
        text = table.text("text")
        rows = tuple(_gaps(table))
        names = [row.name for row in rows]
        if len(set(names)) < len(names):
            table.fault("deux trous ont le même nom")
        if sorted(_GAP.findall(text)) != sorted(names):
            table.fault("chaque trou doit figurer une fois dans « text », sous la forme {nom}")
        return cls(rows, typographic(text))

    def passage(self, seed: str) -> Passage:
        controls = {row.name: control for row, control in zip(self.rows, self.controls(seed), strict=True)}
        parts = _GAP.split(self.text)
        return tuple(controls[part] if place % 2 else part for place, part in enumerate(parts) if part)


_GAP = re.compile(r"\{([a-z][a-z0-9-]*)\}")


def options(row: Row, seed: str) -> tuple[Option, ...]:
    """The choices of a line as the page needs them, in an order of this seed."""
    choices = sorted(row.choices, key=lambda choice: ordered(seed, choice.id))
    return tuple(Option(choice.id, choice.text) for choice in choices)


def _pairs(table: Table) -> Iterator[tuple[str, str]]:
    for each in table.tables("pairs"):
        yield each.text("left"), each.text("right")
        each.end()


def _refusals(table: Table) -> Iterator[Refusal]:
    for each in table.tables("refuses", required=False):
        yield Refusal(each.text("left"), each.text("right"), each.text("shows"))
        each.end()


def _orders(table: Table, rows: tuple[Row, ...]) -> Iterator[tuple[str, ...]]:
    for each in table.tables("also", required=False):
        places = each.integers("order")
        if sorted(places) != list(range(1, len(rows) + 1)):
            each.fault("« order » doit donner chaque numéro de ligne une fois")
        else:
            yield tuple(rows[place - 1].name for place in places)
        each.end()


def _inversions(table: Table, rows: tuple[Row, ...]) -> Iterator[Inversion]:
    for each in table.tables("refuses", required=False):
        before, after, shows = each.integer("before"), each.integer("after"), each.text("shows")
        if 1 <= after < before <= len(rows):
            yield Inversion(rows[before - 1].name, rows[after - 1].name, shows)
        else:
            each.fault("« before » doit être le numéro d'une ligne qui vient après la ligne « after »")
        each.end()


def _gaps(table: Table) -> Iterator[Row]:
    for each in table.tables("gaps"):
        name = each.text("name")
        if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
            each.fault(f"le nom de trou « {name} » ne doit avoir que a-z, 0-9 et -")
        choices = []
        for place, choice in enumerate(each.tables("choices")):
            shows = choice.text("shows", required=False) or None
            choices.append(
                Choice(opaque(each.where, f"{name} {place}"), choice.text("text"), choice.truth("right"), shows)
            )
            choice.end()
        if not 2 <= len(choices) <= 6 or sum(choice.right for choice in choices) != 1:
            each.fault(f"le trou « {name} » doit avoir de deux à six choix, dont un bon")
        if len({choice.text for choice in choices}) < len(choices):
            each.fault(f"deux choix du trou « {name} » ont le même texte")
        yield Row(name, typographic(each.text("label")), tuple(choices))
        each.end()
