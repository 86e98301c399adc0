"""The school of the demo ENT: ten people, two courses, one UAI, as data that a script can read too."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#"

SCHOOL_UAI = "0251234F"
SCHOOL_NAME = "Collège Jean-Rostand"


class Kind(StrEnum):
    """What somebody is in the school; the value is the heading of the home page's group."""

    PUPIL = "Élèves"
    TEACHER = "Enseignants"
    HEAD = "Direction"
    PARENT = "Parents"
    VISITOR = "Sans rôle"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account in the ENT."""

    login: str
    """Readable name of the account, the value of the home page's button."""
    sub: str
    """Opaque and stable: the `sub` of every id_token and the `user_id` of the services."""
    given_name: str
    family_name: str
    kind: Kind
    label: str
    """What stands beside the name on the ENT's pages."""
    institution_roles: tuple[str, ...]
    """Sent with every launch; the only roles of a launch without a course."""
    profile: str
    """The ENT's own national profile (`National_elv`…); empty for somebody who has none."""
    division: str | None = None
    birthdate: date | None = None
    """As in the register. Never sent: LTI has no claim for it."""

    @property
    def full_name(self) -> str:
        """Given name, then family name."""
        return f"{self.given_name} {self.family_name}"


@dataclass(frozen=True, slots=True)
class Course:
    """A course and who is enrolled in it, by login."""

    id: str
    title: str
    label: str
    teachers: tuple[str, ...]
    pupils: tuple[str, ...]


def _pupil(login: str, sub: str, given: str, family: str, division: str, born: date) -> Person:
    label = f"élève de {division[0]}e {division[1]}"
    roles = (f"{INSTITUTION}Student",)
    return Person(login, sub, given, family, Kind.PUPIL, label, roles, "National_elv", division, born)


def _adult(login: str, sub: str, given: str, family: str, kind: Kind, label: str, role: str, profile: str) -> Person:
    roles = (f"{INSTITUTION}{role}",) if role else ()
    return Person(login, sub, given, family, kind, label, roles, profile)


PEOPLE: tuple[Person, ...] = (
    _pupil("chloe.nguyen", "ent-c3f1a07e", "Chloé", "Nguyen", "4A", date(2012, 3, 14)),
    _pupil("hugo.martin", "ent-98b2d4c6", "Hugo", "Martin", "4A", date(2012, 7, 2)),
    _pupil("ines.lefebvre-dubois", "ent-5d7e60a1", "Inès", "Lefebvre-Dubois", "4B", date(2012, 11, 23)),
    _pupil("lou.coeurdevey", "ent-2ab94f83", "Lou", "Cœurdevey", "5A", date(2013, 1, 30)),
    _pupil("jean-baptiste.le-goff", "ent-e6108c5b", "Jean-Baptiste", "Le Goff", "5B", date(2013, 5, 8)),
    _adult(
        "claire.fontaine",
        "ent-71c95e2d",
        "Claire",
        "Fontaine",
        Kind.TEACHER,
        "professeure de technologie",
        "Instructor",
        "National_ens",
    ),
    _adult(
        "marc.besson",
        "ent-0f4a83b7",
        "Marc",
        "Besson",
        Kind.TEACHER,
        "professeur de mathématiques",
        "Faculty",
        "National_ens",
    ),
    _adult("helene.garnier", "ent-b85d2f19", "Hélène", "Garnier", Kind.HEAD, "principale", "Staff", "National_dir"),
    _adult(
        "nadia.martin",
        "ent-43e7c9a0",
        "Nadia",
        "Martin",
        Kind.PARENT,
        "mère de Hugo Martin",
        "Mentor",
        "National_tut",
    ),
    _adult("paul.durand", "ent-da26718f", "Paul", "Durand", Kind.VISITOR, "aucun rôle", "", ""),
)

COURSES: tuple[Course, ...] = (
    Course(
        id="technologie-4a",
        title="Technologie 4e A",
        label="TECHNO4A",
        teachers=("claire.fontaine",),
        pupils=("chloe.nguyen", "hugo.martin", "ines.lefebvre-dubois"),
    ),
    Course(
        id="numerique-5e",
        title="Sciences numériques 5e",
        label="NUM5",
        teachers=("marc.besson", "claire.fontaine"),
        pupils=("lou.coeurdevey", "jean-baptiste.le-goff"),
    ),
)

_BY_LOGIN = {person.login: person for person in PEOPLE}
_BY_SUB = {person.sub: person for person in PEOPLE}
_COURSES = {course.id: course for course in COURSES}


def person_by_login(login: str) -> Person | None:
    """The person whose account has this login, if any."""
    return _BY_LOGIN.get(login)


def person_by_sub(sub: str) -> Person | None:
    """The person known to tools by this `sub`, if any."""
    return _BY_SUB.get(sub)


def course_by_id(course_id: str) -> Course | None:
    """The course with this id, if any."""
    return _COURSES.get(course_id)


def courses_of(person: Person) -> tuple[Course, ...]:
    """The courses in which this person is enrolled, as teacher or pupil."""
    return tuple(course for course in COURSES if person.login in course.teachers + course.pupils)


def teaches(person: Person, course: Course) -> bool:
    """Whether this person may change the course and its gradebook."""
    return person.login in course.teachers


def pupils_of(course: Course) -> tuple[Person, ...]:
    """The pupils of a course, in the order of the gradebook."""
    return tuple(_BY_LOGIN[login] for login in course.pupils)


def members_of(course: Course) -> tuple[Person, ...]:
    """Everybody enrolled in a course, teachers first."""
    return tuple(_BY_LOGIN[login] for login in course.teachers + course.pupils)
