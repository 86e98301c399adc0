"""What the worker does with an uploaded file: read it from the database, check it, import it, erase it."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import IO, cast

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from lti_tool.database import Database
from lti_tool.jobs import Work
from lti_tool.schools import faults, imports, reading
from lti_tool.schools.faults import Fault, FileError
from lti_tool.schools.imports import ImportReport, Plan, Progress
from lti_tool.schools.models import School, Upload, UploadFault, UploadPart
from lti_tool.schools.reading import BROWSER, Limits
from lti_tool.schools.uploads import PART, WORKING, State, finish

_STEP = 5
"""Percent from one progress that is written to the next."""
_READING = 70
"""Percent of the whole that reading takes."""


class ImportRunningError(Exception):
    """Another import of the school has the lock; the job is tried again."""


class _OvertakenError(Exception):
    """The upload was given up, or done by another worker: what this one did is undone."""


def work(database: Database, job: Work, clock: Callable[[], datetime], limits: Limits = BROWSER) -> None:
    """Do what the upload waits for. It may be done twice, or by two at once: one of them changes the register."""
    with database.read() as session:
        upload = session.get(Upload, int(job.key))
    if upload is None or upload.state not in WORKING:
        return
    file = cast(IO[bytes], io.BufferedReader(_Parts(database, upload.id, upload.size), PART))
    if upload.state == State.CONFIRMED:
        _import(database, upload, file, clock(), limits)
    elif upload.columns_confirmed or not _asks_for_columns(database, upload, file, clock(), limits):
        _check(database, upload, file, clock(), limits)


def _asks_for_columns(database: Database, upload: Upload, file: IO[bytes], now: datetime, limits: Limits) -> bool:
    """Show a generic file's columns to the head; False where the file is none, or cannot be read."""
    try:
        preview = reading.preview(file, limits)
    except FileError:
        return False  # the check says what is wrong
    if preview is None:
        return False
    shown = {"header": list(preview.header), "samples": [list(row) for row in preview.samples]}
    with database.write() as session:
        session.execute(
            update(Upload)
            .where(Upload.id == upload.id, Upload.state == State.WAITING)
            .values(
                state=State.COLUMNS,
                kind="generic",
                preview=shown,
                columns=dict(preview.proposed),
                percent=100,
                updated_at=now,
            )
        )
    return True


def _check(database: Database, upload: Upload, file: IO[bytes], now: datetime, limits: Limits) -> None:
    with database.read() as session:
        generation = session.scalars(select(School.import_generation).where(School.id == upload.school_id)).one()
    plan = imports.check_file(
        database,
        upload.school_id,
        file,
        now=now,
        columns=upload.columns,
        limits=limits,
        progress=_Teller(database, upload.id),
    )
    with database.write() as session:
        if not _still(session, upload):
            return
        _keep_plan(session, upload, plan, generation, now)


def _import(database: Database, upload: Upload, file: IO[bytes], now: datetime, limits: Limits) -> None:
    def done(session: Session, import_id: int) -> None:
        """In the import's own transaction: the upload is done if and only if the register has changed."""
        if not _still(session, upload):
            raise _OvertakenError
        finish(session, upload.id, State.IMPORTED, now)
        session.execute(update(Upload).where(Upload.id == upload.id).values(import_id=import_id))

    try:
        report = imports.import_file(
            database,
            upload.school_id,
            file,
            now=now,
            person_id=upload.person_id,
            confirm_deactivations=upload.deactivations_confirmed,
            columns=upload.columns,
            limits=limits,
            progress=_Teller(database, upload.id),
            also=done,
        )
    except _OvertakenError:
        return
    codes = [fault.code for fault in report.faults]
    if codes == [faults.IMPORT_RUNNING]:
        raise ImportRunningError
    with database.write() as session:
        if report.status == "imported":
            session.execute(update(Upload).where(Upload.id == upload.id).values(counts=_counts(report)))
        elif _still(session, upload):
            unconfirmed = codes == [faults.TOO_MANY_DEACTIVATIONS]
            _keep_plan(session, upload, Plan(upload.kind, report, unconfirmed), upload.generation, now)


def _keep_plan(session: Session, upload: Upload, plan: Plan, generation: int, now: datetime) -> None:
    """Show what would become of the register, or what is wrong with the file."""
    session.execute(delete(UploadFault).where(UploadFault.upload_id == upload.id))
    session.execute(
        update(Upload)
        .where(Upload.id == upload.id)
        .values(
            state=State.CHECKED,
            kind=plan.kind,
            counts=_counts(plan.report),
            generation=generation,
            needs_confirmation=plan.needs_confirmation,
            percent=100,
            updated_at=now,
        )
    )
    if plan.report.faults and not plan.needs_confirmation:
        session.execute(insert(UploadFault), [_row(upload.id, fault) for fault in plan.report.faults])
        finish(session, upload.id, State.REFUSED, now)


def _row(upload_id: int, fault: Fault) -> dict[str, object]:
    return {"upload_id": upload_id, **asdict(fault)}


def _counts(report: ImportReport) -> dict[str, int]:
    return {name: value for name, value in asdict(report).items() if isinstance(value, int)}


def _still(session: Session, upload: Upload) -> bool:
    """Whether the upload stands where it stood when this work began; locked, so that it stays there."""
    state = session.scalar(select(Upload.state).where(Upload.id == upload.id).with_for_update())
    return state == upload.state


class _Teller:
    """Writes the progress beside the work, at most each few percent.

    On SQLite the import has the only write lock while it writes: the last progress stands until it is done.
    """

    def __init__(self, database: Database, upload_id: int) -> None:
        self._database = database
        self._upload_id = upload_id
        self._told = 0

    def __call__(self, progress: Progress) -> None:
        share = progress.done / progress.total if progress.total else 1
        is_reading = progress.phase == "reading"
        percent = int(_READING * share) if is_reading else int(_READING + (100 - _READING) * share)
        if percent < self._told + _STEP or (self._database.is_sqlite and not is_reading):
            return
        self._told = percent
        with self._database.write() as session:
            session.execute(
                update(Upload).where(Upload.id == self._upload_id, Upload.state.in_(WORKING)).values(percent=percent)
            )


class _Parts(io.RawIOBase):
    """The uploaded file, read part by part, each in a transaction of its own."""

    def __init__(self, database: Database, upload_id: int, size: int) -> None:
        self._database = database
        self._upload_id = upload_id
        self._size = size
        self._at = 0
        self._part: tuple[int, bytes] = (-1, b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        position, offset = divmod(self._at, PART)
        data = self._fetch(position)[offset : offset + len(buffer)]
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _fetch(self, position: int) -> bytes:
        if self._part[0] != position:
            with self._database.read() as session:
                data = session.scalar(
                    select(UploadPart.data).where(
                        UploadPart.upload_id == self._upload_id, UploadPart.position == position
                    )
                )
            self._part = (position, data or b"")
        return self._part[1]
