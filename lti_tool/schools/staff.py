"""Who is staff of a school by being named: one-time codes, and what makes an administrator."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import exists, insert, select, update
from sqlalchemy.orm import Session

from lti_tool.errors import N_, RefusedError
from lti_tool.lti.upsert import insert_unless_there
from lti_tool.schools import audit
from lti_tool.schools.models import ADMINISTRATOR, PUPIL, TEACHER, Binding, Staff, StaffInvitation
from lti_tool.schools.sessions import SessionInfo
from lti_tool.vault import hash_secret

GOOD_FOR = timedelta(days=7)
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_LENGTH = 12  # 60 bits: nobody guesses one in a week


class InvitationError(RefusedError):
    """The code cannot be taken."""

    code = "INVITATION"
    status = 400
    sentence = N_("Ce code d’invitation n’est pas valable.")
    advice = N_("Vérifiez le code, ou demandez-en un nouveau à la personne qui vous l’a donné.")


def invite(session: Session, school_id: int, role: str, now: datetime, *, invited_by: int | None = None) -> str:
    """A new one-time code, good for seven days, that makes who types it `teacher` or `administrator` of the school.

    Only its hash is kept. `invited_by` is the administrator who asked for it, None for the operator.
    """
    if role not in (TEACHER, ADMINISTRATOR):
        raise ValueError(f"not a role of staff: {role}")
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    session.execute(
        insert(StaffInvitation).values(
            school_id=school_id, code_hash=hash_secret(letters), role=role, expires_at=now + GOOD_FOR, created_at=now
        )
    )
    audit.record(session, "staff.invited", now, school_id=school_id, person_id=invited_by, role=role)
    return "-".join(letters[start : start + 4] for start in range(0, _LENGTH, 4))


def redeem(session: Session, code: str, info: SessionInfo, now: datetime) -> str:
    """Make the session's person staff of its school; returns their role there. The code is spent.

    The caller then opens a session in that role, which ends this one. Raises `InvitationError` where the code is
    unknown, spent, too old or of another school, and for pupils and test users, who never take one.
    """
    if info.role == PUPIL or info.is_test or _is_bound(session, info.person_id):
        raise InvitationError(
            code="INVITATION_ELEVE",
            status=403,
            sentence=N_("Ce code est réservé au personnel de l’établissement."),
            advice=N_("Rouvrez Pix depuis votre ENT pour continuer."),
        )
    role = session.scalar(
        update(StaffInvitation)
        .where(
            StaffInvitation.code_hash == code_hash(code),
            StaffInvitation.school_id == info.school.id,
            StaffInvitation.used_at.is_(None),
            StaffInvitation.expires_at > now,
        )
        .values(used_at=now)
        .returning(StaffInvitation.role)
        .execution_options(synchronize_session=False)
    )
    if role is None:
        raise InvitationError
    return name_staff(session, info.person_id, info.school.id, role, now, by="invitation")


def code_hash(code: str) -> str:
    """What is kept of an invitation's code, however it was typed."""
    return hash_secret(_letters(code))


def name_staff(session: Session, person_id: int, school_id: int, role: str, now: datetime, *, by: str) -> str:
    """Keep that the person is staff of the school; an administrator stays one. Returns the role that holds.

    `by` says what named them: `invitation`, `profile`, `platform` or `administrator`.
    """
    row = {"person_id": person_id, "school_id": school_id, "role": role, "created_at": now}
    if not insert_unless_there(session, Staff, row, unique=["person_id", "school_id"]):
        held = session.scalars(
            select(Staff.role).where(Staff.person_id == person_id, Staff.school_id == school_id)
        ).one()
        if held in (ADMINISTRATOR, role):
            return held
        session.execute(
            update(Staff).where(Staff.person_id == person_id, Staff.school_id == school_id).values(role=role)
        )
    audit.record(session, "staff.named", now, school_id=school_id, person_id=person_id, role=role, by=by)
    return role


def _is_bound(session: Session, person_id: int) -> bool:
    return bool(session.scalar(select(exists().where(Binding.person_id == person_id))))


def _letters(code: str) -> str:
    """The code without what people add to it: spaces, dashes, small letters."""
    return "".join(letter for letter in code.upper() if letter.isalnum())
