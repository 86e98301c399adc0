"""SIECLE files: good ones, faulty ones, and hostile ones. Each is read to its end or refused in words."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zipfile
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_tool.schools import archives, faults, siecle
from lti_tool.schools.archives import open_xml
from lti_tool.schools.faults import FileError
from lti_tool.schools.siecle import Division, Pupil, Reader
from lti_tool.schools.staging import Stage
from tests.schools.siecle_files import UAI, eleve, eleves, ine, xml, zipped

TODAY = date(2026, 11, 23)
ENTITIES = '<!DOCTYPE BEE_ELEVES [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def read(content: bytes) -> tuple[Reader, list[Pupil], dict[str, str]]:
    reader = Reader(open_xml(io.BytesIO(content)), TODAY)
    rows = list(reader)
    pupils = [row for row in rows if isinstance(row, Pupil)]
    return reader, pupils, {row.eleve_id: row.code for row in rows if isinstance(row, Division)}


def link(name: str, target: str) -> bytes:
    """A zip whose only entry is a symbolic link."""
    entry = zipfile.ZipInfo(name)
    entry.create_system, entry.external_attr = 3, 0o120777 << 16
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(entry, target)
    return content.getvalue()


def refusal(content: bytes) -> str:
    with pytest.raises(FileError) as refused:
        read(content)
    assert refused.value.fault.message
    return refused.value.fault.code


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(xml([eleve(1)]), id="ISO-8859-15, as SIECLE writes it"),
        pytest.param(xml([eleve(1)], encoding="ISO-8859-1"), id="ISO-8859-1"),
        pytest.param(xml([eleve(1)], encoding="windows-1252"), id="windows-1252"),
        pytest.param(xml([eleve(1)], encoding="UTF-8"), id="UTF-8"),
        pytest.param(xml([eleve(1)], encoding="UTF-8", bom=b"\xef\xbb\xbf"), id="UTF-8 with a mark"),
        pytest.param(xml([eleve(1)], encoding="UTF-16"), id="UTF-16"),
        pytest.param(xml([eleve(1)], encoding="UTF-16").decode("utf-16").encode("utf-16-le"), id="UTF-16, no mark"),
        pytest.param(
            xml([eleve(1)], encoding="UTF-16").decode("utf-16").encode("utf-16-be"), id="UTF-16 of the other order"
        ),
        pytest.param(xml([eleve(1)], encoding="UTF-8").partition(b"?>")[2].lstrip(), id="UTF-8 without declaration"),
        pytest.param(xml([eleve(1)]).replace(b"Chlo\xe9", b"Chlo&#233;"), id="a letter by its number"),
        pytest.param(xml([eleve(1)]).replace(b"Chlo\xe9", b"<![CDATA[Chlo\xe9]]>"), id="a name as character data"),
        pytest.param(xml([eleve(1)]).replace(b"\n", b"\r\n"), id="Windows line ends"),
        pytest.param(xml([eleve(1)], structures_first=True), id="structures before pupils"),
        pytest.param(xml([eleve(1)], before="<!-- un commentaire -->"), id="a comment"),
        pytest.param(
            xml([eleve(1)], inside="<OPTIONS><OPTION ELEVE_ID='1'><ELEVE/></OPTION></OPTIONS>"), id="other lists"
        ),
        pytest.param(zipped(xml([eleve(1)])), id="zip"),
        pytest.param(zipped(xml([eleve(1)]), **{"__MACOSX/._Eleves.xml": b"x"}), id="zip of a Mac"),
        pytest.param(zipped(xml([eleve(1)]), **{".cache/Eleves.xml": b"x"}), id="zip with a hidden folder"),
        pytest.param(zipped(xml([eleve(1)]), **{"lisezmoi.txt": b"x"}), id="zip with another file"),
        pytest.param(zipped(xml([eleve(1)]), name="Export/ELEVES.XML"), id="zip with a folder"),
        pytest.param(zipped(xml([eleve(1)]), name="/etc/eleves.xml"), id="zip with a path from the root"),
        pytest.param(zipped(xml([eleve(1)]), name="C:\\Export\\eleves.xml"), id="zip with a path of Windows"),
        pytest.param(zipped(xml([eleve(1)]), **{"../../lisezmoi.txt": b"x"}), id="zip with an odd path beside"),
    ],
)
def test_good_files(content):
    reader, pupils, divisions = read(content)
    assert (reader.uai, reader.skipped) == (UAI, 0)
    assert [(pupil.ine, pupil.first_name, pupil.birthdate, pupil.faults) for pupil in pupils] == [
        (ine(1), "Chloé", "2012-03-14", "")
    ]
    assert divisions == {"1": "4A"}


def test_the_euro_and_the_ligature_are_those_of_iso_8859_15():
    _, pupils, _ = read(xml([eleve(1, NOM_DE_FAMILLE="CŒURDEVEY", PRENOM="François")]))
    assert (pupils[0].last_name, pupils[0].first_name) == ("CŒURDEVEY", "François")


@pytest.mark.parametrize(
    ("pupil", "codes"),
    [
        pytest.param(eleve(1, ID_NATIONAL=" "), "INE_REQUIRED", id="INE empty"),
        pytest.param(eleve(1, NOM_DE_FAMILLE=None), "LAST_NAME_REQUIRED", id="no family name"),
        pytest.param(eleve(1, NOM_DE_FAMILLE=None, NOM="NGUYEN"), "", id="family name as older exports have it"),
        pytest.param(eleve(1, PRENOM=" "), "FIRST_NAME_REQUIRED", id="no given name"),
        pytest.param(eleve(1, CODE_SEXE=None), "SEX_CODE_REQUIRED", id="no sex"),
        pytest.param(eleve(1, CODE_SEXE="9"), "", id="another sex code"),
        pytest.param(eleve(1, DATE_NAISS=None), "BIRTHDATE_REQUIRED", id="no birthdate"),
        pytest.param(eleve(1, DATE_NAISS=""), "BIRTHDATE_REQUIRED", id="birthdate empty"),
        pytest.param(eleve(1, DATE_NAISS="2012-03-14"), "INVALID_BIRTHDATE_FORMAT", id="birthdate as ISO"),
        pytest.param(eleve(1, DATE_NAISS="14/03/12"), "INVALID_BIRTHDATE_FORMAT", id="two-digit year"),
        pytest.param(eleve(1, DATE_NAISS="30/02/2012"), "INVALID_BIRTHDATE_FORMAT", id="30 February"),
        pytest.param(eleve(1, DATE_NAISS="01/01/0000"), "INVALID_BIRTHDATE_FORMAT", id="year 0"),
        pytest.param(eleve(1, DATE_NAISS="24/11/2026"), "INVALID_BIRTHDATE", id="born tomorrow"),
        pytest.param(eleve(1, DATE_NAISS="01/01/1920"), "INVALID_BIRTHDATE", id="born more than a century ago"),
        pytest.param(
            eleve(1, CODE_COMMUNE_INSEE_NAISS=None), "BIRTH_CITY_CODE_REQUIRED_FOR_FR_STUDENT", id="born in France"
        ),
        pytest.param(eleve(1, CODE_PAYS="352", CODE_COMMUNE_INSEE_NAISS=None), "", id="born abroad"),
        pytest.param(eleve(1, PRENOM="Chlo\x85"), "", id="a next-line character is a space"),
        pytest.param(eleve(1, PRENOM="Chlo\x9f"), "INVALID_CHAR_DETECTED", id="a control character"),
        pytest.param(eleve(1, NOM_DE_FAMILLE="N" * 256), "FIELD_MAX_LENGTH", id="a name of 256 letters"),
        pytest.param(eleve(1, DATE_SORTIE=""), "", id="no date of leaving"),
    ],
)
def test_each_pupil_s_faults(pupil, codes):
    _, pupils, _ = read(xml([pupil], encoding="ISO-8859-1"))
    assert [each.faults for each in pupils] == [codes]


@pytest.mark.parametrize(
    "pupil",
    [
        pytest.param(eleve(1, DATE_SORTIE="16/10/2026"), id="left"),
        pytest.param(eleve(1, DATE_SORTIE="16/10/2030", PRENOM=None), id="will leave, with a fault"),
        pytest.param(eleve(1, ID_NATIONAL=None, DATE_NAISS=None), id="not arrived yet, with a fault"),
    ],
)
def test_who_has_left_or_not_arrived_is_skipped(pupil):
    reader, pupils, _ = read(xml([pupil]))
    assert (reader.skipped, pupils) == (1, [])


@pytest.mark.parametrize(
    ("structures", "division"),
    [
        pytest.param([("4A", "D")], "4A", id="a division"),
        pytest.param([("4AG1", "G"), ("4A", "D"), ("LATIN", "G")], "4A", id="among groups"),
        pytest.param([("4A", "D"), ("4B", "D")], "4B", id="the last of two"),
        pytest.param([("4A", "D"), ("Inactifs", "D")], "4A", id="Inactifs is none"),
        pytest.param([("Inactifs", "D")], None, id="only Inactifs"),
        pytest.param([("4AG1", "G")], None, id="only a group"),
        pytest.param([("", "D")], None, id="no code"),
        pytest.param([], None, id="nothing"),
    ],
)
def test_divisions(structures, division):
    _, _, divisions = read(xml([eleve(1).of(*structures)]))
    assert divisions == ({"1": division} if division else {})


@pytest.mark.parametrize("structures_first", [False, True])
def test_a_fault_of_a_pupil_without_division_is_none(structures_first):
    file = xml(
        [eleve(1, PRENOM=None).of(("Inactifs", "D")), eleve(2, PRENOM=None).of(), eleve(3, PRENOM=None), eleve(4)],
        structures_first=structures_first,
    )
    with Stage() as stage:
        tally = stage.fill(Reader(open_xml(io.BytesIO(file)), TODAY))
        assert (tally.learners, tally.without_division) == (2, 2)
        assert [(fault.code, fault.ine) for fault in stage.faults()] == [("FIRST_NAME_REQUIRED", ine(3))]


GOOD = xml(eleves(3))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(b"", "INVALID_FILE", id="nothing at all"),
        pytest.param(b"\x00" * 5000, "INVALID_FILE", id="zeros"),
        pytest.param(b"Nom;Pr\xe9nom\nMartin;Hugo\n", "INVALID_FILE", id="a CSV"),
        pytest.param(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "INVALID_FILE", id="a PDF"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 90, "INVALID_FILE", id="an old office file"),
        pytest.param(b"<html><body/></html>", "INVALID_FILE", id="a web page"),
        pytest.param(b"<?xml version='1.0'?><ONDE/>", "INVALID_FILE", id="a foreign root element"),
        pytest.param(b"<?xml version='1.0'?>" + b" " * 200_000 + b"<BEE_ELEVES/>", "INVALID_FILE", id="late root"),
        pytest.param(GOOD[:-20], "INVALID_FILE", id="cut at the end"),
        pytest.param(GOOD[: len(GOOD) // 2], "INVALID_FILE", id="cut in the middle"),
        pytest.param(GOOD + b"<x/>", "INVALID_FILE", id="something after the end"),
        pytest.param(GOOD.replace(b"</PRENOM>", b"", 1), "INVALID_FILE", id="an element not closed"),
        pytest.param(GOOD.replace(b"Chlo", b"&inconnu;", 1), "INVALID_FILE", id="an unknown entity"),
        pytest.param(xml([eleve()], declared="UTF-8"), "INVALID_FILE", id="not encoded as declared"),
        pytest.param(xml([eleve()], declared="x-klingon"), "ENCODING_NOT_SUPPORTED", id="unknown encoding"),
        pytest.param(xml([eleve()], before="<!DOCTYPE BEE_ELEVES>"), "INVALID_FILE", id="DOCTYPE"),
        pytest.param(
            xml([eleve()], before=ENTITIES).replace(b"Chlo", b"&b;"), "INVALID_FILE", id="entities in entities"
        ),
        pytest.param(
            xml([eleve()], before='<!DOCTYPE BEE_ELEVES [<!ENTITY f SYSTEM "file:///etc/passwd">]>').replace(
                b"Chlo", b"&f;"
            ),
            "INVALID_FILE",
            id="an external entity",
        ),
        pytest.param(
            xml([eleve()], before='<!DOCTYPE BEE_ELEVES SYSTEM "http://127.0.0.1:9/x.dtd">'),
            "INVALID_FILE",
            id="an external DTD",
        ),
        pytest.param(b"<!DOCTYPE BEE_ELEVES [" + b"<!ENTITY a 'b'>" * 20_000, "INVALID_FILE", id="an endless DTD"),
        pytest.param(b"<BEE_ELEVES>" + b"<a>" * 100_000, "INVALID_FILE", id="deep nesting"),
        pytest.param(b"<BEE_ELEVES>" + b"a" * 3_000_000, "INVALID_FILE", id="a giant text"),
        pytest.param(b"<BEE_ELEVES><a b='" + b"a" * 3_000_000, "INVALID_FILE", id="a giant attribute"),
        pytest.param(
            b"<BEE_ELEVES><DONNEES><ELEVES><ELEVE ELEVE_ID='1'>" + b"<PRENOM>a</PRENOM>" * 200_000,
            "INVALID_FILE",
            id="a pupil without end",
        ),
        pytest.param(zipped(GOOD)[:-30], "INVALID_FILE", id="a zip cut at the end"),
        pytest.param(
            zipped(GOOD).replace(zipped(GOOD)[60:90], b"\xff" * 30), "INVALID_FILE", id="a zip with damaged data"
        ),
        pytest.param(zipped(GOOD, **{"deux.xml": GOOD}), "INVALID_FILE", id="a zip with two files"),
        pytest.param(zipped(GOOD, name="eleves.txt"), "INVALID_FILE", id="a zip without XML"),
        pytest.param(zipped(GOOD, name=".eleves.xml"), "INVALID_FILE", id="a zip with a hidden file alone"),
        pytest.param(zipped(zipped(GOOD), name="eleves.zip"), "INVALID_FILE", id="a zip in a zip"),
        pytest.param(zipped(zipped(GOOD), name="eleves.xml"), "INVALID_FILE", id="a zip that says it is XML"),
        pytest.param(zipped(b"", name="dossier.xml/"), "INVALID_FILE", id="an empty folder named as a file"),
        pytest.param(zipped(GOOD, name="../../eleves.xml"), "INVALID_FILE", id="a zip that climbs out of its folder"),
        pytest.param(link("eleves.xml", "/etc/passwd"), "INVALID_FILE", id="a zip with a link"),
        pytest.param(gzip.compress(GOOD), "INVALID_FILE", id="another kind of archive"),
        pytest.param(b"PK\x05\x06" + b"\x00" * 18, "INVALID_FILE", id="an empty zip"),
        pytest.param(b"PK\x03\x04" + b"\x00" * 50, "INVALID_FILE", id="a zip by its first letters only"),
        pytest.param(zipped(GOOD, **{f"{n}.txt": b"" for n in range(1500)}), "INVALID_FILE", id="thousands of entries"),
        pytest.param(
            zipped(GOOD).replace(b"\x14\x00\x00\x00\x08", b"\x14\x00\x01\x00\x08"), "INVALID_FILE", id="a locked zip"
        ),
    ],
)
def test_what_is_refused(content, code):
    assert refusal(content) == code


def test_a_zip_that_unpacks_to_more_than_is_allowed(monkeypatch):
    bomb = zipped(xml([eleve(number) for number in range(2000)]))
    with pytest.raises(FileError) as refused:
        list(Reader(open_xml(io.BytesIO(bomb), largest=100_000), TODAY))
    assert refused.value.fault.code == faults.TOO_LARGE
    assert len(bomb) < 100_000


def test_memory_does_not_grow_with_the_file():
    """Other lists and comments count too; what lxml itself holds is bounded by the same pruning."""

    def peak(count: int) -> int:
        content = xml(eleves(count), inside="<OPTIONS>" + "<OPTION><A>1</A></OPTION>" * count + "</OPTIONS>")
        tracemalloc.start()
        for _ in Reader(open_xml(io.BytesIO(content)), TODAY):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(100)
    assert peak(8000) < 2 * peak(1000) + 200_000


def test_lines_are_right_beyond_the_sixteen_bits_of_old_readers():
    _, pupils, _ = read(xml(eleves(70_000)))
    assert pupils[-1].line == 70_000 + 5


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_file_is_read_or_refused_and_nothing_else(data):
    content = bytearray(data.draw(st.sampled_from([GOOD, zipped(GOOD)])))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content) - 1))
        content[start : start + data.draw(st.integers(0, 20))] = data.draw(st.binary(max_size=12))
    try:
        rows = list(Reader(archives.open_xml(io.BytesIO(bytes(content))), TODAY))
    except FileError:
        return
    assert all(isinstance(row, Pupil | Division) for row in rows)


def test_the_guard_is_far_above_what_siecle_writes():
    assert len(xml([eleve()])) * 100 < siecle._LARGEST_RECORD
