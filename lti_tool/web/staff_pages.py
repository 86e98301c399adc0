"""What the pages for staff share: their guard, the form of a campaign, the filters of a list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from flask import request
from sqlalchemy.orm import Session

from lti_tool.campaigns import campaigns
from lti_tool.campaigns.campaigns import CampaignFaults
from lti_tool.campaigns.models import Campaign
from lti_tool.errors import N_, RefusedError
from lti_tool.schools.models import ADMINISTRATOR, TEACHER
from lti_tool.web import security
from lti_tool.web.i18n import gettext
from lti_tool.web.security import current
from lti_tool.web.toolbox import READING, now

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


@dataclass(frozen=True)
class CampaignForm:
    """The form of a campaign as it was sent; empty before."""

    name: str = ""
    target_profile: str = ""
    title: str = ""
    landing_text: str = ""

    @classmethod
    def sent(cls) -> CampaignForm:
        """What came with this request."""
        return cls(**{field.name: request.form.get(field.name, "") for field in fields(cls)})

    def create(self, session: Session) -> Campaign:
        """Make the campaign in the visitor's school. Raises `CampaignFaults` with everything that is wrong."""
        info = current()
        return campaigns.create(
            session,
            school_id=info.school.id,
            owner_id=info.person_id,
            name=self.name,
            title=self.title,
            landing_text=self.landing_text,
            target_profile=self.target_profile,
            now=now(),
        )


def faults_of(error: CampaignFaults) -> Mapping[str, str]:
    """Field → sentence, in the page's language and the order of the form."""
    told = {fault.field: gettext(fault.sentence) % fault.params for fault in error.faults}
    return {field.name: told[field.name] for field in fields(CampaignForm) if field.name in told}


def _let_test_users_only_look() -> None:
    if current().is_test and request.method not in READING:
        raise StaffPreviewError
