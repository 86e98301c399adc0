"""The pupil's answer: how its question is presented, what a form says, whether it is right, how it is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lti_tool.assessment.engine.items import Item
from lti_tool.assessment.engine.kinds import (
    CHOICE_CONTROL,
    FIELD_CONTROL,
    TEXT_CONTROL,
    Control,
    CorrectionLine,
    Form,
    Passage,
    Response,
    Verdict,
)
from lti_tool.assessment.engine.pictures import Picture
from lti_tool.assessment.engine.worlds import World

__all__ = [
    "CorrectionLine",
    "Presented",
    "Response",
    "Verdict",
    "check",
    "correction_lines",
    "from_json",
    "parse_response",
    "present",
    "to_form",
    "to_json",
]


@dataclass(frozen=True, slots=True)
class Presented:
    """All that a page needs to ask a question, and nothing from which the answer could be known."""

    item_id: str
    kind: str
    statement: str
    """CommonMark."""
    controls: tuple[Control, ...]
    """Where to answer; RADIO and BOXES come alone, several controls belong to one group."""
    passage: Passage
    """The text in which the same controls stand; empty for most kinds, which show them one below the other."""
    world: World
    """What a practical item shows and gives to download; empty for the others."""
    picture: Picture | None = None
    """A drawing that belongs to the question."""


def present(item: Item, seed: str) -> Presented:
    """The item as the pupil of this seed (a run's) meets it, the same at every showing."""
    item = item.for_seed(seed)
    question = item.question
    return Presented(
        item.id,
        item.kind,
        item.statement,
        question.controls(seed),
        question.passage(seed),
        question.world,
        item.picture,
    )


def parse_response(item: Item, form: Form, seed: str | None = None) -> Response | None:
    """The response that a form holds for this item, or None where nothing was answered; `seed` as for `check`."""
    return (item if seed is None else item.for_seed(seed)).question.parse(form)


def to_form(response: Response) -> dict[str, list[str]]:
    """The form of which `parse_response` makes this response: what a browser would send."""
    form = {FIELD_CONTROL + name: [text] for name, text in response.fields}
    if response.choices:
        form[CHOICE_CONTROL] = list(response.choices)
    if response.text is not None:
        form[TEXT_CONTROL] = [response.text]
    return form


def check(item: Item, response: Response | None, seed: str | None = None) -> Verdict:
    """Whether the response is right (`facts/pix.md` §4.5); None, a question passed over, is wrong and shows nothing.

    `seed` is the run's: what a practical item asks depends on it, unless the item was already made for it.
    """
    if response is None:
        return Verdict(right=False)
    return (item if seed is None else item.for_seed(seed)).question.check(response)


def correction_lines(item: Item, response: Response | None, seed: str | None = None) -> tuple[CorrectionLine, ...]:
    """What was given beside what was expected: one line, or one for each field. To be shown after the answer only."""
    return (item if seed is None else item.for_seed(seed)).question.correct(response)


def to_json(response: Response) -> dict[str, Any]:
    """The response as plain values that JSON can hold, only the parts it has."""
    parts: dict[str, Any] = {}
    if response.choices:
        parts["choices"] = list(response.choices)
    if response.text is not None:
        parts["text"] = response.text
    if response.fields:
        parts["fields"] = dict(response.fields)
    return parts


def from_json(parts: Mapping[str, Any]) -> Response:
    """The response of which `to_json` made these values."""
    return Response(
        choices=tuple(parts.get("choices", ())),
        text=parts.get("text"),
        fields=tuple(parts.get("fields", {}).items()),
    )
