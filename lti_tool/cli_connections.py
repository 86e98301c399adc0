"""Commands about what connects the tool: invitations, the operator's link, doctors, keys, replaced platforms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from lti_tool.console import Tool, as_json, show, write
from lti_tool.jobs import utc_now


@click.group()
def operator() -> None:
    """The operator's pages."""


@operator.command("link")
@as_json
def operator_link(as_json: bool) -> None:
    """Print a one-time address of the operator's pages, good for one hour."""
    from lti_tool.schools import operators

    tool = Tool.open()
    with tool.database.write() as session:
        secret, expires_at = operators.make_link(session, utc_now())
    url = f"{tool.settings.base_url}/operateur/entree/{secret}"
    show(as_json, {"url": url, "expires_at": expires_at.isoformat()}, url)


@click.command("invite")
@click.option("--school", "uai", metavar="UAI", help="Its administrators may then activate the platform.")
@as_json
def platform_invite(uai: str | None, as_json: bool) -> None:
    """Print a one-time address by which a platform registers itself, good for seven days."""
    from lti_tool.schools import connections

    tool = Tool.open()
    with tool.database.write() as session:
        token, expires_at = connections.invite(session, uai, utc_now())
    url = f"{tool.settings.base_url}/lti/register/{token}"
    show(as_json, {"url": url, "expires_at": expires_at.isoformat()}, url)


@click.command("doctor")
@click.argument("platform_id", metavar="PLATFORM", type=int)
@as_json
def platform_doctor(platform_id: int, as_json: bool) -> None:
    """Examine a platform's connection; exit 1 if anything is wrong."""
    from lti_tool import checkup

    tool = Tool.open()
    _tell(as_json, checkup.doctor_of(tool.settings, tool.database).examine(platform_id))


@click.command("replace")
@click.argument("old", type=int)
@click.argument("new", type=int)
@as_json
def platform_replace(old: int, new: int, as_json: bool) -> None:
    """Move people, deployments and line items from platform OLD to NEW of the same issuer, and suspend OLD."""
    from lti_tool.grades.replacing import replace

    moved = write(lambda session: replace(session, old, new, utc_now()))
    document = {
        "people": moved.people,
        "merged": moved.merged,
        "conflicts": moved.conflicts,
        "deployments": moved.deployments,
        "line_items": moved.line_items,
    }
    show(as_json, document, ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in document.items()))


@click.group()
def keys() -> None:
    """Our own signing keys."""


@keys.command("list")
@as_json
def keys_list(as_json: bool) -> None:
    """List the keys that are published, newest first."""
    from lti_tool.lti import keys as ring

    now = utc_now()
    with Tool.open().database.read() as session:
        found = ring.listing(session, now)
    rows = [
        {
            "kid": key.kid,
            "state": key.state,
            "created_at": key.created_at.isoformat(),
            "signs_from": key.signs_from.isoformat(),
            "retired_at": key.retired_at.isoformat() if key.retired_at else None,
        }
        for key in found
    ]
    show(as_json, rows, "\n".join(f"{row['kid']}  {row['state']}  {row['created_at']}" for row in rows))


@keys.command("rotate")
@as_json
def keys_rotate(as_json: bool) -> None:
    """Make a new key that signs from now on; the others stay published for thirty days."""
    from lti_tool.lti import keys as ring
    from lti_tool.vault import Vault

    tool = Tool.open()
    kid = ring.rotate(tool.database, Vault(tool.settings.secret_keys), utc_now())
    if kid is None:
        raise click.ClickException("Somebody else rotated the keys at this very moment.")
    show(as_json, {"kid": kid}, f"Key {kid} signs from now on.")


@click.command()
@as_json
def doctor(as_json: bool) -> None:
    """Examine the tool and its platforms; exit 1 if anything is wrong."""
    from lti_tool import checkup

    tool = Tool.open(migrated=False)
    _tell(as_json, checkup.examine(tool.settings, tool.database))


def add_to(cli: click.Group, platform: click.Group) -> None:
    """Give the program these commands."""
    for command in (operator, keys, doctor):
        cli.add_command(command)
    for command in (platform_invite, platform_doctor, platform_replace):
        platform.add_command(command)


def _tell(as_json: bool, findings: Sequence[Any]) -> None:
    rows = [{"check": each.check, "ok": each.ok, "message": each.message} for each in findings]
    show(as_json, rows, "\n".join(f"{'ok ' if row['ok'] else 'BAD'}  {row['check']}  {row['message']}" for row in rows))
    faults = sum(not row["ok"] for row in rows)
    if faults:
        click.echo(f"lti-tool: {faults} checks are not good.", err=True)
        raise SystemExit(1)
