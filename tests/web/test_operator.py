"""The operator's way in, and what only the operator does: activation, deployments, the doctor's page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from lti_tool.assessment import reports, runs
from lti_tool.lti import platforms
from lti_tool.lti.models import ACTIVE, PENDING, SUSPENDED, Deployment, LaunchFailure, Platform
from lti_tool.schools import connections, operators
from lti_tool.schools.models import ADMINISTRATOR, AuditLine, DeploymentSchool
from lti_tool.web.operator import COOKIE
from lti_tool.web.toolbox import Toolbox
from tests.lti.registrar import Registrar
from tests.platform.payloads import LTI
from tests.platform.server import FakePlatform
from tests.web.conftest import Town, platform_of
from tests.web.launches import Gate
from tests.web.pages import Browser, Page
from tests.web.staffroom import enter_as


@pytest.fixture
def registrar(platform: FakePlatform) -> Registrar:
    return Registrar(platform)


@pytest.fixture
def link(town: Town) -> str:
    with town.database.write() as session:
        return f"/operateur/entree/{operators.make_link(session, town.now)[0]}"


@pytest.fixture
def operator(browser: Browser, link: str) -> Browser:
    assert browser.press(browser.get(link), "Entrer").status == 200
    return browser


def invite(town: Town, uai: str | None = None) -> str:
    with town.database.write() as session:
        return connections.invite(session, uai, town.now)[0]


def register(browser: Browser, town: Town, registrar: Registrar, uai: str | None = None) -> Page:
    query = {"openid_configuration": registrar.url, "registration_token": registrar.token()}
    path = f"/lti/register/{invite(town, uai)}"
    return Page(browser.client.get(path, query_string=query), path)


def registered(town: Town, registrar: Registrar) -> Platform:
    with town.database.read() as session:
        return session.scalars(select(Platform).where(Platform.issuer == registrar.platform.issuer)).one()


def gate(town: Town, registrar: Registrar, client: FlaskClient) -> Gate:
    with town.database.read() as session:
        record = platforms.find(session, registered(town, registrar).id)
    return Gate(registrar.platform, record, client, town)


def test_the_link_opens_once_and_within_the_hour(town: Town, browser: Browser, link: str) -> None:
    door = browser.get(link)
    assert browser.press(door, "Entrer").heading == "Plateformes"
    assert browser.get("/operateur").status == 200
    again = browser.press(door, "Entrer")
    assert (again.status, again.code) == (401, "OPERATEUR")


def test_looking_at_the_link_spends_nothing(browser: Browser, link: str) -> None:
    """As what scans messages for links does, before anybody reads them."""
    for _ in range(2):
        assert browser.get(link).status == 200
    assert browser.client.head(link).status_code == 200
    assert browser.get("/operateur").status == 401
    assert browser.press(browser.get(link), "Entrer").status == 200


def test_a_link_that_is_too_old_opens_nothing(town: Town, browser: Browser) -> None:
    with town.database.write() as session:
        secret, _ = operators.make_link(session, town.now - timedelta(hours=1))
    assert browser.press(browser.get(f"/operateur/entree/{secret}"), "Entrer").status == 401
    assert browser.client.get_cookie(COOKIE, path="/operateur") is None


def test_the_session_is_the_operator_s_alone(town: Town, operator: Browser) -> None:
    cookie = operator.client.get_cookie(COOKIE, path="/operateur")
    assert cookie is not None
    assert (cookie.secure, cookie.http_only, cookie.same_site, cookie.path) == (True, True, "Lax", "/operateur")
    assert operator.get("/orga/campagnes").status == 401, "it opens nothing of a school"
    policy = operator.get("/operateur").response.headers["Content-Security-Policy"]
    assert "https://ent.example.fr" not in policy, "no platform frames it"


@pytest.mark.parametrize("path", ["/operateur", "/operateur/plateformes/1", "/operateur/questions"])
def test_nobody_else_gets_in(town: Town, browser: Browser, path: str) -> None:
    assert browser.get(path).status == 401
    enter_as(town, browser, ADMINISTRATOR)
    assert browser.get(path).status == 401


def test_a_form_without_its_token_does_nothing(town: Town, operator: Browser) -> None:
    answer = operator.client.post(f"/operateur/plateformes/{town.platform_id}/suspension", data={"jeton": "x"})
    assert answer.status_code == 403
    with town.database.read() as session:
        assert session.get_one(Platform, town.platform_id).status == ACTIVE


def test_leaving_ends_the_session(operator: Browser) -> None:
    operator.press(operator.get("/operateur"), "Quitter")
    assert operator.get("/operateur").status == 401


def test_the_list_is_cut_by_the_database_and_begins_with_those_that_wait(town: Town, operator: Browser) -> None:
    with town.database.write() as session:
        for number in range(60):
            session.add(platform_of(f"https://lms-{number:02}.example.fr", town.now))
        session.flush()
        waiting, unknown = session.scalars(select(Platform).order_by(Platform.id.desc()).limit(2))
        waiting.status = PENDING
        row = {"reason": "DEPLOYMENT_UNKNOWN", "deployment_id": "7", "times": 1, "last_at": town.now}
        session.add(LaunchFailure(platform_id=unknown.id, **row))

    pages = [operator.get(f"/operateur?page={number}") for number in (1, 2, 3)]

    listed = [page.root.xpath("//tbody//th/a/text()") for page in pages]
    assert [len(each) for each in listed] == [25, 25, 11]
    assert listed[0][:3] == ["https://lms-59.example.fr", "https://lms-58.example.fr", "https://ent.example.fr"]
    assert len({issuer for page in listed for issuer in page}) == 61
    assert pages[0].link("Page suivante").endswith("page=2")
    assert operator.get("/operateur?page=99").root.xpath("//tbody//th/a/text()") == listed[2]


def test_an_invitation_is_shown_once(town: Town, operator: Browser) -> None:
    page = operator.press(operator.get("/operateur"), "Créer l’invitation", {"uai": "0250001A"})
    assert "http://127.0.0.1:8000/lti/register/" in page.text
    assert "0250001A" in page.text


def test_a_platform_registers_is_activated_and_launches(
    town: Town, operator: Browser, registrar: Registrar, client: FlaskClient
) -> None:
    page = register(operator, town, registrar)
    assert page.heading == "Votre plateforme est enregistrée"
    platform_id = registered(town, registrar).id
    assert gate(town, registrar, client).log_in().status_code == 403, "pending: nobody comes in"

    page = operator.get(f"/operateur/plateformes/{platform_id}")
    assert "Il ne sert encore aucun établissement" in page.text
    page = operator.press(page, "Enregistrer les établissements", {"etablissement": str(town.school_id)})
    page = operator.press(page, "Activer la plateforme")
    assert page.status == 200

    registrar.platform.deployment_id = "7"
    assert gate(town, registrar, client).enter().headers["Location"].endswith("/campagnes")


def test_an_unknown_deployment_is_offered_and_approved_in_one_click(
    town: Town, operator: Browser, registrar: Registrar, client: FlaskClient
) -> None:
    register(operator, town, registrar)
    platform_id = registered(town, registrar).id
    with town.database.write() as session:
        platforms.set_status(session, platform_id, ACTIVE)
    registrar.platform.deployment_id = "12"
    for _ in range(3):
        assert gate(town, registrar, client).enter().status_code == 403
    with town.database.read() as session:
        assert session.scalars(select(Deployment.deployment_id)).all() == ["7"], "never accepted silently"

    page = operator.get(f"/operateur/plateformes/{platform_id}")
    assert "Déploiement 12, inconnu 3 lancements en sont venus" in page.text
    page = operator.press(page, "Autoriser ce déploiement")

    assert "inconnu" not in page.text
    assert "Collège du Pont" in page.text
    assert gate(town, registrar, client).enter().status_code == 303


def test_what_an_attacker_makes_up_is_not_offered(
    town: Town, operator: Browser, registrar: Registrar, client: FlaskClient
) -> None:
    """A deployment is read off a token only once the platform's signature was verified."""
    register(operator, town, registrar)
    platform_id = registered(town, registrar).id
    with town.database.write() as session:
        platforms.set_status(session, platform_id, ACTIVE)
    entrance = gate(town, registrar, client)
    attempt = entrance.attempt()
    attempt.claims[LTI + "deployment_id"] = "made-up"
    attempt.token = attempt.id_token[:-8] + "AAAAAAAA"
    assert entrance.post(attempt).status_code == 401

    page = operator.get(f"/operateur/plateformes/{platform_id}")
    assert "made-up" not in page.text
    assert "Refus L25" in page.text


