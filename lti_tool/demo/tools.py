"""The tools that registered themselves with the ENT (dynamic registration), beside the one that it was started with."""

import secrets
from dataclasses import dataclass

from lti_tool.demo.store import Store

_SCHEMA = """
CREATE TABLE IF NOT EXISTS tool (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    client_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    login_url TEXT NOT NULL,
    launch_url TEXT NOT NULL,
    jwks_url TEXT NOT NULL,
    target_link_uri TEXT NOT NULL,
    gives_names INTEGER NOT NULL,
    active INTEGER NOT NULL DEFAULT 0
)
"""
_COLUMNS = "id, client_id, name, login_url, launch_url, jwks_url, target_link_uri, gives_names, active"
FIRST_DEPLOYMENT = 2
"""Deployment 1 is that of the tool that the ENT was started with."""


@dataclass(frozen=True, slots=True)
class NewTool:
    """What a tool registered as."""

    name: str
    login_url: str
    launch_url: str
    jwks_url: str
    target_link_uri: str
    gives_names: bool
    """Whether it asked for given and family names; as in Moodle, it gets none otherwise."""


@dataclass(frozen=True, slots=True)
class RegisteredTool:
    """A tool of the list: waiting until somebody clicks *Activer*."""

    id: int
    client_id: str
    name: str
    login_url: str
    launch_url: str
    jwks_url: str
    target_link_uri: str
    gives_names: bool
    active: bool

    @property
    def deployment_id(self) -> str:
        """A numeric text, as Moodle's."""
        return str(self.id - 1 + FIRST_DEPLOYMENT)


class ToolBook:
    """The list, in the ENT's own database; what is active is kept in memory, since each request asks."""

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.transaction() as db:
            db.execute(_SCHEMA)
        self._active = next((tool for tool in self.all() if tool.active), None)

    @property
    def active(self) -> RegisteredTool | None:
        """The tool that the ENT launches; None for the one that it was started with."""
        return self._active

    def all(self) -> list[RegisteredTool]:
        """Every registered tool, oldest first."""
        with self._store.transaction() as db:
            rows = db.execute(f"SELECT {_COLUMNS} FROM tool ORDER BY id").fetchall()  # noqa: S608 - our own names
        return [_tool(row) for row in rows]

    def add(self, tool: NewTool) -> RegisteredTool:
        """Keep a tool, waiting; its client_id is made here."""
        client_id = "outil-" + secrets.token_hex(6)
        values = (client_id, tool.name, tool.login_url, tool.launch_url, tool.jwks_url, tool.target_link_uri)
        with self._store.transaction() as db:
            db.execute(
                "INSERT INTO tool (client_id, name, login_url, launch_url, jwks_url, target_link_uri, gives_names)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*values, int(tool.gives_names)),
            )
        return self.all()[-1]

    def activate(self, tool_id: int) -> bool:
        """Launch this tool from now on, and no other; False where there is none of that number."""
        with self._store.transaction() as db:
            if db.execute("SELECT 1 FROM tool WHERE id = ?", (tool_id,)).fetchone() is None:
                return False
            db.execute("UPDATE tool SET active = (id = ?)", (tool_id,))
        self._active = next(tool for tool in self.all() if tool.active)
        return True


def _tool(row: tuple[int, str, str, str, str, str, str, int, int]) -> RegisteredTool:
    return RegisteredTool(*row[:7], bool(row[7]), bool(row[8]))
