"""Words and figures as pages show them."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from markupsafe import escape

from lti_tool.web.text import linked, percent, phrase, prose

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


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        pytest.param("Voir https://pix.fr.", ["https://pix.fr"], id="at the end of a sentence"),
        pytest.param("(https://a.fr/b?x=1&y=2)", ["https://a.fr/b?x=1&y=2"], id="in brackets, with a query"),
        pytest.param("« http://a.fr/é » puis https://b.fr", ["http://a.fr/é", "https://b.fr"], id="two"),
        pytest.param('<a href="https://a.fr">clic</a>', ["https://a.fr"], id="HTML is shown as typed"),
        pytest.param("javascript:alert(1) https://", [], id="none"),
    ],
)
def test_addresses_in_a_teachers_text_are_links(app: Flask, text: str, addresses: list[str]) -> None:
    with app.test_request_context():
        shown = html.fragment_fromstring(str(linked(text)), create_parent="div")

    links = shown.xpath(".//a")
    assert [link.get("href") for link in links] == addresses
    assert {link.get("rel") for link in links} <= {"noopener noreferrer nofollow"}
    assert "".join(shown.itertext()).replace(" (nouvelle fenêtre)", "") == text


@given(st.text())
def test_nothing_typed_is_html(text: str) -> None:
    assert linked(text.replace("http", "")) == escape(text.replace("http", ""))
