"""Login, authorization request and id_token, with Moodle's refusals (`facts/moodle.md` "Login and launch")."""

import json

import pytest
import requests
from joserfc import jws

from lti_tool.demo.people import PEOPLE, person_by_login

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
PERSON = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#"
MEMBER = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
PUPIL = "chloe.nguyen"
MEDIACENTRE = "/lancement/mediacentre"


def post_back(world, login, fields):
    """What the ENT posts to the tool for this authorization request, by this person's browser."""
    answer = world.browser(login).get("/oidc/auth", params=fields)
    assert answer.status == 200
    action, posted = answer.form("authorization-response")
    assert action == world.tool.launch_url
    return posted


def request_of(world, login, path=MEDIACENTRE):
    """A browser with a started login, and the authorization request that answers it."""
    browser = world.browser(login)
    return browser, world.tool.authorization_request(world.start(browser, path))


def test_a_click_starts_a_login_at_the_tool_with_what_moodle_sends(world):
    action, fields = world.browser(PUPIL).get(MEDIACENTRE).form("login-initiation")
    assert action == world.tool.origin + "/lti/login"
    assert json.loads(fields.pop("lti_message_hint"))
    assert fields == {
        "iss": world.url,
        "target_link_uri": world.tool.launch_url,
        "login_hint": person_by_login(PUPIL).sub,
        "client_id": "demo-client",
        "lti_deployment_id": "1",
    }


def test_the_mediacentre_launches_without_a_course(world):
    claims = world.launch(PUPIL, MEDIACENTRE)
    assert claims[CLAIM + "message_type"] == "LtiResourceLinkRequest"
    assert claims[CLAIM + "version"] == "1.3.0"
    assert claims[CLAIM + "resource_link"]["id"] == "mediacentre-pix"
    assert claims[CLAIM + "roles"] == [PERSON + "Student"]
    assert claims[CLAIM + "custom"] == {"uai": "0251234F", "profil": "National_elv"}
    assert (claims["given_name"], claims["family_name"], claims["name"]) == (
        "Chloé",
        "Nguyen",
        "Chloé Nguyen",
    )
    assert claims[CLAIM + "tool_platform"]["product_family_code"] == "demo-ent"
    assert CLAIM + "context" not in claims
    assert AGS not in claims
    assert NRPS not in claims
    assert "2012" not in json.dumps(claims), "a birthdate is never sent"


def test_the_id_token_lives_sixty_seconds_and_names_its_key(world):
    browser, query = request_of(world, PUPIL)
    _action, posted = browser.get("/oidc/auth", params=query).form("authorization-response")
    claims = world.claims(posted["id_token"])
    assert claims["exp"] - claims["iat"] == 60
    assert claims["iss"] == world.url
    assert claims["aud"] == "demo-client"
    assert claims["nonce"] == query["nonce"]
    assert posted["state"] == query["state"]
    header = jws.extract_compact(posted["id_token"].encode()).headers()
    (key,) = requests.get(world.url + "/oidc/jwks.json", timeout=10).json()["keys"]
    assert (header["alg"], header["kid"]) == ("RS256", key["kid"])
    assert set(key) == {"kty", "n", "e", "kid", "alg", "use"}


@pytest.mark.parametrize("person", [pytest.param(person, id=person.login) for person in PEOPLE])
def test_everybody_can_open_the_mediacentre_with_their_own_profile(world, person):
    claims = world.launch(person.login, MEDIACENTRE)
    assert claims["sub"] == person.sub
    assert claims[CLAIM + "roles"] == list(person.institution_roles)
    assert claims[CLAIM + "custom"]["profil"] == person.profile


def test_an_activity_launches_with_its_course_and_services(world):
    activity = world.activity()
    claims = world.launch(PUPIL, f"/lancement/activite/{activity}?cible=iframe")
    assert claims[CLAIM + "roles"] == [MEMBER + "Learner", PERSON + "Student"]
    assert claims[CLAIM + "context"]["title"] == "Technologie 4e A"
    assert claims[CLAIM + "resource_link"]["title"] == "Parcours 4e"
    assert claims[CLAIM + "custom"]["campaign"] == "ABC"
    assert claims[CLAIM + "custom"]["uai"] == "0251234F"
    assert claims[CLAIM + "launch_presentation"] == {
        "locale": "fr",
        "document_target": "iframe",
        "return_url": world.url + "/retour/technologie-4a",
    }
    assert claims[AGS]["lineitems"] == world.url + "/ags/technologie-4a/lineitems?type_id=1"
    assert claims[AGS]["lineitem"].endswith("/lineitem?type_id=1")
    assert claims[NRPS]["context_memberships_url"] == world.url + "/nrps/technologie-4a/members"


def test_a_teacher_is_instructor_in_the_course(world):
    activity = world.activity()
    claims = world.launch("claire.fontaine", f"/lancement/activite/{activity}")
    assert claims[CLAIM + "roles"][0] == MEMBER + "Instructor"
    assert claims[CLAIM + "launch_presentation"]["document_target"] == "window"


def test_without_a_column_no_line_item_is_named(world):
    activity = world.activity(maximum=None)
    claims = world.launch(PUPIL, f"/lancement/activite/{activity}")
    assert "lineitem" not in claims[AGS]


