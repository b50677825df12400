"""The layers that a cell can hold, and all arithmetic of tensor shapes.

This module alone knows how a layer changes a shape, how many weights and MACs it has, and which Keras layer it is. The
CNF generator (`translators/rules/tensor_shapes/network.py`), the decoder and the Keras builder all ask here.

A new kind of layer is one class with an entry in `INPUT_LAYERS` or `OPERATION_LAYERS`, or with an entry point of
another package (`layer_kinds.py`). In the model, its feature is the kind's name behind `Input1` or `Operation1` and an
underscore; the class's fields are the feature's configurable attributes, under the same names.

Source: section 3 of Ghamizi, Cordy, Papadakis and Le Traon, "Automated Search for Configurations of Deep Neural Network
Architectures", 2019; sizes of convolution and pooling as Keras computes them (`keras.ops`, padding "valid" and "same").
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, TypeAlias

from featurenet_uvl.ir.cell_features import COMBINATIONS, CONCAT

Shape: TypeAlias = tuple[int, ...]
"""A tensor's shape without the batch axis: `(height, width, channels)` for a matrix, `(units,)` for a vector."""

HEIGHT, WIDTH = 0, 1
"""Positions of the two spatial axes in a matrix's shape."""

ACTIVATIONS = frozenset(
    {
        *("celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish"),
        *("hard_tanh", "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu"),
        *("sigmoid", "silu", "soft_shrink", "softmax", "softplus", "softsign", "sparse_plus", "sparse_sigmoid"),
        *("sparsemax", "squareplus", "swish", "tanh", "tanh_shrink", "threshold"),
    }
)
"""Keras' activation functions that keep the shape."""


class ShapeError(ValueError):
    """A layer cannot take the shape that it is given, or an attribute has a value that no layer allows."""


