"""What a verified launch says, as values: raw claims go no further than this room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from lti_tool.lti.platforms import PlatformRecord
from lti_tool.lti.roles import Standing


class MessageType(StrEnum):
    """The messages that we take (CORE §5.3.1); the values are those of the claim."""

    RESOURCE_LINK = "LtiResourceLinkRequest"
    DEEP_LINKING = "LtiDeepLinkingRequest"
    SUBMISSION_REVIEW = "LtiSubmissionReviewRequest"
    DATA_PRIVACY = "DataPrivacyLaunchRequest"


@dataclass(frozen=True, slots=True)
class ContextClaim:
    """The course (CORE §5.4.1)."""

    id: str
    title: str | None = None


@dataclass(frozen=True, slots=True)
class ResourceLinkClaim:
    """The activity, or the Médiacentre's resource (CORE §5.3.5)."""

    id: str
    title: str | None = None


@dataclass(frozen=True, slots=True)
class AgsClaim:
    """The gradebook's services as they stand at this launch (AGS §3.1)."""

    lineitems: str | None
    lineitem: str | None
    """The one column of this link; None where it has none, or several."""
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeepLinkingSettings:
    """What the platform takes back (DL §4.4.1)."""

    return_url: str
    accept_types: tuple[str, ...]
    accepts_several: bool
    accepts_line_item: bool
    """True also where the platform does not say."""
    data: str | None
    """Opaque; given back if and only if it was received."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the database held of this launch's person and place just before: only what differs is written."""

    person_id: int | None = None
    names: tuple[str | None, str | None] = (None, None)
    launched_at: datetime | None = None
    context_pk: int | None = None
    context: tuple[str | None, str | None, str | None, tuple[str, ...]] = (None, None, None, ())
    """Title, memberships, line items, scopes."""
    resource_link_pk: int | None = None
    resource_link: tuple[str | None, int | None, str | None] = (None, None, None)
    """Title, context, line item."""
    member_is_learner: bool | None = None
    member_seen_at: datetime | None = None


NOTHING_KNOWN = Known()


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """A launch that passed every check; nothing of it is stored yet."""

    platform: PlatformRecord
    deployment_pk: int
    deployment_id: str
    message: MessageType
    nonce: str
    """The login's, which only one launch may spend."""
    browser: str | None = None
    """Fingerprint of the secret by which the login knows its browser."""
    sub: str
    """Who, to this platform. Personal: never logged."""
    roles: frozenset[str]
    standing: Standing
    given_name: str | None = None
    family_name: str | None = None
    is_test_user: bool = False
    is_institution_administrator: bool = False
    context: ContextClaim | None = None
    resource_link: ResourceLinkClaim | None = None
    """Given with every launch of an activity; a submission review may leave it out."""
    for_user: str | None = None
    """The `sub` of whom a submission review or a data privacy launch is about."""
    ags: AgsClaim | None = None
    memberships_url: str | None = None
    custom: Mapping[str, str] = field(default_factory=dict)
    """Custom parameters; variables that the platform did not replace (`$…`) are absent."""
    deep_linking: DeepLinkingSettings | None = None
    document_target: str | None = None
    """`iframe`, `frame` or `window` (CORE §5.4.4)."""
    locale: str | None = None
    target_link_uri: str | None = None
    known: Known = NOTHING_KNOWN


@dataclass(frozen=True, slots=True)
class Recorded:
    """The rows of a launch that was recorded."""

    person_id: int
    deployment_pk: int
    context_pk: int | None
    resource_link_pk: int | None
