"""What staff do about the bindings that wait: settle them, one or in bulk, and let new ENT accounts take over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, exists, func, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from lti_tool.errors import N_, RefusedError
from lti_tool.lti.models import Person
from lti_tool.schools import audit, binding, matching, waiting
from lti_tool.schools.binding import Why
from lti_tool.schools.models import Binding, BindingCandidate, BindingRequest, Learner
from lti_tool.schools.people import full_name

PER_PAGE = 50
_UNUSED = timedelta(days=1)
"""A person's last launch is known to the day: only one of the day before is surely older."""


class Decision(StrEnum):
    """What staff make of a request."""

    BIND = "bind"
    """Bind; whoever of the same platform held the learner is unbound."""
    REFUSE = "refuse"


class WhyMissingError(RefusedError):
    """Somebody would be unbound, and nothing says why."""

    code = "RAISON"
    status = 422
    sentence = N_("Dites pourquoi cet élève change de compte.")
    advice = N_("Choisissez une raison, puis validez de nouveau.")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A learner who could be meant."""

    learner_id: int
    first_name: str
    last_name: str
    """The usage name where there is one."""
    division: str
    active: bool
    held_by: str | None
    """Who is bound to the learner on the asker's platform, by the ENT's names; None where nobody is."""
    held_since: datetime | None


@dataclass(frozen=True, slots=True)
class Request:
    """A binding that waits for a member of staff, with what they need to settle it."""

    id: int
    reason: str
    """See `waiting`."""
    given_name: str
    """As the pupil typed it, or as the ENT gives it."""
    family_name: str
    candidates: tuple[Candidate, ...]
    """Whom they may be: one, except where several are near."""
    created_at: datetime

    @property
    def held_by(self) -> str | None:
        """Who would be unbound, where there is one candidate."""
        return self.candidates[0].held_by if len(self.candidates) == 1 else None


@dataclass(frozen=True, slots=True)
class Renewal:
    """A pupil who came back under a new account of the same names: the old one has not been used since."""

    request_id: int
    candidate: Candidate
    given_name: str
    family_name: str
    last_used: datetime
    """The old account's last launch, to the day."""


def requests(session: Session, school_id: int, *, division: str | None = None, limit: int = PER_PAGE) -> list[Request]:
    """The bindings of the school that wait, oldest first, at most `limit`; of one division where it is given."""
    statement = (
        select(BindingRequest, Person.platform_id)
        .join(Person, Person.id == BindingRequest.person_id)
        .where(BindingRequest.school_id == school_id)
        .order_by(BindingRequest.created_at, BindingRequest.id)
        .limit(limit)
    )
    if division is not None:
        of_division = select(Learner.id).where(Learner.school_id == school_id, Learner.division == division)
        statement = statement.where(
            or_(
                BindingRequest.learner_id.in_(of_division),
                exists().where(
                    BindingCandidate.request_id == BindingRequest.id, BindingCandidate.learner_id.in_(of_division)
                ),
            )
        )
    rows = session.execute(statement).all()
    meant = _candidates(session, [row.BindingRequest.id for row in rows])
    return [
        Request(
            id=request.id,
            reason=request.reason,
            given_name=request.given_name,
            family_name=request.family_name,
            candidates=tuple(meant.get(request.id, ())),
            created_at=request.created_at,
        )
        for request, _ in rows
    ]


def count_requests(session: Session, school_id: int) -> int:
    """How many bindings of the school wait."""
    counted = select(func.count()).select_from(BindingRequest).where(BindingRequest.school_id == school_id)
    return session.scalar(counted) or 0


def settle(
    session: Session,
    school_id: int,
    request_ids: Iterable[int],
    decision: Decision,
    now: datetime,
    *,
    by: int,
    why: Why | None = None,
    chosen: Mapping[int, int] | None = None,
) -> list[int]:
    """Settle requests of the school, one or in bulk; returns the learners who are bound now. `by` is who decided.

    `why` is kept, and needed where somebody is unbound (`WhyMissingError`); `chosen` says by request which learner,
    where several are near. Requests that somebody else settled meanwhile, of another school, or for which nobody is
    chosen are passed over.
    """
    waiting_here = _locked(session, school_id, sorted(set(request_ids)))
    meant = {each.id: each.learner_id or _chosen(session, each.id, chosen) for each in waiting_here}
    if (
        decision is Decision.BIND
        and why is None
        and any(_is_held(session, each, meant[each.id]) for each in waiting_here)
    ):
        raise WhyMissingError  # before anything is settled
    bound = []
    for request in waiting_here:
        person_id, learner_id = request.person_id, meant[request.id]
        if decision is Decision.BIND and learner_id is None:
            continue
        session.execute(delete(BindingRequest).where(BindingRequest.id == request.id))
        if decision is Decision.BIND and learner_id is not None:
            if take(session, school_id, learner_id, person_id, now, by=by, why=why):
                bound.append(learner_id)
        else:
            told = {"bound_person": person_id, "learner": learner_id}
            audit.record(session, "binding.refused", now, school_id=school_id, person_id=by, **told)
    return bound


