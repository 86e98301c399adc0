"""The ages of our keys: announced, signing, retired; and gone long after."""

from __future__ import annotations

from datetime import datetime, timedelta

from lti_tool.database import Database
from lti_tool.lti import keys
from lti_tool.lti.keys import ANNOUNCED_FOR, RETIRED_FOR, SIGNS_FOR, KeyRing, ensure_key
from lti_tool.vault import Vault


def states(database: Database, now: datetime) -> list[str]:
    with database.read() as session:
        return [key.state for key in keys.listing(session, now)]


def test_a_command_rotates_at_once(database: Database, vault: Vault, now: datetime) -> None:
    ensure_key(database, vault, now)
    first = KeyRing(database, vault, lambda: now).signing_key().kid
    second = keys.rotate(database, vault, now)
    assert KeyRing(database, vault, lambda: now).signing_key().kid == second != first
    published = [key["kid"] for key in KeyRing(database, vault).public_jwks()["keys"]]
    assert published == [second, first], "what the old one signed can still be verified"


def test_the_calendar_announces_then_signs_then_forgets(database: Database, vault: Vault, now: datetime) -> None:
    ensure_key(database, vault, now)
    first = KeyRing(database, vault, lambda: now).signing_key().kid

    early = now + SIGNS_FOR - ANNOUNCED_FOR - timedelta(seconds=1)
    keys.tend(database, vault, early)
    assert states(database, early) == ["signing"]

    soon = now + SIGNS_FOR - ANNOUNCED_FOR
    for _ in range(3):
        keys.tend(database, vault, soon)
    assert states(database, soon) == ["announced", "signing"], "once, however often it is swept"
    assert KeyRing(database, vault, lambda: soon).signing_key().kid == first

    due = now + SIGNS_FOR
    assert states(database, due) == ["signing", "retired"]
    assert KeyRing(database, vault, lambda: due).signing_key().kid != first

    keys.tend(database, vault, due + RETIRED_FOR)
    assert states(database, due + RETIRED_FOR) == ["signing", "retired"]
    keys.tend(database, vault, due + RETIRED_FOR + timedelta(seconds=1))
    assert states(database, due + RETIRED_FOR + timedelta(seconds=1)) == ["signing"]


def test_a_rotation_by_command_overtakes_an_announced_key(database: Database, vault: Vault, now: datetime) -> None:
    ensure_key(database, vault, now)
    keys.rotate(database, vault, now, announced_for=ANNOUNCED_FOR)
    newest = keys.rotate(database, vault, now)
    for then in (now, now + ANNOUNCED_FOR):
        assert KeyRing(database, vault, lambda then=then: then).signing_key().kid == newest
