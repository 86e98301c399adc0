"""A question in a form, whoever asks it: what its page needs, what came back, and the files to work with."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from flask import Response as Answer
from flask import request, send_file
from werkzeug.datastructures import MultiDict

from lti_tool.assessment.engine.checking import parse_response, present
from lti_tool.assessment.engine.items import Item
from lti_tool.assessment.engine.kinds.base import Response
from lti_tool.errors import N_, RefusedError
from lti_tool.web.i18n import gettext

NOTHING_ANSWERED = N_("Répondez à la question, ou cliquez sur « Je passe ».")
SURE = N_("Corrigez, ou validez encore une fois si c’est bien votre réponse.")
SEEN = "vu"
"""Sent by a page that has shown a remark: the answer counts now, whatever its form."""


class NoFileError(RefusedError):
    """The file belongs to no question that waits."""

    code = "FICHIER"
    status = 404
    sentence = N_("Ce fichier n’est plus celui de votre question.")
    advice = N_("Revenez à la question, puis téléchargez son fichier.")


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why the question is asked again, in the page's language. `seen`: the same answer counts if it comes again."""

    words: str
    seen: bool = False


def response_of(item: Item) -> Response | Doubt | None:
    """What the form that was sent answers to this item, made for its pupil's seed; None for "Je passe"."""
    if request.form.get("action") == "passer":
        return None
    response = parse_response(item, dict(request.form.lists()))
    if response is None:
        return Doubt(gettext(NOTHING_ANSWERED))
    remark = item.question.remark(response)
    if remark and SEEN not in request.form:
        return Doubt(f"{gettext(remark)} {gettext(SURE)}", seen=True)
    return response


def parts(item: Item, seed: str, doubt: Doubt | None = None) -> dict[str, Any]:
    """What the macro `question` shows of the item."""
    asked = present(item, seed)
    return {
        "asked": asked,
        "given": request.form if request.method == "POST" else MultiDict[str, str](),
        "faults": {asked.controls[0].name: doubt.words} if doubt else {},
        "seen": doubt is not None and doubt.seen,
    }


def file_of(item: Item | None, seed: str, name: str) -> Answer:
    """A file of the question that waits, to take away. Raises `NoFileError`."""
    found = present(item, seed).world.file(name) if item else None
    if found is None:
        raise NoFileError
    content = io.BytesIO(found.content)
    return send_file(content, found.media_type, as_attachment=True, download_name=found.name, etag=False, max_age=0)
