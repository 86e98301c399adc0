"""What browsers send, as the rooms may take it: text that every database keeps."""

from __future__ import annotations

from typing import Any, cast

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.sansio.http import parse_cookie
from werkzeug.utils import cached_property


class Fields(ImmutableMultiDict[str, Any]):
    """Fields of a form or of an address. A NUL, which nobody types and PostgreSQL refuses, becomes U+FFFD."""

    def __init__(self, mapping: Any = ()) -> None:
        pairs = mapping.items(multi=True) if isinstance(mapping, MultiDict) else mapping or ()
        super().__init__([(_text(name), _text(value)) for name, value in pairs])


class PageRequest(Request):
    """A request whose fields hold no NUL, except what a platform sends: that goes back as it came."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if not self.path.startswith("/lti/"):
            self.parameter_storage_class = Fields

    @cached_property
    def cookies(self) -> ImmutableMultiDict[str, str]:
        """As werkzeug has them, without looking for more than the one header that WSGI gives."""
        found = parse_cookie(self.environ.get("HTTP_COOKIE"), ImmutableMultiDict)
        return cast("ImmutableMultiDict[str, str]", found)


def _text(value: Any) -> Any:
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value
