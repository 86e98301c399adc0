"""Who may do what in the staff's space: every address and every form of it, tried on everybody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import select

from lti_tool.database import Base
from lti_tool.grades.models import LineItem
from lti_tool.lti.models import RegistrationInvitation
from lti_tool.schools import staff
from lti_tool.schools.binding import Why
from lti_tool.schools.models import (
    ADMINISTRATOR,
    GUEST,
    PUPIL,
    TEACHER,
    Import,
    InvitationSchool,
    StaffInvitation,
    Upload,
    WebSession,
)
from lti_tool.schools.sessions import find, form_owner
from lti_tool.schools.uploads import State
from lti_tool.web.security import COOKIE, CSRF_FIELD, PARTITIONED_COOKIE
from lti_tool.web.toolbox import EXTENSION, Toolbox
from tests.web.conftest import Town
from tests.web.pages import Browser
from tests.web.staffroom import activity, another_school, course, grade, made_by, participate, selection

OWNER, COLLEAGUE, HEAD, STRANGER = "the owner", "a colleague", "the head", "the head of another school"
CHILD, GUEST_, NOBODY, PREVIEW = "a pupil", "somebody without a role", "nobody", "a test user"
STAFF = (OWNER, COLLEAGUE, HEAD, STRANGER)
OK = 200
"""Allowed: whatever the page then says of the form."""

ANYBODY = (OK, OK, OK, OK)
SCHOOL = (OK, OK, OK, 404)
CHANGES = (OK, 403, OK, 404)
HEADS_OWN = (403, 403, OK, OK)
HEADS = (403, 403, OK, 404)
PERSONAL = (OK, 404, 404, 404)
NO_FILE = (404, 404, 404, 404)  # the first question has none
RIGHTS: Mapping[str, tuple[int, int, int, int]] = {
    # what: (the owner, a colleague, the head, the head of another school)
    "GET /orga": ANYBODY,
    "GET /orga/campagnes": ANYBODY,
    "GET /orga/campagnes/{campaign_id}": SCHOOL,
    "GET /orga/campagnes/{campaign_id}/parametres": SCHOOL,
    "POST /orga/campagnes/{campaign_id}/archivage": CHANGES,
    "POST /orga/campagnes/{campaign_id}/reactivation": CHANGES,
    "GET /orga/campagnes/creer": ANYBODY,
    "POST /orga/campagnes/creer": ANYBODY,
    "GET /orga/campagnes/creer-sur-mesure": ANYBODY,
    "POST /orga/campagnes/creer-sur-mesure": ANYBODY,
    "GET /orga/campagnes/{campaign_id}/modifier": CHANGES,
    "POST /orga/campagnes/{campaign_id}/modifier": CHANGES,
    "POST /orga/campagnes/{campaign_id}/duplication": SCHOOL,
    "POST /orga/campagnes/{campaign_id}/suppression": CHANGES,
    "GET /orga/campagnes/{campaign_id}/activite": SCHOOL,
    "POST /orga/campagnes/{campaign_id}/classes": CHANGES,
    "GET /orga/campagnes/{campaign_id}/resultats": SCHOOL,
    "GET /orga/campagnes/{campaign_id}/resultats/{participation_id}": SCHOOL,
    "GET /orga/campagnes/{campaign_id}/analyse": SCHOOL,
    "POST /orga/campagnes/{campaign_id}/resultats.{kind}": SCHOOL,
    "POST /orga/campagnes/resultats.{kind}": ANYBODY,
    "GET /orga/campagnes/{campaign_id}/essai": SCHOOL,
    "POST /orga/campagnes/{campaign_id}/essai": SCHOOL,
    "GET /orga/campagnes/{campaign_id}/essai/fichiers/{name}": NO_FILE,
    "GET /orga/essais/{profile_id}": ANYBODY,
    "POST /orga/essais/{profile_id}": ANYBODY,
    "GET /orga/essais/{profile_id}/fichiers/{name}": NO_FILE,
    "GET /orga/campagnes/{campaign_id}/kit": SCHOOL,
    "GET /orga/campagnes/{campaign_id}/kit/affiche": SCHOOL,
    "GET /orga/campagnes/{campaign_id}/kit/etiquettes": SCHOOL,
    "GET /orga/campagnes/{campaign_id}/notes": SCHOOL,
    "POST /orga/campagnes/{campaign_id}/notes/renvoi": SCHOOL,
    "POST /orga/campagnes/{campaign_id}/notes/comparaison": SCHOOL,
    "GET /orga/eleves": ANYBODY,
    "GET /orga/eleves/classe": ANYBODY,
    "GET /orga/eleves/{learner_id}": SCHOOL,
    "GET /orga/eleves/{learner_id}/rattachement": SCHOOL,
    "POST /orga/eleves/{learner_id}/rattachement": SCHOOL,
    "POST /orga/eleves/{learner_id}/detachement": SCHOOL,
    "GET /orga/eleves/rattachements": ANYBODY,
    "POST /orga/eleves/rattachements": ANYBODY,
    "GET /orga/eleves/rattachements/comptes": HEADS_OWN,
    "POST /orga/eleves/rattachements/comptes": HEADS_OWN,
    "POST /orga/eleves/rattachements/noms": HEADS_OWN,
    "GET /orga/eleves/importer": HEADS_OWN,
    "POST /orga/eleves/importer": HEADS_OWN,
    "GET /orga/eleves/importer/modele.csv": HEADS_OWN,
    "GET /orga/eleves/importer/{upload_id}": HEADS,
    "POST /orga/eleves/importer/{upload_id}/colonnes": HEADS,
    "POST /orga/eleves/importer/{upload_id}/confirmation": HEADS,
    "POST /orga/eleves/importer/{upload_id}/abandon": HEADS,
    "GET /orga/eleves/importer/{upload_id}/erreurs.csv": HEADS,
    "GET /orga/eleves/imports": HEADS_OWN,
    "GET /orga/eleves/imports/{import_id}": HEADS,
    "GET /orga/eleves/journal": HEADS_OWN,
    "GET /orga/certification": ANYBODY,
    "POST /orga/certification.{kind}": ANYBODY,
    "GET /orga/selection/{request_id}": PERSONAL,
    "POST /orga/selection/{request_id}": PERSONAL,
    "GET /orga/selection/{request_id}/creer": PERSONAL,
    "POST /orga/selection/{request_id}/creer": PERSONAL,
    "POST /orga/selection/{request_id}/annulation": PERSONAL,
    "GET /orga/activites/{resource_link_pk}": (OK, 404, OK, 404),
    "POST /orga/activites/{resource_link_pk}": (OK, 404, OK, 404),
    "GET /orga/equipe": ANYBODY,
    "POST /orga/equipe/invitations": HEADS_OWN,
    "POST /orga/equipe/invitations/{invitation_id}": HEADS,
    "POST /orga/equipe/{person_id}/administrateur": HEADS,
    "POST /orga/equipe/{person_id}/retrait": (OK, 403, OK, 404),
    "POST /orga/equipe/ent": HEADS_OWN,
    "GET /orga/conditions": ANYBODY,
    "POST /orga/conditions": ANYBODY,
    "GET /orga/connexions": HEADS_OWN,
    "POST /orga/connexions/{platform_id}/activation": HEADS,
    "POST /orga/connexions/{platform_id}/deploiements": HEADS,
}
PLACE, NAMED = re.compile(r"<(?:[^>:]*:)?([a-z_]+)>"), r"{\1}"


@dataclass(frozen=True)
class World:
    """Two schools, somebody of each kind, and one of everything that an address can name."""

    town: Town
    browser: Browser
    sessions: Mapping[str, str]
    places: Mapping[str, object]
    line_item_id: int

    def send(self, what: str, who: str, token: str | None = None) -> tuple[int, str]:
        """The status, and the page; the form is `who`'s own unless another token is given."""
        method, _, path = what.partition(" ")
        mine = self.sessions.get(who, "")
        for name in (COOKIE, PARTITIONED_COOKIE):
            self.browser.client.delete_cookie(name)
            if mine:
                self.browser.client.set_cookie(name, mine)
        data = {
            CSRF_FIELD: self.form_token(who) if token is None else token,
            "colonne": str(self.line_item_id),
            "confirmation": "1",
            "geste": "renvoyer",
            "deploiement": "no such deployment",
            "personne": str(self.places["child_id"]),
            "raison": Why.WRONG_PERSON.value,
        }
        sent = data if method == "POST" else None
        answer = self.browser.client.open(path.format(**self.places), method=method, data=sent)
        return answer.status_code, answer.get_data(as_text=True)

    def stored(self) -> dict[str, list[object]]:
        """Everything in the database."""
        with self.town.database.read() as session:
            return {
                table.name: [tuple(row) for row in session.execute(select(table))]
                for table in Base.metadata.sorted_tables
                if table.name != WebSession.__tablename__
            }

    def form_token(self, who: str) -> str:
        """What that person's forms hold."""
        toolbox: Toolbox = self.browser.client.application.extensions[EXTENSION]
        token = self.sessions.get(who, "")
        with self.town.database.read() as session:
            info = find(session, [token], self.town.now)
        return toolbox.vault.fingerprint(form_owner(info, token) if info else token, CSRF_FIELD)


