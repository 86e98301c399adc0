"""Sessions of the tool: one person, one school, one role, twelve hours at most; a row that holds the cookie's hash."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, delete, insert, select
from sqlalchemy.orm import Session

from lti_tool.database import Work, core
from lti_tool.lti.models import ACTIVE, Person, Platform
from lti_tool.prepared import Prepared
from lti_tool.schools import visits
from lti_tool.schools.models import ADMINISTRATOR, TEACHER, Binding, HandOver, Learner, School, WebSession
from lti_tool.schools.schools import SchoolRef
from lti_tool.vault import hash_secret

LONGEST = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class LearnerRef:
    """The line of the register to which the session's person is bound in the session's school."""

    id: int
    child_id: str
    """The child behind the line: what the assessment knows them by."""
    first_name: str
    last_name: str
    """The usage name where there is one."""
    division: str
    active: bool
    """An inactive learner can neither start nor send."""


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """Who is there, where, and as what."""

    id: int
    person_id: int
    platform_id: int
    platform_auth_url: str
    """The platform's authorization endpoint: pages of its origin may frame ours."""
    school: SchoolRef
    role: str
    """`pupil`, `teacher`, `administrator` or `guest`."""
    is_test: bool
    """A platform's test user: previews, and leaves no trace."""
    given_name: str | None
    """As the platform gives it; None where it gives no names."""
    family_name: str | None
    learner: LearnerRef | None


_OPEN = Prepared(
    insert(WebSession),
    ("token_hash", "person_id", "school_id", "role", "is_test", "created_at", "expires_at"),
)
_CURRENT = Prepared(
    select(
        WebSession.id,
        and_(
            WebSession.person_id == bindparam("person_id"),
            WebSession.school_id == bindparam("school_id"),
            WebSession.role == bindparam("role"),
            WebSession.is_test == bindparam("is_test"),
            WebSession.expires_at > bindparam("now"),
        ).label("is_theirs"),
    ).where(WebSession.token_hash == bindparam("token_hash"))
)
_FIND = Prepared(
    select(
        WebSession.id,
        WebSession.person_id,
        WebSession.role,
        WebSession.is_test,
        Person.platform_id,
        Platform.auth_url,
        Person.given_name,
        Person.family_name,
        School.id.label("school_id"),
        School.name.label("school_name"),
        School.uai,
        School.time_zone,
        Learner.id.label("learner_id"),
        Learner.child_id,
        Learner.first_name,
        Learner.last_name,
        Learner.preferred_last_name,
        Learner.division,
        Learner.active,
    )
    .join(Person, Person.id == WebSession.person_id)
    .join(Platform, and_(Platform.id == Person.platform_id, Platform.status == ACTIVE))
    .join(School, School.id == WebSession.school_id)
    .outerjoin(Binding, and_(Binding.person_id == Person.id, Binding.school_id == School.id))
    .outerjoin(Learner, Learner.id == Binding.learner_id)
    .where(WebSession.token_hash == bindparam("token_hash"), WebSession.expires_at > bindparam("now"))
)


def open_session(
    session: Session | Work,
    *,
    person_id: int,
    school_id: int,
    role: str,
    is_test: bool,
    now: datetime,
    current_token: str | None,
    browser: str | None = None,
    seen_today: bool = False,
) -> str | None:
    """The token of a new session, or None where the browser's current one is of the same person, school and role.

    A current session of anybody else, or in another role or school, ends here: the tabs that were opened in it
    can act for nobody any more. `browser`: fingerprint of the browser's secret, for `form_owner`. `seen_today`: this
    person's visit was noted within the day, and once a day is enough.
    """
    connection = core(session)
    wanted = {"person_id": person_id, "school_id": school_id, "role": role, "is_test": is_test}
    if current_token is not None:
        asked = {"token_hash": hash_secret(current_token), "now": now, **wanted}
        current = _CURRENT.first(connection, asked)
        if current is not None and current.is_theirs:
            return None
        if current is not None:
            end(session, current.id)
    if role in (TEACHER, ADMINISTRATOR) and not is_test and not seen_today:
        visits.note(session, person_id, school_id, now)
    token = f"{secrets.token_urlsafe(32)}.{browser or secrets.token_hex(32)}"
    lasts = {"created_at": now, "expires_at": now + LONGEST}
    _OPEN.rows(connection, {"token_hash": hash_secret(token), **wanted, **lasts})
    return token


def find(session: Session, tokens: Sequence[str], now: datetime) -> SessionInfo | None:
    """Whose session the cookies name, in one query.

    None where there is no token, where two tokens disagree, or where the session has ended, run out, or belongs
    to a platform that is not active.
    """
    if len(set(tokens)) != 1:
        return None
    asked = {"token_hash": hash_secret(tokens[0]), "now": now}
    row = _FIND.first(core(session), asked)
    if row is None:
        return None
    learner = None
    if row.learner_id is not None:
        last_name = row.preferred_last_name or row.last_name
        learner = LearnerRef(row.learner_id, row.child_id, row.first_name, last_name, row.division, row.active)
    return SessionInfo(
        id=row.id,
        person_id=row.person_id,
        platform_id=row.platform_id,
        platform_auth_url=row.auth_url,
        school=SchoolRef(row.school_id, row.school_name, row.uai, row.time_zone),
        role=row.role,
        is_test=row.is_test,
        given_name=row.given_name,
        family_name=row.family_name,
        learner=learner,
    )


def form_owner(info: SessionInfo, token: str) -> str:
    """Whose the forms of a session are: this person's, in this school and role, in this browser.

    Not the session's alone: two activities that are opened at once begin a session each, and the second takes the
    first one's place in the browser. The forms of both tabs are the same person's, and of nobody who comes after them.
    """
    browser = token.rpartition(".")[2]
    return f"{info.person_id} {info.school.id} {info.role} {info.is_test} {browser}"


def end(session: Session | Work, session_id: int) -> None:
    """End one session."""
    core(session).execute(delete(WebSession).where(WebSession.id == session_id))


def end_of_person(session: Session, person_id: int) -> None:
    """End all sessions of a person, begun or handed over: they were unbound or erased, or their role was taken."""
    session.execute(delete(HandOver).where(HandOver.person_id == person_id))
    session.execute(delete(WebSession).where(WebSession.person_id == person_id))


def end_of_platform(session: Session, platform_id: int) -> None:
    """End all sessions of a platform's people: it was suspended."""
    of_platform = select(Person.id).where(Person.platform_id == platform_id)
    session.execute(delete(HandOver).where(HandOver.person_id.in_(of_platform)))
    session.execute(delete(WebSession).where(WebSession.person_id.in_(of_platform)))


def forget_expired(session: Session, now: datetime) -> None:
    """Delete the sessions that ran out."""
    session.execute(delete(WebSession).where(WebSession.expires_at <= now))
