"""What a launch makes of a person: their school, and what they are in it."""

from __future__ import annotations

import pytest
from sqlalchemy import event, select

from lti_tool.lti import roles as lti_roles
from lti_tool.lti.messages import Launch, MessageType, Recorded
from lti_tool.lti.platforms import RECORD_COLUMNS, record_of
from lti_tool.schools import staff, standing
from lti_tool.schools.models import Staff
from lti_tool.schools.standing import NoSchoolError

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#"
INSTRUCTOR, LEARNER, MENTOR = MEMBERSHIP + "Instructor", MEMBERSHIP + "Learner", MEMBERSHIP + "Mentor"
STUDENT, STAFF = INSTITUTION + "Student", INSTITUTION + "Staff"
ADMINISTRATOR = INSTITUTION + "Administrator"
SYSTEM_ADMINISTRATOR = "http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator"


@pytest.fixture
def school(world):
    return world.school()


@pytest.fixture
def platform(world):
    return world.platform(uai_param="uai", profile_param="profil")


@pytest.fixture
def resolve(world, platform, school):
    """Launch somebody with these roles and custom parameters; returns their standing."""

    def resolve(*given, person=None, deployment=None, in_course=False, on=platform, **custom):
        person = person or world.person(on)
        deployment = deployment or world.deployment(on, school)
        read = lti_roles.read(given, in_context=in_course)
        world.session.flush()
        launch = Launch(
            platform=record_of(world.session.execute(select(*RECORD_COLUMNS).filter_by(id=on.id)).one()),
            deployment_pk=deployment.id,
            deployment_id=deployment.deployment_id,
            message=MessageType.RESOURCE_LINK,
            nonce="n",
            sub=person.sub,
            roles=frozenset(given),
            standing=read.standing,
            is_test_user=read.is_test_user,
            is_institution_administrator=read.is_institution_administrator,
            custom=custom,
        )
        recorded = Recorded(person.id, deployment.id, None, None)
        return standing.resolve(world.session, launch, recorded, world.now)

    return resolve


@pytest.mark.parametrize(
    ("roles", "profile", "expected"),
    [
        pytest.param([INSTRUCTOR], None, "teacher", id="Instructor"),
        pytest.param([STAFF], None, "teacher", id="Staff of the institution"),
        pytest.param([LEARNER], None, "pupil", id="Learner"),
        pytest.param([MENTOR], None, "parent", id="Mentor"),
        pytest.param([], None, "guest", id="nothing"),
        pytest.param([SYSTEM_ADMINISTRATOR], None, "guest", id="a system role"),
        pytest.param([], "National_elv", "pupil", id="elv alone"),
        pytest.param([INSTRUCTOR], "National_elv", "pupil", id="elv whatever the roles"),
        pytest.param([INSTRUCTOR], "NATIONAL_ELV", "pupil", id="elv in capitals"),
        pytest.param([INSTRUCTOR], "National_tut", "parent", id="tut whatever the roles"),
        pytest.param([LEARNER], "National_tut", "parent", id="tut beside Learner"),
        pytest.param([], "National_ens", "teacher", id="ens alone"),
        pytest.param([], "National_doc", "teacher", id="doc alone"),
        pytest.param([], " national_evs ", "teacher", id="evs alone"),
        pytest.param([], "National_dir", "administrator", id="dir alone"),
        pytest.param([STAFF], "National_dir", "administrator", id="dir beside Staff"),
        pytest.param([LEARNER], "National_dir", "pupil", id="dir beside Learner"),
        pytest.param([STUDENT], "National_ens", "pupil", id="ens beside Student"),
        pytest.param([INSTRUCTOR, STUDENT], "National_dir", "teacher", id="dir beside Instructor and Student"),
        pytest.param(["Learner"], "National_dir", "pupil", id="dir beside a short Learner"),
        pytest.param(
            [MEMBERSHIP.replace("#", "/") + "Learner#GuestLearner"], "National_dir", "pupil", id="dir beside a sub-role"
        ),
        pytest.param([MENTOR], "National_ens", "parent", id="ens beside Mentor"),
        pytest.param([INSTRUCTOR], "National_xyz", "teacher", id="an unknown profile"),
        pytest.param([ADMINISTRATOR], None, "guest", id="Administrator where that is not trusted"),
    ],
)
def test_the_role_of_a_launch(resolve, roles, profile, expected):
    custom = {"profil": profile} if profile else {}
    assert resolve(*roles, **custom).role == expected


@pytest.mark.parametrize("name", ["profile", "Profil", "PROFIL", "uai"])
def test_a_parameter_that_the_operator_did_not_declare_is_ignored(resolve, name):
    assert resolve(INSTRUCTOR, **{name: "National_dir"}).role == "teacher"