def test_suspension_ends_sessions(town: Town, operator: Browser) -> None:
    person = town.person()
    token = town.token(person)
    page = operator.get(f"/operateur/plateformes/{town.platform_id}")
    operator.press(page, "Suspendre la plateforme")
    with town.database.read() as session:
        assert session.get_one(Platform, town.platform_id).status == SUSPENDED
    operator.client.set_cookie("passerelle", token)
    assert operator.get("/campagnes").status == 401


def test_addresses_elsewhere_are_confirmed_first(town: Town, operator: Browser, registrar: Registrar) -> None:
    registrar.configuration["jwks_uri"] = "https://keys.elsewhere.example/jwks"
    registrar.publish()
    register(operator, town, registrar)
    path = f"/operateur/plateformes/{registered(town, registrar).id}"

    page = operator.press(operator.get(path), "Activer la plateforme")
    assert (page.status, page.code) == (400, "ADRESSES")
    assert "keys.elsewhere.example" in page.text
    assert registered(town, registrar).status == PENDING
    operator.press(operator.get(path), "Activer la plateforme", {"adresses": "1"})
    assert registered(town, registrar).status == ACTIVE


@pytest.mark.parametrize("sent", [{}, {"etablissement": "999"}, {"etablissement": "x"}, {"uai": "0259999Z"}], ids=str)
def test_a_deployment_serves_schools_that_exist(town: Town, operator: Browser, sent: dict[str, str]) -> None:
    form = operator.get("/operateur").form("Quitter")
    data = {"jeton": form.fields["jeton"], "deploiement": "1", **sent}
    answer = operator.client.post(f"/operateur/plateformes/{town.platform_id}/deploiements", data=data)
    assert answer.status_code in (400, 404)
    with town.database.read() as session:
        assert session.scalars(select(Deployment)).all() == []


