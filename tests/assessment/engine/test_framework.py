"""The framework is the official one: five domains, sixteen competences."""

from __future__ import annotations

import pytest

from lti_tool.assessment.engine.framework import COMPETENCES, DOMAINS, competence, domain


def test_five_domains_and_sixteen_competences() -> None:
    assert [len(each.competences) for each in DOMAINS] == [3, 4, 4, 3, 2]
    assert list(COMPETENCES) == sorted(COMPETENCES)


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("1.1", "Mener une recherche et une veille d'information"),
        ("2.4", "S'insérer dans le monde numérique"),
        ("3.3", "Adapter les documents à leur finalité"),
        ("5.2", "Évoluer dans un environnement numérique"),
    ],
)
def test_official_titles(code: str, title: str) -> None:
    assert competence(code).title == title
    assert competence(code) in domain(competence(code).domain_code).competences
