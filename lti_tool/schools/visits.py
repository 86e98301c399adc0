"""Who came as staff of a school, though nobody named them: noted when their session is opened."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from lti_tool.database import Work
from lti_tool.lti.upsert import insert_or_update
from lti_tool.schools.models import StaffVisit


def note(session: Session | Work, person_id: int, school_id: int, now: datetime) -> None:
    """Remember that the person came as staff of the school."""
    row = {"person_id": person_id, "school_id": school_id, "first_at": now, "last_at": now}
    insert_or_update(session, StaffVisit, row, unique=["person_id", "school_id"], update=["last_at"])
