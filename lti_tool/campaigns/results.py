"""What was sent in a campaign: the class as a whole, pupil by pupil, and one pupil's way from sending to sending.

Everywhere the sending that counts is shown, but on a pupil's own page, which has them all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from lti_tool.assessment.engine.framework import COMPETENCES
from lti_tool.assessment.engine.items import Topic, bank
from lti_tool.campaigns import campaigns
from lti_tool.campaigns.bands import BANDS, Band, band, percent, percent_column
from lti_tool.campaigns.models import Campaign, Participation, SharedResult
from lti_tool.campaigns.paging import PER_PAGE, Page, page_of
from lti_tool.errors import N_, RefusedError
from lti_tool.schools.models import Learner
from lti_tool.schools.searching import matches

STEP = 10
"""Per cent that one column of the distribution stands for."""


class NoPupilError(RefusedError):
    """No such participation in this campaign."""

    code = "PARTICIPATION"
    status = 404
    sentence = N_("Cet élève n’a pas commencé cette campagne.")
    advice = N_("Revenez aux résultats de la campagne.")


@dataclass(frozen=True)
class Filter:
    """Which results: of a division, of a stage (its stars), of names that hold these words."""

    division: str = ""
    stars: int | None = None
    name: str = ""


@dataclass(frozen=True)
class Share:
    """One column of a chart: how many pupils stand there."""

    label: str
    count: int
    band: Band


@dataclass(frozen=True)
class Distribution:
    """How results spread. `mean` is the arithmetic mean of mastery from 0 to 1, None where nothing was sent."""

    received: int
    mean: float | None
    steps: tuple[Share, ...]
    bands: tuple[tuple[Band, int], ...]

    @property
    def highest(self) -> int:
        """Pupils in the fullest column."""
        return max((each.count for each in self.steps), default=0)


@dataclass(frozen=True)
class ResultLine:
    """A pupil's counting result."""

    participation_id: int
    last_name: str
    first_name: str
    division: str
    validated: int
    targeted: int
    sendings: int
    sent_at: datetime
    profile: Mapping[str, Any] | None
    """Of a collection: `pix`, `certifiable`, and each competence's level and pix."""

    @property
    def certifiable_competences(self) -> int:
        """Competences at level 1 at least, in a collected profile."""
        return sum(each["level"] >= 1 for each in self.profile["competences"]) if self.profile else 0

    @property
    def percent(self) -> int:
        return percent(self.validated, self.targeted)

    @property
    def band(self) -> Band:
        return band(self.percent)


@dataclass(frozen=True)
class CompetenceLine:
    """A competence in one sending."""

    code: str
    title: str
    targeted: int
    tested: int
    validated: int

    @property
    def percent(self) -> int:
        return percent(self.validated, self.targeted)


@dataclass(frozen=True)
class Sending:
    """What was sent once."""

    number: int
    started_at: datetime
    sent_at: datetime
    counts: bool
    validated: int
    targeted: int
    tested: int
    competences: tuple[CompetenceLine, ...]
    thematic: tuple[tuple[str, bool], ...]
    """Each thematic result of the campaign, and whether it was obtained."""
    to_work_on: tuple[Topic, ...]
    """Topics with targeted skills that are not validated, the weakest first."""

    @property
    def percent(self) -> int:
        return percent(self.validated, self.targeted)

    @property
    def band(self) -> Band:
        return band(self.percent)


@dataclass(frozen=True)
class Pupil:
    """A participant with all that they sent, the first sending first."""

    participation_id: int
    learner_id: int
    last_name: str
    first_name: str
    division: str
    status: str
    started_at: datetime
    identifier: str | None
    sendings: tuple[Sending, ...]


