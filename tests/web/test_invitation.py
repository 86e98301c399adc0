"""Whoever has no known role reads so, sees nothing of the school, and may type a staff code."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from lti_tool.schools import staff
from lti_tool.schools.models import ADMINISTRATOR, GUEST, PUPIL, TEACHER, Staff
from lti_tool.web.security import COOKIE
from tests.web.conftest import Town
from tests.web.pages import Browser, Page
from tests.web.staffroom import another_school


def code_for(town: Town, role: str = TEACHER, school_id: int | None = None) -> str:
    with town.database.write() as session:
        return staff.invite(session, school_id or town.school_id, role, town.now)


def type_code(browser: Browser, code: str) -> Page:
    return browser.press(browser.get("/invitation"), "Valider le code", {"code": code})


def named(town: Town) -> int:
    with town.database.read() as session:
        return session.scalar(select(func.count()).select_from(Staff)) or 0


@pytest.fixture
def guest(town: Town, browser: Browser) -> int:
    person_id = town.person("Sam", "Visiteur")
    town.enter(browser, person_id, GUEST)
    return person_id


@pytest.mark.usefixtures("guest")
class TestAGuest:
    def test_reads_that_the_role_is_unknown_and_nothing_of_the_school(self, browser: Browser) -> None:
        page = browser.get("/invitation")

        assert page.status == 200
        assert "Votre ENT ne nous dit pas si vous êtes élève ou enseignant." in page.heading
        assert "Collège du Pont" not in page.response.text
        assert not page.root.xpath("//nav")

    @pytest.mark.parametrize("role", [TEACHER, ADMINISTRATOR])
    def test_becomes_staff_by_a_code_however_it_is_typed(self, browser: Browser, town: Town, role: str) -> None:
        before = browser.client.get_cookie(COOKIE)

        page = type_code(browser, f" {code_for(town, role).lower().replace('-', ' ')} ")

        assert page.path == "/orga/campagnes"
        assert page.status == 200
        after = browser.client.get_cookie(COOKIE)
        assert before is not None
        assert after is not None
        assert before.value != after.value
        assert browser.get("/orga/eleves/importer").status == (200 if role == ADMINISTRATOR else 403)

    def test_a_code_is_good_once(self, browser: Browser, town: Town) -> None:
        code = code_for(town)
        type_code(browser, code)
        town.enter(browser, town.person("Zoé", "Autre"), GUEST)

        page = type_code(browser, code)

        assert page.status == 422
        assert "n’est pas valable" in page.text

    @pytest.mark.parametrize("code", ["", "ABCD-EFGH-2345", "<b>", "x" * 10_000, "\x00"])
    def test_a_wrong_code_is_told_beside_the_field(self, browser: Browser, town: Town, code: str) -> None:
        page = type_code(browser, code)

        assert page.status == 422
        assert page.root.xpath('//*[@id="erreurs"]//a/@href') == ["#code"]
        assert named(town) == 0

    def test_another_schools_code_opens_nothing(self, browser: Browser, town: Town) -> None:
        page = type_code(browser, code_for(town, school_id=another_school(town)))

        assert page.status == 422
        assert named(town) == 0

    def test_a_forged_form_names_nobody(self, browser: Browser, town: Town) -> None:
        response = browser.client.post("/invitation", data={"code": code_for(town)})

        assert response.status_code == 403
        assert named(town) == 0


def test_a_teacher_becomes_administrator_by_a_code(browser: Browser, town: Town) -> None:
    town.enter(browser, town.person("Claire", "Fontaine"), TEACHER)

    page = type_code(browser, code_for(town, ADMINISTRATOR))

    assert page.path == "/orga/campagnes"
    assert browser.get("/orga/eleves/importer").status == 200


def test_a_pupil_never(browser: Browser, town: Town) -> None:
    town.enter(browser, town.pupil(), PUPIL)

    assert (browser.get("/invitation").status, browser.get("/invitation").code) == (403, "ACCES")


def test_who_is_bound_as_a_learner_takes_no_code_whatever_the_launch_said(browser: Browser, town: Town) -> None:
    town.enter(browser, town.pupil(), GUEST)

    page = type_code(browser, code_for(town))

    assert (page.status, page.code) == (403, "INVITATION_ELEVE")
    assert named(town) == 0


def test_nobody_gets_401(browser: Browser, town: Town) -> None:
    assert browser.get("/invitation").status == 401
