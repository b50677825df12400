"""Domains and attributes that constraints give together, counted by hand."""

from __future__ import annotations

import pytest

from featurenet_uvl.errors import FeatureNetError
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.operations.check import problems_of
from featurenet_uvl.translators.formats.uvl.reader import read_uvl
from featurenet_uvl.translators.pipeline import compile_feature_model
from tests.laws.test_count_law import translated_configurations


def read(tree: str, *constraints: str) -> FeatureModel:
    """Return a model; `tree` has the groups below the root, with `>` for one level."""
    lines = [line.strip() for line in tree.split(";")]
    lines = ["\t" * (2 + len(line) - len(line.lstrip(">"))) + line.lstrip(">").strip() for line in lines]
    text = "\n".join(["features", "\tR", *lines, "constraints", *(f"\t{c}" for c in constraints)]) + "\n"
    model = read_uvl(text, "m.uvl")
    assert isinstance(model, FeatureModel)
    return model


def count(model: FeatureModel) -> int:
    configurations, models = translated_configurations(compile_feature_model(model, verify_each=True))
    assert models == len(configurations)
    return models


CUPS = "optional; >Real P; alternative; >Cup; >Stick"
CONE = "optional; >String N; mandatory; >C; >>alternative; >>>Cup; >>>Cone; >>>Stick"
LAYERS = "mandatory; >L cardinality [1..2]; >>optional; >>>Integer n; >>>W"


@pytest.mark.parametrize(
    ("tree", "constraints", "expected"),
    [
        (CUPS, ["Cup => P == 1.5", "Stick => !P"], 2),
        (CONE, ["Cup | Cone => N == 'a' | N == 'b'", "Stick => !N"], 5),
        (CUPS, ["R => P == 1.5"], 2),
        (CUPS, ["P => P == 1 | P == 2"], 6),
        ("optional; >Integer X; >A", ["X & A => X <= 3", "!A => X <= 1", "R => X >= 0"], 4 + 2 + 2),
        ("optional; >Integer X; >Integer Y; >A", ["A => X == 4", "!A => !X", "X => Y == X + 1", "!X => !Y"], 2),
        (LAYERS, ["W => n >= 1 & n <= 2", "!W => !n"], 3 + 9),  # with W there is always an n
        ("optional; >Integer X; >A", ["(A <=> X >= 3)", "R => X >= 0 & X <= 5"], 6 + 1),
        ("mandatory; >Integer X; optional; >A", ["A => X == 1", "!A => X == 2", "A => X == 2"], 1),
        ("mandatory; >Integer X; optional; >A", ["R => X == 1", "A | !A => X == 2"], 0),
    ],
)
def test_all_constraints_together_bound_a_typed_feature(tree: str, constraints: list[str], expected: int) -> None:
    assert count(read(tree, *constraints)) == expected


SIZE = "mandatory; >Integer S {constraint S >= 1 & S <= 3}; optional; >A {Price 2}"


@pytest.mark.parametrize(
    ("tree", "constraints", "expected"),
    [
        (SIZE, ["S.Price == 2 * S", "sum(Price) <= 6"], 5),
        (SIZE, ["S.Price == 2 * S", "A.Half == S.Price / 4", "A.Half > 0.5 | !A"], 3 + 2),
        ("mandatory; >P; >>optional; >>>A {Price 2}; >>>B {Price 3}", ["P.Total == sum(Price, P)", "P.Total <= 3"], 3),
        ("mandatory; >B; optional; >A; >C {x 1}", ["A => B.x == 1", "!A => B.x == 3", "sum(x) <= 3"], 3 + 0),
        # Deselected, an attribute counts as 0, and its definition demands nothing.
        ("optional; >A; >B {x 1}", ["A.x == 5", "A.x + B.x <= 5"], 3),
        ("optional; >A; >B {x 1}", ["A.x == 5", "A.x == 0"], 2),
        ("optional; >A; >B {x 1}", ["A.x == 5", "A.x < 5"], 2),
        (
            "optional; >A; >B {kind 'y'}; mandatory; >C",
            ["A => C.kind == 'x'", "!A => C.kind == B.kind", "C.kind != 'y'"],
            3,
        ),
        (
            "mandatory; >L cardinality [1..2]; >>mandatory; >>>Integer n {domain [1, 2]}; >>optional; >>>W {cost 1}",
            ["L.cost == 3 * n", "sum(cost) <= 8"],
            4 + 4,
        ),
    ],
)
def test_equations_define_attributes(tree: str, constraints: list[str], expected: int) -> None:
    assert count(read(tree, *constraints)) == expected


@pytest.mark.parametrize(
    ("tree", "constraints", "message"),
    [
        (CUPS, ["Cup => P == 1.5"], r"^m\.uvl:4:\d+: found infinitely many values of the Real feature 'P', expected"),
        (CUPS, ["R => P >= 1 & P <= 2"], "found infinitely many values of the Real feature 'P'"),
        ("optional; >Integer X; >Integer Y", ["X => X == Y + 1", "Y => Y == X + 1"], "infinitely many values"),
        (
            "mandatory; >A {q 1}; >B",
            ["A.x == B.x + 1", "B.x == A.x - 1"],
            r"^m\.uvl:7:2: found equations that define A\.x and B\.x in a circle, expected a value that follows",
        ),
        ("mandatory; >P; >>optional; >>>A {x 2}", ["P.x == sum(x, P)"], r"define P\.x in a circle"),
        (
            "mandatory; >B; optional; >A; >C {x 1}",
            ["A => B.x == 1"],
            r"^m\.uvl:9:7: found no finite set of values of the attribute B\.x, expected an equation",
        ),
        (SIZE, ["S.prise == 3"], r"found unknown attribute S\.prise"),
        (SIZE, ["S.Price == S / 3"], r"found 1/3 as a value of the attribute S\.Price, expected a decimal number"),
    ],
)
def test_what_stays_open_is_refused_with_the_way_out(tree: str, constraints: list[str], message: str) -> None:
    with pytest.raises(FeatureNetError, match=message):
        compile_feature_model(read(tree, *constraints))


def test_a_boolean_feature_as_a_value_is_told_beside_an_infinite_domain() -> None:
    problems = problems_of(read(CUPS, "Cup > 3", "Cup => P == 1.5"))
    assert [problem.split(": ")[1][:31] for problem in problems] == [
        "found the Boolean feature 'Cup'", "found infinitely many values of"
    ]  # fmt: skip


def test_check_knows_defined_attributes() -> None:
    assert problems_of(read(SIZE, "S.Price == 2 * S", "sum(Price) <= 6")) == []
