"""Whom do these names mean? Each case: names given, the register's lines of that birthdate, and who is meant.

The answer is a line's key, `SEVERAL` (asked apart, nobody is bound) or `NOBODY`.
"""

from __future__ import annotations

from dataclasses import dataclass

from lti_tool.schools.matching import RegisterNames

SEVERAL, NOBODY = "several", "nobody"


@dataclass(frozen=True)
class Case:
    about: str
    given: str
    family: str
    lines: tuple[RegisterNames, ...]
    meant: int | str


def line(key, first, last, usage=None, second=None, third=None, active=True):
    return RegisterNames(key, last, usage, first, second, third, active)


def case(about, given, family, *lines, meant):
    return Case(about, given, family, lines, meant)


CHLOE = line(1, "Chloé", "NGUYEN")
INES = line(2, "Inès", "LEFEBVRE-DUBOIS")
JEAN_BAPTISTE = line(3, "Jean-Baptiste", "LE GOFF")
AMINA = line(4, "Amina", "BENALI", usage="MOREAU", second="Louise", third="Zoé")
MARIE = line(5, "Marie", "ROUX", second="Louise")
MARIE_LOUISE = line(6, "Marie-Louise", "ROUX")
LINA = line(7, "Lina", "MARTIN")
LILA = line(8, "Lila", "MARTIN")
EMMA = line(9, "Emma", "PETIT")
LEO = line(10, "Léo", "DURAND")
MAXENCE = line(11, "Maxence", "DELACROIX")
ALEXANDRE = line(12, "Alexandre", "SCHNEIDER")

AS_WRITTEN = [
    case("the same", "Chloé", "Nguyen", CHLOE, INES, meant=1),
    case("capitals without accents", "CHLOE", "NGUYEN", CHLOE, INES, meant=1),
    case("small letters", "chloé", "nguyen", CHLOE, meant=1),
    case("spaces around", "  Chloé ", " Nguyen ", CHLOE, meant=1),
    case("a combining accent", "Chloe\u0301", "Nguyen", CHLOE, meant=1),
    case("space for hyphen", "Ines", "LEFEBVRE DUBOIS", INES, meant=2),
    case("a typographic hyphen", "Inès", "Lefebvre‑Dubois", INES, meant=2),
    case("written together", "Jeanbaptiste", "Legoff", JEAN_BAPTISTE, meant=3),
    case("hyphen left out", "Jean Baptiste", "Le Goff", JEAN_BAPTISTE, meant=3),
    case("a dash instead of the hyphen", "Jean–Baptiste", "Le Goff", JEAN_BAPTISTE, meant=3),
    case("apostrophe", "Jeanne", "d'Arc", line(1, "Jeanne", "D’ARC"), meant=1),
    case("apostrophe left out", "Jeanne", "darc", line(1, "Jeanne", "D'ARC"), meant=1),
    case("space for apostrophe", "Jeanne", "d arc", line(1, "Jeanne", "D'ARC"), meant=1),
    case("an accent for the apostrophe", "Jeanne", "d´Arc", line(1, "Jeanne", "D'ARC"), meant=1),
    case("o e as a ligature", "Cœline", "Cœurdevey", line(1, "COELINE", "COEURDEVEY"), meant=1),
    case("o e without the ligature", "Coeline", "Coeurdevey", line(1, "Cœline", "CŒURDEVEY"), meant=1),
    case("a e as a ligature", "Lætitia", "Roux", line(1, "Laetitia", "ROUX"), meant=1),
    case("cedilla", "Francois", "Roux", line(1, "François", "ROUX"), meant=1),
    case("trema", "Anais", "Roux", line(1, "Anaïs", "ROUX"), meant=1),
    case("circumflex", "Benoit", "Roux", line(1, "Benoît", "ROUX"), meant=1),
    case("n with tilde", "Inigo", "Munoz", line(1, "Iñigo", "MUÑOZ"), meant=1),
    case("o with stroke", "Soren", "Roux", line(1, "Søren", "ROUX"), meant=1),
    case("sharp s", "Lena", "Strauss", line(1, "Lena", "STRAUß"), meant=1),
    case("l with stroke", "Lukasz", "Roux", line(1, "Łukasz", "ROUX"), meant=1),
    case("dotless i", "Isik", "Roux", line(1, "Işık", "ROUX"), meant=1),
    case("dotted capital i", "ipek", "Roux", line(1, "İPEK", "ROUX"), meant=1),
    case("d with stroke", "Dang", "Roux", line(1, "Đặng", "ROUX"), meant=1),
    case("vietnamese accents", "Nguyen", "Tran", line(1, "Nguyễn", "TRẦN"), meant=1),
    case("another script, the same", "李", "Nguyen", line(1, "李", "NGUYEN"), meant=1),
    case("another script differs", "李", "Nguyen", line(1, "王", "NGUYEN"), meant=NOBODY),
    case("two letters", "Jo", "Li", line(1, "Jo", "LI"), meant=1),
]

