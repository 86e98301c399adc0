"""Gets grades into gradebooks: workers make what each cell accepted equal to what it should show.

A try is written down before it is made: its lease, its timestamp (later than any before for the cell) and its value. So
a worker killed anywhere leaves a lease that runs out, never sends something older after something newer, and the next
one can tell our own values in the gradebook from a teacher's. No transaction is open while a platform is asked.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue

from lti_tool import logs
from lti_tool.database import Database
from lti_tool.grades import line_items, queue
from lti_tool.grades.attempt import Attempts
from lti_tool.grades.cells import GRADES_QUEUE
from lti_tool.grades.failures import Failure
from lti_tool.grades.pacing import Pacing
from lti_tool.grades.reasons import OUR_ERROR
from lti_tool.grades.retrying import Jitter, by_chance
from lti_tool.grades.tries import Cell, Outcome, says_platform_is_ill
from lti_tool.lti.services import Services

log = logging.getLogger(__name__)

SENDERS = 16
"""Requests under way at once, in one process."""
TAKEN_PER_SENDER = 6
"""Cells at hand for each, so that none waits for the database."""
GATHERED_PER_SENDER = 2
"""What is done is written back together, so many tries for each sender, while as many are still under way."""
GATHERS_FOR_S = 0.1
"""And no later than that."""
CALLS_EVERY = timedelta(seconds=0.25)
"""A wake-up reaches one worker, maybe ourselves: others are called that often while there is more than we can do."""
LOOKS_AHEAD = timedelta(minutes=1)
"""Further away than that, the sweep of each minute finds what is due."""

_Done = tuple[Cell, Outcome]
_News = _Done | int | None
"""A try was made, so many columns were looked for, or somebody woke us."""


class Deliverer:
    """Delivers what is due. One per process; its methods may be called from any thread."""

    def __init__(
        self,
        database: Database,
        services: Services,
        clock: Callable[[], datetime],
        *,
        jitter: Jitter = by_chance,
        senders: int = SENDERS,
    ) -> None:
        self._database = database
        self._services = services
        self._clock = clock
        self._jitter = jitter
        self._attempts = Attempts(database, services, clock)
        self._senders = ThreadPoolExecutor(senders, thread_name_prefix="grades")
        self._seeker = ThreadPoolExecutor(1, thread_name_prefix="columns")
        self._pacing = Pacing(TAKEN_PER_SENDER * senders)
        self._enough = GATHERED_PER_SENDER * senders
        self._news: SimpleQueue[_News] = SimpleQueue()
        self._under_way = 0
        self._seeking = self._seek_again = False
        self._at_work = False
        self._called_at: datetime | None = None
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def work(self) -> int:
        """What a worker runs when it is woken: `drain`, then again as soon as the next try falls due."""
        done = self.drain()
        self._wake_when_due()
        return done

    def drain(self) -> int:
        """Look for the columns and deliver the grades that are due; returns how many were tried.

        Where a thread of this process is at it already, that one is told to look again and nothing is waited for.
        """
        with self._lock:
            if self._at_work:
                self._news.put(None)
                return 0
            self._at_work = True
        try:
            return self._until_nothing_is_due()
        except BaseException:
            with self._lock:
                self._at_work = False
            raise

    def _until_nothing_is_due(self) -> int:
        """One thread gives out the cells and writes back what came of them; the senders only talk to platforms."""
        tried = 0
        done: list[_Done] = []
        self._seek()
        while True:
            cells = queue.exchange(
                self._database, done, self._clock(), self._jitter, self._pacing.room, self._pacing.allowance
            )
            for cell in cells:
                self._pacing.begun(cell.platform.id)
                self._under_way += 1
                self._senders.submit(self._try, cell)
            tried += len(cells)
            self._call_others()
            with self._lock:
                if not self._under_way and not self._seeking and self._news.empty():
                    self._at_work = False
                    return tried
            news = self._gather()
            done = [item for item in news if isinstance(item, tuple)]
            for cell, outcome in done:  # with what is written back next, so that an outage shows before there is room
                self._pacing.ended(cell.platform.id, well=not says_platform_is_ill(outcome))
            self._under_way -= len(done)
            for looked in (item for item in news if isinstance(item, int)):
                self._seeking = False
                tried += looked
            if None in news or (self._seek_again and not self._seeking):
                self._seek()

    def _call_others(self) -> None:
        """All senders are busy and as many cells wait for them: another worker, if idle, may take some of the rest."""
        now = self._clock()
        if self._under_way < self._enough or (self._called_at is not None and now < self._called_at + CALLS_EVERY):
            return
        self._called_at = now
        self._database.wake(GRADES_QUEUE)

    def _gather(self) -> list[_News]:
        """What happened; a little later where there is enough under way, so that it is written back together."""
        news = [self._news.get()]
        until = time.monotonic() + GATHERS_FOR_S
        while True:
            busy = self._under_way - len(news) >= self._enough > len(news)
            try:
                news.append(self._news.get(timeout=max(until - time.monotonic(), 0.0) if busy else 0.0))
            except Empty:
                return news

    def _seek(self) -> None:
        if self._seeking:
            self._seek_again = True
            return
        self._seeking = True
        self._seeker.submit(self._look_for_columns)

    def _look_for_columns(self) -> None:
        looked = 0
        try:
            while True:
                self._seek_again = False
                looked += line_items.seek(self._database, self._services, self._clock, jitter=self._jitter)
                if not self._seek_again:
                    break
        except Exception as error:  # the rows stay, and are taken up at the next wake
            logs.event(log, "line_item.error", logging.ERROR, error=type(error).__name__)
        finally:
            self._news.put(looked)

    def _try(self, cell: Cell) -> None:
        started = time.monotonic()
        try:
            cell, outcome = self._attempts.make(cell)
        except Exception as error:  # a cell that nobody can write back would stop the others
            logs.event(log, "grade.error", logging.ERROR, grade=cell.grade_id, error=type(error).__name__)
            outcome = Failure(OUR_ERROR, final=False)
        _log(cell, outcome, time.monotonic() - started)
        self._news.put((cell, outcome))

    def _wake_when_due(self) -> None:
        """Huey wakes at once or each minute; between the two, a timer of this process does."""
        now = self._clock()
        due = queue.next_due(self._database, now)
        if due is None or due > now + LOOKS_AHEAD:
            return
        with self._lock:
            if self._timer is None:
                self._timer = threading.Timer(max((due - now).total_seconds(), 0.5), self._on_timer)
                self._timer.daemon = True
                self._timer.start()

    def _on_timer(self) -> None:
        with self._lock:
            self._timer = None
        self.work()


def _log(cell: Cell, outcome: Outcome, took_s: float) -> None:
    failure = outcome if isinstance(outcome, Failure) else None
    logs.event(
        log,
        "grade.tried",
        logging.WARNING if failure else logging.INFO,
        grade=cell.grade_id,
        version=cell.version,
        platform=cell.platform.id,
        attempt=cell.attempts,
        outcome=type(outcome).__name__.lower(),
        reason=failure.reason if failure else None,
        status=failure.status if failure else None,
        final=failure.final if failure else None,
        ms=round(took_s * 1000),
    )
