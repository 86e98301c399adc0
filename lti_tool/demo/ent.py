"""The demo ENT as a program: `python -m lti_tool.demo.ent --data DIR --config FILE`."""

import argparse
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from authlib.oauth2 import OAuth2Error
from flask import Flask, Response, g, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.serving import WSGIRequestHandler, make_server

from lti_tool.demo import ags, launches, marks, nrps, oidc, pages, registration
from lti_tool.demo.people import SCHOOL_NAME
from lti_tool.demo.session import signed_in
from lti_tool.demo.state import Ent, EntConfig, current_ent, load_or_make_key, load_or_make_secret, origin_of
from lti_tool.demo.store import Store
from lti_tool.demo.tools import ToolBook

_LARGEST_REQUEST = 1_000_000

_SENTENCES = {
    400: "La demande n’est pas complète ou n’a pas de sens ici.",
    403: "Cette page n’est pas pour vous : vous n’êtes pas inscrit à ce cours, ou n’en êtes pas professeur.",
    404: "Cette page n’existe pas, ou n’existe plus.",
}


def create_ent(config: EntConfig, data: Path, *, clock: Callable[[], float] = time.time) -> Flask:
    """The ENT as a Flask application; `data` is the folder of its database and keys, made if needed."""
    data.mkdir(parents=True, exist_ok=True)
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=load_or_make_secret(data / "session-secret"),
        SESSION_COOKIE_NAME="ent_session",
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=_LARGEST_REQUEST,
    )
    store = Store(data / "ent.sqlite")
    app.extensions["demo_ent"] = Ent(
        config=config,
        store=store,
        key=load_or_make_key(data / "private-key.pem"),
        tool_book=ToolBook(store),
        clock=clock,
    )
    oidc.install(app)
    for room in (pages, launches, marks, registration, ags, nrps):
        app.register_blueprint(room.blueprint)
    app.add_template_filter(marks.decimal_comma)
    app.context_processor(lambda: {"school": SCHOOL_NAME, "me": signed_in()})
    app.add_url_rule("/healthz", view_func=_healthz)
    app.before_request(_refuse_foreign_forms)
    app.after_request(_protect)
    app.register_error_handler(HTTPException, _error_page)
    app.register_error_handler(OAuth2Error, lambda _error: (_page(400, _SENTENCES[400]), 400))
    return app


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or killed; the exit code is 2 for a configuration that cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m lti_tool.demo.ent", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the database and the keys")
    parser.add_argument("--config", type=Path, required=True, help="JSON file: addresses, and the tool's settings")
    options = parser.parse_args(arguments)
    try:
        config = EntConfig.from_file(options.config)
    except (OSError, ValueError) as fault:
        sys.stderr.write(f"demo ENT: {options.config}: {fault}\n")
        return 2
    app = create_ent(config, options.data)
    server = make_server(config.host, config.port, app, threaded=True, request_handler=QuietRequestHandler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sys.stderr.write(f"demo ENT: {config.base_url}\n")
    server.serve_forever()
    return 0


class QuietRequestHandler(WSGIRequestHandler):
    """Logs no requests: their addresses hold people's identifiers."""

    def log_request(self, _code: int | str = "-", _size: int | str = "-") -> None:
        """Nothing."""


def _healthz() -> tuple[str, int, dict[str, str]]:
    return "ok\n", 200, {"Content-Type": "text/plain; charset=utf-8"}


def _refuse_foreign_forms() -> tuple[str, int] | None:
    """Another site may post only where the protocol says so; the services have no session to abuse."""
    if request.method != "POST" or request.blueprint not in {"pages", "marks", "registration"}:
        return None
    origin = request.headers.get("Origin")
    if origin is None or origin == origin_of(current_ent().config.base_url):
        return None
    return _page(403, "Ce formulaire vient d’un autre site."), 403


def _protect(response: Response) -> Response:
    tool = g.get("framed_origin") or current_ent().tool.origin
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; "
        f"frame-ancestors 'self'; frame-src 'self' {tool}; form-action 'self' {tool}"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


def _error_page(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None or error.code is None:
        return error
    own_words = error.description if error.description and error.description != type(error).description else None
    return _page(error.code, own_words or _SENTENCES.get(error.code, "L’ENT ne peut pas répondre.")), error.code


def _page(code: int, text: str) -> str:
    return render_template("ent/error.html", title="Une erreur est survenue", text=text, code=code)


if __name__ == "__main__":
    sys.exit(main())
