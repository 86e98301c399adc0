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
from lti_tool.lti.models import Context, Platform, SigningKey
from lti_tool.lti.outbound import Client
from lti_tool.lti.services import Services
from lti_tool.schools.models import Learner, School
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

    def pupil(self, *, member: bool = True) -> tuple[int, str]:
        """A learner bound to somebody on the platform, who belongs to the course; their id and `sub`."""
        with self.writing() as (session, yard):
            learner = yard.learner(session.get_one(School, self.school_id))
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

    def grade(self, learner_id: int) -> Grade:
        with self.database.read() as session:
            return session.scalars(select(Grade).where(Grade.learner_id == learner_id)).one()

    def shown(self, sub: str) -> float | None:
        return self.gradebook.value(1, sub)


@pytest.fixture
def course(database: Database, gradebook: Gradebook, time: Clock) -> Course:
    number = gradebook.column()
    with database.write() as session:
        yard = Schoolyard(session, time())
        school, platform = yard.school(), yard.platform(gradebook.base)
        context = yard.context(
            platform, lineitems_url=gradebook.columns_url, memberships_url=f"{gradebook.base}/members"
        )
        link = yard.link(context, lineitem_url=gradebook.column_url(number))
        campaign = yard.campaign(school)
        activities.note(session, link.id, campaign.id, time())
        line_items.place(session, link.id, time())
    return Course(database, gradebook, time, school.id, platform.id, context.id, link.id, campaign.id)
