"""Tables of learners: good, faulty and hostile ones, agricultural and any other. Each is read or refused in words."""

from __future__ import annotations

import io
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_tool.schools import generic, reading, tables
from lti_tool.schools.cells import typed_date
from lti_tool.schools.faults import FileError
from lti_tool.schools.reading import Limits, open_rows, preview
from lti_tool.schools.staging import Stage
from tests.schools.csv_files import AGRICULTURAL, GENERIC, pupil, table, without
from tests.schools.siecle_files import UAI, eleve, xml, zipped

TODAY = date(2026, 11, 23)


def read(content: bytes, **options):
    """The reader and what it gives."""
    rows = open_rows(io.BytesIO(content), uai=UAI, today=TODAY, **options)
    return rows, list(rows)


def refusal(content: bytes) -> str:
    with pytest.raises(FileError) as refused:
        read(content)
    assert refused.value.fault.message
    return refused.value.fault.code


def faults_of(content: bytes) -> list[tuple[str, int | None, str | None]]:
    """Every fault of a file, as it is reported: code, line, column."""
    rows = open_rows(io.BytesIO(content), uai=UAI, today=TODAY)
    with Stage() as stage:
        stage.fill(rows)
        every = [*rows.faults, *stage.faults(rows.labels)]
    assert all(each.message and "%(" not in each.message for each in every)
    return [(each.code, each.line, each.column) for each in every]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(table(pupil()), id="UTF-8"),
        pytest.param(table(pupil(), encoding="utf-8-sig"), id="UTF-8 with a mark"),
        pytest.param(table(pupil(), encoding="cp1252"), id="windows-1252"),
        pytest.param(table(pupil(), encoding="mac_roman"), id="macintosh"),
        pytest.param(table(pupil(), separator=","), id="commas"),
        pytest.param(table(pupil(), separator="\t"), id="tabs"),
        pytest.param(table(pupil(), end="\n"), id="line ends of Linux"),
        pytest.param(table(pupil(), end="\r"), id="line ends of an old Mac"),
        pytest.param(b"\r\n" + table(pupil()), id="a blank line before"),
        pytest.param(table(pupil()) + b";;;;;;;;;;;;;;\r\n\r\n", id="blank lines after"),
        pytest.param(table(pupil()).rstrip(), id="no end of line at the end"),
        pytest.param(b"sep=;\r\n" + table(pupil()), id="the separator said, as a spreadsheet does"),
        pytest.param(table(pupil(Premier="  Chloé ", Nom_de="NGUYEN\u00a0")), id="spaces around"),
        pytest.param(table(pupil(), header=AGRICULTURAL[::-1]), id="columns in another order"),
        pytest.param(table(pupil()).replace("Nom d’usage".encode(), b"Nom d'usage"), id="a straight apostrophe"),
        pytest.param(table(pupil()).replace(b"Identifiant unique", b"Identifiant unique*"), id="stars as in the model"),
        pytest.param(table(pupil()).replace(b"Division", b"DIVISION"), id="capitals"),
        pytest.param(table(pupil(), header=without("Deuxième prénom", "Nom d’usage")), id="optional columns left out"),
        pytest.param(table(pupil(Date="14/03/12")), id="a year of two digits"),
        pytest.param(table(pupil(Code_sexe="F")), id="sex as a letter"),
        pytest.param(table(pupil(Code_sexe="féminin")), id="sex in small letters"),
        pytest.param(table(pupil(Statut="ap")), id="status in small letters"),
        pytest.param(table(pupil(Code_pays="99352", Code_commune="", Libellé="Alger")), id="born abroad"),
        pytest.param(table(pupil(Code_commune="2A004")), id="born in Corsica"),
        pytest.param(table(pupil(Division='="4A"')), id="a cell kept as text"),
    ],
)
def test_good_agricultural_files(content):
    rows, pupils = read(content)
    assert (rows.kind, list(rows.faults)) == ("agricultural", [])
    assert [(each.ine, each.first_name, each.last_name, each.birthdate, each.sex) for each in pupils] == [
        ("120000001AB", "Chloé", "NGUYEN", "2012-03-14", "F")
    ]
    assert (pupils[0].division, pupils[0].mef, pupils[0].faults) == ("4A", "10110001110", "")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(table(pupil(Identifiant="")), ("FIELD_REQUIRED", 2, "Identifiant unique"), id="no identifier"),
        pytest.param(table(pupil(Premier="")), ("FIELD_REQUIRED", 2, "Premier prénom"), id="no given name"),
        pytest.param(table(pupil(Nom_de=" ")), ("FIELD_REQUIRED", 2, "Nom de famille"), id="no family name"),
        pytest.param(table(pupil(Division="")), ("FIELD_REQUIRED", 2, "Division"), id="no division"),
        pytest.param(table(pupil(Date="")), ("FIELD_REQUIRED", 2, "Date de naissance (jj/mm/aaaa)"), id="no birthdate"),
        pytest.param(
            table(pupil(Date="31/02/2012")),
            ("FIELD_DATE_FORMAT", 2, "Date de naissance (jj/mm/aaaa)"),
            id="no such day",
        ),
        pytest.param(
            table(pupil(Date="2012-03-14")),
            ("FIELD_DATE_FORMAT", 2, "Date de naissance (jj/mm/aaaa)"),
            id="an ISO date",
        ),
        pytest.param(
            table(pupil(Date="24/11/2026")), ("INVALID_BIRTHDATE", 2, "Date de naissance (jj/mm/aaaa)"), id="tomorrow"
        ),
        pytest.param(table(pupil(Code_sexe="X")), ("FIELD_BAD_VALUES", 2, "Code sexe"), id="another sex"),
        pytest.param(table(pupil(Statut="XX")), ("FIELD_BAD_VALUES", 2, "Statut"), id="another status"),
        pytest.param(table(pupil(Code_pays="100")), ("INSEE_CODE_INVALID", 2, "Code pays naissance"), id="country"),
        pytest.param(
            table(pupil(Code_commune="")), ("FIELD_REQUIRED", 2, "Code commune naissance"), id="born in France, no code"
        ),
        pytest.param(
            table(pupil(Code_commune="2505")), ("INSEE_CODE_INVALID", 2, "Code commune naissance"), id="a short code"
        ),
        pytest.param(
            table(pupil(Code_pays="99352", Code_commune="")),
            ("FIELD_REQUIRED", 2, "Libellé commune naissance"),
            id="born abroad, no town",
        ),
        pytest.param(
            table(pupil(Code_département="5")),
            ("FIELD_MIN_LENGTH", 2, "Code département naissance"),
            id="short province",
        ),
        pytest.param(
            table(pupil(Code_département="0250")),
            ("FIELD_MAX_LENGTH", 2, "Code département naissance"),
            id="long province",
        ),
        pytest.param(
            table(pupil(Nom_de="N" * 256)), ("FIELD_MAX_LENGTH", 2, "Nom de famille"), id="a name of 256 letters"
        ),
        pytest.param(table(pupil(Premier="Chl\x9foé")), ("INVALID_CHAR_DETECTED", 2, None), id="a control character"),
        pytest.param(
            table(pupil(Nom_de="x"), encoding="cp1252").replace(b";x;", b";N\x81;"),
            ("INVALID_CHAR_DETECTED", 2, None),
            id="a byte of no encoding",
        ),
        pytest.param(table(pupil(), pupil()), ("IDENTIFIER_UNIQUE", 3, None), id="the same identifier twice"),
        pytest.param(table(pupil(), header=without("Division")), ("HEADER_REQUIRED", 1, "Division"), id="no column"),
        pytest.param(
            table(pupil(), header=(*AGRICULTURAL, "Régime")), ("HEADER_UNKNOWN", 1, "Régime"), id="an unknown column"
        ),
        pytest.param(
            table(pupil(), header=(*AGRICULTURAL, "Division")), ("HEADER_UNIQUE", 1, "Division"), id="a column twice"
        ),
        pytest.param(
            table(pupil(Division="4A;5;6")).replace(b'"', b""), ("BAD_CSV_FORMAT", 2, None), id="too many cells"
        ),
    ],
)
def test_each_fault_of_an_agricultural_file(content, expected):
    assert faults_of(content) == [expected]


