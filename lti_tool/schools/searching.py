"""Searching a list for what somebody typed, whatever the case and the accents, on both databases."""

from __future__ import annotations

import sqlite3
from functools import reduce
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Engine, and_, event, func, true
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

_PLAIN = {
    "a": "àáâãäå",
    "c": "ç",
    "e": "èéêë",
    "i": "ìíîï",
    "n": "ñ",
    "o": "òóôõö",
    "u": "ùúûü",
    "y": "ýÿ",
    "'": "’",
}
_FROM = "".join(_PLAIN.values())
_TO = "".join(plain * len(accented) for plain, accented in _PLAIN.items())
_LIGATURES = {"œ": "oe", "æ": "ae"}
_TABLE = str.maketrans(_FROM, _TO)
_SQLITE_NAME = "passerelle_fold"
_MOST_WORDS = 6


def matches(typed: str, *columns: Any) -> ColumnElement[bool]:
    """That each word typed stands in one of the columns, as a part of it; with nothing typed, everything matches.

    The columns are never null.
    """
    text = reduce(lambda before, column: before + " " + column, columns)  # no word goes over a space
    return and_(true(), *(_Has(text, word) for word in _fold(typed).split()[:_MOST_WORDS]))


class _Has(FunctionElement[bool]):
    """That the text, in small letters without French accents, has the word, which is folded already."""

    type = Boolean()
    inherit_cache = True


@compiles(_Has)
def _by_translate(element: _Has, compiler: SQLCompiler, **kwargs: Any) -> str:
    """PostgreSQL knows the case of every letter, and swaps letters one by one."""
    text, word = element.clauses
    folded: ColumnElement[str] = func.lower(text)
    for ligature, letters in _LIGATURES.items():
        folded = func.replace(folded, ligature, letters)
    return f"({compiler.process(func.strpos(func.translate(folded, _FROM, _TO), word), **kwargs)} > 0)"


@compiles(_Has, "sqlite")
def _by_our_own(element: _Has, compiler: SQLCompiler, **kwargs: Any) -> str:
    """SQLite knows the case of ASCII only: it calls us."""
    text, word = (compiler.process(each, **kwargs) for each in element.clauses)
    return f"(instr({_SQLITE_NAME}({text}), {word}) > 0)"


@event.listens_for(Engine, "connect")
def _teach_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.create_function(_SQLITE_NAME, 1, _fold, deterministic=True)


def _fold(text: str) -> str:
    if text.isascii():  # most names are, and a search folds each of them
        return text.lower()
    folded = text.lower().translate(_TABLE)
    for ligature, letters in _LIGATURES.items():
        folded = folded.replace(ligature, letters)
    return folded
