"""The analysis by topic: the formula, its words, what was most missed; bands at their edges; days and dates."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.assessment.engine.items import bank
from lti_tool.assessment.models import Answer
from lti_tool.campaigns import analysis, bands, participations
from lti_tool.campaigns.analysis import topic_score
from lti_tool.campaigns.bands import MODERATELY, STRONGLY
from lti_tool.campaigns.opening import NotOpenError
from lti_tool.database import Database
from tests.campaigns.school import Schoolyard

LEVELS = st.lists(st.integers(1, 6), min_size=1, max_size=6, unique=True)


@pytest.mark.parametrize(
    ("validated", "targeted", "hardest", "score"),
    [
        pytest.param([], [1, 2], 4, 15, id="nothing known"),
        pytest.param([1], [1, 2], 4, 50, id="half of it"),
        pytest.param([1, 2], [1, 2], 4, 85, id="all of an easy topic"),
        pytest.param([1, 2, 3, 4], [1, 2, 3, 4], 4, 100, id="all of the hardest"),
    ],
)
def test_the_formula(validated: list[int], targeted: list[int], hardest: int, score: float) -> None:
    assert topic_score(validated, targeted, hardest) == pytest.approx(score)


@given(LEVELS, st.data())
def test_a_score_stays_within_its_scale(targeted: list[int], data: st.DataObject) -> None:
    validated = data.draw(st.lists(st.sampled_from(targeted), unique=True))

    assert 0 <= topic_score(validated, targeted, 6) <= 100


@pytest.mark.parametrize(
    ("validated", "targeted", "stars"),
    [(0, 10, 0), (20, 100, 0), (205, 1000, 1), (21, 100, 1), (50, 100, 1), (51, 100, 2), (80, 100, 2), (81, 100, 3)],
)
def test_bands_at_their_edges(validated: int, targeted: int, stars: int) -> None:
    assert bands.band(bands.percent(validated, targeted)).stars == stars


def test_topics_and_questions_that_a_class_missed(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school = yard.school()
        campaign = yard.campaign(school, target_profile="competence-1.1")
        skill = bank().skill(campaign.skills[0])
        item = next(each for each in bank().items_of(skill.id) if each.for_seed("") is each)
        for number in range(4):
            participation = yard.finished(campaign, yard.learner(school), len(campaign.skills) if number else 0)
            session.add(
                Answer(
                    run_id=participation.run_id,
                    position=1,
                    item_id=item.id,
                    skill_id=skill.id,
                    response=None,
                    right=bool(number),
                    at=now,
                )
            )
            session.flush()
            participations.share(session, participation, now)

        found = analysis.analyse(session, campaign)

    assert found.received == 4
    assert {line.percent for line in found.topics} == {75}
    assert [(line.code, line.percent) for line in found.competences] == [("1.1", 75)]
    (missed,) = found.missed
    assert (missed.item.id, missed.asked, missed.wrong) == (item.id, 4, 1)
    assert [(answer.given, answer.count) for answer in missed.answers] == [("", 1)]


def test_the_words_go_from_what_is_known_to_what_is_not() -> None:
    assert bands.relevance([0.0, 10.0])[1] == STRONGLY
    assert bands.relevance([100.0])[1] == MODERATELY


def test_before_its_first_day_and_after_its_last_nobody_begins_or_sends(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school = yard.school("Pacific/Tahiti")
        today = (now - timedelta(hours=10)).date()
        campaign = yard.campaign(school)
        begun = yard.finished(campaign, yard.learner(school), 3)

        campaign.opens_on = today + timedelta(days=1)
        with pytest.raises(NotOpenError):
            yard.begun(campaign, yard.learner(school))
        campaign.opens_on, campaign.closes_on = today, today
        yard.begun(campaign, yard.learner(school))
        campaign.closes_on = today - timedelta(days=1)
        with pytest.raises(NotOpenError):
            participations.share(session, begun, now)
