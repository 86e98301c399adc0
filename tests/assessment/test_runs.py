"""A child takes a test: each answer once, the same question after a break, pauses, results, an improved test."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from lti_tool.assessment import models, runs
from lti_tool.assessment.engine.checking import Response
from lti_tool.assessment.engine.items import Item, bank
from lti_tool.assessment.engine.profiles import target_profiles
from lti_tool.database import Database
from tests.assessment.authoring import wrong_response

PROFILE = target_profiles(bank())["rentree-6e"]
CHILD = "child-1"


def begin(session: Session, now: datetime, length: int | None = None, improves: int | None = None) -> int:
    return runs.start(
        session, child_id=CHILD, skills=PROFILE.skill_ids, length=length, seed=7, now=now, improves=improves
    ).id


def right(item: Item) -> Response:
    return item.question.right_response()


def reply(
    session: Session, run_id: int, now: datetime, response: Callable[[Item], Response | None] = right
) -> runs.AnswerOutcome:
    """Answer the question that waits."""
    state = runs.state(session, run_id)
    assert state.waiting is not None
    return runs.answer(session, run_id, state.position, state.waiting.id, response(state.waiting), now)


def finish(
    database: Database, run_id: int, now: datetime, response: Callable[[Item], Response | None] = right
) -> list[str]:
    """Answer all that is left, each answer in a transaction of its own; the items asked."""
    asked: list[str] = []
    while True:
        with database.write() as session:
            state = runs.state(session, run_id)
            if state.waiting is None:
                return asked
            asked.append(state.waiting.id)
            reply(session, run_id, now, response)


def test_a_new_test_waits_for_its_first_answer(database: Database, now: datetime) -> None:
    with database.write() as session:
        run_id = begin(session, now)
    with database.read() as session:
        state = runs.state(session, run_id)
    assert (state.answered, state.position, state.paused_at) == (0, 1, 0)
    assert state.waiting is not None
    assert bank().skill(state.waiting.skill_id).level <= 2
    assert not state.pause_due
    assert not state.finished
    assert state.total_estimate > 5


def test_coming_back_finds_the_same_question(database: Database, now: datetime) -> None:
    with database.write() as session:
        run_id = begin(session, now)
        reply(session, run_id, now)
    with database.read() as session:
        first = runs.state(session, run_id)
    with database.read() as session:
        assert runs.state(session, run_id) == first


def test_the_first_answer_counts(database: Database, now: datetime) -> None:
    with database.write() as session:
        run_id = begin(session, now)
        item = runs.state(session, run_id).waiting
        assert item is not None
        assert runs.answer(session, run_id, 1, item.id, right(item), now) == runs.AnswerOutcome(True, True)
    with database.write() as session:
        again = runs.answer(session, run_id, 1, item.id, wrong_response(item), now)
        other = runs.answer(session, run_id, 2, item.id, right(item), now)
        unknown = runs.answer(session, run_id, 2, "no-such-item", None, now)
    assert again == runs.AnswerOutcome(recorded=False, right=True)
    assert (other.recorded, unknown.recorded) == (False, False)
    with database.read() as session:
        assert runs.state(session, run_id).answered == 1
        assert runs.corrections(session, run_id, 1, 1)[0].right


def test_two_tabs_that_answer_at_once_are_recorded_once(database: Database, now: datetime) -> None:
    with database.write() as session:
        run_id = begin(session, now)
        item = runs.state(session, run_id).waiting
    assert item is not None
    outcomes: list[bool] = []

    def click(response: Response | None) -> None:
        with database.write() as session:
            outcomes.append(runs.answer(session, run_id, 1, item.id, response, now).recorded)

    threads = [threading.Thread(target=click, args=(each,)) for each in (right(item), None, right(item), None)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(outcomes) == [False, False, False, True]
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(models.Answer)) == 1


def test_a_pause_is_due_every_five_answers_and_at_the_end(database: Database, now: datetime) -> None:
    with database.write() as session:
        run_id = begin(session, now, length=7)
        for _ in range(4):
            reply(session, run_id, now)
        assert not runs.state(session, run_id).pause_due
        reply(session, run_id, now)
        assert runs.state(session, run_id).pause_due
        runs.go_on(session, run_id, 5)
        assert not runs.state(session, run_id).pause_due
        reply(session, run_id, now)
        assert not runs.state(session, run_id).pause_due
        reply(session, run_id, now)
        end = runs.state(session, run_id)
        assert (end.pause_due, end.finished, end.position, end.total_estimate) == (True, True, 7, 7)
        runs.go_on(session, run_id, 99)
        runs.go_on(session, run_id, 2)
        assert (runs.state(session, run_id).paused_at, runs.state(session, run_id).pause_due) == (7, False)


def test_a_correction_says_what_was_given_what_was_expected_and_why(database: Database, now: datetime) -> None:
    with database.write() as session:
        run_id = begin(session, now)
        reply(session, run_id, now, wrong_response)
        reply(session, run_id, now, lambda item: None)
        reply(session, run_id, now)
    with database.read() as session:
        wrong, passed, good = runs.corrections(session, run_id, 1, 3)
        assert [each.position for each in runs.corrections(session, run_id, 2, 3)] == [2, 3]
    assert (wrong.right, passed.right, good.right) == (False, False, True)
    assert (passed.response, good.response) == (None, right(good.item))
    assert good.lines[0].given == good.lines[0].expected
    for each in (wrong, passed, good):
        assert each.explanation
        assert each.tutorial.text
        assert each.solution


def test_whoever_answers_all_right_has_everything(database: Database, now: datetime) -> None:
    with database.write() as session:
        run_id = begin(session, now)
    asked = finish(database, run_id, now)
    assert len(asked) == len(set(asked)) < len(PROFILE.skill_ids)
    with database.read() as session:
        result = runs.result(session, run_id)
        known = runs.known(session, CHILD)
    assert (result.validated, result.targeted, result.tested) == (len(PROFILE.skill_ids),) * 3
    assert {each.code for each in result.competences} == {"1.1", "1.2", "2.1", "2.2", "3.1", "4.1", "4.2", "5.1", "5.2"}
    assert set(known) == set(PROFILE.skill_ids)
    assert {element.source for element in known.values()} == {"direct", "inferred"}


def test_whoever_passes_every_question_has_nothing(database: Database, now: datetime) -> None:
    with database.write() as session:
        run_id = begin(session, now)
    finish(database, run_id, now, lambda item: None)
    with database.read() as session:
        result = runs.result(session, run_id)
    assert (result.validated, result.tested) == (0, result.targeted)


def test_passing_the_questions_of_a_single_topic_gives_nothing_either(database: Database, now: datetime) -> None:
    """As in a training where all the rest of the competence is known."""
    skills = [skill.id for skill in bank().topics[0].skills]
    with database.write() as session:
        run_id = runs.start(session, child_id=CHILD, skills=skills, length=None, seed=1, now=now).id
    asked = finish(database, run_id, now, lambda item: None)
    with database.read() as session:
        assert not any(element.validated for element in runs.known(session, CHILD).values())
    assert {bank().item(item_id).skill_id for item_id in asked} >= {skills[0]}


def test_what_is_not_reached_within_the_length_is_not_validated(database: Database, now: datetime) -> None:
    with database.write() as session:
        run_id = begin(session, now, length=3)
    assert len(finish(database, run_id, now)) == 3
    with database.read() as session:
        result = runs.result(session, run_id)
    assert 3 <= result.validated == result.tested < result.targeted == len(PROFILE.skill_ids)


def test_after_the_end_nothing_is_recorded(database: Database, now: datetime) -> None:
    with database.write() as session:
        run_id = begin(session, now, length=1)
        item = runs.state(session, run_id).waiting
        assert item is not None
        reply(session, run_id, now)
        assert not runs.answer(session, run_id, 2, item.id, right(item), now).recorded


def test_no_question_is_timed(database: Database, now: datetime) -> None:
    with database.write() as session:
        run_id = begin(session, now)
        assert reply(session, run_id, now + timedelta(days=300)).recorded
        assert runs.result(session, run_id).validated > 0


def test_an_improved_test_asks_only_what_is_not_validated(database: Database, now: datetime) -> None:
    with database.write() as session:
        first = begin(session, now)
    asked_first = finish(
        database, first, now, lambda item: right(item) if bank().skill(item.skill_id).competence < "3" else None
    )
    later = now + timedelta(days=4)
    with database.write() as session:
        before = runs.result(session, first)
        second = begin(session, later, improves=first)
        assert runs.result(session, second).validated == before.validated
    asked_again = finish(database, second, later)
    with database.read() as session:
        after = runs.result(session, second)
        assert runs.result(session, first) == before
    assert 0 < before.validated < after.validated == after.targeted
    assert all(bank().item(item_id).skill_id not in _validated_in(database, first) for item_id in asked_again)
    repeated = set(asked_first) & set(asked_again)
    assert all(len(bank().items_of(bank().item(item_id).skill_id)) == 1 for item_id in repeated)


def _validated_in(database: Database, run_id: int) -> set[str]:
    with database.read() as session:
        rows = session.scalars(select(models.KnowledgeElement).where(models.KnowledgeElement.run_id == run_id))
        return {row.skill_id for row in rows if row.validated}


def test_improving_a_perfect_test_is_finished_at_once(database: Database, now: datetime) -> None:
    with database.write() as session:
        first = begin(session, now)
    finish(database, first, now)
    with database.write() as session:
        second = begin(session, now, improves=first)
        assert runs.state(session, second).finished
        assert runs.result(session, second).validated == len(PROFILE.skill_ids)


def test_what_a_child_knows_is_asked_before_inferred_and_later_before_earlier(
    database: Database, now: datetime
) -> None:
    _, easy, hard, *_ = (skill.id for skill in bank().topics[0].skills)

    def take(skills: list[str], response: Callable[[Item], Response | None], days: int) -> None:
        then = now + timedelta(days=days)
        with database.write() as session:
            run = runs.start(session, child_id=CHILD, skills=skills, length=1, seed=1, now=then)
            reply(session, run.id, then, response)

    def validated() -> dict[str, bool]:
        with database.read() as session:
            return {skill: element.validated for skill, element in runs.known(session, CHILD).items()}

    take([hard], right, days=1)
    take([easy, hard], lambda item: None, days=2)
    assert validated() == {easy: False, hard: True}
    take([easy], right, days=3)
    assert validated() == {easy: True, hard: True}
    with database.read() as session:
        assert runs.known(session, "another-child") == {}


def test_a_practical_question_is_the_same_at_every_return_and_corrected_as_it_was(
    database: Database, now: datetime
) -> None:
    skills = ["chercher-dans-un-tableau-1"]
    statements = []
    for seed in (1, 2):
        with database.write() as session:
            run_id = runs.start(session, child_id=CHILD, skills=skills, length=1, seed=seed, now=now).id
        with database.read() as session:
            waiting = runs.state(session, run_id).waiting
            assert waiting == runs.state(session, run_id).waiting
        assert waiting is not None
        assert waiting.question.world.files
        with database.write() as session:
            assert reply(session, run_id, now).right
        with database.read() as session:
            (correction,) = runs.corrections(session, run_id, 1, 1)
        assert correction.item == waiting
        assert correction.lines[0].given == correction.lines[0].expected
        statements.append((waiting.statement, correction.solution))
    assert statements[0] != statements[1]


def test_a_question_withdrawn_from_the_bank_is_replaced(database: Database, now: datetime) -> None:
    with database.write() as session:
        run_id = begin(session, now)
        session.get_one(models.Run, run_id).item_id = "withdrawn-1-a"
    with database.write() as session:
        assert reply(session, run_id, now).recorded
        session.add(
            models.Answer(
                run_id=run_id, position=2, item_id="gone-1-a", skill_id="gone-1", response=None, right=True, at=now
            )
        )
        session.flush()
        assert [each.position for each in runs.corrections(session, run_id, 1, 2)] == [1]
        assert runs.state(session, run_id).answered == 2


def test_a_run_that_does_not_exist(database: Database) -> None:
    with database.read() as session, pytest.raises(NoResultFound):
        runs.state(session, 404)
