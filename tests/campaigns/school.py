"""A school with a platform, learners bound to people, and campaigns: what the tests of campaigns and grades arrange."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar
from uuid import uuid4

from sqlalchemy import delete
from sqlalchemy.orm import Session

from lti_tool.assessment.models import KnowledgeElement, Run
from lti_tool.campaigns import campaigns, participations
from lti_tool.campaigns.models import Campaign, Participation
from lti_tool.lti.models import Context, Deployment, Member, Person, Platform, ResourceLink
from lti_tool.schools.models import Binding, Learner, School
from lti_tool.schools.sessions import LearnerRef

Row = TypeVar("Row")

PROFILE = "decouverte"
TARGETED = 10
"""Skills of that profile."""
SCOPES = tuple(
    f"https://purl.imsglobal.org/spec/lti-ags/scope/{name}" for name in ("lineitem", "result.readonly", "score")
)


@dataclass
class Schoolyard:
    """Rows written in one session; ids are what a test keeps from one transaction to the next."""

    session: Session
    now: datetime

    def school(self, time_zone: str = "Europe/Paris") -> School:
        return self.add(School(uai=f"{_number(7)}A", name="Collège", time_zone=time_zone, created_at=self.now))

    def platform(self, base: str = "https://ent.example.fr", **fields: object) -> Platform:
        row = Platform(
            key=uuid4().hex,
            issuer=f"{base}/{uuid4().hex}",
            client_id="passerelle",
            auth_url=f"{base}/auth",
            token_url=f"{base}/token",
            jwks_url=f"{base}/jwks",
            created_at=self.now,
            **fields,
        )
        return self.add(row)

    def context(self, platform: Platform, **fields: object) -> Context:
        deployment = self.add(Deployment(platform_id=platform.id, deployment_id=uuid4().hex, created_at=self.now))
        row = Context(
            deployment_pk=deployment.id,
            platform_id=platform.id,
            context_id=uuid4().hex,
            title="Technologie 5e B",
            ags_scopes=list(SCOPES),
            created_at=self.now,
        )
        for name, value in fields.items():
            setattr(row, name, value)
        return self.add(row)

    def link(self, context: Context, **fields: object) -> ResourceLink:
        row = ResourceLink(
            deployment_pk=context.deployment_pk,
            context_pk=context.id,
            resource_link_id=uuid4().hex,
            title="Pix",
            created_at=self.now,
            **fields,
        )
        return self.add(row)

    def person(self, platform: Platform) -> Person:
        row = Person(platform_id=platform.id, sub=f"sub-{uuid4().hex}", created_at=self.now, launched_at=self.now)
        return self.add(row)

    def learner(self, school: School, *platforms: Platform, active: bool = True) -> Learner:
        """A learner, bound to a person of each platform."""
        learner = self.add(
            Learner(
                school_id=school.id,
                child_id=str(uuid4()),
                ine=f"{_number(9)}AA",
                last_name=f"Nom{_number(6)}",
                first_name="Prénom",
                birthdate=date(2013, 5, 4),
                division="5B",
                active=active,
                created_at=self.now,
                updated_at=self.now,
            )
        )
        for platform in platforms:
            self.bind(learner, self.person(platform))
        return learner

    def bind(self, learner: Learner, person: Person) -> Binding:
        return self.add(
            Binding(
                person_id=person.id,
                platform_id=person.platform_id,
                school_id=learner.school_id,
                learner_id=learner.id,
                created_at=self.now,
            )
        )

    def member(self, context: Context, person: Person, is_learner: bool = True) -> Member:
        row = Member(context_pk=context.id, sub=person.sub, is_learner=is_learner, seen_at=self.now)
        return self.add(row)

    def campaign(self, school: School, **fields: object) -> Campaign:
        wanted: dict[str, object] = {"name": "Rentrée", "title": "Mon parcours", "landing_text": "", "owner_id": None}
        wanted |= {"target_profile": PROFILE, "now": self.now} | fields
        return campaigns.create(self.session, school_id=school.id, **wanted)  # type: ignore[arg-type]

    def begun(self, campaign: Campaign, learner: Learner) -> Participation:
        return participations.begin(self.session, campaign, ref(learner), self.now)

    def finished(self, campaign: Campaign, learner: Learner, validated: int) -> Participation:
        participation = self.begun(campaign, learner)
        finish_run(self.session, participation.run_id, validated, self.now)
        participations.finish(self.session, participation, self.now)
        return participation

    def add(self, row: Row) -> Row:
        self.session.add(row)
        self.session.flush()
        return row


def _number(digits: int) -> str:
    return f"{uuid4().int % 10**digits:0{digits}}"


def ref(learner: Learner) -> LearnerRef:
    return LearnerRef(
        learner.id, learner.child_id, learner.first_name, learner.last_name, learner.division, learner.active
    )


def finish_run(session: Session, run_id: int, validated: int, now: datetime) -> None:
    """As if every question had been answered, and that many of the targeted skills had been shown."""
    run = session.get_one(Run, run_id)
    session.execute(delete(KnowledgeElement).where(KnowledgeElement.run_id == run_id))
    for number, skill in enumerate(skill for skill in run.skills if skill not in run.carried):
        element = KnowledgeElement(child_id=run.child_id, run_id=run.id, skill_id=skill, at=now, direct=True)
        element.validated = number < validated - len(run.carried)
        session.add(element)
    run.item_id = None
    run.finished_at = now
    session.flush()
