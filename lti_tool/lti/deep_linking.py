"""Deep linking (DL 2.0): what a teacher chose goes back to the platform, as a signed list of content items."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pylti1p3.deep_link import DeepLink
from pylti1p3.deep_link_resource import DeepLinkResource
from pylti1p3.lineitem import LineItem
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_tool.errors import N_, RefusedError
from lti_tool.lti import platforms
from lti_tool.lti.claims import CONTENT_ITEMS, DEEP_LINKING_DATA, DEPLOYMENT_ID, LTI_VERSION, MESSAGE_TYPE, VERSION
from lti_tool.lti.keys import KeyRing
from lti_tool.lti.library import registration_of
from lti_tool.lti.messages import Launch, Recorded
from lti_tool.lti.models import DeepLinkingRequest, Deployment
from lti_tool.lti.platforms import PlatformRecord

RESPONSE_LIFETIME = timedelta(minutes=5)
REVIEWABLE = ("InProgress", "Submitted", "Completed")
"""Activity progress of which a teacher may look at what a pupil did: the platform then sends a submission review."""
REQUEST_LIFETIME = timedelta(hours=12)
"""As long as a session: a picker left open over lunch still works."""


class SelectionError(RefusedError):
    """There is nothing to choose content for: not this person's request, or answered, or too old."""

    code = "SELECTION"
    status = 404
    sentence = N_("Cette sélection de contenu est terminée.")
    advice = N_("Revenez à votre cours et sélectionnez de nouveau du contenu.")


@dataclass(frozen=True, slots=True)
class ItemLineItem:
    """The gradebook column wanted for an item. `resource_id` and `tag` are ours, and find it again (AGS §3.2)."""

    label: str
    score_maximum: float
    resource_id: str
    tag: str


@dataclass(frozen=True, slots=True)
class Item:
    """One activity for the course. `custom` travels with it, also when the course is copied."""

    title: str
    url: str
    text: str | None = None
    custom: Mapping[str, str] = field(default_factory=dict)
    line_item: ItemLineItem | None = None


def open_request(session: Session, launch: Launch, recorded: Recorded, now: datetime) -> str:
    """Keep where a teacher's choice is to be brought; returns the id that stands in the picker's address."""
    settings = launch.deep_linking
    if settings is None:
        raise ValueError("not a deep linking launch")
    request = DeepLinkingRequest(
        id=secrets.token_urlsafe(16),
        platform_id=launch.platform.id,
        deployment_pk=recorded.deployment_pk,
        context_pk=recorded.context_pk,
        person_id=recorded.person_id,
        return_url=settings.return_url,
        data=settings.data,
        accepts_several=settings.accepts_several,
        accepts_line_item=settings.accepts_line_item,
        created_at=now,
        answered_at=None,
    )
    session.add(request)
    session.flush()
    return request.id


def find_request(session: Session, request_id: str, person_id: int, now: datetime) -> DeepLinkingRequest:
    """The request of that person which still waits for an answer. Raises `SelectionError`."""
    request = session.get(DeepLinkingRequest, request_id)
    if request is None or request.person_id != person_id or request.answered_at is not None:
        raise SelectionError
    if now - request.created_at > REQUEST_LIFETIME:
        raise SelectionError
    return request


def answer(
    session: Session, request: DeepLinkingRequest, items: Sequence[Item], keyring: KeyRing, now: datetime
) -> str:
    """Answer the request once, with these items or none; returns the `JWT` that the browser posts to `return_url`.

    Raises `SelectionError` where it was answered meanwhile.
    """
    marked = session.execute(
        update(DeepLinkingRequest)
        .where(DeepLinkingRequest.id == request.id, DeepLinkingRequest.answered_at.is_(None))
        .values(answered_at=now)
        .returning(DeepLinkingRequest.id)
        .execution_options(synchronize_session=False)
    )
    if marked.first() is None:
        raise SelectionError
    platform = platforms.find(session, request.platform_id)
    deployment_id = session.execute(
        select(Deployment.deployment_id).where(Deployment.id == request.deployment_pk)
    ).scalar_one()
    return response_jwt(keyring, platform, deployment_id, request, items, now)


def response_jwt(
    keyring: KeyRing,
    platform: PlatformRecord,
    deployment_id: str,
    request: DeepLinkingRequest,
    items: Sequence[Item],
    now: datetime,
) -> str:
    """The signed response (DL §4.5). More than one item only where the platform takes several."""
    if len(items) > 1 and not request.accepts_several:
        raise ValueError("the platform takes one item only")
    resources = [_resource(item, with_line_item=request.accepts_line_item) for item in items]
    response = _Response(platform, deployment_id, request.data, keyring, now)
    return str(response.get_response_jwt(resources))


class _Response(DeepLink):
    """PyLTI1p3's response, with our clock and key ring, and `data` only where it was received (DL §4.5.5)."""

    def __init__(
        self, platform: PlatformRecord, deployment_id: str, data: str | None, keyring: KeyRing, now: datetime
    ) -> None:
        super().__init__(registration_of(platform), deployment_id, {})
        self._data = data
        self._keyring = keyring
        self._now = now

    def get_message_jwt(self, resources: Sequence[DeepLinkResource]) -> dict[str, Any]:
        issued = int(self._now.timestamp())
        message: dict[str, Any] = {
            "iss": self._registration.get_client_id(),
            "aud": self._registration.get_issuer(),
            "iat": issued,
            "exp": issued + int(RESPONSE_LIFETIME.total_seconds()),
            "nonce": secrets.token_urlsafe(24),
            MESSAGE_TYPE: "LtiDeepLinkingResponse",
            VERSION: LTI_VERSION,
            DEPLOYMENT_ID: self._deployment_id,
            CONTENT_ITEMS: [resource.to_dict() for resource in resources],
        }
        if self._data is not None:
            message[DEEP_LINKING_DATA] = self._data
        return message

    def encode_jwt(self, message: dict[str, Any]) -> str:
        return self._keyring.sign(message)


class _Resource(DeepLinkResource):
    """PyLTI1p3's content item, with a text, and without members that have no value."""

    def __init__(self, text: str | None) -> None:
        self._text = text

    def to_dict(self) -> dict[str, object]:
        document = {**super().to_dict(), "text": self._text}
        return {name: value for name, value in document.items() if value not in (None, {})}


def _resource(item: Item, *, with_line_item: bool) -> DeepLinkResource:
    resource = _Resource(item.text).set_title(item.title).set_url(item.url).set_custom_params(dict(item.custom))
    column = item.line_item
    if column is not None and with_line_item:
        maximum = int(column.score_maximum) if column.score_maximum == int(column.score_maximum) else None
        line_item = LineItem().set_label(column.label).set_score_maximum(maximum or column.score_maximum)
        line_item.set_submission_review(list(REVIEWABLE))
        resource.set_lineitem(line_item.set_resource_id(column.resource_id).set_tag(column.tag))
    return resource
