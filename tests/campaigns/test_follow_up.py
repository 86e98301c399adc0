"""What a teacher follows: the participants with the sending that counts, the campaign in figures."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from lti_tool.campaigns import follow_up, participations
from lti_tool.database import Database
from tests.campaigns.school import TARGETED, Schoolyard, finish_run, ref


def test_participants_by_name_with_results_and_number_of_sendings(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school = yard.school()
        campaign, learners = yard.campaign(school), [yard.learner(school) for _ in range(3)]
        for learner, name in zip(learners, ("Zola", "Arnaud", "Martin"), strict=True):
            learner.last_name = name
        learners[0].preferred_last_name = "Bernard"
        sent_twice = yard.finished(campaign, learners[0], 4)
        participations.share(session, sent_twice, now)
        later = now + timedelta(days=4)
        participations.improve(session, sent_twice, ref(learners[0]), later, "Europe/Paris")
        finish_run(session, sent_twice.run_id, 8, later)
        participations.share(session, sent_twice, later)
        participations.share(session, yard.finished(campaign, learners[1], 6), now)
        yard.begun(campaign, learners[2])
        yard.begun(yard.campaign(school), yard.learner(school))

        first = follow_up.participants(session, campaign.id, per_page=2)
        second = follow_up.participants(session, campaign.id, page=2, per_page=2)
        overview = follow_up.overview(session, campaign.id)
    lines = [(p.last_name, p.status, p.sendings, p.validated, p.targeted) for p in first.items + second.items]
    assert lines == [
        ("Arnaud", "shared", 1, 6, TARGETED),
        ("Bernard", "shared", 2, 8, TARGETED),
        ("Martin", "started", 0, None, None),
    ]
    assert (first.total, first.pages) == (3, 2)
    assert (overview.participants, overview.received) == (3, 2)
    assert overview.mean == pytest.approx(0.7)


def test_a_campaign_that_nobody_has_begun(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        campaign = yard.campaign(yard.school())
        assert follow_up.participants(session, campaign.id).items == ()
        assert follow_up.overview(session, campaign.id) == follow_up.Overview(0, 0, None)