OTHER_NAMES = [
    case("usage name", "Amina", "Moreau", AMINA, meant=4),
    case("family name where there is a usage name", "Amina", "Benali", AMINA, meant=4),
    case("family and usage name together", "Amina", "Benali Moreau", AMINA, meant=4),
    case("usage and family name together", "Amina", "Moreau-Benali", AMINA, meant=4),
    case("second given name", "Louise", "Benali", AMINA, meant=4),
    case("third given name with usage name", "Zoé", "Moreau", AMINA, meant=4),
    case("first and second given name", "Amina Louise", "Benali", AMINA, meant=4),
    case("first and second joined by a hyphen", "Amina-Louise", "Benali", AMINA, meant=4),
    case("first and second written together", "Aminalouise", "Benali", AMINA, meant=4),
    case("all three given names", "Amina Louise Zoé", "Benali", AMINA, meant=4),
    case("one of two given names", "Jean", "Le Goff", JEAN_BAPTISTE, meant=3),
    case("the other of two given names", "Baptiste", "Le Goff", JEAN_BAPTISTE, meant=3),
    case("given names the other way round", "Baptiste-Jean", "Le Goff", JEAN_BAPTISTE, meant=3),
    case("first part of a compound family name", "Inès", "Lefebvre", INES, CHLOE, meant=2),
    case("second part of a compound family name", "Inès", "Dubois", INES, CHLOE, meant=2),
    case("parts the other way round", "Inès", "Dubois-Lefebvre", INES, meant=2),
    case("the ENT has the compound", "Chloé", "Nguyen-Martin", CHLOE, meant=1),
    case("the ENT has a given name more", "Chloé Marie", "Nguyen", CHLOE, meant=1),
    case("a third name as given name, nobody else", "Zoé", "Benali", AMINA, CHLOE, meant=4),
    case("a list of given names is no name", "Chloé Emma Léa Inès Zoé", "Nguyen", CHLOE, meant=NOBODY),
]

PARTICLES = [
    case("left out", "Jean-Baptiste", "Goff", JEAN_BAPTISTE, meant=3),
    case("added", "Lou", "De La Tour", line(1, "Lou", "TOUR"), meant=1),
    case("of a noble name", "Lou", "La Tour", line(1, "Lou", "DE LA TOUR"), meant=1),
    case("glued", "Lou", "Delatour", line(1, "Lou", "DE LA TOUR"), meant=1),
    case("Portuguese", "Lou", "Da Silva", line(1, "Lou", "SILVA PEREIRA"), meant=1),
    case("Spanish", "Lou", "Garcia y Lopez", line(1, "Lou", "GARCIA LOPEZ"), meant=1),
    case("Dutch", "Lou", "Van den Berg", line(1, "Lou", "BERG"), meant=1),
    case("German", "Lou", "von Stein", line(1, "Lou", "STEIN"), meant=1),
    case("Arabic, apart", "Lou", "El Amrani", line(1, "Lou", "AMRANI"), meant=1),
    case("Arabic, with a hyphen", "Lou", "El-Amrani", line(1, "Lou", "EL AMRANI"), meant=1),
    case("Arabic, glued", "Lou", "Benali", line(1, "Lou", "BEN ALI"), meant=1),
    case("Saint written short", "Lou", "St-Martin", line(1, "Lou", "SAINT MARTIN"), meant=1),
    case("alone is no part", "Jean-Baptiste", "Le Gall", JEAN_BAPTISTE, meant=NOBODY),
    case("and nothing else", "Jean-Baptiste", "Le", JEAN_BAPTISTE, meant=NOBODY),
    case("a name of particles alone, the same", "Lou", "De La", line(1, "Lou", "DE LA"), meant=1),
    case(
        "two families that differ in it", "Lou", "Le Roux", line(1, "Lou", "LE ROUX"), line(2, "Lou", "ROUX"), meant=1
    ),
]

SWAPPED = [
    case("given and family name", "Nguyen", "Chloé", CHLOE, meant=1),
    case("in capitals", "NGUYEN", "CHLOE", CHLOE, INES, meant=1),
    case("with a compound given name", "Le Goff", "Jean Baptiste", JEAN_BAPTISTE, meant=3),
    case("with the usage name", "Moreau", "Amina", AMINA, meant=4),
    case("with a slip", "Nguyenn", "Chloé", CHLOE, meant=1),
    case("somebody bears them the right way", "Martin", "Thomas", line(1, "Martin", "THOMAS"),
         line(2, "Thomas", "MARTIN"), meant=1),
    case("not with a part", "Dubois", "Inès", INES, meant=NOBODY),
    case("not with a second given name", "Benali", "Louise", AMINA, meant=NOBODY),
    case("two can be meant", "Roux", "Léa", line(1, "Léa", "ROUX"), line(2, "Léa", "ROUX"), meant=SEVERAL),
]  # fmt: skip

