"""A test being taken, a campaign's or a training: its questions, their files, its pauses, and what seems wrong in it.

Each page checks where the test stands and, if it stands elsewhere, leads there: the back button, a second click and a
second tab change nothing, and the page says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.assessment import reports, runs
from lti_tool.assessment.engine.items import Item
from lti_tool.assessment.models import Run
from lti_tool.assessment.runs import RunState
from lti_tool.errors import N_
from lti_tool.web import asking
from lti_tool.web.asking import Doubt
from lti_tool.web.i18n import gettext
from lti_tool.web.toolbox import db, now

Shown = Response | str | tuple[str, int]

ANSWERED_BEFORE, REPORTED = "deja", "signalee"
"""Parameters of an address: the position of a question whose second answer was not counted, or that was reported."""


@dataclass(frozen=True)
class Test:
    """A test as its pages need it. `place` is what names it in their addresses, in the blueprint that shows them."""

    __test__ = False  # not pytest's

    title: str
    run: Run
    state: RunState
    blueprint: str
    place: Mapping[str, Any]
    section: str
    """The entry of the menu that it belongs to."""

    def url(self, page: str, **values: Any) -> str:
        """The address of one of its pages."""
        return url_for(f"{self.blueprint}.{page}", **self.place, **values)

    def here(self, **said: Any) -> str:
        """The page that the pupil should be on."""
        if self.state.pause_due:
            return self.url("pause", answered=self.state.answered, **said)
        if self.state.finished:
            return self.url("results", **said)
        return self.url("question", position=self.state.position, **said)

    def asks(self, position: int) -> Item | None:
        """The question at this position, if it is the one that waits."""
        waits = not self.state.pause_due and self.state.position == position
        return self.state.waiting if waits else None

    def file_url(self, name: str) -> str:
        """The address of a file of the question that waits."""
        return self.url("file", position=self.state.position, name=name)


def add_pages(
    blueprint: Blueprint,
    key: str,
    find: Callable[[Any], Test],
    finish: Callable[[Any], None] = lambda _: None,
) -> None:
    """Add the pages of a test to a blueprint whose addresses name it by `key`; `finish` is told of the last answer."""

    def add(rule: str, name: str, view: Callable[..., Shown], method: str = "GET") -> None:
        def bound(**values: Any) -> Shown:
            return view(find(values.pop(key)), **values)

        blueprint.add_url_rule(rule, name, bound, methods=[method])

    def answer(test: Test, position: int) -> Shown:
        return _answer(test, position, lambda: _after(find, finish, test.place[key]))

    add("", "resume", lambda test: to(test))
    add("/questions/<int:position>", "question", _question)
    add("/questions/<int:position>", "answer", answer, "POST")
    add("/questions/<int:position>/fichiers/<name>", "file", _file)
    add("/questions/<int:position>/signalement", "report", _report_page)
    add("/questions/<int:position>/signalement", "send_report", _report, "POST")
    add("/pause/<int:answered>", "pause", _pause)
    add("/pause/<int:answered>", "go_on", lambda test, answered: _go_on(test, answered, find, key), "POST")


def to(test: Test, **said: Any) -> Response:
    """To where the test stands."""
    return redirect(test.here(**said), 303)


def what_was_said() -> dict[str, int | None]:
    """What the address of this page says of the last thing done, for the macro `said`."""
    return {
        "answered_before": request.args.get(ANSWERED_BEFORE, type=int),
        "reported": request.args.get(REPORTED, type=int),
    }


def _after(find: Callable[[Any], Test], finish: Callable[[Any], None], key: Any) -> Test:
    test = find(key)
    if test.state.finished:
        finish(key)
    return test


def _question(test: Test, position: int) -> Shown:
    """The question that waits."""
    item = test.asks(position)
    return _question_page(test, item) if item else to(test, **what_is_kept())


def what_is_kept() -> dict[str, str]:
    """What this address says, to be said on the page that it leads to."""
    return {name: request.args[name] for name in (ANSWERED_BEFORE, REPORTED) if name in request.args}


def _answer(test: Test, position: int, after: Callable[[], Test]) -> Shown:
    """Record the answer, or that the pupil passes; the answer to a question that doesn't wait any more is not kept."""
    item = test.asks(position)
    if item is None or request.form.get("question") != item.id:
        return to(test, **{ANSWERED_BEFORE: position} if position <= test.state.answered else {})
    response = asking.response_of(item)
    if isinstance(response, Doubt):
        return _question_page(test, item, response), 422
    outcome = runs.answer(db(), test.run.id, position, item.id, response, now())
    return to(after(), **{} if outcome.recorded else {ANSWERED_BEFORE: position})


def _question_page(test: Test, item: Item, doubt: Doubt | None = None) -> str:
    asked = asking.parts(item, str(test.run.seed), doubt)
    return render_template("pupil/question.html", test=test, **asked, **what_was_said())


def _file(test: Test, position: int, name: str) -> Shown:
    """A file to work with, for as long as its question waits."""
    return asking.file_of(test.asks(position), str(test.run.seed), name)


def _pause(test: Test, answered: int) -> Shown:
    """What was right and wrong since the last pause."""
    if not test.state.pause_due or test.state.answered != answered:
        return to(test, **what_is_kept())
    corrections = runs.corrections(db(), test.run.id, test.state.paused_at + 1, answered)
    return render_template(
        "pupil/pause.html",
        test=test,
        corrections=corrections,
        right=sum(each.right for each in corrections),
        **what_was_said(),
    )


def _go_on(test: Test, answered: int, find: Callable[[Any], Test], key: str) -> Shown:
    """The pause has been read."""
    if test.state.pause_due and test.state.answered == answered:
        runs.go_on(db(), test.run.id, answered)
    return to(find(test.place[key]))


def _report_page(test: Test, position: int) -> Shown:
    """What seems wrong with a question that was met?"""
    item = _met(test, position)
    return _report_form(test, position, item) if item else to(test)


def _report(test: Test, position: int) -> Shown:
    """Keep what a pupil says of a question."""
    item = _met(test, position)
    if item is None:
        return to(test)
    reason = request.form.get("raison", "")
    if reason not in reports.REASONS:
        return _report_form(test, position, item, {"raison": gettext(N_("Choisissez ce qui ne va pas."))}), 422
    reports.report(db(), test.run.id, item.id, reason, request.form.get("mots", ""), now())
    return to(test, **{REPORTED: position})


def _report_form(test: Test, position: int, item: Item, faults: Mapping[str, str] | None = None) -> str:
    return render_template(
        "pupil/report.html",
        test=test,
        position=position,
        item=item,
        reasons=[(reason, gettext(words)) for reason, words in reports.REASONS.items()],
        typed=request.form,
        faults=faults or {},
    )


def _met(test: Test, position: int) -> Item | None:
    """The question at this position: the one that waits, or one whose correction was shown or soon will be."""
    return test.asks(position) or runs.answered_at(db(), test.run.id, position)
