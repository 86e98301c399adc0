"""What two ways of writing one name have in common."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.schools.names import normalise, telling_words


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


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("Le Goff", {"goff"}, id="French"),
        pytest.param("van den Berg", {"berg"}, id="Dutch"),
        pytest.param("De La", {"de", "la"}, id="nothing else"),
        pytest.param("Nguyen", {"nguyen"}, id="none"),
    ],
)
def test_particles_tell_no_families_apart(name, expected):
    assert telling_words(name) == expected


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