def window_output_size(size: int, window: int, stride: int, padding: str) -> int | None:
    """Return the size of one axis after a window slides over it, or None if the window does not fit.

    Args:
        size: Pixels along the axis.
        window: Pixels of the kernel along the axis.
        stride: Pixels between two positions of the window.
        padding: `valid` (whole windows only) or `same` (one window per started stride).

    >>> window_output_size(28, 5, 2, "valid"), window_output_size(28, 5, 3, "same")
    (12, 10)
    >>> window_output_size(2, 3, 1, "valid") is None
    True
    """
    if padding == "same":
        return -(-size // stride)
    if padding != "valid":
        raise ShapeError(f"found padding {padding!r}, expected 'valid' or 'same'")
    return (size - window) // stride + 1 if size >= window else None


def parse_kernel(text: str) -> tuple[int, int]:
    """Return a kernel's (height, width), in pixels.

    Raises:
        ShapeError: The text is not HEIGHTxWIDTH with two numbers from 1.

    >>> parse_kernel("3x1")
    (3, 1)
    """
    height, times, width = text.partition("x") if isinstance(text, str) else ("", "", "")
    if not (times and height.isdecimal() and width.isdecimal() and int(height) and int(width)):
        raise ShapeError(f"found kernel {text!r}, expected HEIGHTxWIDTH, for example '3x3'")
    return int(height), int(width)


def _check(attribute: str, value: object, is_right: bool, expected: str) -> None:
    if not is_right:
        raise ShapeError(f"found {attribute} {value!r}, expected {expected}")


def _check_counts(**counts: object) -> None:
    for attribute, value in counts.items():
        is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 1
        _check(attribute, value, is_count, "a number from 1")


def _check_names(names: Mapping[str, object], known: Mapping[str, Collection[str]]) -> None:
    for attribute, value in names.items():
        _check(attribute, value, value in known[attribute], f"one of {', '.join(sorted(known[attribute]))}")


PADDINGS = ("same", "valid")

NUMBERS: Mapping[str, Any] = {"dtype": "float32"}
"""Settings of each Keras layer, so that it takes none from `keras.json` or a global policy; `IMAGES` for images."""
IMAGES: Mapping[str, Any] = {**NUMBERS, "data_format": "channels_last"}


@dataclass(frozen=True)
class Layer:
    """The base of all kinds: it derives `output_shape` from a few rules, which the CNF generator also tabulates.

    A subclass states the rules in class attributes, and overrides `resize` if it changes height or width.
    """

    name: ClassVar[str]
    """The kind's name, with which the feature's name ends."""
    short_name: ClassVar[str] = ""
    """The last word in the names of this kind's Keras layers: `conv` in `b1_c2_in1_conv`; empty if it makes none."""
    takes_vector: ClassVar[bool] = True
    takes_matrix: ClassVar[bool] = True
    flattens: ClassVar[bool] = False
    """Whether the layer turns a matrix into a vector of all its elements."""
    units_attribute: ClassVar[str | None] = None
    """The attribute that sets the size of the last axis; None if the layer keeps that size."""
    size_attributes: ClassVar[tuple[str, ...]] = ()
    """The attributes that `resize` depends on, beginning with the one that decides most."""

    def resize(self, axis: int, size: int) -> int | None:
        """Return the new size of a matrix's HEIGHT or WIDTH, or None if the layer does not fit."""
        return size

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape of the layer's output.

        Raises:
            ShapeError: The layer cannot take this shape.
        """
        units = getattr(self, self.units_attribute) if self.units_attribute else shape[-1]
        if len(shape) == 1:
            if not self.takes_vector:
                raise ShapeError(f"{self.name} needs a matrix, found a vector of {shape[0]}")
            return (units,)
        if not self.takes_matrix:
            raise ShapeError(f"{self.name} needs a vector, found a matrix of {format_shape(shape)}")
        if self.flattens:
            return (prod(shape),)
        height, width = self.resize(HEIGHT, shape[0]), self.resize(WIDTH, shape[1])
        if height is None or width is None:
            raise ShapeError(f"{self} does not fit {format_shape(shape)}")
        return (height, width, units)

    def weights(self, shape: Shape) -> int:
        """Return the number of weights for an input of this shape, counting untrained ones as Keras does."""
        return 0

    def macs(self, shape: Shape) -> int:
        """Return the multiply-accumulates (MACs) for one input of this shape: multiplications by weights alone.

        A kind that does not say it counts each weight once per place of the output's height and width.

        Source: Sze, Chen, Yang and Emer, "Efficient Processing of Deep Neural Networks: A Tutorial and Survey", 2017,
        section III; separable convolutions: Howard et al., "MobileNets", 2017, section 3.1.
        """
        return self.weights(shape) * _places(self.output_shape(shape))

    def keras_layer(self, keras: Any, name: str) -> Any:
        """Return the Keras layer, or None if the kind passes its input on unchanged. `keras` is the module.

        The layer states all settings that Keras would else take from outside (`NUMBERS`, `IMAGES`).
        """
        return None

    def expected_in_keras(self) -> tuple[str | type, Mapping[str, object]] | None:
        """Return a second description of the Keras layer, written down apart from `keras_layer`; None: there is none.

        `decoding.keras.verify` compares Keras models with it. The project's own kinds have theirs in that module, so
        this method is for kinds of other packages.

        Returns:
            The name of a class in `keras.layers`, or a class of the package's own, and its arguments without `name`.
        """
        return None


@dataclass(frozen=True)
class Zeros(Layer):
    """The absence of a second half: the cell's output is that of its first half."""

    name = "Zeros"


@dataclass(frozen=True)
class Identity(Layer):
    name = "Identity"


@dataclass(frozen=True)
class Dense(Layer):
    """A dense layer. Given a matrix, it acts on the channels, as in Keras."""

    neurons: int
    activation: str
    name = "Dense"
    short_name = "dense"
    units_attribute = "neurons"

    def __post_init__(self) -> None:
        _check_counts(neurons=self.neurons)
        _check_names({"activation": self.activation}, {"activation": ACTIVATIONS})

    def weights(self, shape: Shape) -> int:
        return (shape[-1] + 1) * self.neurons

    def macs(self, shape: Shape) -> int:
        return prod(shape) * self.neurons

    def keras_layer(self, keras: Any, name: str) -> Any:
        return keras.layers.Dense(self.neurons, activation=self.activation, name=name, **NUMBERS)


@dataclass(frozen=True)
class Convolution(Layer):
    """A convolution of type `normal`, or `separable`: a depthwise convolution and then a 1x1 convolution."""

    kernel: str
    filters: int
    stride: int
    padding: str
    activation: str
    type: str
    name = "Convolution"
    short_name = "conv"
    takes_vector = False
    units_attribute = "filters"
    size_attributes = ("padding", "stride", "kernel")

    def __post_init__(self) -> None:
        parse_kernel(self.kernel)
        _check_counts(filters=self.filters, stride=self.stride)
        names = {"padding": self.padding, "activation": self.activation, "type": self.type}
        _check_names(names, {"padding": PADDINGS, "activation": ACTIVATIONS, "type": ("normal", "separable")})

    def resize(self, axis: int, size: int) -> int | None:
        return window_output_size(size, parse_kernel(self.kernel)[axis], self.stride, self.padding)

    def weights(self, shape: Shape) -> int:
        window, channels = prod(parse_kernel(self.kernel)), shape[-1]
        if self.type == "separable":
            return window * channels + channels * self.filters + self.filters
        return (window * channels + 1) * self.filters

    def macs(self, shape: Shape) -> int:
        return (self.weights(shape) - self.filters) * _places(self.output_shape(shape))  # no bias multiplies

    def keras_layer(self, keras: Any, name: str) -> Any:
        kinds = {"normal": keras.layers.Conv2D, "separable": keras.layers.SeparableConv2D}
        return kinds[self.type](
            self.filters,
            parse_kernel(self.kernel),
            strides=self.stride,
            padding=self.padding,
            activation=self.activation,
            name=name,
            **IMAGES,
        )


@dataclass(frozen=True)
class Pooling(Layer):
    kernel: str
    stride: int
    type: str
    padding: str
    name = "Pooling"
    short_name = "pool"
    takes_vector = False
    size_attributes = ("padding", "stride", "kernel")

    def __post_init__(self) -> None:
        parse_kernel(self.kernel)
        _check_counts(stride=self.stride)
        names = {"padding": self.padding, "type": self.type}
        _check_names(names, {"padding": PADDINGS, "type": ("average", "max")})

    def resize(self, axis: int, size: int) -> int | None:
        return window_output_size(size, parse_kernel(self.kernel)[axis], self.stride, self.padding)

    def keras_layer(self, keras: Any, name: str) -> Any:
        kinds = {"max": keras.layers.MaxPooling2D, "average": keras.layers.AveragePooling2D}
        kernel = parse_kernel(self.kernel)
        return kinds[self.type](kernel, strides=self.stride, padding=self.padding, name=name, **IMAGES)


@dataclass(frozen=True)
class Void(Layer):
    name = "Void"


@dataclass(frozen=True)
class Flatten(Layer):
    name = "Flatten"
    short_name = "flatten"
    takes_vector = False
    flattens = True

    def keras_layer(self, keras: Any, name: str) -> Any:
        return keras.layers.Flatten(name=name, **IMAGES)


@dataclass(frozen=True)
class Padding(Layer):
    """A border of zeros, `size` rows or columns wide on each side."""

    size: int
    name = "Padding"
    short_name = "pad"
    takes_vector = False
    size_attributes = ("size",)

    def __post_init__(self) -> None:
        _check_counts(size=self.size)

    def resize(self, axis: int, size: int) -> int | None:
        return size + 2 * self.size

    def keras_layer(self, keras: Any, name: str) -> Any:
        return keras.layers.ZeroPadding2D(self.size, name=name, **IMAGES)


@dataclass(frozen=True)
class Activation(Layer):
    function: str
    name = "Activation"
    short_name = "act"

    def __post_init__(self) -> None:
        _check_names({"function": self.function}, {"function": ACTIVATIONS})

    def keras_layer(self, keras: Any, name: str) -> Any:
        return keras.layers.Activation(self.function, name=name, **NUMBERS)


@dataclass(frozen=True)
class Dropout(Layer):
    rate: float
    name = "Dropout"
    short_name = "drop"

    def __post_init__(self) -> None:
        is_share = isinstance(self.rate, int | float) and 0 <= self.rate < 1
        _check("rate", self.rate, is_share, "a share from 0 to below 1")

    def keras_layer(self, keras: Any, name: str) -> Any:
        return keras.layers.Dropout(self.rate, name=name, **NUMBERS)


@dataclass(frozen=True)
class BatchNormalization(Layer):
    name = "BatchNormalization"
    short_name = "bn"

    def weights(self, shape: Shape) -> int:
        return 4 * shape[-1]

    def macs(self, shape: Shape) -> int:
        return 0  # a factor per channel, which the layer before it can absorb

    def keras_layer(self, keras: Any, name: str) -> Any:
        return keras.layers.BatchNormalization(name=name, **NUMBERS)


INPUT_LAYERS: Mapping[str, type[Layer]] = {c.name: c for c in (Zeros, Identity, Dense, Convolution, Pooling)}
"""The project's kinds of input layers, by name."""

OPERATION_LAYERS: Mapping[str, type[Layer]] = {
    c.name: c for c in (Void, Flatten, Padding, Activation, Dropout, BatchNormalization)
}
"""The project's kinds of operations, by name."""


def combined_shape(combination: str, first: Shape, second: Shape) -> Shape:
    """Return the shape of two tensors combined: a sum or product of equal shapes, or joined along the last axis.

    Args:
        combination: One of `cell_features.COMBINATIONS`.

    Raises:
        ShapeError: The two shapes do not fit, or another combination.
    """
    if combination == CONCAT:
        if first[:-1] != second[:-1]:
            raise ShapeError(
                f"{CONCAT} needs equal height and width, found {format_shape(first)}, {format_shape(second)}"
            )
        return (*first[:-1], first[-1] + second[-1])
    if combination not in COMBINATIONS:
        raise ShapeError(f"found combination {combination!r}, expected one of {', '.join(COMBINATIONS)}")
    if first != second:
        raise ShapeError(f"{combination} needs equal shapes, found {format_shape(first)} and {format_shape(second)}")
    return first


def _places(shape: Shape) -> int:
    """Return the pixels of a matrix; 1 for a vector."""
    return prod(shape[:-1])


def format_shape(shape: Shape) -> str:
    """Return a shape as text.

    >>> format_shape((28, 28, 1))
    '28x28x1'
    """
    return "x".join(map(str, shape))


_DIGITS = 18
"""Most digits of a size; no image has longer ones, and Python refuses to read far longer ones."""


def parse_shape(text: str) -> Shape:
    """Return the shape that a text `HEIGHTxWIDTHxCHANNELS` stands for.

    Raises:
        ShapeError: The text has another form, or a size below 1.

    >>> parse_shape("28x28x1")
    (28, 28, 1)
    """
    parts = text.split("x")
    if len(parts) != 3 or not all(part.isdecimal() and len(part) <= _DIGITS and int(part) > 0 for part in parts):
        shown = text if len(text) <= 3 * _DIGITS else f"{text[:_DIGITS]}..."
        raise ShapeError(f"found input shape {shown!r}, expected HEIGHTxWIDTHxCHANNELS, for example 28x28x1")
    return (int(parts[0]), int(parts[1]), int(parts[2]))