@pytest.fixture
def world(town: Town, browser: Browser) -> World:
    people = {name: town.person(name, "Test") for name in (OWNER, COLLEAGUE, HEAD, STRANGER, GUEST_, PREVIEW)}
    there = Town(town.database, town.platform_id, another_school(town), town.now)
    owner, child, bound = people[OWNER], town.person("Eva", "Roux"), town.learner("Eva", "Roux")
    town.bind(child, bound)
    sessions = {
        OWNER: town.token(owner, TEACHER),
        COLLEAGUE: town.token(people[COLLEAGUE], TEACHER),
        HEAD: town.token(people[HEAD], ADMINISTRATOR),
        STRANGER: there.token(people[STRANGER], ADMINISTRATOR),
        CHILD: town.token(child, PUPIL),
        GUEST_: town.token(people[GUEST_], GUEST),
        PREVIEW: town.token(people[PREVIEW], TEACHER, is_test=True),
    }
    campaign = made_by(town, owner, "La sienne")
    learner = town.learner("Ana", "Noël")
    participation = participate(town, campaign, learner, validated=5)
    context = course(town, owner)
    link = activity(town, context)
    grade(town, campaign, link, learner, participation, state="waiting")
    with town.database.write() as session:
        staff.name_staff(session, owner, town.school_id, TEACHER, town.now, by="administrator")
        staff.name_staff(session, people[HEAD], town.school_id, ADMINISTRATOR, town.now, by="profile")
        staff.invite(session, town.school_id, TEACHER, town.now)
        invited = RegistrationInvitation(
            token_hash="hash", platform_id=town.platform_id, created_at=town.now, expires_at=town.now
        )
        session.add(invited)
        session.flush()
        session.add(InvitationSchool(invitation_id=invited.id, school_id=town.school_id))
        imported = Import(school_id=town.school_id, at=town.now, counts={})
        upload = Upload(
            school_id=town.school_id,
            person_id=people[HEAD],
            file_name="eleves.xml",
            size=1,
            state=State.CHECKED,
            created_at=town.now,
            updated_at=town.now,
        )
        session.add_all((imported, upload))
        session.flush()
        places = {
            "child_id": child,
            "learner_id": bound,
            "upload_id": upload.id,
            "import_id": imported.id,
            "campaign_id": campaign.id,
            "participation_id": participation,
            "person_id": owner,
            "platform_id": town.platform_id,
            "resource_link_pk": link,
            "kind": "csv",
            "profile_id": "decouverte",
            "name": "texte.txt",
            "invitation_id": session.scalars(select(StaffInvitation.id)).one(),
        }
        line_item_id = session.scalars(select(LineItem.id)).one()
    places["request_id"] = selection(town, owner, context).rpartition("/")[2]
    return World(town, browser, sessions, places, line_item_id)


