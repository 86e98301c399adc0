"""Words and figures as pages show them: CommonMark of the item bank as HTML, shares as percentages."""

from __future__ import annotations

from functools import lru_cache

from flask import Flask
from markdown_it import MarkdownIt
from markupsafe import Markup

_MARKDOWN = (
    MarkdownIt("commonmark", {"html": False})
    .enable("table")
    .disable(["link", "image", "autolink", "html_block", "html_inline", "heading", "lheading", "reference"])
)


@lru_cache(maxsize=1024)
def prose(text: str) -> Markup:
    """CommonMark as HTML; raw HTML is shown as text, and links, pictures and headings stay what was typed."""
    return Markup(_MARKDOWN.render(text))  # noqa: S704 - the renderer escapes everything it did not make itself


@lru_cache(maxsize=4096)
def phrase(text: str) -> Markup:
    """One line of CommonMark (emphasis and `code`) as HTML, without a paragraph around it."""
    return Markup(_MARKDOWN.renderInline(text))  # noqa: S704 - as above


def percent(share: float) -> str:
    """A share between 0 and 1 in whole percent, half up: "67 %"."""
    return f"{int(100 * share + 0.5)}\u00a0%"


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(prose=prose, phrase=phrase, percent=percent)
