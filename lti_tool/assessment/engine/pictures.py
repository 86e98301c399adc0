"""Pictures beside the texts: drawings in SVG, harmless, each with words for who can't see it."""

import re
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from lti_tool.assessment.engine.tables import Table

LARGEST = 60_000
"""Bytes."""
SVG = "image/svg+xml"
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\.svg")
_DRAWING = frozenset(
    ("svg", "g", "defs", "title", "desc", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text",
     "tspan", "marker", "linearGradient", "radialGradient", "stop", "use", "clipPath")
)  # fmt: skip
"""Elements that only draw. No script, no style sheet, no picture from elsewhere."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing: its file's name, what it shows in words, and the SVG itself."""

    name: str
    alternative: str
    svg: bytes


def read_picture(table: Table, folder: Path) -> Picture | None:
    """The picture that a table names by `picture`, a file of this folder, with its `alternative`; None for none."""
    name, alternative = table.text("picture", required=False), table.text("alternative", required=False)
    if not name:
        if alternative:
            table.fault("« alternative » sans « picture »")
        return None
    if not alternative:
        table.fault("« picture » demande « alternative », ce que montre l'image en mots")
    if not _NAME.fullmatch(name):
        table.fault("le nom d'une image ne doit avoir que a-z, 0-9 et -, et finir par .svg")
        return None
    path = folder / name
    if not path.is_file():
        table.fault(f"l'image « {name} » n'existe pas")
        return None
    svg = path.read_bytes()
    for fault in _faults(svg):
        table.fault(f"l'image « {name} » {fault}")
    return Picture(name, alternative, svg)


def _faults(svg: bytes) -> list[str]:
    if len(svg) > LARGEST:
        return [f"dépasse {LARGEST // 1000} ko"]
    if b"<!" in svg.replace(b"<!--", b""):
        return ["ne doit pas avoir de DOCTYPE"]
    try:
        root = ElementTree.fromstring(svg)  # noqa: S314 - without a DOCTYPE there are no entities to expand
    except ElementTree.ParseError as error:
        return [f"ne se lit pas : {error}"]
    found = []
    if _local(root.tag) != "svg" or "viewBox" not in root.attrib:
        found.append("doit être un svg avec viewBox")
    for element in root.iter():
        if _local(element.tag) not in _DRAWING:
            found.append(f"ne doit pas avoir d'élément « {_local(element.tag)} »")
        for attribute, value in element.attrib.items():
            name = _local(attribute)
            if name.startswith("on") or (name == "href" and not value.startswith("#")) or "url(http" in value:
                found.append(f"ne doit pas avoir l'attribut « {name} » = « {value} »")
    return found


def _local(name: str) -> str:
    return name.rpartition("}")[2]
