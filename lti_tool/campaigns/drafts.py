"""What a teacher types to make or change a campaign, checked whole: every fault at once, and nothing half done."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_tool.assessment.engine.framework import LEVELS
from lti_tool.assessment.engine.items import bank
from lti_tool.assessment.engine.profiles import target_profiles
from lti_tool.campaigns.codes import new_code
from lti_tool.campaigns.models import ASSESS, BEST, COLLECT, LAST, Campaign, Participation
from lti_tool.errors import N_, RefusedError

LINE_LONGEST = 255
TEXT_LONGEST = 5000
"""Characters of a landing or result text (facts/pix.md §3.1)."""
LONGEST_TEST = 100
"""Questions of a personalised test, at most."""
NO_TARGET = N_("Choisissez ce que vous voulez tester.")


@dataclass(frozen=True)
class Fault:
    """What is wrong with one field of a form, as a message id with its places."""

    field: str
    sentence: str
    params: Mapping[str, Any] = dataclass_field(default_factory=dict)


class CampaignFaults(RefusedError):  # noqa: N818 - it holds the faults, all of them
    """The campaign was not made, or not changed; `faults` are all the reasons."""

    code = "CAMPAGNE"
    sentence = N_("La campagne n’a pas été créée.")
    advice = N_("Corrigez les champs indiqués, puis recommencez.")

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__()
        self.faults = faults


class ChangedMeanwhileError(RefusedError):
    """Somebody else changed the campaign after the page of this form was made."""

    code = "VERSION"
    status = 409
    sentence = N_("Un collègue a modifié cette campagne pendant que vous l’aviez ouverte.")
    advice = N_("Rien n’est perdu : relisez ses changements, puis enregistrez de nouveau les vôtres.")


@dataclass(frozen=True)
class Choice:
    """A personalised test: skills of these topics between two levels, of at most `length` questions."""

    name: str
    topics: tuple[str, ...]
    """Ids of topics, and codes of competences for all of theirs."""
    lowest: int = LEVELS[0]
    highest: int = LEVELS[-1]
    length: int | None = None

    def skill_ids(self) -> list[str]:
        """The skills, in the bank's order."""
        wanted = set(self.topics)
        return [
            skill.id
            for skill in bank().skills.values()
            if not wanted.isdisjoint((skill.topic_id, skill.competence)) and self.lowest <= skill.level <= self.highest
        ]


@dataclass(frozen=True)
class Draft:
    """A campaign as it was typed. Days are `2027-03-12`, or empty; `choice` stands where no profile does."""

    name: str = ""
    title: str = ""
    landing_text: str = ""
    result_text: str = ""
    purpose: str = ASSESS
    target_profile: str = ""
    choice: Choice | None = None
    multiple_sendings: bool = True
    counts: str = BEST
    allows_reset: bool = False
    identifier_label: str = ""
    opens_on: str = ""
    closes_on: str = ""

    @classmethod
    def of(cls, campaign: Campaign) -> Draft:
        """What would make this campaign again, but for what it tests."""
        return cls(
            name=campaign.name,
            title=campaign.title,
            landing_text=campaign.landing_text,
            result_text=campaign.result_text,
            purpose=campaign.purpose,
            target_profile=campaign.target_profile,
            multiple_sendings=campaign.multiple_sendings,
            counts=campaign.counts,
            allows_reset=campaign.allows_reset,
            identifier_label=campaign.identifier_label or "",
            opens_on=campaign.opens_on.isoformat() if campaign.opens_on else "",
            closes_on=campaign.closes_on.isoformat() if campaign.closes_on else "",
        )


def make(
    session: Session,
    draft: Draft,
    *,
    school_id: int,
    owner_id: int | None,
    now: datetime,
    ready_made: str | None = None,
) -> Campaign:
    """Make the campaign with a code of its own. Without a title, pupils read what is tested.

    Raises `CampaignFaults` with everything that is wrong; nothing is made then.
    """
    target, faults = _target(draft)
    faults = [*_faults(draft), *faults]
    if faults:
        raise CampaignFaults(tuple(faults))
    campaign = Campaign(
        school_id=school_id,
        owner_id=owner_id,
        purpose=draft.purpose,
        target_profile=target.id,
        profile_name=target.name,
        skills=list(target.skill_ids),
        length=target.length,
        counts=draft.counts,
        identifier_label=one_line(draft.identifier_label) or None,
        resource_id=str(uuid4()),
        created_at=now,
        ready_made=ready_made,
    )
    _write(campaign, draft)
    campaign.title = campaign.title or target.name or campaign.name
    return add_with_code(session, campaign)


def change(session: Session, campaign: Campaign, draft: Draft, version: int) -> None:
    """Make of the campaign what the draft says; `version` is the one that the form was made from.

    What is tested stays; which sending counts and what pupils are asked to type stay once somebody has begun.
    Raises `CampaignFaults`, and `ChangedMeanwhileError` where somebody else was faster.
    """
    session.refresh(campaign, with_for_update=True)
    if campaign.version != version:
        raise ChangedMeanwhileError
    faults = tuple(_faults(draft))
    if faults:
        raise CampaignFaults(faults)
    _write(campaign, draft)
    campaign.title = campaign.title or campaign.profile_name or campaign.name
    if not is_begun(session, campaign.id):
        campaign.counts = draft.counts
        campaign.identifier_label = one_line(draft.identifier_label) or None
    session.flush()


