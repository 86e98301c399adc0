"""The conformance page, written from the tests' own data: `python -m tests.conformance` brings it up to date."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tests.lti import cases, test_certification
from tests.lti.cases.certification import GOOD_LAUNCHES
from tests.lti.cases.confusion import ROWS, VALUES
from tests.lti.cases.logins import BAD_LOGINS, GOOD_HINTS
from tests.platform.personalities import PERSONALITIES
from tests.web import test_any_launch, test_every_answer, test_hostile_requests, test_mixed_launches

PAGE = Path(__file__).parents[1] / "docs" / "conformance.md"
_INTRODUCTION = """# Conformance

Written by `python -m tests.conformance` from the data that the tests run; a test fails where the two differ. Each case
is one change of a launch, a login or a request that has nothing wrong. Each refusal is checked to be a page with its
code, a line in the log with reason and clause, no session, no call to anybody, and nothing stored but a count.

Clauses: CORE is LTI Core 1.3, SEC the 1EdTech Security Framework 1.0, DL Deep Linking 2.0, AGS Assignment and Grade
Services 2.0, NRPS Names and Role Provisioning Services 2.0.
"""


def page() -> str:
    """The whole page, in Markdown."""
    return "\n".join([_INTRODUCTION, *_numbers(), *_certification(), *_refusals(), *_confusion(), *_platforms()]) + "\n"


def _numbers() -> Iterator[str]:
    harmless = len(cases.HARMLESS) + len(cases.TOLERATED) + len(GOOD_HINTS)
    rows = [
        ("Certification: launches taken", len(GOOD_LAUNCHES)),
        *(
            (f"Certification: {title}", sum(str(case.id).startswith(letter) for case in test_certification.CASES))
            for letter, title in (("D", "deep linking"), ("N", "memberships"), ("A", "grades"))
        ),
        *((group.title, len(group.cases)) for group in cases.GROUPS),
        ("Logins, each by GET and by POST", 2 * len(BAD_LOGINS)),
        ("Bodies that are no launch", len(test_hostile_requests.BODIES)),
        ("State, nonce and tenant games", len(test_mixed_launches.MIXTURES)),
        ("Targets that only look like ours, at the launch", len(cases.FOREIGN_TARGETS)),
        ("Hostile headers and paths", len(test_every_answer.HOSTILE)),
        ("Hostile names and titles, on two databases, for two roles", 4 * len(test_any_launch.INJECTIONS)),
        ("Odd, and taken all the same", harmless),
    ]
    yield from ("## Numbers", "", "| group | cases |", "|---|---:|")
    yield from (f"| {title} | {count} |" for title, count in rows)
    yield f"| together | {sum(count for _, count in rows)} |"


def _certification() -> Iterator[str]:
    yield from ("", "## Certification: what is taken", "", "| case | who they are then |", "|---|---|")
    yield from (f"| {case.id} | {case.values[1].value} |" for case in GOOD_LAUNCHES)
    yield from ("", "| case | clause |", "|---|---|")
    yield from (f"| {case.id} | {case.values[1]} |" for case in test_certification.CASES)


def _refusals() -> Iterator[str]:
    for group in cases.GROUPS[:-1]:
        yield from _table(group.title, ((case.id.partition("-")[2], case.values[-1]) for case in group.cases))
    yield from _table("Logins", ((case.id, case.values[-1]) for case in BAD_LOGINS))
    yield from _table(
        "Bodies that are no launch", ((case.id, case.values[-1]) for case in test_hostile_requests.BODIES)
    )
    mixtures = ((case.id, case.values[1]) for case in test_mixed_launches.MIXTURES)
    yield from _table("State, nonce and tenant games", mixtures)


def _table(title: str, rows: Iterable[tuple[str, Any]]) -> Iterator[str]:
    yield from ("", f"## {title}", "", "| case | status | code | reason | clause |", "|---|---:|---|---|---|")
    for name, outcome in rows:
        yield f"| {name} | {outcome.status} | {outcome.code} | {outcome.reason} | {outcome.clause} |"


def _confusion() -> Iterator[str]:
    yield from ("", "## Type confusion, claim by claim", "", f"Each claim with each of: {', '.join(VALUES)}.", "")
    yield from ("| claim | message | refused | as | taken |", "|---|---|---:|---|---:|")
    for row in ROWS:
        outcomes = [outcome for _, _, outcome in row.cases()]
        refused = sorted({f"{outcome.status} {outcome.reason}" for outcome in outcomes if outcome is not None})
        name = row.claim.rpartition("/")[2] + (f".{row.member}" if row.member else "")
        taken = outcomes.count(None)
        yield f"| {name} | {row.message} | {len(outcomes) - taken} | {', '.join(refused)} | {taken} |"


def _platforms() -> Iterator[str]:
    yield from ("", "## Platforms", "")
    yield "Each plays the whole story: login, launch, deep linking, memberships, line item, score."
    yield from ("", "| platform | what is its own |", "|---|---|")
    yield from (f"| {each.name} | {'; '.join(each.quirks)} |" for each in PERSONALITIES)


if __name__ == "__main__":
    PAGE.write_text(page())
