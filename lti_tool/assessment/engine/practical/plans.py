"""Draws grids for the robot, and tells them in words."""

from collections.abc import Sequence

from lti_tool.assessment.engine.practical.draw import Draw
from lti_tool.assessment.engine.practical.robot import (
    HEADING_WORDS,
    HEADINGS,
    Instruction,
    Plan,
    Square,
    read_program,
    run,
    square_name,
)
from lti_tool.assessment.engine.worlds import Board

ENDLESS = 40
"""Width and height of the plan on which a program is tried before its grid is known."""


def open_plan(draw: Draw, program: str, *, walls: int) -> Plan:
    """A grid around the way that this program takes, the flag at its end, with so many walls off the way."""
    heading = draw.below(4)
    way = _way(read_program(program), heading)
    margins = [draw.below(2) for _ in range(4)]
    columns, rows = [column for column, _ in way], [row for _, row in way]
    left, top = min(columns) - margins[0], min(rows) - margins[1]
    width, height = max(columns) - left + 1 + margins[2], max(rows) - top + 1 + margins[3]
    way = [(column - left, row - top) for column, row in way]
    free = [(column, row) for column in range(width) for row in range(height) if (column, row) not in way]
    blocked = frozenset(draw.sample(free, min(walls, len(free))))
    return Plan(width, height, blocked, way[0], heading, way[-1])


def _way(program: tuple[Instruction, ...], heading: int) -> list[Square]:
    """The squares that the program passes through, on a grid without walls."""
    middle = (ENDLESS // 2, ENDLESS // 2)
    plan = Plan(ENDLESS, ENDLESS, frozenset(), middle, heading, middle)
    return list(run(program, plan).way)


def corridors(draw: Draw, turns: Sequence[str]) -> Plan:
    """Corridors one after the other, each to a wall, with these turns between; in the last the flag comes earlier."""
    heading = draw.below(4)
    headings = [heading]
    for turn in turns:
        headings.append((headings[-1] + (1 if turn == "droite" else -1)) % 4)
    lengths = [draw.between(2, 4) for _ in headings]
    beyond = draw.between(1, 2)
    way = [(0, 0)]
    for direction, length in zip(headings, [*lengths[:-1], lengths[-1] + beyond], strict=True):
        for _ in range(length):
            way.append((way[-1][0] + HEADINGS[direction][0], way[-1][1] + HEADINGS[direction][1]))
    left, top = min(column for column, _ in way), min(row for _, row in way)
    way = [(column - left, row - top) for column, row in way]
    width, height = max(column for column, _ in way) + 1, max(row for _, row in way) + 1
    walls = frozenset((c, r) for c in range(width) for r in range(height) if (c, r) not in way)
    return Plan(width, height, walls, way[0], heading, way[sum(lengths)])


def board(plan: Plan, caption: str = "La grille", *, flag: bool = True) -> Board:
    """The grid as the page shows it, with the same in sentences."""
    words = dict.fromkeys(plan.walls, "mur") | {plan.start: f"robot {HEADING_WORDS[plan.heading]}"}
    if flag:
        words[plan.flag] = "drapeau"
    squares = tuple(tuple(words.get((column, row), "") for column in range(plan.width)) for row in range(plan.height))
    last = f"colonnes A à {chr(64 + plan.width)}, lignes 1 à {plan.height}"
    walls = ", ".join(square_name(each) for each in sorted(plan.walls))
    sentences = [
        f"Grille : {last}.",
        f"Le robot est en {square_name(plan.start)} et regarde {HEADING_WORDS[plan.heading]}.",
        f"Le drapeau est en {square_name(plan.flag)}." if flag else "",
        f"Murs : {walls}." if walls else "Il n'y a pas de mur.",
    ]
    return Board(caption, squares, " ".join(filter(None, sentences)))
