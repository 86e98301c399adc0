"""Campaigns: made whole or not at all, found by code within the school, listed with counts."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, func, select

from lti_tool.campaigns import activities, campaigns, drafts
from lti_tool.campaigns.campaigns import CampaignFaults, UnknownCampaignError
from lti_tool.campaigns.models import Campaign
from lti_tool.database import Database
from lti_tool.jobs import Job
from lti_tool.schools.models import ADMINISTRATOR, TEACHER
from tests.campaigns.school import TARGETED, Schoolyard


def test_a_campaign_is_made_with_a_code_and_the_skills_of_its_profile(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school = yard.school()
        made = yard.campaign(school, name="  5e B \t rentrée ", title="", landing_text="Bonjour\r\nà \x00tous ")
        other = yard.campaign(school)
    assert made.name == "5e B rentrée"
    assert made.title == campaigns.profiles()[0].name
    assert made.landing_text == "Bonjour\nà tous"
    assert len(made.skills) == TARGETED
    assert made.code != other.code
    assert made.resource_id != other.resource_id


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        pytest.param({"name": ""}, {"name"}, id="no name"),
        pytest.param({"name": " \t\n"}, {"name"}, id="only spaces"),
        pytest.param({"name": "n" * 300}, {"name"}, id="a name of 300"),
        pytest.param({"title": "t" * 256}, {"title"}, id="a title too long"),
        pytest.param({"landing_text": "x" * 5001}, {"landing_text"}, id="a text too long"),
        pytest.param({"target_profile": "vanished"}, {"target_profile"}, id="a profile that vanished"),
        pytest.param({"counts": "worst"}, {"counts"}, id="a forged choice"),
        pytest.param(
            {"name": "", "title": "t" * 256, "target_profile": ""}, {"name", "title", "target_profile"}, id="all"
        ),
    ],
)
def test_every_fault_is_told_at_once_and_nothing_is_made(
    database: Database, now: datetime, wrong: dict[str, str], fields: set[str]
) -> None:
    with pytest.raises(CampaignFaults) as refused, database.write() as session:
        yard = Schoolyard(session, now)
        yard.campaign(yard.school(), **wrong)
    assert {fault.field for fault in refused.value.faults} == fields
    assert all(fault.sentence % fault.params for fault in refused.value.faults)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Campaign)) == 0


def test_the_longest_texts_that_are_allowed_are_kept(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        made = yard.campaign(yard.school(), name="n" * 255, title="t" * 255, landing_text="x" * 5000)
    assert (len(made.name), len(made.title), len(made.landing_text)) == (255, 255, 5000)


def test_a_code_that_is_taken_is_drawn_again(
    database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = iter(["ABCDEF234", "ABCDEF234", "ABCDEF235"])
    monkeypatch.setattr(drafts, "new_code", lambda: next(drawn))
    with database.write() as session:
        yard = Schoolyard(session, now)
        school = yard.school()
        codes = [yard.campaign(school).code, yard.campaign(school).code]
    assert codes == ["ABCDEF234", "ABCDEF235"]


def test_a_code_opens_only_campaigns_of_its_school(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school, elsewhere = yard.school(), yard.school()
        campaign = yard.campaign(school)
        spaced = f" {campaign.code[:3].lower()}-{campaign.code[3:]} "
        assert campaigns.by_code(session, school.id, spaced) is campaign
        assert campaigns.get(session, school.id, campaign.id) is campaign
        for refused in (
            lambda: campaigns.by_code(session, elsewhere.id, campaign.code),
            lambda: campaigns.by_code(session, school.id, "ZZZZZZ999"),
            lambda: campaigns.by_code(session, school.id, "x' OR 1=1"),
            lambda: campaigns.get(session, elsewhere.id, campaign.id),
        ):
            with pytest.raises(UnknownCampaignError) as error:
                refused()
            assert error.value.status == 404


def test_the_list_counts_participants_and_results_received_page_by_page(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school, platform = yard.school(), yard.platform()
        mine = yard.person(platform)
        mine.given_name, mine.family_name = "Anne", "Martin"
        old = yard.campaign(school, name="old", owner_id=mine.id)
        others = [
            yard.campaign(school, name=f"n{n}", now=now + timedelta(minutes=n), owner_id=None) for n in range(1, 4)
        ]
        yard.campaign(yard.school(), name="another school's")
        campaigns.archive(session, others[2], now)
        for sent in (True, True, False):
            participation = yard.begun(old, yard.learner(school))
            participation.shared_at = now if sent else None

    with database.read() as session:
        first = campaigns.listing(session, school.id, per_page=2)
        second = campaigns.listing(session, school.id, page=2, per_page=2)
        beyond = campaigns.listing(session, school.id, page=99, per_page=2)
        own = campaigns.listing(session, school.id, owner_id=mine.id)
        archived = campaigns.listing(session, school.id, archived=True)
    assert [c.name for c in first.items] == ["n2", "n1"]
    assert (first.total, first.pages, first.number) == (3, 2, 1)
    assert beyond == second
    assert [(c.name, c.owner, c.participants, c.received) for c in second.items] == [("old", "Anne Martin", 3, 2)]
    assert [c.name for c in own.items] == ["old"]
    assert [(c.name, c.owner, c.archived) for c in archived.items] == [("n3", None, True)]


def test_a_page_of_the_list_takes_three_statements_however_long_it_is(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school = yard.school()
        for _ in range(12):
            yard.campaign(school)
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    with database.read() as session:
        assert len(campaigns.listing(session, school.id).items) == 12
    assert len([s for s in statements if s.startswith("SELECT")]) == 3


def test_archiving_and_opening_again_has_the_members_of_its_courses_looked_at(
    database: Database, now: datetime
) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        campaign = yard.campaign(yard.school())
        context = yard.context(yard.platform(), memberships_url="https://ent.example.fr/members")
        activities.note(session, yard.link(context).id, campaign.id, now)
        campaigns.archive(session, campaign, now)
        assert campaign.archived_at == now
        campaigns.archive(session, campaign, now + timedelta(days=1))
        assert campaign.archived_at == now
        assert session.scalars(select(Job.kind)).all() == ["memberships"]
        campaigns.unarchive(session, campaign, now)
        assert campaign.archived_at is None


def test_only_its_owner_and_administrators_may_edit_it() -> None:
    campaign = Campaign(owner_id=7)
    ready_made = Campaign(owner_id=None)
    assert campaigns.may_edit(campaign, 7, TEACHER)
    assert not campaigns.may_edit(campaign, 8, TEACHER)
    assert campaigns.may_edit(campaign, 8, ADMINISTRATOR)
    assert not campaigns.may_edit(ready_made, 8, TEACHER)
