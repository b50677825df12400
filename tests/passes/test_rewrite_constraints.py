from __future__ import annotations

import pytest

from featurenet_uvl.errors import ModelError, UnsupportedError
from featurenet_uvl.ir.feature_model import FeatureModel, FeatureType
from featurenet_uvl.reference import enumerate_configurations
from featurenet_uvl.translators.formats.featureide.reader import read_featureide
from featurenet_uvl.translators.formats.featureide.writer import write_featureide
from featurenet_uvl.translators.formats.language.parser import format_expression
from featurenet_uvl.translators.formats.uvl.reader import read_uvl
from featurenet_uvl.translators.formats.uvl.writer import write_uvl
from featurenet_uvl.translators.pipeline import emit, to_boolean
from tests.passes.before_after import read

TREE = """
features
    R
        optional
            F {k {domain ['a', 'b', 'c']}, n {domain [1, 2, 3]}}
            G {cost 2}
            H {cost 5}
            V {v [1, 2]}
constraints
    CONSTRAINT
"""


def rewritten(constraint: str) -> list[str]:
    model: FeatureModel = to_boolean(read(TREE.replace("CONSTRAINT", constraint)), verify_each=True).model
    return [format_expression(c.formula) for c in model.constraints]


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        ("F.k == 'b'", ["F_k_b"]),
        ("F => F.n <= 2", ["F => F_n_1 | F_n_2"]),
        ("F.k != 'a' | G", ["(F_k_b | F_k_c) | G"]),
        ("!(F.k == 'zed')", []),
        ("F.n == F.n", ["F_n_1 | F_n_2 | F_n_3"]),
        ("G.cost < 1", ["!G"]),
        ("G.cost + H.cost <= 5", ["!G | !H"]),
        ("sum(cost) > 2", ["G & H | !G & H"]),
        ("avg(cost) == 2", ["G & !H"]),
        ("F.n / (F.n - 1) == 2", ["F_n_2"]),
        ("len(F.k) == 1 => G", ["F_k_a | F_k_b | F_k_c => G"]),
        ("1 + 1 == 2", []),
    ],
)
def test_comparisons_become_the_values_for_which_they_hold(constraint: str, expected: list[str]) -> None:
    assert rewritten(constraint) == expected


@pytest.mark.parametrize(
    ("constraint", "message"),
    [
        ("F.k < 1", r"^model\.uvl:9:\d+: found 'a' < 1, expected two numbers or two texts"),
        ("F.k + 1 == 2", r"^model\.uvl:9:\d+: found 'a' in arithmetic, expected a number"),
        ("len(F.n) == 1", r"^model\.uvl:9:\d+: found len of 1, expected a text"),
        ("sum(k) == 1", r"^model\.uvl:9:\d+: found 'a' in sum\(\), expected numbers"),
        ("sum(v) == 1", r"^model\.uvl:9:\d+: found V\.v, which has no single value"),
    ],
)
def test_values_of_the_wrong_kind_are_refused_with_their_place(constraint: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        rewritten(constraint)


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        ("n == 3", ["n_value_3"]),
        ("n == 0", ["!n"]),
        ("n < 2", ["!n_value_3"]),
        ("n + 1 > 2 & n", ["n_value_3 & n"]),
        ("len(t) == 0 & n", ["!t & n"]),
        ("len(t) == 1", ["t"]),
    ],
)
def test_a_typed_feature_is_a_proposition_or_a_value(constraint: str, expected: list[str]) -> None:
    tree = """
    features
        R
            optional
                Integer n {domain [1, 3]}
                String t {domain ['a', 'b']}
    constraints
        CONSTRAINT
    """
    model = to_boolean(read(tree.replace("CONSTRAINT", constraint)), verify_each=True).model
    assert [format_expression(c.formula) for c in model.constraints] == expected
    assert all(feature.type is FeatureType.BOOLEAN for feature in model.features())


def wide_model(constraint: str) -> FeatureModel:
    names = "\n".join(f"            F{i} {{n {{domain [1, 2, 3, 4]}}}}" for i in range(8))
    return read(f"features\n    R\n        optional\n{names}\nconstraints\n    {constraint}")


def test_a_large_comparison_that_is_not_linear_is_refused_with_its_place() -> None:
    product = " * ".join(f"F{i}.n" for i in range(8))
    with pytest.raises(UnsupportedError, match=r"model\.uvl:13:\d+: .*not linear over 65536.*at most 20000"):
        to_boolean(wide_model(f"{product} < 9"))


def test_a_constraint_that_never_holds_can_be_written() -> None:
    """No format has truth values; the reference counts 0 configurations before and after."""
    source = read(TREE.replace("CONSTRAINT", "F.n > 5"))
    written = emit(source, "rewrite_constraints")
    assert [format_expression(c.formula) for c in written.constraints] == ["!R"]
    for again in (read_uvl(write_uvl(written), "m.uvl"), read_featureide(write_featureide(written), "m.xml")):
        assert isinstance(again, FeatureModel)
        assert enumerate_configurations(again) == enumerate_configurations(source) == frozenset()
