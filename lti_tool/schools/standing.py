"""What a launch makes of a person here: their school, and what they are in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, cast

from sqlalchemy import and_, bindparam, exists, select
from sqlalchemy.orm import Session

from lti_tool.database import Work, core, orm
from lti_tool.errors import N_, RefusedError
from lti_tool.lti.messages import Launch, Recorded
from lti_tool.lti.roles import Standing as LaunchStanding
from lti_tool.prepared import Prepared
from lti_tool.schools import staff
from lti_tool.schools.models import ADMINISTRATOR, GUEST, PUPIL, TEACHER, Binding, DeploymentSchool, School, Staff
from lti_tool.schools.schools import SchoolRef

PARENT = "parent"

PUPIL_PROFILES = frozenset({"national_elv"})
PARENT_PROFILES = frozenset({"national_tut"})
TEACHER_PROFILES = frozenset({"national_ens", "national_doc", "national_evs"})
ADMINISTRATOR_PROFILES = frozenset({"national_dir"})
"""Codes of the national directory, compared without case (`facts/pix.md` §8)."""

_PUPIL_ROLE = re.compile(r"(^|[/#])(Learner|Student)(#|$)")


class NoSchoolError(RefusedError):
    """The launch does not tell the school, and without a school nothing is shown."""

    code = "ETAB_INCONNU"
    status = 403
    sentence = N_("Pix n’est pas encore relié à votre établissement.")
    advice = N_("Prévenez la personne qui gère l’ENT de votre établissement.")


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's place for one session."""

    school: SchoolRef | None
    """None only for a guest or a parent of a deployment that serves several schools."""
    role: str
    """`pupil`, `teacher`, `administrator`, `guest` (no known role) or `parent`."""
    is_test: bool
    learner_id: int | None
    """The line of the school's register to which the person is bound."""
    is_bound_elsewhere: bool = False
    """Bound, but in other schools only."""


def resolve(session: Session | Work, launch: Launch, recorded: Recorded, now: datetime) -> Standing:
    """The school and role of this launch; one query, and a row the first time that it names an administrator.

    Custom parameters count only where the operator declared them for the platform, and a UAI only among those of
    the deployment. Whoever is bound as a learner, in any school, is a pupil, whatever the launch says.
    Raises `NoSchoolError` where no school can be told.
    """
    row = _school_and_bonds(session, launch, recorded.person_id)
    role = _role_of(launch)
    if row is None:
        if role not in (GUEST, PARENT):
            raise NoSchoolError
        return Standing(None, role, launch.is_test_user, None)
    school = SchoolRef(row.id, row.name, row.uai, row.time_zone)
    if launch.is_test_user:
        return Standing(school, role, True, None)
    if row.is_bound:
        return Standing(school, PUPIL, False, row.learner_id, is_bound_elsewhere=row.learner_id is None)
    if role == ADMINISTRATOR and row.staff_role != ADMINISTRATOR:
        by = "profile" if _profile(launch) in ADMINISTRATOR_PROFILES else "platform"
        staff.name_staff(orm(session), recorded.person_id, school.id, ADMINISTRATOR, now, by=by)
    elif row.staff_role is not None and role != PUPIL:
        role = row.staff_role
    return Standing(school, role, False, None)


class _SchoolRow(Protocol):
    """What `_school_and_bonds` selects."""

    id: int
    name: str
    uai: str
    time_zone: str
    learner_id: int | None
    staff_role: str | None
    is_bound: bool


_SCHOOLS_AND_BONDS = Prepared(
    select(
        School.id,
        School.name,
        School.uai,
        School.time_zone,
        Binding.learner_id,
        Staff.role.label("staff_role"),
        exists().where(Binding.person_id == bindparam("person")).correlate(None).label("is_bound"),
    )
    .select_from(School)
    .join(DeploymentSchool, DeploymentSchool.school_id == School.id)
    .outerjoin(Binding, and_(Binding.school_id == School.id, Binding.person_id == bindparam("person")))
    .outerjoin(Staff, and_(Staff.school_id == School.id, Staff.person_id == bindparam("person")))
    .where(DeploymentSchool.deployment_pk == bindparam("deployment"))
    .order_by((School.uai == bindparam("uai")).desc(), School.id)
    .limit(2)
)


def _school_and_bonds(session: Session | Work, launch: Launch, person_id: int) -> _SchoolRow | None:
    """The launch's school, with what ties the person to it; None where no school can be told."""
    wanted = (_parameter(launch.custom, launch.platform.uai_param) or "").upper()
    asked = {"uai": wanted, "person": person_id, "deployment": launch.deployment_pk}
    found = _SCHOOLS_AND_BONDS.rows(core(session), asked)
    if len(found) == 1 or (found and found[0].uai == wanted):
        return cast(_SchoolRow, found[0])
    return None


def _role_of(launch: Launch) -> str:
    """The role by the launch alone: its roles, and the ENT's profile where the operator declared its parameter."""
    profile = _profile(launch)
    if profile in PUPIL_PROFILES:
        return PUPIL
    if profile in PARENT_PROFILES:
        return PARENT
    role = {
        LaunchStanding.TEACHER: TEACHER,
        LaunchStanding.PUPIL: PUPIL,
        LaunchStanding.MENTOR: PARENT,
        LaunchStanding.NONE: GUEST,
    }[launch.standing]
    may_be_raised = role in (TEACHER, GUEST) and not any(_PUPIL_ROLE.search(name) for name in launch.roles)
    if not may_be_raised:
        return role
    if profile in ADMINISTRATOR_PROFILES:
        return ADMINISTRATOR
    if launch.platform.trust_administrators and launch.is_institution_administrator:
        return ADMINISTRATOR
    return TEACHER if profile in TEACHER_PROFILES else role


def _profile(launch: Launch) -> str:
    return (_parameter(launch.custom, launch.platform.profile_param) or "").lower()


def _parameter(custom: Mapping[str, str], name: str | None) -> str | None:
    """A custom parameter by its declared name, exactly: another spelling may come from a teacher's activity."""
    value = custom.get(name) if name is not None else None
    return value.strip() if value else None
