"""Soundness and completeness of the rule set tensor-shapes: its solutions are exactly the networks that build.

The other side is `network_oracle.py`, which shares no code with the rule set, and Keras.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from pysat.solvers import Solver

from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.translators.pipeline import compile_feature_model
from tests.laws.network_oracle import Shape, is_network, output_shapes
from tests.laws.small_dnn import ALL_COMBINATIONS, CONVOLUTION, DENSE, POOLING, SHORT_POOLING, small_model

IDENTITY, VOID, FLATTEN = "Input#_Identity", "Operation#_Void", "Operation#_Flatten"
PADDING = "Operation#_Padding {size {domain [1, 2]}}"
NORMALISATION = "Operation#_BatchNormalization"

Row = tuple[bool, ...]

MAX_ROWS = 6_000
"""Random models with more configurations are made smaller."""


def all_rows(cnf: Cnf) -> Iterator[Row]:
    """Return every model of the CNF, projected on the features."""
    count = cnf.variables.feature_count
    with Solver(name="minisat22", bootstrap_with=cnf.clauses) as solver:
        for model in solver.enum_models():
            true = {literal for literal in model if literal > 0}
            yield tuple(i in true for i in range(1, count + 1))


def names(cnf: Cnf, row: Row) -> list[str]:
    return [name for name, value in zip(cnf.variables.feature_names, row) if value]


def assert_exactly_the_networks(model: FeatureModel, image: Shape) -> tuple[int, int]:
    """Check the solutions; return the numbers of networks and of all configurations."""
    plain = compile_feature_model(model, with_rules=False)
    ruled = compile_feature_model(model, input_shape=image, verify_each=True)
    every = set(all_rows(plain))
    expected = {row for row in every if is_network(names(plain, row), image)}
    found = list(all_rows(ruled))
    assert len(found) == len(set(found)), "two models share their features: an auxiliary is not determined"
    assert not set(found) - expected, names(ruled, next(iter(set(found) - expected)))
    assert not expected - set(found), names(ruled, next(iter(expected - set(found))))
    return len(expected), len(every)


TWO, THREE = ALL_COMBINATIONS[:2], ALL_COMBINATIONS


@pytest.mark.parametrize(
    ("blocks", "cells", "inputs", "operations", "combinations"),
    [
        (1, 1, [IDENTITY, DENSE, CONVOLUTION, POOLING], [VOID, FLATTEN], TWO),
        (1, 1, [IDENTITY, DENSE, CONVOLUTION, POOLING], [VOID, FLATTEN], THREE),
        (1, 1, [IDENTITY, POOLING], [VOID, PADDING], THREE),
        (1, 1, [DENSE, SHORT_POOLING], [VOID, FLATTEN, PADDING, NORMALISATION], TWO),
        (1, 1, [DENSE, SHORT_POOLING], [VOID, FLATTEN, PADDING, NORMALISATION], THREE),
        (1, 2, [IDENTITY, SHORT_POOLING], [VOID, FLATTEN], TWO),
        (1, 2, [IDENTITY, SHORT_POOLING], [VOID, FLATTEN], THREE),
        (2, 1, [IDENTITY, DENSE], [VOID, FLATTEN], THREE),
        (1, 3, [IDENTITY], [VOID, FLATTEN], TWO),
        (1, 3, [IDENTITY], [VOID, FLATTEN], THREE),
        (2, 2, [IDENTITY], [VOID, FLATTEN], TWO),
        pytest.param(2, 2, [IDENTITY], [VOID, FLATTEN], THREE, marks=pytest.mark.deep),
    ],
)
def test_solutions_are_exactly_the_networks(
    blocks: int, cells: int, inputs: list[str], operations: list[str], combinations: tuple[str, ...]
) -> None:
    model = small_model(blocks, cells, inputs, operations, combinations)
    networks, configurations = assert_exactly_the_networks(model, (3, 3, 2))
    assert 0 < networks < configurations


@pytest.mark.parametrize("combinations", [TWO, THREE])
@pytest.mark.parametrize("image", [(12, 11, 1), (21, 2, 1)])
def test_strides_that_are_no_circuits_are_looked_up(image: Shape, combinations: tuple[str, ...]) -> None:
    """Strides 9 and 11, size by size; the output of the first cell may be too small for the kernel of the second."""
    pooling = (
        "Input#_Pooling {kernel {domain ['2x1']}, stride {domain [ 9, 11]}, type {domain ['max']},"
        " padding {domain ['valid', 'same']}}"
    )
    model = small_model(1, 2, [IDENTITY, pooling], [VOID], combinations)
    networks, configurations = assert_exactly_the_networks(model, image)
    assert 0 < networks < configurations


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(30))
def test_solutions_of_random_models_are_exactly_the_networks(seed: int) -> None:
    """Random layers and values on images of random sizes, within 2 x 2."""
    random = Random(seed)
    image = (random.randint(1, 7), random.randint(1, 7), random.randint(1, 4))
    assert_exactly_the_networks(random_model(random), image)


def random_model(random: Random) -> FeatureModel:
    """Return a random model that is small enough to enumerate."""
    while True:
        inputs = random.choice([[IDENTITY], [random_input(random)], [IDENTITY, random_input(random)]])
        operations = [VOID, *random.sample([FLATTEN, PADDING, NORMALISATION], random.randint(0, 2))]
        combinations = [ALL_COMBINATIONS[0], *random.sample(ALL_COMBINATIONS[1:], random.randint(0, 2))]
        model = small_model(random.randint(1, 2), random.randint(1, 2), inputs, operations, combinations)
        plain = compile_feature_model(model, with_rules=False)
        if sum(1 for _, _ in zip(all_rows(plain), range(MAX_ROWS))) < MAX_ROWS:
            return model


def random_input(random: Random) -> str:
    def domain(values: list[object], most: int = 2) -> str:
        # A blank, because UVL takes a whole number alone in brackets for a cardinality.
        return "[ " + str(sorted(random.sample(values, random.randint(1, most)), key=str))[1:]

    kernel, stride = domain(["1x1", "2x2", "3x1", "1x2", "3x3"]), domain([1, 2, 3])
    padding, filters = domain(["valid", "same"]), domain([1, 2, 3, 4, 6, 8, 9])
    return random.choice(
        [
            f"Input#_Dense {{neurons {{domain {filters}}}, activation {{domain ['relu']}}}}",
            f"Input#_Pooling {{kernel {{domain {kernel}}}, stride {{domain {stride}}}, type {{domain ['max']}},"
            f" padding {{domain {padding}}}}}",
            f"Input#_Convolution {{kernel {{domain {kernel}}}, filters {{domain {domain([2, 3, 4], 1)}}},"
            f" stride {{domain {domain([1, 2], 1)}}}, padding {{domain {padding}}}, activation {{domain ['relu']}},"
            " type {domain ['normal']}}",
        ]
    )


def test_the_oracle_knows_a_network_by_hand() -> None:
    window = ["kernel_3x1", "stride_2", "padding_valid"]
    names_of_cell = [f"Input{half}_Convolution_{name}" for half in (1, 2) for name in window]
    names_of_cell += ["Input1_Convolution", "Input1_Convolution_filters_6", "Operation1_Void"]
    names_of_cell += ["Input2_Convolution", "Input2_Convolution_filters_4", "Operation2_Void", "Output_Out"]
    selected = [f"Block_1_Cell_1_{name}" for name in names_of_cell]
    assert output_shapes([*selected, "Block_1_Cell_1_Combination_Concat"], (6, 5, 1)) == {(1, 1): (2, 3, 10)}
    assert not is_network([*selected, "Block_1_Cell_1_Combination_Sum"], (6, 5, 1))
    assert not is_network([*selected, "Block_1_Cell_1_Combination_Concat"], (2, 5, 1))
