"""A page as a person meets it, and a browser that follows links and sends forms as they stand on the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from lxml import html
from lxml.html import FormElement, HtmlElement
from werkzeug.test import TestResponse

Values = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Page:
    """What came back, and where from."""

    response: TestResponse
    path: str

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def root(self) -> HtmlElement:
        return html.document_fromstring(self.response.get_data(as_text=True))

    @property
    def text(self) -> str:
        """The words of the page's main part, with single spaces."""
        (main,) = self.root.xpath("//main")
        return " ".join(" ".join(main.itertext()).split())

    @property
    def title(self) -> str:
        return " ".join(self.root.findtext("head/title", "").split())

    @property
    def heading(self) -> str:
        """Its one h1."""
        (heading,) = self.root.xpath("//h1")
        return " ".join(heading.text_content().split())

    @property
    def code(self) -> str:
        """The short code of an error."""
        (code,) = self.root.xpath("//main//code")
        return str(code.text_content())

    def form(self, button: str) -> FormElement:
        """The form with that button."""
        found = [
            form
            for form in self.root.forms
            if any(each.text_content().strip() == button for each in form.xpath(".//button"))
        ]
        assert len(found) == 1, f"{len(found)} forms with « {button} » on {self.path}: {self.text}"
        return found[0]

    def has_button(self, button: str) -> bool:
        return bool(self.root.xpath(f'//button[normalize-space()="{button}"]'))

    def link(self, words: str) -> str:
        (href,) = self.root.xpath(f'//a[starts-with(normalize-space(), "{words}")]/@href')
        return str(href)


class Browser:
    """One browser: it keeps its cookies and follows redirects within the tool."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str) -> Page:
        response = self.client.get(path, follow_redirects=True)
        return Page(response, response.request.full_path.rstrip("?"))

    def press(self, page: Page, button: str, values: Values | None = None) -> Page:
        """Fill the form with that button, and press it."""
        form = page.form(button)
        filled: dict[str, list[str]] = {}
        for name, value in form.form_values():
            filled.setdefault(name, []).append(value)
        data: dict[str, object] = {**filled, **(values or {})}
        (pressed,) = [each for each in form.xpath(".//button") if each.text_content().strip() == button]
        if pressed.get("name"):
            data[pressed.get("name")] = pressed.get("value")
        address = urlsplit(form.get("action") or page.path)
        path = f"{address.path}?{address.query}" if address.query else address.path
        response = self.client.post(path, data=data, follow_redirects=True)
        return Page(response, response.request.path)
