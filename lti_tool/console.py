"""What commands share: settings and database when first needed, and how they print."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click
from sqlalchemy.orm import Session

from lti_tool import logs
from lti_tool.database import Database
from lti_tool.settings import Settings

Result = TypeVar("Result")

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@dataclass
class Tool:
    """What commands work on; made when first asked for, so that `--help` needs no settings."""

    settings: Settings
    database: Database

    @classmethod
    def open(cls, *, migrated: bool = True) -> Tool:
        settings = Settings.from_environment()
        logs.configure(settings.log_level)
        database = Database(settings.database_url)
        if migrated and not database.is_current():
            raise click.ClickException("The database is not up to date: run `lti-tool db upgrade`.")
        return cls(settings, database)


def show(as_json: bool, document: Any, text: str) -> None:
    """Print the document as JSON, or the text."""
    click.echo(json.dumps(document, ensure_ascii=False) if as_json else text)


def write(change: Callable[[Session], Result]) -> Result:
    """Make a change in one transaction of its own."""
    with Tool.open().database.write() as session:
        return change(session)
