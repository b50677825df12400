"""Networks written by hand in Keras, to compare the model's networks with."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from featurenet_uvl.errors import UsageError
from featurenet_uvl.ir.layers import Shape, format_shape

LENET5_SMALLEST = 15
"""Fewer pixels do not survive LeNet-5's convolutions."""


def lenet5(input_shape: Shape, classes: int) -> Any:
    """LeNet-5 as the paper's released code builds it: note the first pooling's stride of 1.

    Input shape: (batch, height, width, channels), height and width at least 15.
    Output shape: (batch, classes), probabilities.

    Source: the released implementation of Ghamizi et al., 2019; 545,546 weights on 28x28x1 and 868,406 on 32x32x3, as
    in the paper's Table 1.

    Raises:
        UsageError: The images are too small.
    """
    if min(input_shape[:2]) < LENET5_SMALLEST:
        raise UsageError(
            f"baseline lenet5: found images of {format_shape(input_shape)}, "
            f"expected at least {LENET5_SMALLEST}x{LENET5_SMALLEST}"
        )
    import keras

    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Conv2D(6, 5, padding="same", activation="tanh"),
            layers.AveragePooling2D(2, strides=1),
            layers.Conv2D(16, 5, activation="tanh"),
            layers.AveragePooling2D(2, strides=2),
            layers.Conv2D(120, 5, activation="tanh"),
            layers.Flatten(),
            layers.Dense(84, activation="tanh"),
            layers.Dense(classes, activation="softmax"),
        ],
        name="lenet5",
    )


BASELINES: Mapping[str, Callable[[Shape, int], Any]] = {"lenet5": lenet5}
"""Hand-written networks by name; each takes the input shape and the number of classes."""


def build_baseline(payload: str, input_shape: Shape, classes: int) -> Any:
    """The Keras model of a `baseline` trial.

    Raises:
        UsageError: No baseline has this name.
    """
    name = json.loads(payload)["baseline"]
    if name not in BASELINES:
        raise UsageError(f"found baseline {name!r}, expected one of {', '.join(BASELINES)}")
    return BASELINES[name](input_shape, classes)
