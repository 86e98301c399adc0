"""Commands about the item bank, for those who write questions. They need no setting and no database."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from lti_tool.assessment.engine.items import BANK_PATH, bank
from lti_tool.assessment.engine.report import ItemsReport, report
from lti_tool.console import as_json, show


@click.group()
def items() -> None:
    """The questions: check them all, or try one."""


@items.command("check")
@click.option(
    "--bank",
    "path",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=BANK_PATH,
    help="Another folder of questions than the tool's own.",
)
@as_json
def items_check(path: Path, as_json: bool) -> None:
    """Read and try every question; exit 1 if anything is wrong."""
    found = report(path) if path == BANK_PATH else report(path, None)
    show(as_json, asdict(found), _words(found))
    if found.faults:
        raise SystemExit(1)


@items.command("try")
@click.argument("item_id", metavar="ID")
@click.option("--port", default=0, help="Port to listen on; any free one by default.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
def items_try(item_id: str, port: int, no_browser: bool) -> None:
    """Open one question in the browser, as pupils meet it, with its correction. Ctrl-C ends it."""
    from lti_tool.web import trying  # it brings the pages along

    if item_id not in bank().items:
        raise click.ClickException(f"There is no question « {item_id} ».")
    trying.serve(item_id, port, open_browser=not no_browser)


def add_to(cli: click.Group) -> None:
    """Give the program these commands."""
    cli.add_command(items)


def _words(found: ItemsReport) -> str:
    lines = [f"{fault.item}: {fault.message}" for fault in found.faults]
    wrong = f"{len(lines)} wrong" if lines else "nothing wrong"
    return "\n".join([*lines, f"{found.skills} skills, {found.items} items, {found.practical} practical: {wrong}"])
