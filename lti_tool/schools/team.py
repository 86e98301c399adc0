"""A school's team: who came as staff, who is administrator, who is invited, and who accepted the conditions of use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import CompoundSelect, delete, func, or_, select, update
from sqlalchemy.orm import Session

from lti_tool.errors import N_, RefusedError
from lti_tool.lti.models import Person
from lti_tool.schools import audit, sessions, staff, visits
from lti_tool.schools.models import ADMINISTRATOR, School, Staff, StaffInvitation, StaffVisit

PER_PAGE = 50
ADVISED_ADMINISTRATORS = 2
LONGEST_URL = 500
LONGEST_RECIPIENT = 254
"""Characters of a name or an e-mail address."""


class LastAdministratorError(RefusedError):
    """The school would have no administrator left."""

    code = "DERNIER_ADMIN"
    status = 409
    sentence = N_("Cette personne est le seul administrateur de l’établissement.")
    advice = N_("Nommez d’abord un autre administrateur.")


class UnknownMemberError(RefusedError):
    """No such person in the school's team, or no such invitation."""

    code = "EQUIPE"
    status = 404
    sentence = N_("Cette personne n’est pas dans l’équipe de l’établissement.")
    advice = N_("Revenez à la page de l’équipe.")


class AddressError(RefusedError):
    """What was typed is no address of an ENT."""

    code = "ADRESSE"
    sentence = N_("Indiquez l’adresse complète de votre ENT, par exemple https://ent.example.fr.")


@dataclass(frozen=True, slots=True)
class Member:
    """A person of the team. `named` says that they are staff whatever their ENT says at the next launch."""

    person_id: int
    name: str
    is_administrator: bool
    named: bool
    last_at: datetime | None
    """Their last session as staff; None where they have not come since they were named."""


