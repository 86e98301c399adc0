"""What the tool keeps of the LTI world: platforms, their deployments, courses and people, and our own keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.database import Base

PENDING, ACTIVE, SUSPENDED = "pending", "active", "suspended"


class Platform(Base):
    """An LMS or ENT that launches us: one client_id of one issuer."""

    __tablename__ = "platforms"
    __table_args__ = (UniqueConstraint("issuer", "client_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    """Random; the last part of this platform's own login URL, for issuers that many tenants share."""
    issuer: Mapped[str]
    client_id: Mapped[str]
    auth_url: Mapped[str]
    token_url: Mapped[str]
    jwks_url: Mapped[str]
    token_audience: Mapped[str | None]
    """The `aud` of our client assertions where the platform wants another than its token URL."""
    product: Mapped[str | None]
    """Product family code, as in the `tool_platform` claim ("moodle", "canvas", …)."""
    uai_param: Mapped[str | None]
    """Custom parameter, fixed in the tool's settings there, that carries the school's UAI."""
    profile_param: Mapped[str | None]
    """Custom parameter, fixed likewise, that carries the ENT's profile (`National_elv`, …)."""
    trust_administrators: Mapped[bool] = mapped_column(default=False)
    """Whether the platform's institution role Administrator makes an administrator of the school here."""
    status: Mapped[str] = mapped_column(default=ACTIVE)
    """`pending`, `active` or `suspended`; only an active platform launches."""
    jwks: Mapped[dict[str, Any] | None]
    """The platform's public keys as last fetched: the last good ones are kept when it is down."""
    jwks_fetched_at: Mapped[datetime | None]
    jwks_tried_at: Mapped[datetime | None]
    """Last try, good or bad: the cool-down of refetching counts from it."""
    clock_offset_s: Mapped[float] = mapped_column(default=0.0)
    """Seconds by which the platform's clock is ahead of ours, learnt from its `Date` headers."""
    granted: Mapped[dict[str, Any] | None]
    """What its answer to our dynamic registration grants: `scopes`, `messages`, `claims`; None if added by hand."""
    created_at: Mapped[datetime]


class Deployment(Base):
    """One installation of the tool within a platform (Core §3.1.3)."""

    __tablename__ = "deployments"
    __table_args__ = (UniqueConstraint("platform_id", "deployment_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platforms.id"))
    deployment_id: Mapped[str]
    created_at: Mapped[datetime]


