"""How far a platform's clock is from ours, learnt from the `Date` of its answers (RFC 9110 §6.6.1)."""

from __future__ import annotations

from sqlalchemy import update

from lti_tool.database import Database
from lti_tool.lti.models import Platform
from lti_tool.lti.platforms import PlatformRecord

TOLERANCE_S = 2.0
"""A `Date` header says no more than this about a clock."""


def learn(database: Database, platform: PlatformRecord, offset_s: float | None) -> None:
    """Remember by how many seconds the clock is ahead of ours, where that is news; None tells nothing."""
    if offset_s is None or abs(offset_s - platform.clock_offset_s) <= TOLERANCE_S:
        return
    with database.write() as session:
        session.execute(update(Platform).where(Platform.id == platform.id).values(clock_offset_s=offset_s))