def test_every_fault_at_once_with_its_line():
    content = table(
        pupil(1, Premier="", Statut="?"),
        pupil(2),
        pupil(2),
        pupil(3, Date="x"),
        header=(*AGRICULTURAL, "Régime"),
        end="\r\n\r\n",
    )
    assert [(code, line) for code, line, _ in faults_of(content)] == [
        ("HEADER_UNKNOWN", 1),
        ("FIELD_REQUIRED", 3),
        ("FIELD_BAD_VALUES", 3),
        ("IDENTIFIER_UNIQUE", 7),
        ("FIELD_DATE_FORMAT", 9),
    ]


@pytest.mark.parametrize(
    ("encoding", "code"),
    [
        ("cp850", "ENCODING_NOT_SUPPORTED"),
        ("utf-16", "ENCODING_NOT_SUPPORTED"),
        ("utf-16-le", "INVALID_FILE"),
        ("cp037", "INVALID_FILE"),
    ],
)
def test_an_agricultural_file_in_any_other_encoding(encoding, code):
    text = table(pupil()).decode().replace("’", "'")
    assert refusal(text.encode(encoding)) == code


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(GENERIC.encode(), id="UTF-8"),
        pytest.param(GENERIC.encode("utf-8-sig"), id="UTF-8 with a mark"),
        pytest.param(GENERIC.encode("cp1252"), id="windows-1252"),
        pytest.param(GENERIC.encode("mac_roman"), id="macintosh"),
        pytest.param(GENERIC.encode("utf-16"), id="UTF-16, as a spreadsheet's Unicode text"),
        pytest.param(GENERIC.replace(";", "\t").encode("utf-16"), id="UTF-16 with tabs"),
        pytest.param(GENERIC.replace(";", ",").encode(), id="commas"),
        pytest.param(GENERIC.replace("Né(e) le", "DATE DE NAISSANCE").encode(), id="another heading"),
        pytest.param(GENERIC.replace("INE;", "Identifiant national élève;").encode(), id="a longer heading"),
        pytest.param(GENERIC.replace("Nom;", "Nom de l'élève;").encode(), id="as in primary schools"),
        pytest.param(GENERIC.replace("14/03/2012", "2012-03-14").encode(), id="an ISO date"),
        pytest.param(GENERIC.replace("14/03/2012", "14-3-2012").encode(), id="a date with hyphens"),
        pytest.param(GENERIC.replace("14/03/2012", "14.03.12").encode(), id="a date with points"),
        pytest.param(GENERIC.replace("INE;", "Cantine;INE;").replace("120", "oui;120").encode(), id="another column"),
    ],
)
def test_good_generic_files(content):
    rows, pupils = read(content)
    assert (rows.kind, list(rows.faults)) == ("generic", [])
    assert [(p.ine, p.first_name, p.last_name, p.birthdate, p.division, p.faults) for p in pupils] == [
        ("120000001AB", "Chloé", "NGUYEN", "2012-03-14", "4A", "")
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(GENERIC.replace("Classe", "Salle"), ("HEADER_REQUIRED", 1, "Classe"), id="no class"),
        pytest.param(GENERIC.replace("Chloé", ""), ("FIELD_REQUIRED", 2, "Prénom"), id="no given name"),
        pytest.param(GENERIC.replace("14/03/2012", "hier"), ("FIELD_DATE_FORMAT", 2, "Né(e) le"), id="no date"),
        pytest.param(GENERIC.replace("14/03/2012", ""), ("FIELD_REQUIRED", 2, "Né(e) le"), id="no birthdate"),
        pytest.param(GENERIC.replace("2012", "1890"), ("INVALID_BIRTHDATE", 2, "Né(e) le"), id="a century ago"),
        pytest.param(GENERIC.replace("4A", "4" * 300), ("FIELD_MAX_LENGTH", 2, "Classe"), id="too long"),
        pytest.param(GENERIC.replace("4A", "4A;x"), ("BAD_CSV_FORMAT", 2, None), id="too many cells"),
        pytest.param(GENERIC + "120000001ab;A;B;01/01/2012;4A", ("IDENTIFIER_UNIQUE", 3, None), id="a double"),
    ],
)
def test_each_fault_of_a_generic_file(content, expected):
    assert faults_of(content.encode()) == [expected]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(b"", "INVALID_FILE", id="nothing at all"),
        pytest.param(b"\r\n\r\n   \r\n", "EMPTY", id="blank lines alone"),
        pytest.param(b"bonjour", "INVALID_FILE", id="a word"),
        pytest.param(b"Bonjour a tous\nla sortie", "INVALID_FILE", id="a letter"),
        pytest.param(b"INE\n123\n", "BAD_CSV_FORMAT", id="one column"),
        pytest.param(table(pupil(), separator="|"), "BAD_CSV_FORMAT", id="another separator"),
        pytest.param(b"a;b\n" + b"x" * 70_000, "BAD_CSV_FORMAT", id="a line without end"),
        pytest.param(b'a;b\n1;"' + b"x;\n" * 90_000, "BAD_CSV_FORMAT", id="a quote without end"),
        pytest.param(b"INE;" + b";".join(b"a%d" % n for n in range(400)), "BAD_CSV_FORMAT", id="hundreds of columns"),
        pytest.param(b"a;b\n" + b"\n" * 600_000, "PAYLOAD_TOO_LARGE", id="lines without end"),
        pytest.param(b"%PDF-1.7\n1;2;3\n", "INVALID_FILE", id="a PDF"),
        pytest.param(b"{\\rtf1\\ansi;}", "INVALID_FILE", id="a rich text"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1;;;" * 90, "INVALID_FILE", id="an old spreadsheet"),
        pytest.param(b"\x89PNG\r\n\x1a\n\x00;;;", "INVALID_FILE", id="a picture"),
        pytest.param(b"\x1f\x8b\x08\x00;;", "INVALID_FILE", id="a gzip"),
        pytest.param(b"a;b\x00c;d\n", "INVALID_FILE", id="a zero"),
        pytest.param(
            zipped(b"<x/>", name="[Content_Types].xml", **{"xl/workbook.xml": b"<x/>"}), "INVALID_FILE", id="an xlsx"
        ),
        pytest.param(zipped(b"<x/>", name="content.xml", mimetype=b"x"), "INVALID_FILE", id="an ods"),
        pytest.param(zipped(table(pupil()), name="eleves.csv"), "INVALID_FILE", id="a CSV in a zip"),
        pytest.param(b"<!DOCTYPE html><html>;</html>", "INVALID_FILE", id="a web page"),
    ],
)
def test_what_is_no_table_is_refused(content, code):
    assert refusal(content) == code


