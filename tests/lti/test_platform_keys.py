"""The platforms' keys: fetched once, again when they change, and never for somebody's amusement."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey
from sqlalchemy import update

from lti_tool.database import Database
from lti_tool.lti import platforms
from lti_tool.lti.models import Platform
from lti_tool.lti.outbound import Client, UnreadableError
from lti_tool.lti.platform_keys import PlatformKeys, usable_keys
from lti_tool.lti.platforms import PlatformRecord
from lti_tool.lti.refusals import LaunchRefused, Reason
from tests.lti.desk import register
from tests.platform.server import Answer, FakePlatform
from tests.platform.signing import b64, key_named, public_jwk


class Time:
    """A clock that is moved by hand."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def time(now: datetime) -> Time:
    return Time(now)


@pytest.fixture
def record(database: Database, platform: FakePlatform, now: datetime) -> PlatformRecord:
    return register(database, platform, now)


@pytest.fixture
def keys(database: Database, client: Client, time: Time) -> PlatformKeys:
    return PlatformKeys(database, client, time)


def fetches(platform: FakePlatform) -> int:
    return len(platform.asked("/jwks"))


def reason_of(keys: PlatformKeys, record: PlatformRecord, kid: str) -> Reason:
    with pytest.raises(LaunchRefused) as caught:
        keys.find(record, kid)
    return caught.value.reason


def test_a_key_is_fetched_once_and_parsed_once(
    keys: PlatformKeys, record: PlatformRecord, platform: FakePlatform
) -> None:
    assert keys.find(record, "lms") is keys.find(record, "lms")
    assert fetches(platform) == 1


def test_another_process_takes_the_keys_from_the_database(
    keys: PlatformKeys, record: PlatformRecord, platform: FakePlatform, database: Database, client: Client, time: Time
) -> None:
    keys.find(record, "lms")
    PlatformKeys(database, client, time).find(record, "lms")
    assert fetches(platform) == 1


def test_an_unknown_key_is_looked_for_once_a_minute(
    keys: PlatformKeys, record: PlatformRecord, platform: FakePlatform, time: Time
) -> None:
    keys.find(record, "lms")
    time.now += timedelta(minutes=2)
    for number in range(20):
        assert reason_of(keys, record, f"unknown-{number}") is Reason.KID_UNKNOWN
    assert fetches(platform) == 2
    time.now += timedelta(seconds=60)
    assert reason_of(keys, record, "unknown") is Reason.KID_UNKNOWN
    assert fetches(platform) == 3


def test_a_new_key_is_found_at_its_first_launch(
    keys: PlatformKeys, record: PlatformRecord, platform: FakePlatform, time: Time
) -> None:
    keys.find(record, "lms")
    platform.keys.insert(0, key_named("lms-2"))
    time.now += timedelta(minutes=5)
    assert keys.find(record, "lms-2").kid == "lms-2"
    assert keys.find(record, "lms").kid == "lms"
    assert fetches(platform) == 2


def test_a_key_that_another_machine_fetched_a_moment_ago_is_taken_in_spite_of_the_cool_down(
    keys: PlatformKeys, record: PlatformRecord, platform: FakePlatform, database: Database, client: Client, time: Time
) -> None:
    elsewhere = PlatformKeys(database, client, time)
    keys.find(record, "lms")
    platform.keys.insert(0, key_named("lms-2"))
    time.now += timedelta(minutes=2)
    elsewhere.find(record, "lms-2")
    assert keys.find(record, "lms-2").kid == "lms-2"
    assert fetches(platform) == 2


@pytest.mark.parametrize(
    ("said", "holds_s"),
    [
        pytest.param(None, 3600, id="nothing-said"),
        pytest.param("public, max-age=1800", 1800, id="believed"),
        pytest.param('MAX-AGE="1800"', 1800, id="other-spelling"),
        pytest.param("max-age=5", 300, id="too-short"),
        pytest.param("no-store", 300, id="no-store"),
        pytest.param("private, no-cache", 300, id="no-cache"),
        pytest.param("max-age=31536000", 6 * 3600, id="too-long"),
        pytest.param("max-age=99999999999999999999", 3600, id="no-number-of-this-world"),
        pytest.param("max-age=-1, s-maxage=7", 3600, id="nonsense"),
    ],
)
def test_cache_control_is_believed_within_bounds(
    database: Database,
    client: Client,
    record: PlatformRecord,
    platform: FakePlatform,
    time: Time,
    said: str | None,
    holds_s: int,
) -> None:
    """Also by a machine that took the keys from the database."""
    headers = {} if said is None else {"Cache-Control": said}
    platform.overrides["/jwks"] = Answer(body={"keys": [public_jwk(key_named("lms"))]}, headers=headers)
    machines = [PlatformKeys(database, client, time) for _ in range(2)]
    for later_s, expected in ((0, 1), (holds_s - 1, 1), (holds_s, 2)):
        start = time.now
        time.now += timedelta(seconds=later_s)
        for machine in machines:
            machine.find(record, "lms")
        assert fetches(platform) == expected
        time.now = start


