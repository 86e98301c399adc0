"""Every change of a launch that must be refused, by its reason. Refusals leave nothing: all share one database."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from lti_tool.database import Database
from lti_tool.lti.launch import LaunchRefused, Verifier
from lti_tool.lti.models import ConsumedState, Context, Member, Person, ResourceLink
from lti_tool.lti.outbound import Client
from lti_tool.lti.platform_keys import PlatformKeys
from lti_tool.lti.refusals import Reason
from lti_tool.vault import Vault
from tests.conftest import BASE_URL, NOW, SECRET_KEY
from tests.lti import cases, outcomes
from tests.lti.desk import Attempt, Change, Desk, register
from tests.lti.outcomes import Outcome
from tests.platform.payloads import LTI
from tests.platform.server import FakePlatform


@pytest.fixture(scope="module")
def desk(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    path = tmp_path_factory.mktemp("refusals") / "passerelle.sqlite3"
    shutil.copyfile(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    keys = PlatformKeys(database, Client(allow_private=True, clock=lambda: NOW), lambda: NOW)
    verifier = Verifier(database, Vault([SECRET_KEY]), keys, BASE_URL, allow_http=True)
    with FakePlatform(clock=lambda: NOW) as platform:
        yield Desk(platform, register(database, platform, NOW), verifier, NOW)
    database.dispose()


def refusal_of(desk: Desk, attempt: Attempt) -> LaunchRefused:
    with pytest.raises(LaunchRefused) as caught:
        desk.launch(attempt)
    return caught.value


def stored(database: Database) -> int:
    with database.read() as session:
        tables = (ConsumedState, Person, Context, ResourceLink, Member)
        return sum(session.scalar(select(func.count()).select_from(table)) or 0 for table in tables)


def test_the_policy_is_the_one_that_cases_were_written_for() -> None:
    """Each reason's code, status and clause, as an administrator may have read them in a log."""
    policy = [(reason.name, reason.value.code, reason.value.status, reason.value.clause) for reason in Reason]
    expected = [each for each in vars(outcomes).values() if isinstance(each, Outcome)]
    assert policy == [(each.reason, each.code, each.status, each.clause) for each in expected]
    assert len({code for _, code, _, _ in policy}) == len(policy)


@pytest.mark.parametrize(("message", "change", "outcome"), cases.REFUSED)
def test_a_bad_launch_is_refused_by_its_reason_and_leaves_nothing(
    desk: Desk, message: str, change: Change, outcome: Outcome, caplog: pytest.LogCaptureFixture
) -> None:
    attempt = desk.attempt(message)
    change(attempt)

    with caplog.at_level(logging.INFO):
        refused = refusal_of(desk, attempt)

    assert (refused.reason.name, refused.code, refused.status) == (outcome.reason, outcome.code, outcome.status)
    assert stored(desk.verifier.database) == 0
    assert f"launch.refused code={outcome.code} reason={outcome.reason} clause=" in caplog.text


@pytest.mark.parametrize("target", cases.FOREIGN_TARGETS)
def test_a_target_that_only_looks_like_ours_is_refused(desk: Desk, target: str) -> None:
    attempt = desk.attempt()
    attempt.claims[LTI + "target_link_uri"] = target.format(base=desk.verifier.base_url)
    assert refusal_of(desk, attempt).reason in (Reason.TARGET_WRONG, Reason.TARGET_IS_ANOTHER)


@pytest.mark.parametrize(("message", "change"), cases.HARMLESS)
def test_what_is_optional_and_wrong_is_as_good_as_absent(desk: Desk, message: str, change: Change) -> None:
    attempt = desk.attempt(message)
    change(attempt)
    assert desk.verify(attempt).platform.id == desk.record.id
