"""The spreadsheet's formulas: what they give, how they are copied, what is refused without being run."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.assessment.engine.practical.formulas import copied, evaluate
from lti_tool.assessment.engine.practical.functions import Cells, FormulaError, Value

CELLS: Cells = {
    "A1": Fraction(1), "A2": Fraction(2), "A3": "oui", "A4": None, "A5": "Non", "A6": "OUI",
    "B1": Fraction(3), "B2": Fraction(5, 2), "B3": Fraction(-4), "AB12": Fraction(7),
}  # fmt: skip


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("=1+2*3", 7),
        ("=(1+2)*3", 9),
        ("=2^3", 8),
        ("=-2^2", 4),
        ("=10/4", Fraction(5, 2)),
        ("=0,1+0,2", Fraction(3, 10)),
        ("=10%*B1", Fraction(3, 10)),
        ("= a1 + $B$1 ", 4),
        ("=AB12", 7),
        ("=A4+1", 1),
        ("=SOMME(A1:A6)", 3),
        ("=somme(B3:A1)", Fraction(9, 2)),
        ("=SUM(A1;B1;2)", 6),
        ("=MOYENNE(B1:B3)", Fraction(1, 2)),
        ("=MIN(B1:B3)+MAX(B1:B3)", -1),
        ("=PRODUIT(A1:A2;B1)", 6),
        ("=NB(A1:A6)", 2),
        ("=NBVAL(A1:A6)", 5),
        ('=NB.SI(A1:A6;"oui")', 2),
        ('=NB.SI(A1:A6;"<>oui")', 4),
        ('=COUNTIF(B1:B3;">=2,5")', 2),
        ("=NB.SI(A1:A6;2)", 1),
        ('=SOMME.SI(A1:A3;">1";B1:B3)', Fraction(5, 2)),
        ('=SI(A1>=1;"Validé";"À revoir")', "Validé"),
        ('=SI(ET(A1=1;NON(A2=3));SI(OU(A1=2;B1=3);"x";"y");"z")', "x"),
        ("=SI(A1=2;5)", False),
        ("=ARRONDI(2/3;2)", Fraction(67, 100)),
        ("=ARRONDI(-2,5;0)", -3),
        ('=A1&" "&A3', "1 oui"),
        ('=A3="OUI"', True),
        ("=A3>A1", True),
        ('=A4=""', True),
    ],
)
def test_a_formula_has_its_value(formula: str, value: Value | int) -> None:
    assert evaluate(formula, CELLS) == value


@pytest.mark.parametrize(
    "formula",
    [
        "", "1+1", "=", "=1+", "=(1", "=1)", "=A1:A2", "=A3+1", "=1/0", "=0^-1", "=9^9^9^9^9", "=2^65", "=SOMME(",
        "=SOMME(A1:A2", "=SOMME(A1,A2)", "=INCONNU(1)", "=SI(A3;1;2)", "=SI(1)", "=MOYENNE(A3:A3)", "=A0", "=AAA1",
        "=__import__('os')", "={1}", "=A1!B2", "=SOMME(A1:ZZ9999)", "=" + "(" * 90 + "1" + ")" * 90, "=1" + "+1" * 200,
        "=ARRONDI(1;99)", '=NB.SI(A1:A2)', '="', "=٢+٢", "=" + "-" * 190 + "x",
    ],
)  # fmt: skip
def test_what_is_no_formula_has_none(formula: str) -> None:
    with pytest.raises(FormulaError):
        evaluate(formula, CELLS)


@given(st.text(alphabet='=+-*/^&<>();:$%,."ABab129 SOMME', max_size=60))
def test_nothing_typed_breaks_it(text: str) -> None:
    try:
        evaluate(f"={text}", CELLS)
    except FormulaError:
        return


@pytest.mark.parametrize(
    ("formula", "down", "right", "copy"),
    [
        ("=B2*F1", 2, 0, "=B4*F3"),
        ("=B2*F$1", 2, 0, "=B4*F$1"),
        ("=$B2*F$1", 2, 1, "=$B4*G$1"),
        ("=SOMME(B$2:B2)", 3, 0, "=SOMME(B$2:B5)"),
        ('=SI(Z9="A1";AA1;1)', 1, 1, '=SI(AA10="A1";AB2;1)'),
        ("=ARRONDI(C2;2)", 1, 0, "=ARRONDI(C3;2)"),
    ],
)
def test_a_copied_formula_moves_what_no_dollar_holds(formula: str, down: int, right: int, copy: str) -> None:
    assert copied(formula, down=down, right=right) == copy
