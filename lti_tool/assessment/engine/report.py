"""Looks over the whole bank, deeper than loading it does: what `lti-tool items check` prints."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lti_tool.assessment.engine.checking import check, parse_response, present, to_form
from lti_tool.assessment.engine.items import BANK_PATH, Bank, Item, faults, load_bank
from lti_tool.assessment.engine.kinds import Choices, Lists, Response
from lti_tool.assessment.engine.practical.question import Practical
from lti_tool.assessment.engine.profiles import PROFILES_PATH, target_profiles
from lti_tool.assessment.engine.tables import BankError, ItemFault

SEEDS = tuple(str(seed) for seed in range(24))
"""Pupils for whom each practical item is made and solved."""
FEWEST_ANSWERS = 3
"""Different right answers that these pupils must have among them, so that neighbours can't copy."""
_WORD = re.compile(r"\{[a-z]+\}")
_FILE_NAME = re.compile(r"[a-z0-9-]+\.[a-z]{2,4}")


@dataclass(frozen=True, slots=True)
class ItemsReport:
    """What the bank holds, and everything that is wrong in it."""

    skills: int
    items: int
    practical: int
    faults: tuple[ItemFault, ...]


def report(path: Path = BANK_PATH, profiles_path: Path | None = PROFILES_PATH) -> ItemsReport:
    """Count and check the bank under `path`, and the target profiles where they are given.

    A bank that can't be loaded counts for nothing.
    """
    found = faults(path)
    if found:
        return ItemsReport(0, 0, 0, tuple(sorted(found)))
    bank = load_bank(path)
    items = bank.items.values()
    everything = (*_review(items), *_unused(bank, path), *_profile_faults(bank, profiles_path))
    practical = sum(isinstance(item.question, Practical) for item in items)
    return ItemsReport(len(bank.skills), len(items), practical, tuple(sorted(set(everything))))


def _review(items: Iterable[Item]) -> Iterator[ItemFault]:
    for item in items:
        seeds = SEEDS if isinstance(item.question, Practical) else SEEDS[:1]
        yield from (ItemFault(item.id, message) for seed in seeds for message in _wrong_for(item, seed))
        if isinstance(item.question, Practical):
            answers = {tuple(line.expected for line in item.for_seed(seed).question.correct(None)) for seed in seeds}
            if len(answers) < FEWEST_ANSWERS:
                yield ItemFault(item.id, "des élèves voisins auraient la même réponse")


def _wrong_for(item: Item, seed: str) -> Iterator[str]:
    """What is wrong with the item as the pupil of this seed meets it."""
    made = item.for_seed(seed)
    for text in (made.statement, made.explanation) if made is not item else ():
        for word in _WORD.findall(text):
            yield f"le mot {word} n'est pas remplacé"
    right = made.question.right_response()
    shown = present(item, seed)
    if not check(made, right).right or made.question.remark(right):
        yield f"la bonne réponse n'est pas acceptée (graine {seed})"
    form = to_form(right)
    if not set(form) <= {control.name for control in shown.controls} or parse_response(made, form) != right:
        yield f"la bonne réponse ne peut pas être donnée dans la page (graine {seed})"
    if any(check(made, wrong).right for wrong in _wrong_responses(made)):
        yield f"une mauvaise réponse est acceptée (graine {seed})"
    for file in shown.world.files:
        if not _FILE_NAME.fullmatch(file.name) or not file.content:
            yield f"le fichier « {file.name} » est vide ou mal nommé"


def _wrong_responses(item: Item) -> Iterator[Response]:
    """Answers that must be refused: nothing, and each wrong choice in place of a right one."""
    question = item.question.task.question if isinstance(item.question, Practical) else item.question
    yield Response()
    if isinstance(question, Choices):
        rights = question.right_response().choices
        for choice in question.choices:
            if not choice.right:
                yield Response(choices=(choice.id,))
                yield Response(choices=(*rights, choice.id))
    if isinstance(question, Lists):
        rights_by_row = dict(question.right_response().fields)
        for row in question.rows:
            for choice in row.choices:
                if not choice.right:
                    yield Response(fields=tuple((rights_by_row | {row.name: choice.id}).items()))


def _unused(bank: Bank, path: Path) -> Iterator[ItemFault]:
    """Tutorials to which no question leads, and pictures that no text shows."""
    led_to = {(item.tutorial.topic_id, item.tutorial.id) for item in bank.items.values()}
    for topic in bank.topics:
        for tutorial in topic.tutorials:
            if (topic.id, tutorial.id) not in led_to:
                yield ItemFault(topic.id, f"aucune question ne mène au tutoriel « {tutorial.id} »")
    for file in sorted(path.glob("*/*.svg")):
        if file.name not in bank.pictures:
            yield ItemFault(file.name, "cette image n'est montrée nulle part")


def _profile_faults(bank: Bank, path: Path | None) -> tuple[ItemFault, ...]:
    if path is None:
        return ()
    try:
        target_profiles(bank, path)
    except BankError as error:
        return error.faults
    return ()
