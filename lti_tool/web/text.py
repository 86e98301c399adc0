"""Words and figures as pages show them: CommonMark of the item bank as HTML, a teacher's links, percentages."""

from __future__ import annotations

import re
from functools import lru_cache

from flask import Flask
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from lti_tool.web.i18n import gettext

_MARKDOWN = (
    MarkdownIt("commonmark", {"html": False})
    .enable("table")
    .disable(["link", "image", "autolink", "html_block", "html_inline", "heading", "lheading", "reference"])
)
_ADDRESS = re.compile(r"https?://(?:[^\s<>&]|&amp;)*[^\s<>&.,;:!?»)\]}]")
"""In escaped text: an address ends before a space, a mark of quotation and the punctuation of its sentence."""


@lru_cache(maxsize=1024)
def prose(text: str) -> Markup:
    """CommonMark as HTML; raw HTML is shown as text, and links, pictures and headings stay what was typed."""
    return Markup(_MARKDOWN.render(text))  # noqa: S704 - the renderer escapes everything it did not make itself


@lru_cache(maxsize=4096)
def phrase(text: str) -> Markup:
    """One line of CommonMark (emphasis and `code`) as HTML, without a paragraph around it."""
    return Markup(_MARKDOWN.renderInline(text))  # noqa: S704 - as above


def linked(text: str) -> Markup:
    """Plain text in which addresses are links, that open beside the page: a frame must not lose the test."""
    return Markup(_ADDRESS.sub(_link, str(escape(text))))  # noqa: S704 - escaped before; a link is made of that


def _link(found: re.Match[str]) -> str:
    attributes = 'target="_blank" rel="noopener noreferrer nofollow"'
    new = escape(gettext("(nouvelle fenêtre)"))
    return f'<a href="{found[0]}" {attributes}>{found[0]}<span class="visually-hidden"> {new}</span></a>'


def percent(share: float) -> str:
    """A share between 0 and 1 in whole percent, half up: "67 %"."""
    return f"{int(100 * share + 0.5)}\u00a0%"


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(prose=prose, phrase=phrase, linked=linked, percent=percent)
