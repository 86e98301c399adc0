"""The pupil's test: one question at a time, a pause every five, the results and their sending.

Each page checks where the test stands and, if it stands elsewhere, leads there: the back button, a second click and a
second tab change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from lti_tool.assessment import runs
from lti_tool.assessment.engine.checking import parse_response, presented_choices
from lti_tool.assessment.engine.framework import COMPETENCES
from lti_tool.assessment.engine.kinds import CHOICE_CONTROL, TEXT_CONTROL, Question, SeveralFields, ShortText
from lti_tool.assessment.engine.scoring import Score
from lti_tool.assessment.runs import RunState
from lti_tool.campaigns import campaigns, participations
from lti_tool.campaigns.models import SHARED, Campaign, Participation
from lti_tool.campaigns.participations import NoParticipationError
from lti_tool.errors import N_, RefusedError
from lti_tool.grades import desired, views
from lti_tool.schools.models import PUPIL
from lti_tool.schools.sessions import LearnerRef
from lti_tool.web import security
from lti_tool.web.i18n import gettext
from lti_tool.web.security import current
from lti_tool.web.toolbox import db, now

blueprint = Blueprint("parcours", __name__, url_prefix="/parcours/<int:participation_id>")
blueprint.before_request(security.only(PUPIL))

NOTHING_ANSWERED = N_("Répondez à la question, ou cliquez sur « Je passe ».")


class PreviewError(RefusedError):
    """A test user looks at pages and leaves no trace."""

    code = "APERCU"
    status = 403
    sentence = N_("C’est un aperçu : rien n’est enregistré.")
    advice = N_("Pour faire le test, ouvrez Pix avec un compte d’élève.")


@dataclass(frozen=True)
class Standing:
    """A participation, and where its test stands."""

    participation: Participation
    campaign: Campaign
    learner: LearnerRef
    state: RunState

    @property
    def id(self) -> int:
        return self.participation.id

    def url(self) -> str:
        """The page that the pupil should be on."""
        if self.state.pause_due:
            return url_for("parcours.pause", participation_id=self.id, answered=self.state.answered)
        if self.state.finished:
            return url_for("parcours.results", participation_id=self.id)
        return url_for("parcours.question", participation_id=self.id, position=self.state.position)

    def asks(self, position: int) -> bool:
        """Whether the question at this position is the one that waits."""
        return self.state.waiting is not None and not self.state.pause_due and self.state.position == position


@blueprint.get("")
def resume(participation_id: int) -> Response:
    """To where the test stands."""
    return _to(_standing(participation_id))


@blueprint.get("/questions/<int:position>")
def question(participation_id: int, position: int) -> Response | str:
    """The question that waits."""
    standing = _standing(participation_id)
    return _question_page(standing) if standing.asks(position) else _to(standing)


@blueprint.post("/questions/<int:position>")
def answer(participation_id: int, position: int) -> Response | tuple[str, int]:
    """Record the answer, or that the pupil passes; an answer to another question than the one that waits is ignored."""
    standing = _standing(participation_id)
    item = standing.state.waiting
    if item is None or not standing.asks(position) or request.form.get("question") != item.id:
        return _to(standing)
    response = None
    if request.form.get("action") != "passer":
        response = parse_response(item, dict(request.form.lists()))
        if response is None:
            return _question_page(standing, gettext(NOTHING_ANSWERED)), 422
    runs.answer(db(), standing.participation.run_id, position, item.id, response, now())
    after = _standing(participation_id)
    if after.state.finished:
        participations.finish(db(), after.participation, now())
    return _to(after)


@blueprint.get("/pause/<int:answered>")
def pause(participation_id: int, answered: int) -> Response | str:
    """What was right and wrong since the last pause."""
    standing = _standing(participation_id)
    if not standing.state.pause_due or standing.state.answered != answered:
        return _to(standing)
    corrections = runs.corrections(db(), standing.participation.run_id, standing.state.paused_at + 1, answered)
    return render_template(
        "pupil/pause.html",
        campaign=standing.campaign,
        state=standing.state,
        corrections=corrections,
        right=sum(each.right for each in corrections),
    )


@blueprint.post("/pause/<int:answered>")
def go_on(participation_id: int, answered: int) -> Response:
    """The pause has been read."""
    standing = _standing(participation_id)
    if standing.state.pause_due and standing.state.answered == answered:
        runs.go_on(db(), standing.participation.run_id, answered)
    return _to(_standing(participation_id))


@blueprint.get("/resultats")
def results(participation_id: int) -> Response | str:
    """What the test has shown, by competence; whether it is sent, and where the grade stands."""
    standing = _standing(participation_id)
    if standing.state.pause_due or not standing.state.finished:
        return _to(standing)
    participation, school = standing.participation, current().school
    sent = participation.status == SHARED
    improvable = participations.can_improve(db(), participation, now(), school.time_zone)
    return render_template(
        "pupil/results.html",
        campaign=standing.campaign,
        participation_id=standing.id,
        result=_Result.of(runs.result(db(), participation.run_id)),
        sent_at=participation.shared_at if sent else None,
        grades=views.of_learner(db(), standing.campaign.id, standing.learner.id) if sent else (),
        in_a_course=bool(sent and views.columns(db(), standing.campaign.id)),
        archived=standing.campaign.archived_at is not None,
        inactive=not standing.learner.active,
        can_improve=improvable and standing.learner.active,
        improve_from=participations.improvable_from(db(), participation, school.time_zone),
    )


@blueprint.post("/envoi")
def send(participation_id: int) -> Response:
    """Send the results; a second click finds them sent."""
    standing = _standing(participation_id)
    desired.send_results(db(), standing.id, standing.learner.id, now())
    return redirect(url_for("parcours.results", participation_id=standing.id), 303)


@blueprint.post("/amelioration")
def improve(participation_id: int) -> Response:
    """Take the test again, asked only for what was not right."""
    standing = _standing(participation_id)
    participations.improve(db(), standing.participation, standing.learner, now(), current().school.time_zone)
    return _to(_standing(participation_id))


def _standing(participation_id: int) -> Standing:
    """The pupil's own participation; raises `NoParticipationError` for others, `PreviewError` for a test user."""
    info = current()
    if info.is_test:
        raise PreviewError
    if info.learner is None:
        raise NoParticipationError
    participation = participations.of_learner(db(), participation_id, info.learner.id)
    campaign = campaigns.get(db(), info.school.id, participation.campaign_id)
    return Standing(participation, campaign, info.learner, runs.state(db(), participation.run_id))


