"""What a file of learners says, gathered on the side before the register is touched.

A private SQLite database that the system forgets with its last handle: it joins the file's two lists, finds doubles
and hands the learners out in portions, in memory that does not grow with the file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from types import TracebackType
from typing import NamedTuple

from lti_tool.schools import faults
from lti_tool.schools.faults import Fault
from lti_tool.schools.siecle import Division, Pupil

PORTION = 500
"""Learners at a time: below the number of parameters that any SQLite takes."""

_SCHEMA = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA cache_size = -8000;
    CREATE TABLE pupil (
        eleve_id, line, ine, last_name, preferred_last_name, first_name, middle_name, third_name,
        birthdate, sex, mef, status, faults
    );
    CREATE TABLE division (eleve_id PRIMARY KEY, code) WITHOUT ROWID;
"""
_JOIN = """
    CREATE TABLE learner AS
        SELECT ine, last_name, preferred_last_name, first_name, middle_name, third_name, birthdate, sex,
               division.code AS division, mef, status, line, faults
        FROM pupil JOIN division USING (eleve_id) ORDER BY pupil.rowid;
    CREATE INDEX by_ine ON learner (ine);
"""
_FIELDS = (
    "ine, last_name, preferred_last_name, first_name, middle_name, third_name, birthdate, sex, division, mef, status"
)


class StagedLearner(NamedTuple):
    """A learner as the file has them; `birthdate` is ISO."""

    ine: str
    last_name: str
    preferred_last_name: str | None
    first_name: str
    middle_name: str | None
    third_name: str | None
    birthdate: str
    sex: str | None
    division: str
    mef: str | None
    status: str | None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many pupils have a division, and how many have none."""

    learners: int
    without_division: int


class Stage:
    """Holds the learners of one file; use it in a `with`, in one thread."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.executescript(_SCHEMA)

    def __enter__(self) -> Stage:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._connection.close()

    def fill(self, rows: Iterable[Pupil | Division]) -> Tally:
        """Take in all rows, in any order, and join them. Of several divisions of a pupil the last counts."""
        rows = iter(rows)
        self._connection.execute("BEGIN")
        while portion := list(islice(rows, PORTION)):
            pupils = [row for row in portion if isinstance(row, Pupil)]
            divisions = [row for row in portion if isinstance(row, Division)]
            self._connection.executemany(f"INSERT INTO pupil VALUES ({', '.join('?' * 13)})", pupils)  # noqa: S608
            self._connection.executemany("INSERT OR REPLACE INTO division VALUES (?, ?)", divisions)
        self._connection.execute("COMMIT")
        self._connection.executescript(_JOIN)
        (pupils_count,) = self._connection.execute("SELECT count(*) FROM pupil").fetchone()
        (learners,) = self._connection.execute("SELECT count(*) FROM learner").fetchone()
        return Tally(learners, pupils_count - learners)

    def faults(self) -> Iterator[Fault]:
        """What is wrong with the learners, in the file's order; only those with a division can be wrong."""
        wrong = self._connection.execute(
            """
            WITH doubles AS (
                SELECT ine, min(rowid) AS first FROM learner WHERE ine <> '' GROUP BY ine HAVING count(*) > 1
            )
            SELECT line, learner.ine, faults, learner.rowid > doubles.first
            FROM learner LEFT JOIN doubles ON doubles.ine = learner.ine
            WHERE faults <> '' OR learner.rowid > doubles.first ORDER BY learner.rowid
            """
        )
        for line, ine, codes, is_double in wrong:
            for code in codes.split():
                yield Fault(code, line, ine or None)
            if is_double:
                yield Fault(faults.INE_UNIQUE, line, ine)

    def take(self, ines: Sequence[str]) -> dict[str, StagedLearner]:
        """The learners with these INE, by INE, at most `PORTION`; they are no longer among the rest."""
        places = ", ".join("?" * len(ines))
        taken = self._connection.execute(
            f"DELETE FROM learner WHERE ine IN ({places}) RETURNING {_FIELDS}",  # noqa: S608 - places and names only
            list(ines),
        )
        return {row[0]: StagedLearner(*row) for row in taken}

    def rest(self) -> Iterator[list[StagedLearner]]:
        """The learners not taken, in the file's order, in portions."""
        rows = self._connection.execute(f"SELECT {_FIELDS} FROM learner ORDER BY rowid")  # noqa: S608 - names only
        while portion := [StagedLearner(*row) for row in rows.fetchmany(PORTION)]:
            yield portion
