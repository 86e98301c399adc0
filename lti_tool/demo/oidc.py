"""The ENT as an OpenID provider and OAuth 2 server: id_tokens for launches, access tokens for the services.

Authlib's authorization server does the protocol; the classes here say who the one client is and what an
id_token holds, and refuse what Moodle refuses (`facts/moodle.md` "Login and launch").
"""

from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import (
    AccessDeniedError,
    ClientCredentialsGrant,
    ClientMixin,
    InvalidClientError,
    InvalidRequestError,
    InvalidScopeError,
)
from authlib.oauth2.rfc6750 import BearerTokenValidator
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDImplicitGrant
from flask import Blueprint, Flask, Response, current_app, jsonify, render_template, request
from joserfc.jwk import KeySet
from joserfc.jwt import Claims
from werkzeug.datastructures import CombinedMultiDict

from lti_tool.demo.messages import SCOPES, GoneError, launch_claims
from lti_tool.demo.session import signed_in
from lti_tool.demo.state import ToolConfig, current_ent
from lti_tool.demo.store import PendingLaunch
from lti_tool.demo.tool_keys import UnknownToolKeyError

LIFETIME_S = 60
"""Of id_tokens, as Moodle's, and of access tokens, so that a tool must renew them often."""

_CLIENT_ASSERTION = JWTBearerClientAssertion.CLIENT_AUTH_METHOD

blueprint = Blueprint("oidc", __name__)


class Tool(ClientMixin):
    """The tool as OAuth 2 client: public at the authorization endpoint, by signed assertion at the token endpoint."""

    def __init__(self, config: ToolConfig) -> None:
        self.config = config

    def get_client_id(self) -> str:
        return self.config.client_id

    def get_default_redirect_uri(self) -> str | None:
        return None

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """`openid` alone, or those of the requested services that exist; None refuses."""
        if scope == "openid":
            return scope
        return " ".join(one for one in (scope or "").split() if one in SCOPES) or None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.config.launch_url

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method in {"none", _CLIENT_ASSERTION}

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "id_token"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "client_credentials"


class LtiLaunchGrant(OpenIDImplicitGrant):
    """The id_token of a launch (Security Framework §5.1.1)."""

    RESPONSE_TYPES = {"id_token"}  # noqa: RUF012 - declared so by Authlib
    launch: PendingLaunch

    def validate_authorization_request(self) -> str:
        """Refuse what Moodle refuses, before what Authlib refuses."""
        data = self.request.payload.data
        if data.get("scope") != "openid":
            raise InvalidScopeError()
        if data.get("response_mode") != "form_post":
            raise InvalidRequestError("response_mode must be form_post")
        if data.get("prompt") != "none":
            raise InvalidRequestError("prompt must be none")
        redirect_uri: str = super().validate_authorization_request()
        self.launch = _pending_launch(data)
        return redirect_uri

    def exists_nonce(self, nonce: str, _request: Any) -> bool:
        """Only look: the nonce is spent with the launch."""
        return current_ent().store.is_spent("nonce", nonce)

    def create_authorization_response(self, redirect_uri: str, grant_user: Any) -> tuple[int, str, list[Any]]:
        """Spend the started launch and its nonce, and post the id_token back."""
        store, data = current_ent().store, self.request.payload.data
        if grant_user is None or grant_user.sub != data.get("login_hint") or grant_user.sub != self.launch.sub:
            raise AccessDeniedError()
        if not store.spend_launch(self.launch.id) or not store.spend("nonce", data["nonce"]):
            raise InvalidRequestError("this login was already used")
        params = dict(self.create_granted_params(grant_user))
        answer = {"id_token": params["id_token"]}
        if "state" in data:
            answer["state"] = data["state"]
        return 200, _form_post(redirect_uri, answer), []

    def generate_user_info(self, user: Any, _scope: str) -> UserInfo:
        try:
            return UserInfo(launch_claims(current_ent(), self.launch, user))
        except GoneError:
            raise InvalidRequestError("the activity is gone") from None

    def get_client_claims(self, client: Tool) -> dict[str, Any]:
        now = int(current_ent().clock())
        return {
            "iss": current_ent().config.base_url,
            "aud": client.get_client_id(),
            "iat": now,
            "exp": now + LIFETIME_S,
        }

    def get_client_algorithm(self, _client: Tool) -> str:
        return "RS256"

    def get_encode_header(self, _client: Tool) -> dict[str, Any]:
        return {"alg": "RS256", "kid": current_ent().key.kid}

    def resolve_client_private_key(self, _client: Tool) -> Any:
        return current_ent().key


class ServicesGrant(ClientCredentialsGrant):
    """Access tokens for the services (Security Framework §4.1)."""

    TOKEN_ENDPOINT_AUTH_METHODS = [_CLIENT_ASSERTION]  # noqa: RUF012 - declared so by Authlib