def test_the_doctor_says_what_is_wrong(town: Town, operator: Browser, registrar: Registrar, toolbox: Toolbox) -> None:
    register(operator, town, registrar)
    page = operator.get(f"/operateur/plateformes/{registered(town, registrar).id}")
    registrar.platform.tool_jwks = toolbox.keyring.public_jwks

    page = operator.press(page, "Examiner la connexion")

    assert "La plateforme attend d’être activée." in page.text
    assert "Clés publiques Bon Nombre de clés qui conviennent : 1." in page.text
    assert "La plateforme nous donne un jeton pour ses services." in page.text
    assert "Aucun lancement n’a encore abouti." in page.text


# The administrators of the school that the invitation named


def test_the_named_school_s_administrator_activates(
    town: Town, browser: Browser, registrar: Registrar, client: FlaskClient
) -> None:
    register(browser, town, registrar, "0250001A")
    enter_as(town, browser, ADMINISTRATOR)
    page = browser.get("/orga/connexions")
    assert registrar.platform.issuer in page.text
    browser.press(page, "Activer la plateforme")
    assert registered(town, registrar).status == ACTIVE

    registrar.platform.deployment_id = "7"
    assert gate(town, registrar, client).enter().status_code == 303, "the deployment serves the named school"


def test_the_named_school_s_administrator_approves_a_deployment_for_that_school_only(
    town: Town, browser: Browser, registrar: Registrar, client: FlaskClient
) -> None:
    register(browser, town, registrar, "0250001A")
    with town.database.write() as session:
        platforms.set_status(session, registered(town, registrar).id, ACTIVE)
    registrar.platform.deployment_id = "12"
    assert gate(town, registrar, client).enter().status_code == 403
    person = enter_as(town, browser, ADMINISTRATOR)

    browser.press(browser.get("/orga/connexions"), "Autoriser le déploiement 12")

    with town.database.read() as session:
        served = session.execute(
            select(Deployment.deployment_id, DeploymentSchool.school_id).join(
                Deployment, Deployment.id == DeploymentSchool.deployment_pk
            )
        ).all()
        approved = session.scalars(select(AuditLine).where(AuditLine.action == "deployment.approved")).one()
    assert set(served) == {("7", town.school_id), ("12", town.school_id)}
    assert approved.person_id == person


