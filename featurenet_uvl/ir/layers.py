"""The layers that a cell can hold, and all arithmetic of tensor shapes.

This is the one place that knows how a layer changes a shape, how many weights it has, and which Keras layer it is. The
CNF generator (`translators/rules/tensor_shapes/network.py`), the decoder and the Keras builder all ask here.

A new kind of layer is one class with an entry in `INPUT_LAYERS` or `OPERATION_LAYERS`, or an entry point of another
package (`layer_kinds.py`): its feature in the model is `Input1_<name>` (or `Operation1_<name>`), and its fields are the
feature's configurable attributes, by the same names.

Source: section 3 of Ghamizi, Cordy, Papadakis and Le Traon, "Automated Search for Configurations of Deep Neural Network
Architectures", 2019; sizes of convolution and pooling as Keras computes them (`keras.ops`, padding "valid" and "same").
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, TypeAlias

Shape: TypeAlias = tuple[int, ...]
"""A tensor without its batch axis: `(height, width, channels)` for a matrix, `(units,)` for a vector."""

HEIGHT, WIDTH = 0, 1
"""The two spatial axes of a matrix."""


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
    """A layer that cannot take the shape it is given, or an attribute that no layer can have."""


def window_output_size(size: int, window: int, stride: int, padding: str) -> int | None:
    """The size of one axis after a window slides over it, or None where the window does not fit.

    Args:
        size: Pixels along the axis.
        window: Pixels of the kernel along the axis.
        stride: Pixels between two positions.
        padding: `valid` (only whole windows) or `same` (as many windows as strides begin).

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
    """`"3x1"` as (height, width).

    >>> parse_kernel("3x1")
    (3, 1)
    """
    height, times, width = text.partition("x") if isinstance(text, str) else ("", "", "")
    if not (times and height.isdecimal() and width.isdecimal() and int(height) and int(width)):
        raise ShapeError(f"found kernel {text!r}, expected HEIGHTxWIDTH such as '3x3'")
    return int(height), int(width)


def _check(what: str, value: object, is_right: bool, wish: str) -> None:
    if not is_right:
        raise ShapeError(f"found {what} {value!r}, expected {wish}")


def _check_counts(**counts: object) -> None:
    for what, value in counts.items():
        _check(what, value, isinstance(value, int) and not isinstance(value, bool) and value >= 1, "a number from 1")


def _check_names(names: Mapping[str, object], known: Mapping[str, Collection[str]]) -> None:
    for what, value in names.items():
        _check(what, value, value in known[what], f"one of {', '.join(sorted(known[what]))}")


PADDINGS = ("same", "valid")


