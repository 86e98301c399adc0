"""The pupil's way to a test: the code, the one-time question of the birthdate, the landing page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from math import ceil
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.campaigns import campaigns, participations
from lti_tool.campaigns.campaigns import ArchivedCampaignError, UnknownCampaignError
from lti_tool.campaigns.drafts import one_line
from lti_tool.campaigns.models import SHARED, Campaign
from lti_tool.campaigns.participations import Door
from lti_tool.errors import N_, RefusedError, ToolError
from lti_tool.grades import cells, desired
from lti_tool.schools import binding, birthdates
from lti_tool.schools.binding import Outcome
from lti_tool.schools.birthdates import BirthdateError
from lti_tool.schools.models import PUPIL
from lti_tool.web import security
from lti_tool.web.errors import error_page
from lti_tool.web.i18n import gettext, ngettext
from lti_tool.web.parcours import PreviewError
from lti_tool.web.security import current
from lti_tool.web.toolbox import db, now

blueprint = Blueprint("pupil", __name__)
blueprint.before_request(security.only(PUPIL))

LONGEST_NAME = 100
IDENTIFIER, LONGEST_IDENTIFIER = "identifiant", 255
NO_IDENTIFIER = N_("Écrivez ce qui vous est demandé.")
NOT_FOUND = N_("Nous ne vous trouvons pas dans la liste des élèves.")
SLOWED = N_("Beaucoup d’élèves essaient en ce moment.")
NOT_FOUND_ADVICE = N_("Vérifiez votre prénom, votre nom et votre date de naissance, ou contactez votre enseignant.")
TYPE_NAME = {"given_name": N_("Écrivez votre prénom."), "family_name": N_("Écrivez votre nom.")}


class StoppedError(RefusedError):
    """Too many birthdates were tried."""

    code = Outcome.STOPPED
    status = 429
    sentence = N_("Vous avez fait trop d’essais.")
    advice = N_("Allez voir votre enseignant. Vous pourrez réessayer dans une heure.")


class ConflictError(RefusedError):
    """Somebody else of the platform is this learner already. The page doesn't say so: it may be they who are wrong."""

    code = Outcome.CONFLICT
    status = 409
    sentence = N_("Votre enseignant doit vérifier que c’est bien vous.")
    advice = N_("Montrez-lui cette page : il a reçu votre demande.")


@blueprint.get("/campagnes")
def codes() -> str:
    """The code to type, and what was begun and sent."""
    return _code_page()


@blueprint.post("/campagnes")
def enter_code() -> Response | tuple[str, int]:
    """A code was typed: to its campaign, or the same page with what is wrong."""
    typed = request.form.get("code", "")
    try:
        campaign = campaigns.by_code(db(), current().school.id, typed)
    except UnknownCampaignError as error:
        return _code_page(typed, error), error.status
    return redirect(url_for("pupil.landing", code=campaign.code), 303)


@blueprint.get("/campagnes/<code>")
def landing(code: str) -> Response | str | tuple[str, int]:
    """What the campaign is about, and how a test goes. Who is not bound yet is asked for the birthdate first."""
    try:
        door = _door(code)
    except UnknownCampaignError as error:
        return _code_page(code, error), error.status
    if current().learner is None and not current().is_test and door.archived_at is None:
        return redirect(url_for("pupil.ask_birthdate", code=door.code), 303)
    return _landing_page(door)


@blueprint.post("/campagnes/<code>")
def begin(code: str) -> Response | tuple[str, int]:
    """Begin the test, or go on where it was begun."""
    info = current()
    if info.is_test:
        raise PreviewError
    campaign = campaigns.by_code(db(), info.school.id, code)
    if info.learner is None:
        return redirect(url_for("pupil.ask_birthdate", code=campaign.code), 303)
    identifier = one_line(request.form.get(IDENTIFIER, ""))[:LONGEST_IDENTIFIER] if campaign.identifier_label else None
    if identifier == "" and participations.of_campaign(db(), campaign.id, info.learner.id) is None:
        return _landing_page(_door(code), {IDENTIFIER: gettext(NO_IDENTIFIER)}), 422
    participation = desired.begin(db(), campaign, info.learner, now(), identifier=identifier)
    return redirect(url_for("parcours.resume", participation_id=participation.id), 303)


@blueprint.get("/campagnes/<code>/rattachement")
def ask_birthdate(code: str) -> Response | str:
    """Which learner is this? Names come from the ENT; the birthdate is asked once."""
    info = current()
    campaign = campaigns.by_code(db(), info.school.id, code)
    if info.learner is not None or info.is_test:
        return redirect(url_for("pupil.landing", code=campaign.code), 303)
    waits = binding.waiting_for(db(), info.person_id, info.school.id) == binding.TYPED_NAMES
    if waits and "corriger" not in request.args:
        return render_template("pupil/asked.html", campaign=campaign)
    if binding.tries_left(db(), info.person_id, now()) == 0:
        raise StoppedError
    return _birthdate_page(campaign)


