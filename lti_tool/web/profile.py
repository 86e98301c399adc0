"""What a pupil knows and how to know more: competences, free training, tutorials, being certifiable."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from lti_tool.assessment import profile as profiles
from lti_tool.assessment import runs, training
from lti_tool.assessment.engine.framework import COMPETENCES, DOMAINS, LEVELS
from lti_tool.assessment.engine.items import Tutorial, bank
from lti_tool.assessment.engine.pix import (
    CERTIFIABLE_COMPETENCES,
    CERTIFIABLE_LEVEL,
    MOST_PIX,
    Profile,
    nearest_way,
    profile,
)
from lti_tool.assessment.models import Run
from lti_tool.assessment.training import NoTrainingError
from lti_tool.campaigns.participations import InactiveLearnerError
from lti_tool.errors import N_, RefusedError
from lti_tool.schools.models import PUPIL
from lti_tool.schools.sessions import LearnerRef
from lti_tool.web import security
from lti_tool.web.i18n import gettext
from lti_tool.web.security import current
from lti_tool.web.taking import Test, add_pages, to, what_is_kept, what_was_said
from lti_tool.web.toolbox import db, now

blueprint = Blueprint("profile", __name__, url_prefix="/profil")
blueprint.before_request(security.only(PUPIL))
trainings = Blueprint("training", __name__, url_prefix="/profil/competences/<code>/entrainement")
trainings.before_request(security.only(PUPIL))


class NoTutorialError(RefusedError):
    """No tutorial of the bank has that id."""

    code = "TUTO"
    status = 404
    sentence = N_("Ce tuto n’existe pas.")
    advice = N_("Retrouvez-les tous sur votre page.")


@blueprint.get("")
def competences() -> str:
    """Who the pupil is here; the sixteen competences, with level and pix."""
    info = current()
    shown = _profile()
    return render_template(
        "pupil/profile.html",
        learner=info.learner,
        school=info.school,
        profile=shown,
        domains=[(domain, [shown.of(each.code) for each in domain.competences]) for domain in DOMAINS],
        levels=LEVELS[-1],
        most=MOST_PIX,
    )


@blueprint.get("/competences/<code>")
def competence(code: str) -> str:
    """One competence: where the pupil stands, topic by topic, and training in it."""
    if code not in COMPETENCES:
        raise NoTrainingError
    info = current()
    child = info.learner.child_id if info.learner else None
    return render_template(
        "pupil/competence.html",
        standing=_profile().of(code),
        most=MOST_PIX,
        topics=profiles.topics(db(), child, code) if child else [],
        offer=training.offer(db(), child, code, now(), info.school.time_zone) if child else None,
        active=info.learner is not None and info.learner.active,
    )


@blueprint.post("/competences/<code>")
def train(code: str) -> Response:
    """Begin training in a competence, or go on with it."""
    learner = _learner()
    if not learner.active:
        raise InactiveLearnerError
    training.begin(db(), learner.child_id, code, now(), current().school.time_zone)
    return redirect(url_for("training.resume", code=code), 303)


@blueprint.get("/tutos")
def tutorials() -> str:
    """What to read after the questions that failed, by competence."""
    learner = current().learner
    found = profiles.tutorials(db(), learner.child_id) if learner else []
    by_competence: dict[str, list[Tutorial]] = {}
    for each in found:
        by_competence.setdefault(bank().topic(each.topic_id).competence, []).append(each)
    return render_template(
        "pupil/tutorials.html", groups=[(COMPETENCES[code], by_competence[code]) for code in sorted(by_competence)]
    )


@blueprint.get("/tutos/<topic_id>/<tutorial_id>")
def tutorial(topic_id: str, tutorial_id: str) -> str:
    """One tutorial."""
    topic = next((each for each in bank().topics if each.id == topic_id), None)
    found = next((each for each in topic.tutorials if each.id == tutorial_id), None) if topic else None
    if topic is None or found is None:
        raise NoTutorialError
    return render_template("pupil/tutorial.html", tutorial=found, topic=topic, competence=COMPETENCES[topic.competence])


@blueprint.get("/certification")
def certification() -> str:
    """Whether the pupil can be certified, or what is missing and the nearest way there."""
    learner = current().learner
    return render_template(
        "pupil/certification.html",
        profile=_profile(),
        way=profiles.way_to_certification(db(), learner.child_id) if learner else nearest_way(bank(), {}),
        needed=CERTIFIABLE_COMPETENCES,
        level=CERTIFIABLE_LEVEL,
    )


@trainings.get("/resultats")
def results(code: str) -> Response | str:
    """What the training has shown."""
    test = _training(code)
    if test.state.pause_due or not test.state.finished:
        return to(test, **what_is_kept())
    return render_template(
        "pupil/trained.html",
        test=test,
        result=runs.result(db(), test.run.id),
        standing=_profile().of(code),
        most=MOST_PIX,
        **what_was_said(),
    )


def _training(code: str) -> Test:
    found = training.find(db(), _learner().child_id, code)
    run = db().get_one(Run, found.run_id)
    title = gettext("Entraînement : %(title)s", title=COMPETENCES[code].title)
    place: dict[str, Any] = {"code": code}
    return Test(title, run, runs.state(db(), run.id), trainings.name, place, "profil")


add_pages(trainings, "code", _training)


def _learner() -> LearnerRef:
    """Who answers; a test user leaves no trace, and who is not bound has nothing to train yet."""
    learner = current().learner
    if learner is None or current().is_test:
        raise NoTrainingError
    return learner


def _profile() -> Profile:
    learner = current().learner
    return profiles.of_child(db(), learner.child_id) if learner else profile(bank(), {})
