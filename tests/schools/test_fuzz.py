"""Files mutated for ten minutes: each is imported whole or refused whole, without a crash and without a hang."""

from __future__ import annotations

import faulthandler
import io
import random
import sys
import time
from collections import Counter
from datetime import datetime

import pytest
from sqlalchemy import func, select

from lti_tool.database import Database
from lti_tool.schools import imports
from lti_tool.schools.models import Import, Learner
from tests.schools.csv_files import GENERIC, pupil, table
from tests.schools.siecle_files import UAI, eleves, xml, zipped

MINUTES = 5
"""On each of the two databases."""
HANG_S = 60
SEEDS = (
    xml(eleves(12)),
    xml(eleves(12), encoding="utf-8"),
    xml(eleves(12), encoding="utf-16"),
    xml(eleves(12), structures_first=True),
    zipped(xml(eleves(12))),
    table(*(pupil(number) for number in range(1, 13))),
    table(*(pupil(number) for number in range(1, 13)), separator=",", encoding="cp1252"),
    GENERIC.encode(),
    GENERIC.encode("utf-16"),
)
WORDS = (
    b"<", b">", b"/", b"&", b"]]>", b"<!--", b"-->", b"<![CDATA[", b"<!DOCTYPE BEE_ELEVES [", b"<?xml", b"&#0;",
    b"&#x110000;", b"\0", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\r", b"\n", b'"', b";", b",", b"\t", b"PK\x01\x02",
    b"PK\x05\x06", b"\xff\xff\xff\xff", b"<ELEVE>", b"</ELEVE>", b"<ELEVES>", b"</DONNEES>", b"</BEE_ELEVES>",
    b"<ID_NATIONAL>", b"ELEVE_ID='1'", b"31/02/2012", b"99999999999999999999", "é".encode(), "\u202e".encode(),
    "\U0001f600".encode(), b"a" * 300, b"-1",
)  # fmt: skip


def mutated(chance: random.Random) -> bytes:
    """One of the seeds with a few pieces changed, dropped, doubled, moved or put in from another."""
    content = bytearray(chance.choice(SEEDS))
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8, 30))):
        start = chance.randrange(len(content) + 1)
        end = min(len(content), start + chance.choice((0, 1, 1, 2, 4, 16, 64, 400)))
        piece = bytes(content[start:end])
        other = chance.choice(SEEDS)
        place = chance.randrange(len(other))
        content[start:end] = chance.choice(
            (
                b"",
                chance.randbytes(len(piece)),
                bytes(byte ^ 1 << chance.randrange(8) for byte in piece),
                piece * chance.choice((2, 3, 50)),
                piece + chance.choice(WORDS),
                chance.choice(WORDS),
                other[place : place + chance.randrange(200)],
            )
        )
    return bytes(content)


def register(database: Database, school_id: int) -> tuple[frozenset[tuple[object, ...]], int, int]:
    """All lines, how many of them are active, how many imports."""
    with database.read() as session:
        columns = [column for column in Learner.__table__.columns if column.name != "updated_at"]
        lines = session.execute(select(*columns).where(Learner.school_id == school_id)).all()
        done = session.scalar(select(func.count()).select_from(Import)) or 0
    return frozenset(map(tuple, lines)), sum(line.active for line in lines), done


@pytest.mark.soak
def test_every_mutated_file_is_imported_or_refused_and_nothing_between(
    database: Database, arrange, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    school = arrange(lambda world: world.school(UAI))
    seed = random.SystemRandom().randrange(2**32)
    chance, outcomes = random.Random(seed), Counter[str]()
    slowest, until = 0.0, time.monotonic() + 60 * MINUTES
    before = register(database, school.id)
    while time.monotonic() < until:
        content = mutated(chance)
        told = f"seed {seed}, file {sum(outcomes.values())}"
        faulthandler.dump_traceback_later(HANG_S, exit=True, file=sys.__stderr__)
        begun = time.monotonic()
        report = imports.import_file(
            database, school.id, io.BytesIO(content), now=now, confirm_deactivations=chance.random() < 0.8
        )
        slowest = max(slowest, time.monotonic() - begun)
        faulthandler.cancel_dump_traceback_later()
        after = register(database, school.id)
        outcomes[report.faults[0].code if report.faults else report.status] += 1
        if report.status == "imported":
            active = report.added + report.updated + report.unchanged + report.reactivated
            assert (after[1], after[2]) == (active, before[2] + 1), told
        else:
            assert report.faults, told
            assert all(fault.message for fault in report.faults), told
            assert after == before, told
        before = after
    assert {"imported", "INVALID_FILE"} <= set(outcomes)
    with capsys.disabled():
        print(f"\n{sum(outcomes.values())} mutated files, slowest {slowest:.2f} s: {dict(outcomes.most_common())}")
