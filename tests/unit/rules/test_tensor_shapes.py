"""The rule set tensor-shapes against shape inference on the networks, which shares only `ir.layers` with it."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from pysat.solvers import Solver

from featurenet_uvl.decoding.decoder import decode_solution
from featurenet_uvl.decoding.network import to_architecture
from featurenet_uvl.errors import DecodeError, ModelError, UnsatisfiableError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.ir.layers import Shape
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Request
from featurenet_uvl.translators.formats.registry import read_model
from featurenet_uvl.translators.formats.uvl.reader import read_uvl
from featurenet_uvl.translators.formats.uvl.writer import write_uvl
from featurenet_uvl.translators.pipeline import compile_feature_model, compile_model, emit

MODELS = Path(__file__).parents[3] / "models"

SMALL = """
features
	Architecture {rules ['tensor-shapes'], input_shape '3x3x2'}
		mandatory
			Block cardinality [1..BLOCKS]
				mandatory
					Cell cardinality [1..CELLS]
						mandatory
							Input1
								alternative
									INPUTS1
							Operation1
								alternative
									OPERATIONS1
							Input2
								alternative
									Input2_Zeros
									INPUTS2
							Operation2
								alternative
									OPERATIONS2
							Combination
								alternative
									Combination_Sum
									Combination_Product
							Cell_Output
								alternative
									Output_Cell {relativeIndex {domain [0, 1]}}
									Output_Block
									Output_Out
"""

DENSE = "Input#_Dense {neurons {domain [2, 18]}, activation {domain ['relu']}}"
CONVOLUTION = (
    "Input#_Convolution {kernel {domain ['1x1', '2x2', '3x1']}, filters {domain [2, 6]}, stride {domain [1, 2]},"
    " padding {domain ['valid', 'same']}, activation {domain ['relu']}, type {domain ['normal']}}"
)
POOLING = (
    "Input#_Pooling {kernel {domain ['2x2', '1x3']}, stride {domain [1, 2]}, type {domain ['max']},"
    " padding {domain ['valid']}}"
)

SHORT_POOLING = (
    "Input#_Pooling {kernel {domain ['2x2']}, stride {domain [1, 2]},"
    " type {domain ['max']}, padding {domain ['valid']}}"
)


def small_model(blocks: int, cells: int, inputs: list[str], operations: list[str]) -> FeatureModel:
    """The wiring of the real model over fewer layers and values."""
    text = SMALL.replace("BLOCKS", str(blocks)).replace("CELLS", str(cells))
    for half in "12":
        for word, lines in (("INPUTS", inputs), ("OPERATIONS", operations)):
            joined = ("\n" + "\t" * 9).join(line.replace("#", half) for line in lines)
            text = text.replace(f"{word}{half}", joined)
    model = read_uvl(text, "small.uvl")
    wiring = read_model(str(MODELS / "dnn.uvl"))
    assert isinstance(model, FeatureModel)
    assert isinstance(wiring, FeatureModel)
    return replace(model, constraints=wiring.constraints)


def is_network(cnf: Cnf, row: np.ndarray, shape: Shape) -> bool:
    try:
        to_architecture(decode_solution(row, cnf.variables), shape, 10)
    except DecodeError:
        return False
    return True


def all_rows(cnf: Cnf) -> set[tuple[bool, ...]]:
    """Every model of the CNF on the features; a second model with the same features fails."""
    count = cnf.variables.feature_count
    rows: list[tuple[bool, ...]] = []
    with Solver(name="minisat22", bootstrap_with=cnf.clauses) as solver:
        for model in solver.enum_models():
            true = {literal for literal in model if literal > 0}
            rows.append(tuple(i in true for i in range(1, count + 1)))
    assert len(rows) == len(set(rows)), "two models share their features: an auxiliary is not determined"
    return set(rows)


@pytest.mark.parametrize(
    ("blocks", "cells", "inputs", "operations"),
    [
        (1, 1, ["Input#_Identity", DENSE, CONVOLUTION, POOLING], ["Operation#_Void", "Operation#_Flatten"]),
        (1, 1, [CONVOLUTION, POOLING], ["Operation#_Void", "Operation#_Padding {size {domain [1, 2]}}"]),
        (1, 2, ["Input#_Identity", SHORT_POOLING], ["Operation#_Void", "Operation#_Flatten"]),
        (2, 1, ["Input#_Identity", DENSE], ["Operation#_Void", "Operation#_Flatten"]),
        (1, 3, ["Input#_Identity"], ["Operation#_Void", "Operation#_Flatten"]),
        (2, 2, ["Input#_Identity"], ["Operation#_Void", "Operation#_Flatten"]),
    ],
)
def test_rules_leave_exactly_the_networks(blocks: int, cells: int, inputs: list[str], operations: list[str]) -> None:
    model = small_model(blocks, cells, inputs, operations)
    plain = compile_feature_model(model, with_rules=False, verify_each=True)
    ruled = compile_feature_model(model, verify_each=True)
    expected = {row for row in all_rows(plain) if is_network(plain, np.array(row), (3, 3, 2))}
    assert all_rows(ruled) == expected
    assert 0 < len(expected) < len(all_rows(plain))


@pytest.mark.parametrize(("shape", "bounds"), list(product([(28, 28, 1), (5, 4, 3)], [(1, 2), (2, 2), (3, 3)])))
def test_random_configurations_of_s1_are_allowed_exactly_if_they_are_networks(
    shape: Shape, bounds: tuple[int, int]
) -> None:
    limits = {"Block": bounds[0], "Cell": bounds[1]}
    plain = compile_model(str(MODELS / "s1.uvl"), bounds=limits, with_rules=False)
    ruled = compile_model(str(MODELS / "s1.uvl"), bounds=limits, input_shape=shape)
    rows = draw(plain, Request(150, seed=sum(bounds))).selected
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
