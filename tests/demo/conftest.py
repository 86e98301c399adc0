"""The demo ENT over real HTTP, a tool that answers as a tool would, and browsers without a screen."""

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
import requests
from flask import Flask
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from lxml import html
from werkzeug.serving import BaseWSGIServer, make_server

from lti_tool.demo.ent import QuietRequestHandler, create_ent
from lti_tool.demo.people import person_by_login
from lti_tool.demo.state import EntConfig, ToolConfig

AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
SCOPES = {
    "lineitem": AGS + "lineitem",
    "result": AGS + "result.readonly",
    "score": AGS + "score",
    "members": "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly",
}
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"

TOOL_KEY = RSAKey.generate_key(2048, {"kid": "tool-key"})
ENT_KEY = RSAKey.generate_key(2048)
"""Put in the folder of each fresh ENT, which would need a third of a second to make its own."""


@contextmanager
def serving(make_app: Callable[[int], Flask]) -> Iterator[str]:
    """Serve an application on a free port, known before the application is made; yields the port."""
    server: BaseWSGIServer = make_server(
        "127.0.0.1", 0, Flask("none"), threaded=True, request_handler=QuietRequestHandler
    )
    server.app = make_app(server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield str(server.server_port)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class FakeTool:
    """What a tool holds: its address, its client_id and its key."""

    origin: str
    client_id: str = "demo-client"
    key: RSAKey = field(default_factory=lambda: TOOL_KEY)

    @property
    def launch_url(self) -> str:
        return self.origin + "/lti/launch"

    def sign(self, claims: dict[str, Any], key: RSAKey | None = None, kid: str = "tool-key") -> str:
        return jwt.encode({"alg": "RS256", "kid": kid}, claims, key or self.key)

    def authorization_request(self, login: dict[str, str]) -> dict[str, str]:
        """The answer to a login initiation."""
        return {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": login["client_id"],
            "redirect_uri": self.launch_url,
            "login_hint": login["login_hint"],
            "lti_message_hint": login["lti_message_hint"],
            "nonce": secrets.token_hex(8),
            "state": 'état +&="1/2"',
        }

    def assertion(self, token_url: str, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": token_url,
            "iat": now,
            "exp": now + 60,
            "jti": secrets.token_hex(8),
        } | changes
        return {name: value for name, value in claims.items() if value is not None}

    def selection(self, launch: dict[str, Any], items: list[Any], **changes: Any) -> dict[str, Any]:
        """The claims that answer a deep linking request."""
        now = int(time.time())
        settings = launch[DL + "deep_linking_settings"]
        claims = {
            "iss": self.client_id,
            "aud": launch["iss"],
            "iat": now,
            "exp": now + 60,
            "nonce": secrets.token_hex(8),
            CLAIM + "deployment_id": launch[CLAIM + "deployment_id"],
            CLAIM + "message_type": "LtiDeepLinkingResponse",
            CLAIM + "version": "1.3.0",
            DL + "content_items": items,
            DL + "data": settings["data"],
        } | changes
        return {name: value for name, value in claims.items() if value is not None}


@dataclass
class Page:
    """A page as a person or a script reads it."""

    answer: requests.Response

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def tree(self) -> Any:
        return html.fromstring(self.answer.text)

    @property
    def text(self) -> str:
        return " ".join(self.tree.text_content().split())

    def form(self, form_id: str) -> tuple[str, dict[str, str]]:
        """Where a form goes and what it holds."""
        form = self.tree.get_element_by_id(form_id)
        return form.action, dict(form.fields)

    def all(self, xpath: str) -> list[Any]:
        found: list[Any] = self.tree.xpath(xpath)
        return found


class Browser:
    """Somebody at the ENT, with cookies."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.http = requests.Session()

    def get(self, path: str, **options: Any) -> Page:
        return Page(self.http.get(urljoin(self.base_url, path), timeout=10, **options))

    def post(self, path: str, data: dict[str, str] | None = None, **options: Any) -> Page:
        return Page(self.http.post(urljoin(self.base_url, path), data=data, timeout=10, **options))


@dataclass
class World:
    """The ENT, the tool and the time."""

    url: str
    tool: FakeTool
    data: Path
    ahead: float = 0
    """How many seconds the ENT's clock is ahead."""
    stopped: float | None = None
    """Where the ENT's clock stands still, if it does."""

    def clock(self) -> float:
        return time.time() + self.ahead if self.stopped is None else self.stopped

    def browser(self, login: str | None = None) -> Browser:
        browser = Browser(self.url)
        if login:
            browser.post("/connexion", {"personne": login})
        return browser

    def start(self, browser: Browser, path: str) -> dict[str, str]:
        """Click on something that launches; returns the login initiation's fields."""
        _action, fields = browser.get(path).form("login-initiation")
        return fields

    def launch(self, login: str, path: str) -> dict[str, Any]:
        """The claims that the tool receives when this person opens this path."""
        browser = self.browser(login)
        query = self.tool.authorization_request(self.start(browser, path))
        _action, fields = browser.get("/oidc/auth", params=query).form("authorization-response")
        return self.claims(fields["id_token"])

    def claims(self, id_token: str) -> dict[str, Any]:
        keys = KeySet.import_key_set(requests.get(self.url + "/oidc/jwks.json", timeout=10).json())
        return jwt.decode(id_token, keys, algorithms=["RS256"]).claims

    def select(self, login: str, course: str, items: list[Any]) -> Page:
        """Choose content for a course, as the tool would after a teacher's click."""
        launch = self.launch(login, f"/lancement/selection/{course}")
        return self.answer_selection(launch, self.tool.sign(self.tool.selection(launch, items)))

    def answer_selection(self, launch: dict[str, Any], token: str) -> Page:
        url = launch[DL + "deep_linking_settings"]["deep_link_return_url"]
        return Page(requests.post(url, data={"JWT": token}, timeout=10))

    def activity(self, course: str = "technologie-4a", maximum: int | None = 100) -> str:
        """An activity with its column in a course; returns its id on the pages."""
        item: dict[str, Any] = {
            "type": "ltiResourceLink",
            "title": "Parcours 4e",
            "custom": {"campaign": "ABC"},
        }
        if maximum:
            item["lineItem"] = {"scoreMaximum": maximum, "resourceId": "ABC", "tag": "pix", "label": "Autre"}
        assert self.select("claire.fontaine", course, [item]).status == 200
        listed = self.browser("claire.fontaine").get(f"/cours/{course}")
        return str(listed.all("//*[@data-activity]/@data-activity")[-1])

    def token_answer(self, *scopes: str, assertion: str | None = None) -> requests.Response:
        url = self.url + "/oidc/token"
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion or self.tool.sign(self.tool.assertion(url)),
            "scope": " ".join(SCOPES.get(scope, scope) for scope in scopes),
        }
        return requests.post(url, data=form, timeout=10)

    def bearer(self, *scopes: str) -> dict[str, str]:
        answer = self.token_answer(*(scopes or tuple(SCOPES)))
        return {"Authorization": "Bearer " + json.loads(answer.text)["access_token"]}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A fresh ENT that knows a fake tool."""

    def tool_app(_port: int) -> Flask:
        app = Flask("tool")
        public = {**TOOL_KEY.as_dict(private=False), "alg": "RS256", "use": "sig"}
        app.add_url_rule("/jwks", view_func=lambda: {"keys": [public]})
        return app

    with serving(tool_app) as tool_port:
        tool = FakeTool(f"http://127.0.0.1:{tool_port}")
        made = World("", tool, tmp_path / "ent")
        made.data.mkdir()
        (made.data / "private-key.pem").write_bytes(ENT_KEY.as_pem(private=True))

        def ent_app(port: int) -> Flask:
            made.url = f"http://localhost:{port}"
            settings = ToolConfig(
                client_id=tool.client_id,
                login_url=tool.origin + "/lti/login",
                launch_url=tool.launch_url,
                jwks_url=tool.origin + "/jwks",
                target_link_uri=tool.launch_url,
            )
            return create_ent(EntConfig(made.url, "127.0.0.1", port, settings), made.data, clock=made.clock)

        with serving(ent_app):
            yield made


# The services

LINE_ITEM = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE = "application/vnd.ims.lis.v1.score+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
COURSE = "technologie-4a"
CHLOE = person_by_login("chloe.nguyen").sub


class Services:
    """The services of one course, with a token that may do everything."""

    def __init__(self, world):
        self.world = world
        self.token = world.bearer()
        self.lineitems = f"{world.url}/ags/{COURSE}/lineitems?type_id=1"

    def get(self, url, accept, **options):
        return requests.get(url, headers=self.token | {"Accept": accept}, timeout=10, **options)

    def send(self, method, url, body, content_type):
        headers = self.token | {"Content-Type": content_type}
        return requests.request(method, url, data=json.dumps(body), headers=headers, timeout=10)

    def column(self, **fields):
        body = {"label": "Colonne", "scoreMaximum": 20} | fields
        return self.send("POST", self.lineitems, body, LINE_ITEM).json()["id"]

    def score(self, line_item, content_type=SCORE, **changes):
        body = {
            "userId": CHLOE,
            "timestamp": datetime.fromtimestamp(self.world.clock(), UTC).isoformat(),
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
            "scoreGiven": 62.5,
            "scoreMaximum": 100,
            "comment": "Bravo",
        } | changes
        body = {name: value for name, value in body.items() if value is not None}
        return self.send("POST", below(line_item, "/scores"), body, content_type)

    def shown(self, sub=CHLOE):
        """What the teacher sees in the only column, beside this pupil."""
        page = self.world.browser("claire.fontaine").get(f"/cours/{COURSE}/notes")
        (cell,) = page.all(f"//td[@data-sub='{sub}']")
        return cell.get("data-grade")

    def result(self, line_item, sub=CHLOE):
        found = self.get(below(line_item, "/results"), RESULTS, params={"user_id": sub}).json()
        return found[0] if found else None


def below(line_item, part):
    """An address below a line item: the path ends before the query."""
    path, query = line_item.split("?")
    return f"{path}{part}?{query}"


@pytest.fixture
def services(world):
    return Services(world)


@pytest.fixture
def column(world, services):
    """The line item of an activity."""
    world.activity()
    return services.get(services.lineitems, LINE_ITEMS).json()[0]["id"]
