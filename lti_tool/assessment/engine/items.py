"""The item bank: topics with their skills, items and tutorials, read from the files under `bank/` and checked whole.

How to write such a file stands in `docs/items.md`. A bank with one fault is refused.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

from lti_tool.assessment.engine.framework import COMPETENCES, LEVELS
from lti_tool.assessment.engine.kinds import KINDS as PLAIN_KINDS
from lti_tool.assessment.engine.kinds import Question
from lti_tool.assessment.engine.pictures import Picture, read_picture
from lti_tool.assessment.engine.practical.question import Practical
from lti_tool.assessment.engine.tables import BankError, ItemFault, Table, read_file
from lti_tool.assessment.engine.tolerances import folded
from lti_tool.assessment.engine.typography import typographic

BANK_PATH = Path(__file__).parent / "bank"
KINDS: Mapping[str, type[Question]] = MappingProxyType({**PLAIN_KINDS, Practical.kind: Practical})
"""Every kind of question that an item can be, by the word in its `kind`."""


@dataclass(frozen=True, slots=True)
class Tutorial:
    """A short text to learn from, in CommonMark without HTML, links or pictures. Its id is unique within its topic."""

    id: str
    topic_id: str
    title: str
    text: str
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One question as the pupil meets it, in CommonMark; `explanation` says afterwards why the answer is right."""

    id: str
    skill_id: str
    statement: str
    question: Question
    tutorial: Tutorial
    explanation: str
    picture: Picture | None = None

    @property
    def kind(self) -> str:
        """The word for the kind of question, which chooses how it is shown."""
        return self.question.kind

    def for_seed(self, seed: str) -> "Item":
        """The item as the pupil of this seed meets it. Only practical items differ from one pupil to another."""
        question = self.question.for_seed(seed)
        if question is self.question:
            return self
        words = dict(question.words)
        return replace(
            self,
            question=question,
            statement=_filled(self.statement, words),
            explanation=_filled(self.explanation, words),
        )


@dataclass(frozen=True, slots=True)
class Skill:
    """Something a pupil can do, at one level of a topic (an *acquis*)."""

    id: str
    topic_id: str
    competence: str
    level: int
    name: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Topic:
    """A *sujet* of one competence: skills of one matter, ordered by level, at most one for each level."""

    id: str
    competence: str
    title: str
    skills: tuple[Skill, ...]
    tutorials: tuple[Tutorial, ...]
    author_note: str


class Bank:
    """All topics, with their skills and items by id. Ids that the bank does not know raise KeyError."""

    def __init__(self, topics: Iterable[Topic]) -> None:
        self.topics: tuple[Topic, ...] = tuple(sorted(topics, key=lambda topic: (topic.competence, topic.id)))
        self.skills: Mapping[str, Skill] = MappingProxyType(
            {skill.id: skill for topic in self.topics for skill in topic.skills}
        )
        self.items: Mapping[str, Item] = MappingProxyType(
            {item.id: item for skill in self.skills.values() for item in skill.items}
        )
        self._topics = {topic.id: topic for topic in self.topics}
        shown = [each.picture for topic in self.topics for each in topic.tutorials]
        shown += [item.picture for item in self.items.values()]
        self.pictures: Mapping[str, Picture] = MappingProxyType({each.name: each for each in shown if each})
        """Every drawing that a tutorial or a question shows, by the name of its file."""

    def topic(self, topic_id: str) -> Topic:
        """The topic with this id."""
        return self._topics[topic_id]

    def skill(self, skill_id: str) -> Skill:
        """The skill with this id."""
        return self.skills[skill_id]

    def item(self, item_id: str) -> Item:
        """The item with this id."""
        return self.items[item_id]

    def items_of(self, skill_id: str) -> tuple[Item, ...]:
        """The items that ask for this skill, in the file's order."""
        return self.skills[skill_id].items

    def topics_of_competence(self, code: str) -> tuple[Topic, ...]:
        """The topics of one competence, by id; none for a code that no topic has."""
        return tuple(topic for topic in self.topics if topic.competence == code)

    def skills_of_competence(self, code: str) -> tuple[Skill, ...]:
        """The skills of one competence, topic by topic, the easiest first."""
        return tuple(skill for topic in self.topics_of_competence(code) for skill in topic.skills)


def load_bank(path: Path = BANK_PATH) -> Bank:
    """The bank under `path`. Raises BankError with every fault found in it."""
    topics, found = _read_bank(path)
    if found:
        raise BankError(found)
    return Bank(topics)


def faults(path: Path = BANK_PATH) -> tuple[ItemFault, ...]:
    """What is wrong in the bank under `path`, by file or id: empty when it can be used. `report` looks deeper."""
    return _read_bank(path)[1]


@cache
def bank() -> Bank:
    """The bank that comes with the tool, read once in a process. Raises BankError."""
    return load_bank()


_WORD = re.compile(r"(?:\b(?P<elided>[Dd]|[Qq]u)e )?\{(?P<name>[a-z]+)\}")
_VOWEL = re.compile(r"[aeiouàâéèêëîïôûœ]", re.IGNORECASE)


def _filled(text: str, words: Mapping[str, str]) -> str:
    """The text with each `{word}` replaced by what it stands for; those that stand for nothing are left.

    « de {person} » becomes « d'Aïcha » as well as « de Noé ».
    """

    def fill(match: re.Match[str]) -> str:
        word = words.get(match["name"])
        if word is None:
            return match[0]
        if match["elided"] and _VOWEL.match(word):
            return f"{match['elided']}'{word}"
        return match[0].replace(f"{{{match['name']}}}", word)

    return _WORD.sub(fill, text)


