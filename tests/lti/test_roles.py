"""Roles: a closed list, the rest grants nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.lti import roles
from lti_tool.lti.roles import Standing
from tests.platform.payloads import INSTITUTION, MEMBERSHIP, SYSTEM

SUB = "http://purl.imsglobal.org/vocab/lis/v2/membership/"
TEACHER, PUPIL, MENTOR, NONE = Standing.TEACHER, Standing.PUPIL, Standing.MENTOR, Standing.NONE


@pytest.mark.parametrize(
    ("names", "in_course", "without_course"),
    [
        pytest.param([MEMBERSHIP + "Instructor"], TEACHER, TEACHER, id="instructor"),
        pytest.param([MEMBERSHIP + "Learner"], PUPIL, PUPIL, id="learner"),
        pytest.param([MEMBERSHIP + "Learner", MEMBERSHIP + "Instructor"], TEACHER, TEACHER, id="the-strongest-wins"),
        pytest.param([SUB + "Instructor#TeachingAssistant"], TEACHER, TEACHER, id="sub-role-of-instructor"),
        pytest.param([SUB + "Learner#GuestLearner"], PUPIL, PUPIL, id="sub-role-of-learner"),
        pytest.param(["Instructor"], TEACHER, TEACHER, id="short-instructor"),
        pytest.param(["Learner"], PUPIL, PUPIL, id="short-learner"),
        pytest.param(["Student"], NONE, NONE, id="short-institution-role-is-none"),
        pytest.param(["Faculty"], NONE, NONE, id="short-faculty-is-none"),
        pytest.param([INSTITUTION + "Faculty"], NONE, TEACHER, id="faculty"),
        pytest.param([INSTITUTION + "Staff"], NONE, TEACHER, id="staff"),
        pytest.param([INSTITUTION + "Instructor"], NONE, TEACHER, id="institution-instructor"),
        pytest.param([INSTITUTION + "Student"], NONE, PUPIL, id="student"),
        pytest.param([INSTITUTION + "Learner"], NONE, PUPIL, id="institution-learner"),
        pytest.param([INSTITUTION + "Student", INSTITUTION + "Staff"], NONE, TEACHER, id="institution-strongest"),
        pytest.param([INSTITUTION + "Student", MEMBERSHIP + "Instructor"], TEACHER, TEACHER, id="course-before-school"),
        pytest.param([INSTITUTION + "Faculty", MEMBERSHIP + "Learner"], PUPIL, PUPIL, id="a-teacher-as-learner"),
        pytest.param([INSTITUTION + "Faculty", MEMBERSHIP + "Member"], NONE, NONE, id="an-unknown-course-role-decides"),
        pytest.param([INSTITUTION + "Administrator"], NONE, NONE, id="institution-administrator"),
        pytest.param([MEMBERSHIP + "ContentDeveloper"], NONE, NONE, id="content-developer"),
        pytest.param([MEMBERSHIP + "Manager"], NONE, NONE, id="manager"),
        pytest.param([MEMBERSHIP + "Member"], NONE, NONE, id="member"),
        pytest.param([SYSTEM + "Administrator", SYSTEM + "SysAdmin"], NONE, NONE, id="system-roles-never-count"),
        pytest.param([SYSTEM + "User", MEMBERSHIP + "Learner"], PUPIL, PUPIL, id="system-roles-take-nothing"),
        pytest.param([MEMBERSHIP + "Mentor"], MENTOR, MENTOR, id="mentor"),
        pytest.param([INSTITUTION + "Mentor"], MENTOR, MENTOR, id="institution-mentor"),
        pytest.param([INSTITUTION + "Guardian"], MENTOR, MENTOR, id="guardian"),
        pytest.param([INSTITUTION + "Guardian", MEMBERSHIP + "Instructor"], TEACHER, TEACHER, id="teacher-and-parent"),
        pytest.param([], NONE, NONE, id="no-role"),
        pytest.param(["", "#", SUB, MEMBERSHIP, INSTITUTION], NONE, NONE, id="fragments"),
        pytest.param([MEMBERSHIP + "instructor"], NONE, NONE, id="another-case"),
        pytest.param([MEMBERSHIP + "Instructor "], NONE, NONE, id="with-a-space"),
        pytest.param(["https://evil.example/membership#Instructor"], NONE, NONE, id="another-vocabulary"),
        pytest.param(["http://purl.imsglobal.org/vocab/lis/v2/membershipx#Instructor"], NONE, NONE, id="near-miss"),
        pytest.param(["urn:lti:role:ims/lis/Instructor"], NONE, NONE, id="lti-1.1"),
    ],
)
def test_standing(names: list[str], in_course: Standing, without_course: Standing) -> None:
    assert roles.read(names, in_context=True).standing is in_course
    assert roles.read(names, in_context=False).standing is without_course


@given(st.lists(st.text()), st.booleans())
def test_no_text_is_a_role_but_those_of_the_list(names: list[str], in_context: bool) -> None:
    judged = roles.read(names, in_context=in_context)
    assert judged.standing is NONE or {"Instructor", "Learner", "Mentor"} & set(names)


@pytest.mark.parametrize(
    ("names", "learner"),
    [
        (["Learner"], True),
        ([MEMBERSHIP + "Learner"], True),
        (["Instructor", "Learner"], False),
        ([MEMBERSHIP + "Instructor"], False),
        (["Mentor"], False),
        ([], False),
    ],
)
def test_members_who_are_graded(names: list[str], learner: bool) -> None:
    assert roles.is_learner(names) is learner
