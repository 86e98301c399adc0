"""Activities: a teacher's choice counts, else the link's own code; only campaigns of the launch's school."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from lti_tool.campaigns import activities
from lti_tool.campaigns.models import Activity
from lti_tool.database import Database
from lti_tool.jobs import Job
from tests.campaigns.school import Schoolyard


def test_which_campaign_an_activity_leads_to(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school, platform = yard.school(), yard.platform()
        link, person = yard.link(yard.context(platform)), yard.person(platform)
        first, second = yard.campaign(school), yard.campaign(school)
        foreign = yard.campaign(yard.school())

        def leads_to(code: str | None) -> object:
            return activities.campaign_for(session, link.id, code, school.id)

        assert leads_to(None) is None
        assert leads_to("ZZZZZZ999") is None
        assert leads_to(foreign.code) is None
        assert leads_to(first.code) is first
        activities.note(session, link.id, first.id, now)
        assert leads_to(None) is first
        assert leads_to(second.code) is second
        activities.note(session, link.id, second.id, now)
        assert leads_to(None) is second
        chosen = activities.choose(session, link.id, first.id, person.id, True, now)
        assert (chosen.chosen_by, chosen.wants_column) == (person.id, True)
        assert leads_to(second.code) is first
        assert activities.note(session, link.id, second.id, now).campaign_id == first.id
        assert activities.campaign_for(session, None, first.code, school.id) is first


def test_a_choice_in_another_school_does_not_count_here(database: Database, now: datetime) -> None:
    """One deployment of several schools: the link leads each launch to its own school's campaigns only."""
    with database.write() as session:
        yard = Schoolyard(session, now)
        here, there = yard.school(), yard.school()
        platform = yard.platform()
        link = yard.link(yard.context(platform))
        activities.choose(session, link.id, yard.campaign(there).id, yard.person(platform).id, False, now)
        assert activities.campaign_for(session, link.id, None, here.id) is None


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