def distribution(session: Session, campaign_id: int, wanted: Filter) -> Distribution:
    """How the counting results spread, in one query that gives at most a row per whole per cent."""
    share = percent_column(SharedResult.validated, func.nullif(SharedResult.targeted, 0)).label("share")
    mastery = 1.0 * SharedResult.validated / func.nullif(SharedResult.targeted, 0)
    statement = _counting(campaign_id, wanted, share, func.count(), func.sum(mastery)).group_by(share)
    steps = dict.fromkeys(range(0, 100, STEP), 0)
    bands = dict.fromkeys(BANDS, 0)
    received, total = 0, 0.0
    for found, count, mastery_of_all in session.execute(statement):
        received += count
        total += float(mastery_of_all or 0)
        steps[_step(found or 0)] += count
        bands[band(found or 0)] += count
    columns = tuple(Share(_label(first), count, band(first + STEP // 2)) for first, count in steps.items())
    return Distribution(received, total / received if received else None, columns, tuple(bands.items()))


def table(
    session: Session, campaign_id: int, wanted: Filter, *, page: int = 1, per_page: int = PER_PAGE
) -> Page[ResultLine]:
    """The pupils whose results were received, by name, a page at a time."""
    total = session.scalar(_counting(campaign_id, wanted, func.count())) or 0
    usage_name = _usage_name()
    sendings = _sendings()
    statement = _counting(
        campaign_id,
        wanted,
        Participation.id,
        usage_name,
        Learner.first_name,
        Learner.division,
        SharedResult.validated,
        SharedResult.targeted,
        sendings,
        SharedResult.shared_at,
        SharedResult.profile,
    ).order_by(usage_name, Learner.first_name, Participation.id)
    number, rows = page_of(session, statement, total, page, per_page)
    return Page(tuple(ResultLine(*row) for row in rows), total, number, per_page)


def divisions(session: Session, campaign_id: int) -> list[str]:
    """The divisions of those who take the campaign."""
    statement = (
        select(Learner.division)
        .join(Participation, Participation.learner_id == Learner.id)
        .where(Participation.campaign_id == campaign_id)
        .distinct()
        .order_by(Learner.division)
    )
    return list(session.scalars(statement))


def pupil(session: Session, campaign: Campaign, participation_id: int) -> Pupil:
    """One participant with every sending, in two queries. Raises `NoPupilError`."""
    row = session.execute(
        select(Participation, Learner)
        .join(Learner, Learner.id == Participation.learner_id)
        .where(Participation.id == participation_id, Participation.campaign_id == campaign.id)
    ).one_or_none()
    if row is None:
        raise NoPupilError
    participation, learner = row
    sent = session.scalars(
        select(SharedResult).where(SharedResult.participation_id == participation_id).order_by(SharedResult.id)
    )
    return Pupil(
        participation_id=participation.id,
        learner_id=learner.id,
        last_name=learner.preferred_last_name or learner.last_name,
        first_name=learner.first_name,
        division=learner.division,
        status=participation.status,
        started_at=participation.started_at,
        identifier=participation.identifier,
        sendings=tuple(_sending(number, result, campaign) for number, result in enumerate(sent, 1)),
    )


def to_work_on(targeted: Sequence[str], validated: Sequence[str]) -> tuple[Topic, ...]:
    """The topics of the targeted skills that are not all validated, the weakest first."""
    done, skills = set(validated), bank().skills
    found: dict[str, tuple[int, int]] = {}
    for skill_id in targeted:
        if skill_id in skills:
            topic_id = skills[skill_id].topic_id
            right, all_of_it = found.get(topic_id, (0, 0))
            found[topic_id] = (right + (skill_id in done), all_of_it + 1)
    weak = sorted((right / every, topic_id) for topic_id, (right, every) in found.items() if right < every)
    return tuple(bank().topic(topic_id) for _, topic_id in weak)


def _counting(campaign_id: int, wanted: Filter, *columns: Any) -> Select[*tuple[Any, ...]]:
    """A selection among the sendings that count, each with its participation and learner."""
    statement = (
        select(*columns)
        .select_from(Participation)
        .join(SharedResult, (SharedResult.participation_id == Participation.id) & SharedResult.counts)
        .join(Learner, Learner.id == Participation.learner_id)
        .where(Participation.campaign_id == campaign_id)
    )
    if wanted.division:
        statement = statement.where(Learner.division == wanted.division)
    if wanted.name:
        usage_name = func.coalesce(Learner.preferred_last_name, "")
        statement = statement.where(matches(wanted.name, Learner.first_name, Learner.last_name, usage_name))
    if wanted.stars is not None:
        chosen = BANDS[wanted.stars]
        share = percent_column(SharedResult.validated, func.nullif(SharedResult.targeted, 0))
        statement = statement.where(func.coalesce(share, 0).between(chosen.first, chosen.last))
    return statement


def _usage_name() -> ColumnElement[str]:
    return func.coalesce(Learner.preferred_last_name, Learner.last_name)


def _sendings() -> ColumnElement[int]:
    every = SharedResult.__table__.alias("every_sending")
    return (
        select(func.count())
        .select_from(every)
        .where(every.c.participation_id == Participation.id)
        .correlate(Participation)
        .scalar_subquery()
    )


def _sending(number: int, result: SharedResult, campaign: Campaign) -> Sending:
    thematic = campaigns.thematic_results(campaign)
    obtained = campaigns.obtained(thematic, result.validated_skills)
    return Sending(
        number=number,
        started_at=result.started_at,
        sent_at=result.shared_at,
        counts=result.counts,
        validated=result.validated,
        targeted=result.targeted,
        tested=sum(each["tested"] for each in result.competences),
        competences=tuple(_competence(each) for each in result.competences),
        thematic=tuple((each.name, has_it) for each, has_it in zip(thematic, obtained, strict=True)),
        to_work_on=to_work_on(campaign.skills, result.validated_skills),
    )


def _competence(each: Mapping[str, Any]) -> CompetenceLine:
    title = COMPETENCES[each["code"]].title
    return CompetenceLine(each["code"], title, each["targeted"], each["tested"], each["validated"])


def _step(share: int) -> int:
    return min(share // STEP * STEP, 100 - STEP)


def _label(first: int) -> str:
    """The last column holds 100 % too."""
    return f"{first} – {100 if first + STEP == 100 else first + STEP - 1}\u00a0%"
