"""Questions that seem wrong to those who meet them: what they say is kept for whoever looks after the bank."""

import logging
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import func, select
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


def counts(session: Session) -> Mapping[str, int]:
    """How often each item was reported, the most reported first."""
    number = func.count().label("number")
    rows = session.execute(
        select(ItemReport.item_id, number).group_by(ItemReport.item_id).order_by(number.desc(), ItemReport.item_id)
    )
    return {row.item_id: row.number for row in rows}


def _kept(words: str) -> str:
    """What was typed, without what a database can't store, cut where it is long."""
    plain = "".join(each if each == "\n" or unicodedata.category(each)[0] != "C" else " " for each in words)
    return plain.strip()[:LONGEST_WORDS]
