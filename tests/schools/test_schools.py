"""Schools are known by their UAI."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from lti_tool.schools import schools
from lti_tool.schools.models import DeploymentSchool
from lti_tool.schools.schools import SchoolError


@pytest.mark.parametrize(
    ("uai", "letter"),
    [
        pytest.param("0750655E", "E", id="a lycée in Paris"),
        pytest.param("0251234D", "F", id="a letter that does not fit"),
        pytest.param("0000000A", "A", id="zero"),
    ],
)
def test_control_letter(uai, letter):
    assert schools.control_letter(uai) == letter
    assert schools.control_letter_fits(uai) == uai.endswith(letter)


@pytest.mark.parametrize(
    ("uai", "zone"),
    [
        pytest.param("0251234F", "Europe/Paris", id="Doubs"),
        pytest.param("6200001A", "Europe/Paris", id="Corse-du-Sud"),
        pytest.param("9710001A", "America/Guadeloupe", id="Guadeloupe"),
        pytest.param("9720001A", "America/Martinique", id="Martinique"),
        pytest.param("9730001A", "America/Cayenne", id="Guyane"),
        pytest.param("9740001A", "Indian/Reunion", id="Réunion"),
        pytest.param("9760001A", "Indian/Mayotte", id="Mayotte"),
        pytest.param("9840001A", "Pacific/Tahiti", id="Polynésie"),
        pytest.param("9830001A", "Pacific/Noumea", id="Nouvelle-Calédonie"),
    ],
)
def test_time_zone(uai, zone):
    assert schools.time_zone_of(uai) == zone
    assert ZoneInfo(zone)


def test_a_school_is_found_however_its_uai_is_typed(world):
    school = schools.add(world.session, " 025 1234f", "  Collège   Jean-Rostand ", world.now)
    assert (school.uai, school.name) == ("0251234F", "Collège Jean-Rostand")
    assert schools.by_uai(world.session, "0251234f ").id == school.id
    with pytest.raises(SchoolError) as unknown:
        schools.by_uai(world.session, "0251235G")
    assert unknown.value.status == 404


@pytest.mark.parametrize(
    ("uai", "name", "code"),
    [
        pytest.param("025123F", "Collège", "UAI", id="six digits"),
        pytest.param("02512345", "Collège", "UAI", id="no letter"),
        pytest.param("٠251234F", "Collège", "UAI", id="digits of another script"),
        pytest.param("", "Collège", "UAI", id="nothing"),
        pytest.param("0251235G", "  ", "ETAB", id="no name"),
        pytest.param("0251234F", "Collège", "UAI_CONNU", id="known already"),
    ],
)
def test_refused(world, uai, name, code):
    world.school()
    with pytest.raises(SchoolError) as refused:
        schools.add(world.session, uai, name, world.now)
    assert refused.value.code == code
    assert len(schools.listing(world.session)) == 1


def test_a_deployment_serves_exactly_the_schools_assigned(world):
    one, two = world.school(), world.school("0251235G", "Lycée Pasteur")
    deployment = world.deployment(world.platform(), one)
    schools.assign(world.session, deployment.id, [two.id, two.id])
    assert world.session.scalars(select(DeploymentSchool.school_id)).all() == [two.id]
