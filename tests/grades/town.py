"""A class that sends its results through the real web while web and workers are killed under it."""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import requests
from sqlalchemy import select

from lti_tool.campaigns import activities, participations
from lti_tool.campaigns.models import BEST, LAST, SHARED, Campaign, Participation, SharedResult
from lti_tool.database import Database
from lti_tool.grades import line_items
from lti_tool.grades.models import ACCEPTED, Grade
from lti_tool.jobs import utc_now
from lti_tool.lti.keys import ensure_key
from lti_tool.lti.models import Context, Platform
from lti_tool.schools import sessions
from lti_tool.schools.models import PUPIL, Learner, School
from lti_tool.vault import Vault
from lti_tool.web.security import COOKIE
from tests.campaigns.school import TARGETED, Schoolyard, finish_run, ref
from tests.conftest import SECRET_KEY
from tests.grades.gradebook import Gradebook, Plan

ROOT = Path(__file__).parents[2]
LATER = timedelta(days=5)
"""When results may be improved; the test puts the last sending back by so much."""


@dataclass
class PupilAtWork:
    """Somebody who takes the test again and again and sends each time."""

    learner_id: int
    sub: str
    token: str
    participation_id: int
    counting: int = 0
    """Skills validated in the sending that counts."""


@dataclass
class Town:
    """A course of the platform `book`, and its class."""

    url: str
    database: Database
    book: Gradebook
    port: int
    chance: random.Random
    folder: Path
    counts: str
    """Which sending does: the best or the last."""
    pupils: list[PupilAtWork] = field(default_factory=list)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    log_begins: dict[str, int] = field(default_factory=dict)
    """Where in its log each running program begins."""
    campaign_id: int = 0
    failures: int = 0
    """Calls that the platform failed."""

    @property
    def sendings(self) -> int:
        with self.database.read() as session:
            return session.query(SharedResult).count()

    def settle(self, count: int) -> None:
        """A campaign, an activity without a column whose teacher asked for one, and the class."""
        with self.database.write() as session:
            yard = Schoolyard(session, utc_now())
            school, platform = yard.school(), yard.platform(self.book.base)
            context = yard.context(platform, lineitems_url=self.book.columns_url)
            link, campaign = yard.link(context), yard.campaign(school)
            campaign.counts, campaign.allows_reset = self.counts, self.counts == LAST
            teacher = yard.person(platform)
            activities.choose(session, link.id, campaign.id, teacher.id, True, utc_now())
            line_items.place(session, link.id, utc_now(), seek_now=True)
            self.campaign_id = campaign.id
            for _ in range(count):
                self.pupils.append(self._pupil(yard, school, platform, context, campaign))

    def _pupil(
        self, yard: Schoolyard, school: School, platform: Platform, context: Context, campaign: Campaign
    ) -> PupilAtWork:
        learner, person = yard.learner(school), yard.person(platform)
        yard.bind(learner, person)
        yard.member(context, person)
        self.book.pupils.add(person.sub)
        token = sessions.open_session(
            yard.session,
            person_id=person.id,
            school_id=school.id,
            role=PUPIL,
            is_test=False,
            now=utc_now(),
            current_token=None,
        )
        assert token is not None
        return PupilAtWork(learner.id, person.sub, token, yard.begun(campaign, learner).id)

    def take_the_test(self, pupil: PupilAtWork) -> None:
        """Finish the test, or take it again: improve it, or from its first question where the last sending counts."""
        validated = self.chance.randint(0, TARGETED - 1)  # who has validated all has nothing to improve
        with self.database.write() as session:
            participation = session.get_one(Participation, pupil.participation_id)
            if participation.status == SHARED:
                for row in (participation, *session.query(SharedResult).filter_by(participation_id=participation.id)):
                    assert row.shared_at is not None
                    row.shared_at -= LATER
                session.flush()
                learner = session.get_one(Learner, pupil.learner_id)
                again = participations.reset if self.counts == LAST else participations.improve
                again(session, participation, ref(learner), utc_now(), "Europe/Paris")
            finish_run(session, participation.run_id, validated, utc_now())
        pupil.counting = validated if self.counts == LAST else max(pupil.counting, validated)

    def send(self, pupil: PupilAtWork, until: float) -> None:
        """Click until it is sent, whatever dies meanwhile, as somebody does whose page does not come."""
        page = f"http://127.0.0.1:{self.port}/parcours/{pupil.participation_id}"
        headers = {"Cookie": f"{COOKIE}={pupil.token}"}
        while time.monotonic() < until and not self.book.given_up.is_set():
            with suppress(requests.RequestException):
                shown = requests.get(f"{page}/resultats", headers=headers, timeout=10)
                found = re.search(r'name="jeton" value="([^"]+)"', shown.text)
                if shown.ok and "Vos résultats sont envoyés" in shown.text:
                    return
                assert shown.status_code in (200, 500, 503), shown.status_code
                if found:
                    form = {"jeton": found.group(1)}
                    requests.post(f"{page}/envoi", data=form, headers=headers, timeout=10, allow_redirects=False)
                    continue
            time.sleep(0.05)
        raise AssertionError("the results could not be sent")

    def start(self, name: str) -> None:
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "LTI_TOOL_DATABASE_URL": self.url,
            "LTI_TOOL_BASE_URL": f"http://127.0.0.1:{self.port}",
            "LTI_TOOL_SECRET_KEY": SECRET_KEY,
            "LTI_TOOL_ALLOW_PRIVATE_PLATFORMS": "1",
            "LTI_TOOL_KEYS_DIR": str(self.folder / "keys"),
        }
        command = [sys.executable, str(Path(__file__).with_name("programs.py"))]
        command += ["web", str(self.port)] if name == "web" else ["worker"]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.log_begins[name] = log.tell()
            self.running[name] = subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    def is_at_work(self, name: str) -> bool:
        """Whether it has started: the web answers, a worker says so."""
        if name != "web":
            log = (self.folder / f"{name}.log").read_bytes()
            return b"worker.started" in log[self.log_begins[name] :]
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    def kill(self, name: str) -> None:
        """SIGKILL, and another in its place."""
        self.running[name].send_signal(signal.SIGKILL)
        self.running[name].wait()
        self.start(name)

    def is_settled(self) -> bool:
        with self.database.read() as session:
            states = session.execute(select(Grade.state, Grade.version, Grade.accepted_version)).all()
        return len(states) == len(self.pupils) and all(
            state == ACCEPTED and version == accepted for state, version, accepted in states
        )

    def check(self) -> None:
        """Each cell shows the result that counts, nothing older came after something newer, one column."""
        assert len(self.book.columns) == 1
        for pupil in self.pupils:
            assert self.book.value(1, pupil.sub) == 10.0 * pupil.counting
            taken = [score for score in self.book.accepted if score["userId"] == pupil.sub]
            times = [datetime.fromisoformat(score["timestamp"]) for score in taken]
            assert times == sorted(set(times)), taken
            begun = [score["submission"]["startedAt"] for score in taken]
            assert begun == sorted(begun), "an older result came after a newer one"


