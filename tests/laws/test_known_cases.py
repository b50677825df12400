"""The law for models that once broke it, or nearly did, each as small as it gets; and for the published ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.reference import enumerate_configurations
from featurenet_uvl.translators.formats.uvl_reader import read_uvl, read_uvl_file
from tests.laws.test_count_law import disagreement

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "semantics"
PUBLISHED = sorted(p for folder in ("fc", "bool", "names", "attr", "lex") for p in (CORPUS / folder).glob("*.uvl"))

CASES = {
    "a constant attribute out of range is 0": (
        "array_constraints ['F[i] => F.p[i + 1] != 1']",
        "mandatory\n\t\t\tF cardinality [2..2] {p 1}",
        0,
    ),
    "a configurable attribute out of range has no value": (
        "array_constraints ['F.x[3] != 1']",
        "mandatory\n\t\t\tF cardinality [2..2] {x {domain [1, 2]}}",
        0,
    ),
    "a text attribute out of range is empty": (
        "array_constraints ['F.s[3] != F.s[2] | F[2]']",
        "mandatory\n\t\t\tF cardinality [1..2] {s 'a'}",
        1,
    ),
    "a variable takes values that are no index": (
        "array_constraints ['A.y == r => B[r + 0]']",
        "mandatory\n\t\t\tA {y {domain [0.5, 1]}}\n\t\t\tB cardinality [1..1]",
        1,
    ),
    "a variable takes every value that an equality leaves": (
        "array_constraints ['atleast(1, k, A.y[k] == c - k)']",
        "mandatory\n\t\t\tA cardinality [1..1] {y {domain [0.5, 1]}}",
        0,
    ),
    "the variable of a quantifier is its own": (
        "array_constraints ['A[i] | exactly(1, i, B[i])']",
        "alternative\n\t\t\tA cardinality [0..1]\n\t\t\tB cardinality [2..3]",
        1,
    ),
    "a sum below a multi-feature at hand": (
        "p 0",
        "alternative\n\t\t\tF cardinality [1..3] {p 0.2}\nconstraints\n\tsum(p, F) > F.p",
        0,
    ),
    "a sum below a multi-feature from outside": (
        "p 0",
        "alternative\n\t\t\tF cardinality [1..3] {p 0.2}\nconstraints\n\tsum(p, F) > 0.2",
        2,
    ),
    "no instance, no obligation, even where another multi-feature exists": (
        "s 'a'",
        "alternative\n\t\t\tA cardinality [0..1] {p 0}\n\t\t\tB cardinality [1..2] {s 'b'}"
        "\nconstraints\n\tB.s == 'a' & A.p > 0\n\tA",
        1,
    ),
    "a comparison of two deselected attributes": (
        "s 'a'",
        "optional\n\t\t\tA {x {domain [1, 2]}}\n\t\t\tB {x {domain [1, 3]}}"
        "\nconstraints\n\t!(A.x == B.x) & A.x + B.x < 5",
        2,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_known_case_keeps_the_law(case: str) -> None:
    attributes, tree, expected = CASES[case]
    model = read_uvl(f"features\n\tR {{{attributes}}}\n\t\t{tree}\n", "m.uvl")
    assert isinstance(model, FeatureModel)
    assert len(enumerate_configurations(model)) == expected
    difference = disagreement(model)
    assert difference is None, difference


@pytest.mark.skipif(not PUBLISHED, reason="the corpus of published models is not beside the project")
def test_the_published_models_keep_the_law() -> None:
    for path in PUBLISHED:
        model = read_uvl_file(str(path))
        assert isinstance(model, FeatureModel)
        difference = disagreement(model)
        assert difference is None, f"{path.name}: {difference}"


def test_a_typed_feature_keeps_the_law_or_is_refused_with_its_place() -> None:
    model = read_uvl("features\n\tR\n\t\toptional\n\t\t\tInteger n {domain [1, 2]}\n", "m.uvl")
    assert isinstance(model, FeatureModel)
    try:
        difference = disagreement(model)
    except UnsupportedError as error:
        assert str(error).startswith("m.uvl:4:")  # noqa: PT017  # both outcomes are right
        return
    assert difference is None, difference
