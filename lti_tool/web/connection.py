"""How to connect each product: public pages for its administrator, with our addresses under its own labels."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, abort, render_template

from lti_tool.lti import products
from lti_tool.lti.configurations import DESCRIPTION, TITLE
from lti_tool.lti.login import LAUNCH_PATH
from lti_tool.lti.services import SCOPES
from lti_tool.web.toolbox import toolbox

blueprint = Blueprint("connection", __name__, url_prefix="/connexion")


@blueprint.get("")
def index() -> str:
    """The products, and our addresses for any other."""
    return render_template("connection/index.html", products=products.PRODUCTS)


@blueprint.get("/<slug>")
def product(slug: str) -> str:
    """One product: pasting an invitation, or filling its form by hand."""
    chosen = products.by_slug(slug)
    if chosen is None:
        abort(404)
    return render_template("connection/product.html", product=chosen, values=_values(), scopes=SCOPES)


def _values() -> dict[str, str]:
    """What each of our values is on this site; none of them is a secret."""
    base = toolbox().settings.base_url
    return {
        products.LOGIN: f"{base}/lti/login",
        products.LAUNCH: base + LAUNCH_PATH,
        products.TARGET: base + LAUNCH_PATH,
        products.JWKS: f"{base}/lti/jwks.json",
        products.DOMAIN: urlsplit(base).netloc,
        products.TITLE: TITLE,
        products.DESCRIPTION: DESCRIPTION,
        products.ICON: f"{base}/static/favicon.svg",
    }
