"""A child takes a test: where it stands, each answer recorded once, what it showed.

A run is bound to no pupil and no school, only to a child's opaque id. Functions take the caller's session; those that
write expect a `write()` session. A run that does not exist raises sqlalchemy.exc.NoResultFound.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.assessment import models
from lti_tool.assessment.engine.checking import (
    CorrectionLine,
    Response,
    check,
    correction_lines,
    from_json,
    to_json,
)
from lti_tool.assessment.engine.items import Item, Tutorial, bank
from lti_tool.assessment.engine.knowledge import Answer, KnowledgeElement, infer
from lti_tool.assessment.engine.scoring import Score, score
from lti_tool.assessment.engine.selection import next_item, questions_left

PAUSE_EVERY = 5
"""Answers between two pauses (`facts/pix.md` §4.1)."""


@dataclass(frozen=True, slots=True)
class RunState:
    """Where a run stands. `position` is the number of the question that waits, or of the last one once finished."""

    run_id: int
    answered: int
    total_estimate: int
    """About how many questions the whole test will have; exact once finished."""
    waiting: Item | None
    """The question to be answered, made for this run where it is a practical one; None once finished."""
    position: int
    pause_due: bool
    """Five answers since the last pause, or the end: the corrections are to be shown before anything else."""
    paused_at: int
    """Number of answers at the last pause: the next one shows those after it."""
    finished: bool


@dataclass(frozen=True, slots=True)
class AnswerOutcome:
    """What became of an answer. Not recorded: that question was answered before (`right` then tells of the first
    answer), or is not the one that waits."""

    recorded: bool
    right: bool


@dataclass(frozen=True, slots=True)
class Correction:
    """One answered question with what the pupil may now know. `response` None is "Je passe"."""

    position: int
    item: Item
    response: Response | None
    right: bool
    shows: str | None
    """What the wrong answer shows: for the teacher."""
    lines: tuple[CorrectionLine, ...]

    @property
    def explanation(self) -> str:
        return self.item.explanation

    @property
    def tutorial(self) -> Tutorial:
        return self.item.tutorial

    @property
    def solution(self) -> str:
        """What was expected, in one line of text."""
        return " ; ".join((f"{line.label} : " if line.label else "") + " + ".join(line.expected) for line in self.lines)


def start(
    session: Session,
    *,
    child_id: str,
    skills: Sequence[str],
    length: int | None,
    seed: int,
    now: datetime,
    improves: int | None = None,
    carried: Collection[str] = (),
) -> models.Run:
    """Begin a test of these skills, of at most `length` questions.

    With `improves`, an earlier run of the same child: what it validated is carried over and only the rest is asked;
    so it is with skills `carried` from elsewhere.
    """
    if improves is not None:
        carried = {*carried, *_validated(session, session.get_one(models.Run, improves))}
    run = models.Run(
        child_id=child_id,
        skills=list(skills),
        carried=[skill for skill in skills if skill in carried],
        length=length,
        seed=seed,
        paused_at=0,
        started_at=now,
    )
    _choose_next(session, run, (), now)
    session.add(run)
    session.flush()
    return run


def state(session: Session, run_id: int) -> RunState:
    """Where the run stands; writes nothing."""
    run = session.get_one(models.Run, run_id)
    answers = _answers(session, run_id)
    waiting = _waiting(session, run, answers)
    answered = len(answers)
    left = questions_left(bank(), _asked_skills(run), answers, length=run.length) if waiting else 0
    return RunState(
        run_id=run.id,
        answered=answered,
        total_estimate=answered + max(left, 1 if waiting else 0),
        waiting=waiting,
        position=answered + 1 if waiting else answered,
        pause_due=answered > run.paused_at and (waiting is None or answered - run.paused_at >= PAUSE_EVERY),
        paused_at=run.paused_at,
        finished=waiting is None,
    )


def answer(
    session: Session, run_id: int, position: int, item_id: str, response: Response | None, now: datetime
) -> AnswerOutcome:
    """Record the answer to the question that waits, None for "Je passe", and choose the next one.

    The first answer to a question counts: a double click, a second tab or a page come back to changes nothing.
    """
    run = session.get_one(models.Run, run_id, with_for_update=True)
    answers = _answers(session, run_id)
    item = _waiting(session, run, answers)
    if item is None or (position, item_id) != (len(answers) + 1, item.id):
        before = next((each for each in answers if (each.position, each.item_id) == (position, item_id)), None)
        return AnswerOutcome(recorded=False, right=before is not None and before.right)
    verdict = check(item, response, str(run.seed))
    session.add(
        models.Answer(
            run_id=run.id,
            position=position,
            item_id=item.id,
            skill_id=item.skill_id,
            response=to_json(response) if response else None,
            right=verdict.right,
            at=now,
        )
    )
    answers.append(Answer(position, item.id, item.skill_id, verdict.right))
    _learn(session, run, answers, now)
    _choose_next(session, run, answers, now)
    session.flush()
    return AnswerOutcome(recorded=True, right=verdict.right)


def go_on(session: Session, run_id: int, answered: int) -> None:
    """The pupil has seen the pause after `answered` answers; never goes back, nor beyond what was answered."""
    run = session.get_one(models.Run, run_id, with_for_update=True)
    run.paused_at = max(run.paused_at, min(answered, len(_answers(session, run_id))))


def corrections(session: Session, run_id: int, first: int, last: int) -> list[Correction]:
    """The answers at the positions `first` to `last`, both included, corrected; none for items since withdrawn."""
    rows = session.scalars(
        select(models.Answer)
        .where(models.Answer.run_id == run_id, models.Answer.position.between(first, last))
        .order_by(models.Answer.position)
    )
    seed = str(session.get_one(models.Run, run_id).seed)
    return [_corrected(row, seed) for row in rows if row.item_id in bank().items]


def corrected(item: Item, response: Response | None, position: int = 1) -> Correction:
    """The answer to an item, made for its pupil's seed, that no run keeps."""
    verdict = check(item, response)
    return Correction(position, item, response, verdict.right, verdict.shows, correction_lines(item, response))


