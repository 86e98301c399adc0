"""Inserts that lose a race quietly: the two databases' own `ON CONFLICT`, as one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from lti_tool.database import Base


def insert_unless_there(
    session: Session, model: type[Base], values: Mapping[str, Any], *, unique: Sequence[str]
) -> bool:
    """Insert a row; False, and nothing changed, where the unique columns' values are taken."""
    statement = _insert(session, model).values(**values)
    inserted = session.execute(
        statement.on_conflict_do_nothing(index_elements=list(unique)).returning(*_columns(model, unique[:1]))
    )
    return inserted.first() is not None


def insert_or_update(
    session: Session, model: type[Base], values: Mapping[str, Any], *, unique: Sequence[str], update: Sequence[str]
) -> int:
    """Insert a row, or bring `update`'s columns of the one that is there to these values; returns its `id`."""
    statement = _insert(session, model).values(**values)
    upserted = session.execute(
        statement.on_conflict_do_update(
            index_elements=list(unique), set_={name: statement.excluded[name] for name in update}
        ).returning(*_columns(model, ["id"]))
    )
    return int(upserted.scalar_one())


def _insert(session: Session, model: type[Base]) -> sqlite.Insert | postgresql.Insert:
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    return sqlite.insert(model) if is_sqlite else postgresql.insert(model)


def _columns(model: type[Base], names: Sequence[str]) -> list[Any]:
    return [model.__table__.c[name] for name in names]