def play(town: Town, *, kills: int, workers: int, minutes: float, lives_s: float) -> int:
    """The class at work while programs die, so often; ends when all is settled. Returns how many scores were taken.

    Three of four deaths find a program at work, for `lives_s` at most; the others may find it starting.
    """
    until = time.monotonic() + 60 * minutes
    names = ["web", *(f"worker-{number}" for number in range(workers))]
    for name in names:
        town.start(name)
    over = threading.Event()
    failed: list[BaseException] = []

    def at_work(pupils: list[PupilAtWork]) -> None:
        try:
            while not over.is_set():
                for pupil in pupils:
                    town.take_the_test(pupil)
                    town.send(pupil, until)
        except BaseException as error:
            failed.append(error)

    classes = [threading.Thread(target=at_work, args=(town.pupils[number::2],)) for number in range(2)]
    try:
        for each in classes:
            each.start()
        for _ in range(kills):
            name, starting = town.chance.choice(names), town.chance.random() < 0.25
            while not (starting or town.is_at_work(name) or failed):
                assert time.monotonic() < until, f"{name} does not start"
                time.sleep(0.05)
            time.sleep(town.chance.uniform(0, lives_s))
            if failed:
                raise failed[0]
            town.kill(name)
        over.set()
        for each in classes:
            each.join()
        if failed:
            raise failed[0]
        while not town.is_settled():
            assert time.monotonic() < until, "some grades never came"
            time.sleep(0.2)
    finally:
        over.set()
        for process in town.running.values():
            process.kill()
            process.wait()
    return len(town.book.accepted)


@contextmanager
def town(url: str, folder: Path, seed: int, pupils: int, counts: str = BEST) -> Iterator[Town]:
    """A town on that database; its platform fails one call in four. With the last sending each is a grade to send."""
    chance = random.Random(seed)
    book = Gradebook(utc_now)
    ways = ["an error page", "half a body", "half a head", "an empty 500"]

    def fails(_kind: str) -> Plan | None:
        if chance.random() >= 0.25:
            return None
        made.failures += 1
        way = chance.choice([None, None, *ways])
        return Plan(chance.choice([None, 500, 503, 429, 401]), after=chance.random() < 0.5, way=way)

    book.chance = fails
    database = Database(url)
    ensure_key(database, Vault([SECRET_KEY]), utc_now())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = Town(url, database, book, port, random.Random(seed + 1), folder, counts)
    try:
        made.settle(pupils)
        yield made
    finally:
        book.stop()
        database.dispose()
