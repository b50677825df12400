"""Sampled networks in Keras against their Architecture, layer by layer (thousands: `benchmarks/soundness.py`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from featurenet_uvl.decoding.keras.build import build_keras_model
from featurenet_uvl.decoding.keras.macs import keras_macs
from featurenet_uvl.decoding.network import to_architecture
from featurenet_uvl.decoding.solutions import decode_solution
from featurenet_uvl.ir.architecture import Architecture
from featurenet_uvl.ir.architecture_json import parse_architecture
from featurenet_uvl.ir.layers import BatchNormalization, Dense, Padding, Shape, parse_shape
from featurenet_uvl.sampling.engines.steered import solve_steered
from featurenet_uvl.sampling.request import Request
from featurenet_uvl.translators.pipeline import compile_model
from tests.keras_graph import differences, no_weights
from tests.keras_macs import multiplications
from tests.places import MODELS

SMALL_ENOUGH = 300_000
"""Weights of a network up to which Keras also allocates them here."""


def sampled(model: str, shape: Shape, count: int, bounds: dict[str, int] | None = None) -> Iterator[Architecture]:
    cnf = compile_model(str(MODELS / f"{model}.uvl"), bounds=bounds, input_shape=shape)
    for row in solve_steered(cnf, Request(count, seed=2019)).values[:, : cnf.variables.feature_count]:
        yield to_architecture(decode_solution(row, cnf.variables), shape, 10)


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["28x28x1", "32x32x3", "8x8x1"])
@pytest.mark.parametrize(
    ("model", "count"), [("s1", 15), ("s2", 20), ("s3", 20), ("small", 20), ("dnn", 15)], ids=lambda value: str(value)
)
def test_every_sampled_configuration_builds_exactly_as_configured(model: str, count: int, shape: str) -> None:
    bounds = {"Cell": 5} if model == "dnn" else None
    architectures = list(sampled(model, parse_shape(shape), count, bounds))
    for architecture in architectures:
        with no_weights():
            model = build_keras_model(architecture)
            assert differences(model, architecture) == []
        assert sum(map(multiplications, model.layers)) == architecture.macs() == keras_macs(model)
    assert len({architecture.hash() for architecture in architectures}) == count
    if model == "dnn":
        cells = [cell for architecture in architectures for cell in architecture.cells]
        assert {"Concat", "Product", "Sum"} == {cell.combination for cell in cells}
        assert {Padding, BatchNormalization} <= {type(cell.operation1) for cell in cells}
        assert any(len(architecture.outputs) > 1 for architecture in architectures)


@pytest.mark.slow
def test_with_weights_keras_builds_the_same() -> None:
    small = [a for a in sampled("dnn", (8, 8, 1), 40, {"Block": 2, "Cell": 3}) if a.weights() < SMALL_ENOUGH]
    assert len(small) > 5
    for architecture in small[:8]:
        model = build_keras_model(architecture)
        assert differences(model, architecture) == []
        assert sum(weight.numpy().size for weight in model.weights) == architecture.weights()


@pytest.fixture(scope="module")
def network() -> Architecture:
    """A network of one cell that sums two halves, each of which begins with a dense layer."""
    return parse_architecture(
        {
            "schema": "featurenet_uvl/architecture/1",
            "input_shape": [8, 8, 3],
            "classes": 10,
            "cells": [
                {
                    "block": 1,
                    "cell": 1,
                    "sources": [],
                    "input1": {"kind": "Dense", "neurons": 16, "activation": "relu"},
                    "operation1": {"kind": "Dropout", "rate": 0.5},
                    "input2": {"kind": "Dense", "neurons": 16, "activation": "tanh"},
                    "operation2": {"kind": "Void"},
                    "combination": "Sum",
                    "destination": {"kind": "Out", "relative_index": None},
                }
            ],
        }
    )


def test_without_weights_keras_still_checks_every_shape() -> None:
    import keras

    with no_weights():
        image = keras.Input((5, 5, 2))
        with pytest.raises(ValueError, match="negative"):
            keras.layers.Conv2D(4, (7, 7), padding="valid")(image)
        with pytest.raises(ValueError, match="Concatenate"):
            keras.layers.Concatenate()([image, keras.layers.MaxPooling2D((2, 2))(image)])
        with pytest.raises(ValueError, match="incompatible shapes"):
            keras.layers.Add()([image, keras.layers.Conv2D(4, (1, 1))(image)])
        with pytest.raises(ValueError, match="min_ndim"):
            keras.layers.Conv2D(4, (1, 1))(keras.layers.Flatten()(image))


def test_every_alteration_is_seen(network: Architecture) -> None:
    (cell,) = network.cells
    altered = [
        replace(cell, input1=Dense(16, "sigmoid")),
        replace(cell, combination="Product"),
        replace(cell, operation1=cell.operation2),
        replace(cell, input1=cell.input2, input2=cell.input1),
    ]
    with no_weights():
        model = build_keras_model(network)
        assert differences(model, network) == []
        for other in altered:
            assert differences(model, replace(network, cells=(other,))) != []
        assert differences(model, replace(network, classes=9)) != []
        assert differences(model, replace(network, input_shape=(8, 8, 4))) != []
