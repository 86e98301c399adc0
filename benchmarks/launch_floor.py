"""The floor of a launch: the least that a Flask program can do for a login and a launch that it believes."""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import threading
from urllib.parse import urlencode

from flask import Flask, redirect, request
from joserfc import jws
from joserfc.jwk import RSAKey
from werkzeug.wrappers import Response

app = Flask(__name__)
_KEY = RSAKey.import_key(json.loads(os.environ["FLOOR_KEY"]))
_local = threading.local()


@app.post("/lti/login")
def login() -> Response:
    """One redirection."""
    query = {"state": secrets.token_urlsafe(24), "nonce": secrets.token_urlsafe(24)}
    return redirect(f"https://lms.example/auth?{urlencode(query)}", 302)


@app.post("/lti/launch")
def launch() -> Response:
    """One verification, one commit, one redirection."""
    claims = json.loads(jws.deserialize_compact(request.form["id_token"], _KEY, algorithms=["RS256"]).payload)
    _database().execute("INSERT INTO nonces VALUES (?)", (claims["nonce"],))
    return redirect("/campagnes", 303)


def _database() -> sqlite3.Connection:
    """This thread's connection, with the tool's own settings; each statement commits."""
    if not hasattr(_local, "connection"):
        _local.connection = sqlite3.connect(os.environ["FLOOR_DATABASE"], timeout=30, isolation_level=None)
        _local.connection.execute("PRAGMA journal_mode=WAL")
        _local.connection.execute("PRAGMA synchronous=FULL")
        _local.connection.execute("CREATE TABLE IF NOT EXISTS nonces (nonce TEXT PRIMARY KEY)")
    return _local.connection
