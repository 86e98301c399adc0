"""`lti-tool …`: what an operator types. Exit 0 only when the job is done; what is wrong in one line on stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

import click
from sqlalchemy.orm import Session

from lti_tool import cli_connections, cli_items
from lti_tool.campaigns import ready_made
from lti_tool.console import Tool, as_json, show, write
from lti_tool.errors import ToolError
from lti_tool.jobs import Wakers, utc_now
from lti_tool.lti import platforms
from lti_tool.lti.models import ACTIVE, SUSPENDED
from lti_tool.schools import imports, schools, staff
from lti_tool.schools.imports import Progress
from lti_tool.schools.models import ADMINISTRATOR, TEACHER, School


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def cli() -> None:
    """The Passerelle: brings Pix campaigns into a school's ENT or LMS (LTI 1.3 Advantage)."""


@cli.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def demo(arguments: tuple[str, ...]) -> NoReturn:
    """Everything at once: tool, worker, demo ENT, sample school. With --script, the story played headless."""
    os.execv(sys.executable, [sys.executable, "-m", "lti_tool.demo", *arguments])  # noqa: S606 - ourselves


@cli.command()
@click.option("--workers", default=2, show_default=True, help="Web processes.")
@click.option("--bind", default="127.0.0.1:8000", show_default=True, help="Address and port to listen on.")
def serve(workers: int, bind: str) -> NoReturn:
    """Serve on one machine: brings the database up to date, starts gunicorn and one queue worker."""
    from lti_tool import supervisor  # it brings the whole tool along, which other commands can do without

    tool = Tool.open(migrated=False)
    tool.database.upgrade()
    tool.database.dispose()
    sys.exit(supervisor.serve(workers, bind))


@cli.command()
@click.option("--threads", default=4, show_default=True, help="Grades under way at once: four for each.")
def worker(threads: int) -> None:
    """Run a queue worker only."""
    from lti_tool import supervisor

    supervisor.work(Tool.open().settings, threads)


@cli.group()
def db() -> None:
    """The database's schema."""


@db.command("upgrade")
@as_json
def db_upgrade(as_json: bool) -> None:
    """Bring the schema to the newest version."""
    Tool.open(migrated=False).database.upgrade()
    show(as_json, {"upgraded": True}, "The database is up to date.")


@cli.group()
def school() -> None:
    """Schools."""


@school.command("add")
@click.argument("uai")
@click.argument("name")
@as_json
def school_add(uai: str, name: str, as_json: bool) -> None:
    """Add the school with that UAI, and its ready-made campaigns."""

    def add(session: Session) -> School:
        added = schools.add(session, uai, name, utc_now())
        ready_made.ensure(session, added.id, utc_now())
        return added

    added = write(add)
    document = {"id": added.id, "uai": added.uai, "name": added.name}
    if not schools.control_letter_fits(added.uai):
        click.echo(f"Note: the control letter of {added.uai} does not fit its digits. Is it right?", err=True)
    show(as_json, document, f"School {added.uai} added.")


@school.command("list")
@as_json
def school_list(as_json: bool) -> None:
    """List the schools."""
    with Tool.open().database.read() as session:
        rows = [{"id": s.id, "uai": s.uai, "name": s.name} for s in schools.listing(session)]
    show(as_json, rows, "\n".join(f"{row['uai']}  {row['name']}" for row in rows))


@cli.group("staff")
def staff_group() -> None:
    """A school's staff."""


@staff_group.command("invite")
@click.option("--school", "uai", required=True, metavar="UAI")
@click.option("--administrator", is_flag=True, help="Invite an administrator instead of a teacher.")
@as_json
def staff_invite(uai: str, administrator: bool, as_json: bool) -> None:
    """Print a one-time code, to be typed in the tool after a launch."""
    role = ADMINISTRATOR if administrator else TEACHER

    def invite(session: Session) -> str:
        return staff.invite(session, schools.by_uai(session, uai).id, role, utc_now())

    code = write(invite)
    show(as_json, {"code": code, "role": role}, code)


@cli.group()
def platform() -> None:
    """LMS and ENT that launch the tool."""