def test_no_parameter_counts_where_none_was_declared(world, school, resolve):
    plain = world.platform("https://lms.example.fr")
    assert resolve(INSTRUCTOR, on=plain, profil="National_dir").role == "teacher"


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        pytest.param([ADMINISTRATOR], "administrator", id="alone"),
        pytest.param([ADMINISTRATOR, INSTRUCTOR], "administrator", id="and Instructor"),
        pytest.param([ADMINISTRATOR, LEARNER], "pupil", id="and Learner"),
        pytest.param([ADMINISTRATOR, MENTOR], "parent", id="and Mentor"),
        pytest.param([SYSTEM_ADMINISTRATOR], "guest", id="of the system"),
    ],
)
def test_an_administrator_of_a_platform_that_is_trusted(world, resolve, roles, expected):
    trusted = world.platform("https://lms.example.fr", trust_administrators=True)
    assert resolve(*roles, on=trusted).role == expected


def test_who_was_named_is_staff_at_later_launches(world, school, platform, resolve):
    head = world.person(platform)
    resolve(STAFF, person=head, profil="National_dir")
    assert world.session.scalars(select(Staff.role)).all() == ["administrator"]
    assert resolve(INSTRUCTOR, person=head, in_course=True).role == "administrator"
    assert resolve(person=head).role == "administrator"
    assert resolve(LEARNER, person=head, in_course=True).role == "pupil"


def test_who_was_invited_is_staff_at_later_launches(world, school, platform, resolve):
    person = world.person(platform)
    staff.name_staff(world.session, person.id, school.id, "teacher", world.now, by="invitation")
    assert resolve(person=person).role == "teacher"
    assert resolve(MENTOR, person=person).role == "teacher"
    elsewhere = world.deployment(platform, world.school("0251235G", "Lycée Pasteur"))
    assert resolve(person=person, deployment=elsewhere).role == "guest"


@pytest.mark.parametrize("bound_here", [True, False])
def test_who_is_bound_as_a_learner_is_a_pupil_whatever_the_launch_says(world, school, platform, resolve, bound_here):
    person = world.person(platform)
    staff.name_staff(world.session, person.id, school.id, "administrator", world.now, by="invitation")
    learner = world.learner(school if bound_here else world.school("0251235G", "Lycée Pasteur"))
    world.bind(person, learner)
    found = resolve(INSTRUCTOR, person=person, profil="National_dir")
    assert (found.role, found.school.id) == ("pupil", school.id)
    assert found.learner_id == (learner.id if bound_here else None)


def test_a_test_user_previews_and_leaves_no_trace(world, resolve):
    found = resolve(lti_roles.TEST_USER, STAFF, profil="National_dir")
    assert (found.role, found.is_test) == ("administrator", True)
    assert world.session.scalars(select(Staff.id)).all() == []
    assert resolve(lti_roles.TEST_USER, LEARNER).role == "pupil"


class TestSchool:
    @pytest.fixture
    def lycee(self, world):
        return world.school("0251235G", "Lycée Pasteur")

    def test_the_only_one_of_the_deployment_is_it(self, resolve, school, lycee):
        assert resolve(LEARNER).school.uai == school.uai
        assert resolve(LEARNER, uai=lycee.uai).school.uai == school.uai

    def test_of_several_the_declared_parameter_chooses(self, world, platform, resolve, school, lycee):
        both = world.deployment(platform, school, lycee)
        for wanted in (school, lycee):
            assert resolve(LEARNER, deployment=both, uai=wanted.uai.lower()).school.id == wanted.id

    @pytest.mark.parametrize(
        "custom",
        [
            pytest.param({}, id="no parameter"),
            pytest.param({"uai": "0251236H"}, id="a school that the deployment does not serve"),
            pytest.param({"UAI": "0251234F"}, id="a parameter that was not declared"),
            pytest.param({"uai": ""}, id="empty"),
        ],
    )
    @pytest.mark.parametrize("role", [LEARNER, INSTRUCTOR])
    def test_where_none_can_be_told_nothing_is_shown(self, world, platform, resolve, school, lycee, custom, role):
        world.school("0251236H", "Lycée Claude")
        both = world.deployment(platform, school, lycee)
        with pytest.raises(NoSchoolError) as refused:
            resolve(role, deployment=both, **custom)
        assert refused.value.status == 403

    def test_a_deployment_without_school(self, world, platform, resolve):
        with pytest.raises(NoSchoolError):
            resolve(LEARNER, deployment=world.deployment(platform))

    def test_a_guest_s_launch_is_accepted_all_the_same(self, world, platform, resolve, school, lycee):
        found = resolve(deployment=world.deployment(platform, school, lycee))
        assert (found.school, found.role) == (None, "guest")


def test_one_query(world, school, platform, resolve):
    person, deployment = world.person(platform), world.deployment(platform, school)
    resolve(STAFF, person=person, deployment=deployment, profil="National_dir")
    statements = []
    event.listen(world.session.get_bind(), "before_cursor_execute", lambda *given: statements.append(given[2]))
    resolve(STAFF, person=person, deployment=deployment, profil="National_dir")
    assert len([each for each in statements if "deployment_schools" in each]) == 1
    assert not [each for each in statements if each.startswith(("INSERT", "UPDATE"))]
