"""The fake platform's HTTP: key set, token endpoint, line items, scores, results and memberships."""

from __future__ import annotations

import contextlib
import json
import secrets
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from tests.platform import payloads
from tests.platform.gradebook import Column, Course, Rules, refusal
from tests.platform.signing import compact, key_named, public_jwk, rs256

LINE_ITEM = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE = "application/vnd.ims.lis.v1.score+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
MEMBERS = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
NEEDED_SCOPE = {
    "lineitems": "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem",
    "scores": "https://purl.imsglobal.org/spec/lti-ags/scope/score",
    "results": "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly",
    "members": "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly",
}


@dataclass(frozen=True)
class Received:
    """One request that the platform got."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


@dataclass(frozen=True)
class Answer:
    """One answer; a body that is not bytes is sent as JSON."""

    status: int = 200
    body: Any = b""
    reason: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def _now() -> datetime:
    return datetime.now(UTC)


class FakePlatform:
    """A platform on a port of its own, while it is used as a context manager.

    `tool_jwks` gives the tool's public keys, as the platform would fetch them. Everything else may be set or changed
    at any time: what a test wants to go wrong is one assignment.
    """

    def __init__(self, name: str = "lms", clock: Callable[[], datetime] = _now, host: str = "127.0.0.1") -> None:
        self.name = name
        self.clock = clock
        self.client_id = f"client-of-{name}"
        self.deployment_id = "1"
        self.keys: list[RSAKey] = [key_named(name)]
        self.jwks: Any = None
        """Sent instead of the keys' own set, where not None."""
        self.tool_jwks: Callable[[], Mapping[str, Any]] | None = None
        self.rules = Rules()
        self.courses: dict[str, Course] = {"course-1": Course()}
        self.token_lifetime = 3600
        self.token_audience: str | None = None
        """What our assertions must name instead of the token endpoint."""
        self.tokens: dict[str, tuple[frozenset[str], datetime]] = {}
        self.received: list[Received] = []
        self.connections: set[socket.socket] = set()
        """Those that are open now."""
        self.answers: list[Answer] = []
        """Given before anything else, one per request: failures on demand."""
        self.overrides: dict[str, Answer] = {}
        """By path: always given instead."""
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.platform = self
        self._lock = threading.Lock()
        self.url = f"http://{host}:{self._server.server_address[1]}"
        self.issuer = self.url

    @property
    def addresses(self) -> dict[str, str]:
        """The fields of a registration by hand."""
        return {
            "issuer": self.issuer,
            "client_id": self.client_id,
            "auth_url": f"{self.url}/auth",
            "token_url": f"{self.url}/token",
            "jwks_url": f"{self.url}/jwks",
        }

    def claims(
        self, *, nonce: str, target: str, sub: str = "sub-chloe", now: datetime | None = None, message: str = "resource"
    ) -> dict[str, Any]:
        """A complete launch; `message` is one of `payloads.MESSAGES`."""
        common = payloads.base(
            issuer=self.issuer,
            client_id=self.client_id,
            nonce=nonce,
            now=now or self.clock(),
            deployment_id=self.deployment_id,
            target=target,
            sub=sub,
        )
        return payloads.MESSAGES[message](common, self.url)

    def id_token(self, claims: Any, *, key: RSAKey | None = None) -> str:
        """The claims, signed as this platform does."""
        key = key or self.keys[0]
        return compact({"typ": "JWT", "alg": "RS256", "kid": key.kid}, claims, rs256(key))

    def asked(self, path: str) -> list[Received]:
        """The requests for a path, or for what ends so."""
        return [request for request in self.received if request.path.endswith(path)]

    def line_item_url(self, column: Column, course: str = "course-1") -> str:
        query = f"?type_id={self.rules.type_id}" if self.rules.type_id else ""
        return f"{self.url}/courses/{course}/lineitems/{column.id}/lineitem{query}"

    def line_items_url(self, course: str = "course-1") -> str:
        query = f"?type_id={self.rules.type_id}" if self.rules.type_id else ""
        return f"{self.url}/courses/{course}/lineitems{query}"

    def members_url(self, course: str = "course-1") -> str:
        return f"{self.url}/courses/{course}/members"

    def __enter__(self) -> FakePlatform:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """Hang up and stop listening: from now on nobody answers."""
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def answer(self, request: Received) -> Answer:
        with self._lock:
            self.received.append(request)
            if self.answers:
                return self.answers.pop(0)
            if request.path in self.overrides:
                return self.overrides[request.path]
            if request.path == "/jwks":
                return Answer(body=self.jwks if self.jwks is not None else self._key_set())
            if request.path == "/token":
                return self._token(request)
            return self.page(request) or self._service(request)

    def page(self, request: Received) -> Answer | None:
        """What a browser is shown at this address; None where there is no page."""
        return None

    def _key_set(self) -> dict[str, Any]:
        return {"keys": [public_jwk(key) for key in self.keys]}

    def _token(self, request: Received) -> Answer:
        """RFC 7523 client authentication, with no leeway for an assertion from the future or of the past."""
        form, now = request.form(), self.clock()
        try:
            assert self.tool_jwks is not None
            keys = KeySet.import_key_set(self.tool_jwks())  # type: ignore[arg-type]
            token = jwt.decode(form["client_assertion"], keys, algorithms=["RS256"])
            said = token.claims
            assert "kid" in token.header
            assert said["iss"] == said["sub"] == self.client_id
            assert said["aud"] == (self.token_audience or f"{self.url}/token")
            assert said["iat"] <= now.timestamp() < said["exp"] <= said["iat"] + 400
            assert said["jti"]
            assert form["grant_type"] == "client_credentials"
            assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        except (AssertionError, JoseError, KeyError, ValueError):
            return Answer(400, {"error": "invalid_client"})
        scopes = frozenset(form["scope"].split())
        value = f"token-{secrets.token_hex(8)}"
        self.tokens[value] = (scopes, now + timedelta(seconds=self.token_lifetime))
        document = {"access_token": value, "token_type": "Bearer", "expires_in": self.token_lifetime}
        return Answer(body=document | {"scope": form["scope"]}, headers={"Content-Type": "text/html"})

    def _service(self, request: Received) -> Answer:
        parts = request.path.strip("/").split("/")
        course = self.courses.get(parts[1]) if parts[0] == "courses" and len(parts) > 2 else None
        if course is None:
            return Answer(404)
        kind = parts[-1] if parts[-1] in NEEDED_SCOPE else "lineitems"
        scopes, until = self.tokens.get(request.headers.get("Authorization", "")[7:], (frozenset(), self.clock()))
        if self.clock() >= until:
            return Answer(401, reason="Unauthorized")
        needed = NEEDED_SCOPE[kind]
        readonly = needed + ".readonly" if request.method == "GET" else needed
        if not scopes & {needed, readonly}:
            return Answer(403, reason="Forbidden")
        if kind == "members":
            return self._members(request, course)
        if self.rules.type_id and request.query.get("type_id") != [self.rules.type_id]:
            return Answer(401, reason="Unauthorized")
        if parts[2:] == ["lineitems"]:
            return self._create(request, course, parts[1]) if request.method == "POST" else self._list(request, course)
        column = course.columns.get(int(parts[3]))
        if column is None:
            return Answer(404, reason="Not Found")
        if kind == "scores":
            return self._score(request, course, column)
        if kind == "results":
            return self._results(request, column)
        if request.method == "PUT":
            return self._update(request, column, parts[1])
        return self._accepts(request, LINE_ITEM) or Answer(body=self._document(column, parts[1]))

    def _accepts(self, request: Received, media_type: str) -> Answer | None:
        if self.rules.exact_media_types and request.headers.get("Accept") != media_type:
            return Answer(400, reason="Bad Request")
        return None

    def _document(self, column: Column, course: str) -> dict[str, Any]:
        return {"id": self.line_item_url(column, course), **column.document}

    def _list(self, request: Received, course: Course) -> Answer:
        if (refused := self._accepts(request, LINE_ITEMS)) is not None:
            return refused
        names = {"resource_id": "resourceId", "tag": "tag", "resource_link_id": "resourceLinkId"}
        wanted = {names[name]: values[0] for name, values in request.query.items() if name in names}
        name = request.path.split("/")[2]
        found = [
            self._document(column, name)
            for column in course.columns.values()
            if not self.rules.filters or all(column.document.get(key) == value for key, value in wanted.items())
        ]
        return self._page(request, found)

    def _create(self, request: Received, course: Course, name: str) -> Answer:
        if self.rules.exact_media_types and request.headers.get("Content-Type") != LINE_ITEM:
            return Answer(400, reason="Bad Request")
        document = request.json()
        if not document.get("label") or not document.get("scoreMaximum"):
            return Answer(400, reason="Bad Request")
        return Answer(201, self._document(course.add_column(**document), name))

    def _update(self, request: Received, column: Column, name: str) -> Answer:
        """The whole document is replaced (AGS §3.2.6): what it leaves out is gone."""
        if self.rules.exact_media_types and request.headers.get("Content-Type") != LINE_ITEM:
            return Answer(400, reason="Bad Request")
        document = request.json()
        if document.pop("id", None) != self.line_item_url(column, name) or not document.get("label"):
            return Answer(400, reason="Bad Request")
        column.document.clear()
        column.document.update(document)
        return Answer(body=self._document(column, name))

    def _score(self, request: Received, course: Course, column: Column) -> Answer:
        if self.rules.exact_media_types and request.headers.get("Content-Type") != SCORE:
            return Answer(400, reason="Bad Request")
        status, reason = refusal(self.rules, course, column, request.json(), self.clock())
        return Answer(status, reason=reason)

    def _results(self, request: Received, column: Column) -> Answer:
        if (refused := self._accepts(request, RESULTS)) is not None:
            return refused
        of = request.query.get("user_id")
        found = [
            {"id": f"{self.url}/result/{sub}", "userId": sub, "resultScore": cell.score, "resultMaximum": cell.maximum}
            | ({"comment": cell.comment} if cell.comment else {})
            for sub, cell in column.cells.items()
            if of in (None, [sub])
        ]
        return self._page(request, found)

    def _members(self, request: Received, course: Course) -> Answer:
        if (refused := self._accepts(request, MEMBERS)) is not None:
            return refused
        listed = [member.document() for member in course.members]
        page = self._page(request, listed)
        context = {"id": "course-1", "label": "4A", "title": "Technologie 4e"}
        return Answer(body={"id": request.path, "context": context, "members": page.body}, headers=page.headers)

    def _page(self, request: Received, listed: list[Any]) -> Answer:
        """One page; the next is linked, with the query kept, its letters in both cases."""
        first, size = int(request.query.get("from", ["0"])[0]), self.rules.page_size
        if first + size >= len(listed):
            return Answer(body=listed[first : first + size])
        kept = "".join(f"{name}={value[0]}&" for name, value in request.query.items() if name not in ("from", "Limit"))
        link = f'<{self.url}{request.path}?{kept}Limit={size}&from={first + size}>; rel="next"'
        return Answer(body=listed[first : first + size], headers={"Link": link})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    platform: FakePlatform


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.platform.connections.add(self.connection)

    def finish(self) -> None:
        self.server.platform.connections.discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = parse_qs(parts.query, keep_blank_values=True)
        answer = self.server.platform.answer(Received(self.command, parts.path, query, dict(self.headers), body))
        content = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        self.send_response(answer.status, answer.reason)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = _serve

    def date_time_string(self, timestamp: float | None = None) -> str:
        return format_datetime(self.server.platform.clock(), usegmt=True)

    def log_message(self, *_: Any) -> None:
        """Tests read what was received, not a log."""
