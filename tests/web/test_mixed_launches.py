"""State, nonce and tenant games: each launch answers its own login, of its own browser, at its own platform, once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from lti_tool.lti import browser, platforms
from lti_tool.lti.models import SUSPENDED, Platform
from lti_tool.schools import schools
from lti_tool.schools.models import WebSession
from lti_tool.settings import Settings
from lti_tool.web import create_app
from lti_tool.web.toolbox import Toolbox
from tests.conftest import NOW, SECRET_KEY
from tests.lti import outcomes as o
from tests.lti.desk import Attempt
from tests.lti.outcomes import Outcome
from tests.platform.payloads import LTI
from tests.platform.server import FakePlatform
from tests.web.conftest import Town
from tests.web.launches import Gate, open_gate
from tests.web.refused import check_page

DEPLOYMENT = LTI + "deployment_id"


@dataclass
class Clock:
    """A clock that is moved by hand."""

    now: datetime = field(default=NOW)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Mixture:
    """Two tenants in one application, and a clock."""

    first: Gate
    second: Gate
    settings: Settings
    clock: Clock

    def restart(self) -> None:
        """Another process on the same database."""
        self.first.client = create_app(toolbox=Toolbox.build(self.settings, self.clock)).test_client()

    def with_cookies_of(self, gate: Gate, attempt: Attempt) -> TestResponse:
        """The victim's browser posts this form."""
        attempt.secrets = gate.secrets()
        return gate.post(attempt)


@pytest.fixture
def mixture(settings: Settings) -> Iterator[Mixture]:
    clock = Clock()
    toolbox = Toolbox.build(settings, clock)
    app = create_app(toolbox=toolbox)
    with FakePlatform(clock=clock) as platform, FakePlatform("other", clock) as other:
        with toolbox.database.write() as session:
            ids = [schools.add(session, uai, uai, NOW).id for uai in ("0250001A", "0350002B")]
        towns = [Town(toolbox.database, 0, school_id, NOW) for school_id in ids]
        other.deployment_id = "77"
        first = open_gate(towns[0], platform, app.test_client())
        second = open_gate(towns[1], other, app.test_client())
        yield Mixture(first, second, settings, clock)
    toolbox.database.dispose()


def _other_token(m: Mixture) -> TestResponse:
    attempt = m.first.attempt()
    attempt.token = m.second.attempt().id_token
    return m.first.post(attempt)


def _other_state(m: Mixture) -> TestResponse:
    attempt = m.second.attempt()
    attempt.state, attempt.secrets = m.first.attempt().state, m.first.secrets()
    return m.first.post(attempt)


def _attacker_s_launch(m: Mixture) -> TestResponse:
    m.second.log_in()
    return m.with_cookies_of(m.second, m.first.attempt())


def _no_cookies(m: Mixture) -> TestResponse:
    attempt = m.first.attempt()
    attempt.secrets = []
    return m.first.post(attempt)


def _too_late(m: Mixture) -> TestResponse:
    attempt = m.first.attempt()
    m.clock.now += timedelta(minutes=10, seconds=1)
    attempt.claims.update(iat=int(m.clock.now.timestamp()), exp=int(m.clock.now.timestamp()) + 60)
    return m.first.post(attempt)


def _again(m: Mixture) -> TestResponse:
    attempt = m.first.attempt()
    assert m.first.post(attempt).status_code == 303
    return m.first.post(attempt)


def _again_as_somebody_else(m: Mixture) -> TestResponse:
    attempt = m.first.attempt()
    assert m.first.post(attempt).status_code == 303
    attempt.claims["sub"] = "sub-hugo"
    return m.first.post(attempt)


def _again_after_a_restart(m: Mixture) -> TestResponse:
    attempt = m.first.attempt()
    assert m.first.post(attempt).status_code == 303
    m.restart()
    return m.first.post(attempt)


def _nonce_of_another_login(m: Mixture) -> TestResponse:
    attempt, another = m.first.attempt(), m.first.attempt()
    attempt.claims["nonce"] = another.claims["nonce"]
    return m.first.post(attempt)


def _two_logins_crossed(m: Mixture) -> TestResponse:
    attempt, another = m.first.attempt(), m.first.attempt()
    attempt.state = another.state
    return m.first.post(attempt)


def _another_deployment_than_the_login_s(m: Mixture) -> TestResponse:
    with m.first.town.database.write() as session:
        deployment = platforms.deploy(session, m.first.record.id, "2", NOW)
        schools.assign(session, deployment.id, [m.first.town.school_id])
    query = parse_qs(urlsplit(m.first.log_in(lti_deployment_id="1").headers["Location"]).query)
    attempt = m.first.attempt()
    attempt.state = query["state"][0]
    attempt.claims.update({"nonce": query["nonce"][0], DEPLOYMENT: "2"})
    return m.first.post(attempt)


def _deployment_of_the_other_platform(m: Mixture) -> TestResponse:
    attempt = m.first.attempt()
    attempt.claims[DEPLOYMENT] = "77"
    return m.first.post(attempt)


