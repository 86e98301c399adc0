"""Access tokens: asked for with an assertion that fits, shared by all workers, renewed in time; on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from lti_tool.database import Database
from lti_tool.lti import services as ags
from lti_tool.lti.keys import KeyRing
from lti_tool.lti.models import AccessToken
from lti_tool.lti.outbound import Client, UnreadableError
from lti_tool.lti.platforms import PlatformRecord
from lti_tool.lti.services import Services, TokenRefused
from lti_tool.vault import Vault
from tests.lti.desk import register
from tests.platform.server import Answer, FakePlatform


@pytest.fixture
def record(database: Database, platform: FakePlatform, now: datetime) -> PlatformRecord:
    return register(database, platform, now)


def test_a_token_is_asked_for_once_and_shared(
    services: Services,
    record: PlatformRecord,
    platform: FakePlatform,
    database: Database,
    vault: Vault,
    client: Client,
    keyring: KeyRing,
    clock: Callable[[], datetime],
) -> None:
    elsewhere = Services(database, vault, client, keyring, clock)
    tokens = {each.access_token(record, ags.SCOPE_SCORE) for each in (services, services, elsewhere)}
    assert len(tokens) == 1
    assert len(platform.asked("/token")) == 1
    with database.read() as session:
        assert session.scalars(select(AccessToken.token)).one() not in tokens


def test_threads_wait_for_the_one_that_asks(services: Services, record: PlatformRecord, platform: FakePlatform) -> None:
    together = threading.Barrier(8)

    def ask() -> None:
        together.wait()
        services.access_token(record, ags.SCOPE_SCORE)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(platform.asked("/token")) == 1


def test_scopes_have_tokens_of_their_own(services: Services, record: PlatformRecord, platform: FakePlatform) -> None:
    services.access_token(record, ags.SCOPE_SCORE)
    services.access_token(record, ags.SCOPE_MEMBERS)
    assert [request.form()["scope"] for request in platform.asked("/token")] == [ags.SCOPE_SCORE, ags.SCOPE_MEMBERS]


@pytest.mark.parametrize(
    ("lifetime", "still_good", "renewed"),
    [(3600, timedelta(minutes=58), timedelta(minutes=59)), (60, timedelta(seconds=44), timedelta(seconds=46))],
)
def test_a_token_is_renewed_before_it_ends(
    database: Database,
    vault: Vault,
    client: Client,
    keyring: KeyRing,
    platform: FakePlatform,
    record: PlatformRecord,
    now: datetime,
    lifetime: int,
    still_good: timedelta,
    renewed: timedelta,
) -> None:
    times = [now]
    platform.token_lifetime, platform.tool_jwks = lifetime, keyring.public_jwks
    platform.clock = lambda: times[0]
    services = Services(database, vault, client, keyring, lambda: times[0])
    first = services.access_token(record, ags.SCOPE_SCORE)
    times[0] = now + still_good
    assert services.access_token(record, ags.SCOPE_SCORE) == first
    times[0] = now + renewed
    assert services.access_token(record, ags.SCOPE_SCORE) != first


@pytest.mark.parametrize("offset", [-90, 0, 90])
def test_the_assertion_fits_the_platform_s_clock(
    services: Services, platform: FakePlatform, database: Database, now: datetime, offset: int
) -> None:
    platform.clock = lambda: now + timedelta(seconds=offset)
    record = register(database, platform, now)
    object.__setattr__(record, "clock_offset_s", float(offset))
    assert services.access_token(record, ags.SCOPE_SCORE)


def test_an_audience_of_its_own(services: Services, platform: FakePlatform, database: Database, now: datetime) -> None:
    record = register(database, platform, now, token_audience="https://api.example/token")
    with pytest.raises(TokenRefused) as caught:
        services.access_token(record, ags.SCOPE_SCORE)  # the fake platform wants its token endpoint
    assert (caught.value.status, caught.value.reason) == (400, "invalid_client")


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b"{}", {"access_token": ""}, {"access_token": 5}, {"access_token": "a\nb"}]
)
def test_a_token_that_is_none(services: Services, record: PlatformRecord, platform: FakePlatform, body: object) -> None:
    platform.overrides["/token"] = Answer(body=body)
    with pytest.raises(UnreadableError):
        services.access_token(record, ags.SCOPE_SCORE)
