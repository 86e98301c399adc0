"""What an operator reads and does about all grades: how many wait and for how long, per platform; try again now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from lti_tool.database import wake_after_commit
from lti_tool.grades.cells import GRADES_QUEUE, in_order
from lti_tool.grades.models import ACCEPTED, NOT_NEEDED, REFUSED, WAITING, Grade, LineItem, Outage
from lti_tool.grades.reasons import BY_A_TEACHER
from lti_tool.lti.models import Platform
from lti_tool.schools.models import Binding, Learner


@dataclass(frozen=True, slots=True)
class PlatformStatus:
    """The grades of one platform."""

    platform: int
    issuer: str
    accepted: int
    waiting: int
    refused: int
    oldest_waiting_s: float | None
    """For how long the oldest has been wanted; None where none waits."""
    refused_by_reason: Mapping[str, int]
    down: bool
    """Left alone for the moment, since it does not answer."""

    @property
    def desired(self) -> int:
        return self.accepted + self.waiting + self.refused


def status(session: Session, now: datetime) -> tuple[PlatformStatus, ...]:
    """Where the grades of each platform stand, by its id; platforms without any are there too.

    What nobody may send for the moment does not count: its learner was deactivated, or their account is bound no more.
    """
    counts: dict[int, dict[str, int]] = {}
    reasons: dict[int, dict[str, int]] = {}
    oldest: dict[int, datetime] = {}
    rows = session.execute(
        select(LineItem.platform_id, Grade.state, Grade.reason, func.count(), func.min(Grade.wanted_at))
        .join(LineItem, LineItem.id == Grade.line_item_id)
        .join(Learner, Learner.id == Grade.learner_id)
        .outerjoin(Binding, and_(Binding.learner_id == Grade.learner_id, Binding.person_id == Grade.person_id))
        .where(Grade.state != NOT_NEEDED, or_(Grade.state != WAITING, and_(Learner.active, Binding.id.is_not(None))))
        .group_by(LineItem.platform_id, Grade.state, Grade.reason)
    )
    for platform_id, state, reason, count, wanted_at in rows:
        of_platform = counts.setdefault(platform_id, {})
        of_platform[state] = of_platform.get(state, 0) + count
        if state == REFUSED:
            reasons.setdefault(platform_id, {})[reason or ""] = count
        if state == WAITING:
            oldest[platform_id] = min(wanted_at, oldest.get(platform_id, wanted_at))
    platforms = session.execute(
        select(Platform.id, Platform.issuer, Outage.until)
        .outerjoin(Outage, Outage.platform_id == Platform.id)
        .order_by(Platform.id)
    )
    return tuple(
        PlatformStatus(
            platform=platform_id,
            issuer=issuer,
            accepted=counts.get(platform_id, {}).get(ACCEPTED, 0),
            waiting=counts.get(platform_id, {}).get(WAITING, 0),
            refused=counts.get(platform_id, {}).get(REFUSED, 0),
            oldest_waiting_s=(now - oldest[platform_id]).total_seconds() if platform_id in oldest else None,
            refused_by_reason=reasons.get(platform_id, {}),
            down=until is not None and until > now,
        )
        for platform_id, issuer, until in platforms
    )


def retry(session: Session, now: datetime, platform_id: int | None = None) -> int:
    """Try everything again now that waits or was refused, on one platform or all; returns how many grades.

    What a teacher changed in the gradebook stays: only a teacher's own click replaces it.
    """
    of_platform = [] if platform_id is None else [LineItem.platform_id == platform_id]
    session.execute(delete(Outage).where(*([] if platform_id is None else [Outage.platform_id == platform_id])))
    session.execute(
        update(LineItem)
        .where(LineItem.url.is_(None), LineItem.reason.is_not(None), *of_platform)
        .values(next_try_at=now, attempts=0)
        .execution_options(synchronize_session=False)
    )
    statement = (
        update(Grade)
        .where(
            in_order(
                Grade.line_item_id.in_(select(LineItem.id).where(*of_platform)),
                or_(Grade.state == WAITING, and_(Grade.state == REFUSED, Grade.reason.not_in(BY_A_TEACHER))),
            )
        )
        .values(state=WAITING, reason=None, version=Grade.version + 1, next_try_at=now, attempts=0)
        .returning(Grade.id)
    )
    retried = session.scalars(statement.execution_options(synchronize_session=False)).all()
    wake_after_commit(session, GRADES_QUEUE)
    return len(retried)
