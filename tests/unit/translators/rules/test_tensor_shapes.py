"""The rule set tensor-shapes against shape inference on the networks, which shares only `ir.layers` with it."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from pysat.solvers import Solver

from featurenet_uvl.decoding.network import to_architecture
from featurenet_uvl.decoding.solutions import decode_solution
from featurenet_uvl.errors import DecodeError, ModelError, UnsatisfiableError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.ir.layers import Shape
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Request
from featurenet_uvl.translators.formats.uvl.reader import read_uvl
from featurenet_uvl.translators.formats.uvl.writer import write_uvl
from featurenet_uvl.translators.pipeline import compile_feature_model, compile_model, emit
from tests.laws.small_dnn import DENSE, POOLING, small_model
from tests.places import MODELS


def is_network(cnf: Cnf, row: np.ndarray, shape: Shape) -> bool:
    try:
        to_architecture(decode_solution(row, cnf.variables), shape, 10)
    except DecodeError:
        return False
    return True


@pytest.mark.parametrize(("shape", "bounds"), list(product([(28, 28, 1), (5, 4, 3)], [(1, 2), (2, 2), (3, 3)])))
def test_random_configurations_of_s1_are_allowed_exactly_if_they_are_networks(
    shape: Shape, bounds: tuple[int, int]
) -> None:
    limits = {"Block": bounds[0], "Cell": bounds[1]}
    plain = compile_model(str(MODELS / "s1.uvl"), bounds=limits, with_rules=False)
    ruled = compile_model(str(MODELS / "s1.uvl"), bounds=limits, input_shape=shape)
    rows = draw(plain, Request(150, seed=sum(bounds)), "steered").selected
    valid = 0
    with Solver(name="minisat22", bootstrap_with=ruled.clauses) as solver:
        for row in rows:
            literals = [i if value else -i for i, value in enumerate(row.tolist(), 1)]
            allowed = solver.solve(assumptions=literals)
            assert allowed == is_network(plain, row, shape)
            valid += allowed
    assert 0 < valid < len(rows)


def test_every_auxiliary_follows_from_the_features_by_unit_propagation() -> None:
    cnf = compile_model(str(MODELS / "s1.uvl"), bounds={"Block": 2, "Cell": 3})
    sample = draw(cnf, Request(30, seed=3))
    with Solver(name="minisat22", bootstrap_with=cnf.clauses) as solver:
        both = ((v, solver.propagate([v])[0], solver.propagate([-v])[0]) for v in range(1, len(cnf.variables) + 1))
        fixed = {v for v, can_be_true, can_be_false in both if can_be_true != can_be_false}
        for row in sample.selected:
            literals = [i if value else -i for i, value in enumerate(row.tolist(), 1)]
            consistent, implied = solver.propagate(assumptions=literals)
            assert consistent
            assert {abs(literal) for literal in implied} | fixed == set(range(1, len(cnf.variables) + 1))


def test_an_input_too_small_for_any_network_has_no_configuration() -> None:
    model = small_model(1, 1, [POOLING.replace("'2x2', ", "")], ["Operation#_Void"])
    with pytest.raises(UnsatisfiableError):
        draw(compile_feature_model(model, input_shape=(2, 2, 1)), Request(1, seed=1))


def test_a_layer_that_the_decoder_does_not_know_is_refused() -> None:
    model = small_model(1, 1, ["Input#_Identity", "Input#_Attention"], ["Operation#_Void"])
    with pytest.raises(ModelError, match=r"small\.uvl:\d+:\d+: found 'Input1_Attention', expected a layer") as error:
        compile_feature_model(model)
    assert len(error.value.problems) == 2


def test_a_layer_with_other_attributes_is_refused() -> None:
    model = small_model(1, 1, [DENSE.replace("neurons", "units")], ["Operation#_Void"])
    with pytest.raises(ModelError) as error:
        compile_feature_model(model)
    assert "'Input1_Dense' without the attribute 'neurons'" in error.value.problems[0]
    assert "Input1_Dense.units, expected one of activation, neurons" in error.value.problems[1]


def test_a_value_that_no_layer_can_have_is_refused_with_the_place_of_its_domain() -> None:
    model = small_model(1, 1, [DENSE.replace("'relu'", "'relu', 'gallop'"), "Input#_Identity"], ["Operation#_Void"])
    with pytest.raises(ModelError) as error:
        compile_feature_model(model)
    assert len(error.value.problems) == 2
    assert (
        "the domain of Input1_Dense.activation: found activation 'gallop', expected one of" in error.value.problems[0]
    )


def test_an_unfolded_model_does_not_pass_for_one_with_rules() -> None:
    unfolded = emit(small_model(1, 1, [DENSE], ["Operation#_Void"]), "rewrite_constraints")
    again = read_uvl(write_uvl(unfolded), "unfolded.uvl")
    assert isinstance(again, FeatureModel)
    with pytest.raises(ModelError, match=r"unfolded\.uvl:2:.*found no Cell .*compile the source model"):
        compile_feature_model(again)
    assert len(compile_feature_model(again, with_rules=False).variables) > 0
