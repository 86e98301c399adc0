"""Writes the files that practical items give to download: the same bytes for the same content."""

import csv
import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

from lti_tool.assessment.engine.worlds import File

Cell = str | int
Rows = Sequence[Sequence[Cell]]
CSV, ODS = "text/csv", "application/vnd.oasis.opendocument.spreadsheet"
FORMATS = ("csv", "ods")

_NAMES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.3"'
)
_MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
)


def table_file(stem: str, extension: str, rows: Rows) -> File:
    """A table as a CSV or an ODS file, its first row the headings."""
    content = csv_bytes(rows) if extension == "csv" else ods_bytes(stem, rows)
    return File(f"{stem}.{extension}", CSV if extension == "csv" else ODS, content)


def csv_bytes(rows: Rows) -> bytes:
    """Semicolons and a byte order mark, as French spreadsheets expect."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=";", lineterminator="\r\n").writerows(rows)
    return buffer.getvalue().encode("utf-8-sig")


def ods_bytes(name: str, rows: Rows) -> bytes:
    """A spreadsheet of one sheet (OpenDocument 1.3): numbers as numbers, the rest as texts."""
    lines = "".join(f"<table:table-row>{''.join(map(_cell, row))}</table:table-row>" for row in rows)
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_NAMES}><office:body><office:spreadsheet>'
        f'<table:table table:name="{escape(name)}">{lines}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        _add(archive, "mimetype", ODS, zipfile.ZIP_STORED)
        _add(archive, "content.xml", content, zipfile.ZIP_DEFLATED)
        _add(archive, "META-INF/manifest.xml", _MANIFEST, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _cell(value: Cell) -> str:
    kind = "string" if isinstance(value, str) else f'float" office:value="{value}'
    return f'<table:table-cell office:value-type="{kind}"><text:p>{escape(str(value))}</text:p></table:table-cell>'


def _add(archive: zipfile.ZipFile, name: str, text: str, compression: int) -> None:
    entry = zipfile.ZipInfo(name, (2026, 9, 1, 8, 0, 0))
    entry.compress_type = compression
    archive.writestr(entry, text.encode())
