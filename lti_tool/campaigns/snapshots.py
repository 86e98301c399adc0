"""What a sending keeps: the results of a run, or the profile that was collected, as they were at that moment."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.assessment import profile, runs
from lti_tool.assessment.engine.framework import COMPETENCES
from lti_tool.assessment.engine.pix import CERTIFIABLE_COMPETENCES, Profile, Standing
from lti_tool.assessment.models import Run
from lti_tool.campaigns.models import COLLECT, SHARED, Campaign, Participation, SharedResult


def take(session: Session, campaign: Campaign, participation: Participation, now: datetime) -> SharedResult:
    """What is sent: the run's result, or of a collection the profile as it stands."""
    run = session.get_one(Run, participation.run_id)
    result = SharedResult(
        participation_id=participation.id,
        run_id=run.id,
        competences=[],
        validated_skills=[],
        started_at=run.started_at,
        shared_at=now,
        counts=False,
    )
    if campaign.purpose == COLLECT:
        collected = profile.of_child(session, run.child_id)
        result.profile = {
            "pix": collected.pix,
            "certifiable": not collected.missing,
            "competences": [
                {"code": each.competence.code, "level": each.level, "pix": each.pix} for each in collected.standings
            ],
        }
        # As a share, a profile is worth how near it is to being certifiable.
        result.targeted = CERTIFIABLE_COMPETENCES
        result.validated = result.targeted - collected.missing
        return result
    score, known = runs.result(session, run.id), runs.shown(session, run.id)
    result.validated, result.targeted = score.validated, score.targeted
    result.competences = [asdict(competence) for competence in score.competences]
    result.validated_skills = [skill for skill in run.skills if skill in known and known[skill].validated]
    return result


def of_present_run(session: Session, participation: Participation) -> SharedResult:
    """What was sent of the participation's present run."""
    return session.scalars(
        select(SharedResult).where(
            SharedResult.participation_id == participation.id, SharedResult.run_id == participation.run_id
        )
    ).one()


def sent_profile(session: Session, participation: Participation) -> Profile | None:
    """The profile that was sent of the present run of a collection, as it was then; None where none was sent."""
    if participation.status != SHARED:
        return None
    collected = of_present_run(session, participation).profile
    pix = {each["code"]: each["pix"] for each in collected["competences"]} if collected else {}
    return Profile(tuple(Standing(each, pix.get(each.code, 0), each.code in pix) for each in COMPETENCES.values()))


def worth(result: SharedResult) -> tuple[Fraction, int]:
    """What makes one sending better than another: its share, and of collected profiles then the pix."""
    share = Fraction(result.validated, result.targeted) if result.targeted else Fraction(0)
    return share, result.profile["pix"] if result.profile else 0
