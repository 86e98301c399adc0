"""What somebody is, by the roles of a launch: a closed list, the rest grants nothing (CORE §A.2, `DESIGN.md`)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

_VOCABULARY = "http://purl.imsglobal.org/vocab/lis/v2/"
MEMBERSHIP = _VOCABULARY + "membership"
INSTITUTION = _VOCABULARY + "institution/person#"
INSTITUTION_ADMINISTRATOR = INSTITUTION + "Administrator"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"


class Standing(StrEnum):
    """What the roles make of a person, before the school's own lists are asked. Strongest first."""

    TEACHER = "teacher"
    PUPIL = "pupil"
    MENTOR = "mentor"
    """A parent, or whoever looks after a pupil."""
    NONE = "none"
    """No role that we know: least privilege."""


_MEMBERSHIP_STANDING = {
    "Instructor": Standing.TEACHER,
    "Learner": Standing.PUPIL,
    "Mentor": Standing.MENTOR,
}
_SHORT_NAMES = {*_MEMBERSHIP_STANDING, "Administrator", "ContentDeveloper", "Manager", "Member", "Officer"}
"""Context roles may come by their short names alone (deprecated, CORE §A.2.3); other roles may not."""
_INSTITUTION_STANDING = {
    "Instructor": Standing.TEACHER,
    "Faculty": Standing.TEACHER,
    "Staff": Standing.TEACHER,
    "Student": Standing.PUPIL,
    "Learner": Standing.PUPIL,
    "Mentor": Standing.MENTOR,
    "Guardian": Standing.MENTOR,
}


@dataclass(frozen=True, slots=True)
class Roles:
    """What the roles of a launch say."""

    standing: Standing
    is_test_user: bool
    is_institution_administrator: bool


def read(roles: Collection[str], *, in_context: bool) -> Roles:
    """Judge the roles of a launch.

    In a course its own roles decide, the strongest winning. Without a course membership roles decide where there
    are any, else institution roles. A system role never counts. A mentor by the institution is one everywhere
    where no course's role makes them something.
    """
    membership = [_membership_role(role) for role in roles]
    in_course = [role for role in membership if role is not None]
    at_school = [role.removeprefix(INSTITUTION) for role in roles if role.startswith(INSTITUTION)]
    standing = _strongest(in_course, _MEMBERSHIP_STANDING)
    if standing is Standing.NONE:
        institutional = _strongest(at_school, _INSTITUTION_STANDING)
        if institutional is Standing.MENTOR or not (in_context or in_course):
            standing = institutional
    return Roles(standing, TEST_USER in roles, INSTITUTION_ADMINISTRATOR in roles)


def is_learner(roles: Collection[str]) -> bool:
    """Whether a membership service's roles, long or short, make a learner who is graded (NRPS §2.2)."""
    return _strongest([_membership_role(role) for role in roles], _MEMBERSHIP_STANDING) is Standing.PUPIL


def _membership_role(role: str) -> str | None:
    """The principal role of a context role: `Instructor` also for `…membership/Instructor#Grader` (CORE §A.2.3.1)."""
    if role in _SHORT_NAMES:
        return role
    rest = role.removeprefix(MEMBERSHIP)
    if rest == role:
        return None
    if rest.startswith("#"):
        return rest[1:]
    return rest[1:].partition("#")[0] if rest.startswith("/") else None


def _strongest(names: Collection[str | None], table: dict[str, Standing]) -> Standing:
    found = {table[name] for name in names if name in table}
    return next((standing for standing in Standing if standing in found), Standing.NONE)
