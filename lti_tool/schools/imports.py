"""Importing a file of learners: the register becomes what the file says, whole, or stays as it was."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import islice
from typing import IO, Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from lti_tool.database import Database
from lti_tool.schools import audit, faults, reading
from lti_tool.schools.bulk import Bulk, open_bulk
from lti_tool.schools.faults import Fault, FileError
from lti_tool.schools.models import Import, School
from lti_tool.schools.reading import COMMAND_LINE, Limits
from lti_tool.schools.staging import FIELDS, Comparison, Stage

MOST_FAULTS = 5000
"""Faults listed of one file; a secretary corrects these first."""
LOCK_WAIT_S = 30
"""How long an import waits for another one of the school; `SQLITE_BUSY_TIMEOUT_S` says the same for SQLite."""
_LOCK_CLASS = 7119002
_NOTICE_GONE_CLIENTS = text(
    "SELECT set_config('tcp_keepalives_idle', '20', true), set_config('tcp_keepalives_interval', '5', true),"
    " set_config('tcp_keepalives_count', '3', true)"
)
"""A machine that loses its power says no goodbye: the server asks after it, and ends its connection, lock and all."""
_LOCK_NOT_AVAILABLE = "55P03"

UPDATED, DEACTIVATED, REACTIVATED = "updated", "deactivated", "reactivated"
"""Kinds of `ImportChange`."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or why it did nothing.

    An active learner whom the file skips counts in `skipped` and in `deactivated`; an inactive one who stands in
    the file again counts in `reactivated` only. Of a refused file only `skipped` is counted, except where it lacks
    the confirmation: then the counts are what would have been done.
    """

    status: Literal["imported", "refused"]
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    deactivated: int = 0
    reactivated: int = 0
    skipped: int = 0
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do, with nothing done; `report.status` is `refused` where the file has faults."""

    kind: str | None
    """`siecle`, `agricultural` or `generic`; None where the file cannot be read."""
    report: ImportReport
    needs_confirmation: bool = False
    """More than one active learner in five would be deactivated."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is: of about `total` bytes `read`, or of `total` lines written."""

    phase: Literal["reading", "writing"]
    done: int
    total: int


Told = Callable[[Progress], None]


def import_file(
    database: Database,
    school_id: int,
    file: IO[bytes],
    *,
    now: datetime,
    person_id: int | None = None,
    confirm_deactivations: bool = False,
    columns: Mapping[str, int] | None = None,
    limits: Limits = COMMAND_LINE,
    progress: Told | None = None,
    also: Callable[[Session, int], None] | None = None,
) -> ImportReport:
    """Make the school's register equal to a file of learners, of any kind that `reading` tells; `file` is seekable.

    The key is the INE within the school: learners keep their line, bindings and results. Those missing in the file
    are deactivated, those back are reactivated. More than one active learner in five deactivated needs
    `confirm_deactivations`. Every fault is reported at once, and with any of them nothing changes. `person_id` is
    who imports, None for the command line; `columns` which column of a generic file holds which field. Imports of
    one school wait for each other: the lock is the transaction's, and ends with it or with its connection.
    `also` is called in the transaction that changes the register, with the id of the import.
    """
    with Stage() as stage:
        checked = _read(database, school_id, file, stage, now, columns, limits, progress)
        if checked.report.faults:
            return checked.report
        try:
            with database.write() as session:
                _lock(session, school_id)
                bulk = open_bulk(session, school_id)
                comparison = stage.know(bulk.lines())
                report = _with_counts(checked.report, comparison)
                if _too_many_leave(comparison) and not confirm_deactivations:
                    return replace(report, status="refused", faults=(Fault(faults.TOO_MANY_DEACTIVATIONS),))
                import_id = _record(session, school_id, report, checked.kind, now, person_id)
                _apply(open_bulk(session, school_id, _counting(progress, comparison)), stage, import_id, now)
                if also is not None:
                    also(session, import_id)
        except (OperationalError, sqlite3.OperationalError) as error:
            if _is_lock(error):
                return ImportReport("refused", faults=(Fault(faults.IMPORT_RUNNING),))
            raise
    return report


def check_file(
    database: Database,
    school_id: int,
    file: IO[bytes],
    *,
    now: datetime,
    columns: Mapping[str, int] | None = None,
    limits: Limits = COMMAND_LINE,
    progress: Told | None = None,
) -> Plan:
    """What `import_file` would do with the same file now; nothing is changed and nobody waits."""
    with Stage() as stage:
        checked = _read(database, school_id, file, stage, now, columns, limits, progress)
        if checked.report.faults:
            return checked
        with database.read() as session:
            comparison = stage.know(open_bulk(session, school_id).lines())
    return Plan(checked.kind, _with_counts(checked.report, comparison), _too_many_leave(comparison))


