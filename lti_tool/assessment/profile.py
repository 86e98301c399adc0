"""A child's profile: level and pix in each of the sixteen competences, being certifiable, what to read next.

Everything is worked out from what the child was last seen to know, whatever test showed it (`facts/pix.md` §4.3).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.assessment import models, runs
from lti_tool.assessment.engine.items import Topic, Tutorial, bank
from lti_tool.assessment.engine.pix import Profile, Step, nearest_way, profile


@dataclass(frozen=True, slots=True)
class Outlook:
    """A child's profile, and what is missing to be certifiable, the nearest first."""

    profile: Profile
    way: tuple[Step, ...]


def of_child(session: Session, child_id: str) -> Profile:
    """What the child's tests have shown so far."""
    return profile(bank(), runs.known(session, child_id))


def way_to_certification(session: Session, child_id: str) -> tuple[Step, ...]:
    """What the child lacks to be certifiable, the nearest first; empty for who is."""
    return nearest_way(bank(), runs.known(session, child_id))


def of_children(session: Session, child_ids: Collection[str]) -> Mapping[str, Outlook]:
    """The outlook of each of these children, in one query."""
    known = runs.known_of(session, child_ids)
    nothing = Outlook(profile(bank(), {}), nearest_way(bank(), {}))
    return {
        child_id: Outlook(profile(bank(), known[child_id]), nearest_way(bank(), known[child_id]))
        if child_id in known
        else nothing
        for child_id in child_ids
    }


def topics(session: Session, child_id: str, code: str) -> list[tuple[Topic, int]]:
    """The topics of a competence, each with how many of its skills the child has validated."""
    known = runs.known(session, child_id)
    return [
        (topic, sum(skill.id in known and known[skill.id].validated for skill in topic.skills))
        for topic in bank().topics_of_competence(code)
    ]


def tutorials(session: Session, child_id: str) -> list[Tutorial]:
    """What to read after the questions that failed, the latest first; none for what was managed since.

    Only of questions whose correction was shown.
    """
    rows = session.scalars(
        select(models.Answer.item_id)
        .join(models.Run)
        .where(
            models.Run.child_id == child_id,
            models.Answer.right.is_(False),
            models.Answer.position <= models.Run.paused_at,
        )
        .group_by(models.Answer.item_id)
        .order_by(func.max(models.Answer.id).desc())
    )
    known = runs.known(session, child_id)
    items = [bank().items[item_id] for item_id in rows if item_id in bank().items]
    open_ones = [item for item in items if item.skill_id not in known or not known[item.skill_id].validated]
    return list(dict.fromkeys(item.tutorial for item in open_ones))