_NOT_ALLOWED = {
    re.compile(r"\]\("): "un lien ou une image n'est pas permis dans un texte",
    re.compile(r"</?[a-zA-Z!]"): "le HTML n'est pas permis dans un texte, sauf entre `accents graves`",
}
_CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)


def _read_bank(path: Path) -> tuple[list[Topic], tuple[ItemFault, ...]]:
    found: list[ItemFault] = []
    topics = []
    for file in sorted(path.glob("*/*.toml")):
        table = read_file(file, found)
        if table is not None:
            topics.append(_read_topic(table, file))
    if not topics:
        found.append(ItemFault(path.name, "aucun sujet"))
    found.extend(_duplicates(topics))
    return topics, tuple(found)


def _read_topic(table: Table, file: Path) -> Topic:
    topic_id = table.text("id")
    table.at(topic_id)
    if topic_id != file.stem:
        table.fault(f"l'identifiant doit être le nom du fichier, « {file.stem} »")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", topic_id):
        table.fault("l'identifiant ne doit avoir que a-z, 0-9 et -")
    competence = table.text("competence")
    if competence not in COMPETENCES:
        table.fault(f"« {competence} » n'est pas une compétence")
    elif competence != file.parent.name:
        table.fault(f"le fichier doit être dans le dossier « {competence} »")
    tutorials = tuple(_read_tutorial(each, topic_id, file.parent) for each in table.tables("tutorials"))
    known = {tutorial.id: tutorial for tutorial in tutorials}
    if len(known) < len(tutorials):
        table.fault("deux tutoriels ont le même identifiant")
    skills = [_read_skill(each, topic_id, competence, known, file.parent) for each in table.tables("skills")]
    if len({skill.level for skill in skills}) < len(skills):
        table.fault("deux acquis ont le même niveau")
    topic = Topic(
        id=topic_id,
        competence=competence,
        title=table.text("title"),
        skills=tuple(sorted(skills, key=lambda skill: skill.level)),
        tutorials=tutorials,
        author_note=table.text("author_note"),
    )
    table.end()
    return topic


def _read_tutorial(table: Table, topic_id: str, folder: Path) -> Tutorial:
    title, text = typographic(table.text("title")), _prose(table, "text")
    tutorial = Tutorial(table.text("id"), topic_id, title, text, read_picture(table, folder))
    table.end()
    return tutorial


def _read_skill(table: Table, topic_id: str, competence: str, tutorials: Mapping[str, Tutorial], folder: Path) -> Skill:
    level = table.integer("level")
    skill_id = f"{topic_id}-{level}"
    table.at(skill_id)
    if level not in LEVELS:
        table.fault(f"le niveau doit aller de {LEVELS[0]} à {LEVELS[-1]}")
    items = tuple(_read_items(table.tables("items"), skill_id, tutorials, folder))
    skill = Skill(skill_id, topic_id, competence, level, typographic(table.text("name")), items)
    table.end()
    return skill


def _read_items(
    tables: Iterable[Table], skill_id: str, tutorials: Mapping[str, Tutorial], folder: Path
) -> Iterator[Item]:
    for table in tables:
        item_id = table.text("id")
        table.at(item_id)
        if not re.fullmatch(re.escape(skill_id) + r"-[a-z]", item_id):
            table.fault(f"l'identifiant doit être « {skill_id}- » et une lettre")
        kind, tutorial_id = table.text("kind"), table.text("tutorial")
        if kind and kind not in KINDS:
            table.fault(f"« {kind} » n'est pas une sorte de question ({', '.join(KINDS)})")
        if tutorial_id and tutorial_id not in tutorials:
            table.fault(f"le tutoriel « {tutorial_id} » n'existe pas dans ce sujet")
        statement, explanation = _prose(table, "statement"), _prose(table, "explanation")
        if kind not in KINDS:
            continue
        question, picture = KINDS[kind].read(table), read_picture(table, folder)
        table.end()
        if tutorial_id in tutorials:
            yield Item(item_id, skill_id, statement, question, tutorials[tutorial_id], explanation, picture)


def _prose(table: Table, key: str) -> str:
    text = table.text(key)
    outside_code = _CODE.sub("", text)
    for pattern, message in _NOT_ALLOWED.items():
        if pattern.search(outside_code):
            table.fault(f"« {key} » : {message}")
    return typographic(text)


def _duplicates(topics: Iterable[Topic]) -> Iterator[ItemFault]:
    """Ids and names of pictures that stand twice, and questions that are asked twice in the same words."""
    topics = list(topics)
    items = [item for topic in topics for skill in topic.skills for item in skill.items]
    drawn = [tutorial.picture for topic in topics for tutorial in topic.tutorials] + [item.picture for item in items]
    pictures: dict[str, Picture] = {}
    for picture in drawn:
        if picture and pictures.setdefault(picture.name, picture).svg != picture.svg:
            yield ItemFault(picture.name, "deux images ont ce nom")
    ids = Counter([topic.id for topic in topics]) + Counter(item.id for item in items)
    for twice in (each for each, count in ids.items() if count > 1):
        yield ItemFault(twice, "cet identifiant est donné deux fois")
    first: dict[tuple[object, ...], str] = {}
    for item in items:
        solution = tuple(line.expected for line in item.question.correct(None))
        other = first.setdefault((item.kind, folded(item.statement, {"t1", "t2"}), solution), item.id)
        if other != item.id:
            yield ItemFault(item.id, f"même question que {other}")
