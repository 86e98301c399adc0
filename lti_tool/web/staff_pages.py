"""What the pages for staff share: their guard, who may change a campaign, the filters of a list."""

from __future__ import annotations

from flask import request

from lti_tool.campaigns import campaigns
from lti_tool.campaigns.models import Campaign
from lti_tool.errors import N_, RefusedError
from lti_tool.schools.models import ADMINISTRATOR, TEACHER
from lti_tool.web import security
from lti_tool.web.security import NotForYouError, current
from lti_tool.web.toolbox import READING, db

LONGEST_FILTER = 100
LARGEST_PAGE = 1_000_000
LARGEST_ID = 2**31 - 1
ROW_ID = f"int(max={LARGEST_ID})"
"""How an address holds the number of a row: what the database cannot hold is no page."""


class StaffPreviewError(RefusedError):
    """A test user looks at the pages of the staff and leaves no trace."""

    code = "APERCU"
    status = 403
    sentence = N_("C’est un aperçu : rien n’est enregistré.")
    advice = N_("Pour modifier quelque chose, ouvrez Pix avec votre propre compte.")


def guard() -> None:
    """Teachers and administrators, their forms bound to their session; a test user only looks."""
    security.only(TEACHER, ADMINISTRATOR)()
    _let_test_users_only_look()


def administrators_only() -> None:
    """Administrators of the school."""
    security.only(ADMINISTRATOR)()
    _let_test_users_only_look()


class NotYoursError(NotForYouError):
    """Only the owner of a campaign and the school's administrators change it (`facts/pix.md` §3.1)."""

    code = "PROPRIETAIRE"
    sentence = N_("Seuls la personne qui a créé cette campagne et les administrateurs peuvent la modifier.")
    advice = N_("Demandez-le-leur, ou créez votre propre campagne.")


def own_campaign(campaign_id: int) -> Campaign:
    """The school's campaign, for whoever may change it. Raises `UnknownCampaignError`, `NotYoursError`."""
    info = current()
    chosen = campaigns.get(db(), info.school.id, campaign_id)
    if not campaigns.may_edit(chosen, info.person_id, info.role):
        raise NotYoursError
    return chosen


def page_number() -> int:
    """The page of the list that the address asks for; 1 where it says nothing that is a number."""
    asked = request.args.get("page", 1, type=int)
    return min(max(1, asked), LARGEST_PAGE)


def row_id(text: str) -> int | None:
    """The number of a row that a form sent, or None where it cannot be one."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else 0
    return number if 1 <= number <= LARGEST_ID else None


def filter_text(name: str) -> str:
    """A filter of the list as typed, in one line."""
    return " ".join(request.args.get(name, "").replace("\0", "").split())[:LONGEST_FILTER]


def _let_test_users_only_look() -> None:
    if current().is_test and request.method not in READING:
        raise StaffPreviewError
