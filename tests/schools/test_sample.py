"""The file that the demo's head imports has every case that the story needs."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from lxml import etree

from lti_tool.demo.people import PEOPLE, SCHOOL_UAI
from lti_tool.schools import imports, matching, register, schools
from lti_tool.schools.models import Learner

SAMPLE = Path(__file__).parents[2] / "lti_tool/demo/data/ElevesSansAdresses.xml"


@pytest.fixture(scope="module")
def pupils():
    return etree.parse(SAMPLE).findall(".//ELEVE")


def test_it_is_encoded_as_it_declares():
    content = SAMPLE.read_bytes()
    assert content.startswith(b'<?xml version="1.0" encoding="ISO-8859-15"?>')
    text = content.decode("iso-8859-15")
    assert "CŒURDEVEY" in text
    assert "ç" in text.lower()


def test_it_is_the_ent_s_school():
    tree = etree.parse(SAMPLE)
    assert tree.findtext("PARAMETRES/UAJ") == SCHOOL_UAI
    assert schools.control_letter_fits(SCHOOL_UAI)
    assert tree.findtext("PARAMETRES/ANNEE_SCOLAIRE") == "2026"


def test_it_has_every_case(pupils):
    fields = [{child.tag: child.text for child in pupil} for pupil in pupils]
    assert any(pupil.get("NOM_USAGE") for pupil in fields)
    assert [pupil["DATE_SORTIE"] for pupil in fields if "DATE_SORTIE" in pupil if pupil["DATE_SORTIE"]] == [
        "16/10/2026"
    ]
    assert sum("DATE_SORTIE" in pupil and not pupil["DATE_SORTIE"] for pupil in fields) == 1
    assert sum("ID_NATIONAL" not in pupil for pupil in fields) == 1
    homonyms = Counter((p["PRENOM"], p["NOM_DE_FAMILLE"], p["DATE_NAISS"]) for p in fields)
    assert [count for count in homonyms.values() if count > 1] == [2]
    families = Counter((p["NOM_DE_FAMILLE"], p["DATE_NAISS"]) for p in fields)
    assert sum(count > 1 for count in families.values()) >= 3  # two pairs of twins, and the homonyms


def test_it_is_imported_and_the_ent_s_pupils_are_found(database, arrange, now):
    school = arrange(lambda world: world.school(SCHOOL_UAI))
    with SAMPLE.open("rb") as file:
        report = imports.import_file(database, school.id, file, now=now)

    assert (report.status, report.added, report.skipped, report.faults) == ("imported", 96, 3, ())
    with database.read() as session:
        divisions = register.divisions(session, school.id)
        assert [(each.name, each.learners) for each in divisions] == [("4A", 25), ("4B", 24), ("5A", 24), ("5B", 23)]
        for person in PEOPLE:
            if person.birthdate is not None:
                assert _division_of(session, school.id, person.given_name, person.family_name, person.birthdate) == (
                    person.division
                )


def _division_of(session, school_id: int, given_name: str, family_name: str, birthdate: date) -> str | None:
    born = session.query(Learner).filter_by(school_id=school_id, birthdate=birthdate).all()
    lines = [
        matching.RegisterNames(
            learner.id,
            learner.last_name,
            learner.preferred_last_name,
            learner.first_name,
            learner.middle_name,
            learner.third_name,
        )
        for learner in born
    ]
    found = matching.match(given_name, family_name, lines)
    return session.get(Learner, found).division if found else None
