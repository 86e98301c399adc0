"""The ENT's own SQLite file: activities, gradebook, and what may be used only once.

Every change is one transaction on disk, so that killing the ENT loses nothing.
"""

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS activity (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    course TEXT NOT NULL,
    resource_link_id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    url TEXT,
    custom TEXT NOT NULL,
    new_window INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS line_item (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    course TEXT NOT NULL,
    activity INTEGER REFERENCES activity (id) ON DELETE CASCADE,
    label TEXT NOT NULL,
    score_maximum REAL NOT NULL,
    resource_id TEXT,
    tag TEXT,
    made_by_tool INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS grade (
    line_item INTEGER NOT NULL REFERENCES line_item (id) ON DELETE CASCADE,
    sub TEXT NOT NULL,
    value REAL,
    comment TEXT,
    modified INTEGER NOT NULL,
    overridden INTEGER NOT NULL,
    PRIMARY KEY (line_item, sub)
);
CREATE TABLE IF NOT EXISTS launch (
    id TEXT PRIMARY KEY,
    sub TEXT NOT NULL,
    kind TEXT NOT NULL,
    course TEXT,
    activity INTEGER,
    target TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS selection (data TEXT PRIMARY KEY, course TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS spent (kind TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, value));
CREATE TABLE IF NOT EXISTS token (digest TEXT PRIMARY KEY, scope TEXT NOT NULL, expires INTEGER NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Activity:
    """A link to the tool in a course."""

    id: int
    course: str
    resource_link_id: str
    title: str
    url: str | None
    """Where the tool asked to be launched; the tool's own address when absent."""
    custom: Mapping[str, str]
    new_window: bool
    """Whether the course opens it in a window of its own instead of a frame."""


@dataclass(frozen=True, slots=True)
class LineItem:
    """A column of the gradebook."""

    id: int
    course: str
    activity: int | None
    resource_link_id: str | None
    label: str
    score_maximum: float
    resource_id: str | None
    tag: str | None
    made_by_tool: bool
    """Made through the service: its cells keep the tool's timestamps (`facts/moodle.md` "Scores")."""


@dataclass(frozen=True, slots=True)
class Grade:
    """A cell of the gradebook; the value is on the column's scale."""

    sub: str
    value: float | None
    comment: str | None
    modified: int
    """Whole seconds since 1970, by the ENT's clock in an activity's column, else by the tool's."""
    overridden: bool
    """Typed by a teacher in an activity's column: shown whatever the tool sends."""


@dataclass(frozen=True, slots=True)
class PendingLaunch:
    """A login that was started and waits for its authorization request; spent with it."""

    id: str
    """The whole `lti_message_hint`, so that a tool which alters it is refused."""
    sub: str
    kind: str
    course: str | None
    activity: int | None
    target: str


@dataclass(frozen=True, slots=True)
class NewItem:
    """What a deep linking response, or a teacher by hand, adds to a course."""

    title: str
    url: str | None = None
    custom: Mapping[str, str] | None = None
    score_maximum: float | None = None
    """Of the column to make with it; None for no column."""
    resource_id: str | None = None
    tag: str | None = None
    new_window: bool = False


_LINE_ITEM = (
    "SELECT l.id, l.course, l.activity, a.resource_link_id, l.label, l.score_maximum, l.resource_id, l.tag,"
    " l.made_by_tool FROM line_item l LEFT JOIN activity a ON a.id = l.activity"
)


class Store:
    """The database file. One connection per use: requests run in threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._connection() as db:
            db.executescript(_SCHEMA)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self._path, timeout=15, isolation_level=None)
        try:
            db.execute("PRAGMA foreign_keys = ON")
            yield db
        finally:
            db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction, taken at once so that what is read in it cannot change under it."""
        with self._connection() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    # Activities

    def activities(self, course: str) -> list[Activity]:
        """The activities of a course, oldest first."""
        with self._connection() as db:
            rows = db.execute("SELECT * FROM activity WHERE course = ? ORDER BY id", (course,))
            return [_activity(row) for row in rows]

    def activity(self, activity_id: int) -> Activity | None:
        """One activity, if it still exists."""
        with self._connection() as db:
            row = db.execute("SELECT * FROM activity WHERE id = ?", (activity_id,)).fetchone()
        return _activity(row) if row else None

    def activity_of_link(self, course: str, resource_link_id: str) -> Activity | None:
        """The activity of a course with this resource link, if any."""
        found = (one for one in self.activities(course) if one.resource_link_id == resource_link_id)
        return next(found, None)

    def add_activities(self, course: str, items: list[NewItem]) -> list[int]:
        """Add activities, each with its column where one was asked for; the column takes the activity's name."""
        made = []
        with self.transaction() as db:
            for item in items:
                cursor = db.execute(
                    "INSERT INTO activity (course, resource_link_id, title, url, custom, new_window)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        course,
                        "lien-" + secrets.token_hex(6),
                        item.title,
                        item.url,
                        json.dumps(dict(item.custom or {})),
                        item.new_window,
                    ),
                )
                activity = int(cursor.lastrowid or 0)
                if item.score_maximum is not None:
                    _insert_line_item(db, course, activity, item, made_by_tool=False)
                made.append(activity)
        return made

    def delete_activity(self, activity_id: int) -> None:
        """Delete an activity with its columns and their grades."""
        with self.transaction() as db:
            db.execute("DELETE FROM activity WHERE id = ?", (activity_id,))

    def set_new_window(self, activity_id: int, new_window: bool) -> None:
        """Choose whether an activity opens in a window of its own."""
        with self.transaction() as db:
            db.execute("UPDATE activity SET new_window = ? WHERE id = ?", (new_window, activity_id))

    # Gradebook

    def line_items(self, course: str) -> list[LineItem]:
        """The columns of a course's gradebook, oldest first."""
        with self._connection() as db:
            return [_line_item(row) for row in db.execute(_LINE_ITEM + " WHERE l.course = ? ORDER BY l.id", (course,))]

    def line_item(self, course: str, line_item_id: int) -> LineItem | None:
        """One column of this course, if it still exists."""
        with self._connection() as db:
            return read_line_item(db, course, line_item_id)

    def add_line_item(self, course: str, item: NewItem, activity: int | None) -> int:
        """Add a column that the tool asked for through the service; `item.score_maximum` must be given."""
        with self.transaction() as db:
            return _insert_line_item(db, course, activity, item, made_by_tool=True)

    def update_line_item(self, line_item: LineItem, item: NewItem) -> None:
        """Change a column; grades already there keep their share of the maximum."""
        factor = (item.score_maximum or line_item.score_maximum) / line_item.score_maximum
        with self.transaction() as db:
            db.execute(
                "UPDATE line_item SET label = ?, score_maximum = ?, resource_id = ?, tag = ? WHERE id = ?",
                (item.title, item.score_maximum, item.resource_id, item.tag, line_item.id),
            )
            db.execute("UPDATE grade SET value = value * ? WHERE line_item = ?", (factor, line_item.id))

    def delete_line_item(self, line_item_id: int) -> None:
        """Delete a column and its grades."""
        with self.transaction() as db:
            db.execute("DELETE FROM line_item WHERE id = ?", (line_item_id,))

    def grades(self, line_item_id: int) -> dict[str, Grade]:
        """The cells of a column that were ever written, by `sub`."""
        with self._connection() as db:
            rows = db.execute(
                "SELECT sub, value, comment, modified, overridden FROM grade WHERE line_item = ? ORDER BY sub",
                (line_item_id,),
            )
            return {row[0]: _grade(row) for row in rows}

    # What may be used only once

    def start_launch(self, launch: PendingLaunch) -> None:
        """Remember a login that was started."""
        with self.transaction() as db:
            db.execute(
                "INSERT INTO launch (id, sub, kind, course, activity, target) VALUES (?, ?, ?, ?, ?, ?)",
                (launch.id, launch.sub, launch.kind, launch.course, launch.activity, launch.target),
            )

    def pending_launch(self, launch_id: str) -> PendingLaunch | None:
        """The login started under this identifier, unless it was spent."""
        with self._connection() as db:
            row = db.execute(
                "SELECT id, sub, kind, course, activity, target FROM launch WHERE id = ?", (launch_id,)
            ).fetchone()
        return PendingLaunch(*row) if row else None

    def spend_launch(self, launch_id: str) -> bool:
        """Use a started login up; False if somebody was faster."""
        with self.transaction() as db:
            return db.execute("DELETE FROM launch WHERE id = ?", (launch_id,)).rowcount == 1

    def start_selection(self, course: str) -> str:
        """Make the opaque `data` of a deep linking request."""
        data = secrets.token_urlsafe(24)
        with self.transaction() as db:
            db.execute("INSERT INTO selection (data, course) VALUES (?, ?)", (data, course))
        return data

    def spend_selection(self, data: str, course: str) -> bool:
        """Use the `data` of a deep linking request up; False if unknown, of another course or used."""
        with self.transaction() as db:
            changed = db.execute("DELETE FROM selection WHERE data = ? AND course = ?", (data, course))
            return changed.rowcount == 1

    def spend(self, kind: str, value: str) -> bool:
        """Note a nonce or a token's identifier; False if it was seen before."""
        with self.transaction() as db:
            return db.execute("INSERT OR IGNORE INTO spent VALUES (?, ?)", (kind, value)).rowcount == 1

    def is_spent(self, kind: str, value: str) -> bool:
        """Whether a nonce or a token's identifier was seen before."""
        with self._connection() as db:
            return bool(db.execute("SELECT 1 FROM spent WHERE kind = ? AND value = ?", (kind, value)).fetchone())

    # Access tokens, kept as digests

    def save_token(self, token: str, scope: str, expires: int) -> None:
        """Remember an access token until `expires`, in seconds since 1970."""
        with self.transaction() as db:
            db.execute("INSERT INTO token VALUES (?, ?, ?)", (_digest(token), scope, expires))

    def token_scope(self, token: str, now: float) -> str | None:
        """The scopes of an access token, unless it is unknown or over."""
        with self._connection() as db:
            row = db.execute("SELECT scope, expires FROM token WHERE digest = ?", (_digest(token),)).fetchone()
        return str(row[0]) if row and row[1] > now else None


def read_line_item(db: sqlite3.Connection, course: str, line_item_id: int) -> LineItem | None:
    """One column of this course within a transaction, if it still exists."""
    row = db.execute(_LINE_ITEM + " WHERE l.course = ? AND l.id = ?", (course, line_item_id)).fetchone()
    return _line_item(row) if row else None


def read_grade(db: sqlite3.Connection, line_item_id: int, sub: str) -> Grade | None:
    """One cell within a transaction, if it was ever written."""
    row = db.execute(
        "SELECT sub, value, comment, modified, overridden FROM grade WHERE line_item = ? AND sub = ?",
        (line_item_id, sub),
    ).fetchone()
    return _grade(row) if row else None


def write_grade(db: sqlite3.Connection, line_item_id: int, grade: Grade) -> None:
    """Write one cell within a transaction."""
    db.execute(
        "INSERT OR REPLACE INTO grade (line_item, sub, value, comment, modified, overridden) VALUES (?, ?, ?, ?, ?, ?)",
        (line_item_id, grade.sub, grade.value, grade.comment, grade.modified, grade.overridden),
    )


def _insert_line_item(
    db: sqlite3.Connection, course: str, activity: int | None, item: NewItem, *, made_by_tool: bool
) -> int:
    cursor = db.execute(
        "INSERT INTO line_item (course, activity, label, score_maximum, resource_id, tag, made_by_tool)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (course, activity, item.title, item.score_maximum, item.resource_id, item.tag, made_by_tool),
    )
    return int(cursor.lastrowid or 0)


def _activity(row: tuple[int, str, str, str, str | None, str, int]) -> Activity:
    id_, course, link, title, url, custom, new_window = row
    return Activity(id_, course, link, title, url, json.loads(custom), bool(new_window))


def _line_item(row: tuple[int, str, int | None, str | None, str, float, str | None, str | None, int]) -> LineItem:
    return LineItem(*row[:8], made_by_tool=bool(row[8]))


def _grade(row: tuple[str, float | None, str | None, int, int]) -> Grade:
    return Grade(*row[:4], overridden=bool(row[4]))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
