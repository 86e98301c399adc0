"""The campaigns of the équipe Pix, in each school from its first day."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.assessment.engine.items import bank
from lti_tool.assessment.engine.profiles import target_profiles
from lti_tool.campaigns import drafts
from lti_tool.campaigns.drafts import Draft
from lti_tool.campaigns.models import COLLECT, Campaign

COLLECTION = "collecte"
COLLECTION_NAME = "Campagne de collecte de profils à faire avant la certification Pix"
PROFILES = (
    "rentree-6e",
    "rentree-5e",
    "rentree-4e",
    "rentree-3e",
    "rentree-segpa-ulis",
    "rentree-2de",
    "sos-non-certifiables",
)
"""Target profiles of which each school has a campaign; those that the bank does not have are passed over."""
LANDING_TEXT = (
    "Répondez tranquillement : vous pouvez chercher sur internet, passer une question et reprendre plus tard."
)


def ensure(session: Session, school_id: int, now: datetime) -> int:
    """Give the school the ready-made campaigns that it does not have; returns how many were made."""
    held = set(session.scalars(select(Campaign.ready_made).where(Campaign.school_id == school_id)))
    wanted = {key: draft for key, draft in _drafts().items() if key not in held}
    for key, draft in wanted.items():
        drafts.make(session, draft, school_id=school_id, owner_id=None, now=now, ready_made=key)
    return len(wanted)


def _drafts() -> dict[str, Draft]:
    known = target_profiles(bank())
    found = {
        key: Draft(name=known[key].name, title=known[key].name, landing_text=LANDING_TEXT, target_profile=key)
        for key in PROFILES
        if key in known
    }
    found[COLLECTION] = Draft(name=COLLECTION_NAME, title="Mon profil Pix", purpose=COLLECT)
    return found
