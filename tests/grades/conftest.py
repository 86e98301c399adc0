"""A course with a gradebook behind real HTTP, and a worker for it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.campaigns import activities, participations
from lti_tool.campaigns.models import SHARED, Campaign
from lti_tool.database import Database
from lti_tool.grades import desired, line_items
from lti_tool.grades.delivery import Deliverer
from lti_tool.grades.models import Grade
from lti_tool.lti.keys import KeyRing, ensure_key
from lti_tool.lti.messages import Recorded
from lti_tool.lti.models import Context, Platform, ResourceLink, SigningKey
from lti_tool.lti.outbound import Client
from lti_tool.lti.services import Services
from lti_tool.schools.models import Learner, School
from lti_tool.schools.schools import SchoolRef
from lti_tool.schools.standing import Standing
from lti_tool.vault import Vault
from tests.campaigns.school import Schoolyard, finish_run, ref
from tests.conftest import NOW, SECRET_KEY
from tests.grades.gradebook import Gradebook


@dataclass
class Clock:
    """Ours; it moves when told."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


@pytest.fixture
def time(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
def gradebook(time: Clock) -> Iterator[Gradebook]:
    book = Gradebook(time)
    yield book
    book.stop()


@pytest.fixture(scope="session")
def signing_key(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """A key of ours, made once for all tests."""
    path = tmp_path_factory.mktemp("key") / "key.sqlite3"
    shutil.copyfile(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    ensure_key(database, Vault([SECRET_KEY]), NOW)
    with database.read() as session:
        return dict(session.execute(select(*SigningKey.__table__.columns)).one()._mapping)


@pytest.fixture
def services(database: Database, vault: Vault, time: Clock, signing_key: dict[str, object]) -> Services:
    with database.write() as session:
        session.add(SigningKey(**signing_key))
    return Services(database, vault, Client(allow_private=True, clock=time), KeyRing(database, vault), time)


@pytest.fixture
def deliverer(database: Database, services: Services, time: Clock) -> Deliverer:
    return Deliverer(database, services, time, jitter=lambda: 0.0)


@dataclass
class Course:
    """A course whose one activity leads to a campaign; its column is number 1 of the gradebook."""

    database: Database
    gradebook: Gradebook
    time: Clock
    school_id: int
    platform_id: int
    context_pk: int
    link_pk: int
    campaign_id: int

    @contextmanager
    def writing(self) -> Iterator[tuple[Session, Schoolyard]]:
        with self.database.write() as session:
            yield session, Schoolyard(session, self.time())

    def pupil(self, learner_id: int | None = None, *, member: bool = True) -> tuple[int, str]:
        """A learner (a new one, or that one) bound to somebody on the platform, of the course; their id and `sub`."""
        with self.writing() as (session, yard):
            school = session.get_one(School, self.school_id)
            learner = yard.learner(school) if learner_id is None else session.get_one(Learner, learner_id)
            person = yard.person(session.get_one(Platform, self.platform_id))
            yard.bind(learner, person)
            if member:
                yard.member(session.get_one(Context, self.context_pk), person)
        self.gradebook.pupils.add(person.sub)
        return learner.id, person.sub

    def finish(self, learner_id: int, validated: int) -> int:
        """The learner's participation, taken to its end (or taken again) with that many skills validated."""
        with self.writing() as (session, yard):
            campaign = session.get_one(Campaign, self.campaign_id)
            learner = session.get_one(Learner, learner_id)
            participation = yard.begun(campaign, learner)
            if participation.status == SHARED:
                participations.improve(session, participation, ref(learner), self.time(), "Europe/Paris")
            finish_run(session, participation.run_id, validated, self.time())
            return participation.id

    def send(self, learner_id: int, validated: int) -> int:
        """The same, and "J'envoie mes résultats"."""
        participation_id = self.finish(learner_id, validated)
        with self.database.write() as session:
            desired.send_results(session, participation_id, learner_id, self.time())
        return participation_id

    def launch(
        self,
        *,
        learner_id: int | None = None,
        is_test: bool = False,
        link_pk: int | None = None,
        code: str | None = None,
    ) -> None:
        """What `web` does after it has recorded a launch of the course's activity, or of another one."""
        with self.database.write() as session:
            school = session.get_one(School, self.school_id)
            link = session.get_one(ResourceLink, link_pk or self.link_pk)
            recorded = Recorded(0, 1, link.context_pk, link.id)
            place = SchoolRef(school.id, school.name, school.uai, school.time_zone)
            desired.arrive(session, recorded, Standing(place, "pupil", is_test, learner_id), code, self.time())

    def grade(self, learner_id: int) -> Grade:
        with self.database.read() as session:
            return session.scalars(select(Grade).where(Grade.learner_id == learner_id)).one()

    def shown(self, sub: str) -> float | None:
        return self.gradebook.value(1, sub)


def open_course(
    database: Database,
    gradebook: Gradebook,
    time: Clock,
    *,
    school_id: int | None = None,
    campaign_id: int | None = None,
    lists_members: bool = True,
) -> Course:
    """A course on a platform of its own; its one activity leads to that campaign, else to a new one."""
    number = gradebook.column()
    with database.write() as session:
        yard = Schoolyard(session, time())
        school = yard.school() if school_id is None else session.get_one(School, school_id)
        campaign = yard.campaign(school) if campaign_id is None else session.get_one(Campaign, campaign_id)
        platform = yard.platform(gradebook.base)
        members = {"memberships_url": f"{gradebook.base}/members"} if lists_members else {}
        context = yard.context(platform, lineitems_url=gradebook.columns_url, **members)
        link = yard.link(context, lineitem_url=gradebook.column_url(number))
        activities.note(session, link.id, campaign.id, time())
        line_items.place(session, link.id, time())
    return Course(database, gradebook, time, school.id, platform.id, context.id, link.id, campaign.id)


@pytest.fixture
def course(database: Database, gradebook: Gradebook, time: Clock) -> Course:
    return open_course(database, gradebook, time)


@pytest.fixture
def elsewhere(course: Course, time: Clock) -> Iterator[Course]:
    """A course of another platform that holds the same campaign."""
    book = Gradebook(time)
    yield open_course(course.database, book, time, school_id=course.school_id, campaign_id=course.campaign_id)
    book.stop()
