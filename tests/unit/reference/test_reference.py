"""The reference evaluator on counts worked out by hand, on published counts, and on inputs without a meaning."""

from __future__ import annotations

import csv
import re

import pytest

from featurenet_uvl.errors import FeatureNetError, LimitError, ModelError, UnsupportedError
from featurenet_uvl.ir.expression import Comparison, Constant, FeatureRef, Not
from featurenet_uvl.ir.feature_model import (
    Attribute,
    Cardinality,
    Constraint,
    Feature,
    FeatureModel,
    Group,
    GroupKind,
    Origin,
)
from featurenet_uvl.reference import enumerate_configurations, tree_size
from featurenet_uvl.translators.formats.uvl.reader import read_uvl
from tests.places import DOCS, SHARED

CORPUS = SHARED / "corpus" / "semantics"
PAGE = DOCS / "semantics.md"


def model_of(text: str) -> FeatureModel:
    model = read_uvl(text, "m.uvl")
    assert isinstance(model, FeatureModel)
    return model


def count(text: str) -> int:
    return len(enumerate_configurations(model_of(text)))


def below_root(*members: Feature, kind: GroupKind = GroupKind.OPTIONAL) -> FeatureModel:
    return FeatureModel(Feature("R", (Group(kind, members),)))


def examples() -> list[tuple[int, str, int]]:
    """Return the line, the text and the count of each example on the page of the semantics."""
    page = PAGE.read_text(encoding="utf-8")
    found = re.finditer(r"```uvl\n(.*?)```\n\n(\d+) configurations$", page, re.DOTALL | re.MULTILINE)
    return [(page.count("\n", 0, match.start()) + 1, match[1], int(match[2])) for match in found]


def test_every_example_of_the_page_has_a_count() -> None:
    assert len(examples()) == PAGE.read_text(encoding="utf-8").count("```uvl") > 20


@pytest.mark.parametrize(("line", "text", "expected"), examples(), ids=lambda value: str(value)[:8])
def test_the_page_of_the_semantics_is_true(line: int, text: str, expected: int) -> None:
    assert count(text) == expected, f"docs/semantics.md:{line}"


# The official grammar lets a comment run to the last `*/` of the file (4); here it ends where it says (16).
READ_OTHERWISE = {"lex/l02_two_block_comments.uvl": 16}


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of published counts is not beside the project")
def test_published_counts() -> None:
    with (CORPUS / "MANIFEST.tsv").open(encoding="utf-8") as file:
        rows = [row for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if row[0].endswith(".uvl")]
    expected = {row[0]: int(row[1]) for row in rows if row[1].isdecimal()} | READ_OTHERWISE
    assert len(expected) >= 30
    found = {path: count((CORPUS / path).read_text(encoding="utf-8")) for path in expected}
    assert found == expected


def test_a_configuration_is_what_holds_in_it() -> None:
    layer = Feature("Layer", attributes=(Attribute("stride", domain=(1, 2)),), cardinality=Cardinality(1, 1))
    base = frozenset({Origin("R"), Origin("Layer", (1,)), Origin("Layer", (1,), "stride")})
    assert enumerate_configurations(below_root(layer)) == {
        frozenset({Origin("R")}),
        base | {Origin("Layer", (1,), "stride", 1)},
        base | {Origin("Layer", (1,), "stride", 2)},
    }


def test_a_typed_value_is_the_attribute_value() -> None:
    found = enumerate_configurations(model_of("features\n\tR\n\t\tmandatory\n\t\t\tString t {domain ['a']}"))
    assert found == {frozenset({Origin("R"), Origin("t"), Origin("t", (), "value"), Origin("t", (), "value", "a")})}


@pytest.mark.parametrize(
    ("kind", "constraint", "expected"),
    [
        ("Integer", "n >= 1 & n <= 3", 3),  # deselected, it is 0
        ("Integer", "n >= 0 & n < 3", 4),
        ("Integer", "n == 1 | n == 7", 2),
        ("Integer", "!(n < 2 | n > 4)", 3),
        ("Integer", "3 >= n & 1.5 < n", 2),
        ("Integer", "n == 0.5", 0),
        ("Real", "n == 0.5 | n == 2", 2),
        ("Real", "n >= 1 & n <= 1", 1),
        ("String", "n == 'a' | n == 'b'", 2),
        ("Integer", "n => n >= 1 & n <= 3", 4),
    ],
)
def test_domains_from_constraints(kind: str, constraint: str, expected: int) -> None:
    assert count(f"features\n\tR\n\t\toptional\n\t\t\t{kind} n\nconstraints\n\t{constraint}") == expected


@pytest.mark.parametrize("constraint", ["0.1 + 0.2 == 0.3", "A.x * 3 == 0.3", "floor(A.x) == 0", "ceil(A.x) == 1"])
def test_numbers_are_exact(constraint: str) -> None:
    assert count(f"features\n\tR\n\t\tmandatory\n\t\t\tA {{x 0.1}}\nconstraints\n\t{constraint}") == 1


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        ("exists(k, X[k])", 11),
        ("atleast(2, k, X[k])", 5),  # k=2: both; k=3: 3 + 1
        ("exactly(2, k, X[k])", 4),
        ("X[1] & exists(i, X[i])", 7),
        ("X[i-1] => X[i]", 6),  # none but with three instances, then 000, 001, 011, 111
        ("X[4] | A[1]", 14),
        ("A.p[4] == 0", 14),  # out of range is deselected: 0
        ("A.q[4] != 5", 0),  # out of range is deselected: no value, so false
        ("A[1] | exactly(1, i, X[i]) & A[i]", 14),
        ("A[i] & X[2*i] => A[2]", 14),
        ("X[1-i] => A[3]", 10),
    ],
)
def test_indexed_constraints(constraint: str, expected: int) -> None:
    text = "A cardinality [1..3] {p 1, q {domain [ 5]}}\n\t\t\t\toptional\n\t\t\t\t\tX"
    assert count(f"features\n\tR {{array_constraints ['{constraint}']}}\n\t\tmandatory\n\t\t\t{text}") == expected


