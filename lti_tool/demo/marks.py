"""The gradebook's pages: *Carnet de notes* for the teacher, *Mes notes* for a pupil."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.demo.gradebook import NoSuchColumnError, write_by_teacher
from lti_tool.demo.pages import require_course, require_taught_course
from lti_tool.demo.people import pupils_of, teaches
from lti_tool.demo.state import current_ent

blueprint = Blueprint("marks", __name__)


@blueprint.get("/cours/<course_id>/notes")
def gradebook(course_id: str) -> str:
    """Pupils by columns for a teacher; a pupil sees their own line."""
    person, course = require_course(course_id)
    store = current_ent().store
    teacher = teaches(person, course)
    columns = store.line_items(course.id)
    return render_template(
        "ent/gradebook.html",
        course=course,
        teacher=teacher,
        editing=teacher and request.args.get("edition") == "1",
        pupils=pupils_of(course) if teacher else [person],
        columns=columns,
        cells={column.id: store.grades(column.id) for column in columns},
    )


@blueprint.post("/cours/<course_id>/notes")
def write(course_id: str) -> Response:
    """Write one cell by hand, in French decimals; an empty one gives the cell back to the activity."""
    _person, course = require_taught_course(course_id)
    sub, text = request.form.get("eleve", ""), request.form.get("note", "").strip()
    if sub not in [pupil.sub for pupil in pupils_of(course)]:
        abort(400)
    ent = current_ent()
    try:
        column = int(request.form.get("colonne", ""))
        value = float(text.replace(",", ".")) if text else None
        write_by_teacher(ent.store, course.id, column, sub, value, now=int(ent.clock()))
    except ValueError:
        abort(400, description="Cette note n’est pas un nombre entre 0 et le maximum de la colonne.")
    except NoSuchColumnError:
        abort(404)
    return redirect(url_for("marks.gradebook", course_id=course.id, edition=1), 303)


def decimal_comma(value: float) -> str:
    """A number as it is written in French, with at most two decimals: `62,5`."""
    return f"{value:.2f}".rstrip("0").rstrip(".").replace(".", ",")
