"""*Sélectionner du contenu*: the request, good answers, and answers that add nothing."""

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
TEACHER, COURSE = "claire.fontaine", "technologie-4a"
LINK = {"type": "ltiResourceLink", "title": "Parcours"}


def titles(world):
    page = world.browser(TEACHER).get(f"/cours/{COURSE}")
    return [link.text for link in page.all("//li[@data-activity]//h3/a")]


@pytest.fixture
def launch(world):
    return world.launch(TEACHER, f"/lancement/selection/{COURSE}?cible=iframe")


def test_the_request_says_what_may_be_chosen(world, launch):
    assert launch[CLAIM + "message_type"] == "LtiDeepLinkingRequest"
    settings = dict(launch[DL + "deep_linking_settings"])
    assert settings.pop("data")
    assert settings == {
        "deep_link_return_url": f"{world.url}/cours/{COURSE}/selection/retour",
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["iframe", "window"],
        "accept_multiple": True,
        "accept_lineitem": True,
        "auto_create": False,
    }
    assert CLAIM + "resource_link" not in launch
    assert "lineitem" not in launch[AGS]
    assert launch[CLAIM + "context"]["id"] == COURSE


def test_several_items_become_activities_with_the_columns_that_were_asked_for(world, launch):
    items = [
        LINK | {"lineItem": {"scoreMaximum": 20, "label": "Jamais montré"}},
        LINK | {"title": "Sans note", "url": world.tool.launch_url, "custom": {"a": "b"}},
    ]
    page = world.answer_selection(launch, world.tool.sign(world.tool.selection(launch, items)))
    assert page.status == 200
    assert "2 activités sont ajoutées" in page.text
    assert page.all("//a[@id='continue']/@href") == [f"/cours/{COURSE}?edition=1"]
    assert titles(world) == ["Parcours", "Sans note"]
    marks = world.browser(TEACHER).get(f"/cours/{COURSE}/notes")
    (column,) = marks.all("//th[@data-line-item]")
    assert (column.text.strip(), column.get("data-maximum")) == ("Parcours", "20.0")


def test_choosing_nothing_is_no_fault(world, launch):
    claims = world.tool.selection(launch, [], **{DL + "msg": "Vous n’avez rien choisi"})
    page = world.answer_selection(launch, world.tool.sign(claims))
    assert page.status == 200
    assert "Rien n’a été choisi" in page.text
    assert "Vous n’avez rien choisi" in page.text


def test_an_answer_counts_once(world, launch):
    token = world.tool.sign(world.tool.selection(launch, [LINK]))
    assert world.answer_selection(launch, token).status == 200
    assert world.answer_selection(launch, token).status == 400
    renewed = world.tool.sign(world.tool.selection(launch, [LINK]))
    assert world.answer_selection(launch, renewed).status == 400
    assert titles(world) == ["Parcours"]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"iss": "other"}, id="iss"),
        pytest.param({"aud": "https://other.example"}, id="aud"),
        pytest.param({"exp": 1}, id="expired"),
        pytest.param({"exp": None}, id="no exp"),
        pytest.param({"iat": None}, id="no iat"),
        pytest.param({"iat": 99999999999}, id="iat in the future"),
        pytest.param({"nonce": None}, id="no nonce"),
        pytest.param({CLAIM + "deployment_id": "2"}, id="deployment"),
        pytest.param({CLAIM + "message_type": "LtiResourceLinkRequest"}, id="message type"),
        pytest.param({CLAIM + "version": "1.1"}, id="version"),
        pytest.param({DL + "data": None}, id="no data"),
        pytest.param({DL + "data": "invented"}, id="data"),
        pytest.param({DL + "content_items": "x"}, id="no list"),
        pytest.param({DL + "content_items": [LINK, {"type": "html", "html": "<p>"}]}, id="other type"),
        pytest.param({DL + "content_items": [LINK | {"url": "https://evil.example/"}]}, id="foreign url"),
        pytest.param({DL + "content_items": [LINK | {"custom": {"a": 1}}]}, id="custom not text"),
        pytest.param({DL + "content_items": [LINK | {"title": ["x"]}]}, id="title not text"),
        pytest.param({DL + "content_items": [LINK | {"lineItem": {}}]}, id="no maximum"),
        pytest.param({DL + "content_items": [LINK | {"lineItem": {"scoreMaximum": 0}}]}, id="maximum 0"),
        pytest.param({DL + "content_items": [LINK | {"lineItem": {"scoreMaximum": 101}}]}, id="maximum 101"),
        pytest.param({DL + "content_items": [LINK | {"lineItem": {"scoreMaximum": 12.5}}]}, id="no whole"),
        pytest.param({DL + "content_items": [LINK | {"lineItem": {"scoreMaximum": "20"}}]}, id="text"),
    ],
)
def test_a_wrong_answer_adds_nothing_and_says_so(world, launch, changes):
    page = world.answer_selection(launch, world.tool.sign(world.tool.selection(launch, [LINK], **changes)))
    assert page.status == 400
    assert "Rien n’a été ajouté au cours" in page.text
    assert titles(world) == []


def test_signatures_that_prove_nothing_are_refused(world, launch):
    claims = world.tool.selection(launch, [LINK])
    stranger = RSAKey.generate_key(2048)
    tokens = [
        world.tool.sign(claims, key=stranger),
        world.tool.sign(claims, kid="unknown"),
        jwt.encode({"alg": "RS256"}, claims, world.tool.key),
        jwt.encode({"alg": "HS256", "kid": "tool-key"}, claims, OctKey.import_key("a" * 32)),
        "not a token",
        "",
    ]
    assert [world.answer_selection(launch, token).status for token in tokens] == [400] * len(tokens)
    assert titles(world) == []


def test_data_of_one_course_does_not_serve_another(world, launch):
    other = world.launch(TEACHER, "/lancement/selection/numerique-5e")
    token = world.tool.sign(world.tool.selection(launch, [LINK]))
    assert world.answer_selection(other, token).status == 400
