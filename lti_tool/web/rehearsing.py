"""A test as a pupil would take it, for staff who want to see it first: nothing is kept, its address says where it
stands."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request, send_file, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from lti_tool.assessment.engine import rehearsal
from lti_tool.assessment.engine.checking import check, correction_lines, parse_response, present
from lti_tool.assessment.engine.items import Item, bank
from lti_tool.assessment.engine.profiles import target_profiles
from lti_tool.assessment.engine.rehearsal import RIGHT, SEED, WRONG, Rehearsal
from lti_tool.assessment.runs import Correction
from lti_tool.campaigns import campaigns
from lti_tool.errors import N_, RefusedError
from lti_tool.web import staff_pages
from lti_tool.web.i18n import gettext
from lti_tool.web.security import current
from lti_tool.web.staff_pages import ROW_ID
from lti_tool.web.taking import NOTHING_ANSWERED, SEEN, SURE, NoFileError
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
    response = None
    if request.form.get("action") != "passer":
        response = parse_response(item, dict(request.form.lists()), SEED)
        if response is None:
            return _question(trial, here, item, gettext(NOTHING_ANSWERED)), 422
        remark = item.question.remark(response)
        if remark and SEEN not in request.form:
            return _question(trial, here, item, f"{gettext(remark)} {gettext(SURE)}", seen=True), 422
    verdict = check(item, response, SEED)
    position, lines = len(here.answers) + 1, correction_lines(item, response)
    after = here.outcomes + (RIGHT if verdict.right else WRONG)
    return render_template(
        "teacher/trial.html",
        trial=trial,
        correction=Correction(position, item, response, verdict.right, verdict.shows, lines),
        next_url=trial.url("ask", after),
    )


@blueprint.get(f"{OF_A_PROFILE}/fichiers/<name>")
@blueprint.get(f"{OF_A_CAMPAIGN}/fichiers/<name>")
def file(name: str, **place: Any) -> Response:
    """A file of the question that waits. Raises `NoFileError`."""
    item = _trial(**place).here().waiting
    found = present(item, SEED).world.file(name) if item else None
    if found is None:
        raise NoFileError
    content = io.BytesIO(found.content)
    return send_file(content, found.media_type, as_attachment=True, download_name=found.name, etag=False, max_age=0)


def _trial(profile_id: str | None = None, campaign_id: int | None = None) -> Trial:
    """Of a campaign of the school, or of a target profile. Raises `UnknownProfileError`, `UnknownCampaignError`."""
    if campaign_id is not None:
        chosen = campaigns.get(db(), current().school.id, campaign_id)
        return Trial(chosen.title, tuple(chosen.skills), chosen.length, {"campaign_id": campaign_id})
    profile = target_profiles(bank()).get(profile_id or "")
    if profile is None:
        raise UnknownProfileError
    return Trial(profile.name, tuple(profile.skill_ids), profile.length, {"profile_id": profile.id})


def _question(trial: Trial, here: Rehearsal, item: Item, fault: str | None = None, *, seen: bool = False) -> str:
    asked = present(item, SEED)
    return render_template(
        "teacher/trial.html",
        trial=trial,
        position=len(here.answers) + 1,
        total=rehearsal.questions_in_all(trial.skills, trial.length, here),
        asked=asked,
        given=request.form if request.method == "POST" else MultiDict[str, str](),
        faults={asked.controls[0].name: fault} if fault else {},
        seen=seen,
        file_url=lambda name: trial.url("file", here.outcomes, name=name),
    )


def _end(trial: Trial, here: Rehearsal) -> str:
    return render_template(
        "teacher/trial.html", trial=trial, answered=len(here.answers), result=rehearsal.result(trial.skills, here)
    )
