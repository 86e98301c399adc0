"""From which day to which a campaign can be begun and sent: calendar days in the school's own zone."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.campaigns.models import Campaign
from lti_tool.errors import N_, RefusedError
from lti_tool.schools.models import School


class NotOpenError(RefusedError):
    """The campaign's first day has not come, or its last day is past."""

    code = "DATES"
    status = 403
    sentence = N_("Ce parcours est terminé : il fallait l’envoyer avant.")
    advice = N_("Demandez à votre enseignant s’il peut le rouvrir. Ce que vous avez fait est conservé.")


def require_open(session: Session, campaign: Campaign, now: datetime) -> None:
    """Raises `NotOpenError` unless the campaign can be begun today."""
    if campaign.opens_on is None and campaign.closes_on is None:
        return
    today = _today(session, campaign, now)
    if campaign.opens_on is not None and today < campaign.opens_on:
        raise NotOpenError(
            sentence=N_("Ce parcours n’est pas encore ouvert : il commence le %(day)s."),
            advice=N_("Revenez ce jour-là, avec le même code."),
            day=f"{campaign.opens_on:%d/%m/%Y}",
        )
    _refuse_after(campaign, today)


def require_not_closed(session: Session, campaign: Campaign, now: datetime) -> None:
    """Raises `NotOpenError` where the campaign's last day is past: nothing is sent then."""
    if campaign.closes_on is not None:
        _refuse_after(campaign, _today(session, campaign, now))


def _refuse_after(campaign: Campaign, today: date) -> None:
    if campaign.closes_on is not None and today > campaign.closes_on:
        raise NotOpenError


def _today(session: Session, campaign: Campaign, now: datetime) -> date:
    zone = session.scalars(select(School.time_zone).where(School.id == campaign.school_id)).one()
    return now.astimezone(ZoneInfo(zone)).date()