class ToolAssertion(JWTBearerClientAssertion):
    """The tool's signed assertion: RS256, known key, this token endpoint, used once, no leeway as in Moodle."""

    def __init__(self) -> None:
        super().__init__(leeway=0)

    def get_audiences(self) -> list[str]:
        return [_token_url()]

    def extract_assertion(self, assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Also refuse here a key that does not exist: Authlib cannot quote every `kid` in its error."""
        headers, claims = super().extract_assertion(assertion)
        if headers.get("alg") != "RS256":
            raise InvalidClientError(description="The assertion must be signed with RS256.")
        self._keys_holding(headers.get("kid"))
        return headers, claims

    def resolve_client_public_key(self, _client: Tool) -> KeySet:
        headers, _claims = super().extract_assertion(request.form["client_assertion"])
        return self._keys_holding(headers.get("kid"))

    def verify_claims(self, claims: Claims) -> None:
        if "iat" not in claims:
            raise InvalidClientError(description="Missing claim: 'iat'")
        super().verify_claims(claims)

    def validate_jti(self, _claims: Claims, jti: str) -> bool:
        return current_ent().store.spend("jti", jti)

    @staticmethod
    def _keys_holding(kid: object) -> KeySet:
        try:
            return current_ent().tool_keys.holding(kid)
        except UnknownToolKeyError as fault:
            raise InvalidClientError(description=str(fault)) from None


class Server(AuthorizationServer):
    """Authlib's server, which also posts the errors of a launch back to the tool."""

    def handle_error_response(self, oauth2_request: Any, error: OAuth2Error) -> Response:
        """Post `error` and `state` to a valid redirect_uri; a page of the ENT, or JSON, where there is none."""
        ent, data = current_ent(), oauth2_request.payload.data
        if request.endpoint == "oidc.token":
            answer: Response = super().handle_error_response(oauth2_request, error)
            return answer
        tool = ent.tool
        if data.get("client_id") != tool.client_id or data.get("redirect_uri") != tool.launch_url:
            return _refusal_page()
        fields = {"error": error.error, "error_description": error.get_error_description()}
        if "state" in data:
            fields["state"] = data["state"]
        return Response(_form_post(tool.launch_url, fields))


class AccessToken:
    """An access token as Authlib's validator wants to see it."""

    def __init__(self, scope: str) -> None:
        self._scope = scope

    def get_scope(self) -> str:
        return self._scope

    def is_expired(self) -> bool:
        return False

    def is_revoked(self) -> bool:
        return False


class AccessTokenValidator(BearerTokenValidator):
    """Finds access tokens in the store, where those that are over are as good as unknown."""

    def authenticate_token(self, token_string: str) -> AccessToken | None:
        ent = current_ent()
        scope = ent.store.token_scope(token_string, ent.clock())
        return AccessToken(scope) if scope is not None else None


def install(app: Flask) -> None:
    """Give the application its authorization server and its endpoints."""
    app.config["OAUTH2_TOKEN_EXPIRES_IN"] = {"client_credentials": LIFETIME_S, "implicit": LIFETIME_S}
    server = Server(app, query_client=_query_client, save_token=_save_token)
    server.register_client_auth_method(_CLIENT_ASSERTION, ToolAssertion())
    server.register_grant(LtiLaunchGrant)
    server.register_grant(ServicesGrant)
    app.extensions["demo_authorization_server"] = server
    app.register_blueprint(blueprint)


def make_protector() -> ResourceProtector:
    """What asks the services' requests for their access token."""
    protector = ResourceProtector()
    protector.register_token_validator(AccessTokenValidator())
    return protector


@blueprint.route("/oidc/auth", methods=["GET", "POST"])
def auth() -> Response:
    """The authorization endpoint.

    A session cookie does not come with a request that another site started within a frame; so, like
    Moodle, a request without session is first repeated by a page of the ENT itself.
    """
    server: Server = _server()
    data: CombinedMultiDict[str, str] = request.values
    if data.get("client_id") != _tool().client_id or data.get("redirect_uri") != _tool().launch_url:
        return _refusal_page()
    person = signed_in()
    if person is None and "repost" not in data:
        fields = {**data.to_dict(), "repost": "1"}
        return Response(_form_post(current_ent().url("/oidc/auth"), fields))
    oauth2_request = server.create_oauth2_request(request)
    oauth2_request.user = person
    if data.get("response_type") != "id_token":
        # Answered here because Authlib's own error cannot quote every text that may stand there.
        return server.handle_error_response(oauth2_request, OAuth2Error(error="unsupported_response_type"))
    try:
        grant = server.get_authorization_grant(oauth2_request)
        grant.validate_no_multiple_request_parameter(oauth2_request)
        grant.validate_consent_request()
    except OAuth2Error as error:
        return server.handle_error_response(oauth2_request, error)
    answer: Response = server.create_authorization_response(oauth2_request, grant_user=person, grant=grant)
    return answer


@blueprint.post("/oidc/token")
def token() -> Response:
    """The token endpoint, which serves its JSON as `text/html`, as Moodle does."""
    answer: Response = _server().create_token_response()
    answer.content_type = "text/html; charset=utf-8"
    return answer


@blueprint.get("/oidc/jwks.json")
def jwks() -> Response:
    """The ENT's public key."""
    public = current_ent().key.as_dict(private=False)
    return jsonify({"keys": [{**public, "alg": "RS256", "use": "sig"}]})


def _pending_launch(data: CombinedMultiDict[str, str]) -> PendingLaunch:
    launch = current_ent().store.pending_launch(data.get("lti_message_hint", ""))
    if launch is None:
        raise InvalidRequestError("lti_message_hint is unknown or was already used")
    return launch


def _query_client(client_id: str) -> Tool | None:
    return Tool(_tool()) if client_id == _tool().client_id else None


def _save_token(token_: dict[str, Any], _request: Any) -> None:
    ent = current_ent()
    ent.store.save_token(token_["access_token"], token_["scope"], int(ent.clock()) + LIFETIME_S)


def _form_post(action: str, fields: dict[str, str]) -> str:
    return render_template("ent/post.html", form_id="authorization-response", action=action, fields=fields)


def _refusal_page() -> Response:
    text = (
        "L’outil demande une connexion que l’ENT ne lui connaît pas : "
        "son identifiant ou son adresse de retour ne sont pas les bons."
    )
    return Response(render_template("ent/error.html", title="Connexion refusée", text=text), status=400)


def _server() -> Server:
    server: Server = current_app.extensions["demo_authorization_server"]
    return server


def _tool() -> ToolConfig:
    return current_ent().tool


def _token_url() -> str:
    return current_ent().url("/oidc/token")