@dataclass(frozen=True)
class Layer:
    """What all kinds of layers share: the rules of `output_shape`, from which the CNF generator tabulates.

    Class attributes say what a kind can take and do; a subclass overrides `resize` if it changes height or width.
    """

    name: ClassVar[str]
    """The kind's name, as the model's feature ends in: `Convolution` of `Input1_Convolution`."""
    short_name: ClassVar[str] = ""
    """How Keras layers of this kind are called: the `conv` of `b1_c2_in1_conv`; empty where no layer is made."""
    takes_vector: ClassVar[bool] = True
    takes_matrix: ClassVar[bool] = True
    flattens: ClassVar[bool] = False
    """Whether a matrix becomes a vector of all its elements."""
    units_attribute: ClassVar[str | None] = None
    """The attribute that gives the size of the last axis, or None where the layer keeps it."""
    size_attributes: ClassVar[tuple[str, ...]] = ()
    """The attributes that `resize` depends on, the one that decides most first."""

    def resize(self, axis: int, size: int) -> int | None:
        """The new size of a matrix' HEIGHT or WIDTH, None where the layer does not fit."""
        return size

    def output_shape(self, shape: Shape) -> Shape:
        """The shape that leaves the layer.

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
        """The number of weights, for an input of this shape; those that are not trained count, too, as Keras counts."""
        return 0

    def keras_layer(self, keras: Any, name: str) -> Any:
        """The Keras layer, or None for a kind that only passes its input on. `keras` is the module."""
        return None


@dataclass(frozen=True)
class Zeros(Layer):
    """No second input at all: the cell passes on what its first half gives."""

    name = "Zeros"


@dataclass(frozen=True)
class Identity(Layer):
    name = "Identity"


@dataclass(frozen=True)
class Dense(Layer):
    """On a matrix it acts on the channels, as in Keras."""

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

    def keras_layer(self, keras: Any, name: str) -> Any:
        return keras.layers.Dense(self.neurons, activation=self.activation, name=name)


@dataclass(frozen=True)
class Convolution(Layer):
    """`type` is `normal`, or `separable`: a depthwise convolution followed by a 1x1 one."""

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

    def keras_layer(self, keras: Any, name: str) -> Any:
        kinds = {"normal": keras.layers.Conv2D, "separable": keras.layers.SeparableConv2D}
        return kinds[self.type](
            self.filters,
            parse_kernel(self.kernel),
            strides=self.stride,
            padding=self.padding,
            activation=self.activation,
            name=name,
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
        return kinds[self.type](parse_kernel(self.kernel), strides=self.stride, padding=self.padding, name=name)


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
        return keras.layers.Flatten(name=name)


@dataclass(frozen=True)
class Padding(Layer):
    """Adds `size` rows and columns of zeros on each side."""

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
        return keras.layers.ZeroPadding2D(self.size, name=name)


@dataclass(frozen=True)
class Activation(Layer):
    function: str
    name = "Activation"
    short_name = "act"

    def __post_init__(self) -> None:
        _check_names({"function": self.function}, {"function": ACTIVATIONS})

    def keras_layer(self, keras: Any, name: str) -> Any:
        return keras.layers.Activation(self.function, name=name)


@dataclass(frozen=True)
class Dropout(Layer):
    rate: float
    name = "Dropout"
    short_name = "drop"

    def __post_init__(self) -> None:
        is_share = isinstance(self.rate, int | float) and 0 <= self.rate < 1
        _check("rate", self.rate, is_share, "a share from 0 to below 1")

    def keras_layer(self, keras: Any, name: str) -> Any:
        return keras.layers.Dropout(self.rate, name=name)


@dataclass(frozen=True)
class BatchNormalization(Layer):
    name = "BatchNormalization"
    short_name = "bn"

    def weights(self, shape: Shape) -> int:
        return 4 * shape[-1]

    def keras_layer(self, keras: Any, name: str) -> Any:
        return keras.layers.BatchNormalization(name=name)


INPUT_LAYERS: Mapping[str, type[Layer]] = {c.name: c for c in (Zeros, Identity, Dense, Convolution, Pooling)}
"""Kinds below Input1 and Input2, by the name that follows `Input1_`."""

OPERATION_LAYERS: Mapping[str, type[Layer]] = {
    c.name: c for c in (Void, Flatten, Padding, Activation, Dropout, BatchNormalization)
}
"""Kinds below Operation1 and Operation2, by the name that follows `Operation1_`."""


def combined_shape(combination: str, first: Shape, second: Shape) -> Shape:
    """The shape of `Sum` or `Product` (equal shapes) or `Concat` (along the last axis) of two tensors.

    Raises:
        ShapeError: The two shapes cannot be combined so.
    """
    if combination == "Concat":
        if first[:-1] != second[:-1]:
            raise ShapeError(
                f"Concat needs equal height and width, found {format_shape(first)}, {format_shape(second)}"
            )
        return (*first[:-1], first[-1] + second[-1])
    if combination not in ("Sum", "Product"):
        raise ShapeError(f"found combination {combination!r}, expected Sum, Concat or Product")
    if first != second:
        raise ShapeError(f"{combination} needs equal shapes, found {format_shape(first)} and {format_shape(second)}")
    return first


def format_shape(shape: Shape) -> str:
    """
    >>> format_shape((28, 28, 1))
    '28x28x1'
    """
    return "x".join(map(str, shape))


def parse_shape(text: str) -> Shape:
    """The shape of a matrix, `HEIGHTxWIDTHxCHANNELS`.

    Raises:
        ShapeError: The text is no such shape.

    >>> parse_shape("28x28x1")
    (28, 28, 1)
    """
    parts = text.split("x")
    if len(parts) != 3 or not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise ShapeError(f"found input shape {text!r}, expected HEIGHTxWIDTHxCHANNELS such as 28x28x1")
    return (int(parts[0]), int(parts[1]), int(parts[2]))
