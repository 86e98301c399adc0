"""What came of tries, written down: only by whoever made a cell's last one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import BindParameter, ColumnElement, Table, Update, and_, bindparam, case, null, select, update
from sqlalchemy.orm import Session

from lti_tool.grades import outages
from lti_tool.grades.failures import Failure
from lti_tool.grades.models import ACCEPTED, LOCKING_ORDER, REFUSED, Grade
from lti_tool.grades.retrying import Jitter, back_off
from lti_tool.grades.tries import Accepted, Cell, PutBack, Tried, says_platform_is_ill

_GRADES = cast(Table, Grade.__table__)


def write_down(session: Session, tried: Tried, now: datetime, jitter: Jitter) -> None:
    """In the cells' locking order; rows of several kinds of outcome are taken first.

    A row that somebody has tried since is left alone. Where something newer came to be wanted meanwhile, what was
    accepted is noted and the row goes on waiting.
    """
    if not tried:
        return
    by_statement: dict[Update, list[dict[str, object]]] = {}
    for cell, outcome in sorted(tried, key=lambda each: (each[0].line_item_id, each[0].learner_id)):
        values: dict[str, object] = {"grade": cell.grade_id, "timestamp": cell.timestamp, "tried": cell.version}
        match outcome:
            case Accepted():
                statement = _ACCEPT
                values |= {"score": outcome.score, "now": now}
            case Failure(final=True):
                statement = _REFUSE
                values |= {"why": outcome.reason}
            case Failure():
                statement = _POSTPONE
                wait = max(outcome.wait or timedelta(0), back_off(cell.attempts, jitter))
                values |= {"why": outcome.reason, "then": now + wait}
            case PutBack():
                statement = _PUT_BACK
        by_statement.setdefault(statement, []).append(values)
    if len(by_statement) > 1:
        ids = [cell.grade_id for cell, _ in tried]
        session.execute(select(Grade.id).where(Grade.id.in_(ids)).order_by(*LOCKING_ORDER).with_for_update())
    for statement, rows in by_statement.items():
        session.execute(statement, rows)
    _note_outages(session, tried, now, jitter)


def _note_outages(session: Session, tried: Tried, now: datetime, jitter: Jitter) -> None:
    """One good answer is enough to know that a platform is there."""
    by_platform: dict[int, list[tuple[Cell, Accepted | Failure]]] = {}
    for cell, outcome in tried:
        if not isinstance(outcome, PutBack):
            by_platform.setdefault(cell.platform.id, []).append((cell, outcome))
    for platform_id, outcomes in sorted(by_platform.items()):
        ills = [(cell, outcome) for cell, outcome in outcomes if says_platform_is_ill(outcome)]
        if len(ills) < len(outcomes):
            if ills or any(cell.platform_failures for cell, _ in outcomes):
                outages.answered(session, platform_id, now)
            continue
        for cell, ill in ills:
            # No answer at all says more than an error: that may be the cell's own.
            of_cell = cell.grade_id if ill.status is not None else None
            outages.failed(session, platform_id, of_cell, now, jitter, asked_to_wait=ill.wait)


def _if_newest(value: BindParameter[Any] | None, column: str) -> ColumnElement[Any]:
    """The value, for a row whose version is still the one that was tried; else what stands there."""
    stands = _GRADES.c[column]
    given = null() if value is None else value
    return case((_GRADES.c.version == bindparam("tried"), given), else_=stands)


def _write_back(**values: Any) -> Update:
    """Only where nobody has tried the cell since: each try has a timestamp of its own."""
    ours = and_(_GRADES.c.id == bindparam("grade"), _GRADES.c.last_timestamp == bindparam("timestamp"))
    return update(_GRADES).where(ours).values(lease_until=None, **values)


_ACCEPT = _write_back(
    accepted_version=bindparam("tried"),
    accepted_score=bindparam("score"),
    accepted_at=bindparam("now"),
    sent_scores=[],
    state=_if_newest(bindparam("accepted", ACCEPTED), "state"),
    reason=_if_newest(None, "reason"),
    next_try_at=_if_newest(None, "next_try_at"),
    attempts=_if_newest(bindparam("none", 0), "attempts"),
)
_REFUSE = _write_back(
    state=_if_newest(bindparam("refused", REFUSED), "state"),
    reason=_if_newest(bindparam("why", type_=_GRADES.c.reason.type), "reason"),
    next_try_at=_if_newest(None, "next_try_at"),
)
_POSTPONE = _write_back(
    reason=_if_newest(bindparam("why", type_=_GRADES.c.reason.type), "reason"),
    next_try_at=_if_newest(bindparam("then", type_=_GRADES.c.next_try_at.type), "next_try_at"),
)
_PUT_BACK = _write_back()
