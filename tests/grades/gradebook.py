"""A platform's gradebook over real HTTP: tokens, columns, scores, results, members, with Moodle's refusals.

It can be told how to fail: each request of a kind takes the next failure planned for that kind.
"""

from __future__ import annotations

import contextlib
import json
import threading
from base64 import urlsafe_b64decode
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

SCORE = "application/vnd.ims.lis.v1.score+json"
LINE_ITEM = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
MEMBERS = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"


@dataclass
class Plan:
    """How one request fails: a status, or None to break the connection; `after` does the work first.

    `way` is a name of `WAYS`, for what is worse than a status.
    """

    status: int | None
    headers: dict[str, str] = field(default_factory=dict)
    after: bool = False
    body: dict[str, Any] | None = None
    way: str | None = None


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
WAYS: dict[str, tuple[bytes, ...]] = {
    "an error page": (HEAD + b"Content-Length: 47\r\n\r\n<html><body>Maintenance en cours.</body></html>",),
    "an error in JSON": (HEAD + b'Content-Length: 38\r\n\r\n{"error": "the database went away!!!"}',),
    "an empty 500": (b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",),
    "half a body": (HEAD + b'Content-Length: 400\r\n\r\n{"access_tok',),
    "half a head": (b"HTTP/1.1 200 OK\r\nContent-Ty",),
    "no HTTP at all": (b"\x00\x01 hello\r\n\r\n",),
    "too much": (HEAD + b"\r\n", *[b"x" * 65536] * 32),
    "never": (),
    "a head that drips": (b"HTTP/1.1 200 OK\r\nX: ", *[b"x"] * 10_000),
    "a body that drips": (HEAD + b"Content-Length: 10000\r\n\r\n", *[b" "] * 10_000),
}
"""What is sent, piece by piece; a drip comes a piece at a time, then the connection ends."""


@dataclass
class Value:
    """What a cell shows."""

    score: float | None
    comment: str | None
    second: int
    """When it was last written, by the platform's clock."""


class Gradebook:
    """The state of the platform, and what it was asked."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.columns: dict[int, dict[str, Any]] = {}
        self.cells: dict[tuple[int, str], Value] = {}
        self.pupils: set[str] = set()
        self.locked: set[str] = set()
        self.members: list[dict[str, Any]] = []
        self.plans: dict[str, list[Plan]] = defaultdict(list)
        self.asked: list[str] = []
        self.scores: list[dict[str, Any]] = []
        """All scores that came, in the order of coming."""
        self.accepted: list[dict[str, Any]] = []
        self.keeps_the_scores_time = False
        """As Moodle does for columns that a tool made: a cell's time is its score's, not the platform's own."""
        self.refuses_the_future = False
        """As Moodle does with an assertion whose `iat` has not come yet by its clock."""
        self.on_score: Callable[[], None] | None = None
        """Called while a score is under way."""
        self.on_find: Callable[[], None] | None = None
        self.chance: Callable[[str], Plan | None] = lambda _kind: None
        """How a request for which nothing is planned fails, if it does."""
        self.given_up = threading.Event()
        """Set when the test is over: nobody waits for an answer any more."""
        self.lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"book": self}))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True, kwargs={"poll_interval": 0.01}).start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self.given_up.set()
        self._server.shutdown()
        self._server.server_close()

    def column_url(self, number: int) -> str:
        return f"{self.base}/columns/{number}/lineitem?type_id=7"

    @property
    def columns_url(self) -> str:
        return f"{self.base}/columns?type_id=7"

    def column(self, **fields: Any) -> int:
        number = len(self.columns) + 1
        self.columns[number] = {"id": self.column_url(number), "label": "Pix", "scoreMaximum": 100.0} | fields
        return number

    def value(self, number: int, sub: str) -> float | None:
        cell = self.cells.get((number, sub))
        return None if cell is None else cell.score

    def write(self, number: int, sub: str, score: float | None) -> None:
        """A teacher's pen."""
        self.cells[number, sub] = Value(score, None, int(self.clock().timestamp()))

    def fail(self, kind: str, *statuses: int | None, after: bool = False, **headers: str) -> None:
        plans = (Plan(s, {k.replace("_", "-"): v for k, v in headers.items()}, after) for s in statuses)
        self.plans[kind].extend(plans)

    def misbehave(self, kind: str, way: str, *, after: bool = False) -> None:
        self.plans[kind].append(Plan(None, after=after, way=way))

    def next_plan(self, kind: str) -> Plan | None:
        with self.lock:
            self.asked.append(kind)
            return self.plans[kind].pop(0) if self.plans[kind] else self.chance(kind)

    def take_score(self, number: int, document: dict[str, Any], content_type: str) -> int:
        with self.lock:
            self.scores.append(document)
            if content_type != SCORE or number not in self.columns:
                return 404 if number not in self.columns else 415
            if document["userId"] not in self.pupils:
                return 400
            if document["userId"] in self.locked:
                return 500
            second = int(datetime.fromisoformat(document["timestamp"]).timestamp())
            cell = self.cells.get((number, document["userId"]))
            if cell is not None and cell.second >= second:
                return 409
            if "scoreGiven" not in document:  # as Canvas, which ignores what is not graded
                return 200
            given = document["scoreGiven"] * self.columns[number]["scoreMaximum"] / document["scoreMaximum"]
            written = second if self.keeps_the_scores_time else int(self.clock().timestamp())
            self.cells[number, document["userId"]] = Value(given, document.get("comment"), written)
            self.accepted.append(document)
            return 200

    def results(self, number: int, sub: str | None) -> list[dict[str, Any]]:
        """What is shown of one, or of all."""
        maximum = self.columns[number]["scoreMaximum"]
        return [
            {"userId": of, "resultMaximum": maximum} | ({} if cell.score is None else {"resultScore": cell.score})
            for (column, of), cell in self.cells.items()
            if column == number and sub in (None, of)
        ]

    def add_column(self, document: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            return self.columns[self.column(**document)]


class _Handler(BaseHTTPRequestHandler):
    """One connection to `book`, which each gradebook's own subclass names."""

    book: Gradebook
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args: object) -> None:
        """Silent."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        return format_datetime(self.book.clock(), usegmt=True)

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _serve(self, body: bytes) -> None:
        parts = urlsplit(self.path)
        kind = _kind(self.command, parts.path)
        plan = self.book.next_plan(kind)
        if plan is not None and not plan.after:
            return self._fail(plan)
        if kind == "score" and self.book.on_score is not None:
            self.book.on_score()
        if kind == "find" and self.book.on_find is not None:
            self.book.on_find()
        status, answer, media_type = self._answer(kind, parts.path, parse_qs(parts.query), body)
        if plan is not None:
            return self._fail(plan)
        return self._send(status, answer, media_type, {})

    def _fail(self, plan: Plan) -> None:
        if plan.way is not None:
            self._misbehave(plan.way)
        elif plan.status is None:
            self.close_connection = True
            self.connection.close()
        else:
            self._send(plan.status, plan.body, "application/json", plan.headers)

    def _misbehave(self, way: str) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            for piece in WAYS[way]:
                self.wfile.write(piece)
                if "drips" in way and self.book.given_up.wait(0.01):
                    return
            if way == "never":
                self.book.given_up.wait(20)

    def _answer(self, kind: str, path: str, query: dict[str, list[str]], body: bytes) -> tuple[int, Any, str]:
        number = int(path.split("/")[2]) if path.startswith("/columns/") else 0
        if kind == "token":
            if self.book.refuses_the_future and _issued_at(body) > self.book.clock().timestamp():
                return 400, {"error": "invalid_client"}, "application/json"
            return 200, {"access_token": "opaque", "expires_in": 3600}, "text/html"
        if kind == "score":
            return self.book.take_score(number, json.loads(body), self.headers["Content-Type"]), None, ""
        if kind == "results":
            return 200, self.book.results(number, query.get("user_id", [None])[0]), RESULTS
        if kind == "create":
            return 201, self.book.add_column(json.loads(body)), LINE_ITEM
        if kind == "find":
            return 200, list(self.book.columns.values()), LINE_ITEMS
        return 200, {"members": self.book.members}, MEMBERS

    def _send(self, status: int, answer: Any, media_type: str, headers: dict[str, str]) -> None:
        body = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", media_type or "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _issued_at(form: bytes) -> float:
    """When the client assertion says that it was made; its signature is not looked at."""
    payload = parse_qs(form.decode())["client_assertion"][0].split(".")[1]
    return float(json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["iat"])


def _kind(method: str, path: str) -> str:
    if path.endswith("/scores"):
        return "score"
    if path.endswith("/results"):
        return "results"
    if path == "/columns":
        return "create" if method == "POST" else "find"
    return path.strip("/")
