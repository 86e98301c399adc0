"""Target profiles: the files that come with the tool, and what a faulty one says."""

from __future__ import annotations

from pathlib import Path

import pytest

from lti_tool.assessment.engine.framework import COMPETENCES, DOMAINS
from lti_tool.assessment.engine.items import Bank, bank
from lti_tool.assessment.engine.knowledge import Answer, infer
from lti_tool.assessment.engine.profiles import PROFILES_PATH, TargetProfile, target_profiles
from lti_tool.assessment.engine.scoring import score
from lti_tool.assessment.engine.selection import next_item
from lti_tool.assessment.engine.tables import BankError
from tests.assessment.authoring import small_bank

PROFILES = target_profiles(bank())


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    return small_bank(tmp_path_factory.mktemp("bank"), {"a": ("1.1", range(1, 7)), "b": ("4.2", (1, 3))})


def test_those_of_the_seeds_are_there_in_a_stable_order() -> None:
    assert len(PROFILES) == len(list(PROFILES_PATH.glob("*.toml")))
    assert next(iter(PROFILES)) == "decouverte"
    for grade in ("6e", "5e", "4e", "3e", "Segpa/Ulis", "2de"):
        assert PROFILES[f"rentree-{grade.lower().replace('/', '-')}"].name == f"Parcours de rentrée {grade}"
    assert {f"domaine-{domain.code}" for domain in DOMAINS} < set(PROFILES)
    assert "sos-non-certifiables" in PROFILES
    assert len([each for each in PROFILES if each.startswith("discipline-")]) >= 10
    assert PROFILES["competence-1.1"].name == "1.1 Mener une recherche et une veille d'information"
    assert {f"competence-{code}" for code in COMPETENCES} < set(PROFILES)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.id)
def test_whoever_knows_everything_reaches_everything_within_the_length(profile: TargetProfile) -> None:
    answers: list[Answer] = []
    while item := next_item(bank(), profile.skill_ids, answers, seed="1", length=profile.length):
        answers.append(Answer(len(answers) + 1, item.id, item.skill_id, right=True))
    assert score(bank(), profile.skill_ids, infer(bank(), answers)).mastery == 1


def test_the_first_one_is_short_and_varied() -> None:
    skills = [bank().skill(skill_id) for skill_id in PROFILES["decouverte"].skill_ids]
    assert 8 <= len(skills) <= 12
    assert len({skill.competence for skill in skills}) >= 4
    assert max(skill.level for skill in skills) <= 2


def profile(path: Path, text: str) -> TargetProfile:
    (path / "p.toml").write_text('position = 1\nname = "P"\ndescription = "D."\n' + text, encoding="utf-8")
    return next(iter(target_profiles(bank_of(path), path).values()))


def bank_of(path: Path) -> Bank:
    return small_bank(path / "bank", {"a": ("1.1", range(1, 7)), "b": ("4.2", (1, 3))})


@pytest.mark.parametrize(
    ("rule", "skills"),
    [
        pytest.param('competences = ["4.2"]', ("b-1", "b-3"), id="a competence"),
        pytest.param('topics = ["a"]\nmin_level = 2\nmax_level = 4', ("a-2", "a-3", "a-4"), id="a topic's levels"),
        pytest.param('competences = ["4.2"]\ntopics = ["a"]\nmax_level = 1', ("a-1", "b-1"), id="both"),
    ],
)
def test_skills_are_chosen_by_rule(tmp_path: Path, rule: str, skills: tuple[str, ...]) -> None:
    chosen = profile(tmp_path, rule + "\nlength = 5")
    assert chosen == TargetProfile("p", "P", "D.", skills, 5)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        pytest.param('competences = ["9.9"]', "n'est pas une compétence", id="unknown competence"),
        pytest.param('topics = ["z"]', "n'est pas un sujet", id="unknown topic"),
        pytest.param("max_level = 3", "des compétences ou des sujets", id="nothing chosen"),
        pytest.param('topics = ["a"]\nmin_level = 4\nmax_level = 2', "les niveaux", id="levels upside down"),
        pytest.param('topics = ["a"]\nlength = -1', "négatif", id="negative length"),
        pytest.param('topics = ["a"]\nlenght = 5', "« lenght » n'est pas attendu", id="misspelt key"),
    ],
)
def test_a_faulty_profile_is_told(tmp_path: Path, rule: str, message: str) -> None:
    with pytest.raises(BankError, match=message):
        profile(tmp_path, rule)


def test_a_profile_for_which_the_bank_has_nothing_is_left_out(small: Bank, tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text('position = 1\nname = "P"\ndescription = "D."\ncompetences = ["2.1"]\n')
    assert target_profiles(small, tmp_path) == {}
