"""The conformance page says what the tests run, no more and no less."""

from __future__ import annotations

from tests import conformance


def test_the_conformance_page_is_up_to_date() -> None:
    written = conformance.PAGE.read_text() if conformance.PAGE.exists() else ""
    assert written == conformance.page(), "bring it up to date: python -m tests.conformance"
