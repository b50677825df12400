"""Values of the attributes of every kind of layer, for tests that try all kinds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from featurenet_uvl.ir.layers import Layer

_BY_ATTRIBUTE: Mapping[str, Sequence[Any]] = {
    "kernel": ("3x3", "1x3", "1x1", "2x2", "3x1", "5x5", "7x7", "11x11"),
    "filters": (6, 5, 1, 16, 120),
    "neurons": (11, 16, 1, 84),
    "stride": (1, 2, 3),
    "padding": ("valid", "same"),
    "activation": ("linear", "softmax", "relu"),
    "function": ("softmax", "relu", "tanh"),
    "rate": (0.5, 0.4, 0.7),
    "size": (1, 2, 3),
}
_BY_KIND: Mapping[tuple[str, str], Sequence[Any]] = {
    ("Convolution", "type"): ("normal", "separable"),
    ("Pooling", "type"): ("max", "average"),
}


def layer_domains(kind: type[Layer]) -> dict[str, Sequence[Any]]:
    """Return values for each attribute of a kind; a new attribute needs an entry above."""
    return {field.name: _BY_KIND.get((kind.name, field.name)) or _BY_ATTRIBUTE[field.name] for field in fields(kind)}
