"""Schools, their staff, the register of their learners, and who is bound to whom."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.database import Base
from lti_tool.lti.models import Deployment, Person, Platform, RegistrationInvitation

TEACHER, ADMINISTRATOR, PUPIL, GUEST = "teacher", "administrator", "pupil", "guest"


class School(Base):
    """A school, known by its UAI."""

    __tablename__ = "schools"

    id: Mapped[int] = mapped_column(primary_key=True)
    uai: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    time_zone: Mapped[str]
    """IANA name, by the département of the UAI; pages and exports use it."""
    trusts_typed_names: Mapped[bool] = mapped_column(default=False)
    """Where the ENT gives no names: bind by names that the pupil typed, without a click of the staff."""
    ent_url: Mapped[str | None]
    """Where its pupils find their ENT: what a sheet for the class shows. Never an address of ours."""
    import_generation: Mapped[int] = mapped_column(default=0)
    """Counts imports; the row's lock makes two imports of one school wait for each other."""
    created_at: Mapped[datetime]


class DeploymentSchool(Base):
    """A deployment serves these schools."""

    __tablename__ = "deployment_schools"

    deployment_pk: Mapped[int] = mapped_column(ForeignKey(Deployment.id), primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"), primary_key=True)


class InvitationSchool(Base):
    """The one school that an invitation to register a platform names: its administrators may activate what came."""

    __tablename__ = "invitation_schools"

    invitation_id: Mapped[int] = mapped_column(ForeignKey(RegistrationInvitation.id), primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))


