"""The bank's drawings, which tutorials and questions show beside their words. They are nobody's: no session asked."""

from __future__ import annotations

from flask import Blueprint, Response, abort

from lti_tool.assessment.engine.items import bank
from lti_tool.assessment.engine.pictures import SVG

blueprint = Blueprint("pictures", __name__)
MAX_AGE = 24 * 3600
"""Seconds for which a browser may keep a drawing."""


@blueprint.get("/images/<name>")
def show(name: str) -> Response:
    """One drawing of the bank."""
    picture = bank().pictures.get(name)
    if picture is None:
        abort(404)
    response = Response(picture.svg, mimetype=SVG)
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE}"
    return response
