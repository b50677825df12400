from __future__ import annotations

import pytest

from featurenet_uvl.errors import ModelError, UnsupportedError
from featurenet_uvl.ir.feature_model import Origin
from featurenet_uvl.translators.passes.discretise_attributes import discretise_attributes
from tests.passes.before_after import assert_pass, read


def test_a_domain_becomes_an_abstract_child_with_one_alternative_a_value() -> None:
    assert_pass(
        discretise_attributes,
        """
        features
            R
                mandatory
                    F {cost 3, kernel {domain ['1x1', '3x3']}, rate {domain [0.5, 1]}}
                        optional
                            G
        constraints
            F.kernel == '3x3' => G
        """,
        """
        features
            R
                mandatory
                    F {cost 3}
                        mandatory
                            F_kernel {abstract}
                                alternative
                                    F_kernel_1x1
                                    F_kernel_3x3
                            F_rate {abstract}
                                alternative
                                    F_rate_0_5
                                    F_rate_1
                        optional
                            G
        constraints
            F.kernel == '3x3' => G
        """,
    )


def test_every_feature_says_what_it_stands_for() -> None:
    model = discretise_attributes(read("features\n    R {n {domain [1, 2]}}"))
    assert [feature.origin for feature in model.features()] == [
        Origin("R"),
        Origin("R", (), "n"),
        Origin("R", (), "n", 1),
        Origin("R", (), "n", 2),
    ]


def test_names_that_would_collide_show_both_sources() -> None:
    model = read(
        """
        features
            R
                optional
                    F {a {domain [1, 2]}}
                    F_a_2
        """
    )
    with pytest.raises(ModelError) as error:
        discretise_attributes(model)
    assert error.value.problems == (
        "model.uvl:4:7: F.a = 2 would become a feature 'F_a_2', and so does feature F_a_2 at model.uvl:5:4; rename one"
        " of them",
    )


def test_values_that_are_spelt_alike_collide() -> None:
    with pytest.raises(ModelError, match=r"R\.x = 'a-b' would become a feature 'R_x_a_b', and so does R\.x = 'a b'"):
        discretise_attributes(read("features\n    R {x {domain ['a b', 'a-b']}}"))


def test_typed_features_are_refused_with_the_way_out() -> None:
    model = read("features\n    R\n        optional\n            Integer n {domain [1, 2]}")
    with pytest.raises(
        UnsupportedError, match=r"model\.uvl:4:\d+: found the Integer feature 'n'.*attribute that has a"
    ):
        discretise_attributes(model)
