"""What travels is signed, what rests is encrypted, and a change of key breaks neither."""

from __future__ import annotations

import pytest

from lti_tool.vault import BadTokenError, Vault

OLD, NEW = "old-key-" * 6, "new-key-" * 6


def test_a_signed_token_comes_back_for_its_purpose_only() -> None:
    vault = Vault([OLD])
    token = vault.sign({"n": "nonce"}, "state")
    assert vault.verify(token, "state") == {"n": "nonce"}
    with pytest.raises(BadTokenError):
        vault.verify(token, "other")
    with pytest.raises(BadTokenError):
        vault.verify(token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1], "state")


@pytest.mark.parametrize("token", ["", ".", "a", "a.b", "é.b", "\ud800.b", "bm90IGpzb24.b", "a" * 100_000])
def test_what_we_did_not_sign_is_no_token(token: str) -> None:
    with pytest.raises(BadTokenError):
        Vault([OLD]).verify(token, "state")


def test_the_first_key_signs_and_encrypts_all_verify_and_decrypt() -> None:
    before, during, after = Vault([OLD]), Vault([NEW, OLD]), Vault([NEW])
    assert during.verify(before.sign("x", "state"), "state") == "x"
    assert during.decrypt(before.encrypt("secret")) == "secret"
    assert after.verify(during.sign("x", "state"), "state") == "x"
    assert after.decrypt(during.encrypt("secret")) == "secret"
    with pytest.raises(BadTokenError):
        after.decrypt(before.encrypt("secret"))
    with pytest.raises(BadTokenError):
        after.verify(before.sign("x", "state"), "state")


def test_a_fingerprint_tells_nothing_without_the_key() -> None:
    assert Vault([OLD]).fingerprint("sub", "log") == Vault([OLD]).fingerprint("sub", "log")
    assert Vault([OLD]).fingerprint("sub", "log") != Vault([NEW]).fingerprint("sub", "log")
    assert Vault([OLD]).fingerprint("sub", "log") != Vault([OLD]).fingerprint("sub", "other")
