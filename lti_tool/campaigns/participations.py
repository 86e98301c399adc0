"""Participations: a learner begins a campaign's test, finishes it, sends the results, improves them later.

Each rule of `facts/pix.md` §3.3 that refuses has an error of its own. Whatever a double click or a second tab repeats
changes nothing: the answer is where the participation stands.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import and_, bindparam, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from lti_tool.assessment import runs
from lti_tool.assessment.models import Run
from lti_tool.campaigns import opening, snapshots
from lti_tool.campaigns.campaigns import ArchivedCampaignError, UnknownCampaignError
from lti_tool.campaigns.codes import normalise
from lti_tool.campaigns.models import COLLECT, LAST, SHARED, STARTED, TO_SHARE, Campaign, Participation, SharedResult
from lti_tool.database import core
from lti_tool.errors import N_, RefusedError
from lti_tool.prepared import Prepared
from lti_tool.schools.models import Learner
from lti_tool.schools.sessions import LearnerRef

DAYS_BEFORE_IMPROVING = 4
"""Calendar days in the school's zone (facts/pix.md §3.3, `DAY_BEFORE_IMPROVING`)."""


class InactiveLearnerError(RefusedError):
    """Who no longer stands in the school's register can neither start nor send."""

    code = "INACTIF"
    status = 403
    sentence = N_("Vous ne faites plus partie de la liste des élèves de cet établissement.")
    advice = N_("Si c’est une erreur, prévenez votre enseignant : ce que vous avez fait est conservé.")


class NoParticipationError(RefusedError):
    """No such participation of this learner."""

    code = "PARCOURS"
    status = 404
    sentence = N_("Ce parcours n’est pas l’un des vôtres.")
    advice = N_("Reprenez depuis la liste de vos parcours.")


class UnfinishedError(RefusedError):
    """Results can be sent once every question has been met."""

    code = "INACHEVE"
    status = 409
    sentence = N_("Votre parcours n’est pas terminé.")
    advice = N_("Répondez aux dernières questions, puis envoyez vos résultats.")


class CannotImproveError(RefusedError):
    """The results cannot be improved, or not yet."""

    code = "AMELIORER"
    status = 403
    sentence = N_("Vous ne pouvez pas encore améliorer vos résultats.")
    advice = N_("Revenez sur la page de vos résultats : elle dit à partir de quel jour c’est possible.")


@dataclass(frozen=True)
class Begun:
    """One line of a pupil's list of campaigns begun. `validated` and `targeted` are of the sending that counts."""

    participation_id: int
    code: str
    title: str
    status: str
    archived: bool
    collects: bool
    """A profile is sent, nothing is asked."""
    started_at: datetime
    shared_at: datetime | None
    validated: int | None
    targeted: int | None
    improvable_from: date | None
    """As the function of that name says."""


@dataclass(frozen=True, slots=True)
class Door:
    """A campaign as a learner stands before it."""

    code: str
    title: str
    landing_text: str
    purpose: str
    identifier_label: str | None
    archived_at: datetime | None
    participation_id: int | None
    """None where they have not begun."""
    status: str | None


def begin(
    session: Session, campaign: Campaign, learner: LearnerRef, now: datetime, *, identifier: str | None = None
) -> Participation:
    """Start the campaign's test; whoever has begun already, also a moment ago in another tab, gets that participation.

    `identifier` is what was typed where the campaign asks for one. Raises `InactiveLearnerError`, and unless it was
    begun before, `ArchivedCampaignError` and `NotOpenError`.
    """
    _require_active(session, learner.id)
    existing = of_campaign(session, campaign.id, learner.id)
    if existing is not None:
        return existing
    if campaign.archived_at is not None:
        raise ArchivedCampaignError
    opening.require_open(session, campaign, now)
    try:
        with session.begin_nested():
            run = runs.start(
                session,
                child_id=learner.child_id,
                skills=campaign.skills,
                length=campaign.length,
                seed=secrets.randbits(31),
                now=now,
            )
            participation = Participation(
                campaign_id=campaign.id,
                learner_id=learner.id,
                run_id=run.id,
                status=STARTED,
                started_at=now,
                identifier=identifier,
            )
            session.add(participation)
            finish(session, participation, now)  # a collection asks nothing
    except IntegrityError:
        existing = of_campaign(session, campaign.id, learner.id)
        if existing is None:  # something else than a second click
            raise
        return existing
    return participation


_OF_CAMPAIGN = select(Participation).where(
    Participation.campaign_id == bindparam("campaign_id"), Participation.learner_id == bindparam("learner_id")
)


