"""The robot's language: how it is read, what it does, where it stops."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.assessment.engine.practical.robot import MAX_STEPS, Plan, ProgramError, read_program, run, square_name

PLAN = Plan(width=5, height=4, walls=frozenset({(2, 0)}), start=(0, 3), heading=0, flag=(4, 1))
"""The flag is in E2, a wall in C1; the robot starts in A4 and looks up."""


@pytest.mark.parametrize(
    ("program", "end"),
    [
        pytest.param("avancer 2", "A2", id="steps"),
        pytest.param("AVANCER de 2 cases\n\nTourner à  Droite\navancer", "B2", id="as people type it"),
        pytest.param("répéter 2 fois :\n  avancer\ntourner a droite\navancer 4", "E2", id="a loop, little indented"),
        pytest.param(
            "tant que la voie est libre:\n\tavancer 1\ntourner à droite\navancer 1", "B1", id="while, with a tab"
        ),
        pytest.param(
            "tant que le drapeau n’est pas atteint :\n    si la voie est libre :\n        avancer 1\n    sinon :\n"
            "        tourner à droite",
            None,
            id="an endless walk",
        ),
        pytest.param(
            "avancer 2\ntourner à droite\ntant que le drapeau n'est pas atteint\n avancer", "E2", id="until the flag"
        ),
        pytest.param("", "A4", id="nothing"),
    ],
)
def test_the_robot_does_what_is_written(program: str, end: str | None) -> None:
    outcome = run(read_program(program), PLAN)
    assert not outcome.crashed
    assert outcome.endless == (end is None)
    assert end is None or square_name(outcome.square) == end


def test_the_robot_stops_at_a_wall() -> None:
    outcome = run(read_program("avancer 3\ntourner à droite\navancer 4"), PLAN)
    assert (outcome.crashed, square_name(outcome.square), len(outcome.way)) == (True, "B1", 5)


@pytest.mark.parametrize(
    ("program", "line", "message"),
    [
        pytest.param("avancer 2\nsauter", 2, "ne connaît pas", id="unknown"),
        pytest.param("répéter 3 fois :", 1, "décalées", id="nothing under a loop"),
        pytest.param("répéter 3 fois :\navancer", 1, "décalées", id="not set in"),
        pytest.param("avancer\n    avancer", 2, "mal décalée", id="set in for nothing"),
        pytest.param("sinon :\n  avancer", 1, "doit suivre", id="otherwise what?"),
        pytest.param("répéter 300 fois :\n avancer", 1, "ne connaît pas", id="too many times"),
        pytest.param("import os", 1, "ne connaît pas", id="another language"),
        pytest.param("\n".join(["avancer"] * 31), 31, "trop de lignes", id="too many lines"),
        pytest.param("avancer\n" * 400, 1, "trop long", id="too long"),
        pytest.param(
            "\n".join(" " * n + "répéter 2 fois :" for n in range(8)) + "\n         avancer",
            7,
            "Trop de blocs",
            id="too deep",
        ),
    ],
)
def test_what_the_robot_cannot_read_is_told(program: str, line: int, message: str) -> None:
    with pytest.raises(ProgramError) as caught:
        read_program(program)
    assert caught.value.line == line
    assert message in caught.value.sentence


@given(
    st.lists(
        st.sampled_from(
            ["avancer", "avancer 3", "tourner à gauche", "répéter 99 fois :", "tant que la voie est libre :", "sinon :"]
        ).flatmap(lambda line: st.integers(0, 6).map(lambda indent: " " * indent + line)),
        max_size=12,
    )
)
def test_every_program_ends(lines: list[str]) -> None:
    try:
        program = read_program("\n".join(lines))
    except ProgramError:
        return
    assert len(run(program, PLAN).way) <= MAX_STEPS + 1
