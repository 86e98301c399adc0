"""Words and figures as pages show them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from lti_tool.web.text import percent, phrase, prose

HOSTILE = [
    pytest.param("<script>alert(1)</script>", id="script"),
    pytest.param("<img src=x onerror=alert(1)>", id="handler"),
    pytest.param("[clic](javascript:alert(1))", id="link"),
    pytest.param("![vue](https://example.fr/a.png)", id="picture"),
    pytest.param("<https://example.fr>", id="autolink"),
    pytest.param("[a]\n\n[a]: https://example.fr", id="reference"),
    pytest.param("# Titre\n\nTitre\n====", id="headings, which are the page's own"),
]
DANGEROUS = {"script", "img", "a", "iframe", "h1", "h2", "style", "object", "svg"}


def tags(text: str) -> set[str]:
    fragment = html.fragment_fromstring(text, create_parent="div")
    return {str(element.tag) for element in fragment.iter()}


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_of_the_bank_brings_no_link_no_picture_and_no_html(text: str) -> None:
    assert not tags(prose(text)) & DANGEROUS
    assert not tags(phrase(text)) & DANGEROUS


@given(st.text())
def test_whatever_is_written(text: str) -> None:
    assert not tags(prose(text)) & DANGEROUS


def test_emphasis_lists_code_and_tables_are_shown() -> None:
    shown = tags(prose("**gras** et `code`\n\n- un\n\n| a | b |\n|---|---|\n| 1 | 2 |"))

    assert {"strong", "code", "li", "table", "td"} <= shown


def test_a_phrase_has_no_paragraph() -> None:
    assert phrase("le `nom`") == "le <code>nom</code>"


@pytest.mark.parametrize(
    ("share", "shown"), [(0, "0\xa0%"), (0.005, "1\xa0%"), (0.665, "67\xa0%"), (2 / 3, "67\xa0%"), (1, "100\xa0%")]
)
def test_shares_are_whole_percents_half_up(share: float, shown: str) -> None:
    assert percent(share) == shown
