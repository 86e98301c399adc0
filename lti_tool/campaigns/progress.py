"""Where a class stands in a campaign: started, finished and sent, by day and by division, and who has not begun."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, exists, func, select
from sqlalchemy.orm import Session

from lti_tool.campaigns.models import SHARED, STARTED, TO_SHARE, Activity, Campaign, Participation
from lti_tool.campaigns.paging import PER_PAGE, Page, page_of
from lti_tool.lti.models import Context, Member, Person, ResourceLink
from lti_tool.schools.models import Binding, Learner

MOST_DAYS = 31
"""Days of the chart: the latest on which something happened."""


@dataclass(frozen=True)
class Day:
    """A day in the school's zone on which something happened."""

    day: date
    started: int
    sent: int


@dataclass(frozen=True)
class DivisionProgress:
    """A division: its active learners, and how many of its learners stand where."""

    name: str
    learners: int
    in_progress: int
    to_send: int
    sent: int

    @property
    def begun(self) -> int:
        return self.in_progress + self.to_send + self.sent

    @property
    def not_begun(self) -> int:
        return max(0, self.learners - self.begun)


@dataclass(frozen=True)
class Progress:
    """A campaign's participations by where they stand. Those who improve what they sent are in progress."""

    in_progress: int
    to_send: int
    sent: int
    days: tuple[Day, ...]
    divisions: tuple[DivisionProgress, ...]

    @property
    def participants(self) -> int:
        return self.in_progress + self.to_send + self.sent

    @property
    def busiest(self) -> int:
        """The most starts or sendings of a day."""
        return max((max(each.started, each.sent) for each in self.days), default=0)


@dataclass(frozen=True)
class Absent:
    """A learner who is expected and has not begun."""

    learner_id: int
    last_name: str
    first_name: str
    division: str
    is_bound: bool
    """Whether they ever opened Pix and said who they are."""


def progress(session: Session, campaign: Campaign, time_zone: str) -> Progress:
    """The campaign's progress, in two queries."""
    divisions = tuple(_divisions(session, campaign))
    return Progress(
        in_progress=sum(each.in_progress for each in divisions),
        to_send=sum(each.to_send for each in divisions),
        sent=sum(each.sent for each in divisions),
        days=_days(session, campaign.id, ZoneInfo(time_zone)),
        divisions=divisions,
    )


def not_begun(
    session: Session, campaign: Campaign, *, division: str = "", page: int = 1, per_page: int = PER_PAGE
) -> Page[Absent]:
    """Who is expected and has not begun, by division and name.

    Expected are the active learners of the divisions chosen for the campaign, and those known as learners of a
    course that holds it.
    """
    which = [*_expected(campaign), ~_takes_part(campaign.id)]
    if division:
        which.append(Learner.division == division)
    total = session.scalar(select(func.count()).select_from(Learner).where(*which)) or 0
    usage_name = func.coalesce(Learner.preferred_last_name, Learner.last_name)
    is_bound = exists().where(Binding.learner_id == Learner.id)
    statement = (
        select(Learner.id, usage_name, Learner.first_name, Learner.division, is_bound)
        .where(*which)
        .order_by(Learner.division, usage_name, Learner.first_name, Learner.id)
    )
    number, rows = page_of(session, statement, total, page, per_page)
    return Page(tuple(Absent(*row) for row in rows), total, number, per_page)


def unknown_members(session: Session, campaign_id: int) -> int:
    """How many learners of the courses that hold the campaign are nobody of the register yet."""
    is_bound = exists().where(
        Person.sub == Member.sub, Person.platform_id == Context.platform_id, Binding.person_id == Person.id
    )
    counted = (
        select(func.count(Member.sub.distinct()))
        .join(Context, Context.id == Member.context_pk)
        .join(ResourceLink, ResourceLink.context_pk == Context.id)
        .join(Activity, Activity.resource_link_pk == ResourceLink.id)
        .where(Activity.campaign_id == campaign_id, Member.is_learner, ~is_bound)
    )
    return session.scalar(counted) or 0


def choose_divisions(campaign: Campaign, chosen: Sequence[str], known: Sequence[str]) -> None:
    """Say which divisions are meant to take the campaign; those that the school does not have are passed over."""
    campaign.divisions = [name for name in known if name in set(chosen)]


def _divisions(session: Session, campaign: Campaign) -> Iterator[DivisionProgress]:
    """Divisions that were chosen or have participants."""
    status = Participation.status
    counted = session.execute(
        select(
            Learner.division,
            func.sum(case((status == STARTED, 1), else_=0)),
            func.sum(case((status == TO_SHARE, 1), else_=0)),
            func.sum(case((status == SHARED, 1), else_=0)),
        )
        .join(Participation, Participation.learner_id == Learner.id)
        .where(Participation.campaign_id == campaign.id)
        .group_by(Learner.division)
    )
    found = {name: (int(a), int(b), int(c)) for name, a, b, c in counted}
    names = sorted({*found, *campaign.divisions})
    sizes = session.execute(
        select(Learner.division, func.count().label("size"))
        .where(Learner.school_id == campaign.school_id, Learner.active, Learner.division.in_(names))
        .group_by(Learner.division)
    )
    learners = {row.division: row.size for row in sizes}
    for name in names:
        yield DivisionProgress(name, learners.get(name, 0), *found.get(name, (0, 0, 0)))


def _days(session: Session, campaign_id: int, zone: ZoneInfo) -> tuple[Day, ...]:
    instants = session.execute(
        select(Participation.started_at, Participation.shared_at).where(Participation.campaign_id == campaign_id)
    )
    started: Counter[date] = Counter()
    sent: Counter[date] = Counter()
    for started_at, shared_at in instants:
        started[_day(started_at, zone)] += 1
        if shared_at is not None:
            sent[_day(shared_at, zone)] += 1
    days = sorted({*started, *sent})[-MOST_DAYS:]
    return tuple(Day(day, started[day], sent[day]) for day in days)


def _day(instant: datetime, zone: ZoneInfo) -> date:
    return instant.astimezone(zone).date()


def _expected(campaign: Campaign) -> tuple[ColumnElement[bool], ...]:
    """Found from the course and from the divisions, so that the rest of the school is not looked at."""
    of_school = (Learner.school_id == campaign.school_id, Learner.active.is_(True))
    in_a_course = (
        select(Binding.learner_id)
        .join(Person, Person.id == Binding.person_id)
        .join(Member, Member.sub == Person.sub)
        .join(Context, (Context.id == Member.context_pk) & (Context.platform_id == Person.platform_id))
        .join(ResourceLink, ResourceLink.context_pk == Context.id)
        .join(Activity, Activity.resource_link_pk == ResourceLink.id)
        .where(Activity.campaign_id == campaign.id, Member.is_learner)
    )
    in_a_division = select(Learner.id).where(*of_school, Learner.division.in_(campaign.divisions))
    return *of_school, Learner.id.in_(in_a_course.union(in_a_division) if campaign.divisions else in_a_course)


def _takes_part(campaign_id: int) -> ColumnElement[bool]:
    return exists().where(Participation.campaign_id == campaign_id, Participation.learner_id == Learner.id)
