"""Deep linking responses as the certification wants them (D2–D6), answered once by who asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from lti_tool.lti import deep_linking
from lti_tool.lti.deep_linking import Item, ItemLineItem, SelectionError
from lti_tool.lti.keys import KeyRing
from lti_tool.lti.refusals import LaunchRefused, Reason
from tests.lti.desk import Desk
from tests.platform.payloads import DL, LTI

ITEM = Item(
    title='Rentrée "4e" <b>',
    url="http://127.0.0.1:8000/lti/launch",
    text="Un parcours",
    custom={"campagne": "ABCDEF123"},
    line_item=ItemLineItem(label="Rentrée", score_maximum=100.0, resource_id="ABCDEF123", tag="pix"),
)


def ask(desk: Desk, **settings: object) -> tuple[str, int]:
    """A teacher selects content; returns the request's id and the teacher's."""
    attempt = desk.attempt("deep_linking", sub="sub-claire")
    given = attempt.claims[DL + "deep_linking_settings"]
    given.update({name: value for name, value in settings.items() if value is not None})
    for name, value in settings.items():
        if value is None:
            del given[name]
    launch, recorded = desk.launch(attempt)
    with desk.verifier.database.write() as session:
        return deep_linking.open_request(session, launch, recorded, desk.now), recorded.person_id


def answer(
    desk: Desk, keyring: KeyRing, items: list[Item], **settings: object
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of the response."""
    request_id, person_id = ask(desk, **settings)
    with desk.verifier.database.write() as session:
        request = deep_linking.find_request(session, request_id, person_id, desk.now)
        text = deep_linking.answer(session, request, items, keyring, desk.now)
    token = jwt.decode(text, KeySet.import_key_set(keyring.public_jwks()), algorithms=["RS256"])
    return dict(token.header), token.claims


def test_a_response_has_all_that_the_platform_checks(desk: Desk, keyring: KeyRing, now: datetime) -> None:
    header, claims = answer(desk, keyring, [ITEM])
    assert header["alg"] == "RS256"
    assert header["kid"] == keyring.public_jwks()["keys"][0]["kid"]
    assert claims["iss"] == desk.platform.client_id
    assert claims["aud"] == desk.platform.issuer
    assert claims["iat"] == int(now.timestamp())
    assert claims["exp"] == claims["iat"] + 300
    assert len(claims["nonce"]) > 20
    assert claims[LTI + "message_type"] == "LtiDeepLinkingResponse"
    assert claims[LTI + "version"] == "1.3.0"
    assert claims[LTI + "deployment_id"] == "1"
    assert claims[DL + "data"] == "opaque=42&x=<é>"
    assert claims[DL + "content_items"] == [
        {
            "type": "ltiResourceLink",
            "title": 'Rentrée "4e" <b>',
            "text": "Un parcours",
            "url": "http://127.0.0.1:8000/lti/launch",
            "custom": {"campagne": "ABCDEF123"},
            "lineItem": {
                "scoreMaximum": 100,
                "label": "Rentrée",
                "resourceId": "ABCDEF123",
                "tag": "pix",
                "submissionReview": {"reviewableStatus": ["InProgress", "Submitted", "Completed"]},
            },
        }
    ]


@pytest.mark.parametrize(("data", "given_back"), [(None, False), ("", True), ("x", True)])
def test_data_comes_back_if_and_only_if_it_came(
    desk: Desk, keyring: KeyRing, data: str | None, given_back: bool
) -> None:
    _, claims = answer(desk, keyring, [ITEM], data=data)
    assert (DL + "data" in claims) is given_back
    assert claims.get(DL + "data") == data


def test_no_column_is_wanted_of_a_platform_that_makes_none(desk: Desk, keyring: KeyRing) -> None:
    _, claims = answer(desk, keyring, [ITEM], accept_lineitem=False)
    assert "lineItem" not in claims[DL + "content_items"][0]
    _, claims = answer(desk, keyring, [ITEM], accept_lineitem=None)
    assert "lineItem" in claims[DL + "content_items"][0]


def test_nothing_chosen_is_an_answer_too(desk: Desk, keyring: KeyRing) -> None:
    _, claims = answer(desk, keyring, [])
    assert claims[DL + "content_items"] == []


def test_several_items_only_where_several_are_taken(desk: Desk, keyring: KeyRing) -> None:
    _, claims = answer(desk, keyring, [ITEM, ITEM])
    assert len(claims[DL + "content_items"]) == 2
    with pytest.raises(ValueError, match="one item"):
        answer(desk, keyring, [ITEM, ITEM], accept_multiple="false")


def test_an_item_without_extras_has_no_empty_members(desk: Desk, keyring: KeyRing) -> None:
    _, claims = answer(desk, keyring, [Item(title="Pix", url="http://127.0.0.1:8000/lti/launch")])
    (item,) = claims[DL + "content_items"]
    assert set(item) == {"type", "title", "url"}


@pytest.mark.parametrize(
    ("types", "taken"),
    [
        (["ltiResourceLink"], True),
        (["link", "ltiResourceLink", "html"], True),
        ("ltiResourceLink", False),
        (["link", "file"], False),
        ([], False),
        (None, False),
    ],
)
def test_a_platform_that_takes_no_activity_is_told_so_before_anything_is_chosen(
    desk: Desk, types: object, taken: bool
) -> None:
    if taken:
        ask(desk, accept_types=types)
        return
    with pytest.raises(LaunchRefused) as caught:
        ask(desk, accept_types=types)
    assert caught.value.status == 400
    assert caught.value.reason in (Reason.DEEP_LINKING_SETTINGS_WRONG, Reason.CLAIM_MALFORMED)


def test_a_request_is_answered_once(desk: Desk, keyring: KeyRing) -> None:
    request_id, person_id = ask(desk)
    with desk.verifier.database.write() as session:
        request = deep_linking.find_request(session, request_id, person_id, desk.now)
        deep_linking.answer(session, request, [ITEM], keyring, desk.now)
        with pytest.raises(SelectionError):
            deep_linking.answer(session, request, [ITEM], keyring, desk.now)
    with desk.verifier.database.read() as session, pytest.raises(SelectionError):
        deep_linking.find_request(session, request_id, person_id, desk.now)


def test_a_request_is_its_teacher_s_for_twelve_hours(desk: Desk, keyring: KeyRing) -> None:
    request_id, person_id = ask(desk)
    with desk.verifier.database.read() as session:
        deep_linking.find_request(session, request_id, person_id, desk.now + timedelta(hours=12))
        for who, when, which in (
            (person_id + 1, desk.now, request_id),
            (person_id, desk.now + timedelta(hours=12, seconds=1), request_id),
            (person_id, desk.now, "another"),
        ):
            with pytest.raises(SelectionError):
                deep_linking.find_request(session, which, who, when)
