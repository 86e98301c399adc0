"""Sort `program`: a robot on a grid and a program to follow, complete, mend or write, checked by running it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lti_tool.assessment.engine.kinds.base import (
    Answerable,
    Control,
    ControlType,
    CorrectionLine,
    Form,
    Option,
    Passage,
    Response,
    Verdict,
    typed,
)
from lti_tool.assessment.engine.kinds.texts import FIELD_CONTROL, TEXT_CONTROL
from lti_tool.assessment.engine.practical.base import Task, TaskGenerator, one_of, short_text
from lti_tool.assessment.engine.practical.draw import Draw
from lti_tool.assessment.engine.practical.plans import board, corridors, open_plan
from lti_tool.assessment.engine.practical.robot import (
    CONDITIONS,
    MAX_LENGTH,
    Outcome,
    Plan,
    ProgramError,
    read_program,
    run,
    square_name,
)
from lti_tool.assessment.engine.worlds import Code, World

LANGUAGE = "\n".join(
    (
        "avancer 3",
        "tourner à gauche",
        "tourner à droite",
        "répéter 4 fois :",
        "    avancer 1",
        *(f"tant que {condition} :" for condition in (CONDITIONS[0], CONDITIONS[3])),
        f"si {CONDITIONS[1]} :",
        "    tourner à droite",
        "sinon :",
        "    avancer 1",
    )
)
TURNS = ("gauche", "droite")
WALLED = 100
"""More walls than squares: all that is off the way is wall, and there is no short cut."""
_GAP = re.compile(r"\{([a-z]+)\}")


def shortfall(outcome: Outcome, plan: Plan) -> str | None:
    """What a run that misses the flag shows; None for one that ends on it."""
    if outcome.crashed:
        return f"Le robot heurte un mur ou sort de la grille après {square_name(outcome.square)}."
    if outcome.endless:
        return "Le programme ne s'arrête jamais."
    if outcome.square != plan.flag:
        return f"Le robot s'arrête en {square_name(outcome.square)} et non sur le drapeau."
    return None


def verdict(text: str, plans: Sequence[Plan]) -> Verdict:
    """Right when the program takes the robot to the flag on every plan."""
    try:
        program = read_program(text)
    except ProgramError as error:
        return Verdict(right=False, shows=f"Ligne {error.line} : {error.sentence}")
    missed = (shortfall(run(program, plan), plan) for plan in plans)
    shows = next((each for each in missed if each), None)
    return Verdict(right=shows is None, shows=shows)


@dataclass(frozen=True, slots=True)
class Blank:
    """A gap in a program: a choice of words, or a number where there are none."""

    name: str
    label: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Completed(Answerable):
    """A program with gaps, right when what it becomes works; there may be several ways."""

    text: str
    """With `{name}` where the gap of that name is."""
    blanks: tuple[Blank, ...]
    plans: tuple[Plan, ...]
    solution: tuple[tuple[str, str], ...]

    def parse(self, form: Form) -> Response | None:
        values = tuple((blank.name, typed(form, FIELD_CONTROL + blank.name).strip()) for blank in self.blanks)
        return Response(fields=values) if any(value for _, value in values) else None

    def controls(self, seed: str) -> tuple[Control, ...]:
        del seed
        return tuple(
            Control(
                FIELD_CONTROL + blank.name,
                blank.label,
                ControlType.LIST if blank.options else ControlType.NUMBER,
                tuple(Option(each, each) for each in blank.options),
            )
            for blank in self.blanks
        )

    def passage(self, seed: str) -> Passage:
        controls = dict(zip((blank.name for blank in self.blanks), self.controls(seed), strict=True))
        parts = _GAP.split(self.text)
        return tuple(controls[part] if place % 2 else part for place, part in enumerate(parts) if part)

    def check(self, response: Response) -> Verdict:
        given = dict(response.fields)
        for blank in self.blanks:
            value = given.get(blank.name, "")
            if value not in blank.options if blank.options else not re.fullmatch(r"[0-9]{1,2}", value):
                return Verdict(right=False)
        return verdict(_GAP.sub(lambda match: given[match[1]], self.text), self.plans)

    def right_response(self) -> Response:
        return Response(fields=self.solution)

    def correct(self, response: Response | None) -> tuple[CorrectionLine, ...]:
        """One line per gap; an answer that works counts whatever was expected."""
        given, solution = dict(response.fields) if response else {}, dict(self.solution)
        right = response is not None and self.check(response).right
        lines = []
        for blank in self.blanks:
            value = given.get(blank.name, "")
            expected = value if right else solution[blank.name]
            lines.append(
                CorrectionLine(blank.label, (value,) if value else (), (expected,), right or value == expected)
            )
        return tuple(lines)


@dataclass(frozen=True, slots=True)
class Written(Answerable):
    """A whole program to write in at most so many lines."""

    plans: tuple[Plan, ...]
    max_lines: int
    solution: str

    def parse(self, form: Form) -> Response | None:
        text = typed(form, TEXT_CONTROL, MAX_LENGTH).replace("\r\n", "\n")
        return Response(text=text) if text.strip() else None

    def controls(self, seed: str) -> tuple[Control, ...]:
        del seed
        return (Control(TEXT_CONTROL, "", ControlType.AREA),)

    def check(self, response: Response) -> Verdict:
        text = response.text or ""
        if sum(bool(line.strip()) for line in text.splitlines()) > self.max_lines:
            return Verdict(right=False, shows=f"Écrit plus de {self.max_lines} lignes, sans utiliser de boucle.")
        return verdict(text, self.plans) if text.strip() else Verdict(right=False)

    def right_response(self) -> Response:
        return Response(text=self.solution)

    def correct(self, response: Response | None) -> tuple[CorrectionLine, ...]:
        text = (response and response.text) or ""
        right = response is not None and self.check(response).right
        return (CorrectionLine("", (text,) if text.strip() else (), (text if right else self.solution,), right),)


@dataclass(frozen=True, slots=True)
class Program(TaskGenerator):
    """A robot, a grid, a flag."""

    sort = "program"
    tasks = ("count", "turns", "follow", "repeat", "mend", "while", "write")

    def make(self, where: str, draw: Draw) -> Task:
        return _MAKERS[self.task](where, draw)


def _other(turn: str) -> str:
    return TURNS[1 - TURNS.index(turn)]


def _walk(draw: Draw, turns: int) -> tuple[list[int], list[str], str]:
    """Lengths, the turns between them, and the program that takes them."""
    lengths = [draw.between(1, 4 if turns < 3 else 3) for _ in range(turns + 1)]
    sides = [draw.pick(TURNS) for _ in range(turns)]
    lines = [f"avancer {lengths[0]}"]
    for side, length in zip(sides, lengths[1:], strict=True):
        lines += [f"tourner à {side}", f"avancer {length}"]
    return lengths, sides, "\n".join(lines)


def _count(where: str, draw: Draw) -> Task:
    del where
    lengths, sides, program = _walk(draw, 1)
    plan = open_plan(draw, program, walls=3)
    blanks = (Blank("un", "Premier nombre de cases"), Blank("deux", "Second nombre de cases"))
    text = f"avancer {{un}}\ntourner à {sides[0]}\navancer {{deux}}"
    solution = (("un", str(lengths[0])), ("deux", str(lengths[1])))
    words = (("first", str(lengths[0])), ("second", str(lengths[1])), ("turn", sides[0]))
    return Task(World((board(plan),)), Completed(text, blanks, (plan,), solution), words)


def _turns(where: str, draw: Draw) -> Task:
    del where
    lengths, sides, program = _walk(draw, 3)
    plan = open_plan(draw, program, walls=5)
    names = ("un", "deux", "trois")
    blanks = tuple(Blank(name, f"Virage {n}", TURNS) for n, name in enumerate(names, 1))
    text = f"avancer {lengths[0]}\n" + "\n".join(
        f"tourner à {{{name}}}\navancer {length}" for name, length in zip(names, lengths[1:], strict=True)
    )
    solution = tuple(zip(names, sides, strict=True))
    return Task(World((board(plan),)), Completed(text, blanks, (plan,), solution), (("right", ", ".join(sides)),))


def _follow(where: str, draw: Draw) -> Task:
    """Where does the robot end?"""
    del where
    _, _, program = _walk(draw, 2)
    plan = open_plan(draw, program, walls=0)
    end = square_name(run(read_program(program), plan).square)
    swapped = re.sub("|".join(TURNS), lambda match: _other(match[0]), program)
    wrong = run(read_program(swapped), plan)
    short = run(read_program(program.rpartition("\n")[0]), plan)
    question = short_text(
        [end, end[::-1]],
        ("t1", "t2"),
        ("" if wrong.crashed else square_name(wrong.square), "Échange la gauche et la droite."),
        (square_name(short.square), "Oublie la dernière ligne du programme."),
        (square_name(plan.start), "Donne la case de départ."),
    )
    world = World((board(plan, flag=False), Code("Programme", program)))
    return Task(world, question, (("start", square_name(plan.start)), ("right", end)))


def _stairs(draw: Draw) -> tuple[int, str, str]:
    """A stairway: how many steps, the body of the loop, and the whole program."""
    steps, side = draw.between(3, 5), draw.pick(TURNS)
    run_up, rise = draw.pick(((1, 1), (2, 1), (1, 2)) if steps < 5 else ((1, 1),))
    body = f"    avancer {run_up}\n    tourner à {side}\n    avancer {rise}\n    tourner à {_other(side)}"
    return steps, body, f"répéter {steps} fois :\n{body}"


def _repeat(where: str, draw: Draw) -> Task:
    del where
    steps, body, program = _stairs(draw)
    plan = open_plan(draw, program, walls=4)
    side = TURNS[0] if f"tourner à {TURNS[0]}\n" in body else TURNS[1]
    text = "répéter {fois} fois :\n" + body.replace(f"tourner à {side}\n", "tourner à {virage}\n")
    blanks = (Blank("fois", "Nombre de répétitions"), Blank("virage", "Virage", TURNS))
    solution = (("fois", str(steps)), ("virage", side))
    return Task(
        World((board(plan),)), Completed(text, blanks, (plan,), solution), (("steps", str(steps)), ("turn", side))
    )


def _mend(where: str, draw: Draw) -> Task:
    """A program with one wrong line, and only that one to change."""
    while True:
        _, _, program = _walk(draw, 2)
        plan = open_plan(draw, program, walls=4)
        lines = program.split("\n")
        wrong = draw.below(len(lines))
        broken = [*lines]
        broken[wrong] = draw.pick([each for each in _variants(lines[wrong]) if each != lines[wrong]])
        if _mendable(broken, plan) == [wrong]:
            break
    numbered = "\n".join(f"{n}. {line}" for n, line in enumerate(broken, 1))
    shows = "Change une ligne qui était bonne : le robot manque toujours le drapeau."
    others = [(f"Ligne {n}", shows) for n in range(1, len(lines) + 1) if n != wrong + 1]
    question = one_of(where, f"Ligne {wrong + 1}", *others)
    words = (("line", str(wrong + 1)), ("right", lines[wrong]))
    return Task(World((board(plan), Code("Programme", numbered))), question, words)


def _variants(line: str) -> list[str]:
    if line.startswith("tourner"):
        return [f"tourner à {turn}" for turn in TURNS]
    return [f"avancer {count}" for count in range(1, 7)]


def _mendable(lines: list[str], plan: Plan) -> list[int]:
    """Places of the lines by whose change alone the program can be put right."""
    return [
        place
        for place, line in enumerate(lines)
        if any(
            verdict("\n".join([*lines[:place], other, *lines[place + 1 :]]), (plan,)).right
            for other in _variants(line)
            if other != line
        )
    ]


def _while(where: str, draw: Draw) -> Task:
    """Corridors of different lengths: the same program for both plans."""
    del where
    turns = [draw.pick(TURNS) for _ in range(2)]
    plans = tuple(corridors(draw, turns) for _ in range(2))
    text = (
        "tant que {condition} :\n    avancer 1\ntourner à {virage}\n"
        f"tant que {CONDITIONS[0]} :\n    avancer 1\ntourner à {{autre}}\ntant que {{fin}} :\n    avancer 1"
    )
    blanks = (
        Blank("condition", "Première condition", CONDITIONS[:3]),
        Blank("virage", "Premier virage", TURNS),
        Blank("autre", "Second virage", TURNS),
        Blank("fin", "Dernière condition", CONDITIONS[1:]),
    )
    solution = (("condition", CONDITIONS[0]), ("virage", turns[0]), ("autre", turns[1]), ("fin", CONDITIONS[3]))
    parts = tuple(board(plan, f"Plan {n}") for n, plan in enumerate(plans, 1))
    return Task(World(parts), Completed(text, blanks, plans, solution), (("first", turns[0]), ("second", turns[1])))


def _write(where: str, draw: Draw) -> Task:
    del where
    steps, _, program = _stairs(draw)
    extra = draw.between(1, 2)
    program = f"{program}\navancer {extra}"
    plan = open_plan(draw, program, walls=WALLED)
    lines = len(program.split("\n"))
    world = World((board(plan), Code("Instructions que le robot connaît", LANGUAGE)))
    words = (("lines", str(lines)), ("steps", str(steps)))
    return Task(world, Written((plan,), lines, program), words)


_MAKERS: dict[str, Callable[[str, Draw], Task]] = {
    "count": _count,
    "turns": _turns,
    "follow": _follow,
    "repeat": _repeat,
    "mend": _mend,
    "while": _while,
    "write": _write,
}