class OperatorPass(Base):
    """The operator's way in: a link that is opened once, then a session of one browser."""

    __tablename__ = "operator_passes"

    id: Mapped[int] = mapped_column(primary_key=True)
    link_hash: Mapped[str] = mapped_column(unique=True)
    token_hash: Mapped[str | None] = mapped_column(unique=True)
    """Of the cookie, once the link was opened."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    """Of the link, then of the session."""


class Staff(Base):
    """A person who is staff of a school because they were named, whatever a later launch says."""

    __tablename__ = "staff"
    __table_args__ = (UniqueConstraint("person_id", "school_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    role: Mapped[str]
    """`teacher` or `administrator`."""
    created_at: Mapped[datetime]


class StaffVisit(Base):
    """That a person came as staff of the school: whom the team's page lists though nobody named them."""

    __tablename__ = "staff_visits"
    __table_args__ = (UniqueConstraint("person_id", "school_id"), Index(None, "school_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    """When they accepted the conditions of use."""


class StaffInvitation(Base):
    """A one-time code that makes who types it staff of the school."""

    __tablename__ = "staff_invitations"

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"), index=True)
    code_hash: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    recipient: Mapped[str] = mapped_column(default="")
    """For whom, as the administrator wrote it; empty for the operator's."""
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class WebSession(Base):
    """One person, one school, one role, twelve hours at most; the row holds the hash of the cookie."""

    __tablename__ = "web_sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    role: Mapped[str]
    """`pupil`, `teacher`, `administrator`, or `guest` (no known role: may only type an invitation's code)."""
    is_test: Mapped[bool] = mapped_column(default=False)
    """A platform's test user: previews, and leaves no trace."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class HandOver(Base):
    """A session that waits for its window: a launch was verified in a frame where no cookie lives (handovers.py)."""

    __tablename__ = "hand_overs"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    """Of the secret in the frame's form; taking the row away is what spends it."""
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    role: Mapped[str]
    is_test: Mapped[bool]
    page: Mapped[str]
    """Where the launch led: a path of ours."""
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Learner(Base):
    """A line of a school's register, as SIECLE gave it."""

    __tablename__ = "learners"
    __table_args__ = (
        UniqueConstraint("school_id", "ine"),
        Index(None, "school_id", "birthdate"),
        Index(None, "school_id", "division", "last_name", "first_name"),
        Index(None, "school_id", "active", "division", "last_name", "first_name"),
        Index(None, "child_id"),
        Index(None, "ine"),
        Index(None, "added_in"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    child_id: Mapped[str]
    """The child behind the line, opaque (UUID): lines of one child in several schools share it."""
    ine: Mapped[str]
    last_name: Mapped[str]
    preferred_last_name: Mapped[str | None]
    first_name: Mapped[str]
    middle_name: Mapped[str | None]
    third_name: Mapped[str | None]
    birthdate: Mapped[date]
    sex: Mapped[str | None]
    division: Mapped[str]
    mef: Mapped[str | None]
    status: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    """Stood in the newest import; an inactive learner can neither start nor send."""
    added_in: Mapped[int | None]
    """The import that brought the line (`Import.id`); the history lists its new learners by it."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Binding(Base):
    """A person of a platform is this learner. A learner has at most one person per platform."""

    __tablename__ = "bindings"
    __table_args__ = (
        UniqueConstraint("person_id", "school_id"),
        UniqueConstraint("learner_id", "platform_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    platform_id: Mapped[int] = mapped_column(ForeignKey(Platform.id))
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    learner_id: Mapped[int] = mapped_column(ForeignKey("learners.id"))
    created_at: Mapped[datetime]


class BindingAttempt(Base):
    """A birthdate typed that did not bind: five an hour per person."""

    __tablename__ = "binding_attempts"
    __table_args__ = (Index(None, "person_id", "at"), Index(None, "school_id", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    at: Mapped[datetime]


class BindingRequest(Base):
    """A binding that waits for a member of staff: a conflict, or names that the pupil had to type."""

    __tablename__ = "binding_requests"
    __table_args__ = (UniqueConstraint("person_id", "school_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"), index=True)
    learner_id: Mapped[int | None] = mapped_column(ForeignKey("learners.id"))
    """Whom they seem to be; None where several could be meant: those are its candidates."""
    reason: Mapped[str]
    """Why it waits: see `waiting`."""
    given_name: Mapped[str]
    family_name: Mapped[str]
    created_at: Mapped[datetime]


class BindingCandidate(Base):
    """A learner who could be meant by a request of several."""

    __tablename__ = "binding_candidates"

    request_id: Mapped[int] = mapped_column(ForeignKey("binding_requests.id", ondelete="CASCADE"), primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learners.id"), primary_key=True)


class Import(Base):
    """One import of the register that changed it."""

    __tablename__ = "imports"
    __table_args__ = (Index(None, "school_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    """Who imported; None for the command line."""
    at: Mapped[datetime]
    counts: Mapped[dict[str, Any]]
    kind: Mapped[str] = mapped_column(default="siecle")
    """`siecle`, `agricultural` or `generic`."""


class ImportChange(Base):
    """What an import did to a learner who was in the register before."""

    __tablename__ = "import_changes"
    __table_args__ = (Index(None, "import_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id"))
    learner_id: Mapped[int] = mapped_column(ForeignKey("learners.id"))
    kind: Mapped[str]
    """`updated`, `deactivated` or `reactivated`."""
    before: Mapped[dict[str, Any]]
    """The fields that changed, as the register had them, dates as ISO."""
    after: Mapped[dict[str, Any]]


class Upload(Base):
    """A file of learners that a head gave in the browser, from then until it is imported or given up."""

    __tablename__ = "uploads"
    __table_args__ = (Index(None, "school_id", "created_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    """Who gave it."""
    file_name: Mapped[str]
    size: Mapped[int]
    """Bytes."""
    state: Mapped[str]
    """See `uploads.State`."""
    percent: Mapped[int] = mapped_column(default=0)
    """Progress of the work on it."""
    preview: Mapped[dict[str, Any] | None]
    """Generic files: headings and first rows, until the columns are confirmed."""
    columns: Mapped[dict[str, Any] | None]
    """Generic files: which column holds which field, proposed and then confirmed by the head."""
    columns_confirmed: Mapped[bool] = mapped_column(default=False)
    kind: Mapped[str | None]
    """`siecle`, `agricultural` or `generic`, once it was read."""
    counts: Mapped[dict[str, Any] | None]
    """What would become of the register, or became of it; the numbers of `imports.ImportReport`."""
    generation: Mapped[int] = mapped_column(default=0)
    """`School.import_generation` for which the counts hold."""
    needs_confirmation: Mapped[bool] = mapped_column(default=False)
    """More than one active learner in five would be deactivated."""
    deactivations_confirmed: Mapped[bool] = mapped_column(default=False)
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class UploadPart(Base):
    """A piece of an uploaded file; erased once the file is of no more use."""

    __tablename__ = "upload_parts"

    upload_id: Mapped[int] = mapped_column(ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[bytes]


class UploadFault(Base):
    """One thing that is wrong with an uploaded file; the fields are those of `faults.Fault`."""

    __tablename__ = "upload_faults"
    __table_args__ = (Index(None, "upload_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    upload_id: Mapped[int] = mapped_column(ForeignKey("uploads.id", ondelete="CASCADE"))
    code: Mapped[str]
    line: Mapped[int | None]
    ine: Mapped[str | None]
    pupil: Mapped[str | None]
    column: Mapped[str | None]
    message: Mapped[str]


class AuditLine(Base):
    """Who did what to whom, by our identifiers: the trail that a head can be shown."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "school_id", "at"), Index(None, "learner_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int | None] = mapped_column(ForeignKey("schools.id"))
    at: Mapped[datetime]
    person_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    """Who acted; None for the command line or the tool itself."""
    action: Mapped[str]
    """A stable word, such as `binding.created`."""
    learner_id: Mapped[int | None]
    """The learner it is about, where there is one."""
    detail: Mapped[dict[str, Any]]
    """Identifiers of ours only."""
