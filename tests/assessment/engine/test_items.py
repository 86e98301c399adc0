"""The loader of the bank: what it reads, and every fault it must see, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from lti_tool.assessment.engine.items import faults, load_bank
from lti_tool.assessment.engine.tables import BankError
from tests.assessment.authoring import TUTORIAL, item_text, small_bank, topic_text, write_topic

HEAD = 'id = "t"\ncompetence = "1.1"\ntitle = "T"\nauthor_note = "N."\n'
SKILL = '[[skills]]\nlevel = 1\nname = "A"\n'
TEXT = {"kind": '"text"', "choices": "", "accepts": '["odt"]', "tolerances": '["t1"]'}
THREE = '{ text = "a" }, { text = "b" }, { text = "c", right = true }'


def with_item(**changes: str) -> str:
    return HEAD + TUTORIAL + SKILL + item_text("t-1", **changes)


def with_text(**changes: str) -> str:
    return with_item(**{**TEXT, **changes})


def fields(*each: str) -> str:
    body = "".join(f'[[skills.items.fields]]\nlabel = "L"\naccepts = ["odt"]\n{field}\n' for field in each)
    return with_item(kind='"fields"', choices="") + body


def test_a_topic_is_read_with_its_skills_by_level_whatever_the_order_in_the_file(tmp_path: Path) -> None:
    bank = small_bank(tmp_path, {"b": ("1.1", (3, 1)), "a": ("5.2", (2,))}, items=2)
    assert [topic.id for topic in bank.topics] == ["b", "a"]
    assert [skill.id for skill in bank.skills_of_competence("1.1")] == ["b-1", "b-3"]
    assert [item.id for item in bank.items_of("b-3")] == ["b-3-a", "b-3-b"]
    assert bank.item("b-3-a").tutorial.title == "Une aide"
    assert bank.skill("a-2").competence == "5.2"
    assert bank.skills_of_competence("2.1") == ()


def test_texts_get_french_spaces_but_code_is_left_alone(tmp_path: Path) -> None:
    write_topic(tmp_path, "t", with_item(statement="'Le mot « oui » : `a ; b` ?'"))
    assert load_bank(tmp_path).item("t-1-a").statement == "Le mot «\u00a0oui\u00a0»\u00a0: `a ; b`\u00a0?"


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        pytest.param("id = ", "t.toml", "fichier illisible", id="not TOML"),
        pytest.param(HEAD.replace('"t"', '"u"'), "u", "nom du fichier", id="id is not the file's name"),
        pytest.param(HEAD.replace("1.1", "1.9"), "t", "n'est pas une compétence", id="unknown competence"),
        pytest.param(HEAD.replace("1.1", "1.2"), "t", "dans le dossier", id="wrong folder"),
        pytest.param(HEAD.replace('title = "T"', ""), "t", "« title » manque", id="no title"),
        pytest.param(HEAD.replace('"N."', '" "'), "t", "« author_note » est vide", id="empty note"),
        pytest.param(HEAD + "titel = 1\n", "t", "« titel » n'est pas attendu", id="misspelt key"),
        pytest.param(HEAD, "t", "« skills » manque", id="no skill"),
        pytest.param(HEAD + TUTORIAL + TUTORIAL, "t", "deux tutoriels", id="tutorial twice"),
        pytest.param(with_item().replace("level = 1", "level = 7"), "t-7", "de 1 à 6", id="level 7"),
        pytest.param(with_item().replace("level = 1", 'level = "1"'), "t", "un nombre entier", id="level as text"),
        pytest.param(with_item() + SKILL, "t", "même niveau", id="level twice"),
        pytest.param(HEAD + TUTORIAL + SKILL, "t-1", "« items » manque", id="skill without item"),
        pytest.param(with_item(id='"t-2-a"'), "t-2-a", "« t-1- » et une lettre", id="item of another skill"),
        pytest.param(with_item() + item_text("t-1"), "t-1-a", "donné deux fois", id="item twice"),
        pytest.param(with_item(kind='"drawing"'), "t-1-a", "sorte de question", id="unknown kind"),
        pytest.param(with_item(tutorial='"autre"'), "t-1-a", "n'existe pas", id="unknown tutorial"),
        pytest.param(with_item(explanation=""), "t-1-a", "« explanation » manque", id="no explanation"),
        pytest.param(with_item(statement='"Voir [ici](x)"'), "t-1-a", "un lien", id="link"),
        pytest.param(with_item(statement='"Un <b>mot</b>"'), "t-1-a", "HTML", id="HTML"),
        pytest.param(with_item(choices='[{ text = "a", right = true }]'), "t-1-a", "trois à cinq", id="one choice"),
        pytest.param(
            with_item(choices=f'[{THREE}, {{ text = "d", right = true }}]'), "t-1-a", "exactement un", id="two"
        ),
        pytest.param(with_item(choices=f'[{THREE}, {{ text = "a" }}]'), "t-1-a", "même texte", id="choice twice"),
        pytest.param(with_item(choices=f'[{THREE}, {{ txt = "d" }}]'), "t-1-a", "« txt » n'est pas", id="choice's key"),
        pytest.param(with_item(kind='"choices"'), "t-1-a", "(plusieurs réponses)", id="choices: not announced"),
        pytest.param(
            with_item(kind='"choices"', choices=f"[{THREE.replace(', right = true', '')}]"),
            "t-1-a",
            "au moins un bon choix",
            id="choices: none right",
        ),
        pytest.param(with_text(accepts="[]"), "t-1-a", "« accepts » est vide", id="text: nothing accepted"),
        pytest.param(with_text(tolerances='["t4"]'), "t-1-a", "n'est pas une tolérance", id="text: tolerance"),
        pytest.param(with_text(accepts='["."]', tolerances='["t2"]'), "t-1-a", "n'est pas acceptée", id="text: lost"),
        pytest.param(
            with_text(refuses='[{ text = "ODT", shows = "x" }]'),
            "t-1-a",
            "est acceptée",
            id="text: refused is accepted",
        ),
        pytest.param(with_text(refuses='[{ text = "pdf" }]'), "t-1-a", "« shows » manque", id="text: shows nothing"),
        pytest.param(fields('name = "a"'), "t-1-a", "deux champs", id="fields: only one"),
        pytest.param(fields('name = "a"', 'name = "a"'), "t-1-a", "même nom", id="fields: name twice"),
        pytest.param(fields('name = "a"', 'name = "É"'), "t-1-a", "a-z et -", id="fields: name"),
    ],
)
def test_a_fault_is_told(tmp_path: Path, text: str, where: str, message: str) -> None:
    write_topic(tmp_path, "t", text)
    assert [fault for fault in faults(tmp_path) if fault.item == where and message in fault.message]


def test_all_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    write_topic(tmp_path, "a", topic_text("a", (1, 2)).replace("Question a-2 a", "Question a-1 a"))
    write_topic(tmp_path, "b", topic_text("b", (1,)).replace('title = "Sujet"', "title = 3"))
    write_topic(tmp_path, "c", "nothing")
    with pytest.raises(BankError) as caught:
        load_bank(tmp_path)
    assert {fault.item for fault in caught.value.faults} >= {"b", "c.toml"}


def test_the_same_question_asked_twice_is_a_fault(tmp_path: Path) -> None:
    same = {"kind": '"text"', "choices": "", "accepts": '["odt"]', "statement": '"Quoi ?"'}
    write_topic(tmp_path, "t", with_item(**same) + item_text("t-1", "b", **same))
    assert [fault.message for fault in faults(tmp_path)] == ["même question que t-1-a"]


def test_an_id_given_in_two_folders_is_a_fault(tmp_path: Path) -> None:
    write_topic(tmp_path, "t", topic_text("t", (1,)))
    write_topic(tmp_path, "t", topic_text("t", (1,), "1.2"), "1.2")
    assert {fault.item for fault in faults(tmp_path)} == {"t", "t-1-a"}


def test_an_empty_bank_is_a_fault(tmp_path: Path) -> None:
    assert [fault.message for fault in faults(tmp_path)] == ["aucun sujet"]