def test_a_table_larger_than_allowed():
    with pytest.raises(FileError) as refused:
        read(table(*(pupil(n) for n in range(100))), limits=Limits(csv=1000))
    assert refused.value.fault.code == "PAYLOAD_TOO_LARGE"


def test_an_office_file_is_told_what_to_do():
    with pytest.raises(FileError) as refused:
        read(zipped(b"<x/>", name="[Content_Types].xml"))
    assert "CSV" in refused.value.fault.message


class TestColumns:
    """A head sees which column is taken for what, and corrects it."""

    def test_are_proposed_with_the_first_rows(self):
        seen = preview(io.BytesIO(GENERIC.encode()))
        assert seen.header == ("INE", "Nom", "Prénom", "Né(e) le", "Classe")
        assert seen.proposed == {"ine": 0, "last_name": 1, "first_name": 2, "birthdate": 3, "division": 4}
        assert seen.samples == (("120000001AB", "NGUYEN", "Chloé", "14/03/2012", "4A"),)

    @pytest.mark.parametrize("content", [table(pupil()), xml([eleve(1)]), zipped(xml([eleve(1)]))])
    def test_other_files_have_none(self, content):
        assert preview(io.BytesIO(content)) is None

    def test_as_corrected(self):
        content = GENERIC.replace("Nom;Prénom", "A;B").encode()
        columns = {"ine": 0, "last_name": 1, "first_name": 2, "birthdate": 3, "division": 4}
        rows, pupils = read(content, columns=columns)
        assert (list(rows.faults), pupils[0].first_name) == ([], "Chloé")

    @pytest.mark.parametrize(
        "columns",
        [
            pytest.param({"ine": 0, "last_name": 0}, id="a column twice"),
            pytest.param({"ine": 9}, id="no such column"),
            pytest.param({"ine": -1}, id="a column before the first"),
            pytest.param({"child_id": 0}, id="no such field"),
        ],
    )
    def test_an_impossible_match(self, columns):
        assert not generic.is_possible(columns, 5)

    @pytest.mark.parametrize(
        ("header", "proposed"),
        [
            pytest.param(("Nom", "Nom usage", "Nom de famille"), {"last_name": 2, "preferred_last_name": 1}, id="best"),
            pytest.param(("Prénom 1", "Prénom 2"), {"first_name": 0, "middle_name": 1}, id="numbered"),
            pytest.param(("N° INE", "Identifiant"), {"ine": 0}, id="the likelier"),
            pytest.param(("Nom", "Nom"), {"last_name": 0}, id="the first of two"),
            pytest.param(("x", ""), {}, id="none"),
        ],
    )  # fmt: skip
    def test_each_field_gets_its_likeliest(self, header, proposed):
        assert generic.propose(header) == proposed

    def test_the_template_is_recognised(self):
        header = tables.open_table(io.BytesIO(generic.template())).header
        assert generic.propose(header) == {field.name: place for place, field in enumerate(generic.FIELDS)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("14/03/2012", "2012-03-14"),
        ("1/3/12", "2012-03-01"),
        ("23/11/26", "2026-11-23"),
        ("24/11/26", "1926-11-24"),
        ("01/01/99", "1999-01-01"),
        ("14-03/2012", None),
        ("14 mars 2012", None),
        ("2012-03-14 00:00:00", "2012-03-14"),
        ("00/00/0000", None),
    ],
)
def test_dates_as_people_write_them(text, expected):
    assert typed_date(text, TODAY)[0] == expected


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_table_is_read_or_refused_and_nothing_else(data):
    content = bytearray(data.draw(st.sampled_from([GENERIC.encode(), table(pupil(), encoding="cp1252")])))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content) - 1))
        content[start : start + data.draw(st.integers(0, 20))] = data.draw(st.binary(max_size=12))
    try:
        _, rows = read(bytes(content))
    except FileError:
        return
    assert all(len(row) == len(rows[0]) for row in rows)


CELLS = st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters='";='), max_size=20)


@settings(deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), max_size=5), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_cells_come_out_as_they_went_in(rows, encoding):
    content = "\r\n".join(["INE;Nom", *(f"{first};{second}" for first, second in rows)]).encode(encoding)
    try:
        found = [row.cells for row in tables.open_table(io.BytesIO(content))]
    except FileError:
        assert encoding == "utf-8"
        return
    tidy = [[" ".join(cell.split()) for cell in row] for row in rows]
    assert found == [row for row in tidy if any(row)]


def test_a_file_is_told_by_its_content_alone():
    assert read(xml([eleve(1)], encoding="UTF-16"))[0].kind == "siecle"
    assert read(b"\xef\xbb\xbf" + xml([eleve(1)], encoding="UTF-8"))[0].kind == "siecle"
    assert reading.BROWSER.xml == 50 * 1024 * 1024
