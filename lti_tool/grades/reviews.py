"""A submission review: from a cell of a gradebook to what the pupil did, for the pupil and their teachers."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from lti_tool.campaigns.models import Campaign, Participation
from lti_tool.grades.models import LineItem
from lti_tool.lti.models import Person
from lti_tool.schools.models import Binding


@dataclass(frozen=True, slots=True)
class Review:
    """What a cell shows: a campaign, and the pupil's participation where there is one."""

    campaign_id: int
    campaign_code: str
    participation_id: int | None


def find(session: Session, *, platform_id: int, line_item_url: str, sub: str, school_id: int) -> Review | None:
    """What that person of the platform did in the campaign of the column; None for a column of no campaign here.

    Only a campaign of the school counts, and only a learner of it.
    """
    row = session.execute(
        select(Campaign.id, Campaign.code, Participation.id)
        .select_from(LineItem)
        .join(Campaign, and_(Campaign.id == LineItem.campaign_id, Campaign.school_id == school_id))
        .outerjoin(Person, and_(Person.platform_id == LineItem.platform_id, Person.sub == sub))
        .outerjoin(Binding, and_(Binding.person_id == Person.id, Binding.school_id == school_id))
        .outerjoin(
            Participation,
            and_(Participation.campaign_id == Campaign.id, Participation.learner_id == Binding.learner_id),
        )
        .where(LineItem.platform_id == platform_id, LineItem.url == line_item_url)
    ).one_or_none()
    return None if row is None else Review(row[0], row[1], row[2])