SLIPS = [
    case("a letter too many in the family name", "Chloe", "Nguyenn", CHLOE, meant=1),
    case("a letter missing in the family name", "Chloé", "Nguyn", CHLOE, meant=1),
    case("a wrong letter in the family name", "Chloé", "Nguyan", CHLOE, meant=1),
    case("two letters swapped", "Chléo", "Nguyen", CHLOE, meant=1),
    case("one in each name", "Chléo", "Nguyem", CHLOE, meant=1),
    case("two in one of six letters", "Chloé", "Nguiem", CHLOE, meant=NOBODY),
    case("two in one of eight letters", "Maxence", "Delakroi", MAXENCE, meant=11),
    case("two in one of nine letters", "Alexendrr", "Schneider", ALEXANDRE, meant=12),
    case("three in one of nine letters", "Alixendrr", "Schneider", ALEXANDRE, meant=NOBODY),
    case("one in four letters", "Enma", "Petit", EMMA, meant=9),
    case("two in four letters", "Enna", "Petit", EMMA, meant=NOBODY),
    case("one in three letters", "Lea", "Durand", LEO, meant=NOBODY),
    case("three letters given, four registered", "Ema", "Petit", EMMA, meant=NOBODY),
    case("four letters given, three registered", "Léoo", "Durand", LEO, meant=10),
    case("of a compound family name as a whole", "Inès", "Lefebre-Dubois", INES, meant=2),
    case("in a part of a compound name", "Inès", "Lefebre", INES, meant=2),
    case("in the usage name", "Amina", "Moreaux", AMINA, meant=4),
    case("in the second given name", "Louisse", "Benali", AMINA, meant=4),
    case("y for i", "Lylia", "Martin", line(1, "Lilia", "MARTIN"), meant=1),
    case("a doubled letter", "Mattéo", "Roux", line(1, "Matéo", "ROUX"), meant=1),
    case("ph for f", "Raphaël", "Roux", line(1, "Rafaël", "ROUX"), meant=NOBODY),
    case("a silent h", "Mathis", "Roux", line(1, "Matis", "ROUX"), meant=1),
    case("t for th at the end", "Elisabet", "Roux", line(1, "Élisabeth", "ROUX"), meant=1),
    case("another given name", "Hugo", "Nguyen", CHLOE, meant=NOBODY),
    case("another family name", "Chloé", "Martin", CHLOE, meant=NOBODY),
    case("both others", "Hugo", "Martin", CHLOE, INES, JEAN_BAPTISTE, meant=NOBODY),
    case("a family name that begins the same", "Chloé", "Nguyenkov", CHLOE, meant=NOBODY),
    case("two near learners", "Lyna", "Martin", LINA, line(2, "Luna", "MARTIN"), meant=SEVERAL),
    case("two near, of two families", "Emna", "Petit", EMMA, line(2, "Emma", "PETIOT"), meant=SEVERAL),
    case("one near, another far", "Emna", "Petit", EMMA, CHLOE, meant=9),
    case("an exact one wins over a near one", "Lina", "Martin", LINA, LILA, meant=7),
]

TWINS = [
    case("each by their own name", "Lila", "Martin", LINA, LILA, meant=8),
    case("a name near both", "Liha", "Martin", LINA, LILA, meant=SEVERAL),
    case("a name near one of two near ones", "Lyla", "Martin", LINA, LILA, meant=SEVERAL),
    case("a name near one, the other's is far", "Linna", "Martin", LINA, line(2, "Hugo", "MARTIN"), meant=7),
    case("names that differ in one letter", "Yanis", "Roux", line(1, "Yanis", "ROUX"), line(2, "Yannis", "ROUX"),
         meant=1),
    case("names that differ in one letter, a slip", "Yanniss", "Roux", line(1, "Yanis", "ROUX"),
         line(2, "Yannis", "ROUX"), meant=SEVERAL),
    case("the same two given names, another order", "Anne-Marie", "Roux", line(1, "Anne-Marie", "ROUX"),
         line(2, "Marie-Anne", "ROUX"), meant=1),
    case("the part that both have", "Marie", "Roux", line(1, "Marie-Claire", "ROUX"), line(2, "Marie-Anne", "ROUX"),
         meant=SEVERAL),
    case("the part that one has", "Claire", "Roux", line(1, "Marie-Claire", "ROUX"), line(2, "Marie-Anne", "ROUX"),
         meant=1),
    case("each has the other's name second", "Léa", "Roux", line(1, "Léa", "ROUX", second="Zoé"),
         line(2, "Zoé", "ROUX", second="Léa"), meant=1),
    case("a second name that both have", "Louise", "Roux", line(1, "Léa", "ROUX", second="Louise"),
         line(2, "Zoé", "ROUX", second="Louise"), meant=SEVERAL),
    case("one is gone, the name is theirs", "Lila", "Martin", LINA, line(8, "Lila", "MARTIN", active=False), meant=8),
    case("one is gone, a name near both", "Lyla", "Martin", LINA, line(8, "Lila", "MARTIN", active=False),
         meant=SEVERAL),
    case("family names written in two ways", "Lyla", "Martin", LINA, line(8, "Lila", "MARTIN-ROUX"), meant=SEVERAL),
]  # fmt: skip

