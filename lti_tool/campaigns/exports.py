"""Results as a table to take away: the columns that schools' own files rely on, in their order (facts/pix.md §3.7).

Every sending has a line, and so has each participation whose present test is not sent. Headings are French in every
language, since spreadsheets are made for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, case, func, literal, select
from sqlalchemy.orm import Session

from lti_tool.assessment.engine.framework import COMPETENCES, DOMAINS
from lti_tool.assessment.engine.items import bank
from lti_tool.assessment.engine.stages import ThematicResult
from lti_tool.assessment.models import KnowledgeElement, Run
from lti_tool.campaigns import campaigns
from lti_tool.campaigns.bands import MOST_STARS, band, percent
from lti_tool.campaigns.models import ASSESS, COLLECT, SHARED, STARTED, Campaign, Participation, SharedResult
from lti_tool.campaigns.sheets import Cell
from lti_tool.schools.models import Learner
from lti_tool.schools.schools import SchoolRef

NOT_AVAILABLE = "NA"
YES, NO = "Oui", "Non"
AT_ONCE = 200
"""Rows that the database hands over at a time."""


@dataclass(frozen=True)
class Table:
    """What one file holds: a campaign, or all those of the school that assess (or collect)."""

    school: SchoolRef
    purpose: str
    campaign_id: int | None
    competences: tuple[str, ...]
    """Codes of the competences that have columns."""
    identifier_label: str | None = None
    thematic: tuple[ThematicResult, ...] = ()
    """What the campaign rewards besides its stages: a column each."""

    @classmethod
    def of_campaign(cls, school: SchoolRef, campaign: Campaign) -> Table:
        """One campaign's results: columns for the competences that it targets."""
        if campaign.purpose == COLLECT:
            codes = tuple(COMPETENCES)
        else:
            skills = bank().skills
            targeted = {skills[each].competence for each in campaign.skills if each in skills}
            codes = tuple(code for code in COMPETENCES if code in targeted)
        thematic = () if campaign.purpose == COLLECT else campaigns.thematic_results(campaign)
        return cls(school, campaign.purpose, campaign.id, codes, campaign.identifier_label, thematic)

    @classmethod
    def of_school(cls, school: SchoolRef) -> Table:
        """All results of the campaigns that assess: columns for every competence."""
        return cls(school, ASSESS, None, tuple(COMPETENCES))


def rows(session: Session, table: Table) -> Iterator[Sequence[Cell]]:
    """The headings, then the lines as the database gives them, in the one state that the session sees."""
    yield _headings(table)
    if table.campaign_id is not None:
        yield from _lines(session, table, table.campaign_id)
        return
    # One campaign after the other: what is sorted is never more than one campaign, and the first line comes at once.
    of_school = select(Campaign.id).where(Campaign.school_id == table.school.id, Campaign.purpose == table.purpose)
    for campaign_id in session.scalars(of_school.order_by(Campaign.id)).all():
        yield from _lines(session, table, campaign_id)


def _lines(session: Session, table: Table, campaign_id: int) -> Iterator[Sequence[Cell]]:
    line = _collection_line if table.purpose == COLLECT else _assessment_line
    zone = ZoneInfo(table.school.time_zone)
    found = session.execute(_statement(table, campaign_id), execution_options={"yield_per": AT_ONCE})
    before: Row[*tuple[Any, ...]] | None = None
    for row in found:
        if before is not None and before.participation_id != row.participation_id and _is_under_way_again(before):
            yield line(table, before, zone, unsent=True)
        yield line(table, row, zone, unsent=row.sent_at is None)
        before = row
    if before is not None and _is_under_way_again(before):
        yield line(table, before, zone, unsent=True)


def _statement(table: Table, campaign_id: int) -> Select[*tuple[Any, ...]]:
    known = (
        select(func.count())
        .where(KnowledgeElement.run_id == Participation.run_id)
        .correlate(Participation)
        .scalar_subquery()
    )
    usage_name = func.coalesce(Learner.preferred_last_name, Learner.last_name)
    return (
        select(
            Campaign.id.label("campaign_id"),
            Campaign.code,
            Campaign.name,
            Campaign.profile_name,
            func.json_array_length(Campaign.skills).label("skills"),
            usage_name.label("last_name"),
            Learner.first_name,
            Learner.division,
            Participation.id.label("participation_id"),
            Participation.status,
            Participation.started_at,
            Participation.identifier,
            Run.started_at.label("run_started_at"),
            func.json_array_length(Run.carried).label("carried"),
            case((Participation.status == STARTED, known), else_=0).label("known"),
            SharedResult.started_at.label("result_started_at"),
            SharedResult.shared_at.label("sent_at"),
            SharedResult.validated,
            SharedResult.targeted,
            SharedResult.competences,
            SharedResult.profile,
            (SharedResult.validated_skills if table.thematic else literal(None)).label("validated_skills"),
        )
        .select_from(Participation)
        .join(Campaign, Campaign.id == Participation.campaign_id)
        .join(Learner, Learner.id == Participation.learner_id)
        .outerjoin(Run, (Run.id == Participation.run_id) & (Participation.status == STARTED))
        .outerjoin(SharedResult, SharedResult.participation_id == Participation.id)
        .where(Participation.campaign_id == campaign_id)
        .order_by(usage_name, Learner.first_name, Participation.id, SharedResult.run_id)
    )


