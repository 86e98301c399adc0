"""Importing a file of learners: the register becomes what the file says, whole, or stays as it was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from itertools import islice
from typing import IO, Any, Literal, cast
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Table, bindparam, insert, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from lti_tool.database import Database
from lti_tool.schools import archives, audit, faults, siecle
from lti_tool.schools.faults import Fault, FileError
from lti_tool.schools.models import Import, Learner, School
from lti_tool.schools.staging import PORTION, Stage, StagedLearner

MOST_FAULTS = 5000
"""Faults listed of one file; a secretary corrects these first."""

_TABLE = cast(Table, Learner.__table__)
_SAID_BY_FILE = StagedLearner._fields[1:]
"""What the file says of a learner, besides the INE by which they are known."""


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


def import_file(
    database: Database,
    school_id: int,
    file: IO[bytes],
    *,
    now: datetime,
    person_id: int | None = None,
    confirm_deactivations: bool = False,
) -> ImportReport:
    """Make the school's register equal to a SIECLE file, `.xml` or `.zip` told apart by content; `file` is seekable.

    The key is the INE within the school: learners keep their line, bindings and results. Those missing in the file
    are deactivated, those back are reactivated. More than one active learner in five deactivated needs
    `confirm_deactivations`. Every fault is reported at once, and with any of them nothing changes. `person_id` is
    who imports, None for the command line. Imports of one school wait for each other.
    """
    with Stage() as stage:
        report = _read(database, school_id, file, stage, now)
        if report.faults:
            return report
        try:
            with database.write() as session:
                report = _merge(session, school_id, stage, report, now, confirm_deactivations)
                _record(session, school_id, report, now, person_id)
        except _Unconfirmed as unconfirmed:
            return unconfirmed.report
        except OperationalError as error:
            if database.is_sqlite and "locked" in str(error.orig):
                return ImportReport("refused", faults=(Fault(faults.IMPORT_RUNNING),))
            raise
    return report


class _Unconfirmed(Exception):  # noqa: N818 - not an error: it ends the transaction
    """The import needs a confirmation; what it has done so far is undone."""

    def __init__(self, report: ImportReport) -> None:
        self.report = replace(report, status="refused", faults=(Fault(faults.TOO_MANY_DEACTIVATIONS),))
        super().__init__()


def _read(database: Database, school_id: int, file: IO[bytes], stage: Stage, now: datetime) -> ImportReport:
    """Fill the stage; the report has what is wrong with the file, and who is skipped."""
    with database.read() as session:
        uai, zone = session.execute(select(School.uai, School.time_zone).where(School.id == school_id)).one()
    try:
        reader = siecle.Reader(archives.open_xml(file), now.astimezone(ZoneInfo(zone)).date())
        tally = stage.fill(reader)
    except FileError as error:
        return ImportReport("refused", faults=(error.fault,))
    found: list[Fault] = []
    if reader.uai != uai:
        found.append(Fault(faults.UAI_MISMATCHED))
    if tally.learners == 0:
        found.append(Fault(faults.EMPTY))
    found += islice(stage.faults(), MOST_FAULTS + 1)
    if len(found) > MOST_FAULTS:
        found[MOST_FAULTS:] = [Fault(faults.TOO_MANY_FAULTS)]
    skipped = reader.skipped + tally.without_division
    return ImportReport("refused" if found else "imported", skipped=skipped, faults=tuple(found))


def _merge(
    session: Session, school_id: int, stage: Stage, report: ImportReport, now: datetime, confirmed: bool
) -> ImportReport:
    """Bring the register to what the stage holds; raises `_Unconfirmed` where too many would be deactivated."""
    session.execute(
        update(School).where(School.id == school_id).values(import_generation=School.import_generation + 1)
    )  # the row's lock: a second import of this school waits here
    counts = _Counts()
    last_ine = ""
    while known := _known(session, school_id, last_ine):
        _bring_up_to_date(session, known, stage.take([row.ine for row in known]), counts, now)
        last_ine = known[-1].ine
    for portion in stage.rest():
        _add(session, school_id, portion, now)
        counts.added += len(portion)
    report = replace(
        report,
        added=counts.added,
        updated=counts.updated,
        unchanged=counts.unchanged,
        deactivated=counts.deactivated,
        reactivated=counts.reactivated,
    )
    if counts.deactivated * 5 > counts.active_before and not confirmed:
        raise _Unconfirmed(report)
    return report


@dataclass(slots=True)
class _Counts:
    active_before: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    deactivated: int = 0
    reactivated: int = 0


def _known(session: Session, school_id: int, after_ine: str) -> Sequence[Row[Any]]:
    """The next learners of the register, by INE."""
    return session.execute(
        select(_TABLE.c.id, _TABLE.c.active, _TABLE.c.ine, *(_TABLE.c[name] for name in _SAID_BY_FILE))
        .where(_TABLE.c.school_id == school_id, _TABLE.c.ine > after_ine)
        .order_by(_TABLE.c.ine)
        .limit(PORTION)
    ).all()


def _bring_up_to_date(
    session: Session, known: Iterable[Row[Any]], staged: dict[str, StagedLearner], counts: _Counts, now: datetime
) -> None:
    changed: list[dict[str, Any]] = []
    gone: list[int] = []
    for row in known:
        counts.active_before += row.active
        learner = staged.get(row.ine)
        if learner is None:
            if row.active:
                gone.append(row.id)
            continue
        values = _values(learner)
        same = tuple(row)[3:] == tuple(values[name] for name in _SAID_BY_FILE)
        if row.active and same:
            counts.unchanged += 1
            continue
        if row.active:
            counts.updated += 1
        else:
            counts.reactivated += 1
        changed.append({**values, "learner_id": row.id})
    if changed:
        session.connection().execute(
            update(_TABLE)
            .where(_TABLE.c.id == bindparam("learner_id"))
            .values({name: bindparam(name) for name in _SAID_BY_FILE} | {"active": True, "updated_at": now}),
            changed,
        )
    if gone:
        session.connection().execute(update(_TABLE).where(_TABLE.c.id.in_(gone)).values(active=False, updated_at=now))
        counts.deactivated += len(gone)


def _add(session: Session, school_id: int, portion: Iterable[StagedLearner], now: datetime) -> None:
    session.connection().execute(
        insert(_TABLE),
        [
            {
                **_values(learner),
                "ine": learner.ine,
                "school_id": school_id,
                "child_id": str(uuid4()),
                "active": True,
                "created_at": now,
                "updated_at": now,
            }
            for learner in portion
        ],
    )


def _values(learner: StagedLearner) -> dict[str, Any]:
    """What the file says of a learner, as the register keeps it."""
    values: dict[str, Any] = dict(zip(_SAID_BY_FILE, learner[1:], strict=True))
    values["birthdate"] = date.fromisoformat(learner.birthdate)
    return values


def _record(session: Session, school_id: int, report: ImportReport, now: datetime, person_id: int | None) -> None:
    counts = {name: value for name, value in asdict(report).items() if isinstance(value, int)}
    session.execute(insert(Import).values(school_id=school_id, person_id=person_id, at=now, counts=counts))
    audit.record(session, "register.imported", now, school_id=school_id, person_id=person_id, **counts)
