"""A school, two platforms that serve it, and people and learners to put there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from lti_tool.database import Database
from lti_tool.lti.models import Deployment, Person, Platform
from lti_tool.schools import schools, sessions
from lti_tool.schools.models import Binding, Learner, School


@dataclass
class World:
    """What a test arranges, written in one session."""

    session: Session
    now: datetime

    def school(self, uai: str = "0251234F", name: str = "Collège Jean-Rostand") -> School:
        return schools.add(self.session, uai, name, self.now)

    def platform(self, issuer: str = "https://ent.example.fr", **fields: object) -> Platform:
        row = Platform(
            key=uuid4().hex,
            issuer=issuer,
            client_id="passerelle",
            auth_url=f"{issuer}/auth",
            token_url=f"{issuer}/token",
            jwks_url=f"{issuer}/jwks",
            created_at=self.now,
            **fields,
        )
        return self._add(row)

    def deployment(self, platform: Platform, *served: School) -> Deployment:
        row = self._add(Deployment(platform_id=platform.id, deployment_id=uuid4().hex, created_at=self.now))
        schools.assign(self.session, row.id, [school.id for school in served])
        return row

    def person(self, platform: Platform, given: str | None = "Chloé", family: str | None = "Nguyen") -> Person:
        return self._add(
            Person(
                platform_id=platform.id,
                sub=uuid4().hex,
                given_name=given,
                family_name=family,
                created_at=self.now,
                launched_at=self.now,
            )
        )

    def learner(
        self,
        school: School,
        first_name: str = "Chloé",
        last_name: str = "Nguyen",
        birthdate: date = date(2012, 3, 14),
        division: str = "4A",
        **fields: object,
    ) -> Learner:
        values: dict[str, object] = {"child_id": str(uuid4()), "ine": uuid4().hex[:11].upper(), "active": True}
        return self._add(
            Learner(
                school_id=school.id,
                first_name=first_name,
                last_name=last_name,
                birthdate=birthdate,
                division=division,
                created_at=self.now,
                updated_at=self.now,
                **(values | fields),
            )
        )

    def bind(self, person: Person, learner: Learner) -> Binding:
        return self._add(
            Binding(
                person_id=person.id,
                platform_id=person.platform_id,
                school_id=learner.school_id,
                learner_id=learner.id,
                created_at=self.now,
            )
        )

    def enter(self, person: Person, school: School, role: str = "pupil", is_test: bool = False) -> sessions.SessionInfo:
        token = sessions.open_session(
            self.session,
            person_id=person.id,
            school_id=school.id,
            role=role,
            is_test=is_test,
            now=self.now,
            current_token=None,
        )
        assert token is not None
        info = sessions.find(self.session, [token], self.now)
        assert info is not None
        return info

    def _add(self, row):
        self.session.add(row)
        self.session.flush()
        return row


@pytest.fixture
def world(database: Database, now: datetime) -> Iterator[World]:
    """One write transaction in which the test arranges and acts."""
    with database.write() as session:
        yield World(session, now)


@pytest.fixture
def arrange(database: Database, now: datetime) -> Callable[[Callable[[World], object]], object]:
    """For tests that need several transactions: run a function on a `World` and commit."""

    def run(function: Callable[[World], object]) -> object:
        with database.write() as session:
            return function(World(session, now))

    return run