def _is_under_way_again(row: Row[*tuple[Any, ...]]) -> bool:
    """Whether something was sent, and the test is being taken again."""
    return row.sent_at is not None and row.status != SHARED


def _headings(table: Table) -> list[str]:
    first = ["Nom de l'organisation", "ID Campagne", "Code", "Nom de la campagne"]
    who = ["Nom du Participant", "Prénom du Participant", "Classe"]
    if table.identifier_label:
        who.append(table.identifier_label)
    if table.purpose == COLLECT:
        sent = ["Envoi (O/N)", "Date de l'envoi"]
        total = ["Nombre de pix total", "Certifiable (O/N)", "Nombre de compétences certifiables"]
        titles = [COMPETENCES[code].title for code in table.competences]
        profile = [
            h for t in titles for h in (f"Niveau pour la compétence {t}", f"Nombre de pix pour la compétence {t}")
        ]
        return [*first, *who, *sent, *total, *profile]
    where = ["% de progression", "Date de début", "Partage (O/N)", "Date du partage", f"Palier obtenu (/{MOST_STARS})"]
    where += [f"{each.name} obtenu (O/N)" for each in table.thematic]
    results = ["% maitrise de l'ensemble des acquis du profil"]
    for code in table.competences:
        title = COMPETENCES[code].title
        results += [
            f"% de maitrise des acquis de la compétence {title}",
            f"Nombre d'acquis du profil cible dans la compétence {title}",
            f"Acquis maitrisés dans la compétence {title}",
        ]
    for domain in _domains(table):
        title = domain.title
        results += [
            f"% de maitrise des acquis du domaine {title}",
            f"Nombre d'acquis du profil cible du domaine {title}",
            f"Acquis maitrisés du domaine {title}",
        ]
    return [*first, "Parcours", *who, *where, *results]


def _who(table: Table, row: Row[*tuple[Any, ...]]) -> list[Cell]:
    who: list[Cell] = [row.last_name, row.first_name, row.division]
    if table.identifier_label:
        who.append(row.identifier or NOT_AVAILABLE)
    return who


def _assessment_line(table: Table, row: Row[*tuple[Any, ...]], zone: ZoneInfo, *, unsent: bool) -> list[Cell]:
    first: list[Cell] = [table.school.name, row.campaign_id, row.code, row.name, row.profile_name or NOT_AVAILABLE]
    who = _who(table, row)
    if unsent:
        started = row.run_started_at or row.started_at
        line = [*first, *who, _progress(row), _moment(started, zone), NO]
        return line + [NOT_AVAILABLE] * (3 + len(table.thematic) + 3 * (len(table.competences) + len(_domains(table))))
    share = percent(row.validated, row.targeted)
    line = [*first, *who, 1, _moment(row.result_started_at, zone), YES, _moment(row.sent_at, zone)]
    obtained = campaigns.obtained(table.thematic, row.validated_skills or ())
    line += [band(share).stars, *(YES if each else NO for each in obtained), share / 100]
    by_code: Mapping[str, Mapping[str, int]] = {each["code"]: each for each in row.competences}
    for code in table.competences:
        line += _share_of([by_code[code]] if code in by_code else [])
    for domain in _domains(table):
        line += _share_of([by_code[each.code] for each in domain.competences if each.code in by_code])
    return line


def _collection_line(table: Table, row: Row[*tuple[Any, ...]], zone: ZoneInfo, *, unsent: bool) -> list[Cell]:
    line: list[Cell] = [table.school.name, row.campaign_id, row.code, row.name, *_who(table, row)]
    if unsent or row.profile is None:
        sent: list[Cell] = [NO, NOT_AVAILABLE] if unsent else [YES, _moment(row.sent_at, zone)]
        return line + sent + [NOT_AVAILABLE] * (3 + 2 * len(table.competences))
    profile = row.profile
    by_code = {each["code"]: each for each in profile["competences"]}
    certifiable = sum(each["level"] >= 1 for each in profile["competences"])
    line += [YES, _moment(row.sent_at, zone), profile["pix"], YES if profile["certifiable"] else NO, certifiable]
    for code in table.competences:
        each = by_code.get(code, {"level": 0, "pix": 0})
        line += [each["level"], each["pix"]]
    return line


def _share_of(results: Sequence[Mapping[str, int]]) -> list[Cell]:
    """Share, targeted and validated of some competences; not available where the campaign targets none of them."""
    if not results:
        return [NOT_AVAILABLE] * 3
    targeted, validated = sum(each["targeted"] for each in results), sum(each["validated"] for each in results)
    return [percent(validated, targeted) / 100, targeted, validated]


def _progress(row: Row[*tuple[Any, ...]]) -> float | int:
    """From 0 to 1: the share of the targeted skills of which something is known; 1 once finished."""
    if row.status != STARTED:
        return 1
    return min(percent(row.known + (row.carried or 0), row.skills), 99) / 100


def _domains(table: Table) -> list[Any]:
    codes = {code.partition(".")[0] for code in table.competences}
    return [domain for domain in DOMAINS if domain.code in codes]


def _moment(instant: datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%d/%m/%Y %H:%M}"
