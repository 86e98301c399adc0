"""Which addresses belong to one platform, where its product spreads them over hosts of its own (`products.py`)."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from lti_tool.lti.products import PRODUCTS
from lti_tool.settings import origin_of


@lru_cache(maxsize=1024)
def framing(url: str) -> tuple[str, ...]:
    """Where the pages come from that frame a tool whose platform has this address: its origin, and its product's."""
    host = urlsplit(url).hostname
    more = [source for product in PRODUCTS if host in product.own_hosts for source in product.framed_from]
    return (origin_of(url) or url, *more)


def of_one_house(url: str, other: str) -> bool:
    """Whether both addresses are at one origin, or at hosts that are one product's own."""
    if origin_of(url) is not None and origin_of(url) == origin_of(other):
        return True
    hosts = {urlsplit(each).hostname for each in (url, other) if (origin_of(each) or "").startswith("https://")}
    return len(hosts) == 2 and any(hosts <= set(product.own_hosts) for product in PRODUCTS)