def test_an_activity_cannot_change_the_tools_own_parameters(world):
    item = {
        "type": "ltiResourceLink",
        "title": "Pix",
        "custom": {"uai": "0000000A", "profil": "National_dir", "Ma clé": "$Context.title", "b": "$Nobody"},
    }
    world.select("claire.fontaine", "technologie-4a", [item])
    custom = world.launch("claire.fontaine", "/lancement/activite/1")[CLAIM + "custom"]
    assert custom == {
        "uai": "0251234F",
        "profil": "National_ens",
        "Ma clé": "Technologie 4e A",
        "ma_cl_": "Technologie 4e A",
        "b": "$Nobody",
    }


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        pytest.param({"scope": "openid profile"}, "invalid_scope", id="more than openid"),
        pytest.param({"scope": None}, "invalid_scope", id="no scope"),
        pytest.param({"response_mode": "query"}, "invalid_request", id="response_mode"),
        pytest.param({"response_mode": None}, "invalid_request", id="no response_mode"),
        pytest.param({"prompt": "login"}, "invalid_request", id="prompt"),
        pytest.param({"prompt": None}, "invalid_request", id="no prompt"),
        pytest.param({"nonce": None}, "invalid_request", id="no nonce"),
        pytest.param({"response_type": "code"}, "unsupported_response_type", id="response_type"),
        pytest.param({"response_type": 'é"'}, "unsupported_response_type", id="odd response_type"),
        pytest.param({"lti_message_hint": "{}"}, "invalid_request", id="altered hint"),
        pytest.param({"lti_message_hint": None}, "invalid_request", id="no hint"),
        pytest.param({"login_hint": "ent-98b2d4c6"}, "access_denied", id="somebody else"),
        pytest.param({"login_hint": None}, "access_denied", id="nobody"),
    ],
)
def test_errors_are_posted_back_with_the_state(world, changes, error):
    browser, query = request_of(world, PUPIL)
    answer = browser.get("/oidc/auth", params=query | changes)
    action, posted = answer.form("authorization-response")
    assert action == world.tool.launch_url
    assert (posted["error"], posted["state"]) == (error, query["state"])
    assert "id_token" not in posted


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"client_id": "other"}, id="client"),
        pytest.param({"redirect_uri": "https://evil.example/"}, id="foreign redirect"),
        pytest.param({"redirect_uri": None}, id="no redirect"),
        pytest.param({"redirect_uri": "javascript:alert(1)"}, id="script"),
    ],
)
def test_an_unknown_client_or_address_gets_a_page_and_nothing_is_sent(world, changes):
    browser, query = request_of(world, PUPIL)
    answer = browser.get("/oidc/auth", params=query | changes)
    assert answer.status == 400
    assert "Connexion refusée" in answer.text
    assert not answer.all("//form[@id='authorization-response']")


def test_a_redirect_uri_must_match_to_the_letter(world):
    browser, query = request_of(world, PUPIL)
    answer = browser.get("/oidc/auth", params=query | {"redirect_uri": query["redirect_uri"] + "?a=b"})
    assert answer.status == 400


def test_a_hint_is_spent_once(world):
    browser, query = request_of(world, PUPIL)
    browser.get("/oidc/auth", params=query)
    _action, posted = browser.get("/oidc/auth", params=query | {"nonce": "another"}).form("authorization-response")
    assert posted["error"] == "invalid_request"


def test_a_nonce_is_spent_once(world):
    browser, query = request_of(world, PUPIL)
    browser.get("/oidc/auth", params=query)
    again = world.tool.authorization_request(world.start(browser, MEDIACENTRE))
    _action, posted = browser.get("/oidc/auth", params=again | {"nonce": query["nonce"]}).form("authorization-response")
    assert posted["error"] == "invalid_request"


def test_a_login_started_by_one_pupil_does_not_serve_another(world):
    _browser, query = request_of(world, PUPIL)
    other = person_by_login("hugo.martin")
    posted = post_back(world, "hugo.martin", query | {"login_hint": other.sub})
    assert posted["error"] == "access_denied"


def test_without_a_session_the_request_is_repeated_by_the_ent_then_refused(world):
    _browser, query = request_of(world, PUPIL)
    nobody = world.browser()
    action, repeated = nobody.get("/oidc/auth", params=query).form("authorization-response")
    assert action == world.url + "/oidc/auth"
    assert repeated == query | {"repost": "1"}
    _action, posted = nobody.post("/oidc/auth", repeated).form("authorization-response")
    assert posted["error"] == "login_required"


def test_the_repeated_request_with_a_session_launches(world):
    browser, query = request_of(world, PUPIL)
    _action, posted = browser.post("/oidc/auth", query | {"repost": "1"}).form("authorization-response")
    assert world.claims(posted["id_token"])["sub"] == person_by_login(PUPIL).sub


def test_an_activity_deleted_meanwhile_is_an_error_posted_back(world):
    activity = world.activity()
    browser, query = request_of(world, PUPIL, f"/lancement/activite/{activity}")
    world.browser("claire.fontaine").post(f"/activites/{activity}/supprimer")
    _action, posted = browser.get("/oidc/auth", params=query).form("authorization-response")
    assert posted["error"] == "invalid_request"
