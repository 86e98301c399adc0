"""A page of a list that can grow: cut by the database, never in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Row, Select
from sqlalchemy.orm import Session

PER_PAGE = 25

Item = TypeVar("Item")


@dataclass(frozen=True)
class Page(Generic[Item]):
    """Some items of a list; `number` counts from 1."""

    items: tuple[Item, ...]
    total: int
    number: int
    per_page: int

    @property
    def pages(self) -> int:
        """How many pages there are; an empty list has one."""
        return max(1, -(-self.total // self.per_page))


def nearest_page(total: int, number: int, per_page: int) -> int:
    """The page that exists and is the nearest to this one."""
    return min(max(1, number), max(1, -(-total // per_page)))


def page_of(
    session: Session, statement: Select[*tuple[Any, ...]], total: int, number: int, per_page: int
) -> tuple[int, Sequence[Row[*tuple[Any, ...]]]]:
    """The rows of a page, and its number: the nearest that exists to the one asked for."""
    number = nearest_page(total, number, per_page)
    return number, session.execute(statement.limit(per_page).offset((number - 1) * per_page)).all()
