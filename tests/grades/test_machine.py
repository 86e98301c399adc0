"""In whatever order things happen, the gradebook ends with what a model of it says.

A pupil sends and improves, people launch, a teacher writes, the platform fails, workers die, time goes by.
"""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from lti_tool.database import Database
from lti_tool.grades import cells, line_items, queue
from lti_tool.grades.delivery import Deliverer
from lti_tool.grades.models import ACCEPTED, REFUSED
from lti_tool.lti.keys import KeyRing
from lti_tool.lti.models import SigningKey
from lti_tool.lti.outbound import Client
from lti_tool.lti.services import Services
from lti_tool.vault import Vault
from tests.campaigns.school import TARGETED
from tests.conftest import NOW, SECRET_KEY
from tests.grades.conftest import Clock, open_course
from tests.grades.gradebook import Gradebook, Plan

PUPILS = 2
STEPS = st.sampled_from(["token", "score", "results"])
FAILURES = st.sampled_from(
    [Plan(None), Plan(None, after=True), Plan(500), Plan(503, after=True), Plan(429), Plan(401), Plan(409)]
    + [Plan(None, way=way) for way in ("an error page", "half a body", "half a head")]
    + [Plan(None, way="an error page", after=True)]
)


class Grades(RuleBasedStateMachine):
    """The model: for each pupil the best result sent, and what a teacher last wrote over it."""

    template: Path
    folder: Path
    key: dict[str, object]
    runs = 0

    @initialize()
    def open(self) -> None:
        Grades.runs += 1
        path = self.folder / f"{Grades.runs}.sqlite3"
        shutil.copyfile(self.template, path)
        self.time = Clock(NOW)
        self.book = Gradebook(self.time)
        self.database = Database(f"sqlite:///{path}")
        with self.database.write() as session:
            session.add(SigningKey(**self.key))
        self.course = open_course(self.database, self.book, self.time, lists_members=False)
        self.start_a_worker()
        self.pupils = [self.course.pupil() for _ in range(PUPILS)]
        self.best: dict[int, int] = {}
        self.sent_at: dict[int, datetime] = {}
        self.pen: dict[int, float] = {}

    def start_a_worker(self) -> None:
        vault = Vault([SECRET_KEY])
        client = Client(allow_private=True, clock=self.time)
        services = Services(self.database, vault, client, KeyRing(self.database, vault), self.time)
        self.deliverer = Deliverer(self.database, services, self.time, jitter=lambda: 0.0, senders=2)

    @rule(pupil=st.integers(0, PUPILS - 1), validated=st.integers(0, TARGETED - 1))
    def send(self, pupil: int, validated: int) -> None:
        """Send, or improve, which is possible some days later while not all is validated."""
        if pupil in self.sent_at:
            self.time.advance(days=5)
        self.course.send(self.pupils[pupil][0], validated)
        self.sent_at[pupil] = self.time()
        self.best[pupil] = max(validated, self.best.get(pupil, 0))

    @rule()
    def work(self) -> None:
        self.deliverer.drain()

    @rule(step=STEPS, failure=FAILURES, times=st.integers(1, 3))
    def fail(self, step: str, failure: Plan, times: int) -> None:
        self.book.plans[step].extend([failure] * times)

    @rule()
    def a_worker_dies_before_it_sends(self) -> None:
        queue.claim(self.database, self.time())
        self.start_a_worker()

    @rule()
    def a_worker_dies_after_it_sent(self) -> None:
        """What it would have written back is lost."""
        for cell in queue.claim(self.database, self.time()):
            self.deliverer._attempts.make(cell)
        self.start_a_worker()

    @rule(pupil=st.integers(0, PUPILS - 1))
    def launch(self, pupil: int) -> None:
        with self.database.write() as session:
            line_items.place(session, self.course.link_pk, self.time())
            cells.want(session, self.time(), learner_id=self.pupils[pupil][0], again=True)

    @precondition(lambda self: any((1, sub) in self.book.cells for _, sub in self.pupils))
    @rule(data=st.data(), value=st.sampled_from([3.3, 44.4, 99.9]))
    def a_teacher_writes(self, data: st.DataObject, value: float) -> None:
        """Over a grade that is there; such values are none of ours."""
        there = [number for number, (_, sub) in enumerate(self.pupils) if (1, sub) in self.book.cells]
        pupil = data.draw(st.sampled_from(there))
        self.time.advance(seconds=2)
        self.book.write(1, self.pupils[pupil][1], value)
        self.pen[pupil] = value

    @rule(minutes=st.sampled_from([0.1, 2, 20, 700]))
    def time_goes_by(self, minutes: float) -> None:
        self.time.advance(minutes=minutes)

    @invariant()
    def nothing_older_over_something_newer(self) -> None:
        if not hasattr(self, "book"):
            return
        for _, sub in self.pupils:
            taken = [score for score in self.book.accepted if score["userId"] == sub]
            times = [datetime.fromisoformat(score["timestamp"]) for score in taken]
            assert times == sorted(set(times))
            sent = [score["submission"]["submittedAt"] for score in taken]
            assert sent == sorted(sent)

    def teardown(self) -> None:
        if not hasattr(self, "book"):
            return
        try:
            self.book.plans.clear()
            for _ in range(8):
                self.time.advance(hours=9)
                self.deliverer.drain()
            self.compare()
        finally:
            self.book.stop()
            self.database.dispose()

    def compare(self) -> None:
        """Each cell shows the best result, or what a teacher wrote over an earlier one; none is left waiting."""
        for number, (learner, sub) in enumerate(self.pupils):
            if number not in self.best:
                assert self.course.shown(sub) is None
                continue
            best, grade = 10.0 * self.best[number], self.course.grade(learner)
            if number not in self.pen:
                assert (self.course.shown(sub), grade.state) == (best, ACCEPTED)
                continue
            assert self.course.shown(sub) in (best, self.pen[number])
            assert grade.state in (ACCEPTED, REFUSED)
            if grade.state == REFUSED:
                assert grade.reason == "changed-by-teacher"
                assert self.course.shown(sub) == self.pen[number]


def test_any_order_of_events(sqlite_template: Path, tmp_path: Path, signing_key: dict[str, object]) -> None:
    Grades.template, Grades.folder, Grades.key = sqlite_template, tmp_path, signing_key
    run_state_machine_as_test(
        Grades,
        settings=settings(
            max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
