"""A school with a class at work, served in a thread: what the tests of the staff's pages look at in a browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from lti_tool.assessment.engine.checking import to_json
from lti_tool.assessment.engine.items import bank
from lti_tool.assessment.engine.kinds.base import Response
from lti_tool.assessment.models import Answer, KnowledgeElement
from lti_tool.campaigns import campaigns, participations, ready_made
from lti_tool.campaigns.models import Campaign
from lti_tool.database import Database
from lti_tool.lti.models import Context, DeepLinkingRequest, Deployment, Member, Person, Platform, ResourceLink
from lti_tool.schools import schools, sessions, staff, team, visits
from lti_tool.schools.models import ADMINISTRATOR, TEACHER, Binding, Import, Learner, School
from lti_tool.settings import Settings
from lti_tool.web import create_app
from lti_tool.web.security import COOKIE
from tests.campaigns.school import finish_run, ref

TEACHER_, HEAD, STRANGER = "Claire", "Hélène", "Marc"
FIRST_NAMES = ("Adam", "Chloé", "Eva", "Inès", "Jules", "Léna", "Louis", "Malo", "Nina", "Noé", "Rose", "Zoé")
LAST_NAMES = ("Besson", "Da Silva", "Garnier", "Le Goff", "Moreau", "Nguyen", "Petit", "Roux")
DIVISIONS = ("3A", "4A", "4B")


OF_A_CAMPAIGN = {
    "participants": "",
    "activite": "/activite",
    "resultats": "/resultats",
    "eleve-resultats": "/resultats/{participation}",
    "analyse": "/analyse",
    "notes": "/notes",
    "kit": "/kit",
    "affiche": "/kit/affiche",
    "etiquettes": "/kit/etiquettes?classe=4A",
    "parametres": "/parametres",
    "modifier": "/modifier",
    "essai": "/essai",
}
"""Pages of the class's campaign, by the names of their screenshots."""
OTHERS = {
    "campagnes": "campagnes",
    "creer": "campagnes/creer",
    "sur-mesure": "campagnes/creer-sur-mesure",
    "eleves": "eleves",
    "certification": "certification?classe=4A",
    "equipe": "equipe",
    "conditions": "conditions",
    "eleve": "eleves/{learner}",
    "rattacher": "eleves/{learner}/rattachement",
    "demandes": "eleves/rattachements",
    "classe-a-imprimer": "eleves/classe?classe=4A",
    "selection": "selection/{selection}",
    "selection-creer": "selection/{selection}/creer",
    "activite-du-cours": "activites/{activity}",
}
OF_THE_HEAD = {
    "comptes": "eleves/rattachements/comptes",
    "importer": "eleves/importer",
    "imports": "eleves/imports",
    "journal": "eleves/journal",
    "connexions": "connexions",
}
TEACHERS_PAGES = (*OF_A_CAMPAIGN, *OTHERS)
HEADS_PAGES = (*(name for name in TEACHERS_PAGES if not name.startswith("selection")), *OF_THE_HEAD)
"""A selection of content for a course is its teacher's own."""
WIDTHS = (320, 720, 800, 1000)
"""Pixels: a telephone, and the frames in which courses show an activity."""


@dataclass(frozen=True)
class Room:
    """Where the tool is served, the class's campaign, and a session's token of each member of staff."""

    url: str
    campaign_id: int
    participation_id: int
    learner_id: int
    selection_id: str
    activity_id: int
    tokens: dict[str, str]

    def address(self, name: str) -> str:
        """Where the page of that name is."""
        if name in OF_A_CAMPAIGN:
            path = OF_A_CAMPAIGN[name].format(participation=self.participation_id)
            return f"{self.url}/orga/campagnes/{self.campaign_id}{path}"
        path = (OTHERS | OF_THE_HEAD)[name]
        return f"{self.url}/orga/" + path.format(
            learner=self.learner_id, selection=self.selection_id, activity=self.activity_id
        )

    def enter(self, context: BrowserContext, name: str) -> Page:
        """That member of staff opens a page, as after a launch."""
        context.add_cookies([{"name": COOKIE, "value": self.tokens[name], "url": self.url}])
        return context.new_page()


