"""A child who changes schools under the same ENT: known at the first launch there, and nothing of before is shown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from lti_tool.campaigns.models import Participation
from lti_tool.lti.models import Person
from lti_tool.schools import schools
from lti_tool.schools.models import ADMINISTRATOR, Binding, Learner
from tests.platform.payloads import LTI
from tests.platform.server import FakePlatform
from tests.web.conftest import Town
from tests.web.launches import Gate, open_gate
from tests.web.pages import Browser
from tests.web.staffroom import enter_as, made_by, participate

OLD, NEW = "0250001A", "0250002B"


@pytest.fixture
def gate(town: Town, platform: FakePlatform, client: FlaskClient) -> Gate:
    return open_gate(town, platform, client, NEW, uai_param="uai")


@pytest.fixture
def there(town: Town, gate: Gate) -> Town:
    """The new school."""
    with town.database.read() as session:
        return replace(town, school_id=schools.by_uai(session, NEW).id)


def launch(gate: Gate, uai: str) -> None:
    answer = gate.enter(**{LTI + "custom": {"uai": uai}})
    assert answer.status_code == 303


@pytest.fixture
def moved(town: Town, there: Town, gate: Gate) -> tuple[int, int]:
    """The child's two lines; they sent results in the old school."""
    launch(gate, OLD)
    old = town.learner("Chloé", "Garnier")
    with town.database.read() as session:
        person_id = session.scalars(select(Person.id)).one()
    town.bind(person_id, old)
    participate(town, made_by(town, None, "Rentrée de l’ancien collège"), old, validated=7)
    new = there.learner("Chloé", "Garnier")
    with town.database.write() as session:
        session.execute(update(Learner).where(Learner.id == new).values(child_id="child-new"))
    return old, new


def test_is_known_without_being_asked_and_starts_afresh(
    gate: Gate, there: Town, browser: Browser, moved: tuple[int, int]
) -> None:
    old, new = moved
    campaign = made_by(there, None, "Rentrée du nouveau collège")

    launch(gate, NEW)

    page = browser.get(f"/campagnes/{campaign.code}")
    assert page.has_button("Je commence"), page.text
    with there.database.read() as session:
        bound = set(session.scalars(select(Binding.learner_id)))
        children = set(session.scalars(select(Learner.child_id)))
        made = session.scalars(select(Participation.learner_id)).all()
    assert bound == {old, new}
    assert len(children) == 1
    assert made == [old]
    assert "ancien collège" not in browser.get("/campagnes").text


def test_the_new_school_s_staff_see_where_it_comes_from_and_no_result(
    gate: Gate, there: Town, browser: Browser, moved: tuple[int, int]
) -> None:
    old, new = moved
    launch(gate, NEW)
    enter_as(there, browser, ADMINISTRATOR)

    page = browser.get(f"/orga/eleves/{new}")
    assert "Rattachement repris d’un autre établissement" in page.text
    assert "Cet élève n’a encore commencé aucune campagne." in page.text
    assert "ancien collège" not in page.text
    assert browser.get(f"/orga/eleves/{old}").status == 404
    assert "Rattachement repris d’un autre établissement" in browser.get("/orga/eleves/journal").text


def test_an_import_alone_binds_nobody(there: Town, moved: tuple[int, int]) -> None:
    with there.database.read() as session:
        assert list(session.scalars(select(Binding.learner_id))) == [moved[0]]