@dataclass(frozen=True, slots=True)
class Team:
    """A page of the team; `number` counts from 1."""

    members: tuple[Member, ...]
    total: int
    number: int
    administrators: int

    @property
    def pages(self) -> int:
        """How many pages there are; an empty list has one."""
        return max(1, -(-self.total // PER_PAGE))


@dataclass(frozen=True, slots=True)
class Pending:
    """An invitation whose code nobody typed yet."""

    id: int
    recipient: str
    role: str
    sent_at: datetime
    expires_at: datetime


def members(session: Session, school_id: int, *, page: int = 1) -> Team:
    """The team by name, administrators first, a page at a time."""
    of_school = or_(StaffVisit.id.is_not(None), Staff.id.is_not(None))
    source = (
        select(Person)
        .outerjoin(StaffVisit, (StaffVisit.person_id == Person.id) & (StaffVisit.school_id == school_id))
        .outerjoin(Staff, (Staff.person_id == Person.id) & (Staff.school_id == school_id))
        .where(Person.id.in_(_people(school_id)), of_school)
    )
    total, administrators = session.execute(
        source.with_only_columns(func.count(), func.count(func.nullif(Staff.role == ADMINISTRATOR, False)))
    ).one()
    number = min(max(1, page), max(1, -(-total // PER_PAGE)))
    rows = session.execute(
        source.with_only_columns(
            Person.id, Person.given_name, Person.family_name, Staff.role.label("role"), StaffVisit.last_at
        )
        .order_by(
            (func.coalesce(Staff.role, "") == ADMINISTRATOR).desc(), Person.family_name, Person.given_name, Person.id
        )
        .limit(PER_PAGE)
        .offset((number - 1) * PER_PAGE)
    )
    found = tuple(
        Member(
            person_id=row.id,
            name=" ".join(part for part in (row.given_name, row.family_name) if part),
            is_administrator=row.role == ADMINISTRATOR,
            named=row.role is not None,
            last_at=row.last_at,
        )
        for row in rows
    )
    return Team(found, total, number, administrators)


def name_administrator(session: Session, school_id: int, person_id: int, now: datetime, *, by: int) -> None:
    """Make a member of the team an administrator, from their next launch on. Raises `UnknownMemberError`."""
    if session.scalar(select(Person.id).where(Person.id == person_id, Person.id.in_(_people(school_id)))) is None:
        raise UnknownMemberError
    staff.name_staff(session, person_id, school_id, ADMINISTRATOR, now, by="administrator")
    audit.record(session, "staff.appointed", now, school_id=school_id, person_id=by, appointed=person_id)


def withdraw(session: Session, school_id: int, person_id: int, now: datetime, *, by: int) -> None:
    """Take back that the person was named: their ENT alone says then what they are. Also how one leaves oneself.

    Raises `UnknownMemberError`, and `LastAdministratorError` where nobody would be left.
    """
    # Of two administrators who leave at once, the second waits here and finds itself the last.
    session.execute(select(School.id).where(School.id == school_id).with_for_update())
    named = session.execute(select(Staff.person_id, Staff.role).where(Staff.school_id == school_id))
    roles = {row.person_id: row.role for row in named}
    if person_id not in roles:
        raise UnknownMemberError
    others = [role for other, role in roles.items() if other != person_id]
    if roles[person_id] == ADMINISTRATOR and ADMINISTRATOR not in others:
        raise LastAdministratorError
    session.execute(delete(Staff).where(Staff.school_id == school_id, Staff.person_id == person_id))
    audit.record(session, "staff.withdrawn", now, school_id=school_id, person_id=by, withdrawn=person_id)
    sessions.end_of_person(session, person_id)


def pending(session: Session, school_id: int, now: datetime) -> Sequence[Pending]:
    """The school's invitations that can still be taken, the newest first."""
    rows = session.scalars(
        select(StaffInvitation)
        .where(
            StaffInvitation.school_id == school_id,
            StaffInvitation.used_at.is_(None),
            StaffInvitation.expires_at > now,
        )
        .order_by(StaffInvitation.created_at.desc(), StaffInvitation.id.desc())
        .limit(PER_PAGE)
    )
    return [Pending(row.id, row.recipient, row.role, row.expires_at - staff.GOOD_FOR, row.expires_at) for row in rows]


def invite(session: Session, school_id: int, role: str, recipient: str, now: datetime, *, by: int) -> str:
    """A new one-time code for somebody, whose name or address is kept to tell invitations apart.

    An invitation of the same recipient that still waits gives way to it (facts/pix.md §7).
    """
    recipient = " ".join(recipient.split())[:LONGEST_RECIPIENT]
    waits = (StaffInvitation.school_id == school_id) & StaffInvitation.used_at.is_(None)
    if recipient:
        session.execute(delete(StaffInvitation).where(waits, StaffInvitation.recipient == recipient))
    code = staff.invite(session, school_id, role, now, invited_by=by)
    session.execute(
        update(StaffInvitation).where(StaffInvitation.code_hash == staff.code_hash(code)).values(recipient=recipient)
    )
    return code


def invite_again(session: Session, school_id: int, invitation_id: int, now: datetime, *, by: int) -> tuple[str, str]:
    """Another code for the same person, good for seven days from now; the one before is worth nothing any more.

    Returns the recipient and the code.
    """
    before = _invitation(session, school_id, invitation_id)
    session.delete(before)
    session.flush()
    return before.recipient, invite(session, school_id, before.role, before.recipient, now, by=by)


def cancel(session: Session, school_id: int, invitation_id: int, now: datetime, *, by: int) -> None:
    """Make the invitation's code worth nothing."""
    session.delete(_invitation(session, school_id, invitation_id))
    audit.record(session, "staff.invitation_cancelled", now, school_id=school_id, person_id=by)


def accept_conditions(session: Session, person_id: int, school_id: int, now: datetime) -> None:
    """The person accepts the conditions of use; a second time changes nothing."""
    visits.note(session, person_id, school_id, now)
    session.execute(
        update(StaffVisit)
        .where(StaffVisit.person_id == person_id, StaffVisit.school_id == school_id, StaffVisit.accepted_at.is_(None))
        .values(accepted_at=now)
    )


def has_accepted(session: Session, person_id: int, school_id: int) -> bool:
    """Whether the person accepted the conditions of use."""
    accepted = select(StaffVisit.accepted_at).where(
        StaffVisit.person_id == person_id, StaffVisit.school_id == school_id
    )
    return session.scalar(accepted) is not None


def ent_url(session: Session, school_id: int) -> str | None:
    """Where the school's pupils find their ENT."""
    return session.scalar(select(School.ent_url).where(School.id == school_id))


def set_ent_url(session: Session, school_id: int, typed: str, now: datetime, *, by: int) -> None:
    """Say where the pupils find their ENT; nothing typed forgets it. Raises `AddressError`."""
    address = typed.strip()
    if address and not _is_web_address(address):
        raise AddressError
    session.execute(update(School).where(School.id == school_id).values(ent_url=address or None))
    audit.record(session, "school.ent_address", now, school_id=school_id, person_id=by)


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(host) and len(text) <= LONGEST_URL and not set(text) & set(' "<>')


def _people(school_id: int) -> CompoundSelect[int]:
    return (
        select(StaffVisit.person_id)
        .where(StaffVisit.school_id == school_id)
        .union(select(Staff.person_id).where(Staff.school_id == school_id))
    )


def _invitation(session: Session, school_id: int, invitation_id: int) -> StaffInvitation:
    found = session.get(StaffInvitation, invitation_id)
    if found is None or found.school_id != school_id or found.used_at is not None:
        raise UnknownMemberError
    return found
