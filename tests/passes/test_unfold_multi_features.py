from __future__ import annotations

import pytest

from featurenet_uvl.errors import ModelError
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.ir.restriction import apply_bounds
from featurenet_uvl.translators.passes.discretise_attributes import discretise_attributes
from featurenet_uvl.translators.passes.unfold_multi_features import unfold_multi_features
from tests.passes.before_after import assert_pass, read


def unfold(model: FeatureModel) -> FeatureModel:
    return unfold_multi_features(discretise_attributes(model))


def test_a_mandatory_multi_feature_is_a_row_of_instances_with_their_subtrees() -> None:
    assert_pass(
        unfold,
        """
        features
            R
                mandatory
                    B cardinality [1..3]
                        optional
                            C
        """,
        """
        features
            R
                mandatory
                    B_1
                        optional
                            B_1_C
                optional
                    B_2
                        optional
                            B_2_C
                    B_3
                        optional
                            B_3_C
        constraints
            B_3 => B_2
        """,
    )


def test_below_optional_and_groups_the_first_instance_stands_for_all_that_must_exist() -> None:
    assert_pass(
        unfold,
        """
        features
            R
                optional
                    A cardinality [2..3]
                or
                    X
                    B cardinality [0..2]
        """,
        """
        features
            R
                optional
                    A_1
                    A_2
                    A_3
                or
                    X
                    B_1
                optional
                    B_2
        constraints
            A_1 => A_2
            A_2 => A_1
            A_3 => A_2
            B_2 => B_1
        """,
    )


def test_constraints_hold_for_every_existing_instance() -> None:
    assert_pass(
        unfold,
        """
        features
            R
                optional
                    A cardinality [1..2]
                        optional
                            B
                            C
                    D
        constraints
            B => C
            !B | D
            D => B
            A => D
        """,
        """
        features
            R
                optional
                    A_1
                        optional
                            A_1_B
                            A_1_C
                    A_2
                        optional
                            A_2_B
                            A_2_C
                    D
        constraints
            A_2 => A_1
            A_1_B => A_1_C
            A_2_B => A_2_C
            !A_1_B | D
            !A_2_B | D
            A_1 => (D => A_1_B)
            A_2 => (D => A_2_B)
            A_1 => D
        """,
    )


def test_indexed_constraints_speak_across_instances_and_drop_what_is_out_of_range() -> None:
    assert_pass(
        unfold,
        """
        features
            R {array_constraints [
                    'Last[b] => !B[b+1]',
                    'B[b+1] => !Last[b]'
                    ]}
                mandatory
                    B cardinality [1..2]
                        optional
                            Last
        """,
        """
        features
            R
                mandatory
                    B_1
                        optional
                            B_1_Last
                optional
                    B_2
                        optional
                            B_2_Last
        constraints
            B_1_Last => !B_2
            B_2 => !B_1_Last
        """,
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "R\n        optional\n            A cardinality [1..*]",
            r"model\.uvl:4:\d+: .*without an upper limit.*`bounds`, such as A=N",
        ),
        (
            "R\n        optional\n            A cardinality [1..2]\n            A_1",
            r"'A_1', and so would A\[1\] at model\.uvl:4|A_1 would be called",
        ),
    ],
)
def test_models_that_cannot_be_unfolded_say_where_and_why(text: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        unfold(read(f"features\n    {text}"))


@pytest.mark.parametrize(
    ("constraint", "message"),
    [
        ("B[i] => i == 3", None),
        ("X[i] => R", r"unknown feature 'X'"),
        ("B => R", r"found 0 indices on 'B', expected 1 \(B\)"),
        ("B[i,j] => R", r"found 2 indices on 'B', expected 1"),
        ("exists(k, R)", r"index variable 'k' has no range; use it alone as an index"),
        ("B[2*i] => R", r"index variable 'i' has no range"),
        ("R.zed == r => R", r"unknown attribute R\.zed"),
    ],
)
def test_indexed_constraints_without_a_meaning_are_refused_with_their_place(
    constraint: str, message: str | None
) -> None:
    text = f"features\n    R {{array_constraints ['{constraint}']}}\n        optional\n            B cardinality [1..3]"
    if message is None:
        unfold(read(text))
        return
    with pytest.raises(ModelError, match=message) as error:
        unfold(read(text))
    assert str(error.value).startswith("model.uvl:2:")


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ({"Z": 1}, r"found 'Z', expected a multi-feature of the model \(A\)"),
        ({"R": 1}, "found 'R'"),
        ({"A": 4}, r"found A=4, expected a number within its cardinality \[2\.\.3\]"),
        ({"A": 1}, "found A=1"),
    ],
)
def test_bounds_must_fit(bounds: dict[str, int], message: str) -> None:
    model = read("features\n    R\n        optional\n            A cardinality [2..3]")
    with pytest.raises(ModelError, match=message):
        apply_bounds(model, bounds)
