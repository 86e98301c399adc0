"""Settings: a missing or bad one stops the start with a sentence that names it."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from lti_tool.errors import SettingsError
from lti_tool.settings import Settings, origin_of

GOOD = {"LTI_TOOL_BASE_URL": "https://pix.example.fr", "LTI_TOOL_SECRET_KEY": "k" * 40}


def test_defaults_need_only_the_public_address_and_keep_a_generated_key(tmp_path: Path) -> None:
    environment = {"LTI_TOOL_BASE_URL": "https://pix.example.fr/", "LTI_TOOL_KEYS_DIR": str(tmp_path / "keys")}
    first, second = Settings.from_environment(environment), Settings.from_environment(environment)
    assert first == second
    assert first.base_url == "https://pix.example.fr"
    assert first.database_url.startswith("sqlite:///")
    assert not first.allow_private_platforms
    assert stat.S_IMODE((tmp_path / "keys" / "secret_key").stat().st_mode) == 0o600
    assert first.secret_keys[0] == (tmp_path / "keys" / "secret_key").read_text()


def test_of_many_first_starts_one_makes_the_key(tmp_path: Path) -> None:
    environment = {"LTI_TOOL_BASE_URL": "https://pix.example.fr", "LTI_TOOL_KEYS_DIR": str(tmp_path / "keys")}
    seen: list[Settings] = []
    threads = [threading.Thread(target=lambda: seen.append(Settings.from_environment(environment))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({settings.secret_keys for settings in seen}) == 1
    assert len(seen) == 8
    assert [file.name for file in (tmp_path / "keys").iterdir()] == ["secret_key"]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        pytest.param({"LTI_TOOL_BASE_URL": ""}, "BASE_URL", id="no-base-url"),
        pytest.param({"LTI_TOOL_BASE_URL": "pix.example.fr"}, "BASE_URL", id="base-url-without-scheme"),
        pytest.param({"LTI_TOOL_BASE_URL": "https://pix.example.fr/pix"}, "BASE_URL", id="base-url-with-a-path"),
        pytest.param({"LTI_TOOL_BASE_URL": "https://pix.example.fr:port"}, "BASE_URL", id="base-url-bad-port"),
        pytest.param({"LTI_TOOL_BASE_URL": "https://u@pix.example.fr"}, "BASE_URL", id="base-url-with-a-user"),
        pytest.param({"LTI_TOOL_BASE_URL": "http://pix.example.fr"}, "BASE_URL", id="http-without-leave"),
        pytest.param({"LTI_TOOL_DATABASE_URL": "mysql://x/y"}, "DATABASE_URL", id="another-database"),
        pytest.param({"LTI_TOOL_DATABASE_URL": "sqlite://"}, "DATABASE_URL", id="in-memory"),
        pytest.param({"LTI_TOOL_SECRET_KEY": "short"}, "SECRET_KEY", id="short-key"),
        pytest.param({"LTI_TOOL_SECRET_KEY": "k" * 40 + ",short"}, "SECRET_KEY", id="short-second-key"),
        pytest.param({"LTI_TOOL_ALLOW_PRIVATE_PLATFORMS": "yes"}, "ALLOW_PRIVATE_PLATFORMS", id="flag"),
        pytest.param({"LTI_TOOL_FRAME_ANCESTORS": "https://ent.example.fr/x"}, "FRAME_ANCESTORS", id="ancestor"),
        pytest.param({"LTI_TOOL_SMTP_URL": "mail.example.fr"}, "SMTP_URL", id="mail-server-without-scheme"),
        pytest.param({"LTI_TOOL_SMTP_URL": "smtp://localhost"}, "SMTP_URL", id="mail-server-without-sender"),
        pytest.param({"LTI_TOOL_LOG_LEVEL": "LOUD"}, "LOG_LEVEL", id="log-level"),
    ],
)
def test_a_bad_setting_is_named(changes: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=f"LTI_TOOL_{named}"):
        Settings.from_environment(GOOD | changes)


def test_a_key_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    environment = {"LTI_TOOL_BASE_URL": "https://pix.example.fr", "LTI_TOOL_KEYS_DIR": str(tmp_path / "file")}
    with pytest.raises(SettingsError, match="LTI_TOOL_SECRET_KEY"):
        Settings.from_environment(environment)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://ent.fr/path?x", "https://ent.fr"),
        ("https://ENT.fr:443", "https://ent.fr"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("http://[::1]:80/", "http://[::1]"),
        ("https://us@evil.example", None),
        ("javascript:alert(1)", None),
        ("//evil.example", None),
        ("", None),
    ],
)
def test_origin_of(url: str, origin: str | None) -> None:
    assert origin_of(url) == origin
