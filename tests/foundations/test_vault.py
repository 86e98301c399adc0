"""What travels is signed, what rests is encrypted, and a change of key breaks neither."""

from __future__ import annotations

import pytest

from lti_tool.vault import BadTokenError, ExpiredTokenError, Vault

OLD, NEW = "old-key-" * 6, "new-key-" * 6


def test_a_signed_token_comes_back_for_its_purpose_only() -> None:
    vault = Vault([OLD])
    token = vault.sign({"n": "nonce"}, "state")
    assert vault.verify(token, "state", 600) == {"n": "nonce"}
    with pytest.raises(BadTokenError):
        vault.verify(token, "other", 600)
    with pytest.raises(BadTokenError):
        vault.verify(token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1], "state", 600)
    with pytest.raises(ExpiredTokenError):
        vault.verify(token, "state", -1)


def test_the_first_key_signs_and_encrypts_all_verify_and_decrypt() -> None:
    before, during, after = Vault([OLD]), Vault([NEW, OLD]), Vault([NEW])
    assert during.verify(before.sign("x", "state"), "state", 600) == "x"
    assert during.decrypt(before.encrypt("secret")) == "secret"
    assert after.verify(during.sign("x", "state"), "state", 600) == "x"
    assert after.decrypt(during.encrypt("secret")) == "secret"
    with pytest.raises(BadTokenError):
        after.decrypt(before.encrypt("secret"))
    with pytest.raises(BadTokenError):
        after.verify(before.sign("x", "state"), "state", 600)


def test_a_fingerprint_tells_nothing_without_the_key() -> None:
    assert Vault([OLD]).fingerprint("sub", "log") == Vault([OLD]).fingerprint("sub", "log")
    assert Vault([OLD]).fingerprint("sub", "log") != Vault([NEW]).fingerprint("sub", "log")
    assert Vault([OLD]).fingerprint("sub", "log") != Vault([OLD]).fingerprint("sub", "other")