def _to(standing: Standing) -> Response:
    return redirect(standing.url(), 303)


def _question_page(standing: Standing, fault: str | None = None) -> str:
    item = standing.state.waiting
    if item is None:
        raise NoParticipationError
    return render_template(
        "pupil/question.html",
        campaign=standing.campaign,
        state=standing.state,
        question=item.question,
        choices=presented_choices(item, str(standing.participation.run_id)),
        given=request.form if request.method == "POST" else MultiDict[str, str](),
        faults={_first_control(item.question): fault} if fault else {},
    )


def _first_control(question: Question) -> str:
    """The control to which a fault leads."""
    if isinstance(question, SeveralFields):
        return question.fields[0].control
    return TEXT_CONTROL if isinstance(question, ShortText) else CHOICE_CONTROL


@dataclass(frozen=True)
class _Line:
    """A competence's line on the results page; `mastery` from 0 to 1."""

    title: str
    validated: int
    targeted: int
    mastery: float


@dataclass(frozen=True)
class _Result:
    """The results as the page reads them."""

    validated: int
    targeted: int
    mastery: float
    competences: tuple[_Line, ...]

    @classmethod
    def of(cls, score: Score) -> _Result:
        lines = tuple(
            _Line(COMPETENCES[each.code].title, each.validated, each.targeted, each.percentage / 100)
            for each in score.competences
        )
        return cls(score.validated, score.targeted, float(score.mastery), lines)
