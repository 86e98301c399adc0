"""A browser without a screen, for the story: it reads words, follows links, fills in forms and keeps cookies.

It finds things as a person does, by the words on links, buttons and labels, so that a page may change its layout.
"""

from __future__ import annotations

from dataclasses import dataclass
from http.cookiejar import Cookie
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from lxml import html
from requests.cookies import RequestsCookieJar

TIMEOUT_S = 30
_MOST_STEPS = 10
_SILENT = {"head", "script", "style", "svg", "template"}
_INLINE = {"a", "abbr", "b", "code", "em", "i", "small", "span", "strong"}
_STEP = "//form[@data-auto] | //form[@data-autosubmit] | //a[@data-auto]"
"""Pages that continue by themselves: a form that is only a step, a way back out of the tool's frame."""


class NotSeenError(Exception):
    """A page is not what it should be: what was expected, and what stands there instead."""

    def __init__(self, expected: str, page: Page) -> None:
        super().__init__(expected)
        self.expected = expected
        self.page = page


def plain(text: str) -> str:
    """The text with simple spaces and apostrophes, for comparing."""
    return " ".join(text.replace("’", "'").split())


@dataclass(frozen=True, eq=False)
class Page:
    """A page as a person reads it."""

    browser: Browser
    url: str
    status: int
    tree: Any
    framed: bool = False
    """Whether it stands in an iframe of the ENT."""

    @property
    def text(self) -> str:
        """All words of the page."""
        return plain(_words(self.tree))

    def reads(self, *words: str) -> bool:
        """Whether all these words stand on the page."""
        text = self.text
        return all(plain(each) in text for each in words)

    def expect(self, *words: str, status: int = 200) -> Page:
        """This page, if it has the status and holds the words; else raises `NotSeenError`."""
        if self.status != status:
            raise NotSeenError(f"une page de statut {status}", self)
        for each in words:
            if not self.reads(each):
                raise NotSeenError(f"« {each} »", self)
        return self

    def all(self, xpath: str) -> list[Any]:
        """What an XPath finds, for what a person sees by its place: cells of a table, say."""
        found: list[Any] = self.tree.xpath(xpath)
        return found

    def has_button(self, words: str) -> bool:
        """Whether a button bears these words."""
        return _best(self._buttons(), words) is not None

    def follow(self, words: str, *more: str) -> Page:
        """Click the link that bears the words (and `more`: "Je reprends" of one parcours among several)."""
        links = [link for link in self.all("//a[@href]") if all(plain(each) in plain(_words(link)) for each in more)]
        link = _best(links, words)
        if link is None:
            raise NotSeenError(f"un lien « {' … '.join((words, *more))} »", self)
        return self.browser.open(urljoin(self.url, link.get("href")), framed=self.framed and _stays(link))

    def frame(self) -> Page:
        """What the page's iframe shows."""
        frames = self.all("//iframe[@src]")
        if not frames:
            raise NotSeenError("un cadre", self)
        return self.browser.open(urljoin(self.url, frames[0].get("src")), framed=True)

    def form(self, button: str) -> Form:
        """The form that the button with these words sends."""
        found = _best(self._buttons(), button)
        if found is None:
            raise NotSeenError(f"un bouton « {button} »", self)
        forms = self.all(f"//form[@id='{found.get('form')}']") or found.iterancestors("form")
        return Form(self, next(iter(forms)), found)

    def press(self, button: str) -> Page:
        """Press the button with these words, with what its form holds already."""
        return self.form(button).send()

    def _buttons(self) -> list[Any]:
        return self.all("//button[@form or ancestor::form][not(@disabled)][not(@type) or @type='submit']")


