"""Where a platform registers itself: the address that its administrator pastes, shown in the platform's own frame."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from lti_tool.lti import products, registration
from lti_tool.lti.models import ACTIVE
from lti_tool.lti.platforms import find
from lti_tool.lti.registration import UnderWayError
from lti_tool.schools import connections
from lti_tool.settings import origin_of
from lti_tool.web import security
from lti_tool.web.toolbox import now, toolbox

blueprint = Blueprint("registration", __name__, url_prefix="/lti/register")

RELOADED_AFTER_S = 3


@blueprint.get("/<invitation>")
def register(invitation: str) -> ResponseReturnValue:
    """Register the platform that opened this page (DR §3), once, however often its frame loads.

    The protocol makes it a GET that changes something; the one-time invitation in the address is what allows it.
    """
    tools = toolbox()
    configuration_url = request.args.get("openid_configuration")
    security.frame_for(origin_of(configuration_url or "") or "'self'")
    try:
        made = registration.register(
            tools.database,
            tools.client,
            token=invitation,
            configuration_url=configuration_url,
            registration_token=request.args.get("registration_token"),
            base_url=tools.settings.base_url,
            now=now(),
            assign=lambda session, registered: connections.after_registration(session, registered, now()),
        )
    except UnderWayError:
        return render_template("lti/registering.html"), 202, {"Refresh": str(RELOADED_AFTER_S)}
    with tools.database.read() as session:
        platform = find(session, made.platform_id)
    return render_template(
        "lti/registered.html",
        origins=" ".join(made.close_origins),
        product=products.by_family(platform.product),
        is_active=platform.status == ACTIVE,
    )
