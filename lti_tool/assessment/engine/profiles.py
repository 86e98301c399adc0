"""Target profiles: what a campaign can test. Each is a readable file under `profiles/` that chooses skills by rule."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from lti_tool.assessment.engine.framework import COMPETENCES, LEVELS
from lti_tool.assessment.engine.items import Bank, Skill
from lti_tool.assessment.engine.tables import BankError, ItemFault, Table, read_file

PROFILES_PATH = Path(__file__).parent / "profiles"


@dataclass(frozen=True, slots=True)
class TargetProfile:
    """A choice of skills with a name. `length` is the greatest number of questions, None for as many as it takes."""

    id: str
    name: str
    description: str
    skill_ids: tuple[str, ...]
    length: int | None


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
    profile = TargetProfile(
        id=profile_id,
        name=table.text("name"),
        description=table.text("description"),
        skill_ids=tuple(skill.id for skill in _chosen(table, bank)),
        length=length or None,
    )
    if length < 0:
        table.fault("« length » ne peut pas être négatif")
    table.end()
    return profile


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
