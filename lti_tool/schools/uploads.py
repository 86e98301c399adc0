"""A file of learners given in the browser: kept in the database in parts, checked and imported by the worker, erased.

A file that is still being worked on keeps nobody else out: a newer one of the school takes its place at once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import IO

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from lti_tool import jobs
from lti_tool.errors import N_, RefusedError
from lti_tool.schools import faults, generic
from lti_tool.schools.faults import Fault, FileError
from lti_tool.schools.models import School, Upload, UploadFault, UploadPart
from lti_tool.schools.reading import BROWSER, Limits

JOB = "import"
"""Kind of the job; its key is the upload's id. See `importing.work`."""
PART = 1024 * 1024
"""Bytes of a part."""
KEPT = timedelta(days=1)
"""How long a file waits for the head's confirmation."""
REMEMBERED = timedelta(days=30)
"""How long the faults of a refused file can be read."""
PER_PAGE = 50


class State(StrEnum):
    """Where an upload stands."""

    WAITING = "waiting"
    """To be read and compared with the register, by the worker."""
    COLUMNS = "columns"
    """Generic files: the head has to say which column is which."""
    REFUSED = "refused"
    """It has faults; nothing was changed and the file is erased."""
    CHECKED = "checked"
    """The head has to confirm what would change."""
    CONFIRMED = "confirmed"
    """To be imported, by the worker."""
    IMPORTED = "imported"
    """Done, and the file is erased."""
    GIVEN_UP = "given-up"
    """By the head, for a newer file, or since nobody confirmed; the file is erased."""


OPEN = frozenset({State.WAITING, State.COLUMNS, State.CHECKED, State.CONFIRMED})
WORKING = frozenset({State.WAITING, State.CONFIRMED})


class NoSuchUploadError(RefusedError):
    """The school has no such upload."""

    code = "FICHIER"
    status = 404
    sentence = N_("Ce fichier n’est plus là.")
    advice = N_("Choisissez-le de nouveau.")


class UploadError(RefusedError):
    """What was asked for does not fit where the upload stands."""

    code = "IMPORT"
    status = 409
    sentence = N_("Cet import a avancé entre-temps.")
    advice = N_("Rechargez la page pour voir où il en est.")


class ConfirmationError(RefusedError):
    """More than one active learner in five would be deactivated, and the box is not ticked."""

    code = faults.TOO_MANY_DEACTIVATIONS
    status = 422
    sentence = N_("Cochez la case pour confirmer ces départs.")


@dataclass(frozen=True, slots=True)
class Sight:
    """An upload as its page shows it."""

    id: int
    file_name: str
    state: State
    percent: int
    kind: str | None
    counts: Mapping[str, int]
    needs_confirmation: bool
    header: tuple[str, ...]
    samples: tuple[tuple[str, ...], ...]
    columns: Mapping[str, int]
    faults: int
    """How many."""
    import_id: int | None


def store(
    session: Session,
    school_id: int,
    person_id: int,
    file_name: str,
    file: IO[bytes],
    now: datetime,
    *,
    limits: Limits = BROWSER,
) -> int:
    """Keep a file and have it checked; returns the upload's id. Whatever of the school was not finished is given up.

    `file` is seekable and stays the caller's. Raises `FileError` where it is larger than any file may be.
    """
    size = file.seek(0, os.SEEK_END)
    if size > max(limits.xml, limits.csv):
        raise FileError(faults.TOO_LARGE)
    for open_id in session.scalars(
        select(Upload.id).where(Upload.school_id == school_id, Upload.state.in_(OPEN)).with_for_update()
    ):
        finish(session, open_id, State.GIVEN_UP, now)
    upload = Upload(
        school_id=school_id,
        person_id=person_id,
        file_name=faults.printable(file_name[-100:]),
        size=size,
        state=State.WAITING,
        created_at=now,
        updated_at=now,
    )
    session.add(upload)
    session.flush()
    file.seek(0)
    position = 0
    while data := file.read(PART):
        session.execute(insert(UploadPart).values(upload_id=upload.id, position=position, data=data))
        position += 1
    jobs.enqueue(session, JOB, str(upload.id), {}, now)
    return upload.id


def see(session: Session, school_id: int, upload_id: int) -> Sight:
    """An upload of the school. Raises `NoSuchUploadError`."""
    upload = _find(session, school_id, upload_id)
    counted = select(func.count()).select_from(UploadFault).where(UploadFault.upload_id == upload_id)
    preview = upload.preview or {}
    return Sight(
        id=upload.id,
        file_name=upload.file_name,
        state=State(upload.state),
        percent=upload.percent,
        kind=upload.kind,
        counts=upload.counts or {},
        needs_confirmation=upload.needs_confirmation,
        header=tuple(preview.get("header", ())),
        samples=tuple(tuple(row) for row in preview.get("samples", ())),
        columns=upload.columns or {},
        faults=session.scalar(counted) or 0,
        import_id=upload.import_id,
    )


