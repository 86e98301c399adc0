"""What a login and a launch cost the server, measured beside the least that any launch can cost.

The tool and the floor (`launch_floor.py`) are served by the same gunicorn, one process each, pinned to one core; the
browsers run on the others. What is compared is the CPU time of that process, in turns so short that whatever else the
machine does meets all of them; both are started several times, since where a process happens to lie in memory makes it
faster or slower as long as it lives. Then a whole class logs in at once, and only then launches.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import psutil
from joserfc import jws
from joserfc.jwk import RSAKey
from sqlalchemy import insert, select

from lti_tool.campaigns import campaigns
from lti_tool.database import Database
from lti_tool.lti import platforms
from lti_tool.lti.models import Person
from lti_tool.schools import schools
from lti_tool.schools.models import Binding, Learner

MOST_LAUNCH, MOST_PAGE = 2.0, 3.0
"""Times the floor: a login with its launch; the same with the first page."""
PUPILS = 40
AT_ONCE = 32
"""Requests under way at the same time where a class comes in."""
CORES = sorted(os.sched_getaffinity(0))
"""Those that this machine lets us use; the last one is the servers'."""
ISSUER, CLIENT_ID = "https://lms.example", "passerelle"
LTI = "https://purl.imsglobal.org/spec/lti/claim/"


@dataclass
class Browser:
    """A pupil's browser: a connection of its own, and the cookies that it was given."""

    origin: str
    cookies: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.connection = HTTPConnection(urlsplit(self.origin).netloc, timeout=120)

    def send(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """Status, and where it leads."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.connection.request(method, path, urlencode(form) if form else None, headers)
        response = self.connection.getresponse()
        response.read()
        for cookie in response.headers.get_all("Set-Cookie") or ():
            name, _, rest = cookie.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return response.status, response.headers.get("Location", "")


@dataclass(frozen=True)
class Lms:
    """Who sends the pupils."""

    key: RSAKey
    target: str
    code: str

    def log_in(self, browser: Browser) -> dict[str, str]:
        """What the platform is asked: state and nonce."""
        form = {"iss": ISSUER, "client_id": CLIENT_ID, "login_hint": "1", "target_link_uri": self.target}
        status, location = browser.send("POST", "/lti/login", form)
        assert status == 302, status
        return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}

    def answer(self, asked: dict[str, str], sub: str) -> dict[str, str]:
        """The form that launches that pupil into the course's activity."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": CLIENT_ID,
            "sub": sub,
            "iat": now,
            "exp": now + 60,
            "nonce": asked["nonce"],
            "given_name": "Camille",
            "family_name": "Durand",
            LTI + "message_type": "LtiResourceLinkRequest",
            LTI + "version": "1.3.0",
            LTI + "deployment_id": "1",
            LTI + "target_link_uri": self.target,
            LTI + "roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
            LTI + "resource_link": {"id": "activity", "title": "Parcours"},
            LTI + "context": {"id": "course", "title": "Technologie 4e"},
            LTI + "custom": {"campagne": self.code},
            LTI + "launch_presentation": {"document_target": "window", "locale": "fr"},
        }
        header = {"alg": "RS256", "typ": "JWT", "kid": str(self.key.kid)}
        token = jws.serialize_compact(header, json.dumps(claims), self.key, algorithms=["RS256"])
        return {"state": asked["state"], "id_token": token}

    def launch(self, origin: str, sub: str, *, page: bool) -> None:
        """Log in and launch from a browser without any cookie; then the first page."""
        browser = Browser(origin)
        status, location = browser.send("POST", "/lti/launch", self.answer(self.log_in(browser), sub))
        assert status == 303, status
        if page:
            status, _ = browser.send("GET", location)
            assert status == 200, (status, location)
        browser.connection.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one line of JSON instead of the table")
    parser.add_argument("--starts", type=int, default=5, help="how often both servers are started")
    parser.add_argument("--rounds", type=int, default=20, help="rounds after each start")
    parser.add_argument("--launches", type=int, default=20, help="launches of each kind in a round")
    parser.add_argument("--class-size", type=int, default=500, help="pupils who log in at once")
    options = parser.parse_args()
    os.sched_setaffinity(0, CORES[:-1] or CORES)
    with tempfile.TemporaryDirectory() as folder:
        key = RSAKey.generate_key(2048, {"kid": "bench"})
        tool_port, floor_port = _free_port(), _free_port()
        tool_url, floor_url = f"http://127.0.0.1:{tool_port}", f"http://127.0.0.1:{floor_port}"
        database = _database(Path(folder), tool_url)
        lms = Lms(key, f"{tool_url}/lti/launch", _town(database, key))
        floor_environment = {"FLOOR_KEY": json.dumps(key.as_dict(private=False)), "FLOOR_DATABASE": f"{folder}/floor"}
        rounds = []
        for start in range(1, options.starts + 1):
            with (
                _served("wsgi:app", tool_port, _environment(Path(folder), tool_url)) as tool,
                _served("benchmarks.launch_floor:app", floor_port, floor_environment) as floor,
            ):
                if start == 1:
                    _warm_up(lms, tool_url, floor_url, page=False)
                    _enrol(database)
                _warm_up(lms, tool_url, floor_url, page=True)
                for _ in range(options.rounds):
                    base = _cpu_per_launch(floor, lms, floor_url, options.launches, page=False)
                    launch = _cpu_per_launch(tool, lms, tool_url, options.launches, page=False)
                    page = _cpu_per_launch(tool, lms, tool_url, options.launches, page=True)
                    rounds.append((base, launch, page))
                if start == options.starts:
                    errors, seconds = _whole_class(lms, tool_url, options.class_size)
        database.dispose()
    names = ("floor_ms", "launch_ms", "launch_and_page_ms")
    columns = zip(names, zip(*rounds, strict=True), strict=True)
    figures: dict[str, float] = {name: round(statistics.median(column), 3) for name, column in columns}
    figures["ratio"] = round(figures["launch_ms"] / figures["floor_ms"], 3)
    figures["ratio_with_page"] = round(figures["launch_and_page_ms"] / figures["floor_ms"], 3)
    figures |= {"class_size": options.class_size, "class_errors": errors, "class_s": round(seconds, 2)}
    print(json.dumps(figures) if options.json else _table(figures, len(rounds)))
    return 0 if errors == 0 and figures["ratio"] <= MOST_LAUNCH and figures["ratio_with_page"] <= MOST_PAGE else 1


