"""Participations: begun once, finished, sent once, improved after four calendar days; each refusal of the rules."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from lti_tool.assessment import runs
from lti_tool.assessment.models import Run
from lti_tool.campaigns import campaigns, participations
from lti_tool.campaigns.campaigns import ArchivedCampaignError
from lti_tool.campaigns.models import SHARED, STARTED, TO_SHARE, Campaign, Participation, SharedResult
from lti_tool.campaigns.participations import (
    CannotImproveError,
    InactiveLearnerError,
    NoParticipationError,
    UnfinishedError,
)
from lti_tool.database import Database
from lti_tool.schools.models import Learner
from tests.campaigns.school import TARGETED, Schoolyard, finish_run, ref

PARIS = "Europe/Paris"


def test_a_test_is_taken_from_its_beginning_to_the_results(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school = yard.school()
        campaign, learner = yard.campaign(school), yard.learner(school)
        participation = participations.begin(session, campaign, ref(learner), now)
        run = session.get_one(Run, participation.run_id)
        assert (participation.status, run.child_id, run.skills) == (STARTED, learner.child_id, campaign.skills)

        with pytest.raises(UnfinishedError):
            participations.share(session, participation, now)
        while (state := runs.state(session, run.id)).waiting is not None:
            runs.answer(session, run.id, state.position, state.waiting.id, None, now)
            participations.finish(session, participation, now)
        assert (participation.status, participation.finished_at) == (TO_SHARE, now)

        result = participations.share(session, participation, now)
        assert (participation.status, participation.shared_at) == (SHARED, now)
        assert (result.validated, result.targeted, result.counts) == (0, TARGETED, True)
        assert sum(c["targeted"] for c in result.competences) == TARGETED


def test_beginning_twice_is_one_participation(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school = yard.school()
        campaign, learner = yard.campaign(school), yard.learner(school)
        first = participations.begin(session, campaign, ref(learner), now)
        assert participations.begin(session, campaign, ref(learner), now) is first
        assert session.scalar(select(func.count()).select_from(Run)) == 1


def test_two_clicks_at_once_begin_one_participation_and_one_run(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school = yard.school()
        campaign, learner = yard.campaign(school), ref(yard.learner(school))
    barrier, begun = threading.Barrier(4), []

    def click() -> None:
        barrier.wait()
        with database.write() as session:
            begun.append(participations.begin(session, session.get_one(Campaign, campaign.id), learner, now).id)

    _at_once([click] * 4)
    assert len(begun) == 4
    assert len(set(begun)) == 1
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Run)) == 1


def test_two_clicks_at_once_send_once(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school = yard.school()
        participation = yard.finished(yard.campaign(school), yard.learner(school), 4)
    barrier, sent = threading.Barrier(4), []

    def click() -> None:
        barrier.wait()
        with database.write() as session:
            mine = session.get_one(Participation, participation.id)
            sent.append(participations.share(session, mine, now).id)

    _at_once([click] * 4)
    assert len(sent) == 4
    assert len(set(sent)) == 1


def test_who_may_not_begin(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school = yard.school()
        campaign, learner = yard.campaign(school), yard.learner(school)
        begun_before = participations.begin(session, campaign, ref(learner), now)
        with pytest.raises(InactiveLearnerError):
            participations.begin(session, campaign, ref(yard.learner(school, active=False)), now)
        campaigns.archive(session, campaign, now)
        with pytest.raises(ArchivedCampaignError):
            participations.begin(session, campaign, ref(yard.learner(school)), now)
        assert participations.begin(session, campaign, ref(learner), now) is begun_before


@pytest.mark.parametrize(
    ("obstacle", "refusal"), [("archived", ArchivedCampaignError), ("deactivated", InactiveLearnerError)]
)
def test_who_may_not_send(database: Database, now: datetime, obstacle: str, refusal: type[Exception]) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school = yard.school()
        campaign, learner = yard.campaign(school), yard.learner(school)
        participation = yard.finished(campaign, learner, 4)
        if obstacle == "archived":
            campaigns.archive(session, campaign, now)
        else:
            learner.active = False
            session.flush()
        with pytest.raises(refusal):
            participations.share(session, participation, now)
        assert participation.status == TO_SHARE
        assert participations.counting(session, participation.id) is None


def test_what_was_sent_is_found_again_though_the_campaign_is_archived_since(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school = yard.school()
        campaign = yard.campaign(school)
        participation = yard.finished(campaign, yard.learner(school), 4)
        result = participations.share(session, participation, now)
        campaigns.archive(session, campaign, now)
        assert participations.share(session, participation, now + timedelta(hours=1)) is result
        assert participation.shared_at == now


def test_a_participation_is_its_learners_only(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school = yard.school()
        mine, other = yard.learner(school), yard.learner(school)
        participation = yard.begun(yard.campaign(school), mine)
        assert participations.of_learner(session, participation.id, mine.id) is participation
        for participation_id, learner_id in ((participation.id, other.id), (10**6, mine.id)):
            with pytest.raises(NoParticipationError):
                participations.of_learner(session, participation_id, learner_id)


@pytest.mark.parametrize(
    ("counts", "validated", "which"),
    [
        pytest.param("best", [3, 6], 1, id="the better one"),
        pytest.param("best", [6, 7, 8], 2, id="the best of three"),
        pytest.param("best", [6, 6], 0, id="of two equally good ones the first"),
        pytest.param("last", [6, 6], 1, id="the last"),
    ],
)
def test_which_sending_counts(database: Database, now: datetime, counts: str, validated: list[int], which: int) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school = yard.school()
        campaign, learner = yard.campaign(school, counts=counts), yard.learner(school)
        participation, sent = yard.begun(campaign, learner), []
        for number, skills in enumerate(validated):
            at = now + timedelta(days=5 * number)
            if number:
                participations.improve(session, participation, ref(learner), at, PARIS)
            finish_run(session, participation.run_id, skills, at)
            sent.append(participations.share(session, participation, at))
        counting = session.scalars(select(SharedResult).where(SharedResult.counts)).all()
        assert counting == [sent[which]]
        assert participations.counting(session, participation.id) is sent[which]
        (mine,) = participations.mine(session, learner.id, PARIS)
        assert mine.validated == validated[which]


def test_improving_asks_only_what_was_not_validated_and_begins_once(database: Database, now: datetime) -> None:
    later = now + timedelta(days=4)
    with database.write() as session:
        yard = Schoolyard(session, now)
        school = yard.school()
        campaign, learner = yard.campaign(school), yard.learner(school)
        participation = yard.finished(campaign, learner, 7)
        participations.share(session, participation, now)
        first_run = participation.run_id
        participations.improve(session, participation, ref(learner), later, PARIS)
        run = session.get_one(Run, participation.run_id)
        assert (participation.status, participation.finished_at, run.id != first_run) == (STARTED, None, True)
        assert len(run.carried) == 7
        participations.improve(session, participation, ref(learner), later, PARIS)
        assert participation.run_id == run.id


MONDAY_EVENING = datetime(2026, 11, 23, 22, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("time_zone", "day", "too_early", "first_minute"),
    [
        pytest.param(
            PARIS,
            date(2026, 11, 27),
            datetime(2026, 11, 26, 22, 59, 59, tzinfo=UTC),
            datetime(2026, 11, 26, 23, 0, tzinfo=UTC),
            id="Monday 23:59 in Paris, from Friday's first minute",
        ),
        pytest.param(
            "Indian/Reunion",
            date(2026, 11, 28),
            datetime(2026, 11, 27, 19, 59, 59, tzinfo=UTC),
            datetime(2026, 11, 27, 20, 0, tzinfo=UTC),
            id="Tuesday already on Réunion",
        ),
        pytest.param(
            "Pacific/Tahiti",
            date(2026, 11, 27),
            datetime(2026, 11, 27, 9, 59, 59, tzinfo=UTC),
            datetime(2026, 11, 27, 10, 0, tzinfo=UTC),
            id="Monday noon in Tahiti",
        ),
    ],
)
def test_four_calendar_days_in_the_schools_own_zone(
    database: Database, time_zone: str, day: date, too_early: datetime, first_minute: datetime
) -> None:
    with database.write() as session:
        yard = Schoolyard(session, MONDAY_EVENING)
        school = yard.school(time_zone)
        learner = yard.learner(school)
        participation = yard.finished(yard.campaign(school), learner, 4)
        participations.share(session, participation, MONDAY_EVENING)
        assert participations.improvable_from(session, participation, time_zone) == day
        assert not participations.can_improve(session, participation, too_early, time_zone)
        with pytest.raises(CannotImproveError):
            participations.improve(session, participation, ref(learner), too_early, time_zone)
        assert participations.can_improve(session, participation, first_minute, time_zone)


@pytest.mark.parametrize("case", ["not sent", "all validated", "one sending only", "archived"])
def test_what_can_never_be_improved(database: Database, now: datetime, case: str) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school = yard.school()
        campaign = yard.campaign(school, multiple_sendings=case != "one sending only")
        participation = yard.finished(campaign, yard.learner(school), TARGETED if case == "all validated" else 4)
        if case != "not sent":
            participations.share(session, participation, now)
        if case == "archived":
            campaigns.archive(session, campaign, now)
        assert participations.improvable_from(session, participation, PARIS) is None
        assert not participations.can_improve(session, participation, now + timedelta(days=99), PARIS)


def test_a_deactivated_learner_does_not_improve(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school = yard.school()
        learner = yard.learner(school)
        participation = yard.finished(yard.campaign(school), learner, 4)
        participations.share(session, participation, now)
        learner.active = False
        session.flush()
        with pytest.raises(InactiveLearnerError):
            participations.improve(session, participation, ref(learner), now + timedelta(days=9), PARIS)


def test_mine_lists_the_newest_first_with_where_it_stands(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school = yard.school()
        learner = yard.learner(school)
        sent = yard.finished(yard.campaign(school, title="Ancien"), learner, 4)
        participations.share(session, sent, now)
        archived = yard.campaign(school, title="Nouveau")
        participations.begin(session, archived, ref(learner), now + timedelta(days=1))
        campaigns.archive(session, archived, now)
        mine = participations.mine(session, learner.id, PARIS)
    assert [(b.title, b.status, b.archived, b.validated, b.targeted) for b in mine] == [
        ("Nouveau", STARTED, True, None, None),
        ("Ancien", SHARED, False, 4, TARGETED),
    ]


def test_a_failure_half_way_leaves_nothing_sent(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school = yard.school()
        participation = yard.finished(yard.campaign(school), yard.learner(school), 4)
    with pytest.raises(ZeroDivisionError), database.write() as session:
        participations.share(session, session.get_one(Participation, participation.id), now)
        raise ZeroDivisionError
    with database.read() as session:
        assert session.get_one(Participation, participation.id).status == TO_SHARE
        assert session.scalar(select(func.count()).select_from(SharedResult)) == 0


def test_a_run_begun_by_a_click_that_fails_is_not_left_behind(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school = yard.school()
        campaign, learner = yard.campaign(school), yard.learner(school)
    with pytest.raises(ZeroDivisionError), database.write() as session:
        participations.begin(session, session.get_one(Campaign, campaign.id), ref(learner), now)
        raise ZeroDivisionError
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Run)) == 0
        assert session.get_one(Learner, learner.id).active


def _at_once(actions: list[object]) -> None:
    threads = [threading.Thread(target=action) for action in actions]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