@platform.command("add")
@click.option("--issuer", required=True)
@click.option("--client-id", required=True)
@click.option("--auth-url", required=True, help="Authorization endpoint.")
@click.option("--token-url", required=True, help="Access token endpoint.")
@click.option("--jwks-url", required=True, help="The platform's public keys.")
@click.option("--token-audience", help="Audience of our client assertions, where it is not the token URL.")
@click.option("--product", help="Product family code (moodle, canvas, …).")
@click.option(
    "--uai-param",
    metavar="NAME",
    help="Custom parameter that carries the UAI. Fix it in the tool's own settings there, where no teacher can set it.",
)
@click.option(
    "--profile-param", metavar="NAME", help="Custom parameter that carries the ENT's profile. Fix it likewise."
)
@click.option("--trust-administrators", is_flag=True, help="The platform's administrators are the school's.")
@as_json
def platform_add(as_json: bool, **fields: Any) -> None:
    """Register a platform by hand; it is active at once."""
    tool = Tool.open()
    with tool.database.write() as session:
        added = platforms.add(session, now=utc_now(), allow_private=tool.settings.allow_private_platforms, **fields)
    base = tool.settings.base_url
    document = {
        "id": added.id,
        "key": added.key,
        "login_url": f"{base}/lti/login/{added.key}",
        "launch_url": f"{base}/lti/launch",
        "jwks_url": f"{base}/lti/jwks.json",
    }
    show(as_json, document, "\n".join(f"{name}: {value}" for name, value in document.items()))


@platform.command("deploy")
@click.argument("platform_id", metavar="PLATFORM", type=int)
@click.argument("deployment_id")
@click.option("--school", "uais", required=True, multiple=True, metavar="UAI", help="May be given several times.")
@as_json
def platform_deploy(platform_id: int, deployment_id: str, uais: tuple[str, ...], as_json: bool) -> None:
    """Tell which schools a deployment of the platform serves."""

    def deploy(session: Session) -> None:
        deployment = platforms.deploy(session, platform_id, deployment_id, utc_now())
        schools.assign(session, deployment.id, [schools.by_uai(session, uai).id for uai in uais])

    write(deploy)
    document = {"platform": platform_id, "deployment_id": deployment_id, "schools": list(uais)}
    show(as_json, document, f"Deployment {deployment_id} serves {', '.join(uais)}.")


@platform.command("list")
@as_json
def platform_list(as_json: bool) -> None:
    """List the platforms."""
    with Tool.open().database.read() as session:
        rows = [
            {"id": p.id, "issuer": p.issuer, "client_id": p.client_id, "product": p.product, "status": p.status}
            for p in platforms.listing(session)
        ]
    show(as_json, rows, "\n".join(f"{r['id']}  {r['status']}  {r['issuer']}  {r['client_id']}" for r in rows))


@platform.command("activate")
@click.argument("platform_id", metavar="PLATFORM", type=int)
@as_json
def platform_activate(platform_id: int, as_json: bool) -> None:
    """Let a platform launch."""
    _set_status(platform_id, ACTIVE, as_json)


@platform.command("suspend")
@click.argument("platform_id", metavar="PLATFORM", type=int)
@as_json
def platform_suspend(platform_id: int, as_json: bool) -> None:
    """Refuse a platform's launches and end its people's sessions."""
    _set_status(platform_id, SUSPENDED, as_json)


@cli.group()
def learners() -> None:
    """A school's register."""


