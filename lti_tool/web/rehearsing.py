"""A test as a pupil would take it, for staff who want to see it first: nothing is kept, its address says where it
stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.assessment import runs
from lti_tool.assessment.engine import rehearsal
from lti_tool.assessment.engine.items import Item, bank
from lti_tool.assessment.engine.profiles import target_profiles
from lti_tool.assessment.engine.rehearsal import RIGHT, SEED, WRONG, Rehearsal
from lti_tool.campaigns import campaigns
from lti_tool.errors import N_, RefusedError
from lti_tool.web import asking, staff_pages
from lti_tool.web.asking import Doubt
from lti_tool.web.security import current
from lti_tool.web.staff_pages import ROW_ID
from lti_tool.web.toolbox import db

blueprint = Blueprint("rehearsing", __name__, url_prefix="/orga")
blueprint.before_request(staff_pages.guard)

OF_A_PROFILE, OF_A_CAMPAIGN = "/essais/<profile_id>", f"/campagnes/<{ROW_ID}:campaign_id>/essai"
SO_FAR = "reponses"
"""The parameter that says what was right and wrong so far."""


class UnknownProfileError(RefusedError):
    """Nothing that can be tested has that name."""

    code = "PARCOURS"
    status = 404
    sentence = N_("Ce parcours n’est pas proposé, ou ne l’est plus.")
    advice = N_("Revenez à la liste des campagnes.")


@dataclass(frozen=True)
class Trial:
    """What is tried. `place` is what names it in its addresses."""

    title: str
    skills: tuple[str, ...]
    length: int | None
    place: Mapping[str, Any]

    def here(self) -> Rehearsal:
        """Where it stands, as this address says."""
        return rehearsal.rehearse(self.skills, self.length, request.args.get(SO_FAR, ""))

    def url(self, page: str, outcomes: str, **values: Any) -> str:
        """The address of one of its pages, after these outcomes."""
        so_far = {SO_FAR: outcomes} if outcomes else {}
        return url_for(f"rehearsing.{page}", **{**self.place, **so_far, **values})


@blueprint.get(OF_A_PROFILE)
@blueprint.get(OF_A_CAMPAIGN)
def ask(**place: Any) -> str:
    """The next question as pupils meet it; after the last one, what they would read."""
    trial = _trial(**place)
    here = trial.here()
    return _question(trial, here, here.waiting) if here.waiting else _end(trial, here)


@blueprint.post(OF_A_PROFILE)
@blueprint.post(OF_A_CAMPAIGN)
def answer(**place: Any) -> str | tuple[str, int]:
    """The correction, at once; a pupil reads it after five questions."""
    trial = _trial(**place)
    here = trial.here()
    item = here.waiting
    if item is None:
        return _end(trial, here)
    response = asking.response_of(item)
    if isinstance(response, Doubt):
        return _question(trial, here, item, response), 422
    correction = runs.corrected(item, response, len(here.answers) + 1)
    next_url = trial.url("ask", here.outcomes + (RIGHT if correction.right else WRONG))
    return render_template("teacher/trial.html", trial=trial, correction=correction, next_url=next_url)


@blueprint.get(f"{OF_A_PROFILE}/fichiers/<name>")
@blueprint.get(f"{OF_A_CAMPAIGN}/fichiers/<name>")
def file(name: str, **place: Any) -> Response:
    """A file of the question that waits. Raises `NoFileError`."""
    return asking.file_of(_trial(**place).here().waiting, SEED, name)


def _trial(profile_id: str | None = None, campaign_id: int | None = None) -> Trial:
    """Of a campaign of the school, or of a target profile. Raises `UnknownProfileError`, `UnknownCampaignError`."""
    if campaign_id is not None:
        chosen = campaigns.get(db(), current().school.id, campaign_id)
        return Trial(chosen.title, tuple(chosen.skills), chosen.length, {"campaign_id": campaign_id})
    profile = target_profiles(bank()).get(profile_id or "")
    if profile is None:
        raise UnknownProfileError
    return Trial(profile.name, tuple(profile.skill_ids), profile.length, {"profile_id": profile.id})


def _question(trial: Trial, here: Rehearsal, item: Item, doubt: Doubt | None = None) -> str:
    return render_template(
        "teacher/trial.html",
        trial=trial,
        position=len(here.answers) + 1,
        total=rehearsal.questions_in_all(trial.skills, trial.length, here),
        file_url=lambda name: trial.url("file", here.outcomes, name=name),
        **asking.parts(item, SEED, doubt),
    )


def _end(trial: Trial, here: Rehearsal) -> str:
    return render_template(
        "teacher/trial.html", trial=trial, answered=len(here.answers), result=rehearsal.result(trial.skills, here)
    )