def _one_issuer_two_clients(m: Mixture) -> TestResponse:
    """As every Canvas: one issuer, one key set; a launch for one client answers a login of the other."""
    first, second = m.first.platform, m.second.platform
    second.issuer, second.keys = first.issuer, first.keys
    with m.first.town.database.write() as session:
        session.execute(update(Platform).where(Platform.id == m.second.record.id).values(issuer=first.issuer))
    m.second.record = replace(m.second.record, issuer=first.issuer)
    attempt = m.first.attempt()
    attempt.claims["aud"] = second.client_id
    return m.first.post(attempt)


def _key_of_the_other_platform(m: Mixture) -> TestResponse:
    attempt = m.first.attempt()
    attempt.key = m.second.platform.keys[0]
    return m.first.post(attempt)


def _suspended_meanwhile(m: Mixture) -> TestResponse:
    attempt = m.first.attempt()
    with m.first.town.database.write() as session:
        platforms.set_status(session, m.first.record.id, SUSPENDED)
    return m.first.post(attempt)


def _signed_under_a_key_that_is_gone(m: Mixture) -> TestResponse:
    attempt = m.first.attempt()
    m.settings = replace(m.settings, secret_keys=("another-secret-key-that-is-long-enough",))
    m.restart()
    return m.first.post(attempt)


MIXTURES = [
    pytest.param(_other_token, o.KID_UNKNOWN.by("SEC §5.1.3 (1, 2)"), 0, id="other-platform-s-token"),
    pytest.param(_other_state, o.KID_UNKNOWN.by("SEC §5.1.3 (1, 2)"), 0, id="other-platform-s-login"),
    pytest.param(_key_of_the_other_platform, o.SIGNATURE_WRONG.by("SEC §5.1.3 (1)"), 0, id="other-platform-s-key"),
    pytest.param(_attacker_s_launch, o.BROWSER_IS_ANOTHER, 0, id="launch-planted-in-a-victim-s-browser"),
    pytest.param(_no_cookies, o.BROWSER_WITHOUT_COOKIE, 0, id="browser-without-its-cookies"),
    pytest.param(_too_late, o.STATE_EXPIRED, 0, id="ten-minutes-later"),
    pytest.param(_again, o.STATE_SPENT, 1, id="the-same-again"),
    pytest.param(_again_as_somebody_else, o.STATE_SPENT, 1, id="the-same-login-for-somebody-else"),
    pytest.param(_again_after_a_restart, o.STATE_SPENT, 1, id="the-same-after-a-restart"),
    pytest.param(_nonce_of_another_login, o.NONCE_WRONG, 0, id="nonce-of-another-login"),
    pytest.param(_two_logins_crossed, o.NONCE_WRONG, 0, id="two-logins-crossed"),
    pytest.param(
        _another_deployment_than_the_login_s, o.DEPLOYMENT_IS_ANOTHER, 0, id="another-deployment-than-the-login-s"
    ),
    pytest.param(_deployment_of_the_other_platform, o.DEPLOYMENT_UNKNOWN, 0, id="other-platform-s-deployment"),
    pytest.param(_one_issuer_two_clients, o.AUDIENCE_WRONG, 0, id="one-issuer-two-clients"),
    pytest.param(_suspended_meanwhile, o.PLATFORM_NOT_ACTIVE, 0, id="platform-suspended-meanwhile"),
    pytest.param(_signed_under_a_key_that_is_gone, o.STATE_UNKNOWN, 0, id="secret-key-replaced-meanwhile"),
]


@pytest.mark.parametrize(("play", "outcome", "sessions"), MIXTURES)
def test_a_launch_answers_its_own_login_only(
    mixture: Mixture, play: Callable[[Mixture], TestResponse], outcome: Outcome, sessions: int
) -> None:
    response = play(mixture)
    check_page(response, outcome.status, outcome.code)
    with mixture.first.town.database.read() as session:
        assert len(session.scalars(select(WebSession.id)).all()) == sessions


def test_a_secret_key_that_was_rotated_still_serves_its_logins(mixture: Mixture) -> None:
    attempt = mixture.first.attempt()
    mixture.settings = replace(mixture.settings, secret_keys=("a-newer-secret-key-that-is-long-enough", SECRET_KEY))
    mixture.restart()
    assert mixture.first.post(attempt).status_code == 303


def test_the_same_sub_of_two_platforms_is_two_people(mixture: Mixture) -> None:
    for gate in (mixture.first, mixture.second):
        assert gate.post(gate.attempt()).status_code == 303
    with mixture.first.town.database.read() as session:
        rows = session.execute(select(WebSession.person_id, WebSession.school_id)).all()
    assert len({person for person, _ in rows}) == len({school for _, school in rows}) == 2


def test_two_cookies_of_two_browsers_open_only_their_own(mixture: Mixture) -> None:
    """A browser that another left its cookies in still launches its own login."""
    attempt = mixture.first.attempt()
    attempt.secrets = [browser.new_secret(NOW), *attempt.secrets[:1]]
    assert mixture.first.post(attempt).status_code == 303
