"""Networks written by hand in Keras, as baselines for networks of the model."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from featurenet_uvl.decoding.keras.globals import building
from featurenet_uvl.errors import UsageError
from featurenet_uvl.ir.layers import IMAGES, NUMBERS, Shape, format_shape

LENET5_SMALLEST = 15
"""Smallest height and width in pixels that LeNet-5's convolutions can take."""


def lenet5(input_shape: Shape, classes: int) -> Any:
    """Build LeNet-5 as the paper's released code does; its first pooling has a stride of 1.

    Input shape: (batch, height, width, channels), height and width at least 15.
    Output shape: (batch, classes), probabilities.

    Source: the released implementation of Ghamizi et al., 2019; 545,546 weights on 28x28x1 and 868,406 on 32x32x3, as
    in the paper's Table 1.

    Raises:
        UsageError: The images are too small.
        ToolError: Keras is not installed.
    """
    if min(input_shape[:2]) < LENET5_SMALLEST:
        raise UsageError(
            f"baseline lenet5: found images of {format_shape(input_shape)}, "
            f"expected at least {LENET5_SMALLEST}x{LENET5_SMALLEST}"
        )
    with building() as keras:
        layers = keras.layers
        return keras.Sequential(
            [
                keras.Input(input_shape, **NUMBERS),
                layers.Conv2D(6, 5, padding="same", activation="tanh", **IMAGES),
                layers.AveragePooling2D(2, strides=1, **IMAGES),
                layers.Conv2D(16, 5, activation="tanh", **IMAGES),
                layers.AveragePooling2D(2, strides=2, **IMAGES),
                layers.Conv2D(120, 5, activation="tanh", **IMAGES),
                layers.Flatten(**IMAGES),
                layers.Dense(84, activation="tanh", **NUMBERS),
                layers.Dense(classes, activation="softmax", **NUMBERS),
            ],
            name="lenet5",
        )


def squeezenet(input_shape: Shape, classes: int) -> Any:
    """Build SqueezeNet 1.0 with padding `same` throughout, so that it fits small images.

    Input shape: (batch, height, width, channels).
    Output shape: (batch, classes), probabilities.

    Source: Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size", 2016,
    Table 1; 731,146 weights on 28x28x1 and 740,554 on 32x32x3.

    Raises:
        ToolError: Keras is not installed.
    """
    with building() as keras:
        image = keras.Input(input_shape, **NUMBERS)
        return _squeezenet(keras, image, image, classes, pooling=3, name="squeezenet")


def squeezenet_paper(input_shape: Shape, classes: int) -> Any:
    """Build SqueezeNet as the paper's released code ran it.

    That code fed images with their channels last to layers that expect them first, so that the rows of an image became
    its channels; `Permute` does the same here. Its poolings have windows of 1x1, so they only drop three of four
    pixels.

    Input shape: (batch, height, width, channels).
    Output shape: (batch, classes), probabilities.

    Source: the released implementation of Ghamizi et al., 2019; 858,154 weights on 28x28x1 and 876,970 on 32x32x3, as
    in the paper's Table 1.

    Raises:
        ToolError: Keras is not installed.
    """
    with building() as keras:
        image = keras.Input(input_shape, **NUMBERS)
        turned = keras.layers.Permute((2, 3, 1), **NUMBERS)(image)
        return _squeezenet(keras, image, turned, classes, pooling=1, name="squeezenet_paper")


FIRE_MODULES = ((16, 64), (16, 64), (32, 128), None, (32, 128), (48, 192), (48, 192), (64, 256), None, (64, 256))
"""Filters of the squeeze layer and of each of the two expand layers of fire2 to fire9; None stands for a pooling."""


def _squeezenet(keras: Any, image: Any, tensor: Any, classes: int, *, pooling: int, name: str) -> Any:
    layers = keras.layers
    tensor = layers.Conv2D(96, 7, strides=2, padding="same", activation="relu", name="conv1", **IMAGES)(tensor)
    tensor = layers.MaxPooling2D(pooling, strides=2, padding="same", name="pool1", **IMAGES)(tensor)
    number = 2
    for filters in FIRE_MODULES:
        if filters is None:
            tensor = layers.MaxPooling2D(pooling, strides=2, padding="same", name=f"pool{number - 1}", **IMAGES)(tensor)
            continue
        squeeze, expand = filters
        fire, number = f"fire{number}", number + 1
        tensor = layers.Conv2D(squeeze, 1, activation="relu", name=f"{fire}_squeeze", **IMAGES)(tensor)
        one = layers.Conv2D(expand, 1, activation="relu", name=f"{fire}_expand1", **IMAGES)(tensor)
        three = layers.Conv2D(expand, 3, padding="same", activation="relu", name=f"{fire}_expand3", **IMAGES)(tensor)
        tensor = layers.Concatenate(name=f"{fire}_concat", **NUMBERS)([one, three])
    tensor = layers.Dropout(0.5, name="drop9", **NUMBERS)(tensor)
    tensor = layers.Conv2D(classes, 1, activation="relu", name="conv10", **IMAGES)(tensor)
    tensor = layers.GlobalAveragePooling2D(name="pool10", **IMAGES)(tensor)
    return keras.Model(image, layers.Activation("softmax", name="softmax", **NUMBERS)(tensor), name=name)


BASELINES: Mapping[str, Callable[[Shape, int], Any]] = {
    "lenet5": lenet5,
    "squeezenet": squeezenet,
    "squeezenet_paper": squeezenet_paper,
}
"""Builders of the networks by name; each takes the input shape and the number of classes."""


def build_baseline(payload: str, input_shape: Shape, classes: int) -> Any:
    """Build the Keras model of a `baseline` trial.

    Raises:
        UsageError: No baseline has this name.
        ToolError: Keras is not installed.
    """
    name = json.loads(payload)["baseline"]
    if name not in BASELINES:
        raise UsageError(f"found baseline {name!r}, expected one of {', '.join(BASELINES)}")
    return BASELINES[name](input_shape, classes)
