"""Inserts that lose a race quietly: the two databases' own `ON CONFLICT`, as one call.

Each statement is made once per process: building one costs as much as running it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from lti_tool.database import Base, Work, core
from lti_tool.prepared import Prepared


def insert_unless_there(
    session: Session | Work, model: type[Base], values: Mapping[str, Any], *, unique: Sequence[str]
) -> bool:
    """Insert a row; False, and nothing changed, where the unique columns' values are taken."""
    return bool(_run(session, model, values, unique, None, unique[0]))


def insert_or_update(
    session: Session | Work,
    model: type[Base],
    values: Mapping[str, Any],
    *,
    unique: Sequence[str],
    update: Sequence[str],
) -> int:
    """Insert a row, or bring `update`'s columns of the one that is there to these values; returns its `id`."""
    ((pk,),) = _run(session, model, values, unique, tuple(update), "id")
    return int(pk)


def _run(
    session: Session | Work,
    model: type[Base],
    values: Mapping[str, Any],
    unique: Sequence[str],
    update: tuple[str, ...] | None,
    returned: str,
) -> Any:
    connection = core(session)
    statement = _statement(connection.dialect.name, model, tuple(values), tuple(unique), update, returned)
    return statement.rows(connection, values)


@cache
def _statement(
    dialect: str,
    model: type[Base],
    columns: tuple[str, ...],
    unique: tuple[str, ...],
    update: tuple[str, ...] | None,
    returned: str,
) -> Prepared:
    table: Any = model.__table__
    insert = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    if update is None:
        insert = insert.on_conflict_do_nothing(index_elements=unique)
    else:
        insert = insert.on_conflict_do_update(
            index_elements=unique, set_={name: insert.excluded[name] for name in update}
        )
    return Prepared(insert.returning(table.c[returned]), columns)
