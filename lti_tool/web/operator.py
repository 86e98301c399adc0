"""The operator's pages: the platforms and what ails them, and questions that pupils reported. Nobody is launched here.

The way in is a one-time link from the command line; its session has a cookie of its own that goes nowhere else.
"""

from __future__ import annotations

import hmac
from contextlib import suppress
from datetime import UTC, datetime
from typing import cast

from flask import Blueprint, after_this_request, g, make_response, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from lti_tool.assessment import reports
from lti_tool.assessment.engine.items import bank
from lti_tool.campaigns.paging import PER_PAGE, Page, page_of
from lti_tool.errors import N_, RefusedError
from lti_tool.lti import platforms
from lti_tool.lti.doctor import CHECKS, Doctor
from lti_tool.schools import connections, operators, schools
from lti_tool.web import security
from lti_tool.web.security import CSRF_FIELD, StaleFormError
from lti_tool.web.staff_pages import ROW_ID, row_id
from lti_tool.web.toolbox import READING, db, now, toolbox

blueprint = Blueprint("operator", __name__, url_prefix="/operateur")

COOKIE = "passerelle_operateur"
MOST_BOXES = 100
"""Schools that are shown as boxes; beyond, their UAIs are typed."""


class NotOperatorError(RefusedError):
    """No operator's session came with the request, or its link is spent."""

    code = "OPERATEUR"
    status = 401
    sentence = N_("Cette page s’ouvre avec un lien d’opérateur, qui sert une fois et dure une heure.")
    advice = N_("Demandez un nouveau lien avec la commande « lti-tool operator link ».")


@blueprint.before_request
def _guard() -> None:
    security.allow("frame-ancestors")  # no platform frames these pages
    if request.endpoint in ("operator.door", "operator.enter"):
        return
    token = request.cookies.get(COOKIE, "")
    with toolbox().database.read() as session:
        if not token or not operators.is_operator(session, token, now()):
            raise NotOperatorError
    g.operator_token = token
    if request.method not in READING:
        given = request.form.get(CSRF_FIELD, "").encode()
        expected = toolbox().vault.fingerprints(token, COOKIE)
        if not any(hmac.compare_digest(given, each.encode()) for each in expected):
            raise StaleFormError


@blueprint.context_processor
def _fields() -> dict[str, object]:
    return {"csrf_field": _csrf_field}


@blueprint.get("/entree/<secret>")
def door(secret: str) -> str:
    """The link's page: a button. Whatever looks at links before people do (previews, scanners) spends nothing."""
    return render_template("operator/door.html", secret=secret)


@blueprint.post("/entree/<secret>")
def enter(secret: str) -> Response:
    """Spend the link, and begin the operator's session in this browser."""
    token = operators.open_link(db(), secret, now())
    if token is None:
        raise NotOperatorError
    answer = redirect(url_for("operator.home"), 303)
    answer.set_cookie(
        COOKIE,
        token,
        max_age=operators.SESSION_LIFETIME,
        path=blueprint.url_prefix,
        secure=True,
        httponly=True,
        samesite="Lax",
    )
    return answer


@blueprint.post("/sortie")
def leave() -> str:
    """End the session."""
    operators.leave(db(), cast(str, g.operator_token))
    after_this_request(_without_cookie)
    return render_template("operator/left.html")


@blueprint.get("")
def home() -> str:
    """The platforms, those that wait for something first."""
    total, asked = platforms.count(db()), request.args.get("page", 1, int)
    number, rows = page_of(db(), connections.waiting_first(), total, asked, PER_PAGE)
    found = tuple(connections.of_platform(db(), platform_id) for (platform_id,) in rows)
    page = Page(found, total, number, PER_PAGE)
    return render_template("operator/home.html", page=page, reported=reports.count(db()))


