"""The house stays straight: rooms import only what the design allows, and each says what it is for."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "lti_tool").rglob("*.py"))
ROOMS = sorted({path.parent for path in SOURCES if path.parent.parent == ROOT / "lti_tool"})


def test_a_room_imports_only_the_rooms_above_it() -> None:
    linted = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_room_says_what_belongs_in_it(room: Path) -> None:
    assert len((room / "README.md").read_text().split()) > 30


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_what_it_is_for(source: Path) -> None:
    tree = ast.parse(source.read_text())
    assert ast.get_docstring(tree) or not tree.body


def test_no_page_needs_what_the_content_security_policy_forbids() -> None:
    for page in (ROOT / "templates").rglob("*.html"):
        text = page.read_text()
        assert "|safe" not in text.replace(" ", ""), page
        assert " style=" not in text, page
        assert "<script>" not in text, page
        assert "http://" not in text.replace("http://www.w3.org", ""), page
