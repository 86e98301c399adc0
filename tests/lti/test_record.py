"""What launches leave in the database: one row each, the newest said, and only what changed is written."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import func, select

from lti_tool.database import Base, Database
from lti_tool.lti.launch import LaunchRefused, Recorded, record
from lti_tool.lti.models import ConsumedState, Context, Member, Person, ResourceLink
from lti_tool.lti.record import forget_spent
from tests.lti.cases import TEST_USER
from tests.lti.desk import Desk
from tests.platform.payloads import AGS, INSTITUTION, LTI, MEMBERSHIP, NRPS


def count(database: Database, model: type[Base]) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_launch_leaves_its_person_course_activity_and_membership(desk: Desk) -> None:
    _, recorded = desk.launch(desk.attempt())
    with desk.verifier.database.read() as session:
        person = session.get_one(Person, recorded.person_id)
        context = session.get_one(Context, recorded.context_pk)
        link = session.get_one(ResourceLink, recorded.resource_link_pk)
        member = session.scalars(select(Member)).one()
    assert (person.platform_id, person.sub) == (desk.record.id, "sub-chloe")
    assert (person.given_name, person.family_name) == ("Chloé", "Nguyen")
    assert (context.context_id, context.title, context.platform_id) == ("course-1", "Technologie 4e", desk.record.id)
    assert context.lineitems_url == desk.platform.line_items_url()
    assert context.memberships_url == desk.platform.members_url()
    assert len(context.ags_scopes) == 4
    assert (link.resource_link_id, link.context_pk, link.lineitem_url) == ("activity-1", context.id, None)
    assert (member.context_pk, member.sub, member.is_learner) == (context.id, "sub-chloe", True)


def test_the_same_person_and_place_stay_the_same_rows(desk: Desk) -> None:
    _, first = desk.launch(desk.attempt())
    _, second = desk.launch(desk.attempt())
    assert first == second
    for model in (Person, Context, ResourceLink, Member):
        assert count(desk.verifier.database, model) == 1
    assert count(desk.verifier.database, ConsumedState) == 2


def test_the_newest_launch_is_believed(desk: Desk) -> None:
    desk.launch(desk.attempt())
    attempt = desk.attempt()
    attempt.claims |= {"given_name": "Chloé-Anne", LTI + "roles": [MEMBERSHIP + "Instructor"]}
    attempt.claims[LTI + "resource_link"]["title"] = "Renommé"
    attempt.claims[AGS] |= {"lineitem": "http://lms.example/li/1", "scope": ["x"]}

    _, recorded = desk.launch(attempt)

    with desk.verifier.database.read() as session:
        assert session.get_one(Person, recorded.person_id).given_name == "Chloé-Anne"
        link = session.get_one(ResourceLink, recorded.resource_link_pk)
        assert (link.title, link.lineitem_url) == ("Renommé", "http://lms.example/li/1")
        assert session.get_one(Context, recorded.context_pk).ags_scopes == ["x"]
        assert session.scalars(select(Member)).one().is_learner is False


def test_services_that_a_launch_does_not_offer_stay_as_the_last_one_gave_them(desk: Desk) -> None:
    desk.launch(desk.attempt())
    attempt = desk.attempt(sub="sub-hugo")
    attempt.without(AGS, NRPS)
    _, recorded = desk.launch(attempt)
    with desk.verifier.database.read() as session:
        context = session.get_one(Context, recorded.context_pk)
    assert context.lineitems_url == desk.platform.line_items_url()
    assert context.memberships_url == desk.platform.members_url()


def test_a_column_that_is_gone_is_forgotten(desk: Desk) -> None:
    attempt = desk.attempt()
    attempt.claims[AGS]["lineitem"] = "http://lms.example/li/1"
    desk.launch(attempt)
    _, recorded = desk.launch(desk.attempt())
    with desk.verifier.database.read() as session:
        assert session.get_one(ResourceLink, recorded.resource_link_pk).lineitem_url is None


def test_names_that_the_platform_takes_back_are_gone(desk: Desk) -> None:
    desk.launch(desk.attempt())
    attempt = desk.attempt()
    attempt.without("given_name", "family_name", "name")
    _, recorded = desk.launch(attempt)
    with desk.verifier.database.read() as session:
        assert session.get_one(Person, recorded.person_id).given_name is None


def test_a_launch_without_a_course_leaves_none(desk: Desk) -> None:
    attempt = desk.attempt()
    attempt.without(LTI + "context", AGS, NRPS)
    attempt.claims[LTI + "roles"] = [INSTITUTION + "Student"]
    _, recorded = desk.launch(attempt)
    assert recorded.context_pk is None
    assert recorded.resource_link_pk is not None
    assert count(desk.verifier.database, Member) == 0


def test_a_test_user_belongs_to_no_course(desk: Desk) -> None:
    attempt = desk.attempt()
    attempt.claims[LTI + "roles"] = [MEMBERSHIP + "Learner", TEST_USER]
    desk.launch(attempt)
    assert count(desk.verifier.database, Member) == 0


def test_last_visits_are_kept_to_the_day(desk: Desk, statements: Callable[[], list[str]]) -> None:
    _, recorded = desk.launch(desk.attempt())
    attempt = desk.attempt()
    attempt.now = desk.now + timedelta(minutes=5)
    attempt.claims["exp"] += 300
    desk.launch(attempt)
    with desk.verifier.database.read() as session:
        assert session.get_one(Person, recorded.person_id).launched_at == desk.now
    desk.now += timedelta(days=1, seconds=1)
    desk.secret = desk.secret.replace(desk.secret[:10], str(int(desk.now.timestamp())))
    desk.launch(desk.attempt())
    with desk.verifier.database.read() as session:
        assert session.get_one(Person, recorded.person_id).launched_at == desk.now


def test_of_eight_posts_of_one_launch_one_is_recorded(desk: Desk) -> None:
    launch = desk.verify(desk.attempt())
    outcomes: list[Recorded | LaunchRefused] = []
    together = threading.Barrier(8)

    def post() -> None:
        together.wait()
        try:
            with desk.verifier.database.write() as session:
                outcomes.append(record(session, launch, desk.now))
        except LaunchRefused as refused:
            outcomes.append(refused)

    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["LaunchRefused"] * 7 + ["Recorded"]
    assert count(desk.verifier.database, Person) == 1


def test_of_two_first_launches_of_a_course_at_once_both_find_their_rows(desk: Desk) -> None:
    """Both were verified before either was recorded: neither knows the other's rows."""
    launches = [desk.verify(desk.attempt()), desk.verify(desk.attempt())]
    recorded = []
    for launch in launches:
        with desk.verifier.database.write() as session:
            recorded.append(record(session, launch, desk.now))
    assert recorded[0] == recorded[1]
    assert count(desk.verifier.database, Context) == 1


def test_spent_logins_are_forgotten_once_they_are_too_old_anyway(desk: Desk) -> None:
    desk.launch(desk.attempt())
    for later, left in ((timedelta(minutes=9), 1), (timedelta(minutes=10), 0)):
        with desk.verifier.database.write() as session:
            forget_spent(session, desk.now + later)
        assert count(desk.verifier.database, ConsumedState) == left
