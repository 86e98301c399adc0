"""The fake platform's courses: members, columns and cells, with Moodle's rules about who may write what when."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass
class Rules:
    """Moodle's refusals (`facts/moodle.md`, "Scores"), each of which a test may switch off."""

    exact_media_types: bool = True
    later_timestamps: bool = True
    own_clock: bool = True
    """A cell's time is the platform's own, in whole seconds, not the score's."""
    only_learners: bool = True
    type_id: str | None = "1"
    """Query parameter that every line item's address must carry."""
    filters: bool = True
    """Whether the list of line items heeds its filters."""
    page_size: int = 2


@dataclass
class Cell:
    """What a learner's cell shows."""

    score: float | None
    maximum: float
    comment: str | None
    time: datetime


@dataclass
class Column:
    """A line item."""

    id: int
    document: dict[str, Any]
    cells: dict[str, Cell] = field(default_factory=dict)


@dataclass
class Member:
    """Somebody whom the membership service lists."""

    sub: str
    roles: list[str] = field(default_factory=lambda: ["Learner"])
    status: str | None = "Active"
    names: dict[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        status = {"status": self.status} if self.status else {}
        return {"user_id": self.sub, "roles": self.roles, **status, **self.names}


@dataclass
class Course:
    """One course's gradebook and members."""

    columns: dict[int, Column] = field(default_factory=dict)
    members: list[Member] = field(default_factory=list)

    def add_column(self, **document: Any) -> Column:
        number = max(self.columns, default=0) + 1
        column = Column(number, {"label": "Parcours", "scoreMaximum": 100.0, **document})
        self.columns[number] = column
        return column


def refusal(rules: Rules, course: Course, column: Column, score: dict[str, Any], now: datetime) -> tuple[int, str]:
    """Status and reason phrase of a posted score: 200 and empty where it is taken, which it then is."""
    needed = ("userId", "timestamp", "activityProgress", "gradingProgress")
    if any(not score.get(name) for name in needed) or ("scoreGiven" in score and "scoreMaximum" not in score):
        return 400, "Incorrect score received"
    try:
        time = datetime.fromisoformat(score["timestamp"])
    except ValueError:
        return 400, "Incorrect score received"
    learner = next((member for member in course.members if member.sub == score["userId"]), None)
    if rules.only_learners and (learner is None or not any("Learner" in role for role in learner.roles)):
        return 400, "Incorrect score received"
    cell = column.cells.get(score["userId"])
    if rules.later_timestamps and cell is not None and int(cell.time.timestamp()) >= int(time.timestamp()):
        return 409, "Refusing score with an earlier timestamp for item and user"
    final = score["gradingProgress"] == "FullyGraded"
    given = score.get("scoreGiven") if final else None
    maximum = column.document["scoreMaximum"]
    shown = None if given is None else min(max(given * maximum / score["scoreMaximum"], 0.0), maximum)
    comment = score.get("comment") if final else None
    column.cells[score["userId"]] = Cell(shown, maximum, comment, now if rules.own_clock else time)
    return 200, "OK"