class Person(Base):
    """Somebody as one platform knows them: (platform, sub), and nothing else, is who they are."""

    __tablename__ = "persons"
    __table_args__ = (UniqueConstraint("platform_id", "sub"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platforms.id"))
    sub: Mapped[str]
    given_name: Mapped[str | None]
    """As the platform last gave it; None where it gives no names."""
    family_name: Mapped[str | None]
    created_at: Mapped[datetime]
    launched_at: Mapped[datetime]
    """Last launch, to the day: older ones are updated at most daily."""


class Context(Base):
    """A course of a platform."""

    __tablename__ = "contexts"
    __table_args__ = (UniqueConstraint("deployment_pk", "context_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    deployment_pk: Mapped[int] = mapped_column(ForeignKey("deployments.id"))
    platform_id: Mapped[int] = mapped_column(ForeignKey("platforms.id"))
    context_id: Mapped[str]
    title: Mapped[str | None]
    memberships_url: Mapped[str | None]
    """`context_memberships_url` of the newest launch that had one (NRPS)."""
    lineitems_url: Mapped[str | None]
    """Line items container of the newest launch that had one (AGS §3.1: may change at each launch)."""
    ags_scopes: Mapped[list[str]] = mapped_column(default=list)
    """AGS scopes granted here, of the newest launch."""
    members_read_at: Mapped[datetime | None]
    """When the membership service was last read to its end."""
    created_at: Mapped[datetime]


class ResourceLink(Base):
    """An activity of a course, or the resource of a Médiacentre (then without a context)."""

    __tablename__ = "resource_links"
    __table_args__ = (UniqueConstraint("deployment_pk", "resource_link_id"), Index(None, "context_pk"))

    id: Mapped[int] = mapped_column(primary_key=True)
    deployment_pk: Mapped[int] = mapped_column(ForeignKey("deployments.id"))
    context_pk: Mapped[int | None] = mapped_column(ForeignKey("contexts.id"))
    resource_link_id: Mapped[str]
    title: Mapped[str | None]
    lineitem_url: Mapped[str | None]
    """The claim's `lineitem`, where the newest launch had one."""
    created_at: Mapped[datetime]


class Member(Base):
    """That a `sub` belongs to a course: launched there, or listed by its memberships. No name is kept."""

    __tablename__ = "members"
    __table_args__ = (UniqueConstraint("context_pk", "sub"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    context_pk: Mapped[int] = mapped_column(ForeignKey("contexts.id"))
    sub: Mapped[str]
    is_learner: Mapped[bool]
    """Whether the platform calls them a learner there; only learners are graded."""
    seen_at: Mapped[datetime]


class ConsumedState(Base):
    """A login's one-time nonce that a launch has spent; the unique column decides a race."""

    __tablename__ = "consumed_states"

    nonce: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    """After that the signed state is too old anyway, and the row may go."""


class DeepLinkingRequest(Base):
    """A teacher is choosing content: where to bring it, kept until they do (Deep Linking §4.4)."""

    __tablename__ = "deep_linking_requests"

    id: Mapped[str] = mapped_column(primary_key=True)
    """Random; stands in the picker's URL, and is good only within its person's session."""
    platform_id: Mapped[int] = mapped_column(ForeignKey("platforms.id"))
    deployment_pk: Mapped[int] = mapped_column(ForeignKey("deployments.id"))
    context_pk: Mapped[int | None] = mapped_column(ForeignKey("contexts.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    return_url: Mapped[str]
    data: Mapped[str | None]
    """Opaque; given back if and only if it was received (Deep Linking §4.5.5)."""
    accepts_several: Mapped[bool]
    accepts_line_item: Mapped[bool]
    created_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


class SigningKey(Base):
    """Our own RSA key pairs, one set for all machines; the private part is encrypted under SECRET_KEY."""

    __tablename__ = "signing_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    kid: Mapped[str] = mapped_column(unique=True)
    slot: Mapped[int] = mapped_column(unique=True)
    """Serial number of the rotation: of two machines that make the same slot's key, one wins."""
    private_key: Mapped[str]
    public_jwk: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    signs_from: Mapped[datetime]
    """Published before that, so that platforms which keep our keys know it when it first signs."""
    retired_at: Mapped[datetime | None]
    """When a newer one began to sign: published for some time yet, then deleted."""


class AccessToken(Base):
    """A platform's access token for a set of scopes, shared by all workers, encrypted, until it runs out."""

    __tablename__ = "access_tokens"
    __table_args__ = (UniqueConstraint("platform_id", "scopes"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platforms.id"))
    scopes: Mapped[str]
    """Sorted, separated by spaces."""
    token: Mapped[str]
    expires_at: Mapped[datetime]


class RegistrationInvitation(Base):
    """A one-time address by which a platform registers itself (dynamic registration), good for seven days."""

    __tablename__ = "registration_invitations"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    """A registration is under way until then, or died: of two at once, one goes on."""
    configuration_url: Mapped[str | None]
    """The `openid_configuration` that was registered: the same one may come again, no other."""
    platform_id: Mapped[int | None] = mapped_column(ForeignKey("platforms.id"))
    """What it made; None until it succeeds."""


class LaunchFailure(Base):
    """Launches of a platform that were refused for one reason: what its administrator needs to know."""

    __tablename__ = "launch_failures"
    __table_args__ = (UniqueConstraint("platform_id", "reason", "deployment_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platforms.id"))
    reason: Mapped[str]
    """Name of a `Reason`."""
    deployment_id: Mapped[str]
    """The deployment that is not authorized, where that is the reason; else empty."""
    times: Mapped[int]
    last_at: Mapped[datetime]
