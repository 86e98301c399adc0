"""Where a launch begins and a selection ends: the pages between the ENT and the tool."""

import json
import secrets

from flask import Blueprint, abort, render_template, request, url_for

from lti_tool.demo.deep_linking import RefusedSelectionError, read_selection
from lti_tool.demo.messages import LaunchKind
from lti_tool.demo.pages import require_activity, require_person, require_taught_course
from lti_tool.demo.people import Person, course_by_id
from lti_tool.demo.state import current_ent
from lti_tool.demo.store import PendingLaunch

blueprint = Blueprint("launches", __name__)


@blueprint.get("/lancement/mediacentre")
def from_mediacentre() -> str:
    """Launch Pix without a course."""
    return _initiation(require_person(), LaunchKind.MEDIACENTRE)


@blueprint.get("/lancement/activite/<int:activity_id>")
def from_activity(activity_id: int) -> str:
    """Launch an activity of a course."""
    person, course, activity = require_activity(activity_id)
    return _initiation(person, LaunchKind.ACTIVITY, course.id, activity.id, activity.url)


@blueprint.get("/lancement/selection/<course_id>")
def for_selection(course_id: str) -> str:
    """Open the tool's picker for a course."""
    person, course = require_taught_course(course_id)
    return _initiation(person, LaunchKind.SELECTION, course.id)


@blueprint.get("/cours/<course_id>/selection")
def selection(course_id: str) -> str:
    """*Sélectionner du contenu*: the tool's picker in a frame."""
    _person, course = require_taught_course(course_id)
    return render_template("ent/selection.html", course=course)


@blueprint.post("/cours/<course_id>/selection/retour")
def selected(course_id: str) -> str | tuple[str, int]:
    """Take the tool's answer. Another site sends it, so no session comes with it: the signature vouches for it."""
    course = course_by_id(course_id)
    if course is None:
        abort(404)
    ent = current_ent()
    target = url_for("pages.course", course_id=course.id, edition=1)
    try:
        chosen = read_selection(ent, course.id, request.form.get("JWT", ""))
    except RefusedSelectionError as refusal:
        text = f"La réponse de l’outil est refusée : {refusal}. Rien n’a été ajouté au cours."
        return render_template("ent/error.html", title="Sélection refusée", text=text, target=target), 400
    ent.store.add_activities(course.id, chosen.items)
    title = {0: "Rien n’a été choisi", 1: "L’activité est ajoutée"}.get(
        len(chosen.items), f"{len(chosen.items)} activités sont ajoutées"
    )
    return render_template("ent/continue.html", title=title, message=chosen.message, target=target)


def _initiation(
    person: Person,
    kind: LaunchKind,
    course_id: str | None = None,
    activity_id: int | None = None,
    url: str | None = None,
) -> str:
    """Start a third-party-initiated login (Security Framework §5.1.1.1), as Moodle does by a form."""
    ent = current_ent()
    hint = json.dumps({"cmid": activity_id or 0, "launchid": "lancement-" + secrets.token_hex(8)})
    target = "iframe" if request.args.get("cible") == "iframe" else "window"
    ent.store.start_launch(PendingLaunch(hint, person.sub, kind, course_id, activity_id, target))
    tool = ent.tool
    fields = {
        "iss": ent.config.base_url,
        "target_link_uri": url or tool.target_link_uri,
        "login_hint": person.sub,
        "lti_message_hint": hint,
        "client_id": tool.client_id,
        "lti_deployment_id": tool.deployment_id,
    }
    return render_template("ent/post.html", form_id="login-initiation", action=tool.login_url, fields=fields)
