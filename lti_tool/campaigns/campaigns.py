"""Campaigns: making one with every fault told at once, finding it by its code, listing, archiving."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, case, exists, func, select
from sqlalchemy.orm import Session

from lti_tool.assessment.engine.items import bank
from lti_tool.assessment.engine.knowledge import KnowledgeElement
from lti_tool.assessment.engine.profiles import TargetProfile, target_profiles
from lti_tool.assessment.engine.stages import ThematicResult
from lti_tool.campaigns import drafts
from lti_tool.campaigns.activities import ask_for_members
from lti_tool.campaigns.codes import normalise
from lti_tool.campaigns.drafts import CampaignFaults as CampaignFaults
from lti_tool.campaigns.drafts import Draft
from lti_tool.campaigns.drafts import Fault as Fault
from lti_tool.campaigns.models import BEST, Campaign, Participation
from lti_tool.campaigns.paging import PER_PAGE, Page, nearest_page, page_of
from lti_tool.errors import N_, RefusedError
from lti_tool.lti.models import Person
from lti_tool.schools.models import ADMINISTRATOR
from lti_tool.schools.searching import matches

READY_MADE_BY = "équipe Pix"
"""Whose campaigns those are that each school has from the first day, as a filter may be typed."""


class UnknownCampaignError(RefusedError):
    """No campaign of this school has that code, or that id."""

    code = "CODE"
    status = 404
    sentence = N_("Ce code ne correspond à aucun parcours de votre établissement.")
    advice = N_("Vérifiez le code auprès de votre enseignant, puis saisissez-le à nouveau.")


class ArchivedCampaignError(RefusedError):
    """Nobody starts or sends in an archived campaign."""

    code = "ARCHIVE"
    status = 403
    sentence = N_("Ce parcours est terminé : votre enseignant l’a archivé.")
    advice = N_("Demandez à votre enseignant s’il y en a un autre pour vous.")


@dataclass(frozen=True)
class CampaignSummary:
    """One line of the list. `owner` is None for those that the équipe Pix made ready."""

    id: int
    code: str
    name: str
    title: str
    owner_id: int | None
    owner: str | None
    created_at: datetime
    archived: bool
    participants: int
    received: int
    """Participants who sent results at least once."""


def create(
    session: Session,
    *,
    school_id: int,
    owner_id: int | None,
    name: str,
    title: str,
    landing_text: str,
    target_profile: str,
    now: datetime,
    multiple_sendings: bool = True,
    allows_reset: bool = False,
    counts: str = BEST,
) -> Campaign:
    """Make a campaign of a target profile, as `drafts.make` does; raises `CampaignFaults`."""
    draft = Draft(
        name=name,
        title=title,
        landing_text=landing_text,
        target_profile=target_profile,
        multiple_sendings=multiple_sendings,
        allows_reset=allows_reset,
        counts=counts,
    )
    return drafts.make(session, draft, school_id=school_id, owner_id=owner_id, now=now)


def thematic_results(campaign: Campaign) -> tuple[ThematicResult, ...]:
    """What the campaign's target profile rewards besides stages; nothing where it was made to measure."""
    profile = target_profiles(bank()).get(campaign.target_profile)
    return profile.results if profile else ()


def obtained(thematic: Iterable[ThematicResult], validated: Iterable[str]) -> tuple[bool, ...]:
    """Which of these thematic results a sending with these skills has."""
    known = {each: KnowledgeElement(each, validated=True, source="inferred") for each in validated}
    return tuple(each.is_obtained(known) for each in thematic)


def profiles() -> tuple[TargetProfile, ...]:
    """What a campaign can test, in the order to offer it."""
    return tuple(target_profiles(bank()).values())


_BY_CODE = select(Campaign).where(Campaign.code == bindparam("code"), Campaign.school_id == bindparam("school_id"))


def by_code(session: Session, school_id: int, code: str) -> Campaign:
    """The school's campaign with that code, however it was typed; archived ones too (`archived_at` says so).

    Raises `UnknownCampaignError`, also for the code of another school's campaign.
    """
    meant = normalise(code)
    if meant is not None:
        campaign = session.scalars(_BY_CODE, {"code": meant, "school_id": school_id}).one_or_none()
        if campaign is not None:
            return campaign
    raise UnknownCampaignError


def get(session: Session, school_id: int, campaign_id: int) -> Campaign:
    """The school's campaign with that id; raises `UnknownCampaignError`, also for another school's."""
    campaign = session.get(Campaign, campaign_id)
    if campaign is None or campaign.school_id != school_id:
        raise UnknownCampaignError(
            code="CAMPAGNE",
            sentence=N_("Cette campagne n’existe pas dans votre établissement."),
            advice=N_("Revenez à la liste des campagnes."),
        )
    return campaign


class Order(StrEnum):
    """What the list is sorted by."""

    NEWEST = "recentes"
    OLDEST = "anciennes"
    NAME = "nom"
    OWNER = "createur"


