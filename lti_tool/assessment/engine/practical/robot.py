"""A small language for a robot on a grid, in French, and its interpreter, bounded in every way."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lti_tool.assessment.engine.tolerances import folded

MAX_STEPS = 400
MAX_LINES = 30
MAX_LENGTH = 1500
MAX_NESTING = 5
HEADINGS = ((0, -1), (1, 0), (0, 1), (-1, 0))
"""Up, right, down, left, as steps in columns and rows."""
HEADING_WORDS = ("vers le haut", "vers la droite", "vers le bas", "vers la gauche")
Square = tuple[int, int]
"""Column and row, from 0 at the top left."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A grid with walls, where the robot starts and looks, and the flag. Outside is wall."""

    width: int
    height: int
    walls: frozenset[Square]
    start: Square
    heading: int
    flag: Square

    def is_free(self, square: Square) -> bool:
        """Whether the robot can be there."""
        column, row = square
        return 0 <= column < self.width and 0 <= row < self.height and square not in self.walls


class ProgramError(Exception):
    """The program can't be read; `line` counts from 1."""

    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(f"{line}: {sentence}")
        self.line = line
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where the robot ends, and whether it hit a wall or never stopped."""

    square: Square
    way: tuple[Square, ...]
    """Every square it was on, in time."""
    crashed: bool = False
    endless: bool = False


@dataclass(frozen=True, slots=True)
class Instruction:
    """One line read: a word, what it says, and the lines under it."""

    word: str
    argument: str = ""
    body: tuple["Instruction", ...] = ()
    otherwise: tuple["Instruction", ...] = ()


CONDITIONS = (
    "la voie est libre",
    "la voie est bloquée",
    "le drapeau est atteint",
    "le drapeau n'est pas atteint",
)
_CONDITION = "|".join(folded(each, {"t1"}) for each in CONDITIONS)
_FORMS = {
    "avancer": re.compile(r"avancer(?:de)?([0-9]{0,2})(?:cases?|pas)?"),
    "tourner": re.compile(r"tourner(?:a|versla)?(gauche|droite)"),
    "repeter": re.compile(r"repeter([0-9]{1,2})fois:?"),
    "tantque": re.compile(rf"tantque({_CONDITION}):?"),
    "si": re.compile(rf"si({_CONDITION}):?"),
    "sinon": re.compile(r"sinon():?"),
}
_OPENING = ("repeter", "tantque", "si", "sinon")


def read_program(text: str) -> tuple[Instruction, ...]:
    """The program's instructions: one a line, those under another set in by spaces. Raises ProgramError."""
    if len(text) > MAX_LENGTH:
        raise ProgramError(1, "Le programme est trop long.")
    lines = [
        (number, len(line) - len(line.lstrip()), line.strip())
        for number, line in enumerate(text.expandtabs(4).replace("\u00a0", " ").splitlines(), 1)
        if line.strip()
    ]
    if len(lines) > MAX_LINES:
        raise ProgramError(MAX_LINES + 1, "Le programme a trop de lignes.")
    reader = _Reader(lines)
    instructions = reader.block(lines[0][1] if lines else 0, 0)
    if reader.place < len(lines):
        raise ProgramError(lines[reader.place][0], "Cette ligne est mal décalée.")
    return instructions


class _Reader:
    def __init__(self, lines: Sequence[tuple[int, int, str]]) -> None:
        self.lines, self.place = lines, 0

    def block(self, indent: int, nesting: int) -> tuple[Instruction, ...]:
        """The instructions that stand at this indentation, one after the other."""
        if nesting > MAX_NESTING:
            raise ProgramError(self.lines[self.place][0], "Trop de blocs l'un dans l'autre.")
        found: list[Instruction] = []
        while self.place < len(self.lines) and self.lines[self.place][1] == indent:
            number, _, line = self.lines[self.place]
            word, argument = _read_line(number, line)
            self.place += 1
            body = self._body(number, indent, nesting) if word in _OPENING else ()
            if word == "sinon":
                if not found or found[-1].word != "si" or found[-1].otherwise:
                    raise ProgramError(number, "« sinon » doit suivre un « si ».")
                found[-1] = Instruction("si", found[-1].argument, found[-1].body, body)
            else:
                found.append(Instruction(word, argument, body))
        return tuple(found)

    def _body(self, number: int, indent: int, nesting: int) -> tuple[Instruction, ...]:
        if self.place >= len(self.lines) or self.lines[self.place][1] <= indent:
            raise ProgramError(number, "Il manque des lignes décalées sous celle-ci.")
        return self.block(self.lines[self.place][1], nesting + 1)


def _read_line(number: int, line: str) -> tuple[str, str]:
    plain = folded(line, {"t1"})
    for word, form in _FORMS.items():
        if match := form.fullmatch(plain):
            return word, match[1]
    raise ProgramError(number, "Le robot ne connaît pas cette instruction.")


def run(program: Sequence[Instruction], plan: Plan) -> Outcome:
    """What the program makes the robot do; it stops at the first wall, and after MAX_STEPS."""
    robot = _Robot(plan)
    try:
        robot.do(program)
    except _StopError:
        return Outcome(robot.square, tuple(robot.way), robot.crashed, not robot.crashed)
    return Outcome(robot.square, tuple(robot.way))


class _StopError(Exception):
    """The robot can't go on."""


class _Robot:
    def __init__(self, plan: Plan) -> None:
        self.plan, self.square, self.heading = plan, plan.start, plan.heading
        self.way = [plan.start]
        self.steps, self.crashed = 0, False

    def do(self, program: Sequence[Instruction]) -> None:
        for each in program:
            self._tick()
            if each.word == "avancer":
                for _ in range(int(each.argument or 1)):
                    self._advance()
            elif each.word == "tourner":
                self.heading = (self.heading + (1 if each.argument == "droite" else -1)) % 4
            elif each.word == "repeter":
                for _ in range(int(each.argument)):
                    self._tick()
                    self.do(each.body)
            elif each.word == "tantque":
                while self._holds(each.argument):
                    self._tick()
                    self.do(each.body)
            else:
                self.do(each.body if self._holds(each.argument) else each.otherwise)

    def _tick(self) -> None:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise _StopError

    def _ahead(self) -> Square:
        columns, rows = HEADINGS[self.heading]
        return self.square[0] + columns, self.square[1] + rows

    def _advance(self) -> None:
        self._tick()
        if not self.plan.is_free(self._ahead()):
            self.crashed = True
            raise _StopError
        self.square = self._ahead()
        self.way.append(self.square)

    def _holds(self, condition: str) -> bool:
        free = self.plan.is_free(self._ahead())
        there = self.square == self.plan.flag
        truths = dict(
            zip((folded(each, {"t1"}) for each in CONDITIONS), (free, not free, there, not there), strict=True)
        )
        return truths[condition]


def square_name(square: Square) -> str:
    """B3 for the second column, third row."""
    return f"{chr(65 + square[0])}{square[1] + 1}"
