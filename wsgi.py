"""`gunicorn wsgi:app` serves the tool."""

from lti_tool.errors import SettingsError
from lti_tool.web import create_app

try:
    app = create_app()
except SettingsError as error:
    raise SystemExit(str(error)) from None