def renewals(session: Session, school_id: int, *, limit: int = PER_PAGE) -> list[Renewal]:
    """Pupils whose ENT account changed: the asker bears the holder's names, and the old account has not come since.

    The birthdate is the same, since the pupil typed it. Oldest first, at most `limit`.
    """
    asker, holder, held = aliased(Person), aliased(Person), aliased(Binding)
    rows = session.execute(
        select(
            BindingRequest.id,
            BindingRequest.given_name,
            BindingRequest.family_name,
            holder.given_name.label("old_given_name"),
            holder.family_name.label("old_family_name"),
            holder.launched_at,
            asker.created_at,
        )
        .join(asker, asker.id == BindingRequest.person_id)
        .join(held, (held.learner_id == BindingRequest.learner_id) & (held.platform_id == asker.platform_id))
        .join(holder, holder.id == held.person_id)
        .where(BindingRequest.school_id == school_id, BindingRequest.reason == waiting.ALREADY_BOUND)
        .order_by(BindingRequest.created_at, BindingRequest.id)
    )
    found = []
    for row in rows:
        names, old = (row.given_name, row.family_name), (row.old_given_name, row.old_family_name)
        if row.launched_at < row.created_at - _UNUSED and matching.are_same(names, old):
            found.append(row)
            if len(found) == limit:
                break
    meant = _candidates(session, [row.id for row in found])
    return [Renewal(row.id, meant[row.id][0], row.given_name, row.family_name, row.launched_at) for row in found]


def renew(session: Session, school_id: int, request_ids: Iterable[int], now: datetime, *, by: int) -> list[int]:
    """Let the new accounts take over; returns the learners who are bound now. What is no renewal is passed over."""
    wanted = set(request_ids)
    offered = {each.request_id for each in renewals(session, school_id, limit=len(wanted) + PER_PAGE * 100)}
    return settle(session, school_id, wanted & offered, Decision.BIND, now, by=by, why=Why.NEW_ACCOUNT)


def take(
    session: Session,
    school_id: int,
    learner_id: int,
    person_id: int,
    now: datetime,
    *,
    by: int,
    why: Why | None,
    action: str = "binding.confirmed",
) -> bool:
    """Bind the person to the learner, in the place of whoever of their platform held it; False where it cannot be.

    Raises `WhyMissingError` where somebody would be unbound and `why` is missing.
    """
    holder = _holder(session, person_id, learner_id)
    if holder is not None and holder != person_id:
        if why is None:
            raise WhyMissingError
        binding.unbind(session, holder, school_id, now, by=by, why=why)
        action = "binding.replaced"
    if _is_another(session, person_id, school_id, learner_id):  # as after a platform was added again
        binding.unbind(session, person_id, school_id, now, by=by, why=why)
    return binding.tie(session, person_id, learner_id, now, by=by, action=action, why=why)


def _locked(session: Session, school_id: int, request_ids: Sequence[int]) -> Sequence[BindingRequest]:
    return session.scalars(
        select(BindingRequest)
        .where(BindingRequest.school_id == school_id, BindingRequest.id.in_(request_ids))
        .order_by(BindingRequest.id)
        .with_for_update()
    ).all()


def _is_held(session: Session, request: BindingRequest, learner_id: int | None) -> bool:
    """Whether somebody else of the asker's platform would be unbound."""
    return learner_id is not None and _holder(session, request.person_id, learner_id) not in (None, request.person_id)


def _chosen(session: Session, request_id: int, chosen: Mapping[int, int] | None) -> int | None:
    """The learner chosen for a request, if it is one of its candidates."""
    return session.scalar(
        select(BindingCandidate.learner_id).where(
            BindingCandidate.request_id == request_id,
            BindingCandidate.learner_id == (chosen or {}).get(request_id),
        )
    )


def _candidates(session: Session, request_ids: Sequence[int]) -> dict[int, list[Candidate]]:
    """By request, whom it may mean, with who holds them on the asker's platform."""
    asker, holder, held = aliased(Person), aliased(Person), aliased(Binding)
    meant = union_all(
        select(BindingRequest.id, BindingRequest.learner_id).where(BindingRequest.id.in_(request_ids)),
        select(BindingCandidate.request_id, BindingCandidate.learner_id).where(
            BindingCandidate.request_id.in_(request_ids)
        ),
    ).subquery()
    rows = session.execute(
        select(
            meant.c.id,
            Learner,
            held.id.label("held_id"),
            held.created_at.label("held_since"),
            holder.given_name,
            holder.family_name,
        )
        .join(Learner, Learner.id == meant.c.learner_id)
        .join(BindingRequest, BindingRequest.id == meant.c.id)
        .join(asker, asker.id == BindingRequest.person_id)
        .outerjoin(held, (held.learner_id == Learner.id) & (held.platform_id == asker.platform_id))
        .outerjoin(holder, holder.id == held.person_id)
        .order_by(meant.c.id, Learner.division, Learner.last_name, Learner.first_name)
    )
    found: dict[int, list[Candidate]] = {}
    for row in rows:
        learner = row.Learner
        found.setdefault(row.id, []).append(
            Candidate(
                learner_id=learner.id,
                first_name=learner.first_name,
                last_name=learner.preferred_last_name or learner.last_name,
                division=learner.division,
                active=learner.active,
                held_by=None if row.held_id is None else full_name(row.given_name, row.family_name) or "–",
                held_since=row.held_since,
            )
        )
    return found


def _is_another(session: Session, person_id: int, school_id: int, learner_id: int) -> bool:
    """Whether the person is bound to another line of the school."""
    bound = session.scalar(
        select(Binding.learner_id).where(Binding.person_id == person_id, Binding.school_id == school_id)
    )
    return bound not in (None, learner_id)


def _holder(session: Session, person_id: int, learner_id: int) -> int | None:
    """Who of the person's platform is bound to the learner."""
    platform_id = select(Person.platform_id).where(Person.id == person_id).scalar_subquery()
    return session.scalar(
        select(Binding.person_id).where(Binding.learner_id == learner_id, Binding.platform_id == platform_id)
    )