def listing(
    session: Session,
    school_id: int,
    *,
    owner_id: int | None = None,
    archived: bool | None = False,
    search: str = "",
    owner: str = "",
    order: Order = Order.NEWEST,
    page: int = 1,
    per_page: int = PER_PAGE,
) -> Page[CampaignSummary]:
    """A school's campaigns, a page at a time: everybody's, or one owner's; active, archived, or (None) both.

    `search` holds words to find in the name or the title, `owner` words of who made it.
    """
    which = [Campaign.school_id == school_id]
    if archived is not None:
        which.append(Campaign.archived_at.is_not(None) if archived else Campaign.archived_at.is_(None))
    if owner_id is not None:
        which.append(Campaign.owner_id == owner_id)
    if search:
        which.append(matches(search, Campaign.name, Campaign.title))
    if owner:
        which.append(matches(owner, *_owner_names()))
    statement = _with_owner(select(Campaign, Person.given_name, Person.family_name)).order_by(*_sorted_by(order))
    if search or owner:  # words are looked for once: what has them is few, or a list of numbers
        ids = session.scalars(_with_owner(select(Campaign.id)).where(*which).order_by(*_sorted_by(order))).all()
        total = len(ids)
        found = nearest_page(total, page, per_page)
        shown = ids[(found - 1) * per_page : found * per_page]
        rows = session.execute(statement.where(Campaign.id.in_(shown))).all()
    else:
        total = session.scalar(_with_owner(select(func.count())).where(*which)) or 0
        found, rows = page_of(session, statement.where(*which), total, page, per_page)
    return Page(tuple(_summaries(session, rows)), total, found, per_page)


def summaries(session: Session, school_id: int, campaign_ids: Sequence[int]) -> Sequence[CampaignSummary]:
    """Those of these campaigns that are the school's and active, by name, in at most two queries."""
    if not campaign_ids:
        return ()
    statement = _with_owner(select(Campaign, Person.given_name, Person.family_name)).where(
        Campaign.school_id == school_id, Campaign.id.in_(campaign_ids), Campaign.archived_at.is_(None)
    )
    return _summaries(session, session.execute(statement.order_by(func.lower(Campaign.name))).all())


def may_edit(campaign: Campaign, person_id: int, role: str) -> bool:
    """Only its owner and the school's administrators edit or archive a campaign (facts/pix.md §3.1)."""
    return role == ADMINISTRATOR or campaign.owner_id == person_id


def may_delete(campaign: Campaign, person_id: int, role: str) -> bool:
    """Whoever may edit it, but for those that are ready from the first day: these can only be archived."""
    return campaign.owner_id is not None and may_edit(campaign, person_id, role)


def has_own(session: Session, school_id: int) -> bool:
    """Whether somebody of the school made a campaign."""
    made = exists().where(Campaign.school_id == school_id, Campaign.owner_id.is_not(None))
    return bool(session.scalar(select(made)))


def has_participants(session: Session, school_id: int) -> bool:
    """Whether a pupil began any campaign of the school."""
    begun = exists().where(Participation.campaign_id == Campaign.id, Campaign.school_id == school_id)
    return bool(session.scalar(select(begun)))


def archive(session: Session, campaign: Campaign, now: datetime) -> None:
    """From now on nobody starts or sends; pending grades still go. Archiving again changes nothing.

    The lists of members kept for its courses are looked at again: they go where no open campaign needs them.
    """
    if campaign.archived_at is None:
        campaign.archived_at = now
        session.flush()
        ask_for_members(session, campaign.id, now)


def unarchive(session: Session, campaign: Campaign, now: datetime) -> None:
    """Open it again."""
    if campaign.archived_at is not None:
        campaign.archived_at = None
        session.flush()
        ask_for_members(session, campaign.id, now)


def _with_owner(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return statement.select_from(Campaign).outerjoin(Person, Person.id == Campaign.owner_id)


def _owner_names() -> tuple[ColumnElement[str], ColumnElement[str]]:
    """Never null: the équipe Pix where nobody of the school made it."""
    nobody = case((Campaign.owner_id.is_(None), READY_MADE_BY), else_="")
    return func.coalesce(Person.given_name, ""), func.coalesce(Person.family_name, nobody)


def _sorted_by(order: Order) -> tuple[ColumnElement[Any], ...]:
    newest = (Campaign.created_at.desc(), Campaign.id.desc())
    if order is Order.OLDEST:
        return Campaign.created_at.asc(), Campaign.id.asc()
    if order is Order.NAME:
        return func.lower(Campaign.name), *newest
    if order is Order.OWNER:
        given_name, family_name = _owner_names()
        return func.lower(family_name), func.lower(given_name), *newest
    return newest


def _summaries(session: Session, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[CampaignSummary]:
    counts = _counts(session, [row.Campaign.id for row in rows])
    return [
        _summary(row.Campaign, row.given_name, row.family_name, *counts.get(row.Campaign.id, (0, 0))) for row in rows
    ]


def _counts(session: Session, campaign_ids: list[int]) -> dict[int, tuple[int, int]]:
    statement = (
        select(Participation.campaign_id, func.count(), func.count(Participation.shared_at))
        .where(Participation.campaign_id.in_(campaign_ids))
        .group_by(Participation.campaign_id)
    )
    return {campaign_id: (started, sent) for campaign_id, started, sent in session.execute(statement)}


def _summary(
    campaign: Campaign, given_name: str | None, family_name: str | None, participants: int, received: int
) -> CampaignSummary:
    return CampaignSummary(
        id=campaign.id,
        code=campaign.code,
        name=campaign.name,
        title=campaign.title,
        owner_id=campaign.owner_id,
        owner=None if campaign.owner_id is None else " ".join(n for n in (given_name, family_name) if n),
        created_at=campaign.created_at,
        archived=campaign.archived_at is not None,
        participants=participants,
        received=received,
    )
