"""The fake platform as a browser meets it: a course page that frames the tool, logins, and the storage of its frames.

It stands on another site than the tool (`localhost`), spends each login once as Moodle does, and keeps things for a
framed tool in every way that platforms are known to (facts/lti.md, "Platform storage"), or refuses to.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from html import escape
from urllib.parse import urlencode

from tests.platform.payloads import LTI
from tests.platform.server import Answer, FakePlatform, Received

KEEPING = ("new", "old", "frame", "quiet")
"""Storages that work: names since 2023, names before, another frame that the capabilities name, no capabilities."""
FAILING = ("refusing", "silent")
"""It says no, or nothing."""
ASLEEP = "asleep"
"""It works, but hears nothing until `awake` is set in the course's page: as one that is still loading."""
FORGETFUL = "forgetful"
"""It takes what it is given, and has nothing later."""

_COURSE = """<!doctype html><html lang="fr"><title>Cours</title><main><h1>Cours</h1>
<p><a id="here" href="{start}">Ici</a> <a id="window" href="{start}" target="_blank">Nouvelle fenêtre</a></p>
<iframe id="tool-frame" name="tool-frame" title="Pix" width="640" height="480" src="{framed}"></iframe>
<iframe name="storage_frame" title="storage" src="/keeper?storage={inner}"></iframe>
</main>
<script src="/storage.js" data-mode="{mode}"></script></html>"""
_KEEPER = """<!doctype html><html lang="fr"><title>storage</title><script src="/storage.js" data-mode="{mode}"></script>
</html>"""
_ASK = """<!doctype html><html lang="fr"><title>…</title><form method="post" action="{action}">{fields}
<button>Continuer</button></form>{script}</html>"""
_GO_ON = "<script>document.forms[0].submit()</script>"
_STORAGE = """
const mode = document.currentScript.dataset.mode, kept = {};
var awake = mode !== "asleep";
const names = mode === "old" ? ["org.imsglobal.lti."] : mode === "quiet" ? ["lti.", "org.imsglobal.lti."] : ["lti."];
addEventListener("message", ({ data, source, origin }) => {
  const { subject, message_id, key, value } = data ?? {};
  if (!awake || typeof subject !== "string" || mode === "silent" || mode === "none") return;
  const say = (more) => source.postMessage({ subject: `${subject}.response`, message_id, ...more }, origin);
  const refuse = (code) => say({ error: { code, message: code } });
  const name = names.find((each) => subject.startsWith(each));
  if (!name) return mode === "old" ? undefined : refuse("unsupported_subject");
  const action = subject.slice(name.length);
  if (action === "capabilities" && mode !== "quiet") {
    const frame = mode === "frame" ? { frame: "storage_frame" } : {};
    const messages = ["capabilities", "put_data", "get_data"].map((each) => ({ subject: name + each, ...frame }));
    return say({ supported_messages: messages });
  }
  if (mode === "frame" && action !== "capabilities") return refuse("wrong_frame");
  if (mode === "refusing") return refuse("storage_exhaustion");
  if (action === "put_data") {
    if (mode !== "forgetful") kept[`${origin} ${key}`] = value;
    return say({ key, value });
  }
  if (action === "get_data") return say({ key, value: kept[`${origin} ${key}`] });
});
"""


class FramedPlatform(FakePlatform):
    """A platform with pages; `tool_url` is where its tool stands."""

    def __init__(self, tool_url: str, name: str = "framed") -> None:
        super().__init__(name, host="localhost")
        self.tool_url = tool_url
        self.spent: list[str] = []
        """Hints of the logins that were answered: each can be spent once."""
        self.asks = False
        """Whether it waits for a click before it launches, as where somebody has to agree first."""

    def course_url(self, *, sub: str = "sub-chloe", activity: str = "activity-1", storage: str = "none") -> str:
        """A course's page with one activity in a frame; the storage that it offers is one of this module's."""
        return f"{self.url}/course?{urlencode({'sub': sub, 'activity': activity, 'storage': storage})}"

    def start_url(self, *, sub: str = "sub-chloe", activity: str = "activity-1") -> str:
        """Where a launch begins without a frame."""
        return f"{self.url}/start?{urlencode({'sub': sub, 'activity': activity})}"

    def page(self, request: Received) -> Answer | None:
        asked = {name: values[0] for name, values in request.query.items()} | (
            request.form() if request.method == "POST" and request.path == "/auth" else {}
        )
        match request.path:
            case "/course":
                return _html(self._course(asked))
            case "/keeper":
                return _html(_KEEPER.format(mode=escape(asked["storage"])))
            case "/storage.js":
                return Answer(body=_STORAGE.encode(), headers={"Content-Type": "text/javascript; charset=utf-8"})
            case "/start":
                return _html(self._start(asked))
            case "/auth":
                return self._authorize(asked)
        return None

    def _course(self, asked: Mapping[str, str]) -> str:
        mode = asked["storage"]
        start = self.start_url(sub=asked["sub"], activity=asked["activity"])
        framed = start if mode == "none" else f"{start}&storage=_parent"
        inner = "new" if mode == "frame" else "none"
        return _COURSE.format(start=escape(start), framed=escape(framed), inner=inner, mode=escape(mode))

    def _start(self, asked: Mapping[str, str]) -> str:
        hint = json.dumps({"activity": asked["activity"], "launch": secrets.token_hex(4)})
        fields = {
            "iss": self.issuer,
            "login_hint": asked["sub"],
            "target_link_uri": f"{self.tool_url}/lti/launch",
            "lti_message_hint": hint,
            "client_id": self.client_id,
            "lti_deployment_id": self.deployment_id,
        }
        if "storage" in asked:
            fields["lti_storage_target"] = asked["storage"]
        return _form(f"{self.tool_url}/lti/login", fields)

    def _authorize(self, asked: Mapping[str, str]) -> Answer:
        hint = asked["lti_message_hint"]
        if hint in self.spent:
            return Answer(400, reason="Bad Request")
        self.spent.append(hint)
        claims = self.claims(nonce=asked["nonce"], target=f"{self.tool_url}/lti/launch", sub=asked["login_hint"])
        claims[LTI + "resource_link"] = {"id": json.loads(hint)["activity"], "title": "Activité"}
        claims |= {"given_name": asked["login_hint"].removeprefix("sub-").title(), "family_name": "Nguyen"}
        fields = {"state": asked["state"], "id_token": self.id_token(claims)}
        return _html(_form(asked["redirect_uri"], fields, asks=self.asks))


def _form(action: str, fields: Mapping[str, str], *, asks: bool = False) -> str:
    inputs = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in fields.items())
    return _ASK.format(action=escape(action), fields=inputs, script="" if asks else _GO_ON)


def _html(text: str) -> Answer:
    return Answer(body=text.encode(), headers={"Content-Type": "text/html; charset=utf-8"})
