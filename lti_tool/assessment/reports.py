"""Questions that seem wrong to those who meet them: what they say is kept for whoever looks after the bank."""

import logging
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import Select, delete, distinct, func, select
from sqlalchemy.orm import Session

from lti_tool import logs
from lti_tool.assessment.models import ItemReport, Run
from lti_tool.errors import N_

log = logging.getLogger(__name__)

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "incomprehensible": N_("Je ne comprends pas ce qui est demandé."),
        "affichage": N_("La question ou son fichier ne s’affiche pas bien."),
        "correction": N_("Je pense que la correction se trompe."),
        "autre": N_("Autre chose."),
    }
)
"""What can be wrong with a question, with the words that the page shows."""
LONGEST_WORDS = 500
"""Characters kept of what is typed besides."""
WORDS_SHOWN = 10
"""Of an item, what was typed last is read first; older words wait until those are dealt with."""


@dataclass(frozen=True, slots=True)
class Reported:
    """What is said of one item."""

    item_id: str
    reasons: Mapping[str, int]
    """How many gave each reason, the most given first."""
    words: tuple[tuple[datetime, str], ...]
    """What was typed, and when; the newest first, `WORDS_SHOWN` at most."""
    last: datetime
    """When something was last said, for `settle`."""


def report(session: Session, run_id: int, item_id: str, reason: str, words: str, now: datetime) -> ItemReport:
    """Keep that an item seems wrong, once per run: who reports it again changes what they said.

    Raises KeyError for a reason that is none of `REASONS`. The words may name people: they are never logged.
    """
    REASONS[reason]
    session.get_one(Run, run_id, with_for_update=True)  # of two clicks, the second waits and finds it reported
    found = session.scalars(
        select(ItemReport).where(ItemReport.run_id == run_id, ItemReport.item_id == item_id)
    ).one_or_none()
    if found is None:
        found = ItemReport(run_id=run_id, item_id=item_id)
        session.add(found)
        logs.event(log, "item.reported", item=item_id, reason=reason)
    found.reason, found.words, found.at = reason, _kept(words), now
    session.flush()
    return found


def count(session: Session) -> int:
    """How many items have reports that nobody has dealt with."""
    return session.scalar(select(func.count(distinct(ItemReport.item_id)))) or 0


def most_reported() -> Select[str]:
    """The ids of the items with reports, those with the most first."""
    return select(ItemReport.item_id).group_by(ItemReport.item_id).order_by(func.count().desc(), ItemReport.item_id)


def about(session: Session, item_ids: Collection[str]) -> Mapping[str, Reported]:
    """What is said of each of these items; those without reports are left out."""
    number, last = func.count(), func.max(ItemReport.at)
    counted = session.execute(
        select(ItemReport.item_id, ItemReport.reason, number, last)
        .where(ItemReport.item_id.in_(item_ids))
        .group_by(ItemReport.item_id, ItemReport.reason)
        .order_by(number.desc(), ItemReport.reason)
    ).all()
    place = func.row_number().over(partition_by=ItemReport.item_id, order_by=ItemReport.id.desc()).label("place")
    typed = select(ItemReport.item_id, ItemReport.at, ItemReport.words, place)
    newest = typed.where(ItemReport.item_id.in_(item_ids), ItemReport.words != "").subquery()
    words = session.execute(
        select(newest.c.item_id, newest.c.at, newest.c.words)
        .where(newest.c.place <= WORDS_SHOWN)
        .order_by(newest.c.place)
    ).all()
    return {
        item_id: Reported(
            item_id,
            {reason: how_many for each, reason, how_many, _ in counted if each == item_id},
            tuple((at, said) for each, at, said in words if each == item_id),
            max(newest_at for each, _, _, newest_at in counted if each == item_id),
        )
        for item_id in dict.fromkeys(row.item_id for row in counted)
    }


def settle(session: Session, item_id: str, last: datetime) -> None:
    """The item was read again: erase what was said of it until `last`; what was said since, unread, is kept."""
    session.execute(delete(ItemReport).where(ItemReport.item_id == item_id, ItemReport.at <= last))


def _kept(words: str) -> str:
    """What was typed, without what a database can't store, cut where it is long."""
    plain = "".join(each if each == "\n" or unicodedata.category(each)[0] != "C" else " " for each in words)
    return plain.strip()[:LONGEST_WORDS]
