"""The pupil's answer: how its question is presented, what a form says, whether it is right, how it is stored."""

import hashlib
from collections.abc import Mapping
from typing import Any

from lti_tool.assessment.engine.items import Item
from lti_tool.assessment.engine.kinds import (
    CHOICE_CONTROL,
    FIELD_CONTROL,
    TEXT_CONTROL,
    Choice,
    Choices,
    CorrectionLine,
    Form,
    Response,
    Verdict,
)

__all__ = [
    "CorrectionLine",
    "Response",
    "Verdict",
    "check",
    "correction_lines",
    "from_json",
    "parse_response",
    "presented_choices",
    "to_form",
    "to_json",
]


def presented_choices(item: Item, seed: str) -> tuple[Choice, ...]:
    """The item's choices in an order of this seed, the same at every showing; empty for kinds without choices."""
    if not isinstance(item.question, Choices):
        return ()
    return tuple(
        sorted(item.question.choices, key=lambda choice: hashlib.sha256(f"{seed}/{choice.id}".encode()).digest())
    )


def parse_response(item: Item, form: Form) -> Response | None:
    """The response that a form holds for this item, or None where nothing was answered."""
    return item.question.parse(form)


def to_form(response: Response) -> dict[str, list[str]]:
    """The form of which `parse_response` makes this response: what a browser would send."""
    form = {FIELD_CONTROL + name: [text] for name, text in response.fields}
    if response.choices:
        form[CHOICE_CONTROL] = list(response.choices)
    if response.text is not None:
        form[TEXT_CONTROL] = [response.text]
    return form


def check(item: Item, response: Response | None) -> Verdict:
    """Whether the response is right (`facts/pix.md` §4.5); None, a question passed over, is wrong and shows nothing."""
    return Verdict(right=False) if response is None else item.question.check(response)


def correction_lines(item: Item, response: Response | None) -> tuple[CorrectionLine, ...]:
    """What was given beside what was expected: one line, or one for each field. To be shown after the answer only."""
    return item.question.correct(response)


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
