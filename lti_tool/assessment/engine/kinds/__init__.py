"""The kinds of question. To add a kind: write its dataclass in a module here and name it in KINDS."""

from lti_tool.assessment.engine.kinds.base import CorrectionLine, Form, Question, Response, Verdict
from lti_tool.assessment.engine.kinds.choices import CHOICE_CONTROL, Choice, Choices, OneChoice, SeveralChoices
from lti_tool.assessment.engine.kinds.texts import FIELD_CONTROL, TEXT_CONTROL, Field, SeveralFields, ShortText

__all__ = [
    "CHOICE_CONTROL",
    "FIELD_CONTROL",
    "KINDS",
    "TEXT_CONTROL",
    "Choice",
    "Choices",
    "CorrectionLine",
    "Field",
    "Form",
    "OneChoice",
    "Question",
    "Response",
    "SeveralChoices",
    "SeveralFields",
    "ShortText",
    "Verdict",
]

KINDS: dict[str, type[Question]] = {
    question.kind: question for question in (OneChoice, SeveralChoices, ShortText, SeveralFields)
}
"""Every kind by the word that stands in an item's `kind`."""
