"""Web and workers are killed at random moments under load, the platform fails one call in four: no grade is lost."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from lti_tool.campaigns.models import LAST
from tests.grades.town import play, town

KILLS = 200


def test_ten_kills(sqlite_url: str, tmp_path: Path) -> None:
    with town(sqlite_url, tmp_path, seed=6, pupils=4) as small:
        taken = play(small, kills=10, workers=1, minutes=4, lives_s=1)
        assert taken >= 4
        small.check()


@pytest.mark.soak
@pytest.mark.parametrize(
    ("database", "workers"),
    [pytest.param("sqlite_url", 1, id="sqlite"), pytest.param("postgres_url", 2, id="postgresql")],
)
def test_two_hundred_kills(
    database: str,
    workers: int,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with town(request.getfixturevalue(database), tmp_path, seed=7, pupils=24, counts=LAST) as large:
        started = time.monotonic()
        taken = play(large, kills=KILLS, workers=workers, minutes=30, lives_s=2)
        large.check()
        figures = (
            f"{workers} worker(s), {KILLS} kills in {time.monotonic() - started:.0f} s: {len(large.book.asked)} calls,"
            f" {large.failures} of them failed, {len(large.book.scores)} scores came, {taken} were taken,"
            f" {len(large.pupils)} pupils sent {large.sendings} times; every cell right, one column"
        )
        with capsys.disabled():
            print(f"\n{large.database.engine.dialect.name}, {figures}")