SEVERAL_LINES = [
    case("nobody born that day", "Chloé", "Nguyen", meant=NOBODY),
    case("homonyms", "Chloé", "Nguyen", CHLOE, line(9, "Chloe", "NGUYEN"), meant=SEVERAL),
    case("homonyms by the usage name", "Amina", "Moreau", AMINA, line(9, "Amina", "MOREAU"), meant=SEVERAL),
    case("an exact name wins over a part", "Marie", "Roux", MARIE, MARIE_LOUISE, meant=5),
    case("an exact compound wins over joined names", "Marie-Louise", "Roux", MARIE, MARIE_LOUISE, meant=6),
    case("a second name and a part", "Louise", "Roux", MARIE, MARIE_LOUISE, meant=SEVERAL),
    case("a second name does not settle homonyms", "Léa", "Roux", line(1, "Léa", "ROUX"), line(2, "Léa", "ROUX"),
         line(3, "Zoé", "ROUX", second="Léa"), meant=SEVERAL),
    case("an exact name wins over a second name", "Léa", "Roux", line(1, "Léa", "ROUX"),
         line(3, "Zoé", "ROUX", second="Léa"), meant=1),
    case("a part and a slip, of two", "Jean", "Martin", line(1, "Jean-Luc", "MARTIN"), line(2, "Joan", "MARTIN"),
         meant=SEVERAL),
    case("the same family name, another given name", "Hugo", "Martin", LINA, line(2, "Hugo", "MARTIN"), meant=2),
    case("the same given name, another family name", "Lina", "Roux", LINA, line(2, "Lina", "ROUX"), meant=2),
    case("three hundred others", "Lina", "Martin", LINA, *(line(100 + n, f"Nom{n}", f"AUTRE{n}") for n in range(300)),
         meant=7),
]  # fmt: skip

GONE = [
    case("who left is told from nobody", "Chloé", "Nguyen", line(1, "Chloé", "NGUYEN", active=False), meant=1),
    case("who left is near", "Chloé", "Nguyenn", line(1, "Chloé", "NGUYEN", active=False), meant=1),
    case("a line of the same child under an old INE", "Chloé", "Nguyen", CHLOE,
         line(2, "Chloé", "NGUYEN", active=False), meant=1),
    case("the same, with a slip", "Chloé", "Nguyenn", CHLOE, line(2, "Chloé", "NGUYEN", active=False), meant=1),
    case("an old line with another usage name", "Chloé", "Nguyen", CHLOE,
         line(2, "Chloé", "NGUYEN", usage="MARTIN", active=False), meant=1),
    case("an exact one who left wins over a near one", "Lila", "Martin", LINA,
         line(8, "Lila", "MARTIN", active=False), meant=8),
]  # fmt: skip

NO_NAMES = [
    case("no given name", "", "Nguyen", CHLOE, meant=NOBODY),
    case("no family name", "Chloé", "", CHLOE, meant=NOBODY),
    case("signs alone", "Chloé", " - ", CHLOE, meant=NOBODY),
    case("an empty register name", "Chloé", "Nguyen", line(1, "-", "NGUYEN"), meant=NOBODY),
    case("an initial is no name", "C", "Nguyen", CHLOE, meant=NOBODY),
    case("a number", "Chloé", "12345", CHLOE, meant=NOBODY),
]

TABLES = {
    "as written": AS_WRITTEN,
    "other names": OTHER_NAMES,
    "particles": PARTICLES,
    "swapped": SWAPPED,
    "slips": SLIPS,
    "twins": TWINS,
    "several lines": SEVERAL_LINES,
    "gone": GONE,
    "no names": NO_NAMES,
}
CASES = [(f"{table}: {each.about}", each) for table, cases in TABLES.items() for each in cases]
