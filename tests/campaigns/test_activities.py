"""Activities: a teacher's choice counts, else the link's own code; members are read when they are needed."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from lti_tool.campaigns import activities
from lti_tool.campaigns.models import Activity
from lti_tool.database import Database
from lti_tool.jobs import Job
from tests.campaigns.school import Schoolyard


def test_what_a_link_says_never_goes_over_a_teacher_s_choice(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school, platform = yard.school(), yard.platform()
        link, person = yard.link(yard.context(platform)), yard.person(platform)
        first, second = yard.campaign(school), yard.campaign(school)

        assert activities.note(session, link.id, first.id, now).campaign_id == first.id
        assert activities.note(session, link.id, second.id, now).campaign_id == second.id
        chosen = activities.choose(session, link.id, first.id, person.id, True, now)
        assert (chosen.chosen_by, chosen.wants_column) == (person.id, True)
        assert activities.note(session, link.id, second.id, now).campaign_id == first.id


def test_the_members_of_a_campaigns_courses_are_asked_for_once(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        platform, campaign = yard.platform(), yard.campaign(yard.school())
        with_members = [
            yard.context(platform, memberships_url="https://e/1"),
            yard.context(platform, memberships_url="https://e/2", members_read_at=now - timedelta(minutes=2)),
        ]
        for context in (*with_members, yard.context(platform)):
            for _ in range(2):
                activities.note(session, yard.link(context).id, campaign.id, now)
        activities.ask_for_members(session, campaign.id, now)
        activities.ask_for_members(session, campaign.id, now)
        jobs = {job.key: job.run_at for job in session.scalars(select(Job))}
    assert jobs == {str(with_members[0].id): now, str(with_members[1].id): now + timedelta(minutes=3)}


@pytest.mark.parametrize("wants", [True, False])
def test_choosing_again_replaces(database: Database, now: datetime, wants: bool) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school, platform = yard.school(), yard.platform()
        link, person = yard.link(yard.context(platform)), yard.person(platform)
        activities.choose(session, link.id, yard.campaign(school).id, person.id, not wants, now)
        second = yard.campaign(school)
        activities.choose(session, link.id, second.id, person.id, wants, now)
        (row,) = session.scalars(select(Activity))
    assert (row.campaign_id, row.wants_column) == (second.id, wants)