def test_of_many_launches_at_once_one_fetches(
    keys: PlatformKeys, record: PlatformRecord, platform: FakePlatform
) -> None:
    together, found = threading.Barrier(12), []

    def launch() -> None:
        together.wait()
        found.append(keys.find(record, "lms"))

    threads = [threading.Thread(target=launch) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 12
    assert fetches(platform) == 1


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(500), id="error"),
        pytest.param(Answer(302, headers={"Location": "/elsewhere"}), id="redirection"),
        pytest.param(Answer(body=b"<html>"), id="no-json"),
        pytest.param(Answer(body={"keys": []}), id="no-keys"),
        pytest.param(Answer(body={"keys": "x"}), id="keys-a-text"),
        pytest.param(Answer(body=[1]), id="a-list"),
        pytest.param(Answer(body=b"[" * 50_000), id="deep"),
        pytest.param(Answer(body=b" " * (1024 * 1024 + 1)), id="too-large"),
    ],
)
def test_the_last_good_keys_serve_on_when_the_platform_has_none(
    keys: PlatformKeys, record: PlatformRecord, platform: FakePlatform, time: Time, answer: Answer
) -> None:
    keys.find(record, "lms")
    platform.overrides["/jwks"] = answer
    time.now += timedelta(hours=3)
    assert keys.find(record, "lms").kid == "lms"
    assert reason_of(keys, record, "unknown") is Reason.KID_UNKNOWN
    assert fetches(platform) == 2


def test_a_platform_that_was_never_reached_is_unreachable_and_asked_once_a_minute(
    keys: PlatformKeys, record: PlatformRecord, platform: FakePlatform, time: Time
) -> None:
    platform.overrides["/jwks"] = Answer(503)
    for _ in range(5):
        assert reason_of(keys, record, "lms") is Reason.KEYS_UNREACHABLE
    assert fetches(platform) == 1
    del platform.overrides["/jwks"]
    time.now += timedelta(minutes=1)
    assert keys.find(record, "lms").kid == "lms"


def test_a_withdrawn_key_serves_an_hour_at_most(
    keys: PlatformKeys, record: PlatformRecord, platform: FakePlatform, time: Time
) -> None:
    keys.find(record, "lms")
    platform.keys = [key_named("lms-2")]
    time.now += timedelta(minutes=59)
    assert keys.find(record, "lms").kid == "lms"
    time.now += timedelta(minutes=1)
    assert reason_of(keys, record, "lms") is Reason.KID_UNKNOWN


def test_a_changed_address_forgets_the_keys_of_the_old_one(
    keys: PlatformKeys, record: PlatformRecord, other_platform: FakePlatform, database: Database, now: datetime
) -> None:
    keys.find(record, "lms")
    with database.write() as session:
        address = other_platform.addresses["jwks_url"]
        session.execute(update(Platform).values(jwks_url=address, jwks=None, jwks_fetched_at=None, jwks_tried_at=None))
    moved = register_again(database, record.id)
    assert reason_of(keys, moved, "lms") is Reason.KID_UNKNOWN
    assert keys.find(moved, "other").kid == "other"


def register_again(database: Database, platform_id: int) -> PlatformRecord:
    with database.read() as session:
        return platforms.find(session, platform_id)


def test_the_platform_s_clock_is_learnt_on_the_way(
    keys: PlatformKeys, record: PlatformRecord, platform: FakePlatform, database: Database, now: datetime
) -> None:
    platform.clock = lambda: now + timedelta(seconds=120)
    keys.find(record, "lms")
    assert abs(register_again(database, record.id).clock_offset_s - 120) < 2


GOOD = public_jwk(key_named("lms"))


@pytest.mark.filterwarnings("ignore:Key size")
@pytest.mark.parametrize(
    ("jwk", "usable"),
    [
        pytest.param(GOOD, True, id="good"),
        pytest.param({**GOOD, "alg": "RS256"}, True, id="alg-rs256"),
        pytest.param(public_jwk(key_named("lms"), alg=None, use=None), True, id="no-alg-no-use"),
        pytest.param({**GOOD, "use": "enc"}, False, id="for-encryption"),
        pytest.param({**GOOD, "alg": "RS512"}, False, id="another-algorithm"),
        pytest.param({**GOOD, "key_ops": ["encrypt"]}, False, id="another-operation"),
        pytest.param({**GOOD, "key_ops": 5}, False, id="operations-a-number"),
        pytest.param(public_jwk(key_named("lms"), kid=None), False, id="no-kid"),
        pytest.param({**GOOD, "kid": 5}, False, id="kid-a-number"),
        pytest.param({**GOOD, "n": "AQAB"}, False, id="tiny"),
        pytest.param({**GOOD, "n": b64((2**1023 + 1).to_bytes(128, "big"))}, False, id="1024-bits"),
        pytest.param({**GOOD, "n": 5}, False, id="n-a-number"),
        pytest.param({**GOOD, "n": "!!!"}, False, id="n-nonsense"),
        pytest.param({**GOOD, "e": "AA"}, False, id="e-zero"),
        pytest.param({"kty": "oct", "k": "AAAA", "kid": "lms"}, False, id="symmetric"),
        pytest.param(ECKey.generate_key("P-256", {"kid": "ec"}).as_dict(private=False), False, id="elliptic"),
        pytest.param("text", False, id="a-text"),
        pytest.param(None, False, id="null"),
    ],
)
def test_odd_keys_are_ignored(jwk: Any, usable: bool) -> None:
    witness = public_jwk(key_named("witness"))
    found = usable_keys({"keys": [jwk, witness]})
    assert len(found) == (2 if usable else 1)
    assert "witness" in found


def test_a_set_without_any_usable_key_is_none() -> None:
    with pytest.raises(UnreadableError):
        usable_keys({"keys": [{**GOOD, "use": "enc"}]})
