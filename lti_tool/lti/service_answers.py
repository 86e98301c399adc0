"""Addresses of services and the shape of their answers: what is a list, what is a page for people, what comes next."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

from requests.utils import parse_header_links

from lti_tool.lti.outbound import Reply, UnreadableError

SHORTEST_PAGE = 16
"""Bytes; what is not JSON and longer than that says more than "OK"."""


def listed(page: Any) -> list[Any]:
    """A page of a list; what is not one tells nothing, least of all that there is nothing."""
    if not isinstance(page, list):
        raise UnreadableError
    return page


def is_page(reply: Reply) -> bool:
    """Whether the body was made for people, whatever its type says (Moodle sends JSON as text/html).

    A score's success is an empty body or JSON, or at most a word.
    """
    body = reply.body.strip()
    if len(body) <= SHORTEST_PAGE and body[:1] != b"<":
        return False
    try:
        document = reply.json()
    except UnreadableError:
        return True
    return isinstance(document, dict) and any(document.get(name) for name in ("error", "errors"))


def below(url: str, name: str) -> str:
    """The address below a line item's: the path ends before the query, which stays (facts/lti.md §3, row 4)."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{name}"))


def with_query(url: str, more: dict[str, str]) -> str:
    if not more:
        return url
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, urlencode(more)) if part)
    return urlunsplit(parts._replace(query=query))


def next_link(reply: Reply) -> str | None:
    links = parse_header_links(reply.headers.get("Link", ""))
    found = next((link["url"] for link in links if link.get("rel", "").lower() == "next" and link.get("url")), None)
    return None if found is None else urljoin(reply.url, found)