def of_campaign(session: Session, campaign_id: int, learner_id: int) -> Participation | None:
    """The learner's participation in a campaign, if any."""
    return session.scalars(_OF_CAMPAIGN, {"campaign_id": campaign_id, "learner_id": learner_id}).one_or_none()


_DOOR = Prepared(
    select(
        Campaign.code,
        Campaign.title,
        Campaign.landing_text,
        Campaign.purpose,
        Campaign.identifier_label,
        Campaign.archived_at,
        Participation.id,
        Participation.status,
    )
    .outerjoin(
        Participation,
        and_(Participation.campaign_id == Campaign.id, Participation.learner_id == bindparam("learner_id")),
    )
    .where(Campaign.code == bindparam("code"), Campaign.school_id == bindparam("school_id"))
)


def door(session: Session, school_id: int, code: str, learner_id: int | None) -> Door:
    """The school's campaign with that code, as `campaigns.by_code` finds it, and the learner's way in; one query.

    Raises `UnknownCampaignError`.
    """
    meant = normalise(code)
    asked = {"code": meant, "school_id": school_id, "learner_id": learner_id}
    row = _DOOR.first(core(session), asked) if meant is not None else None
    if row is None:
        raise UnknownCampaignError
    return Door(*row)


def of_learner(session: Session, participation_id: int, learner_id: int) -> Participation:
    """The participation, if it is this learner's; raises `NoParticipationError`."""
    participation = session.get(Participation, participation_id)
    if participation is None or participation.learner_id != learner_id:
        raise NoParticipationError
    return participation


def mine(session: Session, learner_id: int, time_zone: str) -> list[Begun]:
    """What a learner has begun or sent, the newest first; `time_zone` is the school's."""
    sent = aliased(SharedResult)
    statement = (
        select(Participation, Campaign, SharedResult.validated, SharedResult.targeted, sent)
        .join(Campaign, Campaign.id == Participation.campaign_id)
        .outerjoin(SharedResult, (SharedResult.participation_id == Participation.id) & SharedResult.counts)
        .outerjoin(sent, (sent.participation_id == Participation.id) & (sent.run_id == Participation.run_id))
        .where(Participation.learner_id == learner_id)
        .order_by(Participation.started_at.desc(), Participation.id.desc())
    )
    return [
        Begun(
            participation_id=participation.id,
            code=campaign.code,
            title=campaign.title,
            status=participation.status,
            archived=campaign.archived_at is not None,
            collects=campaign.purpose == COLLECT,
            started_at=participation.started_at,
            shared_at=participation.shared_at,
            validated=validated,
            targeted=targeted,
            improvable_from=_improvable_from(campaign, participation, last, time_zone),
        )
        for participation, campaign, validated, targeted, last in session.execute(statement)
    ]


def finish(session: Session, participation: Participation, now: datetime) -> None:
    """Note that the test is finished, once it is; before that, and a second time, nothing changes."""
    if participation.status == STARTED and runs.state(session, participation.run_id).finished:
        participation.status = TO_SHARE
        participation.finished_at = session.get_one(Run, participation.run_id).finished_at or now


def share(session: Session, participation: Participation, now: datetime) -> SharedResult:
    """Send the results of the present run: a snapshot that stays, and decides which sending counts.

    Sending again what was sent gives the same snapshot. `web` calls `grades.desired.send_results`, which also wants
    the grade. Raises `InactiveLearnerError`, `ArchivedCampaignError`, `UnfinishedError`.
    """
    session.refresh(participation, with_for_update=True)  # of two clicks, the second waits and finds it sent
    if participation.status == SHARED:
        return snapshots.of_present_run(session, participation)
    campaign = session.get_one(Campaign, participation.campaign_id)
    _require_active(session, participation.learner_id)
    if campaign.archived_at is not None:
        raise ArchivedCampaignError
    opening.require_not_closed(session, campaign, now)
    finish(session, participation, now)
    if participation.status != TO_SHARE:
        raise UnfinishedError
    result = snapshots.take(session, campaign, participation, now)
    session.add(result)
    _settle_which_counts(session, campaign, participation, result)
    participation.status = SHARED
    participation.shared_at = now
    session.flush()
    return result


def counting(session: Session, participation_id: int) -> SharedResult | None:
    """The sending that counts, the same one everywhere; None where nothing was sent."""
    return session.scalars(
        select(SharedResult).where(SharedResult.participation_id == participation_id, SharedResult.counts)
    ).one_or_none()


