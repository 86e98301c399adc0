"""Deleting a campaign with what it takes with it. The gradebooks are left as they are."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lti_tool.campaigns.models import Activity, Campaign, Participation, SharedResult
from lti_tool.grades.cells import in_order
from lti_tool.grades.models import Grade, LineItem
from lti_tool.schools import audit


def delete_campaign(session: Session, campaign: Campaign, now: datetime, *, by: int) -> None:
    """Delete the campaign, its participations and results, and what we keep of its columns; for good.

    Answers and knowledge belong to the child, and stay. Activities of courses lead nowhere then: their teacher is
    asked for another campaign.
    """
    session.refresh(campaign, with_for_update=True)  # who is about to begin waits, and then finds no campaign
    participations = select(Participation.id).where(Participation.campaign_id == campaign.id)
    results = select(SharedResult.id).where(SharedResult.participation_id.in_(participations))
    columns = select(LineItem.id).where(LineItem.campaign_id == campaign.id)
    session.execute(
        delete(Grade).where(in_order(Grade.line_item_id.in_(columns) | Grade.shared_result_id.in_(results)))
    )
    session.execute(delete(LineItem).where(LineItem.campaign_id == campaign.id))
    session.execute(delete(SharedResult).where(SharedResult.participation_id.in_(participations)))
    session.execute(delete(Participation).where(Participation.campaign_id == campaign.id))
    session.execute(delete(Activity).where(Activity.campaign_id == campaign.id))
    audit.record(session, "campaign.deleted", now, school_id=campaign.school_id, person_id=by, campaign=campaign.id)
    session.delete(campaign)
    session.flush()