def test_an_administrator_of_another_school_sees_and_does_nothing(
    town: Town, browser: Browser, registrar: Registrar
) -> None:
    register(browser, town, registrar)
    enter_as(town, browser, ADMINISTRATOR)
    page = browser.get("/orga/connexions")
    assert registrar.platform.issuer not in page.text
    form = browser.get("/orga/eleves/importer").form("Vérifier le fichier")
    path = f"/orga/connexions/{registered(town, registrar).id}"
    for action in ("activation", "deploiements"):
        answer = browser.client.post(f"{path}/{action}", data={"jeton": form.fields["jeton"], "deploiement": "7"})
        assert answer.status_code == 404
    assert registered(town, registrar).status == PENDING


def test_what_the_operator_suspended_stays_so(town: Town, browser: Browser, registrar: Registrar) -> None:
    register(browser, town, registrar, "0250001A")
    platform_id = registered(town, registrar).id
    with town.database.write() as session:
        platforms.set_status(session, platform_id, SUSPENDED)
    enter_as(town, browser, ADMINISTRATOR)
    form = browser.get("/orga/eleves/importer").form("Vérifier le fichier")
    answer = browser.client.post(f"/orga/connexions/{platform_id}/activation", data={"jeton": form.fields["jeton"]})
    assert answer.status_code == 403
    assert registered(town, registrar).status == SUSPENDED


# The page in the platform's frame


def test_the_frame_is_told_to_close_at_its_exact_origin(town: Town, browser: Browser, registrar: Registrar) -> None:
    page = register(browser, town, registrar)
    (script,) = page.root.xpath("//script")
    assert script.get("data-origins") == registrar.platform.issuer
    policy = page.response.headers["Content-Security-Policy"]
    assert f"frame-ancestors 'self' {registrar.platform.issuer}" in policy
    assert "script-src 'self';" in policy


def test_a_refused_registration_is_a_page_in_the_frame(town: Town, browser: Browser, registrar: Registrar) -> None:
    query = {"openid_configuration": registrar.url}
    page = Page(browser.client.get("/lti/register/nothing", query_string=query), "")
    assert (page.status, page.code) == (404, "R50")
    assert registrar.platform.issuer in page.response.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "given",
    [
        "",
        "javascript:alert(1)",
        "https://a.fr; script-src *",
        "https://a.fr;sandbox",
        "https://a.fr,b",
        "'unsafe-inline'",
    ],
)
def test_no_policy_is_injected(town: Town, browser: Browser, given: str) -> None:
    answer = browser.client.get("/lti/register/nothing", query_string={"openid_configuration": given})
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert not any(word in policy for word in ("*", "unsafe", "sandbox", ","))


class TestReportedQuestions:
    ITEM = "moteur-de-recherche-1-a"

    @pytest.fixture
    def said(self, town: Town) -> str:
        words = "<b>Il manque un mot.</b>"
        with town.database.write() as session:
            run = runs.start(session, child_id="x", skills=["a"], length=1, seed=1, now=town.now)
            reports.report(session, run.id, self.ITEM, "autre", words, town.now)
            reports.report(session, run.id, "withdrawn-1-a", "affichage", "", town.now)
        return words

    def test_they_are_read_with_what_pupils_say(self, operator: Browser, said: str) -> None:
        home = operator.get("/operateur")
        page = operator.get(home.link("2 questions signalées par des élèves"))

        assert page.heading == "Questions signalées"
        assert said in page.text
        assert "Autre chose. 1 fois" in page.text
        assert f"lti-tool items try {self.ITEM}" in page.text
        assert "Cette question n’est plus dans la banque." in page.text

    def test_one_that_was_read_again_leaves_the_list(self, operator: Browser, said: str) -> None:
        page = operator.get("/operateur/questions")
        for item in (self.ITEM, "withdrawn-1-a"):
            page = operator.press(page, f"Question relue : {item}")

        assert "Aucune question n’est signalée." in page.text
        assert "signalée" not in operator.get("/operateur").text

    def test_anything_else_erases_nothing(self, operator: Browser, said: str) -> None:
        page = operator.get("/operateur/questions")
        for last in ("", "x", "0001-01-01", "2026-11-22T00:00:00", "9" * 40):
            operator.press(page, f"Question relue : {self.ITEM}", {"dernier": last})

        assert said in operator.get("/operateur/questions").text
