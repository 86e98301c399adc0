"""The form of a campaign: what was sent of it, and the draft that the rules check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from lti_tool.assessment.engine.framework import COMPETENCES, LEVELS, Competence
from lti_tool.assessment.engine.items import Topic, bank
from lti_tool.campaigns import drafts
from lti_tool.campaigns.drafts import CampaignFaults, Choice, Draft
from lti_tool.campaigns.models import ASSESS, BEST, Campaign
from lti_tool.web.i18n import gettext
from lti_tool.web.security import current
from lti_tool.web.toolbox import now

ONE_SENDING = "un"
YES = "oui"


@dataclass(frozen=True)
class CampaignForm:
    """The form as it was sent, in its order; empty before. What a short form leaves out is as Pix's own default."""

    name: str = ""
    purpose: str = ASSESS
    target_profile: str = ""
    profile_name: str = ""
    topics: tuple[str, ...] = ()
    lowest: str = str(LEVELS[0])
    highest: str = str(LEVELS[-1])
    length: str = ""
    title: str = ""
    landing_text: str = ""
    result_text: str = ""
    sendings: str = ""
    """`un` for a single one."""
    counts: str = BEST
    reset: str = ""
    """`oui` where the test may be begun anew."""
    identifier_label: str = ""
    opens_on: str = ""
    closes_on: str = ""

    @classmethod
    def sent(cls) -> CampaignForm:
        """What came with this request."""
        sent: dict[str, Any] = {
            field.name: request.form[field.name] for field in fields(cls) if field.name in request.form
        }
        return cls(**sent | {"topics": tuple(request.form.getlist("topics"))})

    @classmethod
    def of(cls, campaign: Campaign) -> CampaignForm:
        """The form that would change nothing of the campaign."""
        draft = Draft.of(campaign)
        return cls(
            name=draft.name,
            purpose=draft.purpose,
            target_profile=draft.target_profile,
            title=draft.title,
            landing_text=draft.landing_text,
            result_text=draft.result_text,
            sendings="" if draft.multiple_sendings else ONE_SENDING,
            counts=draft.counts,
            reset=YES if draft.allows_reset else "",
            identifier_label=draft.identifier_label,
            opens_on=draft.opens_on,
            closes_on=draft.closes_on,
        )

    def draft(self, *, personalised: bool = False) -> Draft:
        """What the rules check."""
        return Draft(
            name=self.name,
            title=self.title,
            landing_text=self.landing_text,
            result_text=self.result_text,
            purpose=ASSESS if personalised else self.purpose,
            target_profile=self.target_profile,
            choice=self._choice() if personalised else None,
            multiple_sendings=self.sendings != ONE_SENDING,
            counts=self.counts,
            allows_reset=self.reset == YES,
            identifier_label=self.identifier_label,
            opens_on=self.opens_on,
            closes_on=self.closes_on,
        )

    def create(self, session: Session, *, personalised: bool = False) -> Campaign:
        """Make the campaign in the visitor's school. Raises `CampaignFaults` with everything that is wrong."""
        info = current()
        draft = self.draft(personalised=personalised)
        return drafts.make(session, draft, school_id=info.school.id, owner_id=info.person_id, now=now())

    def _choice(self) -> Choice:
        length = self.length.strip()
        return Choice(
            name=self.profile_name,
            topics=self.topics,
            lowest=_number(self.lowest),
            highest=_number(self.highest),
            length=_number(length) if length else None,
        )


def faults_of(error: CampaignFaults) -> Mapping[str, str]:
    """Field → sentence, in the page's language and the order of the form."""
    told = {fault.field: gettext(fault.sentence) % fault.params for fault in error.faults}
    return {field.name: told[field.name] for field in fields(CampaignForm) if field.name in told}


def topics_by_competence() -> list[tuple[Competence, list[Topic]]]:
    """What can be picked for a personalised test, in the framework's order."""
    topics = bank().topics
    groups = ((code, [topic for topic in topics if topic.competence == code]) for code in COMPETENCES)
    return [(COMPETENCES[code], of_it) for code, of_it in groups if of_it]


def _number(text: str) -> int:
    """A small number as typed; 0, which is never good here, for anything else."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else 0
