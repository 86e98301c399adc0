"""Our own keys: made once, published without their secret, parsed once."""

from __future__ import annotations

import threading
from datetime import datetime

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import func, select

from lti_tool.database import Database
from lti_tool.lti.keys import KeyRing, ensure_key
from lti_tool.lti.models import SigningKey
from lti_tool.vault import Vault


def test_of_machines_that_start_at_once_one_makes_the_key(database: Database, vault: Vault, now: datetime) -> None:
    together = threading.Barrier(4)

    def start() -> None:
        together.wait()
        ensure_key(database, vault, now)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(SigningKey)) == 1


def test_only_public_members_are_published(keyring: KeyRing) -> None:
    (key,) = keyring.public_jwks()["keys"]
    assert set(key) == {"kty", "n", "e", "kid", "alg", "use"}
    assert (key["kty"], key["alg"], key["use"]) == ("RSA", "RS256", "sig")


def test_what_is_signed_is_verified_by_what_is_published(keyring: KeyRing) -> None:
    token = jwt.decode(keyring.sign({"x": 1}), KeySet.import_key_set(keyring.public_jwks()), algorithms=["RS256"])
    assert token.claims == {"x": 1}
    assert token.header["kid"] == keyring.public_jwks()["keys"][0]["kid"]


def test_the_key_is_parsed_once(keyring: KeyRing) -> None:
    assert keyring.signing_key() is keyring.signing_key()


def test_the_private_part_rests_encrypted(keyring: KeyRing, database: Database) -> None:
    with database.read() as session:
        stored = session.scalars(select(SigningKey)).one()
    assert "PRIVATE" not in stored.private_key
    assert not {"d", "p", "q"} & set(stored.public_jwk)


def test_two_processes_sign_with_the_same_key(keyring: KeyRing, database: Database, vault: Vault) -> None:
    assert KeyRing(database, vault).signing_key().kid == keyring.signing_key().kid


def test_an_empty_ring_says_so(database: Database, vault: Vault) -> None:
    with pytest.raises(LookupError):
        KeyRing(database, vault).signing_key()
