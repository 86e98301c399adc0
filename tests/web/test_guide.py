"""The teachers' guide has a picture of each page of their space, and no other."""

from __future__ import annotations

import re

from tests.browser.pictures import FOLDER, PICTURES

GUIDE = FOLDER.parents[1] / "teacher.md"
MOST_BYTES = 1_500_000


def test_each_page_has_its_picture() -> None:
    named = set(re.findall(r"\]\(images/orga/(.+?)\.png\)", GUIDE.read_text("utf-8")))

    assert named == {picture for pictures in PICTURES.values() for picture in pictures}
    assert {path.stem for path in FOLDER.glob("*.png")} == named
    assert sum(path.stat().st_size for path in FOLDER.glob("*.png")) < MOST_BYTES


def test_each_picture_says_in_words_what_it_shows() -> None:
    assert "![](" not in GUIDE.read_text("utf-8")