def _read(
    database: Database,
    school_id: int,
    file: IO[bytes],
    stage: Stage,
    now: datetime,
    columns: Mapping[str, int] | None,
    limits: Limits,
    progress: Told | None,
) -> Plan:
    """Fill the stage; the report has what is wrong with the file, and who is skipped."""
    with database.read() as session:
        uai, zone = session.execute(select(School.uai, School.time_zone).where(School.id == school_id)).one()
    today = now.astimezone(ZoneInfo(zone)).date()

    def watch(done: int, total: int) -> None:
        if progress is not None:
            progress(Progress("reading", min(done, total), total))

    kind = None
    try:
        rows = reading.open_rows(file, uai=uai, today=today, columns=columns, limits=limits, watch=watch)
        kind = rows.kind
        tally = stage.fill(rows)
    except FileError as error:
        return Plan(kind, ImportReport("refused", faults=(error.fault,)))
    found = list(rows.faults)
    if tally.learners == 0:
        found.append(Fault(faults.EMPTY, message=rows.empty))
    found += islice(stage.faults(rows.labels), MOST_FAULTS + 1)
    if len(found) > MOST_FAULTS:
        found[MOST_FAULTS:] = [Fault(faults.TOO_MANY_FAULTS)]
    skipped = rows.skipped + tally.without_division
    return Plan(kind, ImportReport("refused" if found else "imported", skipped=skipped, faults=tuple(found)))


def _lock(session: Session, school_id: int) -> None:
    """Have the school's register for this transaction alone, as far as imports go; SQLite's write lock is enough."""
    if session.get_bind().dialect.name != "sqlite":
        session.execute(_NOTICE_GONE_CLIENTS)
        session.execute(text(f"SET LOCAL lock_timeout = '{LOCK_WAIT_S}s'"))
        session.execute(
            text("SELECT pg_advisory_xact_lock(:kind, :school)"), {"kind": _LOCK_CLASS, "school": school_id}
        )
        session.execute(text("SET LOCAL lock_timeout TO DEFAULT"))
    session.execute(update(School).where(School.id == school_id).values(import_generation=School.import_generation + 1))


def _is_lock(error: OperationalError | sqlite3.OperationalError) -> bool:
    """Whether it says that somebody else has the lock; SQLite's own error is that of a transaction's first word."""
    said = error.orig if isinstance(error, OperationalError) else error
    return getattr(said, "sqlstate", None) == _LOCK_NOT_AVAILABLE or "locked" in str(said)


def _too_many_leave(comparison: Comparison) -> bool:
    return comparison.deactivated * 5 > comparison.active_before


def _with_counts(report: ImportReport, comparison: Comparison) -> ImportReport:
    return replace(
        report,
        added=comparison.added,
        updated=comparison.updated,
        unchanged=comparison.unchanged,
        deactivated=comparison.deactivated,
        reactivated=comparison.reactivated,
    )


def _apply(bulk: Bulk, stage: Stage, import_id: int, now: datetime) -> None:
    """Bring the register to what the stage holds, and keep for the history what was changed."""
    bulk.note((import_id, *row) for row in _changes(stage))
    bulk.change((row[:1] + row[2 : 2 + len(FIELDS)] for row in stage.changed()), now)
    bulk.deactivate(stage.gone(), now)
    bulk.add(stage.added(), import_id, now)


def _changes(stage: Stage) -> Iterator[tuple[int, str, str, str]]:
    """Learner, kind, and what differs, before and after, as JSON."""
    for learner_id, was_active, *values in stage.changed():
        after, before = values[: len(FIELDS)], values[len(FIELDS) :]
        differ = [place for place in range(len(FIELDS)) if before[place] != after[place]]
        told = [json.dumps({FIELDS[place]: side[place] for place in differ}) for side in (before, after)]
        yield learner_id, UPDATED if was_active else REACTIVATED, told[0], told[1]
    for (learner_id,) in stage.gone():
        yield learner_id, DEACTIVATED, "{}", "{}"


def _counting(progress: Told | None, comparison: Comparison) -> Callable[[int], None]:
    """Adds up what is written; a changed line passes twice, once for the history."""
    changing = comparison.updated + comparison.reactivated + comparison.deactivated
    total, done = comparison.added + 2 * changing, 0

    def moved(count: int) -> None:
        nonlocal done
        done += count
        if progress is not None:
            progress(Progress("writing", done, total))

    return moved


def _record(
    session: Session, school_id: int, report: ImportReport, kind: str | None, now: datetime, person_id: int | None
) -> int:
    counts: dict[str, Any] = {name: value for name, value in asdict(report).items() if isinstance(value, int)}
    done = Import(school_id=school_id, person_id=person_id, at=now, counts=counts, kind=kind)
    session.add(done)
    session.flush()
    audit.record(
        session, "register.imported", now, school_id=school_id, person_id=person_id, import_id=done.id, **counts
    )
    return done.id
