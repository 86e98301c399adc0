"""The team, and who may do what: one table for each of (who, what)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from lti_tool.schools import staff
from lti_tool.schools.models import ADMINISTRATOR, PUPIL, TEACHER, Staff
from tests.web.conftest import Town
from tests.web.pages import Browser
from tests.web.staffroom import another_school, enter_as, made_by, participate

OWNER, COLLEAGUE, HEAD, STRANGER, CHILD = "owner", "colleague", "head", "another school", "pupil"
ALLOWED, NOT_ALLOWED, NOT_FOUND = "allowed", 403, 404
RIGHTS = {
    # what: (owner, colleague, head, another school's head, pupil)
    "GET /orga/campagnes/{id}": (ALLOWED, ALLOWED, ALLOWED, NOT_FOUND, NOT_ALLOWED),
    "GET /orga/campagnes/{id}/activite": (ALLOWED, ALLOWED, ALLOWED, NOT_FOUND, NOT_ALLOWED),
    "GET /orga/campagnes/{id}/resultats": (ALLOWED, ALLOWED, ALLOWED, NOT_FOUND, NOT_ALLOWED),
    "GET /orga/campagnes/{id}/resultats/{participation}": (ALLOWED, ALLOWED, ALLOWED, NOT_FOUND, NOT_ALLOWED),
    "GET /orga/campagnes/{id}/analyse": (ALLOWED, ALLOWED, ALLOWED, NOT_FOUND, NOT_ALLOWED),
    "GET /orga/campagnes/{id}/kit": (ALLOWED, ALLOWED, ALLOWED, NOT_FOUND, NOT_ALLOWED),
    "POST /orga/campagnes/{id}/resultats.csv": (ALLOWED, ALLOWED, ALLOWED, NOT_FOUND, NOT_ALLOWED),
    "POST /orga/campagnes/{id}/duplication": (ALLOWED, ALLOWED, ALLOWED, NOT_FOUND, NOT_ALLOWED),
    "GET /orga/campagnes/{id}/modifier": (ALLOWED, NOT_ALLOWED, ALLOWED, NOT_FOUND, NOT_ALLOWED),
    "POST /orga/campagnes/{id}/modifier": (ALLOWED, NOT_ALLOWED, ALLOWED, NOT_FOUND, NOT_ALLOWED),
    "POST /orga/campagnes/{id}/classes": (ALLOWED, NOT_ALLOWED, ALLOWED, NOT_FOUND, NOT_ALLOWED),
    "POST /orga/campagnes/{id}/archivage": (ALLOWED, NOT_ALLOWED, ALLOWED, NOT_FOUND, NOT_ALLOWED),
    "POST /orga/campagnes/{id}/suppression": (ALLOWED, NOT_ALLOWED, ALLOWED, NOT_FOUND, NOT_ALLOWED),
    "GET /orga/equipe": (ALLOWED, ALLOWED, ALLOWED, ALLOWED, NOT_ALLOWED),
    "POST /orga/equipe/invitations": (NOT_ALLOWED, NOT_ALLOWED, ALLOWED, ALLOWED, NOT_ALLOWED),
    "POST /orga/equipe/ent": (NOT_ALLOWED, NOT_ALLOWED, ALLOWED, ALLOWED, NOT_ALLOWED),
    "POST /orga/equipe/{owner}/administrateur": (NOT_ALLOWED, NOT_ALLOWED, ALLOWED, NOT_FOUND, NOT_ALLOWED),
}
WHO = (OWNER, COLLEAGUE, HEAD, STRANGER, CHILD)


@pytest.mark.parametrize(
    ("what", "who", "expected"),
    [
        pytest.param(what, who, expected, id=f"{who}: {what}")
        for what, row in RIGHTS.items()
        for who, expected in zip(WHO, row, strict=True)
    ],
)
def test_who_may_do_what(browser: Browser, town: Town, what: str, who: str, expected: object) -> None:
    owner = enter_as(town, browser, name="Olive")  # has come, so is in the team
    campaign = made_by(town, owner, "La sienne")
    participation = participate(town, campaign, town.learner("Ana", "Noël"), validated=5)
    token = _enter(town, browser, who, owner)
    method, _, path = what.partition(" ")
    path = path.format(id=campaign.id, participation=participation, owner=owner)

    answer = browser.client.open(path, method=method, data={"jeton": token, "confirmation": "1"})

    if expected == ALLOWED:
        assert answer.status_code in (200, 303, 409, 422)
    else:
        assert answer.status_code == expected


def _enter(town: Town, browser: Browser, who: str, owner: int) -> str:
    """That person is in the browser; the token of their forms."""
    if who == CHILD:
        town.enter(browser, town.pupil("Eva", "Roux"), PUPIL)
        return str(browser.get("/campagnes").root.xpath('//input[@name="jeton"]/@value')[0])
    if who == OWNER:
        town.enter(browser, owner, TEACHER)
    else:
        there = town
        if who == STRANGER:
            there = Town(town.database, town.platform_id, another_school(town), town.now)
        enter_as(there, browser, TEACHER if who == COLLEAGUE else ADMINISTRATOR, name=who.title())
    return str(browser.get("/orga/campagnes/creer").form("Créer la campagne").fields["jeton"])


class TestTheTeam:
    def test_who_came_is_listed_with_their_role(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser, name="Marc")
        head = enter_as(town, browser, ADMINISTRATOR, "Hélène")
        _named(town, head)

        page = browser.get("/orga/equipe")

        lines = [" ".join(tr.text_content().split()) for tr in page.root.xpath("//table[1]/tbody/tr")]
        assert lines[0].startswith("Hélène Fontaine (vous) Administrateur")
        assert lines[1].startswith("Marc Fontaine Enseignant l’ENT 23 novembre 2026")
        assert "Il vaut mieux être au moins deux administrateurs." in page.text

    def test_the_last_administrator_cannot_leave_until_another_is_named(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser, name="Marc")
        head = enter_as(town, browser, ADMINISTRATOR, "Hélène")
        _named(town, head)
        refused = browser.press(browser.get("/orga/equipe"), "Quitter mon rôle")
        assert (refused.status, refused.code) == (409, "DERNIER_ADMIN")

        browser.press(browser.get("/orga/equipe"), "Nommer administrateur : Marc Fontaine")
        browser.press(browser.get("/orga/equipe"), "Quitter mon rôle")

        with town.database.read() as session:
            assert session.scalars(select(Staff.person_id).where(Staff.role == ADMINISTRATOR)).one() != head

    def test_an_invitation_is_shown_once_sent_again_and_cancelled(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser, ADMINISTRATOR)
        page = browser.press(browser.get("/orga/equipe"), "Inviter", {"destinataire": "Mme Roy"})
        (first,) = page.root.xpath('//*[@class="code-big"]/text()')
        assert "Mme Roy" in page.text
        assert first not in browser.get("/orga/equipe").text

        again = browser.press(browser.get("/orga/equipe"), "Renvoyer : Mme Roy")

        (second,) = again.root.xpath('//*[@class="code-big"]/text()')
        assert second != first
        cancelled = browser.press(browser.get("/orga/equipe"), "Annuler l’invitation : Mme Roy")
        assert "Mme Roy" not in cancelled.text

    def test_an_invitation_that_ran_out_is_not_pending(self, browser: Browser, town: Town) -> None:
        with town.database.write() as session:
            staff.invite(session, town.school_id, TEACHER, town.now - staff.GOOD_FOR - timedelta(days=1))
        enter_as(town, browser, ADMINISTRATOR)

        assert "Invitations en attente" not in browser.get("/orga/equipe").text

    @pytest.mark.parametrize(
        "typed", ["ent", "javascript:alert(1)", "ftp://a.fr", "https://", "http://[", "https://a b"]
    )
    def test_what_is_no_address_is_told(self, browser: Browser, town: Town, typed: str) -> None:
        enter_as(town, browser, ADMINISTRATOR)

        page = browser.press(browser.get("/orga/equipe"), "Enregistrer l’adresse", {"ent_url": typed})

        assert page.status == 422
        assert "Indiquez l’adresse complète" in page.text

    def test_the_conditions_are_accepted_once(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser)
        asked = browser.get(browser.get("/orga/campagnes").link("Lire et accepter"))

        done = browser.press(asked, "J’accepte les conditions d’utilisation")

        assert "Avant de commencer" not in done.text
        assert "Vous avez accepté ces conditions." in browser.get("/orga/conditions").text


def _named(town: Town, person_id: int) -> None:
    with town.database.write() as session:
        staff.name_staff(session, person_id, town.school_id, ADMINISTRATOR, town.now, by="profile")
