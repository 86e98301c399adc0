"""A school with its pupils and campaigns in a real database, and a browser that enters it as somebody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache, FileSystemBytecodeCache

from lti_tool.campaigns import campaigns
from lti_tool.campaigns.models import Campaign
from lti_tool.database import Database
from lti_tool.lti.models import Person, Platform
from lti_tool.schools import schools, sessions
from lti_tool.schools.models import PUPIL, Binding, Learner
from lti_tool.settings import Settings
from lti_tool.web import create_app
from lti_tool.web.security import COOKIE, PARTITIONED_COOKIE
from lti_tool.web.toolbox import Toolbox
from tests.web.pages import Browser

BORN = date(2014, 3, 27)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Pages are tested on SQLite; what they do in the database is tested on both, room by room."""
    return sqlite_url


@pytest.fixture
def toolbox(settings: Settings, clock: Callable[[], datetime]) -> Toolbox:
    return Toolbox.build(settings, clock)


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> BytecodeCache:
    """Templates are compiled once for all applications that the tests make."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def app(toolbox: Toolbox, compiled: BytecodeCache) -> Flask:
    app = create_app(toolbox=toolbox)
    app.jinja_env.bytecode_cache = compiled
    return app


@pytest.fixture
def browser(client: FlaskClient) -> Browser:
    return Browser(client)


@dataclass(frozen=True)
class Town:
    """A platform and a school, and what a test adds to them."""

    database: Database
    platform_id: int
    school_id: int
    now: datetime

    def person(self, given_name: str | None = "Chloé", family_name: str | None = "Garnier") -> int:
        """Somebody whom the platform knows by that name; returns the id."""
        with self.database.write() as session:
            person = Person(
                platform_id=self.platform_id,
                sub=f"sub-{given_name}-{family_name}",
                given_name=given_name,
                family_name=family_name,
                created_at=self.now,
                launched_at=self.now,
            )
            session.add(person)
            session.flush()
            return person.id

    def learner(self, first_name: str = "Chloé", last_name: str = "Garnier", *, active: bool = True) -> int:
        """A line of the register, born on `BORN`; returns its id."""
        with self.database.write() as session:
            learner = Learner(
                school_id=self.school_id,
                child_id=f"child-{first_name}-{last_name}",
                ine=f"ine-{first_name}-{last_name}",
                last_name=last_name,
                first_name=first_name,
                birthdate=BORN,
                division="6A",
                active=active,
                created_at=self.now,
                updated_at=self.now,
            )
            session.add(learner)
            session.flush()
            return learner.id

    def bind(self, person_id: int, learner_id: int) -> None:
        with self.database.write() as session:
            session.add(
                Binding(
                    person_id=person_id,
                    platform_id=session.get_one(Person, person_id).platform_id,
                    school_id=self.school_id,
                    learner_id=learner_id,
                    created_at=self.now,
                )
            )

    def pupil(self, given_name: str = "Chloé", family_name: str = "Garnier", *, active: bool = True) -> int:
        """A person bound to a learner of the same name; returns the person's id."""
        person_id = self.person(given_name, family_name)
        self.bind(person_id, self.learner(given_name, family_name, active=active))
        return person_id

    def campaign(self, title: str = "Parcours de rentrée", profile: str = "decouverte") -> Campaign:
        with self.database.write() as session:
            return campaigns.create(
                session,
                school_id=self.school_id,
                owner_id=None,
                name=title,
                title=title,
                landing_text="Bienvenue.",
                target_profile=profile,
                now=self.now,
            )

    def archive(self, campaign: Campaign) -> None:
        with self.database.write() as session:
            campaigns.archive(session, session.get_one(Campaign, campaign.id), self.now)

    def token(self, person_id: int, role: str = PUPIL, *, is_test: bool = False) -> str:
        """A new session's token."""
        with self.database.write() as session:
            token = sessions.open_session(
                session,
                person_id=person_id,
                school_id=self.school_id,
                role=role,
                is_test=is_test,
                now=self.now,
                current_token=None,
            )
        assert token is not None
        return token

    def enter(self, browser: Browser, person_id: int, role: str = PUPIL, *, is_test: bool = False) -> None:
        """The browser gets that person's session, as after a launch."""
        token = self.token(person_id, role, is_test=is_test)
        for name in (COOKIE, PARTITIONED_COOKIE):
            browser.client.set_cookie(name, token)


def platform_of(origin: str, now: datetime) -> Platform:
    """A platform at this origin, not stored yet."""
    return Platform(
        key=origin,
        issuer=origin,
        client_id="passerelle",
        auth_url=f"{origin}/auth",
        token_url=f"{origin}/token",
        jwks_url=f"{origin}/jwks",
        created_at=now,
    )


@pytest.fixture
def town(toolbox: Toolbox, now: datetime) -> Town:
    with toolbox.database.write() as session:
        platform = platform_of("https://ent.example.fr", now)
        session.add(platform)
        session.flush()
        school = schools.add(session, "0250001A", "Collège du Pont", now)
        return Town(toolbox.database, platform.id, school.id, now)


@pytest.fixture
def pupil(town: Town, browser: Browser) -> int:
    """A bound pupil, in the browser."""
    person_id = town.pupil()
    town.enter(browser, person_id)
    return person_id