class Form:
    """A form being filled in by the words of its labels, and sent by one of its buttons."""

    def __init__(self, page: Page, element: Any, button: Any | None) -> None:
        self.page = page
        self.element = element
        self.button = button
        self._files: dict[str, tuple[str, bytes]] = {}

    def labels(self) -> list[str]:
        """The words of all labels."""
        return [plain(_words(label)) for label in self.element.iter("label")]

    def fill(self, label: str, value: str) -> Form:
        """Type into a field."""
        self._control(label).value = value
        return self

    def choose(self, label: str, option: str) -> Form:
        """Choose, in the list with this label, the option that bears the words."""
        control = self._control(label)
        found = _best(list(control.iter("option")), option)
        if found is None:
            raise NotSeenError(f"un choix « {option} » dans « {label} »", self.page)
        control.value = found.get("value", _words(found))
        return self

    def tick(self, label: str, *, ticked: bool = True) -> Form:
        """Tick the box or the radio button beside these words."""
        control = self._control(label)
        if control.get("type") == "radio":
            for other in self.element.xpath(".//input[@type='radio'][@name=$name]", name=control.get("name")):
                other.checked = other is control
        else:
            control.checked = ticked
        return self

    def give(self, label: str, file: Path) -> Form:
        """Choose a file."""
        self._files[self._control(label).name] = (file.name, file.read_bytes())
        return self

    def send(self) -> Page:
        """Press the button; the page that comes."""
        return self.page.browser.send(self)

    def address(self) -> str:
        """Where it goes."""
        action: str = self.element.get("action") or ""
        return urljoin(self.page.url, action)

    def is_posted(self) -> bool:
        """Whether it changes something; else its fields travel in the address."""
        return bool(self.element.get("method", "get").lower() == "post")

    def fields(self) -> list[tuple[str, str]]:
        """What it holds, and which button was pressed."""
        fields = list(self.element.form_values())
        if self.button is not None and self.button.get("name"):
            fields.append((self.button.get("name"), self.button.get("value", "")))
        return fields

    def files(self) -> dict[str, tuple[str, bytes]]:
        """The chosen files by field: name and content."""
        return self._files

    def _control(self, words: str) -> Any:
        label = _best(list(self.element.iter("label")), words)
        control = None if label is None else label.for_element
        if control is None and label is not None:
            control = next(label.iter("input", "select", "textarea"), None)
        if control is None:
            raise NotSeenError(f"un champ « {words} »", self.page)
        return control


class Browser:
    """One person's browser: a new one knows nobody."""

    def __init__(self) -> None:
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.cookies = _LoopbackCookies()

    def open(self, url: str, *, framed: bool = False) -> Page:
        """The page at an address, after redirects and the steps that pages take by themselves."""
        return self._settled(self._request("GET", url, framed))

    def send(self, form: Form) -> Page:
        """The page that answers a form, likewise."""
        return self._settled(self._sent(form))

    def _settled(self, page: Page) -> Page:
        for _ in range(_MOST_STEPS):
            step = next(iter(page.all(_STEP)), None)
            if step is None or page.status != 200:
                return page
            if step.tag == "form":
                page = self._sent(Form(page, step, None))
            else:
                page = self._request("GET", urljoin(page.url, step.get("href")), page.framed and _stays(step))
        raise NotSeenError("une page où s’arrêter", page)

    def _sent(self, form: Form) -> Page:
        framed = form.page.framed and _stays(form.element)
        if not form.is_posted():
            return self._request("GET", form.address(), framed, params=form.fields())
        origin = {"Origin": _origin(form.page.url)}
        return self._request("POST", form.address(), framed, origin, data=form.fields(), files=form.files() or None)

    def _request(
        self, method: str, url: str, framed: bool, headers: dict[str, str] | None = None, **content: Any
    ) -> Page:
        sent = {
            "Accept": "text/html",
            "Accept-Language": "fr",
            "Sec-Fetch-Dest": "iframe" if framed else "document",
            "Sec-Fetch-Mode": "navigate",
            **(headers or {}),
        }
        answer = self._http.request(method, url, headers=sent, timeout=TIMEOUT_S, **content)
        tree = html.fromstring(answer.content or b"<html></html>", parser=html.HTMLParser(encoding="utf-8"))
        return Page(self, answer.url, answer.status_code, tree, framed)


class _LoopbackCookies(RequestsCookieJar):
    """Sends `Secure` cookies to this machine over plain http, as browsers do and `http.cookiejar` does not."""

    def set_cookie(self, cookie: Cookie, *args: Any, **kwargs: Any) -> None:
        cookie.secure = False
        super().set_cookie(cookie, *args, **kwargs)


def _stays(element: Any) -> bool:
    """Whether what a link or form leads to is shown in the same frame."""
    return element.get("target") in (None, "", "_self")


def _best(elements: list[Any], words: str) -> Any | None:
    """The element that bears exactly these words; else the first that begins with them; else that holds them."""
    wanted = plain(words)
    named = [(plain(_words(element)), element) for element in elements]
    exact = [element for name, element in named if name == wanted]
    beginning = [element for name, element in named if name.startswith(wanted)]
    holding = [element for name, element in named if wanted in name]
    return next(iter([*exact, *beginning, *holding]), None)


def _words(element: Any) -> str:
    """The words of an element and of what is in it; those of different boxes never run together."""
    if not isinstance(element.tag, str) or element.tag in _SILENT:
        return ""
    space = "" if element.tag in _INLINE else " "
    inside = "".join(_words(child) + (child.tail or "") for child in element)
    return f"{space}{element.text or ''}{inside}{space}"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
