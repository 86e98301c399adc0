"""Where platforms send people, login and launch, and what they read of us. No page of this file has a session."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request
from sqlalchemy import select
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.urls import iri_to_uri

from lti_tool.lti import browser, failures
from lti_tool.lti import login as logins
from lti_tool.lti.configurations import CLAIMS, DESCRIPTION, TITLE
from lti_tool.lti.launch import KeptElsewhereError, Verifier
from lti_tool.lti.messages import Launch, MessageType
from lti_tool.lti.models import Platform
from lti_tool.lti.refusals import LaunchRefused, Reason
from lti_tool.lti.services import SCOPES
from lti_tool.settings import origin_of
from lti_tool.web import cookieless, security
from lti_tool.web.answers import lead_to, set_cookie
from lti_tool.web.errors import error_page
from lti_tool.web.launching import enter, way_back
from lti_tool.web.toolbox import now, roll_back, toolbox, work

blueprint = Blueprint("lti", __name__, url_prefix="/lti")

FORM_LIMIT = 64 * 1024
"""Bytes of a login or a launch; a larger one is not even read."""
TESTED = "cookies"
"""Query parameter of the one redirection of a login to itself."""


@blueprint.before_request
def _limit() -> None:
    request.max_content_length = FORM_LIMIT


@blueprint.errorhandler(LaunchRefused)
def _refused(refused: LaunchRefused) -> Response:
    """The error page, which the pages of the platform that sent this person may frame."""
    roll_back(refused)
    if refused.platform_id is not None:
        with toolbox().database.read() as session:
            auth_url = session.scalar(select(Platform.auth_url).where(Platform.id == refused.platform_id))
        if auth_url and (origin := origin_of(auth_url)):
            security.frame_for(origin)
    return error_page(refused)


@blueprint.route("/login", methods=["GET", "POST"])
@blueprint.route("/login/<key>", methods=["GET", "POST"])
def login(key: str | None = None) -> Response | str:
    """A platform sends somebody: off to its authorization endpoint, with a browser that can come back.

    In a frame the cookie is tried first, by one redirection to ourselves: the platform's hint can be spent once, and
    where no cookie comes back, its storage may serve, or a new window is offered with the login unspent.
    """
    tools, moment = toolbox(), now()
    base_url = tools.settings.base_url
    given = [request.args, request.form] if request.query_string else [request.form]
    parameters = {name: [value for each in given for value in each.getlist(name)] for name in logins.PARAMETERS}
    with tools.database.glance() as connection:
        asked = logins.check(connection, parameters, key=key, base_url=base_url)
    security.frame_for(asked.platform.origin)
    kept = browser.usable(_secrets(), moment)
    if kept is None and cookieless.in_frame():
        return cookieless.new_window(asked, parameters) if TESTED in request.args else _test_cookies()
    secret = kept or browser.new_secret(moment)
    url = logins.redirect_url(asked, vault=tools.vault, base_url=base_url, secret=secret, now=moment)
    answer = lead_to(url, 302)
    if kept is None:
        _keep(answer, secret)
    return answer


@blueprint.post("/launch")
def launch() -> Response | str:
    """The platform's answer: who it is, verified; then their session, and where they wanted to go."""
    state, secrets, verifier, moment = _given("state"), _secrets(), _verifier(), now()
    if "error" in request.form:
        raise verifier.refused_by_platform(state=state, secrets=secrets, now=moment, is_posted=True)
    stored = cookieless.stored_secret()
    verified: Launch | None = None
    try:
        verified = verifier.verify(
            state=state,
            id_token=_given("id_token"),
            secrets=secrets if stored is None else [stored],
            now=moment,
            may_ask=stored is None,
        )
        return enter(work(), verified, moment, cookieless=stored is not None)
    except KeptElsewhereError as elsewhere:
        return cookieless.ask_back(elsewhere.kept)
    except LaunchRefused as refused:
        _note(refused)
        if verified is None or refused.reason is not Reason.STATE_SPENT:
            raise
        return error_page(refused, way_back(verified, moment))


@blueprint.get("/launch")
def launch_by_link() -> Response:
    """Nobody is launched by a link; a platform's refusal may come as one (SEC §5.1.1.5)."""
    if "error" in request.args:
        state = request.args.get("state")
        raise _verifier().refused_by_platform(state=state, secrets=_secrets(), now=now(), is_posted=False)
    raise MethodNotAllowed(valid_methods=["POST"])


@blueprint.get("/jwks.json")
def jwks() -> Response:
    """Our public keys (SEC §6.3)."""
    answer = jsonify(toolbox().keyring.public_jwks())
    answer.headers["Cache-Control"] = "public, max-age=300"
    return answer


@blueprint.get("/config.json")
def config() -> Response:
    """What an administrator, or their LMS, needs to know to connect us by hand."""
    base = toolbox().settings.base_url
    launch_url = base + logins.LAUNCH_PATH
    document: dict[str, Any] = {
        "title": TITLE,
        "description": DESCRIPTION,
        "login_url": base + "/lti/login",
        "launch_url": launch_url,
        "target_link_uri": launch_url,
        "jwks_url": base + "/lti/jwks.json",
        "scopes": list(SCOPES),
        "messages": [{"type": message.value, "target_link_uri": launch_url} for message in MessageType],
        "claims": list(CLAIMS),
    }
    return jsonify(document)


def _verifier() -> Verifier:
    tools = toolbox()
    settings = tools.settings
    return Verifier(
        tools.database, tools.vault, tools.platform_keys, settings.base_url, settings.allow_private_platforms
    )


def _given(name: str) -> str | None:
    """A field of the platform's form; one that comes with two values is as good as none."""
    values = set(request.form.getlist(name))
    return values.pop() if len(values) == 1 else None


def _note(refused: LaunchRefused) -> None:
    """Keep why, for those who look after the platform: once nothing else of this launch is."""
    roll_back(refused)
    with toolbox().database.write() as session:
        failures.note(session, refused, _given("id_token"), now())


def _secrets() -> list[str]:
    cookies = request.cookies
    return [value for name in browser.COOKIES for value in cookies.getlist(name)]


def _keep(answer: Response, secret: str) -> None:
    for name in browser.COOKIES:
        partitioned = name == browser.PARTITIONED_COOKIE
        set_cookie(answer, name, secret, lifetime=browser.LIFETIME, partitioned=partitioned, path=browser.COOKIE_PATH)


def _test_cookies() -> Response:
    """The same login once more: by 307, so that a form stays one, and its parameters out of the address."""
    query = request.query_string.decode("ascii", "replace")
    answer = lead_to(iri_to_uri(f"{request.path}?{query + '&' if query else ''}{TESTED}=1"), 307)
    _keep(answer, browser.new_secret(now()))
    return answer