def _table(figures: dict[str, float], rounds: int) -> str:
    lines = [
        f"CPU of the server, milliseconds, medians of {rounds} rounds    ms   × floor   at most",
        f"floor: login and launch                           {figures['floor_ms']:10.2f}      1.00",
        f"the tool: login and launch                        {figures['launch_ms']:10.2f}"
        f"{figures['ratio']:10.2f}{MOST_LAUNCH:10.1f}",
        f"the tool: login, launch and the first page        {figures['launch_and_page_ms']:10.2f}"
        f"{figures['ratio_with_page']:10.2f}{MOST_PAGE:10.1f}",
        f"{figures['class_size']:.0f} pupils logged in at once, then launched: {figures['class_errors']:.0f} errors, "
        f"{figures['class_s']:.1f} s on one process and SQLite",
    ]
    return "\n".join(lines)


def _cpu_per_launch(server: psutil.Process, lms: Lms, origin: str, launches: int, *, page: bool) -> float:
    """Milliseconds of the server's CPU time, user and system."""
    clock = (~server.pid << 3) | 2  # as clock_getcpuclockid(3) has it: /proc counts in hundredths of a second
    before = time.clock_gettime(clock)
    for number in range(launches):
        lms.launch(origin, f"sub-{number % PUPILS}", page=page)
    return 1000 * (time.clock_gettime(clock) - before) / launches


def _whole_class(lms: Lms, origin: str, size: int) -> tuple[int, float]:
    """All log in before the first one launches, each for the first time; how many failed, and how long it took."""

    def log_in(browser: Browser) -> dict[str, str] | None:
        try:
            asked = lms.log_in(browser)
            browser.connection.close()  # as after some seconds; the launch opens another
            return asked
        except (AssertionError, OSError):
            return None

    def launch(number: int) -> bool:
        asked = pending[number]
        try:
            return (
                asked is not None
                and browsers[number].send("POST", "/lti/launch", lms.answer(asked, f"class-{number}"))[0] == 303
            )
        except OSError:
            return False

    browsers = [Browser(origin) for _ in range(size)]
    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        pending = list(pool.map(log_in, browsers))
        arrived = list(pool.map(launch, range(size)))
    return size - sum(arrived), time.monotonic() - began


