"""The operator's way in: a link that is opened once, within the hour, and the session that it begins."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from lti_tool.schools.models import OperatorPass
from lti_tool.vault import hash_secret

LINK_LIFETIME = timedelta(hours=1)
SESSION_LIFETIME = timedelta(hours=1)


def make_link(session: Session, now: datetime) -> tuple[str, datetime]:
    """The secret of a new one-time link, and when it ends. Only its hash is kept."""
    secret, expires_at = secrets.token_urlsafe(32), now + LINK_LIFETIME
    session.execute(insert(OperatorPass).values(link_hash=hash_secret(secret), created_at=now, expires_at=expires_at))
    return secret, expires_at


def open_link(session: Session, secret: str, now: datetime) -> str | None:
    """Spend the link: the token of the operator's session, or None where it is unknown, spent or too old."""
    token = secrets.token_urlsafe(32)
    opened = session.scalar(
        update(OperatorPass)
        .where(
            OperatorPass.link_hash == hash_secret(secret),
            OperatorPass.token_hash.is_(None),
            OperatorPass.expires_at > now,
        )
        .values(token_hash=hash_secret(token), expires_at=now + SESSION_LIFETIME)
        .returning(OperatorPass.id)
        .execution_options(synchronize_session=False)
    )
    return None if opened is None else token


def is_operator(session: Session, token: str, now: datetime) -> bool:
    """Whether this is the token of an operator's session that lasts."""
    found = session.scalar(
        select(OperatorPass.id).where(OperatorPass.token_hash == hash_secret(token), OperatorPass.expires_at > now)
    )
    return found is not None


def leave(session: Session, token: str) -> None:
    """End the session."""
    session.execute(delete(OperatorPass).where(OperatorPass.token_hash == hash_secret(token)))


def forget_expired(session: Session, now: datetime) -> None:
    """Delete links and sessions that ran out."""
    session.execute(delete(OperatorPass).where(OperatorPass.expires_at <= now))
