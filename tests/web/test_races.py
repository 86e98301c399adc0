"""Many at once: one launch posted by eight hands, a class that logs in together, keys that nobody has."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from lti_tool.database import Base
from lti_tool.lti import browser
from lti_tool.lti.models import ConsumedState, Context, Person, ResourceLink
from lti_tool.schools.models import WebSession
from lti_tool.web.security import COOKIE, PARTITIONED_COOKIE
from tests.lti.desk import Attempt
from tests.platform.server import FakePlatform
from tests.web.conftest import Town
from tests.web.launches import TARGET, Gate, open_gate
from tests.web.pages import Browser

A_CLASS = 120
AT_ONCE = 16


@pytest.fixture(params=["sqlite_url", "postgres_url"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Both kinds: it is the database that decides these races."""
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
def gate(town: Town, platform: FakePlatform, client: FlaskClient) -> Gate:
    return open_gate(town, platform, client)


def count(gate: Gate, model: type[Base]) -> int:
    with gate.town.database.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def at_once(tasks: list[Callable[[], int]]) -> list[int]:
    """The status of each, begun together."""
    together = threading.Barrier(len(tasks))

    def run(task: Callable[[], int]) -> int:
        together.wait()
        return task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


def poster(app: Flask, attempt: Attempt) -> Callable[[], int]:
    """Post the form, from a window of its own with the browser's cookies."""

    def post() -> int:
        client = app.test_client()
        client.set_cookie(browser.PLAIN_COOKIE, attempt.secrets[0], path=browser.COOKIE_PATH)
        form = {"state": attempt.state, "id_token": attempt.id_token}
        return client.post("/lti/launch", data=form).status_code

    return post


def test_of_eight_posts_at_once_one_is_let_in(gate: Gate, app: Flask) -> None:
    attempt = gate.attempt()
    assert sorted(at_once([poster(app, attempt)] * 8)) == [303] + [401] * 7
    assert count(gate, WebSession) == count(gate, Person) == count(gate, ConsumedState) == 1


def test_eight_first_launches_of_one_person_are_one_person(gate: Gate, app: Flask) -> None:
    """Eight tabs of one browser, each with a login of its own, at an activity that nobody has opened yet."""
    attempts = [gate.attempt() for _ in range(8)]
    assert at_once([poster(app, attempt) for attempt in attempts]) == [303] * 8
    assert count(gate, Person) == count(gate, Context) == count(gate, ResourceLink) == 1


@pytest.mark.parametrize(
    ("who", "heading"), [("sub-chloe", "Un tout petit détail !"), ("sub-hugo", "Cette page a été ouverte par")]
)
def test_two_launches_that_cross_leave_both_tabs_to_one_person(gate: Gate, town: Town, who: str, heading: str) -> None:
    """The second is on its way before the first one's session is there, and takes its place in the browser."""
    attempts, tabs = [gate.attempt(sub=sub) for sub in ("sub-chloe", who)], Browser(gate.client)
    gate.post(attempts[0])
    first = tabs.get("/campagnes")
    for name in (COOKIE, PARTITIONED_COOKIE):
        gate.client.delete_cookie(name)
    gate.post(attempts[1])
    assert count(gate, WebSession) == 2
    typed = {"code": town.campaign().code}
    assert tabs.press(first, "Commencer mon parcours", typed).heading.startswith(heading)
    assert tabs.press(tabs.get("/campagnes"), "Commencer mon parcours", typed).status == 200


def test_eight_first_launches_of_a_course_make_one_course(gate: Gate, app: Flask) -> None:
    attempts = [gate.attempt(sub=f"sub-{number}") for number in range(8)]
    assert at_once([poster(app, attempt) for attempt in attempts]) == [303] * 8
    assert count(gate, Person) == 8
    assert count(gate, Context) == count(gate, ResourceLink) == 1


def test_of_many_posts_with_unknown_keys_one_asks_the_platform(gate: Gate, app: Flask, platform: FakePlatform) -> None:
    attempts = [gate.attempt() for _ in range(8)]
    for number, attempt in enumerate(attempts):
        attempt.header["kid"] = f"unknown-{number}"
    assert at_once([poster(app, attempt) for attempt in attempts]) == [401] * 8
    assert len(platform.asked("/jwks")) == 1


def test_a_class_logs_in_at_once_and_nobody_s_login_ends_because_others_wait(
    gate: Gate, app: Flask, platform: FakePlatform
) -> None:
    """All are at the platform before the first comes back."""

    def log_in(number: int) -> tuple[FlaskClient, Attempt]:
        client = app.test_client()
        location = client.post("/lti/login", data=gate.parameters(login_hint=str(number))).headers["Location"]
        asked = parse_qs(urlsplit(location).query)
        claims = platform.claims(nonce=asked["nonce"][0], target=TARGET, sub=f"sub-{number}")
        key = platform.keys[0]
        header = {"typ": "JWT", "alg": "RS256", "kid": key.kid}
        return client, Attempt(platform, claims, asked["state"][0], [], key, header)

    def launch(waiting: tuple[FlaskClient, Attempt]) -> int:
        client, attempt = waiting
        form = {"state": attempt.state, "id_token": attempt.id_token}
        return client.post("/lti/launch", data=form).status_code

    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting = list(pool.map(log_in, range(A_CLASS)))
        assert count(gate, ConsumedState) == 0
        statuses = list(pool.map(launch, waiting))
    assert statuses == [303] * A_CLASS
    assert count(gate, WebSession) == count(gate, Person) == A_CLASS
