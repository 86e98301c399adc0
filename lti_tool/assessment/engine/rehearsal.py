"""A test taken for nobody: where it stands follows from what was right and wrong so far, so nothing has to be kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from lti_tool.assessment.engine.items import Item, bank
from lti_tool.assessment.engine.knowledge import Answer, infer
from lti_tool.assessment.engine.scoring import Score, score
from lti_tool.assessment.engine.selection import next_item, questions_left

SEED = "1"
"""The pupil who is played: everybody who tries a test meets the same questions."""
RIGHT, WRONG = "1", "0"
"""Outcomes of a rehearsal are one letter an answer."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Where it stands. `waiting` is None once the test is over."""

    answers: tuple[Answer, ...]
    waiting: Item | None

    @property
    def outcomes(self) -> str:
        return "".join(RIGHT if answer.right else WRONG for answer in self.answers)


def rehearse(skills: tuple[str, ...], length: int | None, outcomes: str) -> Rehearsal:
    """The test of these skills, of at most `length` questions, after these outcomes.

    What cannot follow is passed over: letters that are none, and answers after the last question.
    """
    meant = "".join(letter for letter in outcomes if letter in (RIGHT, WRONG))
    here = _after(skills, length, "")
    for answered in range(len(meant)):
        if here.waiting is None:
            break
        here = _after(skills, length, meant[: answered + 1])
    return here


def questions_in_all(skills: tuple[str, ...], length: int | None, here: Rehearsal) -> int:
    """About how many questions the whole test will have; exact once it is over."""
    if here.waiting is None:
        return len(here.answers)
    return len(here.answers) + max(1, questions_left(bank(), skills, here.answers, length=length))


def result(skills: tuple[str, ...], here: Rehearsal) -> Score:
    """What a pupil with these answers would be shown."""
    return score(bank(), skills, infer(bank(), here.answers, skills))


@lru_cache(maxsize=1024)
def _after(skills: tuple[str, ...], length: int | None, outcomes: str) -> Rehearsal:
    """After these outcomes, none of which comes after the end; each step builds on the one before it."""
    answers: tuple[Answer, ...] = ()
    if outcomes:
        before = _after(skills, length, outcomes[:-1])
        if before.waiting is None:
            raise ValueError("the test was over before")
        item = before.waiting
        answers = (*before.answers, Answer(len(outcomes), item.id, item.skill_id, outcomes[-1] == RIGHT))
    found = next_item(bank(), skills, answers, seed=SEED, length=length)
    return Rehearsal(answers, found.for_seed(SEED) if found else None)
