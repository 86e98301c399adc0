"""`platform replace`: a tool that was deleted and added again loses nobody, and gives nobody to anybody else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.campaigns import campaigns
from lti_tool.campaigns.models import Activity
from lti_tool.database import Base, Database
from lti_tool.grades import replacing
from lti_tool.grades.models import LineItem
from lti_tool.lti import platforms
from lti_tool.lti.models import SUSPENDED, Context, Deployment, Member, Person, Platform, ResourceLink
from lti_tool.lti.platforms import PlatformError
from lti_tool.schools import schools
from lti_tool.schools.models import ADMINISTRATOR, TEACHER, Binding, BindingRequest, DeploymentSchool, Learner, Staff

ISSUER = "https://lms.example.fr"


@dataclass
class Twins:
    """An old and a new registration of one platform, and a school."""

    session: Session
    old: int
    new: int
    school: int
    now: datetime

    def person(self, platform: int, sub: str) -> int:
        person = Person(platform_id=platform, sub=sub, created_at=self.now, launched_at=self.now)
        self.session.add(person)
        self.session.flush()
        return person.id

    def learner(self, name: str) -> int:
        learner = Learner(
            school_id=self.school,
            child_id=name,
            ine=name,
            last_name=name,
            first_name=name,
            birthdate=date(2013, 1, 1),
            division="6A",
            created_at=self.now,
            updated_at=self.now,
        )
        self.session.add(learner)
        self.session.flush()
        return learner.id

    def bind(self, platform: int, person: int, learner: int) -> None:
        self.session.add(
            Binding(
                person_id=person,
                platform_id=platform,
                school_id=self.school,
                learner_id=learner,
                created_at=self.now,
            )
        )
        self.session.flush()

    def course(self, platform: int, deployment_id: str, context_id: str = "course") -> tuple[int, int]:
        """A course with one activity; the ids of both."""
        deployment = platforms.deploy(self.session, platform, deployment_id, self.now)
        schools.assign(self.session, deployment.id, [self.school])
        context = Context(
            deployment_pk=deployment.id, platform_id=platform, context_id=context_id, ags_scopes=[], created_at=self.now
        )
        self.session.add(context)
        self.session.flush()
        link = ResourceLink(
            deployment_pk=deployment.id, context_pk=context.id, resource_link_id="link", created_at=self.now
        )
        self.session.add_all([link, Member(context_pk=context.id, sub="a", is_learner=True, seen_at=self.now)])
        self.session.flush()
        return context.id, link.id

    def column(self, platform: int, context: int, link: int) -> None:
        campaign = campaigns.create(
            self.session,
            school_id=self.school,
            owner_id=None,
            name="C",
            title="C",
            landing_text="",
            target_profile="decouverte",
            now=self.now,
        )
        self.session.add_all(
            [
                Activity(resource_link_pk=link, campaign_id=campaign.id, wants_column=True, updated_at=self.now),
                LineItem(
                    platform_id=platform,
                    context_pk=context,
                    resource_link_pk=link,
                    campaign_id=campaign.id,
                    url=f"{ISSUER}/lineitem/{platform}",
                    created_at=self.now,
                ),
            ]
        )
        self.session.flush()

    def count(self, model: type[Base], *where: object) -> int:
        return self.session.scalar(select(func.count()).select_from(model).where(*where)) or 0  # type: ignore[arg-type]

    def bindings(self) -> list[tuple[int, int, int]]:
        rows = self.session.execute(select(Binding.platform_id, Binding.person_id, Binding.learner_id))
        return [tuple(row) for row in rows]

    def replace(self) -> replacing.Replaced:
        done = replacing.replace(self.session, self.old, self.new, self.now)
        self.session.expire_all()
        return done


@pytest.fixture
def twins(database: Database, now: datetime):
    with database.write() as session:
        ids = [
            platforms.add(
                session,
                issuer=ISSUER,
                client_id=client,
                auth_url=f"{ISSUER}/auth",
                token_url=f"{ISSUER}/token",
                jwks_url=f"{ISSUER}/jwks",
                now=now,
            ).id
            for client in ("old", "new")
        ]
        yield Twins(session, *ids, schools.add(session, "0250001A", "Collège", now).id, now)


def test_people_move_with_what_is_theirs(twins: Twins) -> None:
    person, learner = twins.person(twins.old, "a"), twins.learner("A")
    twins.bind(twins.old, person, learner)
    done = twins.replace()
    assert (done.people, done.merged, done.conflicts) == (1, 0, 0)
    assert twins.bindings() == [(twins.new, person, learner)]
    assert twins.session.get_one(Person, person).platform_id == twins.new
    assert twins.session.get_one(Platform, twins.old).status == SUSPENDED


def test_a_sub_known_on_both_is_one_person(twins: Twins) -> None:
    old, new, learner = twins.person(twins.old, "a"), twins.person(twins.new, "a"), twins.learner("A")
    twins.bind(twins.old, old, learner)
    twins.session.add_all(
        [
            Staff(person_id=old, school_id=twins.school, role=ADMINISTRATOR, created_at=twins.now),
            Staff(person_id=new, school_id=twins.school, role=TEACHER, created_at=twins.now),
        ]
    )
    done = twins.replace()
    assert (done.people, done.merged, done.conflicts) == (0, 1, 0)
    assert twins.bindings() == [(twins.new, new, learner)]
    assert twins.count(Person) == 1
    assert twins.session.scalars(select(Staff.role)).all() == [ADMINISTRATOR]


def test_the_same_learner_on_both_is_no_conflict(twins: Twins) -> None:
    old, new, learner = twins.person(twins.old, "a"), twins.person(twins.new, "a"), twins.learner("A")
    twins.bind(twins.old, old, learner)
    twins.bind(twins.new, new, learner)
    assert twins.replace().conflicts == 0
    assert twins.bindings() == [(twins.new, new, learner)]


def test_two_learners_are_for_staff_and_the_new_binding_holds(twins: Twins) -> None:
    old, new = twins.person(twins.old, "a"), twins.person(twins.new, "a")
    first, second = twins.learner("A"), twins.learner("B")
    twins.bind(twins.old, old, first)
    twins.bind(twins.new, new, second)
    assert twins.replace().conflicts == 1
    assert twins.bindings() == [(twins.new, new, second)]
    request = twins.session.scalars(select(BindingRequest)).one()
    assert (request.person_id, request.learner_id) == (new, first)


def test_nobody_is_replaced_silently(twins: Twins) -> None:
    """Somebody else of the new platform is bound to the learner already: they stay, staff decide."""
    old, other, learner = twins.person(twins.old, "a"), twins.person(twins.new, "b"), twins.learner("A")
    twins.bind(twins.old, old, learner)
    twins.bind(twins.new, other, learner)
    assert twins.replace().conflicts == 1
    assert twins.bindings() == [(twins.new, other, learner)]
    assert twins.session.scalars(select(BindingRequest.person_id)).all() == [old]


def test_another_deployment_moves_with_its_courses_and_columns(twins: Twins) -> None:
    context, link = twins.course(twins.old, "1")
    twins.column(twins.old, context, link)
    twins.course(twins.new, "2")
    done = twins.replace()
    assert (done.deployments, done.line_items) == (1, 1)
    assert twins.count(Deployment, Deployment.platform_id == twins.new) == 2
    assert twins.count(Context, Context.platform_id == twins.new) == 2
    assert twins.count(LineItem, LineItem.platform_id == twins.new) == 1


def test_one_deployment_on_both_becomes_one(twins: Twins) -> None:
    context, link = twins.course(twins.old, "1")
    twins.column(twins.old, context, link)
    new_context, new_link = twins.course(twins.new, "1")
    twins.replace()
    for model in (Deployment, Context, ResourceLink, Member, DeploymentSchool):
        assert twins.count(model) == 1, model
    item = twins.session.scalars(select(LineItem)).one()
    assert (item.platform_id, item.context_pk, item.resource_link_pk) == (twins.new, new_context, new_link)
    assert twins.session.scalars(select(Activity.resource_link_pk)).all() == [new_link]


def test_doing_it_again_moves_nothing(twins: Twins) -> None:
    twins.person(twins.old, "a")
    twins.course(twins.old, "1")
    twins.replace()
    done = twins.replace()
    assert (done.people, done.merged, done.deployments, done.line_items) == (0, 0, 0, 0)


def test_only_platforms_of_one_issuer(twins: Twins, now: datetime) -> None:
    other = platforms.add(
        twins.session,
        issuer="https://other.example.fr",
        client_id="new",
        auth_url=f"{ISSUER}/auth",
        token_url=f"{ISSUER}/token",
        jwks_url=f"{ISSUER}/jwks",
        now=now,
    ).id
    for old, new in ((twins.old, other), (twins.old, twins.old)):
        with pytest.raises(PlatformError):
            replacing.replace(twins.session, old, new, now)
    with pytest.raises(PlatformError):
        replacing.replace(twins.session, twins.old, 999, now)
