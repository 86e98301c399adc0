"""Schools, by their UAI, and which deployments serve them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from lti_tool.errors import N_, RefusedError
from lti_tool.schools.models import DeploymentSchool, School

_UAI = re.compile(r"[0-9]{7}[A-Z]")
_CONTROL_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
"""A UAI's letter is the remainder of its number by 23 in an alphabet without I, O and Q."""

PARIS = "Europe/Paris"
_ZONES = {
    "971": "America/Guadeloupe",
    "972": "America/Martinique",
    "973": "America/Cayenne",
    "974": "Indian/Reunion",
    "975": "America/Miquelon",
    "976": "Indian/Mayotte",
    "977": "America/Guadeloupe",  # Saint-Barthélemy
    "978": "America/Guadeloupe",  # Saint-Martin
    # Overseas, the directory of schools and INSEE number the Pacific differently: both are read.
    "983": "Pacific/Noumea",
    "984": "Pacific/Tahiti",
    "985": "Indian/Mayotte",
    "986": "Pacific/Wallis",
    "987": "Pacific/Tahiti",
    "988": "Pacific/Noumea",
}


@dataclass(frozen=True, slots=True)
class SchoolRef:
    """A school as pages and rules need it. `time_zone` is an IANA name."""

    id: int
    name: str
    uai: str
    time_zone: str


_CHECK_UAI = N_("Vérifiez l’UAI de l’établissement.")


class SchoolError(RefusedError):
    """A school cannot be added or found as asked."""

    code = "ETAB"


def normalise_uai(text: str) -> str:
    """The UAI as it is kept: capitals, no spaces. Raises `SchoolError` unless it is seven digits and a letter."""
    uai = "".join(text.split()).upper()
    if not _UAI.fullmatch(uai):
        raise SchoolError(
            code="UAI",
            sentence=N_("Un UAI se compose de sept chiffres et d’une lettre, par exemple 0251234F."),
            advice=_CHECK_UAI,
        )
    return uai


def control_letter(uai: str) -> str:
    """The letter that fits the seven digits of `uai`."""
    return _CONTROL_LETTERS[int(uai[:7]) % len(_CONTROL_LETTERS)]


def control_letter_fits(uai: str) -> bool:
    """Whether the UAI's letter is the one that its digits call for. One that is not is pointed at, never refused."""
    return uai[7:] == control_letter(uai)


def time_zone_of(uai: str) -> str:
    """IANA name of the school's time zone, by its département (the first three digits of the UAI)."""
    return _ZONES.get(uai[:3], PARIS)


def add(session: Session, uai: str, name: str, now: datetime) -> School:
    """A new school. Raises `SchoolError` where the UAI is malformed or known already, or the name is empty."""
    uai = normalise_uai(uai)
    name = " ".join(name.split())
    if not name:
        raise SchoolError(sentence=N_("Le nom de l’établissement manque."))
    if _find(session, uai) is not None:
        raise SchoolError(code="UAI_CONNU", status=409, sentence=N_("Un établissement a déjà l’UAI %(uai)s."), uai=uai)
    school = School(uai=uai, name=name, time_zone=time_zone_of(uai), created_at=now)
    session.add(school)
    session.flush()
    return school


def by_uai(session: Session, uai: str) -> School:
    """The school with this UAI, however it is typed. Raises `SchoolError` where there is none."""
    school = _find(session, normalise_uai(uai))
    if school is None:
        raise SchoolError(
            status=404, sentence=N_("Aucun établissement n’a l’UAI %(uai)s."), advice=_CHECK_UAI, uai=normalise_uai(uai)
        )
    return school


def listing(session: Session) -> list[School]:
    """All schools, by UAI."""
    return list(session.scalars(select(School).order_by(School.uai)))


def assign(session: Session, deployment_pk: int, school_ids: Iterable[int]) -> None:
    """Make the deployment serve exactly these schools."""
    session.execute(delete(DeploymentSchool).where(DeploymentSchool.deployment_pk == deployment_pk))
    rows = [{"deployment_pk": deployment_pk, "school_id": school_id} for school_id in sorted(set(school_ids))]
    if rows:
        session.execute(insert(DeploymentSchool), rows)


def _find(session: Session, uai: str) -> School | None:
    return session.scalar(select(School).where(School.uai == uai))
