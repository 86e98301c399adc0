"""The claims of an id_token: their names, and how each is read. What is required and wrong is refused, by its
clause; what is optional and wrong is as good as absent, unless reading it so would change what the launch means.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, NewType
from urllib.parse import unquote, urlsplit

from lti_tool.lti.messages import (
    AgsClaim,
    ContextClaim,
    DeepLinkingSettings,
    MessageType,
    ResourceLinkClaim,
)
from lti_tool.lti.refusals import LaunchRefused, Reason
from lti_tool.settings import origin_of

Claims = Mapping[str, Any]
UnverifiedClaims = NewType("UnverifiedClaims", dict[str, Any])
"""Parsed, but anybody may have written it: good for looking up, never for believing."""
VerifiedClaims = NewType("VerifiedClaims", dict[str, Any])
"""Signed by the platform, for us, now, and asked for by this browser."""

_LTI = "https://purl.imsglobal.org/spec/lti/claim/"
MESSAGE_TYPE = _LTI + "message_type"
VERSION = _LTI + "version"
DEPLOYMENT_ID = _LTI + "deployment_id"
TARGET_LINK_URI = _LTI + "target_link_uri"
RESOURCE_LINK = _LTI + "resource_link"
ROLES = _LTI + "roles"
CONTEXT = _LTI + "context"
FOR_USER = _LTI + "for_user"
CUSTOM = _LTI + "custom"
LAUNCH_PRESENTATION = _LTI + "launch_presentation"
AGS_ENDPOINT = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS_SERVICE = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
DEEP_LINKING_SETTINGS = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
DEEP_LINKING_DATA = "https://purl.imsglobal.org/spec/lti-dl/claim/data"
CONTENT_ITEMS = "https://purl.imsglobal.org/spec/lti-dl/claim/content_items"

LTI_VERSION = "1.3.0"
LONGEST_ID = 255
LONGEST_TEXT = 500
LONGEST_URL = 2000

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_INVISIBLE = re.compile(r"[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]+")
"""Letters that turn or hide what stands beside them: a name could show as another's."""


def identifier(value: Any) -> str | None:
    """An opaque identifier as given, or None where it is none: empty, too long, or not storable text."""
    if not isinstance(value, str) or not value or len(value) > LONGEST_ID or _UNPRINTABLE.search(value):
        return None
    return value


def text(value: Any) -> str | None:
    """A title or a name: what cannot be seen dropped, spaces tidied, cut at a sane length; None where empty."""
    if not isinstance(value, str):
        return None
    if not value.isascii():
        value = _INVISIBLE.sub("", value)
    return " ".join(_UNPRINTABLE.sub(" ", value[: 2 * LONGEST_TEXT]).split())[:LONGEST_TEXT].strip() or None


def service_url(value: Any, *, allow_http: bool) -> str | None:
    """The address of a service or of the platform's own page: absolute, https; else None."""
    if not isinstance(value, str) or len(value) > LONGEST_URL or not value.isascii() or not value.isprintable():
        return None
    origin = origin_of(value) if " " not in value and "\\" not in value else None
    if origin is None or not (allow_http or origin.startswith("https://")):
        return None
    return value


def own_target(value: Any, base_url: str) -> str | None:
    """A target on our own origin, told apart from all that merely looks like it; else None (CORE §5.3.4)."""
    if not isinstance(value, str) or len(value) > LONGEST_URL or not value.isascii() or not value.isprintable():
        return None
    if " " in value or "\\" in value or origin_of(value) != base_url:
        return None
    path = unquote(urlsplit(value).path)
    if "//" in path or "\\" in path or ".." in path.split("/") or _UNPRINTABLE.search(path):
        return None
    return value


class MessageClaims(NamedTuple):
    """What a message must say, whatever else it says."""

    type: MessageType
    roles: frozenset[str]
    sub: str
    resource_link: ResourceLinkClaim | None
    deep_linking: DeepLinkingSettings | None
    for_user: str | None


def of_message(claims: Claims, *, allow_http: bool) -> MessageClaims:
    """Version, type, roles and user, then what that type of message needs. Raises `LaunchRefused`."""
    check_version(claims)
    message = message_type(claims)
    said = MessageClaims(
        message,
        roles(claims),
        user(claims),
        resource_link(claims, message),
        deep_linking_settings(claims, message, allow_http=allow_http),
        for_user(claims, message),
    )
    check_review(claims, message, allow_http=allow_http)
    return said


def check_version(claims: Claims) -> None:
    if claims.get(VERSION) != LTI_VERSION:
        raise LaunchRefused(Reason.VERSION_WRONG)


def message_type(claims: Claims) -> MessageType:
    value = claims.get(MESSAGE_TYPE)
    if not isinstance(value, str) or not value:
        raise LaunchRefused(Reason.MESSAGE_TYPE_MISSING)
    try:
        return MessageType(value)
    except ValueError:
        raise LaunchRefused(Reason.MESSAGE_TYPE_UNKNOWN) from None


def deployment_id(claims: Claims) -> str:
    value = identifier(claims.get(DEPLOYMENT_ID))
    if value is None:
        raise LaunchRefused(Reason.DEPLOYMENT_MISSING)
    return value


def user(claims: Claims) -> str:
    """The `sub`. Anonymous launches are allowed by CORE §5.3.6.1; we choose to refuse them."""
    value = identifier(claims.get("sub"))
    if value is None:
        raise LaunchRefused(Reason.USER_MISSING)
    return value


def roles(claims: Claims) -> frozenset[str]:
    """A list of texts, which may be empty but not missing (CORE §5.3.7)."""
    value = claims.get(ROLES)
    if not isinstance(value, list) or not all(isinstance(role, str) for role in value):
        raise LaunchRefused(Reason.ROLES_MISSING)
    return frozenset(role for role in value if role)


