"""What the page of a practical item shows besides its question: a small world made for one pupil, as plain values.

Everything here may be shown before the answer; nothing says what is right.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class File:
    """A file to download. Its name is safe in a URL path and in a header."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with a caption; `head` names the columns, the first cell of each row names the row."""

    shape: ClassVar[str] = "grid"
    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    row_heads: bool = True


@dataclass(frozen=True, slots=True)
class Node:
    """A folder with what is in it, or a file with words about it (size, date); a folder has no `detail`."""

    name: str
    detail: str = ""
    children: tuple["Node", ...] = ()
    folder: bool = True


@dataclass(frozen=True, slots=True)
class Tree:
    """A folder and all that is in it, to be shown as nested lists, open."""

    shape: ClassVar[str] = "tree"
    caption: str
    root: Node


@dataclass(frozen=True, slots=True)
class Link:
    """A link within a message: what can be read, and where it leads. Shown as text: it can't be followed."""

    text: str
    target: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a mailbox. `number` is how questions speak of it."""

    number: int
    sender: str
    address: str
    subject: str
    when: str
    body: str
    links: tuple[Link, ...] = ()
    attachments: tuple[str, ...] = ()
    to: str = ""
    copies: str = ""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Messages in the order of the list."""

    shape: ClassVar[str] = "mailbox"
    caption: str
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A text in which spaces and line breaks count: a page's source, a log, a program."""

    shape: ClassVar[str] = "code"
    caption: str
    text: str


@dataclass(frozen=True, slots=True)
class Spreadsheet:
    """A spreadsheet: `cells` row by row from A1, as shown; `formulas` pairs of a cell's name and what it holds."""

    shape: ClassVar[str] = "spreadsheet"
    caption: str
    cells: tuple[tuple[str, ...], ...]
    formulas: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """A web page as a browser shows it: the address bar, then the text of the page."""

    shape: ClassVar[str] = "page"
    address: str
    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Properties:
    """Names with values, as a window of properties or of settings shows them."""

    shape: ClassVar[str] = "properties"
    caption: str
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Board:
    """A grid of squares to move on: one word per square, and the same told in sentences for who can't see it."""

    shape: ClassVar[str] = "board"
    caption: str
    squares: tuple[tuple[str, ...], ...]
    description: str


Part = Grid | Tree | Mailbox | Code | Spreadsheet | Page | Properties | Board


@dataclass(frozen=True, slots=True)
class World:
    """What the page shows, in this order, then the files to download. A part's `shape` chooses how it is shown."""

    parts: tuple[Part, ...] = ()
    files: tuple[File, ...] = ()

    def file(self, name: str) -> File | None:
        """The file of this name, or None."""
        return next((file for file in self.files if file.name == name), None)
