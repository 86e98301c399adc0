"""Web and workers are killed at random moments under load, the platform fails one call in four: no grade is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.grades.town import play, town


def test_ten_kills(sqlite_url: str, tmp_path: Path) -> None:
    with town(sqlite_url, tmp_path, seed=6, pupils=4) as small:
        taken = play(small, kills=10, workers=1, minutes=4)
        assert taken >= 4
        small.check()


@pytest.mark.soak
@pytest.mark.parametrize(
    ("database", "workers"),
    [pytest.param("sqlite_url", 1, id="sqlite"), pytest.param("postgres_url", 2, id="postgresql")],
)
def test_two_hundred_kills(database: str, workers: int, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    with town(request.getfixturevalue(database), tmp_path, seed=7, pupils=24) as large:
        taken = play(large, kills=200, workers=workers, minutes=30)
        large.check()
        print(f"{taken} scores taken, {len(large.book.scores)} sent, 200 kills")
