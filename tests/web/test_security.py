"""Who may open a page and send a form, and the headers that every answer carries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from lti_tool.campaigns.models import Participation
from lti_tool.lti.models import SUSPENDED, Platform
from lti_tool.schools.models import ADMINISTRATOR, GUEST, PUPIL, TEACHER, WebSession
from lti_tool.settings import Settings
from lti_tool.web import create_app, security
from lti_tool.web.security import COOKIE, PARTITIONED_COOKIE
from lti_tool.web.toolbox import Toolbox
from tests.web.conftest import Town, platform_of
from tests.web.pages import Browser

PUPIL_PAGES = ["/campagnes", "/campagnes/ABCDEF234", "/profil", "/parcours/1", "/parcours/1/resultats"]


def policy(response: Response) -> dict[str, list[str]]:
    """The content security policy, by directive."""
    directives = (each.split() for each in response.headers["Content-Security-Policy"].split(";"))
    return {name: sources for name, *sources in directives}


class TestWhoMayOpenAPage:
    @pytest.mark.parametrize("path", PUPIL_PAGES)
    def test_nobody_is_told_to_come_from_the_ent(self, browser: Browser, town: Town, path: str) -> None:
        response = browser.client.get(path)

        assert response.status_code == 401
        assert "Code : <code>SESSION</code>" in response.text
        assert "rouvrez Pix depuis votre ENT" in response.text

    @pytest.mark.parametrize("role", [TEACHER, ADMINISTRATOR, GUEST])
    @pytest.mark.parametrize("path", PUPIL_PAGES)
    def test_other_roles_are_refused(self, browser: Browser, town: Town, path: str, role: str) -> None:
        town.enter(browser, town.person(), role)

        response = browser.client.get(path)

        assert response.status_code == 403
        assert "Code : <code>ACCES</code>" in response.text

    def test_a_session_ends_after_twelve_hours(self, browser: Browser, town: Town, pupil: int) -> None:
        with town.database.write() as session:
            session.execute(update(WebSession).values(expires_at=town.now - timedelta(seconds=1)))

        assert browser.get("/campagnes").status == 401

    def test_a_suspended_platforms_people_are_nobody(self, browser: Browser, town: Town, pupil: int) -> None:
        with town.database.write() as session:
            session.execute(update(Platform).values(status=SUSPENDED))

        assert browser.get("/campagnes").status == 401

    @pytest.mark.parametrize("cookie", [COOKIE, PARTITIONED_COOKIE])
    def test_either_cookie_is_enough(self, browser: Browser, pupil: int, cookie: str) -> None:
        browser.client.delete_cookie(cookie)

        assert browser.get("/campagnes").status == 200

    def test_two_that_disagree_are_nobody(self, browser: Browser, town: Town, pupil: int) -> None:
        browser.client.set_cookie(PARTITIONED_COOKIE, town.token(town.pupil("Hélène", "Besson")))

        assert browser.get("/campagnes").status == 401


class TestForms:
    def test_a_forgotten_tab_cannot_act_as_the_next_pupil(self, browser: Browser, town: Town, pupil: int) -> None:
        forgotten = browser.get(f"/campagnes/{town.campaign().code}")
        town.enter(browser, town.pupil("Hélène", "Besson"))

        page = browser.press(forgotten, "Je commence")

        assert page.status == 403
        assert page.code == "FORMULAIRE"
        assert "a été ouverte par quelqu’un d’autre, ou a expiré" in page.text
        with town.database.read() as session:
            assert session.scalar(select(func.count()).select_from(Participation)) == 0

    @pytest.mark.parametrize("jeton", ["", "0" * 32, "é"])
    def test_a_form_of_elsewhere_is_refused(self, browser: Browser, town: Town, pupil: int, jeton: str) -> None:
        response = browser.client.post("/campagnes", data={"code": town.campaign().code, "jeton": jeton})

        assert response.status_code == 403
        assert "<code>FORMULAIRE</code>" in response.text

    def test_a_form_made_before_a_change_of_key_still_counts(
        self, browser: Browser, town: Town, pupil: int, settings: Settings, clock: Callable[[], datetime]
    ) -> None:
        page = browser.get(f"/campagnes/{town.campaign().code}")
        (token,) = page.root.xpath('//input[@name="jeton"]/@value')
        keys = ("a-newer-secret-key-of-the-tests-long-enough", *settings.secret_keys)
        renewed = create_app(toolbox=Toolbox.build(replace(settings, secret_keys=keys), clock)).test_client()
        for name in (COOKIE, PARTITIONED_COOKIE):
            cookie = browser.client.get_cookie(name)
            assert cookie is not None
            renewed.set_cookie(name, cookie.value)

        assert renewed.post(page.path, data={"jeton": token}).status_code == 303

    def test_a_form_has_a_size(self, browser: Browser, pupil: int) -> None:
        response = browser.client.post("/campagnes", data={"code": "A" * (security.FORM_LIMIT + 1)})

        assert response.status_code == 413
        assert "Ce que vous envoyez est trop gros." in response.text


class TestHeaders:
    def test_nothing_inline_nothing_from_elsewhere(self, browser: Browser, pupil: int) -> None:
        sources = policy(browser.get("/campagnes").response)

        assert sources["default-src"] == ["'none'"]
        assert sources["script-src"] == sources["style-src"] == sources["form-action"] == ["'self'"]
        assert sources["base-uri"] == ["'none'"]
        assert not any("unsafe" in source for each in sources.values() for source in each)

    def test_only_the_sessions_platform_frames_its_pages(self, browser: Browser, town: Town, pupil: int) -> None:
        with town.database.write() as session:
            session.add(platform_of("https://other.example.fr", town.now))

        sources = policy(browser.get("/campagnes").response)

        assert sources["frame-ancestors"] == ["'self'", "https://ent.example.fr"]

    def test_an_ent_that_frames_the_platform_may_too(
        self, client: FlaskClient, settings: Settings, clock: Callable[[], datetime]
    ) -> None:
        framed = replace(settings, frame_ancestors=("https://portail.example.fr",), base_url="https://pix.example.fr")

        response = create_app(toolbox=Toolbox.build(framed, clock)).test_client().get("/campagnes")

        assert policy(response)["frame-ancestors"] == ["'self'", "https://portail.example.fr"]
        assert response.headers["Strict-Transport-Security"]

    @pytest.mark.parametrize("path", ["/campagnes", "/nowhere", "/static/nothing.css", "/healthz"])
    def test_no_answer_is_kept_sniffed_or_referred_to(self, client: FlaskClient, path: str) -> None:
        headers = client.get(path).headers

        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"

    def test_files_are_kept_until_they_change(self, client: FlaskClient, browser: Browser, pupil: int) -> None:
        (href,) = browser.get("/campagnes").root.xpath('//link[@rel="stylesheet"]/@href')

        response = client.get(href)

        assert "?v=" in href
        assert "immutable" in response.headers["Cache-Control"]
        assert response.mimetype == "text/css"

    def test_no_page_asks_anything_of_a_third_party(self, browser: Browser, pupil: int) -> None:
        addresses = browser.get("/campagnes").root.xpath("//@src | //@href | //@action | //@srcset")

        assert addresses
        assert all(each.startswith(("/", "#")) and not each.startswith("//") for each in addresses)


class TestTheSessionsCookies:
    def test_two_of_them_that_no_script_reads(self, app: Flask) -> None:
        with app.test_request_context():
            response = Response()
            security.set_session(response, "token")

        headers = [header.split("; ") for header in response.headers.getlist("Set-Cookie")]
        attributes = {first: {each for each in rest if not each.startswith("Expires=")} for first, *rest in headers}
        both = {"Secure", "HttpOnly", "SameSite=None", "Path=/", f"Max-Age={12 * 60 * 60}"}
        assert attributes == {f"{COOKIE}=token": both, f"{PARTITIONED_COOKIE}=token": both | {"Partitioned"}}


def test_a_view_without_its_guard_has_nobody(app: Flask) -> None:
    with app.test_request_context(), pytest.raises(security.NobodyError):
        security.current()


def test_a_pupils_role_is_the_only_one_on_pupils_pages(app: Flask) -> None:
    """The guard stands on the blueprint, so that no page of it can forget it."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith(("/campagnes", "/parcours", "/profil"))]

    assert len(rules) > 10
    assert {rule.endpoint.partition(".")[0] for rule in rules} == {"pupil", "parcours", "profile", "training"}
    assert PUPIL == "pupil"
