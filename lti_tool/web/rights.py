"""Who may do what in the staff's space: one table, read by the guard of every page under `/orga`.

A teacher sees all of the school's campaigns and pupils, and changes their own campaigns; an administrator changes all
of them, and alone sees to the register and the team. What is another school's does not exist (404); another role is
refused (403); nobody's session is asked to come back (401). `tests/web/test_rights.py` tries every line on everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from flask import request

from lti_tool.campaigns import campaigns
from lti_tool.errors import N_
from lti_tool.schools.models import ADMINISTRATOR
from lti_tool.web.security import NotForYouError, current
from lti_tool.web.toolbox import db


class Who(Enum):
    """Whom an address is for, within the school."""

    STAFF = "teachers and administrators"
    OWNER = "whoever made the campaign, and administrators"
    ONESELF = "the person whom it is about, and administrators"
    ADMINISTRATOR = "administrators"


STAFF, OWNER, ONESELF, ADMINISTRATORS = Who.STAFF, Who.OWNER, Who.ONESELF, Who.ADMINISTRATOR
RIGHTS: Final[Mapping[str, Who]] = {
    # campaigns: everybody's to see, to follow, to take away and to copy
    "teacher": STAFF,
    "results": STAFF,
    "exports": STAFF,
    "kit": STAFF,
    "notes": STAFF,
    "making": STAFF,
    "rehearsing": STAFF,
    # ... and their owner's to change
    "teacher.archive": OWNER,
    "teacher.unarchive": OWNER,
    "making.edit": OWNER,
    "making.change": OWNER,
    "making.delete": OWNER,
    "results.choose_divisions": OWNER,
    # courses: one's own selection and activities (`deep_linking.find_request`, `courses.activity`)
    "picker": STAFF,
    # pupils: names, divisions, bindings; birthdates and INE are shown to administrators only
    "learners": STAFF,
    "bindings": STAFF,
    "bindings.renewals": ADMINISTRATORS,
    "bindings.renew": ADMINISTRATORS,
    "bindings.trust": ADMINISTRATORS,
    "certification": STAFF,
    "administrator": ADMINISTRATORS,
    # the team
    "team": STAFF,
    "team.invite": ADMINISTRATORS,
    "team.settle": ADMINISTRATORS,
    "team.appoint": ADMINISTRATORS,
    "team.set_ent_url": ADMINISTRATORS,
    "team.withdraw": ONESELF,
    # the school's platforms
    "school_platforms": ADMINISTRATORS,
}
"""Endpoint, or blueprint for all endpoints that have no line of their own."""


class AdministratorsOnlyError(NotForYouError):
    """What only an administrator of the school does."""

    code = "ADMINISTRATEUR"
    sentence = N_("Seuls les administrateurs de l’établissement peuvent faire cela.")
    advice = N_("Adressez-vous à l’un d’eux : la page de l’équipe dit qui ils sont.")


class NotYoursError(NotForYouError):
    """Only the owner of a campaign and the school's administrators change it (`facts/pix.md` §3.1)."""

    code = "PROPRIETAIRE"
    sentence = N_("Seuls la personne qui a créé cette campagne et les administrateurs peuvent la modifier.")
    advice = N_("Demandez-le-leur, ou créez votre propre campagne.")


def of(endpoint: str) -> Who:
    """Whom an endpoint of the staff's space is for. Raises KeyError for one that nobody thought of."""
    return RIGHTS.get(endpoint) or RIGHTS[endpoint.partition(".")[0]]


def check() -> None:
    """Let this request's visitor pass, who is staff of the school, if the table does.

    Raises `AdministratorsOnlyError`, `NotYoursError`, and `UnknownCampaignError` for another school's campaign.
    """
    who, info, values = of(request.endpoint or ""), current(), request.view_args or {}
    if who is OWNER:
        campaign = campaigns.get(db(), info.school.id, values["campaign_id"])
        if not campaigns.may_edit(campaign, info.person_id, info.role):
            raise NotYoursError
    for_heads = who is ADMINISTRATORS or (who is ONESELF and values["person_id"] != info.person_id)
    if for_heads and info.role != ADMINISTRATOR:
        raise AdministratorsOnlyError
