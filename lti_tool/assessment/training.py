"""Free training in one competence, outside any campaign: what it shows counts for the profile as any test does."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_tool.assessment import runs
from lti_tool.assessment.engine.framework import COMPETENCES
from lti_tool.assessment.engine.items import bank
from lti_tool.assessment.models import Run, Training
from lti_tool.errors import N_, RefusedError

DAYS_BEFORE_RETRYING = 4
"""Calendar days in the school's zone between a training's end and the next in that competence (facts/pix.md §3.3)."""


class NoTrainingError(RefusedError):
    """No such training of this child, or no such competence."""

    code = "ENTRAINEMENT"
    status = 404
    sentence = N_("Cet entraînement n’est pas l’un des vôtres.")
    advice = N_("Revenez à vos compétences, puis choisissez celle que vous voulez travailler.")


class CannotTrainError(RefusedError):
    """Everything of the competence is validated, or the last training is too recent."""

    code = "REPOS"
    status = 403
    sentence = N_("Vous ne pouvez pas encore retenter cette compétence.")
    advice = N_("La page de la compétence dit à partir de quel jour c’est possible. Choisissez-en une autre d’ici là.")


@dataclass(frozen=True, slots=True)
class Offer:
    """What a child may do in a competence."""

    begun: bool
    """A training waits to be gone on with."""
    complete: bool
    """Nothing is left to learn here: every skill is validated."""
    possible_from: date | None
    """The first day, in the school's zone, of another training; None where one may begin at once."""


def of_child(session: Session, child_id: str) -> Mapping[str, Training]:
    """The child's trainings by competence."""
    rows = session.scalars(select(Training).where(Training.child_id == child_id))
    return {row.competence: row for row in rows}


def find(session: Session, child_id: str, competence: str) -> Training:
    """The child's training in this competence; raises `NoTrainingError`."""
    training = _find(session, child_id, competence)
    if training is None:
        raise NoTrainingError
    return training


def offer(session: Session, child_id: str, competence: str, now: datetime, time_zone: str) -> Offer:
    """What the child may do in this competence; raises `NoTrainingError` for one that nobody can train in."""
    _skills(competence)
    training = _find(session, child_id, competence)
    run = session.get_one(Run, training.run_id) if training else None
    if run is None or run.finished_at is None:
        return Offer(run is not None, run is None and not _missing(session, child_id, competence), None)
    today = now.astimezone(ZoneInfo(time_zone)).date()
    first_day = run.finished_at.astimezone(ZoneInfo(time_zone)).date() + timedelta(days=DAYS_BEFORE_RETRYING)
    return Offer(False, not _missing(session, child_id, competence), first_day if today < first_day else None)


def begin(session: Session, child_id: str, competence: str, now: datetime, time_zone: str) -> Training:
    """Train in a competence: what is validated already, wherever that was, is not asked. One begun is gone on with.

    Raises `NoTrainingError` for a competence that the bank lacks, `CannotTrainError`.
    """
    skills = _skills(competence)
    training = _find(session, child_id, competence, lock=True)
    offered = offer(session, child_id, competence, now, time_zone)
    if training is not None and offered.begun:
        return training
    if offered.complete or offered.possible_from:
        raise CannotTrainError
    try:
        with session.begin_nested():
            run = runs.start(
                session,
                child_id=child_id,
                skills=skills,
                length=None,
                seed=secrets.randbits(31),
                now=now,
                carried=set(skills) - _missing(session, child_id, competence),
            )
            if training is None:
                training = Training(child_id=child_id, competence=competence)
                session.add(training)
            training.run_id = run.id
    except IntegrityError:  # a second click was first
        return find(session, child_id, competence)
    return training


def _find(session: Session, child_id: str, competence: str, *, lock: bool = False) -> Training | None:
    statement = select(Training).where(Training.child_id == child_id, Training.competence == competence)
    return session.scalars(statement.with_for_update() if lock else statement).one_or_none()


def _skills(competence: str) -> list[str]:
    skills = [skill.id for skill in bank().skills_of_competence(competence)] if competence in COMPETENCES else []
    if not skills:
        raise NoTrainingError
    return skills


def _missing(session: Session, child_id: str, competence: str) -> set[str]:
    """Skills of the competence that the child is not known to have."""
    known = runs.known(session, child_id)
    return {skill for skill in _skills(competence) if skill not in known or not known[skill].validated}
