"""The pages of the ENT: who you are, the Médiacentre, courses and activities."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.demo.people import (
    PEOPLE,
    Course,
    Kind,
    Person,
    course_by_id,
    courses_of,
    person_by_login,
    teaches,
)
from lti_tool.demo.session import sign_in, sign_out, signed_in
from lti_tool.demo.state import current_ent
from lti_tool.demo.store import Activity, NewItem

blueprint = Blueprint("pages", __name__)


def require_person() -> Person:
    """Who is signed in; somebody who is not is sent to the page where people choose who they are."""
    person = signed_in()
    if person is None:
        abort(redirect(url_for("pages.home"), 303))
    return person


def require_course(course_id: str) -> tuple[Person, Course]:
    """Who is signed in, and a course in which they are enrolled (else 404 or 403)."""
    person, course = require_person(), course_by_id(course_id)
    if course is None:
        abort(404)
    if course not in courses_of(person):
        abort(403)
    return person, course


def require_taught_course(course_id: str) -> tuple[Person, Course]:
    """Who is signed in, and a course that they teach (else 404 or 403)."""
    person, course = require_course(course_id)
    if not teaches(person, course):
        abort(403)
    return person, course


def require_activity(activity_id: int) -> tuple[Person, Course, Activity]:
    """Who is signed in, an activity and its course (else 404 or 403)."""
    activity = current_ent().store.activity(activity_id)
    if activity is None:
        abort(404)
    person, course = require_course(activity.course)
    return person, course, activity


@blueprint.get("/")
def home() -> str:
    """Who are you?"""
    groups = [(kind, [person for person in PEOPLE if person.kind is kind]) for kind in Kind]
    return render_template("ent/home.html", groups=groups)


@blueprint.post("/connexion")
def connect() -> Response:
    """Sign in as the person of the button that was clicked."""
    person = person_by_login(request.form.get("personne", ""))
    if person is None:
        abort(400)
    sign_in(person)
    return redirect(url_for("pages.mediacentre"), 303)


@blueprint.get("/connexion")
def enter() -> Response:
    """Sign in by one of the links that the demo prints; `cours` leads to a course instead of the Médiacentre.

    Such a link lets anybody choose who this browser is, which is what the home page does too: there are no secrets.
    """
    person = person_by_login(request.args.get("personne", ""))
    if person is None:
        abort(404)
    sign_in(person)
    found = course_by_id(request.args.get("cours", ""))
    if found is None:
        return redirect(url_for("pages.mediacentre"), 303)
    return redirect(url_for("pages.course", course_id=found.id), 303)


@blueprint.post("/deconnexion")
def disconnect() -> Response:
    """Sign out."""
    sign_out()
    return redirect(url_for("pages.home"), 303)


@blueprint.get("/mediacentre")
def mediacentre() -> str:
    """The school's resources; the only one is Pix, launched without a course."""
    require_person()
    return render_template("ent/mediacentre.html")


@blueprint.get("/cours")
def courses() -> str:
    """The courses in which the person is enrolled."""
    return render_template("ent/courses.html", courses=courses_of(require_person()))


@blueprint.get("/cours/<course_id>")
def course(course_id: str) -> str:
    """A course and its activities; with `?edition=1` the teacher's tools too."""
    person, found = require_course(course_id)
    teacher = teaches(person, found)
    return render_template(
        "ent/course.html",
        course=found,
        activities=current_ent().store.activities(found.id),
        teacher=teacher,
        editing=teacher and request.args.get("edition") == "1",
    )


@blueprint.post("/cours/<course_id>/activites")
def add_activity(course_id: str) -> Response:
    """Add an activity by hand: a title, no parameters, no column."""
    _person, found = require_taught_course(course_id)
    title = request.form.get("titre", "").strip()
    if not title or len(title) > 255:
        abort(400)
    item = NewItem(title, new_window="nouvelle_fenetre" in request.form)
    current_ent().store.add_activities(found.id, [item])
    return redirect(url_for("pages.course", course_id=found.id, edition=1), 303)


@blueprint.get("/activites/<int:activity_id>")
def activity(activity_id: int) -> str:
    """An activity: the tool in a frame, or a link to a window of its own."""
    _person, found, one = require_activity(activity_id)
    return render_template("ent/activity.html", course=found, activity=one)


@blueprint.post("/activites/<int:activity_id>/supprimer")
def delete_activity(activity_id: int) -> Response:
    """Delete an activity with its column."""
    _person, found, one = require_activity(activity_id)
    require_taught_course(found.id)
    current_ent().store.delete_activity(one.id)
    return redirect(url_for("pages.course", course_id=found.id, edition=1), 303)


@blueprint.post("/activites/<int:activity_id>/ouverture")
def set_opening(activity_id: int) -> Response:
    """Choose between the frame and a window of its own."""
    _person, found, one = require_activity(activity_id)
    require_taught_course(found.id)
    current_ent().store.set_new_window(one.id, request.form.get("ouverture") == "fenetre")
    return redirect(url_for("pages.course", course_id=found.id, edition=1), 303)


@blueprint.get("/retour/<where>")
def back(where: str) -> str:
    """Where the tool sends a person back to, out of the frame, with what it wants to say."""
    message = request.args.get("lti_errormsg") or request.args.get("lti_msg") or ""
    if where == "mediacentre":
        target = url_for("pages.mediacentre")
    elif course_by_id(where):
        target = url_for("pages.course", course_id=where)
    else:
        abort(404)
    return render_template("ent/continue.html", title="Retour à l’ENT", message=message, target=target)