@learners.command("import")
@click.option("--school", "uai", required=True, metavar="UAI")
@click.option("--confirm-deactivations", is_flag=True, help="Even where more than one active learner in five leaves.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
def learners_import(uai: str, confirm_deactivations: bool, file: Path, as_json: bool) -> None:
    """Import the pupils' list, told apart by content: SIECLE "Élèves sans adresses" (.xml, or the .zip that was
    downloaded), the agricultural .csv, or any other school's .csv. At most 500 MB of XML, 50 MB of CSV."""
    tool = Tool.open()
    with tool.database.read() as session:
        school_id = schools.by_uai(session, uai).id
    with file.open("rb") as stream, _progress_on_terminal() as progress:
        report = imports.import_file(
            tool.database,
            school_id,
            stream,
            now=utc_now(),
            confirm_deactivations=confirm_deactivations,
            progress=progress,
        )
    counts = {key: value for key, value in asdict(report).items() if key not in ("status", "faults")}
    faults = [{name: getattr(each, name) for name in ("code", "line", "ine", "message")} for each in report.faults]
    lines = [", ".join(f"{name} {number}" for name, number in counts.items())]
    lines += [f"{f.code}  line {f.line or '-'}  {f.pupil or f.ine or '-'}  {f.message}" for f in report.faults]
    show(as_json, {"status": report.status, **counts, "faults": faults}, "\n".join(lines))
    if report.status != "imported":
        click.echo(f"lti-tool: the file is refused, nothing was changed; faults: {len(faults)}", err=True)
        raise SystemExit(1)


@contextmanager
def _progress_on_terminal() -> Iterator[Callable[[Progress], None] | None]:
    """A bar on stderr where somebody is looking; nothing in a script or a log."""
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=200, label="Import", file=sys.stderr) as bar:

        def tell(progress: Progress) -> None:
            share = progress.done / progress.total if progress.total else 1
            bar.update(int(100 * share) + (100 if progress.phase == "writing" else 0) - bar.pos)

        yield tell
        bar.update(200 - bar.pos)


@cli.group("grades")
def grades_group() -> None:
    """Grades on their way to the platforms' gradebooks."""


@grades_group.command("status")
@as_json
def grades_status(as_json: bool) -> None:
    """Tell how many grades are wanted, accepted, waiting and refused, in all and per platform."""
    from lti_tool.grades import status

    with Tool.open().database.read() as session:
        rows = status.status(session, utc_now())
    names = ("desired", "accepted", "waiting", "refused")
    platforms_ = [
        {"platform": row.platform, "issuer": row.issuer}
        | {name: getattr(row, name) for name in names}
        | {"oldest_waiting_s": row.oldest_waiting_s, "refused_by_reason": dict(row.refused_by_reason), "down": row.down}
        for row in rows
    ]
    oldest = [row.oldest_waiting_s for row in rows if row.oldest_waiting_s is not None]
    total = {name: sum(getattr(row, name) for row in rows) for name in names}
    document = {**total, "oldest_waiting_s": max(oldest, default=None), "platforms": platforms_}
    lines = [
        "  ".join(f"{name} {row[name]}" for name in (*names, "oldest_waiting_s")) + f"  {row.get('issuer', 'in all')}"
        for row in [*platforms_, document]
    ]
    show(as_json, document, "\n".join(lines))


@grades_group.command("retry")
@click.option("--platform", "platform_id", type=int, metavar="PLATFORM", help="Only this platform's grades.")
@as_json
def grades_retry(platform_id: int | None, as_json: bool) -> None:
    """Try again now all grades that wait or were refused, but those that a teacher changed."""
    from lti_tool.grades import status

    tool = Tool.open()
    tool.database.waker = Wakers(tool.settings.database_url)
    with tool.database.write() as session:
        if platform_id is not None:
            platforms.find(session, platform_id)
        retried = status.retry(session, utc_now(), platform_id)
    show(as_json, {"retried": retried}, f"{retried} grades are tried again.")


cli_connections.add_to(cli, platform)
cli_items.add_to(cli)


def main() -> None:
    """The program `lti-tool`; prints what is wrong as one line, and with `--json` as a document too."""
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        _fail("ABORTED", "Interrupted.")
    except click.UsageError as error:
        _fail(
            "USAGE", f"{error.format_message()} (see {error.ctx.command_path if error.ctx else 'lti-tool'} --help)", 2
        )
    except click.ClickException as error:
        _fail("ERROR", error.format_message())
    except ToolError as error:
        _fail(error.code, str(error) if str(error) != error.code else error.sentence % error.params)


def _fail(code: str, message: str, status: int = 1) -> NoReturn:
    click.echo(f"lti-tool: {message}", err=True)
    if "--json" in sys.argv[2:]:
        click.echo(json.dumps({"error": {"code": code, "message": message}}, ensure_ascii=False))
    sys.exit(status)


def _set_status(platform_id: int, status: str, as_json: bool) -> None:
    write(lambda session: platforms.set_status(session, platform_id, status))
    show(as_json, {"id": platform_id, "status": status}, f"Platform {platform_id} is {status}.")
