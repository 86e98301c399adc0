"""What the pages and the worker work with, made once per process, and the database session of one request."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar, cast

from flask import current_app, request
from flask.globals import app_ctx
from sqlalchemy.orm import Session

from lti_tool import jobs
from lti_tool.database import Database, Work
from lti_tool.lti.keys import KeyRing, ensure_key
from lti_tool.lti.outbound import Client
from lti_tool.lti.platform_keys import PlatformKeys
from lti_tool.lti.services import Services
from lti_tool.settings import Settings
from lti_tool.vault import Vault

EXTENSION = "passerelle"
Opened = TypeVar("Opened")
READING = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Toolbox:
    """The long-lived things of one process; all of them are safe to share between threads."""

    settings: Settings
    database: Database
    vault: Vault
    client: Client
    keyring: KeyRing
    platform_keys: PlatformKeys
    services: Services
    """Client of the platforms' services (grades and memberships)."""
    clock: Callable[[], datetime]

    @classmethod
    def build(cls, settings: Settings, clock: Callable[[], datetime] = jobs.utc_now) -> Toolbox:
        """Put the tools together; touches neither the database nor the network."""
        database = Database(settings.database_url, waker=jobs.Wakers(settings.database_url))
        vault = Vault(settings.secret_keys)
        client = Client(settings.allow_private_platforms, clock)
        keyring = KeyRing(database, vault, clock)
        return cls(
            settings=settings,
            database=database,
            vault=vault,
            client=client,
            keyring=keyring,
            platform_keys=PlatformKeys(database, client, clock),
            services=Services(database, vault, client, keyring, clock),
            clock=clock,
        )

    def prepare(self) -> None:
        """Make the first signing key, where there is none yet and the schema is there to keep it."""
        if self.database.is_current():
            ensure_key(self.database, self.vault, self.clock())


def toolbox() -> Toolbox:
    """The toolbox of the application that answers this request."""
    return cast(Toolbox, current_app.extensions[EXTENSION])


def now() -> datetime:
    """The instant of this request: the same each time it is asked for."""
    here = app_ctx.g  # `flask.g` itself would be looked up again at each mention
    if "now" not in here:
        here.now = toolbox().clock()
    return cast(datetime, here.now)


def db() -> Session:
    """The request's database session, opened at its first use.

    A GET reads one consistent state. Another method holds one write transaction, which is committed once the view has
    returned and rolled back if anything was raised; so a view that calls a platform must not open it before.
    """
    here = app_ctx.g
    if "work" in here:
        return cast(Work, here.work).orm
    if "db" not in here:
        database = toolbox().database
        here.db = _open(database.snapshot() if request.method in READING else database.write())
    return cast(Session, here.db)


def work() -> Work:
    """The request's write transaction without its session, opened here: for a view that writes by the core.

    It ends as that of `db`, which from now on is its session.
    """
    app_ctx.g.work = opened = _open(toolbox().database.work())
    return opened


def commit() -> None:
    """End the request's session well: what the view wrote is kept."""
    opened = _let_go()
    if opened is not None:
        opened.__exit__(None, None, None)


def roll_back(error: BaseException) -> None:
    """End the request's session because of `error`: nothing that was written is kept."""
    opened = _let_go()
    if opened is not None:
        opened.__exit__(type(error), error, error.__traceback__)


def _open(manager: AbstractContextManager[Opened]) -> Opened:
    """Enter it, until `commit` or `roll_back`."""
    opened = manager.__enter__()
    app_ctx.g.opened = manager
    return opened


def _let_go() -> AbstractContextManager[object] | None:
    here = app_ctx.g
    here.pop("db", None)
    here.pop("work", None)
    return cast("AbstractContextManager[object] | None", here.pop("opened", None))
