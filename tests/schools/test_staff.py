"""Staff by a one-time code."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from lti_tool.schools import staff
from lti_tool.schools.models import AuditLine, Staff, StaffInvitation
from lti_tool.schools.staff import InvitationError


def _held(world):
    return world.session.scalars(select(Staff.role)).all()


@pytest.mark.parametrize("role", ["teacher", "administrator"])
def test_a_code_makes_a_guest_staff_once(world, role):
    school = world.school()
    platform = world.platform()
    code = staff.invite(world.session, school.id, role, world.now)
    guest = world.enter(world.person(platform), school, "guest")

    assert staff.redeem(world.session, code, guest, world.now) == role

    assert _held(world) == [role]
    other = world.enter(world.person(platform), school, "guest")
    with pytest.raises(InvitationError):
        staff.redeem(world.session, code, other, world.now)
    assert _held(world) == [role]


def test_the_code_is_taken_as_people_type_it_and_kept_as_a_hash(world):
    school = world.school()
    code = staff.invite(world.session, school.id, "teacher", world.now)
    assert code.replace("-", "") not in world.session.scalar(select(StaffInvitation.code_hash))
    guest = world.enter(world.person(world.platform()), school, "guest")
    assert staff.redeem(world.session, f" {code.lower().replace('-', ' ')} ", guest, world.now) == "teacher"


def test_an_administrator_who_takes_a_teacher_s_code_stays_one(world):
    school = world.school()
    head = world.person(world.platform())
    staff.name_staff(world.session, head.id, school.id, "administrator", world.now, by="profile")
    code = staff.invite(world.session, school.id, "teacher", world.now)
    assert staff.redeem(world.session, code, world.enter(head, school, "administrator"), world.now) == "administrator"


def test_a_teacher_becomes_administrator_and_the_trail_says_by_what(world):
    school = world.school()
    teacher = world.person(world.platform())
    for role in ("teacher", "administrator", "administrator"):
        staff.name_staff(world.session, teacher.id, school.id, role, world.now, by="invitation")
    assert _held(world) == ["administrator"]
    named = world.session.scalars(select(AuditLine).order_by(AuditLine.id)).all()
    assert [(line.action, line.detail) for line in named] == [
        ("staff.named", {"role": "teacher", "by": "invitation"}),
        ("staff.named", {"role": "administrator", "by": "invitation"}),
    ]


def test_refused(world):
    school, elsewhere, platform = world.school(), world.school("0251235G", "Lycée Pasteur"), world.platform()
    code = staff.invite(world.session, school.id, "teacher", world.now)
    bound = world.person(platform)
    world.bind(bound, world.learner(elsewhere))
    cases = [
        (world.enter(world.person(platform), school, "pupil"), code, world.now, 403),
        (world.enter(world.person(platform), school, "teacher", is_test=True), code, world.now, 403),
        (world.enter(bound, school, "guest"), code, world.now, 403),
        (world.enter(world.person(platform), elsewhere, "guest"), code, world.now, 400),
        (world.enter(world.person(platform), school, "guest"), "AAAA-BBBB-CCCC", world.now, 400),
        (world.enter(world.person(platform), school, "guest"), "", world.now, 400),
        (world.enter(world.person(platform), school, "guest"), code, world.now + timedelta(days=7), 400),
    ]
    for info, typed, when, status in cases:
        with pytest.raises(InvitationError) as refused:
            staff.redeem(world.session, typed, info, when)
        assert refused.value.status == status
    assert _held(world) == []


def test_only_roles_of_staff_are_given(world):
    with pytest.raises(ValueError, match="pupil"):
        staff.invite(world.session, world.school().id, "pupil", world.now)
