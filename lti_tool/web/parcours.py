"""A campaign's test: its questions and pauses (`taking.py`), its results and their sending, taking it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from lti_tool.assessment import profile, runs
from lti_tool.assessment.engine.framework import COMPETENCES
from lti_tool.assessment.engine.pix import CERTIFIABLE_COMPETENCES, CERTIFIABLE_LEVEL, MOST_PIX
from lti_tool.assessment.engine.scoring import Score
from lti_tool.assessment.models import Run
from lti_tool.campaigns import campaigns, participations, snapshots
from lti_tool.campaigns.bands import MOST_STARS, Band, band, percent
from lti_tool.campaigns.models import COLLECT, SHARED, Campaign, Participation
from lti_tool.campaigns.participations import NoParticipationError
from lti_tool.errors import N_, RefusedError
from lti_tool.grades import desired, views
from lti_tool.schools.models import PUPIL
from lti_tool.schools.sessions import LearnerRef
from lti_tool.web import security
from lti_tool.web.security import current
from lti_tool.web.taking import Test, add_pages, to, what_is_kept, what_was_said
from lti_tool.web.toolbox import db, now

blueprint = Blueprint("parcours", __name__, url_prefix="/parcours/<int:participation_id>")
blueprint.before_request(security.only(PUPIL))


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
    test: Test

    @property
    def id(self) -> int:
        return self.participation.id


@blueprint.get("/resultats")
def results(participation_id: int) -> Response | str:
    """What the test has shown, by competence, or the profile that is collected; whether it is sent, and the grade."""
    standing = _standing(participation_id)
    if standing.test.state.pause_due or not standing.test.state.finished:
        return to(standing.test, **what_is_kept())
    participation, school = standing.participation, current().school
    sent = participation.status == SHARED
    resettable = participations.can_reset(db(), participation, now(), school.time_zone)
    improvable = participations.can_improve(db(), participation, now(), school.time_zone)
    page, shown = _collected(standing) if standing.campaign.purpose == COLLECT else _measured(standing)
    return render_template(
        page,
        campaign=standing.campaign,
        participation_id=standing.id,
        sent_at=participation.shared_at if sent else None,
        grades=views.of_learner(db(), standing.campaign.id, standing.learner.id) if sent else (),
        in_a_course=bool(sent and views.columns(db(), standing.campaign.id)),
        archived=standing.campaign.archived_at is not None,
        inactive=not standing.learner.active,
        can_improve=improvable and standing.learner.active,
        improve_from=participations.improvable_from(db(), participation, school.time_zone),
        can_reset=resettable and standing.learner.active,
        **shown,
        **what_was_said(),
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
    return to(_standing(participation_id).test)


@blueprint.post("/recommencement")
def reset(participation_id: int) -> Response:
    """Take the test again from its first question, where the campaign allows it."""
    standing = _standing(participation_id)
    participations.reset(db(), standing.participation, standing.learner, now(), current().school.time_zone)
    return to(_standing(participation_id).test)


def _standing(participation_id: int) -> Standing:
    """The pupil's own participation; raises `NoParticipationError` for others, `PreviewError` for a test user."""
    info = current()
    if info.is_test:
        raise PreviewError
    if info.learner is None:
        raise NoParticipationError
    participation = participations.of_learner(db(), participation_id, info.learner.id)
    campaign = campaigns.get(db(), info.school.id, participation.campaign_id)
    run = db().get_one(Run, participation.run_id)
    place = {"participation_id": participation.id}
    test = Test(campaign.title, run, runs.state(db(), run.id), blueprint.name, place, "parcours")
    return Standing(participation, campaign, info.learner, test)


def _finish(participation_id: int) -> None:
    participations.finish(db(), _standing(participation_id).participation, now())


add_pages(blueprint, "participation_id", lambda participation_id: _standing(participation_id).test, _finish)


def _collected(standing: Standing) -> tuple[str, dict[str, Any]]:
    """The page of a collection: the profile as it was sent, or as it would be."""
    sent = snapshots.sent_profile(db(), standing.participation)
    return "pupil/collected.html", {
        "profile": sent or profile.of_child(db(), standing.learner.child_id),
        "most": MOST_PIX,
        "needed": CERTIFIABLE_COMPETENCES,
        "level": CERTIFIABLE_LEVEL,
    }


def _measured(standing: Standing) -> tuple[str, dict[str, Any]]:
    """The page of a test: mastery with its stage, by competence, and thematic results."""
    run_id = standing.participation.run_id
    known = runs.shown(db(), run_id)
    thematic = campaigns.thematic_results(standing.campaign)
    return "pupil/results.html", {
        "result": _Result.of(runs.result(db(), run_id)),
        "thematic": [_Thematic(each.name, each.acquisition(known), each.is_obtained(known)) for each in thematic],
        "most_stars": MOST_STARS,
    }


@dataclass(frozen=True)
class _Thematic:
    """A thematic result's line; `acquisition` in per cent."""

    name: str
    acquisition: int
    obtained: bool


@dataclass(frozen=True)
class _Line:
    """A competence's line on the results page; `mastery` from 0 to 1."""

    title: str
    validated: int
    targeted: int
    mastery: float
    stage: Band


@dataclass(frozen=True)
class _Result:
    """The results as the page reads them."""

    validated: int
    targeted: int
    mastery: float
    stage: Band
    competences: tuple[_Line, ...]

    @classmethod
    def of(cls, score: Score) -> _Result:
        lines = tuple(
            _Line(
                COMPETENCES[each.code].title,
                each.validated,
                each.targeted,
                each.percentage / 100,
                band(each.percentage),
            )
            for each in score.competences
        )
        stage = band(percent(score.validated, score.targeted))
        return cls(score.validated, score.targeted, float(score.mastery), stage, lines)
