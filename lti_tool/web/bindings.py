"""Who is which pupil, as staff settle it: requests, new accounts of the same pupils, binding and unbinding by hand."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.errors import N_, RefusedError
from lti_tool.grades import desired
from lti_tool.schools import by_hand, register, settling, waiting
from lti_tool.schools.binding import Why
from lti_tool.schools.models import ADMINISTRATOR
from lti_tool.schools.settling import Decision, WhyMissingError
from lti_tool.web import staff_pages
from lti_tool.web.i18n import gettext
from lti_tool.web.security import current
from lti_tool.web.staff_pages import ROW_ID
from lti_tool.web.toolbox import db, now

blueprint = Blueprint("bindings", __name__, url_prefix="/orga/eleves")
blueprint.before_request(staff_pages.guard)

MOST_AT_ONCE = 200
"""Requests shown together, so that a whole class can be settled in one go."""


class UnknownDecisionError(RefusedError):
    """The form says neither yes nor no, or names no request."""

    code = "DECISION"
    sentence = N_("Nous n’avons pas compris votre choix.")
    advice = N_("Revenez à la liste des demandes, puis choisissez de nouveau.")


@blueprint.get("/rattachements")
def request_list() -> str:
    """Who waits for a member of staff to say who they are, oldest first; one class at a time where asked."""
    return _requests({})


@blueprint.post("/rattachements")
def settle() -> Response | tuple[str, int]:
    """Accept or refuse requests, one or a whole class; what somebody else settled meanwhile stays as they did it."""
    info = current()
    try:
        decision = Decision(request.form.get("decision", ""))
    except ValueError:
        raise UnknownDecisionError from None
    request_ids = _ids("demande")
    if not request_ids:
        raise UnknownDecisionError
    chosen = {each: learner_id for each in request_ids if (learner_id := _id(f"eleve-{each}")) is not None}
    try:
        bound = settling.settle(
            db(), info.school.id, request_ids, decision, now(), by=info.person_id, why=_why(), chosen=chosen
        )
    except WhyMissingError as error:
        return _requests({f"raison-{request_ids[0]}": gettext(error.sentence)}), 422
    _grade(bound)
    return redirect(url_for("bindings.request_list", classe=request.form.get("classe") or None), 303)


@blueprint.get("/rattachements/comptes")
def renewals() -> str:
    """Pupils who come under new accounts of the same names, for the head to confirm."""
    found = settling.renewals(db(), current().school.id, limit=MOST_AT_ONCE)
    return render_template("administrator/renewals.html", renewals=found)


@blueprint.post("/rattachements/comptes")
def renew() -> Response:
    """Let the new accounts that are ticked take over."""
    info = current()
    _grade(settling.renew(db(), info.school.id, _ids("demande"), now(), by=info.person_id))
    return redirect(url_for("bindings.renewals"), 303)


@blueprint.post("/rattachements/noms")
def trust() -> Response:
    """Whether pupils who typed their names, since the ENT gives none, are bound at once."""
    info = current()
    waiting.trust_typed_names(db(), info.school.id, "confiance" in request.form, now(), by=info.person_id)
    return redirect(url_for("bindings.request_list"), 303)


@blueprint.get(f"/<{ROW_ID}:learner_id>/rattachement")
def ask_person(learner_id: int) -> str:
    """Whom to bind by hand: those who came as pupils and are bound to nobody."""
    return _strangers(learner_id, {})


@blueprint.post(f"/<{ROW_ID}:learner_id>/rattachement")
def bind(learner_id: int) -> Response | tuple[str, int]:
    """Bind somebody to the pupil by hand."""
    info, person_id, why = current(), _id("personne"), _why()
    register.learner(db(), info.school.id, learner_id)
    faults = {}
    if person_id is None:
        faults["personne"] = gettext("Choisissez un compte.")
    if why is None:
        faults["raison"] = gettext("Choisissez une raison.")
    if person_id is None or why is None:
        return _strangers(learner_id, faults), 422
    by_hand.bind_by_hand(db(), info.school.id, learner_id, person_id, now(), by=info.person_id, why=why)
    _grade([learner_id])
    return redirect(url_for("learners.learner_page", learner_id=learner_id), 303)


@blueprint.post(f"/<{ROW_ID}:learner_id>/detachement")
def unbind(learner_id: int) -> Response:
    """Undo a binding by hand; what the pupil did stays."""
    info, person_id = current(), _id("personne")
    register.learner(db(), info.school.id, learner_id)
    if person_id is None:
        raise UnknownDecisionError
    by_hand.unbind_by_hand(db(), info.school.id, learner_id, person_id, now(), by=info.person_id, why=_why())
    return redirect(url_for("learners.learner_page", learner_id=learner_id), 303)


def _requests(faults: dict[str, str]) -> str:
    school_id = current().school.id
    division = staff_pages.filter_text("classe") or request.form.get("classe", "")[: staff_pages.LONGEST_FILTER]
    found = settling.requests(db(), school_id, division=division or None, limit=MOST_AT_ONCE)
    return render_template(
        "teacher/requests.html",
        requests=found,
        total=settling.count_requests(db(), school_id),
        at_once=[each.id for each in found if each.reason == waiting.TYPED_NAMES and each.held_by is None],
        renewals=len(settling.renewals(db(), school_id)) if current().role == ADMINISTRATOR else 0,
        divisions=[
            ("", gettext("Toutes les classes")),
            *((d.name, d.name) for d in register.divisions(db(), school_id)),
        ],
        division=division,
        is_administrator=current().role == ADMINISTRATOR,
        trusts_names=waiting.trusts_typed_names(db(), school_id),
        faults=faults,
    )


def _strangers(learner_id: int, faults: dict[str, str]) -> str:
    school_id, name = current().school.id, staff_pages.filter_text("nom")
    return render_template(
        "teacher/bind.html",
        learner=register.learner(db(), school_id, learner_id),
        holders=by_hand.holders(db(), school_id, learner_id),
        strangers=by_hand.strangers(db(), school_id, search=name),
        name=name,
        chosen=request.form.get("personne", ""),
        faults=faults,
    )


def _grade(learner_ids: Iterable[int]) -> None:
    """Results that were sent before may have columns in the courses of whoever is bound now."""
    for learner_id in learner_ids:
        desired.want(db(), now(), learner_id=learner_id)


def _why() -> Why | None:
    given = request.form.get("raison", "")
    return Why(given) if given in set(Why) else None


def _id(name: str) -> int | None:
    return request.form.get(name, type=staff_pages.row_id)


def _ids(name: str) -> list[int]:
    found = [staff_pages.row_id(text) for text in request.form.getlist(name)[:MOST_AT_ONCE]]
    return [each for each in found if each is not None]
