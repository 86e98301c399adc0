"""The kinds of question. To add a kind: write its dataclass in a module here and name it in KINDS."""

from lti_tool.assessment.engine.kinds.base import (
    Answerable,
    Control,
    ControlType,
    CorrectionLine,
    Form,
    Option,
    Passage,
    Question,
    Response,
    Verdict,
)
from lti_tool.assessment.engine.kinds.choices import CHOICE_CONTROL, Choice, Choices, OneChoice, SeveralChoices
from lti_tool.assessment.engine.kinds.lists import Gaps, Lists, Matching, Ordering, Row
from lti_tool.assessment.engine.kinds.numbers import Number
from lti_tool.assessment.engine.kinds.texts import FIELD_CONTROL, TEXT_CONTROL, Field, SeveralFields, ShortText

__all__ = [
    "CHOICE_CONTROL",
    "FIELD_CONTROL",
    "KINDS",
    "TEXT_CONTROL",
    "Answerable",
    "Choice",
    "Choices",
    "Control",
    "ControlType",
    "CorrectionLine",
    "Field",
    "Form",
    "Gaps",
    "Lists",
    "Matching",
    "Number",
    "OneChoice",
    "Option",
    "Ordering",
    "Passage",
    "Question",
    "Response",
    "Row",
    "SeveralChoices",
    "SeveralFields",
    "ShortText",
    "Verdict",
]

KINDS: dict[str, type[Question]] = {
    question.kind: question
    for question in (OneChoice, SeveralChoices, ShortText, Number, SeveralFields, Ordering, Matching, Gaps)
}
"""Every kind by the word that stands in an item's `kind`; practical items (`practical/`) are made of these."""
