"""Writes small item banks to try the rules on, and the files that an author might get wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from lti_tool.assessment.engine.items import Bank, Item, load_bank
from lti_tool.assessment.engine.kinds import Response

TUTORIAL = '[[tutorials]]\nid = "aide"\ntitle = "Une aide"\ntext = "Lisez **bien**."\n'


def item_text(skill_id: str, letter: str = "a", **changes: str) -> str:
    """One item of the kind `choice` as TOML; `changes` replace whole values, an empty one drops the key."""
    values = {
        "id": f'"{skill_id}-{letter}"',
        "kind": '"choice"',
        "statement": f'"Question {skill_id} {letter} ?"',
        "tutorial": '"aide"',
        "explanation": '"Parce que. Et voilà."',
        "choices": '[{ text = "bon", right = true }, { text = "mauvais", shows = "Confond." }, { text = "pire" }]',
    } | changes
    return "[[skills.items]]\n" + "".join(f"{key} = {value}\n" for key, value in values.items() if value)


def topic_text(topic_id: str, levels: Iterable[int], competence: str = "1.1", items: int = 1, head: str = "") -> str:
    """A whole topic as TOML with `items` items for each level."""
    text = (
        f'id = "{topic_id}"\ncompetence = "{competence}"\ntitle = "Sujet"\nauthor_note = "Aucune."\n{head}\n{TUTORIAL}'
    )
    for level in levels:
        text += f'[[skills]]\nlevel = {level}\nname = "Acquis {level}"\n'
        text += "".join(item_text(f"{topic_id}-{level}", letter) for letter in "abcdef"[:items])
    return text


def write_topic(path: Path, topic_id: str, text: str, competence: str = "1.1") -> None:
    folder = path / competence
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{topic_id}.toml").write_text(text, encoding="utf-8")


def small_bank(path: Path, topics: Mapping[str, tuple[str, Iterable[int]]], items: int = 1) -> Bank:
    """A bank of topics given as {topic id: (competence, levels)}."""
    for topic_id, (competence, levels) in topics.items():
        write_topic(path, topic_id, topic_text(topic_id, levels, competence, items), competence)
    return load_bank(path)


def wrong_response(item: Item) -> Response | None:
    """A wrong response: the first wrong choice, or nothing that was ever accepted."""
    if item.kind in ("choice", "choices"):
        right = set(item.question.right_response().choices)
        choices = getattr(item.question, "choices", ())
        return Response(choices=tuple(choice.id for choice in choices if choice.id not in right)[:1])
    return None
