"""From a frame where no cookie lives to a window of its own: a session that waits, for a minute, to be begun once.

The launch was verified in the frame. The page there holds the token in a form; no address ever does. The row is taken
away by whoever brings the token first, so that a second window, or somebody who found it, gets nothing.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from lti_tool.schools.models import HandOver
from lti_tool.vault import hash_secret

LIFETIME = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Whose session the window begins, and with which page."""

    person_id: int
    school_id: int
    role: str
    is_test: bool
    page: str
    """A path of ours."""


def offer(session: Session, handed: HandedOver, now: datetime) -> str:
    """The token with which a window may begin this session within `LIFETIME`."""
    token = secrets.token_urlsafe(32)
    session.execute(
        insert(HandOver).values(
            token_hash=hash_secret(token),
            person_id=handed.person_id,
            school_id=handed.school_id,
            role=handed.role,
            is_test=handed.is_test,
            page=handed.page,
            expires_at=now + LIFETIME,
        )
    )
    return token


def take(session: Session, token: str, now: datetime) -> HandedOver | None:
    """What the token was given for, this one time; None where it is unknown, taken, or older than `LIFETIME`."""
    row = session.execute(
        delete(HandOver)
        .where(HandOver.token_hash == hash_secret(token), HandOver.expires_at > now)
        .returning(HandOver.person_id, HandOver.school_id, HandOver.role, HandOver.is_test, HandOver.page)
    ).one_or_none()
    return None if row is None else HandedOver(*row)


def forget_expired(session: Session, now: datetime) -> None:
    """Delete those that nobody took in time."""
    session.execute(delete(HandOver).where(HandOver.expires_at <= now))
