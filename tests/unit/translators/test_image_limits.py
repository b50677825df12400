"""Images too large for the tensor shapes are refused before anything is translated."""

from __future__ import annotations

import pytest

from featurenet_uvl.errors import ModelError, UsageError
from featurenet_uvl.ir.layers import ShapeError, parse_shape
from featurenet_uvl.translators.limits import CompileLimits
from featurenet_uvl.translators.pipeline import compile_feature_model, compile_model, load_model
from featurenet_uvl.translators.rules.registry import model_input_shape
from tests.passes.before_after import read
from tests.places import ROOT

SMALL = str(ROOT / "models" / "small.uvl")


@pytest.mark.parametrize(
    "shape", [(10**9, 10**9, 10**9), (1025, 28, 1), (28, 1025, 1), (28, 28, 65_537), (10**5000, 1, 1)]
)
def test_a_huge_image_is_one_line(shape: tuple[int, int, int]) -> None:
    with pytest.raises(
        UsageError, match=r"^`input_shape`: found .*, expected at most 1024 rows, 1024 columns and 65536"
    ):
        compile_model(SMALL, input_shape=shape)


def test_the_limit_is_an_argument() -> None:
    model = load_model(SMALL)
    with pytest.raises(UsageError, match="expected at most 7 rows"):
        compile_feature_model(model, input_shape=(8, 8, 1), limits=CompileLimits(max_image_side=7))
    assert compile_feature_model(model, input_shape=(8, 8, 1), limits=CompileLimits(max_image_side=8)).clauses


def test_a_model_with_a_huge_image_of_its_own_names_the_place() -> None:
    model = read("features\n    R {rules ['tensor-shapes'], input_shape '9999x9999x1'}")
    with pytest.raises(ModelError, match=r"^model\.uvl:2:\d+: found 9999x9999x1, expected at most 1024 rows"):
        model_input_shape(model)


def test_a_model_without_rule_sets_does_not_look_at_the_image() -> None:
    assert compile_feature_model(read("features\n    R"), input_shape=(10**9, 1, 1)).clauses == ((1,),)


def test_a_size_of_thousands_of_digits_is_no_size() -> None:
    with pytest.raises(ShapeError, match=r"^found input shape '9{18}\.\.\.', expected HEIGHTxWIDTHxCHANNELS"):
        parse_shape(f"{'9' * 5_000}x1x1")
