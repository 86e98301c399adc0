"""What one running ENT holds: its configuration, its keys, its store and its clock, and how a request finds them."""

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import current_app
from joserfc.jwk import RSAKey

from lti_tool.demo.store import Store
from lti_tool.demo.tool_keys import ToolKeys
from lti_tool.demo.tools import ToolBook


@dataclass(frozen=True, slots=True)
class ToolConfig:
    """The one tool that this ENT knows: what its administrator typed in the form "outil externe"."""

    client_id: str
    login_url: str
    launch_url: str
    """The only redirect_uri that the ENT accepts."""
    jwks_url: str
    target_link_uri: str
    """Where a launch wants to go when the activity gives no URL of its own."""
    deployment_id: str = "1"
    """As in Moodle, also the `type_id` of the service URLs."""
    gives_names: bool = True
    """Whether launches carry names."""

    @property
    def origin(self) -> str:
        """Scheme, host and port, for the Content-Security-Policy and to judge a returned URL."""
        return origin_of(self.launch_url)


@dataclass(frozen=True, slots=True)
class EntConfig:
    """Everything that the ENT must be told to start."""

    base_url: str
    """Public address without a final slash; also the issuer."""
    host: str
    port: int
    tool: ToolConfig

    @classmethod
    def from_file(cls, path: Path) -> "EntConfig":
        """Read the JSON configuration described in this package's README.

        Raises `ValueError` with the missing or unknown field's name.
        """
        document: Any = json.loads(path.read_text("utf-8"))
        try:
            tool = dict(document["tool"])
            tool.setdefault("target_link_uri", tool["launch_url"])
            return cls(
                base_url=str(document["base_url"]).rstrip("/"),
                host=str(document.get("host", "127.0.0.1")),
                port=int(document["port"]),
                tool=ToolConfig(**tool),
            )
        except KeyError as missing:
            raise ValueError(f"the configuration lacks {missing}") from missing
        except TypeError as wrong:
            raise ValueError(f"the configuration is wrong: {wrong}") from wrong


@dataclass(frozen=True, slots=True)
class Ent:
    """The parts of a running ENT."""

    config: EntConfig
    store: Store
    key: RSAKey
    tool_book: ToolBook
    """The tools that registered themselves."""
    clock: Callable[[], float]
    """Seconds since 1970; tests move it forward."""
    known_keys: dict[str, ToolKeys] = field(default_factory=dict)
    """By the address of the key set."""

    @property
    def tool(self) -> ToolConfig:
        """The tool that is launched: the one that was activated last, else the one of the configuration."""
        registered = self.tool_book.active
        if registered is None:
            return self.config.tool
        return ToolConfig(
            client_id=registered.client_id,
            login_url=registered.login_url,
            launch_url=registered.launch_url,
            jwks_url=registered.jwks_url,
            target_link_uri=registered.target_link_uri,
            deployment_id=registered.deployment_id,
            gives_names=registered.gives_names,
        )

    @property
    def tool_keys(self) -> ToolKeys:
        """The public keys of that tool."""
        url = self.tool.jwks_url
        return self.known_keys.setdefault(url, ToolKeys(url))

    def url(self, path: str) -> str:
        """An absolute address of this ENT."""
        return self.config.base_url + path


def current_ent() -> Ent:
    """The ENT that serves the current request."""
    ent: Ent = current_app.extensions["demo_ent"]
    return ent


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL, as browsers write an origin."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def load_or_make_key(path: Path) -> RSAKey:
    """The ENT's RSA key, made at its first start."""
    pem = _load_or_make(path, lambda: RSAKey.generate_key(2048).as_pem(private=True))
    key = RSAKey.import_key(pem)
    key.ensure_kid()
    return key


def load_or_make_secret(path: Path) -> bytes:
    """What signs the session cookies, made at the first start."""
    return _load_or_make(path, lambda: secrets.token_bytes(32))


def _load_or_make(path: Path, make: Callable[[], bytes]) -> bytes:
    """A file that only its owner reads; it appears whole, so a start that is killed leaves no half key."""
    if not path.exists():
        draft = path.with_suffix(".draft")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(make())
        draft.replace(path)
    return path.read_bytes()
