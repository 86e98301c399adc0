"""Who may point an activity of a course to a campaign, and where a campaign is used."""

from __future__ import annotations

from datetime import datetime

import pytest

from lti_tool.campaigns import activities, courses
from lti_tool.campaigns.courses import UnknownActivityError
from lti_tool.database import Database
from lti_tool.lti.models import Member, Person
from lti_tool.schools import schools
from lti_tool.schools.models import ADMINISTRATOR, TEACHER, School
from lti_tool.schools.schools import SchoolRef
from lti_tool.schools.sessions import SessionInfo
from tests.campaigns.school import Schoolyard


def visitor(person: Person, school: School, role: str = TEACHER) -> SessionInfo:
    return SessionInfo(
        id=1,
        person_id=person.id,
        platform_id=person.platform_id,
        platform_auth_url="https://ent.example.fr/auth",
        school=SchoolRef(school.id, school.name, school.uai, school.time_zone),
        role=role,
        is_test=False,
        given_name=None,
        family_name=None,
        learner=None,
    )


def test_a_teacher_finds_the_activities_of_their_own_courses(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school, platform = yard.school(), yard.platform()
        teacher, colleague, pupil = (yard.person(platform) for _ in range(3))
        context = yard.context(platform)
        schools.assign(session, context.deployment_pk, [school.id])
        for person, is_learner in ((teacher, False), (pupil, True)):
            yard.add(Member(context_pk=context.id, sub=person.sub, is_learner=is_learner, seen_at=now))
        link = yard.link(context)

        found = courses.activity(session, link.id, visitor(teacher, school))

        assert (found.title, found.course, found.campaign_id) == ("Pix", "Technologie 5e B", None)
        assert found.wants_column
        assert courses.activity(session, link.id, visitor(colleague, school, ADMINISTRATOR)) == found
        for stranger in (colleague, pupil):
            with pytest.raises(UnknownActivityError):
                courses.activity(session, link.id, visitor(stranger, school))


def test_nobody_finds_activities_of_another_school_or_platform_or_outside_a_course(
    database: Database, now: datetime
) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school, other, platform = yard.school(), yard.school(), yard.platform()
        head, foreigner = yard.person(platform), yard.person(yard.platform())
        context = yard.context(platform)
        schools.assign(session, context.deployment_pk, [school.id])
        link, outside = yard.link(context), yard.link(context)
        outside.context_pk = None
        session.flush()

        for link_id, who in (
            (link.id, visitor(head, other, ADMINISTRATOR)),
            (link.id, visitor(foreigner, school, ADMINISTRATOR)),
            (outside.id, visitor(head, school, ADMINISTRATOR)),
            (link.id + 1000, visitor(head, school, ADMINISTRATOR)),
        ):
            with pytest.raises(UnknownActivityError):
                courses.activity(session, link_id, who)


def test_a_campaign_counts_the_activities_that_lead_to_it(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school, platform = yard.school(), yard.platform()
        teacher, campaign = yard.person(platform), yard.campaign(school)
        assert courses.uses(session, campaign.id) == 0

        for _ in range(2):
            link = yard.link(yard.context(platform))
            activities.choose(session, link.id, campaign.id, teacher.id, True, now)

        assert courses.uses(session, campaign.id) == 2
