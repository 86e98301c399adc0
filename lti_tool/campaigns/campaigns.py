"""Campaigns: making one with every fault told at once, finding it by its code, listing, archiving."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_tool.assessment.engine.items import bank
from lti_tool.assessment.engine.profiles import TargetProfile, target_profiles
from lti_tool.campaigns.activities import ask_for_members
from lti_tool.campaigns.codes import new_code, normalise
from lti_tool.campaigns.models import BEST, LAST, Campaign, Participation
from lti_tool.campaigns.paging import PER_PAGE, Page, page_of
from lti_tool.errors import N_, RefusedError
from lti_tool.lti.models import Person
from lti_tool.schools.models import ADMINISTRATOR
from lti_tool.schools.searching import matches

NAME_LONGEST = 255
TITLE_LONGEST = 255
TEXT_LONGEST = 5000
"""Characters of a landing text (facts/pix.md §3.1)."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with one field of a form, as a message id with its places."""

    field: str
    sentence: str
    params: Mapping[str, Any] = dataclass_field(default_factory=dict)


class CampaignFaults(RefusedError):  # noqa: N818 - it holds the faults, all of them
    """The campaign was not made; `faults` are all the reasons."""

    code = "CAMPAGNE"
    sentence = N_("La campagne n’a pas été créée.")
    advice = N_("Corrigez les champs indiqués, puis recommencez.")

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__()
        self.faults = faults


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
    counts: str = BEST,
) -> Campaign:
    """Make a campaign with a code of its own. Without a title, pupils read the target profile's name.

    Raises `CampaignFaults` with everything that is wrong; nothing is made then.
    """
    name, title, landing_text = _one_line(name), _one_line(title), _text(landing_text)
    profile = target_profiles(bank()).get(target_profile)
    faults = list(_faults(name, title, landing_text, counts))
    if profile is None:
        faults.append(Fault("target_profile", N_("Choisissez ce que vous voulez tester.")))
    if faults or profile is None:
        raise CampaignFaults(tuple(faults))
    campaign = Campaign(
        school_id=school_id,
        name=name,
        title=title or profile.name,
        landing_text=landing_text,
        target_profile=profile.id,
        skills=list(profile.skill_ids),
        length=profile.length,
        multiple_sendings=multiple_sendings,
        counts=counts,
        resource_id=str(uuid4()),
        owner_id=owner_id,
        created_at=now,
    )
    return _add_with_code(session, campaign)


def profiles() -> tuple[TargetProfile, ...]:
    """What a campaign can test, in the order to offer it."""
    return tuple(target_profiles(bank()).values())


def by_code(session: Session, school_id: int, code: str) -> Campaign:
    """The school's campaign with that code, however it was typed; archived ones too (`archived_at` says so).

    Raises `UnknownCampaignError`, also for the code of another school's campaign.
    """
    meant = normalise(code)
    if meant is not None:
        statement = select(Campaign).where(Campaign.code == meant, Campaign.school_id == school_id)
        campaign = session.scalars(statement).one_or_none()
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


def listing(
    session: Session,
    school_id: int,
    *,
    owner_id: int | None = None,
    archived: bool = False,
    search: str = "",
    page: int = 1,
    per_page: int = PER_PAGE,
) -> Page[CampaignSummary]:
    """A school's campaigns, newest first, a page at a time: everybody's, or one owner's; active or archived.

    `search` holds words to find in the name or the title.
    """
    which = [Campaign.school_id == school_id]
    which.append(Campaign.archived_at.is_not(None) if archived else Campaign.archived_at.is_(None))
    if owner_id is not None:
        which.append(Campaign.owner_id == owner_id)
    if search:
        which.append(matches(search, Campaign.name, Campaign.title))
    total = session.scalar(select(func.count()).select_from(Campaign).where(*which)) or 0
    statement = (
        select(Campaign, Person.given_name, Person.family_name)
        .outerjoin(Person, Person.id == Campaign.owner_id)
        .where(*which)
        .order_by(Campaign.created_at.desc(), Campaign.id.desc())
    )
    found, rows = page_of(session, statement, total, page, per_page)
    counts = _counts(session, [row.Campaign.id for row in rows])
    items = [
        _summary(row.Campaign, row.given_name, row.family_name, *counts.get(row.Campaign.id, (0, 0))) for row in rows
    ]
    return Page(tuple(items), total, found, per_page)


def may_edit(campaign: Campaign, person_id: int, role: str) -> bool:
    """Only its owner and the school's administrators edit or archive a campaign (facts/pix.md §3.1)."""
    return role == ADMINISTRATOR or campaign.owner_id == person_id


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


def _faults(name: str, title: str, landing_text: str, counts: str) -> list[Fault]:
    faults = []
    if not name:
        faults.append(Fault("name", N_("Donnez un nom à la campagne.")))
    too_long = N_("Ce texte est trop long : %(count)s caractères, %(longest)s au plus.")
    for field_name, text, longest in (
        ("name", name, NAME_LONGEST),
        ("title", title, TITLE_LONGEST),
        ("landing_text", landing_text, TEXT_LONGEST),
    ):
        if len(text) > longest:
            faults.append(Fault(field_name, too_long, {"count": len(text), "longest": longest}))
    if counts not in (BEST, LAST):
        faults.append(Fault("counts", N_("Choisissez l’envoi qui compte : le meilleur ou le dernier.")))
    return faults


def _add_with_code(session: Session, campaign: Campaign) -> Campaign:
    while True:
        campaign.code = new_code()
        try:
            with session.begin_nested():
                session.add(campaign)
        except IntegrityError:
            taken = select(Campaign.id).where(Campaign.code == campaign.code)
            if session.scalar(taken) is None:  # something else is wrong with it
                raise
        else:
            return campaign


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


def _one_line(text: str) -> str:
    return " ".join(_text(text).split())


def _text(text: str) -> str:
    """As typed, without the control characters that no database and no page wants; lines end as Unix's do."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()
