"""The multiply-accumulates of a Keras model, counted over its layers.

The networks of the model have theirs without Keras (`Architecture.macs`). This count serves networks written by hand,
and is the second opinion on kinds of other packages.
"""

from __future__ import annotations

from math import prod
from typing import Any

NOT_COUNTED = ("BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization", "PReLU")
"""Classes whose weights scale single elements, which no MAC is counted for."""


def keras_macs(model: Any) -> int:
    """Return the multiply-accumulates of a model for one input: multiplications by weights, and no others.

    Args:
        model: A `keras.Model` without layers that are called more than once.
    """
    return sum(layer_macs(layer) for layer in model.layers)


def layer_macs(layer: Any) -> int:
    """Return the multiply-accumulates of a Keras layer that has been called once.

    The weights of a class that is not a dense layer or a convolution count once per place of the output.
    """
    name = type(layer).__name__
    if name in NOT_COUNTED or not layer.weights:
        return 0
    kernels = [getattr(layer, kernel, None) for kernel in ("kernel", "depthwise_kernel", "pointwise_kernel")]
    factors = sum(prod(kernel.shape) for kernel in kernels if kernel is not None)
    return (factors or int(layer.count_params())) * _places(layer)


def _places(layer: Any) -> int:
    shape = tuple(layer.output.shape)[1:]
    channels = shape[0] if getattr(layer, "data_format", "channels_last") == "channels_first" else shape[-1]
    return int(prod(shape) // channels)
