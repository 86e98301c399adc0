"""What happens to a cell of the gradebook: a score from the tool, or a teacher's pen, with Moodle's refusals.

The rules are those of `facts/moodle.md` "Scores".
"""

from dataclasses import dataclass

from lti_tool.demo.store import Grade, LineItem, Store, read_grade, read_line_item, write_grade


class EarlierScoreError(Exception):
    """The cell was written at or after the second of this score."""


class NoSuchColumnError(Exception):
    """The column was deleted meanwhile."""


@dataclass(frozen=True, slots=True)
class Score:
    """A score as the tool sent it, already checked for its form."""

    sub: str
    second: int
    """Its timestamp in whole seconds since 1970."""
    given: float | None
    """None where the cell is to be cleared: no `scoreGiven`, or not `FullyGraded`."""
    maximum: float | None
    comment: str | None


def accept_score(store: Store, course: str, line_item_id: int, score: Score, *, now: int) -> None:
    """Write a score into its cell, rescaled to the column and kept within 0 and its maximum.

    `now` is the ENT's clock in whole seconds: an activity's column keeps it, a column made by the tool
    keeps the tool's timestamp. A cell that a teacher overrode keeps what it shows.
    Raises `EarlierScoreError`, `NoSuchColumnError`.
    """
    with store.transaction() as db:
        column = read_line_item(db, course, line_item_id)
        if column is None:
            raise NoSuchColumnError
        before = read_grade(db, line_item_id, score.sub)
        if before is not None and before.modified >= score.second:
            raise EarlierScoreError
        modified = score.second if column.made_by_tool else now
        if before is not None and before.overridden:
            after = Grade(score.sub, before.value, before.comment, modified, overridden=True)
        else:
            value = _rescaled(score, column)
            comment = score.comment if value is not None else None
            after = Grade(score.sub, value, comment, modified, overridden=False)
        write_grade(db, line_item_id, after)


def write_by_teacher(store: Store, course: str, line_item_id: int, sub: str, value: float | None, *, now: int) -> None:
    """Write a cell by hand at `now`; None empties it and gives an activity's cell back to the activity.

    Raises `NoSuchColumnError`; `ValueError` for a value outside 0 and the column's maximum.
    """
    with store.transaction() as db:
        column = read_line_item(db, course, line_item_id)
        if column is None:
            raise NoSuchColumnError
        if value is not None and not 0 <= value <= column.score_maximum:
            raise ValueError("outside the column's scale")
        before = read_grade(db, line_item_id, sub)
        comment = before.comment if before and value is not None else None
        overridden = value is not None and not column.made_by_tool
        write_grade(db, line_item_id, Grade(sub, value, comment, now, overridden=overridden))


def _rescaled(score: Score, column: LineItem) -> float | None:
    if score.given is None or score.maximum is None:
        return None
    value = score.given * column.score_maximum / score.maximum
    return min(max(value, 0.0), column.score_maximum)
