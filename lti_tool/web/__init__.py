"""The pages: HTTP and nothing else, one blueprint per audience. Rules live in the rooms."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from flask.globals import app_ctx
from flask.typing import ResponseReturnValue

from lti_tool import logs
from lti_tool.settings import Settings
from lti_tool.web import (
    administrator,
    bindings,
    certification,
    connection,
    cookieless,
    errors,
    exports,
    health,
    held,
    i18n,
    invitation,
    kit,
    learners,
    lti,
    making,
    navigation,
    notes,
    operator,
    parcours,
    picker,
    pictures,
    profile,
    pupil,
    registration,
    rehearsing,
    results,
    school_platforms,
    security,
    teacher,
    team,
    text,
)
from lti_tool.web.answers import Answer
from lti_tool.web.requests import PageRequest
from lti_tool.web.toolbox import EXTENSION, Toolbox, commit, roll_back

TEMPLATES = Path(__file__).parents[2] / "templates"
BLUEPRINTS = (
    health.blueprint,
    lti.blueprint,
    cookieless.blueprint,
    registration.blueprint,
    connection.blueprint,
    operator.blueprint,
    school_platforms.blueprint,
    pupil.blueprint,
    parcours.blueprint,
    profile.blueprint,
    profile.trainings,
    pictures.blueprint,
    teacher.blueprint,
    making.blueprint,
    results.blueprint,
    exports.blueprint,
    kit.blueprint,
    rehearsing.blueprint,
    certification.blueprint,
    team.blueprint,
    notes.blueprint,
    picker.blueprint,
    learners.blueprint,
    bindings.blueprint,
    administrator.blueprint,
    invitation.blueprint,
    held.blueprint,
)


class Passerelle(Flask):
    """A Flask application whose views write all or nothing."""

    request_class = PageRequest
    response_class = Answer

    def dispatch_request(self) -> ResponseReturnValue:
        """Run the view, then commit what it wrote, before anything is said to the browser."""
        answer = super().dispatch_request()
        commit()
        return answer

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """None of our functions is asynchronous: nothing to find out, a dozen times per request."""
        return func


def create_app(settings: Settings | None = None, toolbox: Toolbox | None = None) -> Flask:
    """The web application. Without settings they come from the environment, as where gunicorn calls it.

    Raises `SettingsError` where the environment is missing something.
    """
    if settings is None:
        settings = toolbox.settings if toolbox else Settings.from_environment()
        logs.configure(settings.log_level)
    app = Passerelle("lti_tool.web", template_folder=str(TEMPLATES), static_url_path="/static")
    toolbox = toolbox or Toolbox.build(settings)
    toolbox.prepare()
    app.extensions[EXTENSION] = toolbox
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for part in (security, i18n, navigation, text, errors):
        part.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.url_defaults(_version_static_files(app))
    app.teardown_request(_close)
    return app


def _close(error: BaseException | None) -> None:
    """Whatever a request left open is closed, and not kept."""
    roll_back(error or RuntimeError("the request ended without a commit"))
    here = app_ctx.g
    for name in list(here):  # where the context outlives the request (a test's, a shell's), nobody stays behind in it
        here.pop(name)


def _version_static_files(app: Flask) -> Any:
    """A file's address changes with its content, so that browsers may keep it for ever."""
    versions: dict[str, str] = {}

    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint != "static" or app.static_folder is None:
            return
        name = values["filename"]
        if name not in versions:
            content = (Path(app.static_folder) / name).read_bytes()
            versions[name] = hashlib.sha256(content).hexdigest()[:8]
        values["v"] = versions[name]

    return add_version
