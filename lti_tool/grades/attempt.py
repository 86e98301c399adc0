"""One try at one cell: look where that is due, send the score, understand the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from lti_tool.database import Database
from lti_tool.grades import queue
from lti_tool.grades.failures import Failure, score_failure, service_failure
from lti_tool.grades.reasons import CHANGED_BY_TEACHER, CONFLICT, LOCKED, NEWER_ELSEWHERE, NO_SCOPE, PLATFORM_ERROR
from lti_tool.grades.scores import same_score
from lti_tool.grades.tries import Accepted, Cell, Outcome, PutBack
from lti_tool.lti import clocks
from lti_tool.lti.outbound import OutboundError
from lti_tool.lti.services import SCOPE_RESULT_READ, SCOPE_SCORE, Score, ServiceRefused, Services

POST_TAKES_AT_MOST = timedelta(seconds=45)
"""One request at the outbound client's limits, 20 s, and its host's name that is slow to be found: no score is sent
under a lease that could end meanwhile."""
CONFLICTS_BEFORE_GIVING_UP = 5
"""Where the gradebook may not be read, a 409 is answered with a later time that often."""
ERRORS_BEFORE_LOCKED = 6
"""Moodle answers 500 for a locked grade (facts/moodle.md): after so many, while the column takes others, it is that."""


class _NoLongerOurs(Exception):  # noqa: N818 - no error: somebody else has taken the cell up
    """Nothing of ours may be sent any more."""


@dataclass
class _UnderWay:
    """One try, while it is made."""

    cell: Cell
    is_sent: bool = False


class Attempts:
    """Makes tries, from any thread."""

    def __init__(self, database: Database, services: Services, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._services = services
        self._clock = clock

    def make(self, cell: Cell) -> tuple[Cell, Outcome]:
        """What came of one try, and the cell as last sent: its row is given a longer lease and a later time at most."""
        under_way = _UnderWay(cell)
        try:
            outcome = self._deliver(under_way)
        except _NoLongerOurs:
            outcome = PutBack()
        except (OutboundError, ServiceRefused) as error:
            outcome = service_failure(error)
        return under_way.cell, outcome

    def _deliver(self, under_way: _UnderWay) -> Outcome:
        cell = under_way.cell
        if SCOPE_SCORE not in cell.scopes:
            return Failure(NO_SCOPE, final=True)
        if cell.accepted_score is not None:
            seen = self._look(cell)
            if seen is not None:
                return seen
        reply = self._services.post_score(
            cell.platform, cell.line_item_url, _score(cell), before_each=lambda: self._next_score(under_way)
        )
        clocks.learn(self._database, cell.platform, reply.clock_offset_s)
        if reply.status == 409:
            return self._look(cell) or self._again_after_conflict(cell)
        if 200 <= reply.status < 300:
            return Accepted(cell.score) if reply.is_plausible else self._after_an_error_page(cell, reply.status)
        failure = score_failure(reply.status, reply.retry_after)
        return Failure(LOCKED, final=True, status=500) if self._seems_locked(cell, failure) else failure

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
        ours += queue.other_scores(self._database, cell)
        if any(same_score(shown.score, shown.maximum, score, cell.score_maximum) for score in ours):
            return None
        return Failure(CHANGED_BY_TEACHER, final=True)

    def _after_an_error_page(self, cell: Cell, status: int) -> Outcome:
        """A success in name only: it counts where the gradebook shows that the score is there."""
        seen = self._look(cell)
        return seen if isinstance(seen, Accepted) else Failure(PLATFORM_ERROR, final=False, status=status)

    def _again_after_conflict(self, cell: Cell) -> Outcome:
        blind = SCOPE_RESULT_READ not in cell.scopes
        if blind and cell.attempts >= CONFLICTS_BEFORE_GIVING_UP:
            return Failure(NEWER_ELSEWHERE, final=True, status=409)
        return Failure(CONFLICT, final=False, status=409)

    def _seems_locked(self, cell: Cell, failure: Failure) -> bool:
        if failure.status != 500 or cell.attempts < ERRORS_BEFORE_LOCKED:
            return False
        return queue.takes_others(self._database, cell, self._clock() - timedelta(hours=1))

    def _next_score(self, under_way: _UnderWay) -> Score:
        """Before each request: what came before (a look, a token) may have taken long, and the lease must outlast it.

        After a 401, which may have come from behind a gradebook that took the score, it goes out with a later time.
        """
        now, cell = self._clock(), under_way.cell
        if under_way.is_sent or now + POST_TAKES_AT_MOST > cell.lease_until:
            held = queue.extend(self._database, cell, now, is_sent=under_way.is_sent)
            if held is None:
                raise _NoLongerOurs
            under_way.cell = held
        under_way.is_sent = True
        return _score(under_way.cell)


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