def duplicate(session: Session, campaign: Campaign, name: str, *, owner_id: int, now: datetime) -> Campaign:
    """A campaign like this one, with a code of its own, nobody in it, and dates to be said again."""
    copy = Campaign(
        school_id=campaign.school_id,
        owner_id=owner_id,
        name=one_line(name)[:LINE_LONGEST],
        resource_id=str(uuid4()),
        created_at=now,
        skills=list(campaign.skills),
        divisions=list(campaign.divisions),
    )
    for column in _COPIED:
        setattr(copy, column, getattr(campaign, column))
    return add_with_code(session, copy)


def is_begun(session: Session, campaign_id: int) -> bool:
    """Whether any pupil has begun the campaign."""
    return bool(session.scalar(select(exists().where(Participation.campaign_id == campaign_id))))


def add_with_code(session: Session, campaign: Campaign) -> Campaign:
    """Store a new campaign under a code that nobody has."""
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


def one_line(text: str) -> str:
    """As typed, in one line."""
    return " ".join(clean(text).split())


def clean(text: str) -> str:
    """As typed, without the control characters that no database and no page wants; lines end as Unix's do."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()


_COPIED = (
    "title",
    "landing_text",
    "result_text",
    "purpose",
    "target_profile",
    "profile_name",
    "length",
    "multiple_sendings",
    "allows_reset",
    "counts",
    "identifier_label",
)


@dataclass(frozen=True)
class _Target:
    """What is tested; `id` is empty where it was picked by hand."""

    id: str = ""
    name: str = ""
    skill_ids: Sequence[str] = ()
    length: int | None = None


def _target(draft: Draft) -> tuple[_Target, list[Fault]]:
    if draft.purpose == COLLECT:
        return _Target(), []
    if draft.choice is not None:
        return _chosen(draft.choice)
    profile = target_profiles(bank()).get(draft.target_profile)
    if profile is None:
        return _Target(), [Fault("target_profile", NO_TARGET)]
    return _Target(profile.id, profile.name, profile.skill_ids, profile.length), []


def _chosen(choice: Choice) -> tuple[_Target, list[Fault]]:
    faults = []
    name, skills = one_line(choice.name), choice.skill_ids()
    if not name:
        faults.append(Fault("profile_name", N_("Donnez un nom à votre parcours.")))
    elif len(name) > LINE_LONGEST:
        faults.append(_too_long("profile_name", name, LINE_LONGEST))
    if not LEVELS[0] <= choice.lowest <= choice.highest <= LEVELS[-1]:
        faults.append(Fault("highest", N_("Le niveau le plus haut doit suivre le plus bas.")))
    elif not skills:
        faults.append(Fault("topics", N_("Choisissez au moins un sujet.")))
    if choice.length is not None and not 1 <= choice.length <= LONGEST_TEST:
        faults.append(Fault("length", N_("Indiquez un nombre de questions, de 1 à 100, ou rien.")))
    return _Target("", name, skills, choice.length), faults


def _faults(draft: Draft) -> Iterator[Fault]:
    if not one_line(draft.name):
        yield Fault("name", N_("Donnez un nom à la campagne."))
    for field, text, longest in (
        ("name", one_line(draft.name), LINE_LONGEST),
        ("title", one_line(draft.title), LINE_LONGEST),
        ("landing_text", clean(draft.landing_text), TEXT_LONGEST),
        ("result_text", clean(draft.result_text), TEXT_LONGEST),
        ("identifier_label", one_line(draft.identifier_label), LINE_LONGEST),
    ):
        if len(text) > longest:
            yield _too_long(field, text, longest)
    if draft.purpose not in (ASSESS, COLLECT):
        yield Fault("purpose", N_("Choisissez l’objectif de la campagne."))
    if draft.counts not in (BEST, LAST):
        yield Fault("counts", N_("Choisissez l’envoi qui compte : le meilleur ou le dernier."))
    yield from _date_faults(draft)


def _date_faults(draft: Draft) -> Iterator[Fault]:
    days = {}
    for field, text in (("opens_on", draft.opens_on), ("closes_on", draft.closes_on)):
        try:
            days[field] = _day(text)
        except ValueError:
            yield Fault(field, N_("Indiquez une date qui existe, par exemple 12/03/2027."))
    first, last = days.get("opens_on"), days.get("closes_on")
    if first and last and last < first:
        yield Fault("closes_on", N_("Le dernier jour est avant le premier : vérifiez les deux dates."))


def _day(text: str) -> date | None:
    """The day that was typed, as browsers send it or as people write it. Raises ValueError."""
    text = text.strip()
    if not text:
        return None
    if text.count("/") == 2:
        day, month, year = text.split("/")
        return date(int(year), int(month), int(day))
    return date.fromisoformat(text)


def _too_long(field: str, text: str, longest: int) -> Fault:
    sentence = N_("Ce texte est trop long : %(count)s caractères, %(longest)s au plus.")
    return Fault(field, sentence, {"count": len(text), "longest": longest})


def _write(campaign: Campaign, draft: Draft) -> None:
    """What may change at any time."""
    campaign.name = one_line(draft.name)
    campaign.title = one_line(draft.title)
    campaign.landing_text = clean(draft.landing_text)
    campaign.result_text = clean(draft.result_text)
    campaign.multiple_sendings = draft.multiple_sendings
    campaign.allows_reset = draft.allows_reset
    campaign.opens_on, campaign.closes_on = _day(draft.opens_on), _day(draft.closes_on)