@blueprint.post("/invitations")
def invite() -> str:
    """Make an invitation, and show its address this one time."""
    uai = request.form.get("uai", "").strip() or None
    token, expires_at = connections.invite(db(), uai, now())
    url = f"{toolbox().settings.base_url}/lti/register/{token}"
    return render_template("operator/invited.html", url=url, expires_at=expires_at, uai=uai)


@blueprint.get(f"/plateformes/<{ROW_ID}:platform_id>")
def platform(platform_id: int) -> str:
    """One platform: its addresses, deployments, what failed of late."""
    return _platform_page(platform_id)


@blueprint.post(f"/plateformes/<{ROW_ID}:platform_id>/activation")
def activate(platform_id: int) -> Response:
    """Let the platform launch."""
    connections.activate(db(), platform_id, now(), by=None, confirmed="adresses" in request.form)
    return redirect(url_for("operator.platform", platform_id=platform_id), 303)


@blueprint.post(f"/plateformes/<{ROW_ID}:platform_id>/suspension")
def suspend(platform_id: int) -> Response:
    """Refuse its launches, and end its people's sessions."""
    connections.suspend(db(), platform_id, now(), by=None)
    return redirect(url_for("operator.platform", platform_id=platform_id), 303)


@blueprint.post(f"/plateformes/<{ROW_ID}:platform_id>/deploiements")
def approve(platform_id: int) -> Response:
    """Authorize a deployment for the schools that were chosen, and for no others."""
    chosen = [number for text in request.form.getlist("etablissement") if (number := row_id(text)) is not None]
    chosen += [schools.by_uai(db(), uai).id for uai in request.form.get("uai", "").replace(",", " ").split()]
    connections.approve(db(), platform_id, request.form.get("deploiement", ""), chosen, now(), by=None)
    return redirect(url_for("operator.platform", platform_id=platform_id), 303)


@blueprint.post(f"/plateformes/<{ROW_ID}:platform_id>/diagnostic")
def examine(platform_id: int) -> str:
    """Call the platform's addresses, and say what is wrong. No transaction is open meanwhile."""
    tools = toolbox()
    doctor = Doctor(tools.database, tools.vault, tools.client, tools.keyring, tools.clock)
    findings = doctor.examine(platform_id)
    return render_template("operator/diagnosis.html", platform_id=platform_id, findings=findings, checks=CHECKS)


@blueprint.get("/questions")
def questions() -> str:
    """The questions that seem wrong to pupils, the most reported first."""
    asked = request.args.get("page", 1, int)
    total = reports.count(db())
    number, rows = page_of(db(), reports.most_reported(), total, asked, PER_PAGE)
    ids = [item_id for (item_id,) in rows]
    said = reports.about(db(), ids)
    page = Page(tuple(said[item_id] for item_id in ids), total, number, PER_PAGE)
    return render_template("operator/questions.html", page=page, items=bank().items, reasons=reports.REASONS)


@blueprint.post("/questions/<item_id>/relue")
def settle(item_id: str) -> Response:
    """The question was read again: what was shown of it is erased."""
    with suppress(ValueError, OverflowError):  # what is no moment erases nothing
        reports.settle(db(), item_id, datetime.fromisoformat(request.form.get("dernier", "")).astimezone(UTC))
    return redirect(url_for("operator.questions"), 303)


def _platform_page(platform_id: int) -> str:
    all_schools = schools.listing(db())
    return render_template(
        "operator/platform.html",
        connection=connections.of_platform(db(), platform_id),
        schools=all_schools if len(all_schools) <= MOST_BOXES else [],
        named=connections.named_school(db(), platform_id),
    )


def _csrf_field() -> Markup:
    token = toolbox().vault.fingerprint(cast(str, g.operator_token), COOKIE)
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, token)


def _without_cookie(answer: Response) -> Response:
    made = make_response(answer)
    made.delete_cookie(COOKIE, path=blueprint.url_prefix or "/", secure=True, httponly=True, samesite="Lax")
    return made
