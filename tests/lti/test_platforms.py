"""Adding platforms by hand: what is wrong is said by field, and nothing is doubled."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from lti_tool.database import Database
from lti_tool.lti import platforms
from lti_tool.lti.models import ACTIVE, SUSPENDED
from lti_tool.lti.platforms import PlatformError

FIELDS = {
    "issuer": "https://lms.example",
    "client_id": "c1",
    "auth_url": "https://lms.example/auth",
    "token_url": "https://lms.example/token",
    "jwks_url": "https://lms.example/jwks",
}


def add(database: Database, now: datetime, **fields: Any) -> int:
    with database.write() as session:
        return platforms.add(session, now=now, **{**FIELDS, **fields}).id


def test_a_platform_added_by_hand_is_active_and_has_an_address_of_its_own(database: Database, now: datetime) -> None:
    number = add(database, now, uai_param="uai", profile_param="profil", trust_administrators=True)
    with database.read() as session:
        record = platforms.find(session, number)
        assert record == platforms.by_key(session, record.key)
    assert record.status == ACTIVE
    assert record.is_active
    assert len(record.key) >= 20
    assert (record.uai_param, record.profile_param, record.trust_administrators) == ("uai", "profil", True)
    assert record.origin == "https://lms.example"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("issuer", ""),
        ("issuer", " https://lms.example"),
        ("issuer", "x" * 256),
        ("client_id", "a\nb"),
        ("client_id", ""),
        ("auth_url", "lms.example/auth"),
        ("auth_url", "http://lms.example/auth"),
        ("auth_url", "javascript:alert(1)"),
        ("auth_url", "https://lms.example/auth#x"),
        ("token_url", "https://user@lms.example/token"),
        ("token_url", "https://lms.example/to ken"),
        ("jwks_url", "file:///etc/passwd"),
        ("jwks_url", "https://lms.éxample/jwks"),
        ("jwks_url", ""),
    ],
)
def test_a_bad_field_is_named(database: Database, now: datetime, field: str, value: str) -> None:
    with pytest.raises(PlatformError) as caught:
        add(database, now, **{field: value})
    assert caught.value.field == field
    assert caught.value.status == 400
    with database.read() as session:
        assert platforms.listing(session) == []


def test_http_is_for_those_who_allow_it(database: Database, now: datetime) -> None:
    assert add(database, now, auth_url="http://lms.example/auth", allow_private=True)


def test_the_same_client_of_an_issuer_is_registered_once(database: Database, now: datetime) -> None:
    add(database, now)
    with pytest.raises(PlatformError) as caught:
        add(database, now)
    assert caught.value.status == 409
    add(database, now, client_id="c2")
    with database.read() as session:
        assert [record.client_id for record in platforms.listing(session)] == ["c1", "c2"]


def test_a_deployment_is_authorized_once(database: Database, now: datetime) -> None:
    number = add(database, now)
    with database.write() as session:
        first = platforms.deploy(session, number, "7", now).id
        assert platforms.deploy(session, number, "7", now).id == first
        with pytest.raises(PlatformError):
            platforms.deploy(session, number, "", now)
        with pytest.raises(PlatformError) as caught:
            platforms.deploy(session, number + 1, "7", now)
    assert caught.value.status == 404


def test_a_platform_is_suspended_and_activated(database: Database, now: datetime) -> None:
    number = add(database, now)
    for status in (SUSPENDED, ACTIVE):
        with database.write() as session:
            platforms.set_status(session, number, status)
        with database.read() as session:
            assert platforms.find(session, number).status == status
    with database.write() as session, pytest.raises(PlatformError):
        platforms.set_status(session, 99, ACTIVE)
