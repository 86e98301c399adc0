"""The team: who came, who is administrator, invitations, the ENT's address, the conditions of use."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from lti_tool.schools import staff
from lti_tool.schools.models import ADMINISTRATOR, TEACHER, Staff, StaffInvitation
from lti_tool.settings import Settings
from lti_tool.web import create_app
from lti_tool.web.security import COOKIE, PARTITIONED_COOKIE
from lti_tool.web.toolbox import Toolbox
from tests.mailserver import mail_server
from tests.web.conftest import Town
from tests.web.pages import Browser
from tests.web.staffroom import enter_as


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

    def test_an_invitation_by_mail_brings_the_code(
        self, browser: Browser, town: Town, toolbox: Toolbox, settings: Settings
    ) -> None:
        enter_as(town, browser, ADMINISTRATOR, "Hélène")
        with mail_server() as server:
            app = create_app(toolbox=replace(toolbox, settings=replace(settings, smtp_url=server.url)))
            posted = _same_person(browser, app)
            page = posted.press(
                posted.get("/orga/equipe"), "Inviter", {"destinataire": "roy@ac-x.fr, Noel@ac-x.fr;roy@ac-x.fr"}
            )
            again = posted.press(posted.get("/orga/equipe"), "Renvoyer : roy@ac-x.fr")

        assert [message["To"] for message in server.received] == ["roy@ac-x.fr", "noel@ac-x.fr", "roy@ac-x.fr"]
        assert "L’invitation est partie à roy@ac-x.fr." in page.text
        assert not page.root.xpath('//*[@class="code-big"]')
        assert "L’invitation est partie à roy@ac-x.fr." in again.text
        text = server.received[2].get_content()
        assert "Hélène Fontaine vous invite" in text
        assert "Collège du Pont" in text
        assert "http" not in text
        (code,) = re.findall(r"code d’invitation : (\S+)", text)
        with town.database.read() as session:
            hashes = session.scalars(select(StaffInvitation.code_hash)).all()
        assert len(hashes) == 2
        assert staff.code_hash(code) in hashes

    @pytest.mark.parametrize("typed", ["roy@ac-x.fr", "Mme Roy"])
    def test_what_no_mail_brings_is_shown(
        self, browser: Browser, town: Town, toolbox: Toolbox, settings: Settings, typed: str
    ) -> None:
        enter_as(town, browser, ADMINISTRATOR)
        with mail_server(refuses=True) as server:
            app = create_app(toolbox=replace(toolbox, settings=replace(settings, smtp_url=server.url)))
            posted = _same_person(browser, app)
            page = posted.press(posted.get("/orga/equipe"), "Inviter", {"destinataire": typed})

        assert page.root.xpath('//*[@class="code-big"]')
        assert ("n’est pas parti" in page.text) is (typed == "roy@ac-x.fr")

    def test_too_many_at_once_are_refused_and_stay_typed(self, browser: Browser, town: Town) -> None:
        enter_as(town, browser, ADMINISTRATOR)
        typed = ", ".join(f"p{number}@ac-x.fr" for number in range(21))

        page = browser.press(browser.get("/orga/equipe"), "Inviter", {"destinataire": typed})

        assert page.status == 422
        assert "Invitez 20 personnes au plus à la fois." in page.text
        assert page.form("Inviter").fields["destinataire"] == typed

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


def _same_person(browser: Browser, app: Flask) -> Browser:
    """The person of that browser, before another process of the same tool."""
    client = app.test_client()
    for name in (COOKIE, PARTITIONED_COOKIE):
        found = browser.client.get_cookie(name)
        assert found
        client.set_cookie(name, found.value)
    return Browser(client)


def _named(town: Town, person_id: int) -> None:
    with town.database.write() as session:
        staff.name_staff(session, person_id, town.school_id, ADMINISTRATOR, town.now, by="profile")
