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


def test_a_typed_feature_has_its_value_as_an_attribute() -> None:
    assert_pass(
        discretise_attributes,
        """
        features
            R
                optional
                    Integer n {domain [1, 3], cost 2}
                        optional
                            G
                    String t
        constraints
            t => t == 'a' | t == 'b c'
            n > 1 => G
        """,
        """
        features
            R
                optional
                    Integer n {cost 2}
                        mandatory
                            n_value {abstract}
                                alternative
                                    n_value_1
                                    n_value_3
                        optional
                            G
                    String t
                        mandatory
                            t_value {abstract}
                                alternative
                                    t_value_a
                                    t_value_b_c
        constraints
            t => t == 'a' | t == 'b c'
            n > 1 => G
        """,
    )


TYPED = """
features
    R
        optional
            KIND n
            G
constraints
    CONSTRAINT
"""


def domain(kind: str, constraint: str) -> list[object]:
    model = discretise_attributes(read(TYPED.replace("KIND", kind).replace("CONSTRAINT", constraint)))
    origins = [feature.origin for feature in model.features()]
    assert Origin("n") in origins
    return [o.value for o in origins if o is not None and o.attribute == "value" and o.value is not None]


@pytest.mark.parametrize(
    ("kind", "constraint", "expected"),
    [
        ("Integer", "n >= 1 & n <= 3", [1, 2, 3]),
        ("Integer", "n > 1 & 4.5 > n", [2, 3, 4]),
        ("Integer", "n >= 0\n    n < 5\n    !(n >= 1 & n <= 3)", [0, 4]),
        ("Integer", "n == 7 | n >= 1 & n <= 2 | n == 2.5", [1, 2, 7]),
        ("Integer", "n >= 1 & n <= 4 & n != 2", [1, 3, 4]),
        ("Integer", "n => n >= 2 * 2 & n <= 5", [4, 5]),
        ("Integer", "n >= 3 & n <= 1", []),
        ("Real", "n == 0.1 | n == 3", [0.1, 3]),
        ("Real", "n >= 2 & n <= 2", [2]),
        ("String", "n == 'b' | n == 'a'", ["a", "b"]),
        ("String", "(n == 'b' | n == 'a') & n != 'a'", ["b"]),
    ],
)
def test_constraints_over_a_typed_feature_alone_give_its_values(
    kind: str, constraint: str, expected: list[object]
) -> None:
    assert domain(kind, constraint) == expected


@pytest.mark.parametrize(
    ("kind", "constraint"),
    [
        ("Integer", "n >= 1"),
        ("Integer", "n >= 1 & n <= 3 | G"),
        ("Integer", "n != 3"),
        ("Integer", "n >= 1 & n <= 3 | n > 7"),
        ("Real", "n >= 1 & n <= 2"),
        ("String", "n != 'a'"),
        ("String", "len(n) == 1"),
    ],
)
def test_an_infinite_domain_is_refused_with_the_way_out(kind: str, constraint: str) -> None:
    pattern = rf"^model\.uvl:4:\d+: found infinitely many values of the {kind} feature 'n', expected .*such as {{domain"
    with pytest.raises(ModelError, match=pattern):
        domain(kind, constraint)


def test_a_constant_vector_of_a_typed_feature_is_pointed_to() -> None:
    text = "features\n    R\n        optional\n            String n {values ['a', 'b']}\n"
    pattern = r"such as \{domain \[\.{3}\]\} in place of \{values \[\.{3}\]\}, which is a constant"
    with pytest.raises(ModelError, match=pattern):
        discretise_attributes(read(text))


def test_a_huge_domain_is_refused_before_it_is_listed() -> None:
    with pytest.raises(UnsupportedError, match=r"^model\.uvl:4:\d+: found 1000000000000 values.*narrow its domain"):
        domain("Integer", "n >= 1 & n <= 1000000000000")


def test_a_boolean_feature_is_no_value() -> None:
    with pytest.raises(ModelError, match=r"^model\.uvl:8:\d+: found the Boolean feature 'G' as a value"):
        domain("Integer", "n >= 1 & n <= 2\n    n + G == 2")


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ("domain ['a', 1]", r"^model\.uvl:4:\d+: found domain \('a', 1\), expected Integer values"),
        ("domain [1, 2], value {domain [1, 2]}", r"^model\.uvl:4:\d+: found n\.value with a domain on a typed feature"),
    ],
)
def test_attributes_of_typed_features_that_mean_nothing(attributes: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        discretise_attributes(read(f"features\n    R\n        optional\n            Integer n {{{attributes}}}"))