def test_no_address_is_forgotten(app: Flask) -> None:
    found = {
        f"{method} {PLACE.sub(NAMED, rule.rule)}"
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/orga")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert found == set(RIGHTS)


def _expected(what: str) -> dict[str, int]:
    """Of each person, the status; `OK` for whoever is let in."""
    expected = dict(zip(STAFF, RIGHTS[what], strict=True)) | {CHILD: 403, GUEST_: 403, NOBODY: 401}
    return expected | {PREVIEW: 403 if what.startswith("POST") else expected[COLLEAGUE]}


@pytest.mark.parametrize("who", [*STAFF, CHILD, GUEST_, NOBODY, PREVIEW])
def test_who_reads_what_and_changes_nothing_that_is_not_theirs(world: World, who: str) -> None:
    expected = {what: _expected(what)[who] for what in RIGHTS}
    tried = {what: status for what, status in expected.items() if status != OK or what.startswith("GET")}
    before = world.stored()

    answers = {what: world.send(what, who) for what in tried}

    assert {what: OK if status == 302 else status for what, (status, _) in answers.items()} == tried
    assert not [what for what, (_, page) in answers.items() if tried[what] != OK and "La sienne" in page]
    assert world.stored() == before


@pytest.mark.parametrize("who", [OWNER, HEAD, STRANGER])
@pytest.mark.parametrize("token", ["", "forged", COLLEAGUE])
def test_a_forged_form_changes_nothing(world: World, who: str, token: str) -> None:
    before = world.stored()
    forms = [what for what in RIGHTS if what.startswith("POST")]
    given = world.form_token(token) if token == COLLEAGUE else token

    assert {what: world.send(what, who, given)[0] for what in forms} == dict.fromkeys(forms, 403)
    assert world.stored() == before


@pytest.mark.parametrize(
    ("what", "who"),
    [
        pytest.param(what, who, id=f"{who}: {what}")
        for what in RIGHTS
        for who, status in _expected(what).items()
        if status == OK and what.startswith("POST")
    ],
)
def test_who_may_send_a_form(world: World, what: str, who: str) -> None:
    assert world.send(what, who)[0] in (200, 303, 400, 409, 422)
