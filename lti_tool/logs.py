"""One line per event, as `name key=value …`: made for reading and for searching, never for personal data.

Whatever is logged through `event` is a stable word, a number or an identifier of ours. Libraries that would log
URLs or queries are kept at WARNING.
"""

from __future__ import annotations

import logging
import sys

_QUIET = ("urllib3", "huey", "sqlalchemy", "alembic", "werkzeug", "gunicorn.access")


def configure(level: str) -> None:
    """Send the tool's events to stderr, from `level` up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False  # no line shows them
    logging._srcfile = None  # nor where it was logged (the logging HOWTO, "Optimization")
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))


def event(logger: logging.Logger, name: str, /, level: int = logging.INFO, **fields: object) -> None:
    """Log one event; fields that are None are left out. Values are flattened so that none can forge a line."""
    if logger.isEnabledFor(level):
        logger.log(level, "%s", " ".join([name, *(f"{k}={_flat(v)}" for k, v in fields.items() if v is not None)]))


def _flat(value: object) -> str:
    text = str(value)
    return text if text and text.isascii() and text.isprintable() and " " not in text else ascii(text)[:200]
