"""Every sentence of the pages has its English, and the French plurals know that nought is singular."""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as Entry
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from lti_tool.web.i18n import LANGUAGES, TRANSLATIONS

ROOT = Path(__file__).parents[2]
PLACE = re.compile(r"%\(\w+\)s")
Message = str | tuple[str, ...]


@pytest.fixture(scope="module")
def messages() -> dict[Message, str]:
    """Every message of the code and the templates, with where it stands."""
    with (ROOT / "lti_tool/web/babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(ROOT, methods, options, {**DEFAULT_KEYWORDS, "N_": None}, directory_filter=_is_ours)
    return {message: f"{file}:{line}" for file, line, message, _, _ in found}


def _is_ours(folder: str | Path) -> bool:
    return Path(folder).relative_to(ROOT).parts[:1] in ((), ("lti_tool",), ("templates",))


def catalogue(language: str) -> Catalog:
    with (TRANSLATIONS / language / "LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale=language)


def untranslated(messages: dict[Message, str], known: Catalog) -> Iterator[str]:
    for message, place in messages.items():
        entry = known.get(message if isinstance(message, str) else message[0])
        if entry is None or not entry.string or entry.fuzzy or (isinstance(entry.string, tuple) and "" in entry.string):
            yield f"{place} {message}"


def test_each_sentence_has_its_english(messages: dict[Message, str]) -> None:
    assert len(messages) > 300
    assert list(untranslated(messages, catalogue("en"))) == []


def test_the_french_plurals_are_complete(messages: dict[Message, str]) -> None:
    plurals = {message: place for message, place in messages.items() if isinstance(message, tuple)}

    assert plurals
    assert list(untranslated(plurals, catalogue("fr"))) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_the_places_to_fill(language: str) -> None:
    for entry in _translated(language):
        asked = {place for text in _texts(entry.id) for place in PLACE.findall(text)}
        given = {place for text in _texts(entry.string) for place in PLACE.findall(text)}
        assert asked == given, entry.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_pages_read_is_what_translators_wrote(language: str) -> None:
    """`pybabel compile` was not forgotten."""
    compiled = gettext.translation("messages", TRANSLATIONS, [language])

    for entry in _translated(language):
        if isinstance(entry.id, str):
            assert compiled.gettext(entry.id) == entry.string
        else:
            assert compiled.ngettext(entry.id[0], entry.id[1], 2) == entry.string[1]


def test_none_of_nothing_is_singular_in_french_and_plural_in_english() -> None:
    read = [
        gettext.translation("messages", TRANSLATIONS, [language]).ngettext(
            "%(num)s bonne réponse sur %(total)s.", "%(num)s bonnes réponses sur %(total)s.", 0
        )
        for language in LANGUAGES
    ]

    assert read == ["%(num)s bonne réponse sur %(total)s.", "%(num)s right answers out of %(total)s."]


def _translated(language: str) -> Iterator[Entry]:
    return (entry for entry in catalogue(language) if entry.id and any(_texts(entry.string)))


def _texts(entry: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (entry,) if isinstance(entry, str) else tuple(entry)