def _warm_up(lms: Lms, tool: str, floor: str, *, page: bool) -> None:
    """Every pupil comes to both, so that what a process does once is done."""
    for number in range(PUPILS):
        lms.launch(floor, f"sub-{number}", page=False)
        lms.launch(tool, f"sub-{number}", page=page)


def _enrol(database: Database) -> None:
    """Every pupil who has been here is bound to a line of the register, as in any week but the first."""
    now = datetime.now(UTC)
    with database.write() as session:
        school_id = schools.listing(session)[0].id
        for number, person in enumerate(session.scalars(select(Person)).all()):
            learner_id = session.scalar(
                insert(Learner)
                .values(
                    school_id=school_id,
                    child_id=f"child-{number}",
                    ine=f"{number:09d}AA",
                    last_name="Durand",
                    first_name="Camille",
                    birthdate=date(2013, 5, 4),
                    division="4A",
                    active=True,
                    created_at=now,
                    updated_at=now,
                )
                .returning(Learner.id)
            )
            values = {"person_id": person.id, "platform_id": person.platform_id, "school_id": school_id}
            session.execute(insert(Binding).values(**values, learner_id=learner_id, created_at=now))


def _database(folder: Path, origin: str) -> Database:
    database = Database(_environment(folder, origin)["LTI_TOOL_DATABASE_URL"])
    database.upgrade()
    return database


def _town(database: Database, key: RSAKey) -> str:
    """A school, its platform with the keys already known, and a campaign; returns the campaign's code."""
    now = datetime.now(UTC)
    with database.write() as session:
        school = schools.add(session, "0250001A", "Collège du Pont", now)
        platform = platforms.add(
            session,
            issuer=ISSUER,
            client_id=CLIENT_ID,
            auth_url=f"{ISSUER}/auth",
            token_url=f"{ISSUER}/token",
            jwks_url=f"{ISSUER}/jwks",
            now=now,
        )
        platform.jwks = {"keys": [{**key.as_dict(private=False), "kid": "bench"}]}
        platform.jwks_fetched_at = now
        schools.assign(session, platforms.deploy(session, platform.id, "1", now).id, [school.id])
        return campaigns.create(
            session,
            school_id=school.id,
            owner_id=None,
            name="Rentrée",
            title="Parcours de rentrée",
            landing_text="Bienvenue.",
            target_profile="decouverte",
            now=now,
        ).code


def _environment(folder: Path, origin: str) -> dict[str, str]:
    return {
        "LTI_TOOL_BASE_URL": origin,
        "LTI_TOOL_DATABASE_URL": f"sqlite:///{folder / 'passerelle.sqlite3'}",
        "LTI_TOOL_KEYS_DIR": str(folder / "keys"),
        "LTI_TOOL_ALLOW_PRIVATE_PLATFORMS": "1",
        "LTI_TOOL_LOG_LEVEL": "INFO",
    }


@contextmanager
def _served(application: str, port: int, environment: dict[str, str]) -> Iterator[psutil.Process]:
    """The application's one process, pinned to one core."""
    command = [sys.executable, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}", "--workers", "1"]
    command += ["--threads", "8", "--no-control-socket", "--log-level", "warning", "--backlog", "1024"]
    base = {name: value for name, value in os.environ.items() if not name.startswith("LTI_TOOL_")}
    root = Path(__file__).parents[1]
    with tempfile.TemporaryFile() as log:
        master = subprocess.Popen(command, env=base | environment, cwd=root, stdout=log, stderr=log)
        try:
            psutil.Process(master.pid).cpu_affinity([CORES[-1]])
            yield _worker(master, port)
        finally:
            master.terminate()
            master.wait(30)


def _worker(master: subprocess.Popen[bytes], port: int) -> psutil.Process:
    """The process that serves, once it does. Raises `SystemExit` where it does not start."""
    for _ in range(600):
        if master.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            Browser(f"http://127.0.0.1:{port}").send("GET", "/healthz")
            return psutil.Process(master.pid).children()[0]
        except (OSError, IndexError):
            time.sleep(0.1)
    raise SystemExit("The server does not start.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    raise SystemExit(main())