@contextmanager
def staffroom(folder: Path) -> Iterator[Room]:
    """The school, while the block runs."""
    settings = Settings(
        base_url="http://127.0.0.1:8000",
        database_url=f"sqlite:///{folder / 'staff.sqlite3'}",
        secret_keys=("a-key-of-the-browser-tests-that-is-long-enough",),
        keys_dir=folder,
        allow_private_platforms=True,
    )
    database = Database(settings.database_url)
    database.upgrade()
    server = make_server("127.0.0.1", 0, create_app(settings), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with database.write() as session:
            room = _School(session, datetime.now(UTC)).fill(f"http://127.0.0.1:{server.port}")
        yield room
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        database.dispose()


class _School:
    """What is written into the database, all in one transaction."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now
        self.platform = Platform(
            key="ent",
            issuer="https://ent.example.fr",
            client_id="pix",
            auth_url="https://ent.example.fr/auth",
            token_url="https://ent.example.fr/token",
            jwks_url="https://ent.example.fr/jwks",
            created_at=now,
        )
        session.add(self.platform)
        session.flush()
        self.school = schools.add(session, "0250001A", "Collège du Pont", now)
        self.school.ent_url = "https://ent.example.fr"

    def fill(self, url: str) -> Room:
        other = schools.add(self.session, "0250002B", "Collège de la Rive", self.now)
        tokens = {
            TEACHER_: self._member(TEACHER_, "Fontaine", self.school, TEACHER),
            HEAD: self._member(HEAD, "Garnier", self.school, ADMINISTRATOR),
            STRANGER: self._member(STRANGER, "Besson", other, TEACHER),
        }
        owner = self.session.query(Person).filter_by(given_name=TEACHER_).one()
        head = self.session.query(Person).filter_by(given_name=HEAD).one()
        learners = [self._learner(number) for number in range(36)]
        counts = dict.fromkeys(("updated", "unchanged", "deactivated", "reactivated", "skipped"), 0)
        imported = {"added": len(learners), **counts}
        at = self.now - timedelta(days=30)
        self.session.add(Import(school_id=self.school.id, person_id=head.id, at=at, counts=imported))
        team.invite(self.session, self.school.id, TEACHER, "Paul Lambert", self.now, by=head.id)
        ready_made.ensure(self.session, self.school.id, self.now)
        campaign = campaigns.create(
            self.session,
            school_id=self.school.id,
            owner_id=owner.id,
            name="Mme Fontaine – 4A – découverte",
            title="Premiers pas avec Pix",
            landing_text="Bonne découverte !",
            target_profile="decouverte",
            now=self.now - timedelta(days=9),
        )
        campaign.divisions = ["4A"]
        for number, learner in enumerate(learners[:22]):
            self._take_part(campaign, learner, number)
        first = learners[0]
        participation = participations.of_campaign(self.session, campaign.id, first.id)
        assert participation
        selection_id, activity_id = self._course(owner)
        return Room(url, campaign.id, participation.id, first.id, selection_id, activity_id, tokens)

    def _course(self, teacher: Person) -> tuple[str, int]:
        """A course of hers: the selection of content that waits for her, and an activity without a campaign."""
        deployment = Deployment(platform_id=self.platform.id, deployment_id="1", created_at=self.now)
        self.session.add(deployment)
        self.session.flush()
        schools.assign(self.session, deployment.id, [self.school.id])
        course = Context(
            deployment_pk=deployment.id,
            platform_id=self.platform.id,
            context_id="technologie-4a",
            title="Technologie 4A",
            lineitems_url="https://ent.example.fr/lineitems",
            created_at=self.now,
        )
        self.session.add(course)
        self.session.flush()
        self.session.add(Member(context_pk=course.id, sub=teacher.sub, is_learner=False, seen_at=self.now))
        asked = DeepLinkingRequest(
            id="selection",
            platform_id=self.platform.id,
            deployment_pk=deployment.id,
            context_pk=course.id,
            person_id=teacher.id,
            return_url="https://ent.example.fr/cours/7/selection",
            created_at=self.now,
            accepts_several=True,
            accepts_line_item=True,
        )
        link = ResourceLink(
            deployment_pk=deployment.id,
            context_pk=course.id,
            resource_link_id="1",
            title="Pix en 4A",
            created_at=self.now,
        )
        self.session.add_all([asked, link])
        self.session.flush()
        return asked.id, link.id

    def _member(self, given_name: str, family_name: str, school: School, role: str) -> str:
        person = self._person(given_name, family_name)
        visits.note(self.session, person.id, school.id, self.now)
        if role == ADMINISTRATOR:
            staff.name_staff(self.session, person.id, school.id, role, self.now, by="profile")
        token = sessions.open_session(
            self.session,
            person_id=person.id,
            school_id=school.id,
            role=role,
            is_test=False,
            now=self.now,
            current_token=None,
        )
        assert token
        return token

    def _person(self, given_name: str, family_name: str) -> Person:
        person = Person(
            platform_id=self.platform.id,
            sub=f"sub {given_name} {family_name}",
            given_name=given_name,
            family_name=family_name,
            created_at=self.now,
            launched_at=self.now,
        )
        self.session.add(person)
        self.session.flush()
        return person

    def _learner(self, number: int) -> Learner:
        learner = Learner(
            school_id=self.school.id,
            child_id=f"child-{number}",
            ine=f"{number:09}AA",
            last_name=LAST_NAMES[number % 8],
            first_name=FIRST_NAMES[number % 12],
            birthdate=date(2013, 5, 4),
            division=DIVISIONS[(number // 2) % 3],
            created_at=self.now,
            updated_at=self.now,
        )
        self.session.add(learner)
        self.session.flush()
        if number % 5:
            person = self._person(learner.first_name, f"{learner.last_name} {number}")
            self.session.add(
                Binding(
                    person_id=person.id,
                    platform_id=self.platform.id,
                    school_id=self.school.id,
                    learner_id=learner.id,
                    created_at=self.now,
                )
            )
        return learner

    def _take_part(self, campaign: Campaign, learner: Learner, number: int) -> None:
        began = self.now - timedelta(days=8 - number % 6)
        participation = participations.begin(self.session, campaign, ref(learner), began)
        if number % 7 == 3:
            return
        for position, item in enumerate(_questions(), 100):
            wrong = next(choice.id for choice in item.question.choices if not choice.right)
            answer = Answer(
                run_id=participation.run_id,
                position=position,
                item_id=item.id,
                skill_id=item.skill_id,
                response=to_json(Response(choices=(wrong,))) if number % 3 else None,
                right=number % 4 == 0,
                at=began,
            )
            self.session.add(answer)
        finish_run(self.session, participation.run_id, 1 + number % 10, began)
        for skill in bank().skills.values():
            if skill.level == 1 and int(skill.competence[0]) <= number % 6:
                element = KnowledgeElement(
                    child_id=learner.child_id, run_id=participation.run_id, skill_id=skill.id, at=began, direct=True
                )
                element.validated = True
                if skill.id not in campaign.skills:
                    self.session.add(element)
        self.session.flush()
        participations.finish(self.session, participation, began)
        if number % 7 != 5:
            participations.share(self.session, participation, began)


def _questions() -> list[Any]:
    """Three questions with one right choice among several."""
    return [item for item in bank().items.values() if item.question.kind == "choice"][:3]
