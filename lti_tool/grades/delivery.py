"""Gets grades into gradebooks: workers make what each cell accepted equal to what it should show.

A try is written down before it is made: its lease, its timestamp (later than any before for the cell) and its value. So
a worker killed anywhere leaves a lease that runs out, never sends something older after something newer, and the next
one can tell our own values in the gradebook from a teacher's. No transaction is open while a platform is asked.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from lti_tool import logs
from lti_tool.database import Database
from lti_tool.grades import line_items, queue
from lti_tool.grades.failures import Failure, score_failure, service_failure
from lti_tool.grades.queue import Accepted, Cell, Outcome, PutBack
from lti_tool.grades.reasons import CHANGED_BY_TEACHER, CONFLICT, NEWER_ELSEWHERE, NO_SCOPE
from lti_tool.grades.retrying import Jitter, by_chance
from lti_tool.grades.scores import same_score
from lti_tool.lti.outbound import OutboundError
from lti_tool.lti.services import SCOPE_RESULT_READ, SCOPE_SCORE, Score, ServiceRefused, Services

log = logging.getLogger(__name__)

SENDERS = 8
"""Requests under way at once, in one process."""
POST_TAKES_AT_MOST = timedelta(seconds=21)
"""The outbound client gives up before; no score is posted under a lease that could end meanwhile."""
CONFLICTS_BEFORE_GIVING_UP = 5
"""Where the gradebook may not be read, a 409 is answered with a later time that often."""
LOOKS_AHEAD = timedelta(minutes=1)
"""Further away than that, the sweep of each minute finds what is due."""


class Deliverer:
    """Delivers what is due, from any number of threads and processes."""

    def __init__(
        self, database: Database, services: Services, clock: Callable[[], datetime], *, jitter: Jitter = by_chance
    ) -> None:
        self._database = database
        self._services = services
        self._clock = clock
        self._jitter = jitter
        self._senders = ThreadPoolExecutor(SENDERS, thread_name_prefix="grades")
        self._timer: threading.Timer | None = None
        self._timer_lock = threading.Lock()

    def work(self) -> int:
        """What a worker runs when it is woken: `drain`, then again as soon as the next try falls due."""
        done = self.drain()
        self._wake_when_due()
        return done

    def drain(self) -> int:
        """Look for the columns and deliver the grades that are due; returns how many were tried."""
        tried = line_items.seek(self._database, self._services, self._clock, jitter=self._jitter)
        while cells := queue.claim(self._database, self._clock()):
            outcomes = [self._try(cells[0])] if len(cells) == 1 else list(self._senders.map(self._try, cells))
            queue.record(self._database, list(zip(cells, outcomes, strict=True)), self._clock(), self._jitter)
            tried += len(cells)
        return tried

    def _try(self, cell: Cell) -> Outcome:
        try:
            outcome = self._deliver(cell)
        except (OutboundError, ServiceRefused) as error:
            outcome = service_failure(error)
        _log(cell, outcome)
        return outcome

    def _deliver(self, cell: Cell) -> Outcome:
        if SCOPE_SCORE not in cell.scopes:
            return Failure(NO_SCOPE, final=True)
        if cell.accepted_score is not None:
            seen = self._look(cell)
            if seen is not None:
                return seen
        if not self._still_ours(cell):
            return PutBack()
        reply = self._services.post_score(cell.platform, cell.line_item_url, _score(cell))
        self._learn_clock(cell, reply.clock_offset_s)
        if reply.status == 409:
            return self._look(cell) or self._again_after_conflict(cell)
        if 200 <= reply.status < 300:
            return Accepted(cell.score)
        return score_failure(reply.status, reply.retry_after)

    def _look(self, cell: Cell) -> Outcome | None:
        """What the gradebook's own value decides: it is ours already, or a teacher's; None where we may (re)place it.

        A 409 is read, not guessed, and before an accepted value is replaced it is read too (`DESIGN.md`).
        """
        if SCOPE_RESULT_READ not in cell.scopes:
            return None
        try:
            results = self._services.results(cell.platform, cell.line_item_url, cell.sub)
        except ServiceRefused as refusal:
            if service_failure(refusal).final:
                return None  # we may not look: as if the scope were not there
            raise
        shown = next((r for r in results if r.user_id == cell.sub and r.score is not None), None)
        if shown is None or shown.score is None:
            return None
        if same_score(shown.score, shown.maximum, cell.score, cell.score_maximum):
            return Accepted(cell.score)
        ours = [*cell.sent_scores, *([] if cell.accepted_score is None else [cell.accepted_score])]
        if any(same_score(shown.score, shown.maximum, score, cell.score_maximum) for score in ours):
            return None
        return Failure(CHANGED_BY_TEACHER, final=True)

    def _again_after_conflict(self, cell: Cell) -> Outcome:
        blind = SCOPE_RESULT_READ not in cell.scopes
        if blind and cell.attempts >= CONFLICTS_BEFORE_GIVING_UP:
            return Failure(NEWER_ELSEWHERE, final=True, status=409)
        return Failure(CONFLICT, final=False, status=409)

    def _still_ours(self, cell: Cell) -> bool:
        now = self._clock()
        if now + POST_TAKES_AT_MOST <= cell.lease_until:
            return True
        return queue.extend(self._database, cell, now)

    def _learn_clock(self, cell: Cell, offset_s: float | None) -> None:
        if offset_s is not None and abs(offset_s - cell.platform.clock_offset_s) > queue.CLOCK_TOLERANCE_S:
            queue.learn_clock(self._database, cell.platform.id, offset_s)

    def _wake_when_due(self) -> None:
        """Huey wakes at once or each minute; between the two, a timer of this process does."""
        now = self._clock()
        due = queue.next_due(self._database, now)
        if due is None or due > now + LOOKS_AHEAD:
            return
        with self._timer_lock:
            if self._timer is None:
                self._timer = threading.Timer(max((due - now).total_seconds(), 0.5), self._on_timer)
                self._timer.daemon = True
                self._timer.start()

    def _on_timer(self) -> None:
        with self._timer_lock:
            self._timer = None
        self.work()


def _score(cell: Cell) -> Score:
    return Score(
        user_id=cell.sub,
        score_given=cell.score,
        score_maximum=cell.score_maximum,
        timestamp=cell.timestamp,
        comment=cell.sent.comment(),
        started_at=cell.sent.started_at,
        submitted_at=cell.sent.shared_at,
    )


def _log(cell: Cell, outcome: Outcome) -> None:
    failure = outcome if isinstance(outcome, Failure) else None
    logs.event(
        log,
        "grade.tried",
        logging.WARNING if failure else logging.INFO,
        grade=cell.grade_id,
        version=cell.version,
        platform=cell.platform.id,
        outcome=type(outcome).__name__.lower(),
        reason=failure.reason if failure else None,
        status=failure.status if failure else None,
        final=failure.final if failure else None,
    )
