"""The kind `practical`: an item that is made anew for each pupil, from a seed, by one of the sorts of this package."""

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Self

from lti_tool.assessment.engine.kinds.base import (
    Control,
    CorrectionLine,
    Form,
    Passage,
    Question,
    Response,
    Verdict,
)
from lti_tool.assessment.engine.practical.access_rights import AccessRights
from lti_tool.assessment.engine.practical.base import Generator, Task
from lti_tool.assessment.engine.practical.connection_log import ConnectionLog
from lti_tool.assessment.engine.practical.csv_search import CsvSearch
from lti_tool.assessment.engine.practical.draw import Draw
from lti_tool.assessment.engine.practical.folder_tree import FolderTree
from lti_tool.assessment.engine.practical.history import History
from lti_tool.assessment.engine.practical.mailbox import MailboxSort
from lti_tool.assessment.engine.practical.metadata import Metadata
from lti_tool.assessment.engine.practical.page_source import PageSource
from lti_tool.assessment.engine.practical.program import Program
from lti_tool.assessment.engine.practical.spreadsheet_formula import SpreadsheetFormula
from lti_tool.assessment.engine.tables import Table
from lti_tool.assessment.engine.worlds import World

SORTS: dict[str, type[Generator]] = {
    generator.sort: generator
    for generator in (
        CsvSearch,
        MailboxSort,
        FolderTree,
        PageSource,
        Metadata,
        SpreadsheetFormula,
        Program,
        AccessRights,
        History,
        ConnectionLog,
    )
}
"""Every sort of practical item by the word that stands in an item's `sort`."""


@dataclass(frozen=True, slots=True)
class Practical(Question):
    """A world and a question about it, made from a seed by a generator; before that it is the one of an empty seed."""

    kind = "practical"
    generator: Generator
    where: str = field(compare=False)
    """Id of the item, so that one pupil's items are drawn apart."""
    made: Task | None = None

    @classmethod
    def read(cls, table: Table) -> Self:
        sort = table.text("sort")
        if sort not in SORTS:
            table.fault(f"« {sort} » n'est pas une sorte d'exercice pratique ({', '.join(SORTS)})")
        return cls(SORTS.get(sort, AccessRights).read(table), table.where)

    @property
    def sort(self) -> str:
        """The word for what the pupil works with."""
        return self.generator.sort

    @property
    def task(self) -> Task:
        """What was made, or the task of an empty seed."""
        return self.made or _make(self.generator, self.where, "")

    @property
    def world(self) -> World:
        return self.task.world

    @property
    def words(self) -> tuple[tuple[str, str], ...]:
        return self.task.words

    def for_seed(self, seed: str) -> Question:
        """The question as the pupil of this seed meets it; once made it stays what it is."""
        return self if self.made else replace(self, made=_make(self.generator, self.where, seed))

    def parse(self, form: Form) -> Response | None:
        return self.task.question.parse(form)

    def controls(self, seed: str) -> tuple[Control, ...]:
        return self.task.question.controls(seed)

    def passage(self, seed: str) -> Passage:
        return self.task.question.passage(seed)

    def remark(self, response: Response) -> str | None:
        return self.task.question.remark(response)

    def check(self, response: Response) -> Verdict:
        return self.task.question.check(response)

    def right_response(self) -> Response:
        return self.task.question.right_response()

    def correct(self, response: Response | None) -> tuple[CorrectionLine, ...]:
        return self.task.question.correct(response)


@lru_cache(maxsize=256)
def _make(generator: Generator, where: str, seed: str) -> Task:
    """Kept a while: a question is shown, checked and corrected within minutes."""
    place = f"{seed}/{where}"
    return generator.make(place, Draw(place))