@blueprint.post("/campagnes/<code>/rattachement")
def bind(code: str) -> Response | tuple[str, int]:
    """Bind the pupil to their line of the register, or say what to do next; a try that failed is kept."""
    info = current()
    campaign = campaigns.by_code(db(), info.school.id, code)
    form = _BirthdateForm.of_request()
    birthdate, faults = form.read(_today(), binding.needs_typed_names(info))
    if birthdate is None or faults:
        return _birthdate_page(campaign, form, faults), 422
    result = binding.bind(db(), info, birthdate, form.names(), now())
    if result.learner_id is not None:  # results sent before, under another platform's person, may have columns here
        cells.want(db(), now(), learner_id=result.learner_id)
    if result.outcome in (Outcome.BOUND, Outcome.WAITING):
        page = "pupil.landing" if result.outcome is Outcome.BOUND else "pupil.ask_birthdate"
        return redirect(url_for(page, code=campaign.code), 303)
    if result.outcome is Outcome.CONFLICT:
        return error_page(ConflictError())
    if result.tries_left == 0:
        return error_page(StoppedError())
    return _birthdate_page(campaign, form, refused=result), 422


def _code_page(code: str = "", error: ToolError | None = None) -> str:
    info = current()
    learner = info.learner
    mine = participations.mine(db(), learner.id, info.school.time_zone) if learner else []
    fault = f"{gettext(error.sentence)} {gettext(error.advice)}" if error else None
    return render_template(
        "pupil/campaigns.html",
        code=code,
        faults={"code": fault} if fault else {},
        begun=[each for each in mine if each.status != SHARED],
        sent=[each for each in mine if each.status == SHARED],
        today=_today(),
        active=learner is not None and learner.active,
    )


def _door(code: str) -> Door:
    learner = current().learner
    return participations.door(db(), current().school.id, code, learner.id if learner else None)


def _landing_page(door: Door, faults: Mapping[str, str] | None = None) -> str:
    """Raises `ArchivedCampaignError` for who had not begun."""
    info = current()
    archived, learner = door.archived_at is not None, info.learner
    if archived and door.participation_id is None:
        raise ArchivedCampaignError
    return render_template(
        "pupil/landing.html",
        campaign=door,
        preview=info.is_test,
        inactive=learner is not None and not learner.active,
        archived=archived,
        typed=request.form if faults else {},
        faults=faults or {},
    )


def _birthdate_page(
    campaign: Campaign,
    form: _BirthdateForm | None = None,
    faults: Mapping[str, str] | None = None,
    refused: binding.Result | None = None,
) -> str:
    info = current()
    names_given = not binding.needs_typed_names(info)
    slowed = refused.pause if refused and refused.outcome is Outcome.SLOWED else None
    form = form or _BirthdateForm(given_name=info.given_name or "", family_name=info.family_name or "")
    return render_template(
        "pupil/binding.html",
        campaign=campaign,
        names_given=names_given,
        given_name=info.given_name if names_given else form.given_name,
        family_name=info.family_name if names_given else form.family_name,
        typed=form,
        faults=faults or {},
        refused=refused,
        sentence=gettext(SLOWED if slowed else NOT_FOUND),
        advice=ngettext(
            "Attendez %(num)s seconde, puis validez de nouveau.",
            "Attendez %(num)s secondes, puis validez de nouveau.",
            ceil(slowed.total_seconds()),
        )
        if slowed
        else gettext(NOT_FOUND_ADVICE),
    )


@dataclass(frozen=True)
class _BirthdateForm:
    """The form as it was typed."""

    day: str = ""
    month: str = ""
    year: str = ""
    given_name: str = ""
    family_name: str = ""

    @classmethod
    def of_request(cls) -> _BirthdateForm:
        return cls(**{field.name: request.form.get(field.name, "")[:LONGEST_NAME] for field in fields(cls)})

    def read(self, today: date, with_names: bool) -> tuple[date | None, dict[str, str]]:
        """The birthdate, None where there is none to read, and what is wrong by field."""
        faults = {}
        if with_names:
            faults = {name: gettext(ask) for name, ask in TYPE_NAME.items() if not getattr(self, name).strip()}
        try:
            return birthdates.from_fields(self.day, self.month, self.year, today), faults
        except BirthdateError as error:
            return None, faults | {error.field: gettext(error.sentence)}

    def names(self) -> binding.TypedNames:
        return binding.TypedNames(self.given_name, self.family_name)


def _today() -> date:
    return now().astimezone(ZoneInfo(current().school.time_zone)).date()