def test_the_variable_of_a_quantifier_is_its_own() -> None:
    """The larger range of B must not become that of the free i."""
    text = "features\n\tR {array_constraints ['A[i] | exactly(1, i, B[i])']}\n\t\talternative"
    assert count(f"{text}\n\t\t\tA cardinality [0..1]\n\t\t\tB cardinality [2..3]") == 1


def test_a_variable_takes_every_value_of_the_domain() -> None:
    """0.5 is no index, so no instance fulfils the obligation."""
    text = "features\n\tR {array_constraints ['A.x == r => B[r]']}\n\t\tmandatory\n\t\t\tA {x {domain [0.5, 1]}}"
    assert count(f"{text}\n\t\t\tB cardinality [1..1]") == 2  # r stands alone as an index: 1 only
    text = text.replace("B[r]", "B[r+0]")
    assert count(f"{text}\n\t\t\tB cardinality [1..1]") == 1


@pytest.mark.parametrize(
    ("constraint", "message"),
    [
        ("A[i]", "m.uvl:2:"),
        ("X[i,j]", "found 2 indices of 'X', expected 1 (its multi-features: B)"),
        ("X", "found 0 indices of 'X', expected 1"),
        ("X[1] | s == 3", "no range for the index variable 's'"),
        ("exists(k, X[1])", "no range for the index variable 'k'"),
        ("X[2*i]", "no range for the index variable 'i'"),
        ("X[i*j]", "no range for the index variable 'i'"),
    ],
)
def test_indexed_constraints_that_mean_nothing(constraint: str, message: str) -> None:
    text = "features\n\tR {array_constraints ['%s']}\n\t\tmandatory\n\t\t\tA\n\t\t\tB cardinality [1..2]"
    with pytest.raises(ModelError) as caught:
        count(text % constraint + "\n\t\t\t\toptional\n\t\t\t\t\tX")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("feature", "constraint", "message"),
    [
        ("A {x 'a'}", "A.x + 1 == 2", "found 'a', expected a number"),
        ("A {x 'a'}", "A.x < 1", "expected two numbers or texts"),
        ("A {x 'a'}", "sum(x) > 1", "expected a number"),
        ("A {x 1}", "len(A.x) > 1", "expected a text"),
        ("A {x [1, 2]}", "A.x == 1", "expected a number, a text or a truth value"),
        ("A {x 1}", "A.x", "expected a truth value"),
        ("A", "A + 1 == 2", "found Boolean feature 'A' as a value"),
        ("Integer A", "A > 1", "m.uvl:4:12: found no finite domain of the Integer feature 'A'"),
        ("Real A", "A > 1 & A < 2", "Real feature 'A' with an interval"),
        ("Integer A {domain ['a']}", "A", "expected Integer values"),
    ],
)
def test_constraints_that_mean_nothing(feature: str, constraint: str, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        count(f"features\n\tR\n\t\tmandatory\n\t\t\t{feature}\nconstraints\n\t{constraint}")
    assert message in str(caught.value)


def test_unknown_names_are_reported_together() -> None:
    formula = Comparison("==", FeatureRef("Nowhere"), FeatureRef("Never"))
    with pytest.raises(ModelError) as caught:
        enumerate_configurations(FeatureModel(Feature("R"), (Constraint(formula),)))
    assert len(caught.value.problems) == 2


def test_a_deep_formula_is_refused() -> None:
    formula: Not | Constant = Constant(True)
    for _ in range(5_000):
        formula = Not(formula)
    with pytest.raises(LimitError, match="nested deeper"):
        enumerate_configurations(FeatureModel(Feature("R"), (Constraint(formula),)))


def test_a_deep_tree_is_refused() -> None:
    feature = Feature("F")
    for depth in range(400):
        feature = Feature(f"F{depth}", (Group(GroupKind.OPTIONAL, (feature,)),))
    with pytest.raises(LimitError, match="tree deeper"):
        enumerate_configurations(FeatureModel(feature))


@pytest.mark.parametrize("upper", [21, 10**12])
def test_the_limit_is_met_before_the_work(upper: int) -> None:
    model = below_root(Feature("A", cardinality=Cardinality(1, upper)), Feature("B"), Feature("C"))
    with pytest.raises(LimitError, match="more than 80 configurations"):
        enumerate_configurations(model, limit=80)


def test_the_limit_itself_is_fine() -> None:
    model = below_root(*(Feature(f"F{n}") for n in range(5)))
    assert tree_size(model) == 32
    assert len(enumerate_configurations(model, limit=32)) == 32


@pytest.mark.parametrize(
    "model",
    [
        below_root(Feature("A", cardinality=Cardinality(1, None))),
        FeatureModel(Feature("R", cardinality=Cardinality(1, 2))),
        below_root(Feature("A", attributes=(Attribute("x", domain=(1, True)),))),
    ],
    ids=["no upper limit", "many roots", "1 and true"],
)
def test_what_has_no_array_is_refused(model: FeatureModel) -> None:
    with pytest.raises(UnsupportedError) as caught:
        enumerate_configurations(model)
    assert isinstance(caught.value, FeatureNetError)
    assert "<built>: " in str(caught.value)
