"""What a file of learners says, gathered on the side and compared with the register before that is touched.

A private SQLite database that the system forgets with its last handle: it joins the file's two lists, finds doubles
and tells new, changed, gone and returned learners apart, in memory that does not grow with the file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from types import TracebackType
from typing import Any

from lti_tool.errors import N_
from lti_tool.schools import faults
from lti_tool.schools.faults import Fault
from lti_tool.schools.siecle import Division, Pupil

FIELDS = (
    "last_name",
    "preferred_last_name",
    "first_name",
    "middle_name",
    "third_name",
    "birthdate",
    "sex",
    "division",
    "mef",
    "status",
)
"""What a file says of a learner, besides the INE by which they are known; named as in the register."""
_FIELDS = ", ".join(FIELDS)
_IN_FILE = ", ".join(f"learner.{name}" for name in FIELDS)
_IN_REGISTER = ", ".join(f"known.{name}" for name in FIELDS)
_SAME = f"({_IN_FILE}) IS ({_IN_REGISTER})"
_NOT_KNOWN = "NOT EXISTS (SELECT 1 FROM known WHERE known.ine = learner.ine)"
_NOT_IN_FILE = "NOT EXISTS (SELECT 1 FROM learner WHERE learner.ine = known.ine)"
_SCHEMA = f"""
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA cache_size = -8000;
    CREATE TABLE pupil (
        eleve_id, line, ine, last_name, preferred_last_name, first_name, middle_name, third_name,
        birthdate, sex, division, mef, status, faults
    );
    CREATE TABLE division (eleve_id PRIMARY KEY, code) WITHOUT ROWID;
    CREATE TABLE known (ine PRIMARY KEY, id, active, {_FIELDS}) WITHOUT ROWID;
    CREATE VIEW learner AS
        SELECT pupil.rowid AS place, line, ine, last_name, preferred_last_name, first_name, middle_name, third_name,
               birthdate, sex, coalesce(division, code) AS division, mef, status, faults
        FROM pupil LEFT JOIN division USING (eleve_id) WHERE coalesce(division, code) IS NOT NULL;
"""  # noqa: S608 - names of columns only, here and below


def _places(count: int) -> str:
    return ", ".join("?" * count)


_INSERTS: dict[type, str] = {
    Pupil: f"INSERT INTO pupil VALUES ({_places(len(Pupil._fields))})",  # noqa: S608
    Division: f"INSERT OR REPLACE INTO division VALUES ({_places(len(Division._fields))})",  # noqa: S608
}
_INSERT_KNOWN = f"INSERT INTO known VALUES ({_places(3 + len(FIELDS))})"  # noqa: S608
# Random, in the shape of a version 4 UUID (RFC 9562 §5.4).
_NEW_CHILD = """
    lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2)
          || '-a' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))
"""
_TOO_MANY_CELLS = N_("La ligne a plus de cases que le tableau n’a de colonnes. Corrigez-la.")


@dataclass(frozen=True, slots=True)
class Tally:
    """How many pupils have a division, and how many have none."""

    learners: int
    without_division: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What would become of the register; the numbers of `imports.ImportReport`."""

    active_before: int
    added: int
    updated: int
    unchanged: int
    deactivated: int
    reactivated: int


class Stage:
    """Holds the learners of one file, and beside them those of the register; use it in a `with`, in one thread."""

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
        """Take in all rows of a file, in any order. Of several divisions of a pupil the last counts."""
        self._connection.execute("BEGIN")
        for kind, portion in groupby(rows, type):
            self._connection.executemany(_INSERTS[kind], portion)
        self._connection.execute("CREATE INDEX by_ine ON pupil (ine)")
        self._connection.execute("COMMIT")
        pupils, learners = self._one("SELECT (SELECT count(*) FROM pupil), (SELECT count(*) FROM learner)")
        return Tally(learners, pupils - learners)

    def faults(self, labels: Mapping[str, str] | None = None) -> Iterator[Fault]:
        """What is wrong with the learners, in the file's order; only those with a division can be wrong.

        `labels` are the file's own words for the fields, where it is a table.
        """
        wrong = self._connection.execute(
            """
            WITH doubles AS (
                SELECT ine, min(place) AS first FROM learner WHERE ine <> '' GROUP BY ine HAVING count(*) > 1
            )
            SELECT line, learner.ine, faults, learner.place > doubles.first, first_name, last_name
            FROM learner LEFT JOIN doubles ON doubles.ine = learner.ine
            WHERE faults <> '' OR learner.place > doubles.first ORDER BY learner.place
            """
        )
        double = faults.INE_UNIQUE if labels is None or not labels else faults.IDENTIFIER_UNIQUE
        for line, ine, codes, is_double, first_name, last_name in wrong:
            pupil = " ".join(name for name in (first_name, last_name) if name) or None
            for code, _, field in (each.partition("=") for each in codes.split()):
                message = _TOO_MANY_CELLS if code == faults.BAD_CSV_FORMAT else ""
                yield Fault(code, line, ine or None, message, pupil, (labels or {}).get(field))
            if is_double:
                yield Fault(double, line, ine, pupil=pupil)

    def know(self, lines: Iterable[tuple[Any, ...]]) -> Comparison:
        """Take in the register's lines (INE, id, whether active, then `FIELDS`), and compare them with the file."""
        self._connection.execute("BEGIN")
        self._connection.executemany(_INSERT_KNOWN, lines)
        self._connection.execute("COMMIT")
        (active_before,) = self._one("SELECT count(*) FROM known WHERE active")
        in_file, still_active, unchanged, reactivated = self._one(
            f"""
            SELECT count(*), total(known.active), total(known.active AND {_SAME}), total(NOT known.active)
            FROM learner LEFT JOIN known ON known.ine = learner.ine
            """  # noqa: S608
        )
        return Comparison(
            active_before=active_before,
            added=int(in_file - still_active - reactivated),
            updated=int(still_active - unchanged),
            unchanged=int(unchanged),
            deactivated=int(active_before - still_active),
            reactivated=int(reactivated),
        )

    def added(self) -> Iterator[tuple[Any, ...]]:
        """The new learners, in the file's order: INE, a child's id of their own, `FIELDS`."""
        return self._connection.execute(
            f"SELECT ine, {_NEW_CHILD}, {_FIELDS} FROM learner WHERE {_NOT_KNOWN} ORDER BY place"  # noqa: S608
        )

    def changed(self) -> Iterator[tuple[Any, ...]]:
        """The known learners of whom the file says something else, or who are back.

        Id, whether they were active, `FIELDS` as the file has them, `FIELDS` as the register has them.
        """
        return self._connection.execute(
            f"""
            SELECT known.id, known.active, {_IN_FILE}, {_IN_REGISTER}
            FROM learner JOIN known ON known.ine = learner.ine
            WHERE NOT known.active OR NOT {_SAME} ORDER BY place
            """  # noqa: S608
        )

    def gone(self) -> Iterator[tuple[int]]:
        """The ids of the active learners whom the file does not have."""
        return self._connection.execute(
            f"SELECT known.id FROM known WHERE known.active AND {_NOT_IN_FILE}"  # noqa: S608
        )

    def _one(self, query: str) -> Any:
        return self._connection.execute(query).fetchone()
