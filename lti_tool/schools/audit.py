"""The audit trail: who did what to whom in a school, by our own identifiers and never by a name."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from lti_tool.schools.models import AuditLine


def record(
    session: Session,
    action: str,
    now: datetime,
    *,
    school_id: int | None,
    person_id: int | None,
    **detail: int | str | None,
) -> None:
    """Add a line, in the caller's transaction: it stands if and only if what it tells of happened.

    `person_id` is who acted, None for the command line or the tool itself. `detail` holds identifiers of ours and
    stable words only.
    """
    session.execute(
        insert(AuditLine).values(school_id=school_id, at=now, person_id=person_id, action=action, detail=detail)
    )
