"""Names are the same or not the same; exactly one learner must remain."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.schools.names import RegisterNames, match, normalise


def line(key, first, last, usage=None, second=None, third=None):
    return RegisterNames(key, last, usage, first, second, third)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("Cœurdevey", "coeurdevey", id="oe ligature"),
        pytest.param("CŒURDEVEY", "coeurdevey", id="capital ligature"),
        pytest.param("Lætitia", "laetitia", id="ae ligature"),
        pytest.param("Søren", "soren", id="o with stroke"),
        pytest.param("Strauß", "strauss", id="sharp s"),
        pytest.param("STRAUẞ", "strauss", id="capital sharp s"),
        pytest.param("François", "francois", id="cedilla"),
        pytest.param("Franc\u0327ois", "francois", id="combining cedilla"),
        pytest.param("  Jean - Baptiste ", "jeanbaptiste", id="spaces and hyphen"),
        pytest.param("d’Arc", "darc", id="typographic apostrophe"),
        pytest.param("D'ARC", "darc", id="straight apostrophe"),
        pytest.param("Jean\u00a0Paul", "jeanpaul", id="no-break space"),
        pytest.param("Jean\u2011Paul", "jeanpaul", id="no-break hyphen"),
        pytest.param("İpek", "ipek", id="dotted capital i"),
        pytest.param("Işık", "isik", id="dotless i"),
        pytest.param("Łukasz", "lukasz", id="l with stroke"),
        pytest.param("ﬁona", "fiona", id="fi ligature"),
        pytest.param("李", "李", id="another script is kept"),
        pytest.param(" -' ", "", id="nothing"),
    ],
)
def test_normalise(name, expected):
    assert normalise(name) == expected


CHLOE = line(1, "Chloé", "Nguyen")
INES = line(2, "Inès", "Lefebvre-Dubois")
JEAN_BAPTISTE = line(3, "Jean-Baptiste", "Le Goff")
AMINA = line(4, "Amina", "Benali", usage="Moreau", second="Louise", third="Zoé")
MARIE = line(5, "Marie", "Roux", second="Louise")
MARIE_LOUISE = line(6, "Marie-Louise", "Roux")


@pytest.mark.parametrize(
    ("given_name", "family_name", "lines", "expected"),
    [
        pytest.param("Chloé", "Nguyen", [CHLOE, INES], 1, id="the same"),
        pytest.param("CHLOE", "NGUYEN", [CHLOE, INES], 1, id="capitals without accents"),
        pytest.param("Ines", "LEFEBVRE DUBOIS", [INES], 2, id="space for hyphen"),
        pytest.param("Inès", "Lefebvre", [INES, CHLOE], 2, id="first part of a compound family name"),
        pytest.param("Inès", "Dubois", [INES, CHLOE], 2, id="second part of a compound family name"),
        pytest.param("Inès", "Dubois-Lefebvre", [INES], 2, id="parts the other way round"),
        pytest.param("Chloé", "Nguyen-Martin", [CHLOE], 1, id="the ENT has the compound, the register one part"),
        pytest.param("Jean", "Le Goff", [JEAN_BAPTISTE], 3, id="one of two given names"),
        pytest.param("Jeanbaptiste", "Legoff", [JEAN_BAPTISTE], 3, id="written together"),
        pytest.param("Jean-Baptiste", "Goff", [JEAN_BAPTISTE], 3, id="particle left out"),
        pytest.param("Jean-Baptiste", "Le Gall", [JEAN_BAPTISTE], None, id="a particle alone is no part"),
        pytest.param("Jean-Baptiste", "Le", [JEAN_BAPTISTE], None, id="nothing but a particle"),
        pytest.param("Amina", "Moreau", [AMINA], 4, id="usage name"),
        pytest.param("Amina", "Benali Moreau", [AMINA], 4, id="family and usage name together"),
        pytest.param("Louise", "Benali", [AMINA], 4, id="second given name"),
        pytest.param("Zoé", "Moreau", [AMINA], 4, id="third given name, usage name"),
        pytest.param("Marie", "Roux", [MARIE, MARIE_LOUISE], 5, id="an exact name wins over a part"),
        pytest.param("Marie-Louise", "Roux", [MARIE, MARIE_LOUISE], 6, id="an exact compound wins over its part"),
        pytest.param("Louise", "Roux", [MARIE, MARIE_LOUISE], None, id="two near ones: nobody"),
        pytest.param("Chloé", "Nguyen", [CHLOE, line(9, "Chloe", "NGUYEN")], None, id="homonyms: nobody"),
        pytest.param(
            "Léa", "Roux", [line(1, "Léa", "Roux"), line(2, "Léa", "Roux"), line(3, "Zoé", "Roux", second="Léa")], None,
            id="a second name does not settle homonyms",
        ),
        pytest.param("Chloe", "Nguyenn", [CHLOE], None, id="a letter too many"),
        pytest.param("Clohé", "Nguyen", [CHLOE], None, id="letters swapped"),
        pytest.param("Hugo", "Nguyen", [CHLOE], None, id="brother"),
        pytest.param("Nguyen", "Chloé", [CHLOE], None, id="given and family name swapped"),
        pytest.param("", "Nguyen", [CHLOE], None, id="no given name"),
        pytest.param("Chloé", " - ", [CHLOE], None, id="no family name"),
        pytest.param("李", "Nguyen", [line(1, "王", "Nguyen")], None, id="another script differs"),
        pytest.param("李", "Nguyen", [line(1, "李", "Nguyen")], 1, id="another script, the same"),
        pytest.param("Chloé", "Nguyen", [], None, id="nobody born that day"),
        pytest.param("Lou", "De La Tour", [line(1, "Lou", "Tour")], 1, id="particles aside"),
        pytest.param("Lou", "Da Silva", [line(1, "Lou", "Silva Pereira")], 1, id="part of a Portuguese name"),
        pytest.param("Lou", "De La", [line(1, "Lou", "De La")], 1, id="a name of particles alone, the same"),
    ],
)  # fmt: skip
def test_match(given_name, family_name, lines, expected):
    assert match(given_name, family_name, lines) == expected


NAMES = st.text(min_size=1, max_size=12)


@given(NAMES)
def test_normalising_comes_to_rest(name):
    assert normalise(normalise(name)) == normalise(name)


@given(NAMES)
def test_case_and_composition_never_matter(name):
    plain = normalise(name)
    assert normalise(unicodedata.normalize("NFC", name)) == plain
    assert normalise(unicodedata.normalize("NFD", name)) == plain
    assert normalise(name.upper().lower()) == normalise(name.lower())


@given(NAMES, NAMES, st.lists(st.tuples(NAMES, NAMES, st.none() | NAMES, st.none() | NAMES), max_size=6))
def test_a_match_is_one_of_the_lines_in_whatever_order_they_come(given_name, family_name, rows):
    lines = [line(key, first, last, usage, second) for key, (first, last, usage, second) in enumerate(rows)]
    found = match(given_name, family_name, lines)
    assert found is None or found in range(len(lines))
    assert match(given_name, family_name, lines[::-1]) == found


@given(st.from_regex(r"[A-Za-zÀ-ÿ]{1,10}", fullmatch=True), st.from_regex(r"[A-Za-zÀ-ÿ]{2,10}", fullmatch=True))
def test_the_name_of_the_register_is_found_and_a_double_makes_it_nobody(first, last):
    if not (normalise(first) and normalise(last)):
        return
    assert match(first, last, [line(1, first, last)]) == 1
    assert match(first, last, [line(1, first, last), line(2, first, last)]) is None