def target_link_uri(claims: Claims, message: MessageType, asked: str, base_url: str) -> str | None:
    """On our origin, and what the login asked for; only a deep linking request may have none (DL §4.4)."""
    value = claims.get(TARGET_LINK_URI)
    if value is None and message is MessageType.DEEP_LINKING:
        return None
    if own_target(value, base_url) is None:
        raise LaunchRefused(Reason.TARGET_WRONG)
    if value != asked:
        raise LaunchRefused(Reason.TARGET_IS_ANOTHER)
    return str(value)


def context(claims: Claims) -> ContextClaim | None:
    value = claims.get(CONTEXT)
    if value is None:
        return None
    document = _object(value)
    context_id = identifier(document.get("id"))
    if context_id is None:
        raise LaunchRefused(Reason.CLAIM_MALFORMED)
    return ContextClaim(context_id, text(document.get("title")) or text(document.get("label")))


def resource_link(claims: Claims, message: MessageType) -> ResourceLinkClaim | None:
    value = claims.get(RESOURCE_LINK)
    if message in (MessageType.DEEP_LINKING, MessageType.DATA_PRIVACY):
        return None
    if message is MessageType.SUBMISSION_REVIEW and value is None:
        return None
    document: Claims = value if isinstance(value, dict) else {}
    link_id = identifier(document.get("id"))
    if link_id is None:
        raise LaunchRefused(Reason.RESOURCE_LINK_MISSING)
    return ResourceLinkClaim(link_id, text(document.get("title")))


def for_user(claims: Claims, message: MessageType) -> str | None:
    """Whom a submission review or a data privacy launch is about; other messages have no such person."""
    if message not in (MessageType.SUBMISSION_REVIEW, MessageType.DATA_PRIVACY):
        return None
    value = claims.get(FOR_USER)
    user_id = identifier(value.get("user_id")) if isinstance(value, dict) else None
    if user_id is None:
        raise LaunchRefused(Reason.FOR_USER_MISSING)
    return user_id


def check_review(claims: Claims, message: MessageType, *, allow_http: bool) -> None:
    """A submission review names the column that it is about."""
    if message is MessageType.SUBMISSION_REVIEW:
        endpoint = ags(claims, allow_http=allow_http)
        if endpoint is None or endpoint.lineitem is None:
            raise LaunchRefused(Reason.REVIEW_WITHOUT_LINE_ITEM)


def custom(claims: Claims) -> dict[str, str]:
    """Custom parameters; a value that begins with `$` is a variable that the platform does not know: absent."""
    value = claims.get(CUSTOM)
    if value is None:
        return {}
    read = {}
    for name, given in _object(value).items():
        cleaned = text(given)
        if cleaned is not None and not cleaned.startswith("$") and identifier(name) is not None:
            read[name] = cleaned
    return read


def ags(claims: Claims, *, allow_http: bool) -> AgsClaim | None:
    value = claims.get(AGS_ENDPOINT)
    if value is None:
        return None
    document = _object(value)
    return AgsClaim(
        lineitems=service_url(document.get("lineitems"), allow_http=allow_http),
        lineitem=service_url(document.get("lineitem"), allow_http=allow_http),
        scopes=tuple(sorted(set(_texts(document.get("scope"))))),
    )


def memberships_url(claims: Claims, *, allow_http: bool) -> str | None:
    value = claims.get(NRPS_SERVICE)
    return None if value is None else service_url(_object(value).get("context_memberships_url"), allow_http=allow_http)


def document_target(claims: Claims) -> str | None:
    value = _presentation(claims).get("document_target")
    return value if value in ("iframe", "frame", "window") else None


def locale(claims: Claims) -> str | None:
    value = _presentation(claims).get("locale") or claims.get("locale")
    return value if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_-]{2,35}", value) else None


def deep_linking_settings(claims: Claims, message: MessageType, *, allow_http: bool) -> DeepLinkingSettings | None:
    if message is not MessageType.DEEP_LINKING:
        return None
    value = claims.get(DEEP_LINKING_SETTINGS)
    if not isinstance(value, dict):
        raise LaunchRefused(Reason.DEEP_LINKING_SETTINGS_WRONG)
    return_url = service_url(value.get("deep_link_return_url"), allow_http=allow_http)
    types = _texts(value.get("accept_types"))
    data = value.get("data")
    if return_url is None or "ltiResourceLink" not in types or not (data is None or isinstance(data, str)):
        raise LaunchRefused(Reason.DEEP_LINKING_SETTINGS_WRONG)
    if data is not None and _SURROGATE.search(data):
        raise LaunchRefused(Reason.DEEP_LINKING_SETTINGS_WRONG)
    return DeepLinkingSettings(
        return_url=return_url,
        accept_types=tuple(types),
        accepts_several=_truth(value.get("accept_multiple"), default=False),
        accepts_line_item=_truth(value.get("accept_lineitem"), default=True),
        data=data,
    )


_SURROGATE = re.compile(r"[\x00\ud800-\udfff]")


def _presentation(claims: Claims) -> Mapping[str, Any]:
    value = claims.get(LAUNCH_PRESENTATION)
    return value if isinstance(value, dict) else {}


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise LaunchRefused(Reason.CLAIM_MALFORMED)
    return value


def _texts(value: Any) -> Sequence[str]:
    """The texts of a list; a scope may also come as one text separated by spaces."""
    if isinstance(value, str):
        value = value.split()
    return [item for item in value if identifier(item)] if isinstance(value, list) else []


def _truth(value: Any, *, default: bool) -> bool:
    """A boolean, which some platforms send as text (DL §4.4.1)."""
    if isinstance(value, str):
        return value.strip().lower() == "true"
    return value if isinstance(value, bool) else default