def answered_at(session: Session, run_id: int, position: int) -> Item | None:
    """The question that was answered at this position, as the run met it; None where there is none (any more)."""
    statement = select(models.Answer.item_id).where(models.Answer.run_id == run_id, models.Answer.position == position)
    item = bank().items.get(session.scalar(statement) or "")
    return item.for_seed(str(session.get_one(models.Run, run_id).seed)) if item else None


def result(session: Session, run_id: int) -> Score:
    """What the run has shown so far over its targeted skills, what it carried over included."""
    return score(bank(), session.get_one(models.Run, run_id).skills, shown(session, run_id))


def shown(session: Session, run_id: int) -> Mapping[str, KnowledgeElement]:
    """What the run has shown so far, by skill id, what it carried over included."""
    run = session.get_one(models.Run, run_id)
    elements = {row.skill_id: _element(row) for row in _elements(session, run_id)}
    carried = {skill: KnowledgeElement(skill, validated=True, source="inferred") for skill in run.carried}
    return elements | carried


def known(session: Session, child_id: str) -> Mapping[str, KnowledgeElement]:
    """What the child was last seen to know or not, by skill id, over all their runs.

    Asked wins over inferred, then later over earlier.
    """
    rows = session.scalars(
        select(models.KnowledgeElement)
        .where(models.KnowledgeElement.child_id == child_id)
        .order_by(models.KnowledgeElement.direct, models.KnowledgeElement.at, models.KnowledgeElement.id)
    )
    return {row.skill_id: _element(row) for row in rows}


def known_of(session: Session, child_ids: Collection[str]) -> Mapping[str, Mapping[str, KnowledgeElement]]:
    """`known` of each of these children, in one query; children of whom nothing is known are left out."""
    element = models.KnowledgeElement
    rows = session.execute(
        select(element.child_id, element.skill_id, element.validated, element.direct)
        .where(element.child_id.in_(child_ids))
        .order_by(element.direct, element.at, element.id)
    )
    found: dict[str, dict[str, KnowledgeElement]] = {}
    for child_id, skill_id, validated, direct in rows:
        seen = KnowledgeElement(skill_id, validated, "direct" if direct else "inferred")
        found.setdefault(child_id, {})[skill_id] = seen
    return found


def _answers(session: Session, run_id: int) -> list[Answer]:
    columns = (models.Answer.position, models.Answer.item_id, models.Answer.skill_id, models.Answer.right)
    rows = session.execute(select(*columns).where(models.Answer.run_id == run_id).order_by(models.Answer.position))
    return [Answer(*row) for row in rows]


def _elements(session: Session, run_id: int) -> Iterable[models.KnowledgeElement]:
    return session.scalars(select(models.KnowledgeElement).where(models.KnowledgeElement.run_id == run_id))


def _element(row: models.KnowledgeElement) -> KnowledgeElement:
    return KnowledgeElement(row.skill_id, row.validated, "direct" if row.direct else "inferred")


def _validated(session: Session, run: models.Run) -> frozenset[str]:
    return frozenset(run.carried) | {row.skill_id for row in _elements(session, run.id) if row.validated}


def _asked_skills(run: models.Run) -> list[str]:
    return [skill for skill in run.skills if skill not in run.carried]


def _waiting(session: Session, run: models.Run, answers: Sequence[Answer]) -> Item | None:
    """The question that waits, as this run meets it; one since withdrawn from the bank gives way to the next choice."""
    if run.finished_at is not None or run.item_id is None:
        return None
    item = bank().items.get(run.item_id) or _next(session, run, answers)
    return item.for_seed(str(run.seed)) if item else None


def _choose_next(session: Session, run: models.Run, answers: Sequence[Answer], now: datetime) -> None:
    item = _next(session, run, answers)
    run.item_id = item.id if item else None
    run.finished_at = None if item else now


def _next(session: Session, run: models.Run, answers: Sequence[Answer]) -> Item | None:
    return next_item(
        bank(),
        _asked_skills(run),
        answers,
        seed=str(run.seed),
        length=run.length,
        met=_met(session, run.child_id) if run.carried else (),
    )


def _met(session: Session, child_id: str) -> frozenset[str]:
    """Items that the child has answered in any run."""
    rows = select(models.Answer.item_id).join(models.Run).where(models.Run.child_id == child_id)
    return frozenset(session.scalars(rows))


def _learn(session: Session, run: models.Run, answers: Sequence[Answer], now: datetime) -> None:
    """Keep what the answers say of the targeted skills: new elements, and those that an answer has changed."""
    rows = {row.skill_id: row for row in _elements(session, run.id)}
    for element in infer(bank(), answers, _asked_skills(run)).values():
        row = rows.get(element.skill_id)
        if row is not None and _element(row) == element:
            continue
        if row is None:
            row = models.KnowledgeElement(child_id=run.child_id, run_id=run.id, skill_id=element.skill_id)
            session.add(row)
        row.validated, row.direct, row.at = element.validated, element.source == "direct", now


def _corrected(row: models.Answer, seed: str) -> Correction:
    item = bank().item(row.item_id).for_seed(seed)
    response = from_json(row.response) if row.response is not None else None
    return Correction(
        position=row.position,
        item=item,
        response=response,
        right=row.right,
        shows=None if row.right else check(item, response).shows,
        lines=correction_lines(item, response),
    )
