"""Right and wrong answers to the test's questions, as the item bank's files have them: what pupils of the story know.

The files are read as data, by the item's id (`<topic>-<level>-<letter>`, in the topic's own file).
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from lti_tool.demo.browser import Form, plain

BANK = Path(__file__).parents[1] / "assessment" / "engine" / "bank"
NONSENSE = "aucune idée"


def fill_in(form: Form, item_id: str, *, right: bool) -> bool:
    """Answer a question rightly or wrongly; False for a kind of question that nobody here knows how to answer."""
    item = _item(item_id)
    match item["kind"]:
        case "choice" | "choices":
            for choice in item["choices"]:
                if choice.get("right", False) is right:
                    _tick(form, choice["text"])
                    if not right:
                        break
        case "text":
            form.fill("Votre réponse", item["accepts"][0] if right else NONSENSE)
        case "fields":
            for field in item["fields"]:
                form.fill(field["label"], field["accepts"][0] if right else NONSENSE)
        case _:
            return False
    return True


def _tick(form: Form, text: str) -> None:
    wanted = _unmarked(text)
    label = next((each for each in form.labels() if _unmarked(each) == wanted), text)
    form.tick(label)


def _item(item_id: str) -> dict[str, Any]:
    topic = item_id.rsplit("-", 2)[0]
    (file,) = BANK.glob(f"*/{topic}.toml")
    skills = tomllib.loads(file.read_text("utf-8"))["skills"]
    return next(item for skill in skills for item in skill["items"] if item["id"] == item_id)


def _unmarked(text: str) -> str:
    """The text without CommonMark's emphasis and code, which a page shows otherwise."""
    return plain(text.replace("`", "").replace("*", ""))
