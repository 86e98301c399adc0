"""Hostile files, each in a process of its own: refused in words within seconds, in little memory, with no file opened
and no address called."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

MOST_MIB = 300
PATIENCE_S = 60
"""On a machine that does other things too; alone, each is refused within five seconds."""
HEAD = b'<?xml version="1.0"?><BEE_ELEVES VERSION="2.1"><DONNEES><ELEVES>'
SENTINEL = "http://127.0.0.1:9/"

CHECK = """
import datetime, json, sys
from lti_tool.schools import reading
from lti_tool.schools.faults import FileError
from lti_tool.schools.staging import Stage
path, touched, armed = sys.argv[1], [], []
def watch(event, arguments):
    if armed and event in ("open", "socket.connect", "socket.getaddrinfo", "os.system", "subprocess.Popen"):
        if not str(arguments[0]).startswith(sys.base_prefix):  # modules that Python itself loads
            touched.append(f"{event} {arguments[0]}")
sys.addaudithook(watch)
code = None
with open(path, "rb") as file, Stage() as stage:
    armed.append(True)
    try:
        stage.fill(reading.open_rows(file, uai="0251234F", today=datetime.date(2026, 11, 23)))
    except FileError as error:
        code, message = error.fault.code, error.fault.message
    armed.clear()
(line,) = (line for line in open("/proc/self/status") if line.startswith("VmHWM"))  # getrusage counts the parent's too
peak = int(line.split()[1]) / 1024
print(json.dumps({"code": code, "message": code and message, "peak": peak, "touched": touched}))
"""


def endless(head: bytes, piece: bytes, mib: int = 64) -> Callable[[Path], None]:
    """The head, then the same piece over and over."""

    def write(path: Path) -> None:
        block = piece * (1024 * 1024 // len(piece) + 1)
        with path.open("wb") as file:
            file.write(head)
            for _ in range(mib):
                file.write(block)

    return write


def exactly(content: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(content) and None


def bomb(path: Path) -> None:
    """A hundred and twenty-eight megabytes of spaces in as many kilobytes."""
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("e.xml", "w", force_zip64=True) as entry,
    ):
        entry.write(HEAD)
        for _ in range(128):
            entry.write(b" " * 1024 * 1024)


def slow_bomb(path: Path) -> None:
    """As dense as an export, and nothing in it."""
    noise = os.urandom(8 * 1024).hex().encode()
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("e.xml", "w", force_zip64=True) as entry,
    ):
        entry.write(HEAD)
        for _ in range(64 * 64):
            entry.write(noise)


def many_entries(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(20_000):
            archive.writestr(f"{'d/' * 50}{number}.xml", b"")


ENTITIES = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10 if n else b"lol") for n in range(12))
HOSTILE = {
    "a billion laughs": exactly(b"<!DOCTYPE BEE_ELEVES [" + ENTITIES + b"]><BEE_ELEVES>&l11;</BEE_ELEVES>"),
    "an external entity": exactly(
        b'<!DOCTYPE BEE_ELEVES [<!ENTITY f SYSTEM "file:///etc/passwd">]><BEE_ELEVES>&f;</BEE_ELEVES>'
    ),
    "an external DTD": exactly(b'<!DOCTYPE BEE_ELEVES SYSTEM "' + SENTINEL.encode() + b'"><BEE_ELEVES/>'),
    "a parameter entity": exactly(
        b'<!DOCTYPE BEE_ELEVES [<!ENTITY % p SYSTEM "' + SENTINEL.encode() + b'"> %p;]><BEE_ELEVES/>'
    ),
    "a stylesheet and an inclusion": exactly(
        b'<?xml-stylesheet href="' + SENTINEL.encode() + b'"?><BEE_ELEVES xmlns:xi="http://www.w3.org/2001/XInclude">'
        b'<xi:include href="file:///etc/passwd"/><DONNEES></BEE_ELEVES>'
    ),
    "an endless DTD": endless(b"<!DOCTYPE BEE_ELEVES [", b"<!ENTITY a 'b'>"),
    "an endless comment": endless(HEAD + b"<!--", b"a comment without end "),
    "endless processing instructions": endless(HEAD, b"<?a b?>"),
    "deep nesting": endless(HEAD, b"<a>", 20),
    "a giant text": endless(HEAD + b"<ELEVE ELEVE_ID='1'><PRENOM>", b"a"),
    "a giant attribute": endless(HEAD + b"<ELEVE ELEVE_ID='", b"a"),
    "a giant name": endless(HEAD + b"<", b"a"),
    "a pupil without end": endless(HEAD + b"<ELEVE ELEVE_ID='1'>", b"<PRENOM>a</PRENOM>"),
    "pupils without end": endless(HEAD, b"<ELEVE/>"),
    "attributes without end": endless(HEAD + b"<ELEVE ", b" a='1'"),
    "elements without end": endless(HEAD, b"<AUTRE><A>1</A></AUTRE>"),
    "spaces without end": endless(HEAD, b" "),
    "a namespace flood": endless(HEAD, b"<a xmlns='u:1'/><b xmlns='u:2'/>"),
    "zeros": endless(b"", b"\0"),
    "noise": exactly(os.urandom(1024 * 1024)),
    "a zip bomb": bomb,
    "a zip as dense as an export": slow_bomb,
    "thousands of entries": many_entries,
    "a line without end": endless(b"INE;Nom;Prenom;Date de naissance;Classe\n", b"x", 45),
    "a quote without end": endless(b'INE;Nom;Prenom;Date de naissance;Classe\n"', b"x\n", 45),
    "columns without end": endless(b"INE;Nom;Prenom;", b"Classe;", 45),
    "rows without end": endless(b"INE;Nom;Prenom;Date de naissance;Classe\n", b"\n;;;;\n;\n", 45),
}


@pytest.mark.parametrize("write", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_file_is_refused_in_little_memory(write: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "file"
    write(path)

    done = subprocess.run(
        [sys.executable, "-c", CHECK, str(path)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )

    path.unlink()
    said = json.loads(done.stdout)
    assert said["code"] is not None
    assert said["message"] != ""
    assert said["peak"] < MOST_MIB
    assert said["touched"] == []
