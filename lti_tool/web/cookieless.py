"""A platform's frame in which no cookie lives: a new window with the unspent login, or the platform's own storage.

With storage, the secret of a login waits in the platform's page (`lti/storage.py`), the launch is verified in the
frame, and its session is begun in a window of its own. Both steps back to us, the secret and the hand-over, are
believed from our own page only: `Sec-Fetch-Site`, which no page can write, and which a browser that came this way
always sends.
"""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request

from lti_tool.lti import browser
from lti_tool.lti import login as logins
from lti_tool.lti.login import LoginRequest
from lti_tool.lti.refusals import LaunchRefused, Reason
from lti_tool.lti.storage import Kept
from lti_tool.schools import handovers, sessions
from lti_tool.web import security
from lti_tool.web.toolbox import db, now, toolbox

blueprint = Blueprint("cookieless", __name__, url_prefix="/lti")

FRAMES = frozenset({"iframe", "frame", "embed", "object"})
PROOF_FIELD = "preuve"
"""Field of a launch that our own page adds: the secret that the platform's frame gave back."""


def in_frame() -> bool:
    """Whether the browser says that this request loads a frame."""
    return request.headers.get("Sec-Fetch-Dest") in FRAMES


def new_window(asked: LoginRequest, parameters: dict[str, list[str]]) -> str:
    """Offer a window with the unspent login; where the platform's frame offers storage, try that first.

    The form's way leads through us to the platform, and wherever that signs in.
    """
    security.allow("form-action", asked.platform.origin, "https:")
    secret = browser.new_secret(now())
    settings, vault = toolbox().settings, toolbox().vault
    deposit = logins.deposit(asked, vault=vault, base_url=settings.base_url, secret=secret, now=now())
    fields = {name: values[0] for name, values in parameters.items() if values}
    return render_template("lti/new_window.html", action=request.path, fields=fields, deposit=deposit)


def stored_secret() -> str | None:
    """The secret that our own page got back from the platform's frame; None for what another site posts."""
    return request.form.get(PROOF_FIELD) if _is_from_our_page() else None


def ask_back(kept: Kept) -> str:
    """A page that asks the platform's frame for the secret, and posts the launch once more with it."""
    security.frame_for(kept.platform.origin)
    form = {name: request.form.get(name, "") for name in ("state", "id_token")}
    return render_template("lti/asking_back.html", kept=kept, form=form, proof_field=PROOF_FIELD)


@blueprint.post("/fenetre")
def enter_window() -> Response:
    """Begin in this window the session that the frame's page handed over: once, and within the minute."""
    handed = handovers.take(db(), request.form.get("passage", ""), now()) if _is_from_our_page() else None
    if handed is None:
        raise LaunchRefused(Reason.HAND_OVER_SPENT)
    tokens = security.session_tokens()
    token = sessions.open_session(
        db(),
        person_id=handed.person_id,
        school_id=handed.school_id,
        role=handed.role,
        is_test=handed.is_test,
        now=now(),
        current_token=tokens[0] if len(tokens) == 1 else None,
    )
    answer = make_response(redirect(handed.page, 303))
    if token is not None:
        security.set_session(answer, token)
    return answer


def _is_from_our_page() -> bool:
    return request.headers.get("Sec-Fetch-Site") == "same-origin"
