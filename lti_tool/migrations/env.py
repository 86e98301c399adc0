"""How Alembic reaches the database: by the connection it is given, or by the settings when run by hand."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

import lti_tool.migrations.models  # noqa: F401 - fills Base.metadata
from lti_tool.database import Base


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        include_name=lambda name, kind, _parents: not (kind == "table" and str(name).startswith("huey_")),
    )
    context.run_migrations()


run(context.config.attributes["connection"])
