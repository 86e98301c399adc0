"""The certification of a tool beyond its launches (CERT §6): deep linking, memberships and grades, seen on the wire."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from lti_tool.database import Database
from lti_tool.lti import deep_linking
from lti_tool.lti.deep_linking import Item, ItemLineItem
from lti_tool.lti.keys import KeyRing, ensure_key
from lti_tool.lti.launch import Launch, Verifier
from lti_tool.lti.messages import MessageType
from lti_tool.lti.outbound import Client
from lti_tool.lti.platform_keys import PlatformKeys
from lti_tool.lti.roles import Standing
from lti_tool.lti.services import MemberValue, Score, ScoreReply, Services
from lti_tool.vault import Vault
from tests.conftest import BASE_URL, NOW, SECRET_KEY
from tests.lti.desk import Desk, register
from tests.platform.gradebook import Member
from tests.platform.payloads import DL, LTI
from tests.platform.server import MEMBERS, SCORE, FakePlatform, Received

READ_MEMBERS = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
ACTIVITY = Item(
    title="Rentrée",
    url=f"{BASE_URL}/lti/launch",
    custom={"campagne": "ABCDEF234"},
    line_item=ItemLineItem(label="Rentrée", score_maximum=100.0, resource_id="ABCDEF234", tag="pix"),
)


@dataclass(frozen=True)
class Certified:
    """One run through the suite, and all that the platform saw of it."""

    platform: FakePlatform
    keyring: KeyRing
    requested: Launch
    response: str
    learner: Launch
    members: list[MemberValue]
    posted: ScoreReply

    def asked(self, ending: str, method: str) -> Received:
        return next(each for each in self.platform.asked(ending) if each.method == method)

    @property
    def token(self) -> jwt.Token:
        keys = KeySet.import_key_set(json.loads(json.dumps(self.keyring.public_jwks())))
        return jwt.decode(self.response, keys, algorithms=["RS256"])

    def scopes(self) -> list[str]:
        """The scopes of each token that was asked for, in order."""
        return [request.form()["scope"] for request in self.platform.asked("/token")]


@pytest.fixture(scope="module")
def run(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Certified]:
    path = tmp_path_factory.mktemp("certification") / "passerelle.sqlite3"
    shutil.copyfile(sqlite_template, path)
    database, vault, client = Database(f"sqlite:///{path}"), Vault([SECRET_KEY]), Client(True, lambda: NOW)
    ensure_key(database, vault, NOW)
    keyring = KeyRing(database, vault)
    services = Services(database, vault, client, keyring, lambda: NOW)
    verifier = Verifier(database, vault, PlatformKeys(database, client, lambda: NOW), BASE_URL, allow_http=True)
    with FakePlatform(clock=lambda: NOW) as platform:
        platform.tool_jwks = keyring.public_jwks
        platform.courses["course-1"].members = [Member("sub-chloe"), Member("sub-claire", ["Instructor"])]
        desk = Desk(platform, register(database, platform, NOW), verifier, NOW)
        requested, recorded = desk.launch(desk.attempt("deep_linking", sub="sub-claire"))
        with database.write() as session:
            asked = deep_linking.open_request(session, requested, recorded, NOW)
            request = deep_linking.find_request(session, asked, recorded.person_id, NOW)
            response = deep_linking.answer(session, request, [ACTIVITY], keyring, NOW)
        learner, _ = desk.launch(desk.attempt())
        assert learner.memberships_url is not None
        assert learner.ags is not None
        assert learner.ags.lineitems is not None
        members = list(services.members(desk.record, learner.memberships_url))
        made = services.create_line_item(
            desk.record, learner.ags.lineitems, label="Rentrée", score_maximum=100, resource_id="ABCDEF234", tag="pix"
        )
        score = Score(user_id="sub-chloe", timestamp=NOW, score_given=80, score_maximum=100)
        posted = services.post_score(desk.record, made.url, score)
        yield Certified(platform, keyring, requested, response, learner, members, posted)
    database.dispose()


def _deep_link(run: Certified) -> None:
    assert run.requested.message is MessageType.DEEP_LINKING
    assert run.requested.standing is Standing.TEACHER
    assert run.requested.deep_linking is not None


def _response_is_a_jwt(run: Certified) -> None:
    assert len(run.response.split(".")) == 3
    assert run.response.isascii()


def _format(run: Certified) -> None:
    claims = run.token.claims
    assert claims[LTI + "message_type"] == "LtiDeepLinkingResponse"
    assert claims[LTI + "version"] == "1.3.0"
    assert claims[LTI + "deployment_id"] == run.platform.deployment_id


def _timestamps(run: Certified) -> None:
    claims = run.token.claims
    assert claims["iat"] == int(NOW.timestamp())
    assert claims["exp"] - claims["iat"] == 300


def _signature(run: Certified) -> None:
    header = run.token.header
    assert header["alg"] == "RS256"
    assert header["kid"] in {key["kid"] for key in run.keyring.public_jwks()["keys"]}


def _claims(run: Certified) -> None:
    claims = run.token.claims
    assert (claims["iss"], claims["aud"]) == (run.platform.client_id, run.platform.issuer)
    assert claims["nonce"]
    assert claims[DL + "data"] == "opaque=42&x=<é>"


def _items(run: Certified) -> None:
    (item,) = run.token.claims[DL + "content_items"]
    assert item["type"] == "ltiResourceLink"
    assert item["custom"] == {"campagne": "ABCDEF234"}
    assert item["lineItem"]["resourceId"] == "ABCDEF234"


def _memberships_claim(run: Certified) -> None:
    assert run.requested.memberships_url == run.platform.members_url()


def _memberships_asked(run: Certified) -> None:
    assert run.asked("/members", "GET").path == "/courses/course-1/members"
    assert [(each.sub, each.is_learner) for each in run.members] == [("sub-chloe", True), ("sub-claire", False)]


def _memberships_type(run: Certified) -> None:
    assert run.asked("/members", "GET").headers["Accept"] == MEMBERS


def _memberships_bearer(run: Certified) -> None:
    assert run.asked("/members", "GET").headers["Authorization"].startswith("Bearer token-")


def _memberships_scope(run: Certified) -> None:
    assert run.scopes()[0] == READ_MEMBERS


def _gradebook_claim(run: Certified) -> None:
    assert run.learner.standing is Standing.PUPIL
    assert run.learner.ags is not None
    assert run.learner.ags.lineitems == run.platform.line_items_url()


def _column(run: Certified) -> None:
    request = run.asked("/lineitems", "POST")
    assert request.headers["Content-Type"] == "application/vnd.ims.lis.v2.lineitem+json"
    assert request.json() == {"label": "Rentrée", "scoreMaximum": 100, "resourceId": "ABCDEF234", "tag": "pix"}


def _score(run: Certified) -> None:
    request = run.asked("/scores", "POST")
    assert request.headers["Content-Type"] == SCORE
    assert request.query == {"type_id": ["1"]}
    assert run.posted.status == 200
    (column,) = run.platform.courses["course-1"].columns.values()
    assert column.cells["sub-chloe"].score == 80


def _least_scopes(run: Certified) -> None:
    assert [scope.split() for scope in run.scopes()] == [[scope] for scope in run.scopes()]
    assert len(set(run.scopes())) == 3


Check = Callable[[Certified], None]
CASES: list[Any] = [
    pytest.param(_deep_link, "DL §4.4", id="D1-request-from-an-instructor"),
    pytest.param(_response_is_a_jwt, "SEC §5.2, DL §4.5", id="D2-response-received"),
    pytest.param(_format, "DL §4.5.2-4.5.4", id="D3-response-format"),
    pytest.param(_timestamps, "SEC §5.2", id="D4-timestamps"),
    pytest.param(_signature, "SEC §5.4, §6.3", id="D5-signature"),
    pytest.param(_claims, "DL §4.5.1, §4.5.5", id="D6-required-claims"),
    pytest.param(_items, "DL §4.5", id="D7-content-item"),
    pytest.param(_memberships_claim, "NRPS, LTI 1.3 integration", id="N1-launch-with-the-claim"),
    pytest.param(_memberships_asked, "NRPS §2", id="N2-request-received"),
    pytest.param(_memberships_type, "NRPS §2.1", id="N3-media-type"),
    pytest.param(_memberships_bearer, "SEC §4.1", id="N4-bearer-token"),
    pytest.param(_memberships_scope, "NRPS, LTI 1.3 integration", id="N5-scope"),
    pytest.param(_gradebook_claim, "AGS §3.1", id="A1-learner-launch-with-the-claim"),
    pytest.param(_column, "AGS §3.2.5", id="A2-line-item-created"),
    pytest.param(_score, "AGS §3.4", id="A2-score-posted"),
    pytest.param(_least_scopes, "SEC §4.1.1", id="A2-only-the-scopes-needed"),
]
"""What is checked, and the clause that asks for it."""


@pytest.mark.parametrize(("check", "clause"), CASES)
def test_the_certification_s_cases(run: Certified, check: Check, clause: str) -> None:
    assert clause
    check(run)
