"""Target profiles: what a campaign can test. Each is a readable file under `profiles/` that chooses skills by rule."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from lti_tool.assessment.engine.framework import COMPETENCES, LEVELS
from lti_tool.assessment.engine.items import Bank, Skill
from lti_tool.assessment.engine.stages import Criterion, ThematicResult
from lti_tool.assessment.engine.tables import BankError, ItemFault, Table, read_file
from lti_tool.assessment.engine.typography import typographic

PROFILES_PATH = Path(__file__).parent / "profiles"


@dataclass(frozen=True, slots=True)
class TargetProfile:
    """A choice of skills with a name. `length` is the greatest number of questions, None for as many as it takes."""

    id: str
    name: str
    description: str
    skill_ids: tuple[str, ...]
    length: int | None
    results: tuple[ThematicResult, ...] = ()
    """What it rewards besides its stages."""


@cache
def target_profiles(bank: Bank, path: Path = PROFILES_PATH) -> Mapping[str, TargetProfile]:
    """The profiles by id, in the order in which they are to be offered.

    A profile for which this bank has no skill is left out. Raises BankError with every fault of the files.
    """
    found: list[ItemFault] = []
    profiles: list[tuple[int, TargetProfile]] = []
    for file in sorted(path.glob("*.toml")):
        table = read_file(file, found)
        if table is not None:
            profiles.append((table.integer("position"), _read_profile(table, file.stem, bank)))
    if found:
        raise BankError(tuple(found))
    profiles.sort(key=lambda each: (each[0], each[1].id))
    return MappingProxyType({profile.id: profile for _, profile in profiles if profile.skill_ids})


def _read_profile(table: Table, profile_id: str, bank: Bank) -> TargetProfile:
    table.at(profile_id)
    if not re.fullmatch(r"[a-z0-9]+([-.][a-z0-9]+)*", profile_id):
        table.fault("le nom du fichier ne doit avoir que a-z, 0-9, - et .")
    length = table.integer("length", default=0)
    skills = tuple(_chosen(table, bank))
    profile = TargetProfile(
        id=profile_id,
        name=table.text("name"),
        description=table.text("description"),
        skill_ids=tuple(skill.id for skill in skills),
        length=length or None,
        results=tuple(_read_result(each, skills) for each in table.tables("results", required=False)),
    )
    if length < 0:
        table.fault("« length » ne peut pas être négatif")
    table.end()
    return profile


def _read_result(table: Table, skills: Sequence[Skill]) -> ThematicResult:
    criteria = tuple(_read_criterion(each, skills) for each in table.tables("criteria"))
    result = ThematicResult(typographic(table.text("name")), criteria)
    table.end()
    return result


def _read_criterion(table: Table, skills: Sequence[Skill]) -> Criterion:
    """A share of the profile's skills that are of the named competences."""
    competences, threshold = table.texts("competences"), table.integer("threshold")
    for code in sorted(set(competences) - {skill.competence for skill in skills}):
        table.fault(f"« {code} » n'est pas une compétence de ce parcours")
    if not 1 <= threshold <= 100:
        table.fault("« threshold » doit aller de 1 à 100")
    table.end()
    return Criterion(max(1, threshold), frozenset(skill.id for skill in skills if skill.competence in competences))


def _chosen(table: Table, bank: Bank) -> Iterator[Skill]:
    """The skills of the named competences and topics between the two levels, in the bank's order."""
    competences = table.texts("competences", required=False)
    topics = table.texts("topics", required=False)
    lowest = table.integer("min_level", default=LEVELS[0])
    highest = table.integer("max_level", default=LEVELS[-1])
    for code in competences:
        if code not in COMPETENCES:
            table.fault(f"« {code} » n'est pas une compétence")
    for topic_id in set(topics) - {topic.id for topic in bank.topics}:
        table.fault(f"« {topic_id} » n'est pas un sujet")
    if not competences and not topics:
        table.fault("il faut des compétences ou des sujets")
    if not LEVELS[0] <= lowest <= highest <= LEVELS[-1]:
        table.fault(f"les niveaux doivent aller de {LEVELS[0]} à {LEVELS[-1]}")
    for skill in bank.skills.values():
        chosen = skill.competence in competences or skill.topic_id in topics
        if chosen and lowest <= skill.level <= highest:
            yield skill
