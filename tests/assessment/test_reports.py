"""What pupils report of questions: kept once per test, counted, and never in the log."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from lti_tool.assessment import reports, runs
from lti_tool.assessment.engine.items import bank
from lti_tool.assessment.models import ItemReport
from lti_tool.database import Database

SKILLS = [skill.id for skill in bank().skills_of_competence("1.1")]
ITEM = bank().items_of(SKILLS[0])[0].id


def begin(database: Database, child_id: str, now: datetime) -> int:
    with database.write() as session:
        return runs.start(session, child_id=child_id, skills=SKILLS, length=None, seed=1, now=now).id


def test_the_second_report_of_a_test_replaces_the_first(
    database: Database, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    one, other = begin(database, "one", now), begin(database, "other", now)
    with caplog.at_level(logging.INFO), database.write() as session:
        reports.report(session, one, ITEM, "affichage", "Le tableau\x00 de Léa " + "x" * 1000, now)
        reports.report(session, one, ITEM, "correction", "", now)
        reports.report(session, other, ITEM, "autre", "Il manque un mot.", now)

    with database.read() as session:
        kept = session.scalars(select(ItemReport).order_by(ItemReport.id)).all()
        assert [(each.reason, each.words) for each in kept] == [("correction", ""), ("autre", "Il manque un mot.")]
        assert reports.count(session) == 1
    assert f"item.reported item={ITEM} reason=affichage" in caplog.text
    assert "Léa" not in caplog.text


def test_the_most_reported_come_first_with_what_was_said(database: Database, now: datetime) -> None:
    other_item = bank().items_of(SKILLS[1])[0].id
    runs_of_three = [begin(database, child, now) for child in ("one", "two", "three")]
    later = now + timedelta(hours=1)
    with database.write() as session:
        reports.report(session, runs_of_three[0], other_item, "affichage", "", now)
        reports.report(session, runs_of_three[0], ITEM, "autre", "Un mot.", now)
        reports.report(session, runs_of_three[1], ITEM, "correction", "Deux mots.", later)
        reports.report(session, runs_of_three[2], ITEM, "correction", "", later)

    with database.read() as session:
        assert session.scalars(reports.most_reported()).all() == [ITEM, other_item]
        said = reports.about(session, [ITEM, other_item, "never-1-a"])
    assert set(said) == {ITEM, other_item}
    assert list(said[ITEM].reasons.items()) == [("correction", 2), ("autre", 1)]
    assert said[ITEM].words == ((later, "Deux mots."), (now, "Un mot."))
    assert said[other_item].words == ()


def test_reading_a_question_again_erases_what_was_read_and_no_more(database: Database, now: datetime) -> None:
    one, two = begin(database, "one", now), begin(database, "two", now)
    later = now + timedelta(seconds=1)
    with database.write() as session:
        reports.report(session, one, ITEM, "autre", "Lu.", now)
        reports.report(session, two, ITEM, "autre", "Lu aussi.", now)
    with database.read() as session:
        read = reports.about(session, [ITEM])[ITEM].last
    with database.write() as session:
        reports.report(session, one, ITEM, "autre", "Pas encore lu.", later)
        reports.settle(session, ITEM, read)

    with database.read() as session:
        assert [words for _, words in reports.about(session, [ITEM])[ITEM].words] == ["Pas encore lu."]


def test_words_are_kept_as_a_database_can_hold_them(database: Database, now: datetime) -> None:
    run_id = begin(database, "one", now)
    with database.write() as session:
        words = reports.report(session, run_id, ITEM, "autre", " a\x00b\ud800c\n" + "é" * 1000, now).words

    assert words.startswith("a b c\né")
    assert len(words) == reports.LONGEST_WORDS


def test_an_unknown_reason_is_none(database: Database, now: datetime) -> None:
    run_id = begin(database, "one", now)
    with pytest.raises(KeyError), database.write() as session:
        reports.report(session, run_id, ITEM, "inventée", "", now)