def improvable_from(session: Session, participation: Participation, time_zone: str) -> date | None:
    """The first day, in the school's zone, on which the results may be improved; None if they may not.

    They may once sent, unless all was validated, the campaign is archived or takes one sending only. Four calendar
    days: what was sent on Monday can be improved from Friday's first minute. A profile can be sent again at once.
    """
    if participation.status != SHARED:
        return None
    campaign = session.get_one(Campaign, participation.campaign_id)
    return _improvable_from(campaign, participation, snapshots.of_present_run(session, participation), time_zone)


def can_improve(session: Session, participation: Participation, now: datetime, time_zone: str) -> bool:
    """Whether the results may be improved now; the learner's being active is asked for when they do."""
    first_day = improvable_from(session, participation, time_zone)
    return first_day is not None and _today(now, time_zone) >= first_day


def improve(
    session: Session, participation: Participation, learner: LearnerRef, now: datetime, time_zone: str
) -> Participation:
    """Take the test again, asked only for what was not validated. A second click finds it begun.

    Raises `InactiveLearnerError`, `CannotImproveError`.
    """
    session.refresh(participation, with_for_update=True)
    if participation.status != SHARED:
        return participation
    _require_active(session, learner.id)
    if not can_improve(session, participation, now, time_zone):
        raise CannotImproveError
    return _take_again(session, participation, learner, now, improves=participation.run_id)


def can_reset(session: Session, participation: Participation, now: datetime, time_zone: str) -> bool:
    """Whether the test may be taken again from its first question: where the campaign allows it, from the same day on
    as improving it, also when all was validated."""
    if participation.status != SHARED or participation.shared_at is None:
        return False
    campaign = session.get_one(Campaign, participation.campaign_id)
    if not campaign.allows_reset or not _may_send_again(campaign):
        return False
    return _today(now, time_zone) >= _days_after(participation.shared_at, time_zone)


def reset(
    session: Session, participation: Participation, learner: LearnerRef, now: datetime, time_zone: str
) -> Participation:
    """Take the test again from its first question. What was sent stays sent; a second click finds it begun.

    Raises `InactiveLearnerError`, `CannotImproveError`.
    """
    session.refresh(participation, with_for_update=True)
    if participation.status != SHARED:
        return participation
    _require_active(session, learner.id)
    if not can_reset(session, participation, now, time_zone):
        raise CannotImproveError
    return _take_again(session, participation, learner, now, improves=None)


def _take_again(
    session: Session, participation: Participation, learner: LearnerRef, now: datetime, improves: int | None
) -> Participation:
    campaign = session.get_one(Campaign, participation.campaign_id)
    run = runs.start(
        session,
        child_id=learner.child_id,
        skills=campaign.skills,
        length=campaign.length,
        seed=secrets.randbits(31),
        now=now,
        improves=improves,
    )
    participation.run_id = run.id
    participation.status = STARTED
    participation.finished_at = None
    finish(session, participation, now)
    session.flush()
    return participation


def _improvable_from(
    campaign: Campaign, participation: Participation, sent: SharedResult | None, time_zone: str
) -> date | None:
    """`sent` is the sending of the present run, if there is one."""
    if sent is None or participation.shared_at is None or not _may_send_again(campaign):
        return None
    if campaign.purpose == COLLECT:  # nothing is asked again: the profile may have grown within the hour
        return _today(participation.shared_at, time_zone)
    return _days_after(participation.shared_at, time_zone) if sent.validated < sent.targeted else None


def _may_send_again(campaign: Campaign) -> bool:
    return campaign.archived_at is None and campaign.multiple_sendings


def _days_after(shared_at: datetime, time_zone: str) -> date:
    return _today(shared_at, time_zone) + timedelta(days=DAYS_BEFORE_IMPROVING)


def _today(instant: datetime, time_zone: str) -> date:
    return instant.astimezone(ZoneInfo(time_zone)).date()


def _require_active(session: Session, learner_id: int) -> None:
    if not session.scalar(select(Learner.active).where(Learner.id == learner_id)):
        raise InactiveLearnerError


def _settle_which_counts(
    session: Session, campaign: Campaign, participation: Participation, result: SharedResult
) -> None:
    """The last sending or the best; of two equally good ones the first, so that no grade is sent for nothing."""
    session.flush()
    before = counting(session, participation.id)
    if before is not None:
        better = snapshots.worth(result) > snapshots.worth(before)
        if campaign.counts != LAST and not better:
            return
        session.execute(update(SharedResult).where(SharedResult.id == before.id).values(counts=False))
    result.counts = True
    session.flush()
