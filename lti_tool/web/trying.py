"""One question of the bank in the author's browser, as any pupil meets it, then corrected: `lti-tool items try`.

A small application of its own, for this machine only: no database, no session, nothing kept.
"""

from __future__ import annotations

import io
import webbrowser

import click
from flask import Blueprint, Flask, Response, abort, render_template, request, send_file, url_for
from werkzeug.serving import WSGIRequestHandler, make_server

from lti_tool.assessment import runs
from lti_tool.assessment.engine.checking import present
from lti_tool.assessment.engine.items import Item, bank
from lti_tool.assessment.runs import Correction
from lti_tool.web import TEMPLATES, asking, i18n, navigation, pictures, text
from lti_tool.web.asking import Doubt

blueprint = Blueprint("trying", __name__, url_prefix="/essai/<item_id>")
POLICY = "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'"


def create_app() -> Flask:
    """The application that shows any item of the bank."""
    app = Flask("lti_tool.web", template_folder=str(TEMPLATES), static_url_path="/static")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for part in (i18n, navigation, text):
        part.init_app(app)
    app.register_blueprint(blueprint)
    app.register_blueprint(pictures.blueprint)
    app.after_request(_add_policy)
    return app


def serve(item_id: str, port: int, *, open_browser: bool) -> None:
    """Show the item at an address of this machine, which is printed, until interrupted."""
    server = make_server("127.0.0.1", port, create_app(), threaded=True, request_handler=_Silent)
    url = f"http://127.0.0.1:{server.port}/essai/{item_id}"
    click.echo(url)
    if open_browser:
        webbrowser.open(url)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


@blueprint.get("")
def ask(item_id: str) -> str:
    """The question, as the pupil of `eleve` meets it."""
    return _page(_item(item_id))


@blueprint.post("")
def answer(item_id: str) -> str | tuple[str, int]:
    """Its correction."""
    item = _item(item_id)
    made = item.for_seed(_seed())
    response = asking.response_of(made)
    if isinstance(response, Doubt):
        return _page(item, response), 422
    return _page(item, correction=runs.corrected(made, response))


@blueprint.get("/fichiers/<name>")
def file(item_id: str, name: str) -> Response:
    """A file of the question's world."""
    found = present(_item(item_id), _seed()).world.file(name)
    if found is None:
        abort(404)
    return send_file(io.BytesIO(found.content), found.media_type, as_attachment=True, download_name=found.name)


def _item(item_id: str) -> Item:
    return bank().items.get(item_id) or abort(404)


def _seed() -> str:
    return str(request.args.get("eleve", default=1, type=int))


def _page(item: Item, doubt: Doubt | None = None, *, correction: Correction | None = None) -> str:
    seed = _seed()
    ids = list(bank().items)
    place = ids.index(item.id)
    return render_template(
        "pupil/try.html",
        item=item,
        skill=bank().skill(item.skill_id),
        seed=int(seed),
        correction=correction,
        before=ids[place - 1] if place else None,
        after=ids[place + 1] if place + 1 < len(ids) else None,
        file_url=lambda name: url_for("trying.file", item_id=item.id, name=name, eleve=seed),
        **asking.parts(item, seed, doubt),
    )


def _add_policy(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    response.headers.setdefault("Cache-Control", "no-store")
    return response


class _Silent(WSGIRequestHandler):
    """Says nothing of each request: the address is all that the author needs to read."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass
