"""A platform that is registered and deployed, and a browser that logs in and launches, without any page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from sqlalchemy import event

from lti_tool.database import Database
from lti_tool.lti.keys import KeyRing, ensure_key
from lti_tool.lti.launch import Verifier
from lti_tool.lti.outbound import Client
from lti_tool.lti.platform_keys import PlatformKeys
from lti_tool.lti.services import Services
from lti_tool.settings import Settings
from lti_tool.vault import Vault
from tests.lti.desk import Desk, register
from tests.lti.registrar import Counter, Registrar
from tests.platform.server import FakePlatform


@pytest.fixture
def keyring(database: Database, vault: Vault, now: datetime) -> KeyRing:
    ensure_key(database, vault, now)
    return KeyRing(database, vault)


@pytest.fixture
def client(clock: Callable[[], datetime]) -> Client:
    return Client(allow_private=True, clock=clock)


@pytest.fixture
def other_platform(clock: Callable[[], datetime]) -> Iterator[FakePlatform]:
    """Another tenant of the tool."""
    with FakePlatform("other", clock) as platform:
        yield platform


@pytest.fixture
def verifier(
    database: Database, vault: Vault, client: Client, settings: Settings, clock: Callable[[], datetime]
) -> Verifier:
    return Verifier(database, vault, PlatformKeys(database, client, clock), settings.base_url, allow_http=True)


@pytest.fixture
def desk(platform: FakePlatform, verifier: Verifier, now: datetime) -> Desk:
    """Where people of the registered platform arrive."""
    return Desk(platform, register(verifier.database, platform, now), verifier, now)


@pytest.fixture
def registrar(platform: FakePlatform) -> Registrar:
    return Registrar(platform)


@pytest.fixture
def counter(database: Database, client: Client, settings: Settings, now: datetime) -> Counter:
    return Counter(database, client, settings.base_url, now)


@pytest.fixture
def services(
    database: Database,
    vault: Vault,
    client: Client,
    keyring: KeyRing,
    platform: FakePlatform,
    clock: Callable[[], datetime],
) -> Services:
    platform.tool_jwks = keyring.public_jwks
    return Services(database, vault, client, keyring, clock)


@pytest.fixture
def statements(database: Database) -> Callable[[], list[str]]:
    """What was sent to the database, but for the frame of transactions."""
    sent: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "PRAGMA", "SAVEPOINT", "RELEASE")):
            sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    return lambda: sent
