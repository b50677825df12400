"""An independent count of multiply-accumulates, from the settings of Keras' layers and the shapes of their tensors."""

from __future__ import annotations

from math import prod
from typing import Any

WITHOUT = {"InputLayer", "Activation", "Dropout", "Flatten", "ZeroPadding2D", "BatchNormalization", "Permute"}
WITHOUT |= {"MaxPooling2D", "AveragePooling2D", "GlobalAveragePooling2D", "Add", "Multiply", "Concatenate", "Average"}


def multiplications(layer: Any) -> int:
    """Return the multiplications by weights of a layer that was called once; a class without a rule is a KeyError."""
    settings, kind = layer.get_config(), type(layer).__name__
    if kind in WITHOUT:
        return 0
    _, *before, channels = layer.input.shape
    _, *after, units = layer.output.shape
    per_place = {
        "Dense": lambda: channels * units,
        "Conv2D": lambda: prod(settings["kernel_size"]) * channels * settings["filters"],
        "SeparableConv2D": lambda: prod(settings["kernel_size"]) * channels + channels * settings["filters"],
    }[kind]()
    assert kind != "Dense" or before == after
    return int(per_place * prod(after))
