"""The law on models that once broke it, or nearly did, each as small as possible, and on published ones."""

from __future__ import annotations

import pytest

from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.reference import enumerate_configurations
from featurenet_uvl.translators.formats.registry import read_model
from featurenet_uvl.translators.formats.uvl.reader import read_uvl
from tests.laws.test_count_law import disagreement
from tests.places import SHARED

CORPUS = SHARED / "corpus" / "semantics"
PUBLISHED = sorted(
    p for folder in ("fc", "bool", "names", "attr", "typed", "lex") for p in (CORPUS / folder).glob("*.uvl")
)

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
    "a typed feature counts as 0 where it is deselected": (
        "p 0",
        "optional\n\t\t\tInteger n {domain [1, 2]}\n\t\t\tG\nconstraints\n\tn < 2 <=> G",
        3,
    ),
    "a typed multi-feature has a value in each instance": (
        "array_constraints ['F[i + 1] => F[i] <= F[i + 1]', 'F[1] != 2']",
        "optional\n\t\t\tInteger F cardinality [1..2] {domain [1, 2, 3]}",
        7,
    ),
    "a typed feature without any value is never selected": (
        "p 0",
        "optional\n\t\t\tInteger n\n\t\t\tG\nconstraints\n\tn => n > 2 & n < 3",
        2,
    ),
    "an average below a multi-feature from outside": (
        "p 0",
        "mandatory\n\t\t\tF cardinality [1..2]\n\t\t\t\toptional\n\t\t\t\t\tG {q 1}\n\t\t\t\t\tH {q 3}\nconstraints"
        "\n\tavg(q, F) > 1",
        14,
    ),
    "an aggregate of an indexed constraint runs over all instances": (
        "array_constraints ['G[i] => sum(q, F) <= 2', 'avg(q) > 0']",
        "mandatory\n\t\t\tF cardinality [1..3]\n\t\t\t\toptional\n\t\t\t\t\tG {q 1}",
        10,
    ),
    "a truth value as a proposition": (
        "p 0",
        "optional\n\t\t\tF {x {domain [true, false]}, s true}\n\t\t\tG {s false}"
        "\nconstraints\n\tF.x | G.s | G\n\tF.s => F.x",
        3,
    ),
    "a variable that counts down": (
        "array_constraints ['B[3 - i] => C[4 - i]']",
        "mandatory\n\t\t\tB cardinality [1..2]\n\t\t\tC cardinality [1..2]",
        1,
    ),
    "a text is no number": (
        "p 0",
        "mandatory\n\t\t\tA {y {domain ['a', 1]}}\nconstraints\n\tA.y != 1",
        1,
    ),
    "a tenth is a tenth": (
        "p 0",
        "mandatory\n\t\t\tA {y {domain [0.1, 0.2]}}\nconstraints\n\tA.y * 3 == 0.3",
        1,
    ),
    "a difference of many": (
        "p 0",
        "optional\n\t\t\t"
        + "\n\t\t\t".join(f"F{i} {{c 1}}" for i in range(1, 8))
        + "\nconstraints\n\tF1.c + F2.c + F3.c + F4.c + F5.c + F6.c - F7.c <= 3",
        99,
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
        model = read_model(str(path))
        assert isinstance(model, FeatureModel)
        difference = disagreement(model)
        assert difference is None, f"{path.name}: {difference}"