def unfinished(session: Session, school_id: int) -> int | None:
    """The upload of the school that is being worked on or waits for the head, if there is one."""
    return session.scalar(
        select(Upload.id)
        .where(Upload.school_id == school_id, Upload.state.in_(OPEN))
        .order_by(Upload.id.desc())
        .limit(1)
    )


def faults_of(session: Session, school_id: int, upload_id: int, *, page: int | None = 1) -> tuple[Fault, ...]:
    """A page of what is wrong with an upload of the school, in the file's order; all of it without a page."""
    _find(session, school_id, upload_id)
    statement = select(UploadFault).where(UploadFault.upload_id == upload_id).order_by(UploadFault.id)
    if page is not None:
        statement = statement.limit(PER_PAGE).offset((max(1, page) - 1) * PER_PAGE)
    return tuple(
        Fault(each.code, each.line, each.ine, each.message, each.pupil, each.column)
        for each in session.scalars(statement)
    )


def choose_columns(session: Session, school_id: int, upload_id: int, columns: Mapping[str, int], now: datetime) -> None:
    """Say which column of a generic file holds which field, and have it checked. Raises `UploadError`."""
    upload = _find(session, school_id, upload_id, lock=True)
    width = len((upload.preview or {}).get("header", ()))
    if upload.state not in (State.COLUMNS, State.CHECKED) or not width or not generic.is_possible(columns, width):
        raise UploadError
    upload.columns = dict(columns)
    upload.columns_confirmed = True
    _go_on(session, upload, State.WAITING, now)


def confirm(session: Session, school_id: int, upload_id: int, now: datetime, *, deactivations: bool) -> None:
    """Import the file as it was shown; `deactivations` is whether the box was ticked.

    Raises `ConfirmationError` where it had to be, and `UploadError` where the upload stands elsewhere.
    """
    upload = _find(session, school_id, upload_id, lock=True)
    if upload.state != State.CHECKED:
        raise UploadError
    if upload.needs_confirmation and not deactivations:
        raise ConfirmationError
    upload.deactivations_confirmed = deactivations
    generation = session.scalar(select(School.import_generation).where(School.id == school_id))
    # Where the register was imported anew since, what was shown no longer holds: it is checked once more.
    _go_on(session, upload, State.CONFIRMED if generation == upload.generation else State.WAITING, now)


def give_up(session: Session, school_id: int, upload_id: int, now: datetime) -> None:
    """Erase a file that was not imported. Raises `UploadError` where it was."""
    upload = _find(session, school_id, upload_id, lock=True)
    if upload.state == State.IMPORTED:
        raise UploadError
    finish(session, upload.id, State.GIVEN_UP, now)


def finish(session: Session, upload_id: int, state: State, now: datetime) -> None:
    """End an upload in this state: its file is erased."""
    session.execute(delete(UploadPart).where(UploadPart.upload_id == upload_id))
    session.execute(
        update(Upload)
        .where(Upload.id == upload_id)
        .values(state=state, preview=None, percent=100, updated_at=now)
        .execution_options(synchronize_session="fetch")
    )


def forget_old(session: Session, now: datetime) -> None:
    """Erase the files that nobody confirmed, and what is remembered of old uploads; called each minute."""
    stale = select(Upload.id).where(Upload.state.in_(OPEN), Upload.updated_at < now - KEPT)
    for upload_id in session.scalars(stale).all():
        finish(session, upload_id, State.GIVEN_UP, now)
    session.execute(
        delete(Upload)
        .where(Upload.state.not_in(OPEN), Upload.updated_at < now - REMEMBERED)
        .execution_options(synchronize_session=False)
    )


def _go_on(session: Session, upload: Upload, state: State, now: datetime) -> None:
    upload.state, upload.percent, upload.updated_at = state, 0, now
    jobs.enqueue(session, JOB, str(upload.id), {}, now)


def _find(session: Session, school_id: int, upload_id: int, *, lock: bool = False) -> Upload:
    statement = select(Upload).where(Upload.id == upload_id, Upload.school_id == school_id)
    upload = session.scalar(statement.with_for_update() if lock else statement)
    if upload is None:
        raise NoSuchUploadError
    return upload
