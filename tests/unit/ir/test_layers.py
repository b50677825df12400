"""The shape arithmetic against Keras itself."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from featurenet_uvl.ir.layers import (
    INPUT_LAYERS,
    OPERATION_LAYERS,
    Layer,
    Shape,
    ShapeError,
    combined_shape,
    parse_kernel,
    parse_shape,
)
from tests.keras_macs import multiplications
from tests.layer_domains import layer_domains

SHAPES: tuple[Shape, ...] = (
    (28, 28, 1),
    (32, 32, 3),
    (8, 8, 16),
    (7, 3, 5),
    (1, 2, 4),
    (4, 11, 2),
    (1, 1, 120),
    (9,),
    (120,),
)


def random_layer(kind: type[Layer], rng: np.random.Generator) -> Layer:
    return kind(**{name: values[rng.integers(len(values))] for name, values in layer_domains(kind).items()})


@pytest.mark.slow
@pytest.mark.parametrize("kind", [*INPUT_LAYERS.values(), *OPERATION_LAYERS.values()], ids=lambda kind: kind.name)
def test_output_shape_and_weights_equal_keras(kind: type[Layer]) -> None:
    import keras

    rng = np.random.default_rng(11)
    for shape in SHAPES:
        for _ in range(6 if fields(kind) else 1):
            layer = random_layer(kind, rng)
            made = layer.keras_layer(keras, "layer")
            try:
                expected = layer.output_shape(shape)
            except ShapeError:
                if kind.flattens:  # Keras would take the vector; see below
                    continue
                with pytest.raises(ValueError):  # noqa: PT011  Keras' words differ from layer to layer
                    made(keras.Input(shape))
                continue
            if made is None:
                assert (expected, layer.weights(shape)) == (shape, 0)
                continue
            assert made(keras.Input(shape)).shape == (None, *expected), (layer, shape)
            assert made.count_params() == layer.weights(shape), (layer, shape)
            assert multiplications(made) == layer.macs(shape), (layer, shape)


def test_flatten_refuses_a_vector_although_keras_does_not() -> None:
    with pytest.raises(ShapeError, match="Flatten needs a matrix, found a vector of 9"):
        OPERATION_LAYERS["Flatten"]().output_shape((9,))


@pytest.mark.slow
@pytest.mark.parametrize("combination", ["Sum", "Product", "Concat"])
def test_combined_shapes_equal_keras(combination: str) -> None:
    import keras

    merging = {"Sum": keras.layers.Add, "Product": keras.layers.Multiply, "Concat": keras.layers.Concatenate}[
        combination
    ]
    for first in SHAPES:
        for second in SHAPES:
            try:
                expected = combined_shape(combination, first, second)
            except ShapeError:
                continue
            assert merging()([keras.Input(first), keras.Input(second)]).shape == (None, *expected)


@pytest.mark.parametrize(
    ("first", "second"), [((4, 4, 1), (4, 4, 2)), ((4, 1, 2), (4, 4, 2)), ((9,), (1,)), ((3, 3, 1), (9,))]
)
def test_sums_need_equal_shapes_even_where_keras_would_broadcast(first: Shape, second: Shape) -> None:
    with pytest.raises(ShapeError, match="Sum needs equal shapes"):
        combined_shape("Sum", first, second)


@pytest.mark.parametrize("text", ["3", "3x", "x3", "0x3", "3x3x3", "-1x2", "3 x 3", ""])
def test_bad_kernels_are_refused(text: str) -> None:
    with pytest.raises(ShapeError, match="expected HEIGHTxWIDTH"):
        parse_kernel(text)


@pytest.mark.parametrize("text", ["28x28", "28x28x0", "a", "28x28x1x1", "28,28,1"])
def test_bad_input_shapes_are_refused(text: str) -> None:
    with pytest.raises(ShapeError, match="expected HEIGHTxWIDTHxCHANNELS"):
        parse_shape(text)
