"""Settings from the environment, checked once at start: a wrong one stops the program with a sentence that names it."""

from __future__ import annotations

import logging
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from lti_tool import mail
from lti_tool.errors import SettingsError

PREFIX = "LTI_TOOL_"
DEFAULT_DATABASE_URL = "sqlite:///passerelle.sqlite3"
DATABASE_DRIVERS = {"sqlite", "postgresql+psycopg"}
SECRET_KEY_MINIMUM = 32
MOST_IMPORT_MB = 500


@dataclass(frozen=True)
class Settings:
    """All settings of one process.

    `base_url` is the tool's public origin, without a final slash: it alone builds every absolute URL.
    `secret_keys`: the first signs and encrypts, all verify and decrypt. `frame_ancestors`: origins allowed to
    frame us besides the launch's platform. `allow_private_platforms`: platforms on private addresses and over
    plain http, and an http `base_url`.
    """

    base_url: str
    database_url: str
    secret_keys: tuple[str, ...]
    keys_dir: Path
    allow_private_platforms: bool = False
    frame_ancestors: tuple[str, ...] = ()
    metrics_token: str | None = None
    smtp_url: str | None = None
    log_level: str = "INFO"
    largest_import_mb: int = 50
    """MiB, unpacked, of a file of learners given in the browser."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read and check every setting; raises `SettingsError` for the first that is missing or bad."""
        read = {key: environ.get(PREFIX + key, "").strip() for key in _KEYS}
        private = _flag("ALLOW_PRIVATE_PLATFORMS", read)
        keys_dir = Path(read["KEYS_DIR"] or "keys")
        return cls(
            base_url=_base_url(read, private),
            database_url=_database_url(read),
            secret_keys=_secret_keys(read, keys_dir),
            keys_dir=keys_dir,
            allow_private_platforms=private,
            frame_ancestors=_origins("FRAME_ANCESTORS", read),
            metrics_token=read["METRICS_TOKEN"] or None,
            smtp_url=_smtp_url(read),
            log_level=_log_level(read),
            largest_import_mb=_largest_import(read),
        )


_HOST = re.compile(r"[\w.-]+|[0-9a-f:.]+(%\w+)?")
"""What may be a host's name; an origin stands in headers, where a `;` or a space would say something else."""

_KEYS = (
    "BASE_URL",
    "DATABASE_URL",
    "SECRET_KEY",
    "KEYS_DIR",
    "ALLOW_PRIVATE_PLATFORMS",
    "FRAME_ANCESTORS",
    "METRICS_TOKEN",
    "SMTP_URL",
    "LOG_LEVEL",
    "LARGEST_IMPORT_MB",
)


@lru_cache(maxsize=1024)
def origin_of(url: str) -> str | None:
    """The origin of an absolute http(s) URL (`https://host[:port]`, default port left out), or None."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    name = parts.hostname or ""
    if parts.scheme not in ("http", "https") or parts.username is not None or not _HOST.fullmatch(name):
        return None
    host = f"[{name}]" if ":" in name else name
    default = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, default) else "")


def _flag(key: str, read: Mapping[str, str]) -> bool:
    if read[key] not in ("", "0", "1"):
        raise SettingsError(f"{PREFIX}{key} must be 1 or 0.")
    return read[key] == "1"


def _base_url(read: Mapping[str, str], private: bool) -> str:
    name = f"{PREFIX}BASE_URL"
    if not read["BASE_URL"]:
        raise SettingsError(f"{name} is missing: the tool's public address, such as https://pix.example.fr.")
    url = read["BASE_URL"].rstrip("/")
    if origin_of(url) is None or url.count("/") != 2:
        raise SettingsError(f"{name} must be an origin, such as https://pix.example.fr, without a path.")
    if url.startswith("http:") and not private:
        raise SettingsError(f"{name} must begin with https (http needs {PREFIX}ALLOW_PRIVATE_PLATFORMS=1).")
    return origin_of(url) or url


def _database_url(read: Mapping[str, str]) -> str:
    url = read["DATABASE_URL"] or DEFAULT_DATABASE_URL
    if url.partition(":")[0] not in DATABASE_DRIVERS:
        raise SettingsError(f"{PREFIX}DATABASE_URL must begin with sqlite:/// or postgresql+psycopg://.")
    if url in ("sqlite://", "sqlite:///:memory:"):
        raise SettingsError(f"{PREFIX}DATABASE_URL must name a file: web and worker share the database.")
    return url


def _secret_keys(read: Mapping[str, str], keys_dir: Path) -> tuple[str, ...]:
    name = f"{PREFIX}SECRET_KEY"
    keys = tuple(key.strip() for key in read["SECRET_KEY"].split(",") if key.strip())
    if not keys:
        keys = (_generated_secret_key(keys_dir),)
    if any(len(key) < SECRET_KEY_MINIMUM for key in keys):
        raise SettingsError(f"{name} is too short: each key needs at least {SECRET_KEY_MINIMUM} characters.")
    return keys


def _generated_secret_key(keys_dir: Path) -> str:
    """The key of a machine that stands alone, made once and kept in a file that only its owner reads."""
    path = keys_dir / "secret_key"
    try:
        keys_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = keys_dir / f".secret_key.{secrets.token_hex(8)}"
        if not path.exists():
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(48))
            try:
                os.link(partial, path)  # of two that start at once, one makes the key and both read it
            except FileExistsError:
                pass
            finally:
                partial.unlink()
        return path.read_text().strip()
    except OSError as error:
        raise SettingsError(
            f"{PREFIX}SECRET_KEY is not set, and no key can be kept in {PREFIX}KEYS_DIR: {error.strerror}."
        ) from None


def _origins(key: str, read: Mapping[str, str]) -> tuple[str, ...]:
    origins = []
    for word in read[key].replace(",", " ").split():
        origin = origin_of(word)
        if origin is None or origin != word.rstrip("/"):
            raise SettingsError(f"{PREFIX}{key} must hold origins, such as https://ent.example.fr.")
        origins.append(origin)
    return tuple(origins)


def _smtp_url(read: Mapping[str, str]) -> str | None:
    url = read["SMTP_URL"]
    if url and not mail.is_server(url):
        raise SettingsError(
            f"{PREFIX}SMTP_URL must look like smtps://name:password@mail.example.fr?from=pix@example.fr."
        )
    return url or None


def _log_level(read: Mapping[str, str]) -> str:
    level = (read["LOG_LEVEL"] or "INFO").upper()
    if level not in logging.getLevelNamesMapping():
        raise SettingsError(f"{PREFIX}LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR.")
    return level


def _largest_import(read: Mapping[str, str]) -> int:
    text = read["LARGEST_IMPORT_MB"] or "50"
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= MOST_IMPORT_MB):
        raise SettingsError(f"{PREFIX}LARGEST_IMPORT_MB must be a number from 1 to {MOST_IMPORT_MB}.")
    return int(text)
