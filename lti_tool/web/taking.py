"""A test being taken, a campaign's or a training: its questions, their files, its pauses, and what seems wrong in it.

Each page checks where the test stands and, if it stands elsewhere, leads there: the back button, a second click and a
second tab change nothing, and the page says so.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, send_file, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from lti_tool.assessment import reports, runs
from lti_tool.assessment.engine.checking import parse_response, present
from lti_tool.assessment.engine.items import Item
from lti_tool.assessment.models import Run
from lti_tool.assessment.runs import RunState
from lti_tool.errors import N_, RefusedError
from lti_tool.web.i18n import gettext
from lti_tool.web.toolbox import db, now

Shown = Response | str | tuple[str, int]

NOTHING_ANSWERED = N_("Répondez à la question, ou cliquez sur « Je passe ».")
SURE = N_("Corrigez, ou validez encore une fois si c’est bien votre réponse.")
SEEN = "vu"
"""Sent by a page that has shown a remark: the answer counts now, whatever its form."""
ANSWERED_BEFORE, REPORTED = "deja", "signalee"
"""Parameters of an address: the position of a question whose second answer was not counted, or that was reported."""


class NoFileError(RefusedError):
    """The file belongs to no question that waits."""

    code = "FICHIER"
    status = 404
    sentence = N_("Ce fichier n’est plus celui de votre question.")
    advice = N_("Revenez à la question, puis téléchargez son fichier.")


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
    response = None
    if request.form.get("action") != "passer":
        response = parse_response(item, dict(request.form.lists()))
        if response is None:
            return _question_page(test, item, gettext(NOTHING_ANSWERED)), 422
        remark = item.question.remark(response)
        if remark and SEEN not in request.form:
            return _question_page(test, item, f"{gettext(remark)} {gettext(SURE)}", seen=True), 422
    outcome = runs.answer(db(), test.run.id, position, item.id, response, now())
    return to(after(), **{} if outcome.recorded else {ANSWERED_BEFORE: position})


def _question_page(test: Test, item: Item, fault: str | None = None, *, seen: bool = False) -> str:
    asked = present(item, str(test.run.seed))
    return render_template(
        "pupil/question.html",
        test=test,
        asked=asked,
        given=request.form if request.method == "POST" else MultiDict[str, str](),
        faults={asked.controls[0].name: fault} if fault else {},
        seen=seen,
        **what_was_said(),
    )


def _file(test: Test, position: int, name: str) -> Shown:
    """A file to work with, for as long as its question waits."""
    item = test.asks(position)
    file = present(item, str(test.run.seed)).world.file(name) if item else None
    if file is None:
        raise NoFileError
    return send_file(
        io.BytesIO(file.content), file.media_type, as_attachment=True, download_name=file.name, etag=False, max_age=0
    )


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
