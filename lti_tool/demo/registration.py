"""*Ajouter un outil*: dynamic registration as Moodle does it, by pasting one address (`facts/moodle.md`).

The tool's own page is shown in a frame, whose first load is given up and done again; the tool then waits until
somebody clicks *Activer*.
"""

import json
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Blueprint, Response, abort, g, jsonify, redirect, render_template, request, url_for
from joserfc import jwt
from joserfc.errors import JoseError
from werkzeug.wrappers import Response as BaseResponse

from lti_tool.demo.messages import SCOPES
from lti_tool.demo.pages import require_person
from lti_tool.demo.people import Kind
from lti_tool.demo.state import current_ent, origin_of
from lti_tool.demo.tools import NewTool, RegisteredTool

TOKEN_LIFETIME_S = 3600
PLATFORM_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-platform-configuration"
TOOL_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"
CLAIMS = ("sub", "iss", "name", "given_name", "family_name")
LONGEST_URL = 2000

blueprint = Blueprint("registration", __name__)


class RefusedRegistrationError(Exception):
    """The tool cannot be registered; the text is the plain answer, as in Moodle."""


@blueprint.get("/administration/outils")
def tools() -> str:
    """The tools, and the field for the address of another."""
    _require_administrator()
    return render_template("ent/tools.html", tools=current_ent().tool_book.all())


@blueprint.get("/administration/outils/ajout")
def add() -> str:
    """The tool's registration page in a frame, with our configuration and a one-time token in its address."""
    person = _require_administrator()
    address = request.args.get("adresse", "").strip()
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.netloc or len(address) > LONGEST_URL:
        abort(400, "L’adresse de l’outil doit être complète, et commencer par https.")
    ent, now = current_ent(), int(current_ent().clock())
    token = jwt.encode(
        {"alg": "RS256", "kid": ent.key.kid},
        {"sub": person, "scope": "reg", "iat": now, "exp": now + TOKEN_LIFETIME_S, "jti": secrets.token_hex(8)},
        ent.key,
    )
    added = {"openid_configuration": ent.url("/oidc/configuration"), "registration_token": token}
    query = "&".join(part for part in (parts.query, urlencode(added)) if part)
    g.framed_origin = origin_of(address)
    return render_template(
        "ent/registration.html", frame_url=urlunsplit(parts._replace(query=query)), origin=g.framed_origin
    )


@blueprint.post("/administration/outils/<int:tool_id>/activation")
def activate(tool_id: int) -> BaseResponse:
    """*Activer*: the ENT launches this tool from now on."""
    _require_administrator()
    if not current_ent().tool_book.activate(tool_id):
        abort(404)
    return redirect(url_for("registration.tools"), 303)


@blueprint.get("/oidc/configuration")
def configuration() -> Response:
    """What we tell of ourselves (DR §3.3)."""
    ent = current_ent()
    return jsonify(
        {
            "issuer": ent.config.base_url,
            "authorization_endpoint": ent.url("/oidc/auth"),
            "token_endpoint": ent.url("/oidc/token"),
            "jwks_uri": ent.url("/oidc/jwks.json"),
            "registration_endpoint": ent.url("/oidc/registration"),
            "scopes_supported": list(SCOPES),
            "response_types_supported": ["id_token"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "claims_supported": list(CLAIMS),
            PLATFORM_CONFIGURATION: {
                "product_family_code": "demo-ent",
                "version": "1",
                "messages_supported": [{"type": "LtiResourceLinkRequest"}, {"type": "LtiDeepLinkingRequest"}],
                "variables": [],
            },
        }
    )


@blueprint.post("/oidc/registration")
def register() -> Response:
    """A tool registers (DR §3.5): 200 with its client_id, 400 with a reason, 401 for a bad token."""
    refused = _refuse_token(request.headers.get("Authorization", ""))
    if refused:
        return Response(json.dumps({"error": refused}), 401, content_type="application/json")
    document = request.get_json(force=True, silent=True)
    asked: dict[str, Any] = document if isinstance(document, dict) else {}
    try:
        tool = _read(asked)
    except RefusedRegistrationError as reason:
        return Response(str(reason), 400, content_type="text/plain; charset=utf-8")
    return jsonify(_answer(asked, current_ent().tool_book.add(tool)))


def _require_administrator() -> str:
    person = require_person()
    if person.kind is not Kind.HEAD:
        abort(403)
    return person.sub


def _refuse_token(header: str) -> str | None:
    """What is wrong with the registration token: it is ours, for this, of this hour, and good for once."""
    ent = current_ent()
    registry = jwt.JWTClaimsRegistry(now=int(ent.clock()), exp={"essential": True}, scope={"value": "reg"})
    try:
        claims = jwt.decode(header.removeprefix("Bearer "), ent.key, algorithms=["RS256"]).claims
        registry.validate(claims)
    except (JoseError, ValueError):
        return "invalid_token"
    return None if ent.store.spend("registration", str(claims["jti"])) else "token_already_used"


def _read(asked: Mapping[str, Any]) -> NewTool:
    """What Moodle wants of a tool. Raises `RefusedRegistrationError`."""
    lti = asked.get(TOOL_CONFIGURATION)
    lti = lti if isinstance(lti, dict) else {}
    redirects = asked.get("redirect_uris")
    if "id_token" not in (asked.get("response_types") or []):
        raise RefusedRegistrationError("invalid_response_types")
    if asked.get("token_endpoint_auth_method") != "private_key_jwt":
        raise RefusedRegistrationError("invalid_token_endpoint_auth_method")
    if not isinstance(redirects, list) or not redirects:
        raise RefusedRegistrationError("missing_redirect_uris")
    given = {name: asked.get(name) for name in ("client_name", "initiate_login_uri", "jwks_uri")}
    given |= {"target_link_uri": lti.get("target_link_uri"), "domain": lti.get("domain"), "redirect": redirects[0]}
    values = {name: value for name, value in given.items() if isinstance(value, str) and value}
    for name in given.keys() - values.keys():
        raise RefusedRegistrationError(f"missing_{name}")
    if urlsplit(values["target_link_uri"]).netloc != values["domain"]:
        raise RefusedRegistrationError("domain_targetlinkuri_mismatch")
    claims = lti.get("claims") or []
    return NewTool(
        name=values["client_name"],
        login_url=values["initiate_login_uri"],
        launch_url=values["redirect"],
        jwks_url=values["jwks_uri"],
        target_link_uri=values["target_link_uri"],
        gives_names="given_name" in claims and "family_name" in claims,
    )


def _answer(asked: Mapping[str, Any], tool: RegisteredTool) -> dict[str, Any]:
    lti = {**asked[TOOL_CONFIGURATION], "deployment_id": tool.deployment_id}
    return {**asked, "client_id": tool.client_id, TOOL_CONFIGURATION: lti}
